"""A file of a pack against the data: the same, edited, restated, or defined otherwise; in every kind of file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cli
from analytics.ask import Ask
from analytics.export import images
from analytics.metrics.registry import REGISTRY
from analytics.review import files
from analytics.review import verify as check
from analytics.review.assemble import Assembled, assemble
from analytics.review.figures import Cell, cells, differing
from analytics.review.files import KINDS
from analytics.review.pack import Item, Pack
from analytics.review.verify import Verdict
from data.engine import open_company
from data.errors import MvpodError
from data.scope import Filters, Scope

PACK = Pack("2026Q1", compare="none", items=(Item("funnel.outcomes"), Item("review.then_and_now")))
READ = ("pptx", "xlsx", "csv", "parquet")


@pytest.fixture(scope="module")
def ask(imported: Path) -> Iterator[Ask]:
    """Load 1, for tests that write nothing."""
    company = open_company(imported)
    yield Ask(company)
    company.close()


@pytest.fixture(scope="module")
def loads(restated: Path) -> Iterator[tuple[Ask, Ask]]:
    """Load 1 and the later one that restates it."""
    companies = [open_company(restated, 1), open_company(restated)]
    yield Ask(companies[0]), Ask(companies[1])
    for company in companies:
        company.close()


def made(ask: Ask, kind: str, pack: Pack = PACK, lang: str = "en", scope: Scope | None = None) -> bytes:
    [data] = files.made(kind, [assemble(ask, pack, lang, scope=scope)]).values()
    return data


def asked(data: bytes, kind: str, then: Ask | None, now: Ask) -> Verdict:
    return check.verify(check.read(data, f"review{KINDS[kind].ending}"), then, now)


def said(verdict: Verdict) -> set[str]:
    return {found.why for found in verdict.differences}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", READ)
def test_a_fresh_file_says_the_same_as_the_data(ask: Ask, kind: str, lang: str) -> None:
    assert asked(made(ask, kind, lang=lang), kind, ask, ask).differences == ()


def test_a_changed_cell_of_a_workbook_is_named_with_both_values(ask: Ask) -> None:
    data = made(ask, "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[1]
    cell = next(cell for row in sheet.iter_rows() for cell in row if cell.value == 24)  # all came to the first stage
    cell.value = 25
    changed = io.BytesIO()
    book.save(changed)
    found = asked(changed.getvalue(), "xlsx", ask, ask).differences
    assert {d.why for d in found} == {"edited"}
    assert [(d.cell.left, d.cell.right) for d in found if d.cell] == [("25", "24")]
    line = check.words(found[0], "en")
    assert "the file was edited" in line
    assert "25 in the file, 24 expected" in line


def test_a_changed_number_behind_a_chart_of_a_slide_is_found(ask: Ask) -> None:
    deck = pptx.Presentation(io.BytesIO(made(ask, "pptx")))
    chart = next(shape.chart for page in deck.slides for shape in page.shapes if shape.has_chart)
    part = chart.part.chart_workbook.xlsx_part
    book = openpyxl.load_workbook(io.BytesIO(part.blob))
    cell = next(cell for row in book.worksheets[0].iter_rows(min_row=2, min_col=2) for cell in row
                if isinstance(cell.value, int | float))
    cell.value += 7
    stream = io.BytesIO()
    book.save(stream)
    part._blob = stream.getvalue()
    changed = io.BytesIO()
    deck.save(changed)
    assert said(asked(changed.getvalue(), "pptx", ask, ask)) == {"edited"}


def test_a_changed_cell_of_a_csv_is_found(ask: Ask) -> None:
    source, stream = zipfile.ZipFile(io.BytesIO(made(ask, "csv"))), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as parts:
        for number, name in enumerate(sorted(n for n in source.namelist())):
            text = source.read(name)
            is_first = name.endswith(".csv") and number == 0
            parts.writestr(name, text.replace(b"contact", b"kontact", 1) if is_first else text)
    assert said(asked(stream.getvalue(), "csv", ask, ask)) == {"edited"}


@pytest.mark.parametrize("kind", READ)
def test_a_restated_load_is_told_from_an_edit_and_names_the_figures(loads: tuple[Ask, Ask], kind: str) -> None:
    then, now = loads
    verdict = asked(made(then, kind), kind, then, now)
    assert said(verdict) == {"restated"}
    assert any(d.cell and "o01" in d.cell.row + d.cell.right for d in verdict.differences)  # the deal that was restated


def test_an_edit_is_found_in_a_file_whose_data_were_restated_too(loads: tuple[Ask, Ask]) -> None:
    then, now = loads
    source, stream = zipfile.ZipFile(io.BytesIO(made(then, "csv"))), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as parts:
        for name in source.namelist():
            parts.writestr(name, source.read(name).replace(b"quote", b"quota"))
    assert said(asked(stream.getvalue(), "csv", then, now)) == {"edited", "restated"}


def test_of_a_load_that_is_gone_the_present_figures_are_compared(loads: tuple[Ask, Ask]) -> None:
    then, now = loads
    data = made(then, "xlsx")
    assert asked(data, "xlsx", None, then).differences == ()
    verdict = asked(data, "xlsx", None, now)
    assert verdict.was_gone
    assert said(verdict) == {"restated"}


def test_a_definition_in_other_words_is_named_even_where_the_figures_are_the_same(
        ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(ask, "xlsx")
    key = "conversion.reached"
    other = replace(REGISTRY[key], formula={"en": "something else", "zh": "别的"})
    monkeypatch.setitem(REGISTRY, key, other)
    found = asked(data, "xlsx", ask, ask).differences
    assert {d.why for d in found} == {"definition"}
    assert [d.cell for d in found] == [None]


def test_another_calculation_of_the_same_load_is_a_changed_definition(
        ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(ask, "xlsx")
    key = "conversion.reached"
    usual = REGISTRY[key].calculate

    def other(answers: object, context: object, keys: object) -> pd.DataFrame:
        frame = usual(answers, context, keys)  # type: ignore[arg-type]
        return frame.assign(lost=frame["lost"] + 1)
    monkeypatch.setitem(REGISTRY, key, replace(REGISTRY[key], calculate=other))
    assert said(asked(data, "xlsx", ask, ask)) == {"definition"}


def test_a_pack_made_within_a_scope_is_verified_within_it(ask: Ask) -> None:
    none = made(ask, "csv", scope=Scope.of(segment=["KA"]))
    pack = PACK.with_(filters=Filters.of(pipeline=["smb"]))
    data = made(ask, "csv", pack, scope=Scope.of(pipeline=["smb"]))
    assert check.read(none, "x").stamp.scope == {"segment": ["KA"]}
    assert asked(data, "csv", ask, ask).differences == ()


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.4 nothing", b"PK\x03\x04 broken", b"PAR1"], ids=repr)
def test_a_file_without_a_stamp_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(MvpodError, match="E_STAMP"):
        check.read(data, "review.pdf")


def test_a_stamp_whose_hashes_were_changed_is_refused(ask: Ask) -> None:
    source, stream = zipfile.ZipFile(io.BytesIO(made(ask, "csv"))), io.BytesIO()
    with zipfile.ZipFile(stream, "w") as parts:
        for name in source.namelist():
            text = source.read(name)
            parts.writestr(name, text if name.endswith(".csv") else text.replace(b'"sha256": "', b'"sha256": "0', 1))
    with pytest.raises(MvpodError, match="E_STAMP"):
        check.read(stream.getvalue(), "review.csv.zip")


NAMED = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2.5", ""]), max_size=5)


@given(NAMED, NAMED)
def test_rows_are_compared_by_their_names_wherever_they_stand(left: dict[str, str], right: dict[str, str]) -> None:
    tables = [pd.DataFrame({"name": list(t), "value": list(t.values())}, dtype="object") for t in (left, right)]
    expected = {(name, "value", value, right[name]) for name, value in left.items()
                if name in right and value != right[name]}
    expected |= {(name, "name", name, "") for name in left.keys() - right.keys()}
    expected |= {(name, "name", "", name) for name in right.keys() - left.keys()}
    if left:
        assert {(c.row, c.column, c.left, c.right) for c in differing(*tables)} == expected


def test_rows_without_names_are_compared_by_their_places() -> None:
    one = pd.DataFrame({"stage": ["need", "need"], "n": ["1", "2"]}, dtype="object")
    two = pd.DataFrame({"stage": ["need", "need"], "n": ["2", "2"]}, dtype="object")
    assert differing(one, two) == [Cell("need", "n", "1", "2")]


def test_digits_that_no_program_keeps_are_no_difference_and_the_row_is_named() -> None:
    one = cells(pd.DataFrame({"stage": ["need"], "value": [0.1 + 0.2], "n": [3]}))
    two = cells(pd.DataFrame({"stage": ["need"], "value": [0.3], "n": [4]}))
    assert differing(one, two) == [Cell("need", "n", "3", "4")]


def test_the_stamp_names_view_load_and_every_card(ask: Ask) -> None:
    found: Assembled = assemble(ask, PACK, "zh", base="http://dashboard.example")
    stamp = found.stamp
    assert (stamp.load, stamp.as_of, len(stamp.cards)) == (1, "2026-03-31", len(found.cards))
    assert stamp.link.startswith("http://dashboard.example/review?")
    assert "2026" in stamp.words
    assert stamp.metrics.keys() == {"conversion.reached"}


def test_files_hold_the_figures_that_the_command_line_prints(imported: Path, ask: Ask,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--store", str(imported), "--as-of", "2026-03-31", "--from", "2026-01-01", "--to", "2026-03-31"]
    assert cli.main(["metric", "conversion.reached", *words, "--by", "segment", "--format", "json"]) == 0
    printed = {row["stage"]: row["value"] for row in json.loads(capsys.readouterr().out)["rows"]
               if row["value"] is not None}
    assert len(printed) > 1
    pack = Pack("2026Q1", compare="none", items=(Item("funnel.rates"),))
    stages = {ask.settings.stage_label("smb", stage, "en"): stage for stage in printed}
    for kind in (*READ, *(["pdf"] if images.has_browser() else [])):
        [table] = check.read(made(ask, kind, pack), kind).figures.values()
        names = table.columns[0] if kind == "pptx" else "Stage" if kind == "xlsx" else "stage"
        values = {"pptx": "Actual", "xlsx": "Value"}.get(kind, "value")
        found = {stages.get(row[names], row[names]): float(row[values]) for row in table.to_dict("records")
                 if row[values]}
        assert found == printed, kind
