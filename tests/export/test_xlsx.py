"""The workbook: typed cells with all their digits, texts that stay texts, native charts fed by cells, its stamp."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from analytics.cards import Card, Look
from analytics.export import xlsx
from analytics.review import figures
from data.errors import MvpodError
from tests.export.small_pack import HOSTILE, LOOK, NUMBERS, bridge, card, curve, hostile, slides, stamp, typed
from tests.journeys import SALES


def made(*cards: Card, look: Look = LOOK) -> bytes:
    return xlsx.xlsx_bytes(slides(*cards), look, stamp(*cards))


def sheet_of(card: Card) -> Any:
    return load_workbook(io.BytesIO(made(card))).worksheets[1]


def column(sheet: Any, name: str) -> list[Any]:
    """The cells of a table's column, by its heading."""
    rows = list(sheet[sheet.auto_filter.ref])
    place = [c.value for c in rows[0]].index(name)
    return [row[place] for row in rows[1:]]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_read_back_is_what_was_written_cell_for_cell(lang: str) -> None:
    cards, look = [typed(), hostile(), bridge(), curve()], Look(lang, SALES, "export")
    found = xlsx.read_figures(made(*cards, look=look))
    assert list(found) == [0, 1, 2, 3]
    for place, each in enumerate(cards):
        assert found[place].equals(xlsx.written(each, look)), each.key


def test_numbers_keep_all_their_digits() -> None:
    assert [cell.value for cell in column(sheet_of(typed()), "Value")] == list(NUMBERS)


def test_the_figures_are_those_of_the_frame() -> None:
    each = typed()
    found = xlsx.read_figures(made(each))[0]
    assert list(found["Value"]) == list(figures.cells(each.frame)["value"])


def test_cells_have_the_type_of_their_value() -> None:
    sheet = sheet_of(typed())
    kinds = {name: [c.data_type for c in column(sheet, name)] for name in ("n", "is_open", "Closed", "Stage")}
    assert kinds["n"] == ["n"] * 6
    assert kinds["is_open"] == ["b"] * 6
    assert kinds["Closed"][0] == "d"
    assert kinds["Closed"][2] == "s", "no workbook knows days before 1900"
    assert column(sheet, "seen_at")[0].value == datetime(2026, 1, 2, 3, 4)
    assert column(sheet, "Closed")[1].value is None, "unknown is empty, never zero"


def test_no_text_becomes_a_formula_or_a_link() -> None:
    data = made(hostile())
    for sheet in load_workbook(io.BytesIO(data)).worksheets:
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [c.coordinate for c in cells if c.data_type == "f" or c.hyperlink]
    xml = {name: content for name, content in parts(data).items() if name.startswith("xl/worksheets/")}
    assert not [name for name, content in xml.items() if b"<f>" in content or b"hyperlink" in content]
    assert [c.value for c in column(sheet_of(hostile()), "customer")] == list(HOSTILE)


def test_a_sheet_is_called_by_number_and_plain_letters() -> None:
    names = load_workbook(io.BytesIO(made(hostile(), card("x" * 80, typed().frame)))).sheetnames
    assert names[1] == "01 evil key"
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


def test_a_text_that_is_too_long_for_a_cell_is_cut_with_an_ellipsis() -> None:
    each = card("long", pd.DataFrame({"customer": ["x" * 40_000]}))
    [cell] = column(sheet_of(each), "customer")
    assert cell.value == "x" * 32_766 + "…"
    assert xlsx.read_figures(made(each))[0].equals(xlsx.written(each, LOOK))


def test_characters_that_no_document_can_hold_become_blanks() -> None:
    each = card("odd", pd.DataFrame({"customer": ["a\x07b\ufffec"]}), title="half a \ud800 character\x00")
    [cell] = column(sheet_of(each), "customer")
    assert cell.value == "a b c"
    assert sheet_of(each)["A1"].value == "half a ? character "


def test_more_rows_than_a_sheet_can_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 40)
    assert made(bridge())
    with pytest.raises(MvpodError) as refused:
        made(hostile())
    assert refused.value.code == "E_EXPORT_ROWS"
    assert refused.value.fields["found"] == len(HOSTILE)


def test_a_chart_is_native_and_fed_by_cells() -> None:
    data = made(hostile())
    chart = parts(data)["xl/charts/chart1.xml"].decode()
    first = re.search(r"<c:f>'01 evil key'!\$B\$(\d+):\$B\$(\d+)</c:f>", chart)
    assert first, chart[:2000]
    sheet = load_workbook(io.BytesIO(data)).worksheets[1]
    fed = [sheet.cell(row, 2).value for row in range(int(first[1]), int(first[2]) + 1)]
    assert fed == [i / 7 for i in range(len(HOSTILE))]
    assert sheet.cell(int(first[1]) - 1, 2).data_type == "s", "the name of a series is a text too"


def test_a_waterfall_stands_on_an_invisible_base_and_crosses_zero() -> None:
    """10, +5 to 15, -18 to -3: the fall shows 15 above zero and 3 below it; the end is a level of -3."""
    data = made(bridge())
    sheet = load_workbook(io.BytesIO(data)).worksheets[1]
    rows = [[c.value for c in row] for row in sheet.iter_rows()]
    head = next(i for i, row in enumerate(rows) if "Effect (base)" in row)
    table = {name: [row[i] for row in rows[head + 1:head + 5]] for i, name in enumerate(rows[head]) if name}
    assert table == {
        "Effect (base)": [0, 10, 0, 0], "Effect (total)": [10, None, None, -3], "Effect (rise)": [None, 5, None, None],
        "Effect (fall)": [None, None, 15, None], "Effect (fall_below)": [None, None, -3, None]}
    chart = parts(data)["xl/charts/chart1.xml"].decode()
    assert '<c:grouping val="stacked"/>' in chart
    assert '<c:overlap val="100"/>' in chart
    assert "<a:noFill/>" in chart.split("</c:ser>")[0], "the base is not seen"


def test_a_curve_keeps_its_value_until_it_changes() -> None:
    sheet = sheet_of(curve())
    rows = [[c.value for c in row][:2] for row in sheet.iter_rows()]
    head = next(i for i, row in enumerate(rows) if row == [None, "lead"])
    assert rows[head + 1:head + 7] == [["0", 1], ["1", 1], ["2", 0.5], ["3", 0.5], ["4", 0.5], ["5", 0.25]]


def test_columns_that_the_page_does_not_show_are_folded_and_nothing_is_left_out() -> None:
    sheet = sheet_of(typed())
    names = [c.value for c in sheet[sheet.auto_filter.ref][0]]
    assert len(names) == len(typed().frame.columns)
    assert names[:3] == ["Stage", "n", "Value"]
    assert not sheet.column_dimensions["C"].hidden
    assert sheet.column_dimensions["D"].hidden


def test_sheets_are_printed_across_on_a4_and_one_page_wide() -> None:
    sheet = sheet_of(typed())
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$26:$26"


def test_the_stamp_is_read_back_even_when_it_takes_several_cells() -> None:
    each = typed()
    told = replace(stamp(each), words="词" * 20_000)
    assert xlsx.read_stamp(xlsx.xlsx_bytes(slides(each), LOOK, told)) == told


def test_a_file_without_a_stamp_has_none() -> None:
    stream = io.BytesIO()
    Workbook().save(stream)
    for data in (stream.getvalue(), b"PK\x03\x04", b"no workbook", b""):
        with pytest.raises(ValueError):
            xlsx.read_stamp(data)


def test_equal_packs_give_equal_bytes() -> None:
    assert made(typed(), bridge()) == made(typed(), bridge())


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
