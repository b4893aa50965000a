"""Slides: what stands in them is what the cards say, as text and as charts that can be edited; they can be checked."""

from __future__ import annotations

import doctest
import io
import zipfile
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.util import Inches

from analytics.cards.card import Card, Form, Look, Native, Series
from analytics.charts.figure import Figure
from analytics.export import pptx_charts, pptx_pictures, pptx_sheet
from analytics.export.plot import Line, Plot
from analytics.export.pptx import pptx_bytes, read_figures, read_stamp, written
from analytics.export.pptx_text import clean, fitted, height_of
from analytics.metrics.registry import REGISTRY
from analytics.review.figures import differing
from analytics.review.pack import Item, Pack, to_text
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, app_version, card_stamp, definitions
from analytics.view import View
from data.errors import MvpodError
from data.settings import Organisation, SegmentRule, Settings

SETTINGS = Settings(
    organisation=Organisation(name="Sample <b>Ltd</b>", notice={"en": "All of it is invented.", "zh": "均为虚构。"}),
    segments=(SegmentRule("KA", {"en": "Key accounts", "zh": "大客户"}),
              SegmentRule("SMB", {"en": "Small and medium", "zh": "中小客户"})))
VIEW = View(date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30))
EN, ZH = Look("en", SETTINGS, "export"), Look("zh", SETTINGS, "export")
HOSTILE = ['=HYPERLINK("http://canary.invalid","x")', "<script>alert(1)</script>", "@SUM(A1)", "https://canary.invalid",
           "tab\there", "\u202eright to left\u200f", "bell\x07", "非常长" * 100, "&lt;b&gt; & \"quoted\" 'too'"]


def card(form: Form = "bar", frame: pd.DataFrame | None = None, **changes: Any) -> Card:
    """A card of three places with one of them unknown, unless told otherwise."""
    rows = frame if frame is not None else pd.DataFrame({"place": ["A", "B", "C"], "value": [0.1, None, 1 / 3], "n": 9})
    told: dict[str, Any] = {
        "key": f"card_{form}", "title": "Most go on from A", "measured": "Share that goes on", "figure": Figure(),
        "frame": rows, "view": VIEW, "definition_key": "conversion.reached",
        "native": Native(form, "place", (Series("Actual", "value"),), number="rate")}
    return Card(**told | changes)


def slide(*cards: Card, comment: str = "", missing: str = "") -> Slide:
    return Slide(Item("funnel.rates", comment=comment), 0, cards, missing=missing)


def stamp(slides: list[Slide], look: Look = EN) -> Stamp:
    cards = [(c, s.place) for s in slides for c in s.cards]
    return Stamp(to_text(Pack("2026Q3", lang="en")), SETTINGS.organisation.name, "as of 30 Sep 2026, KA only",
                 "review?as_of=2026-09-30", 7, "2026-09-30", app_version(), definitions(c for c, _ in cards),
                 tuple(card_stamp(c, place) for c, place in cards))


def deck(*slides: Slide, look: Look = EN, template: bytes | None = None) -> bytes:
    return pptx_bytes(slides, look, stamp(list(slides), look), template)


def pages(data: bytes) -> list[Any]:
    return list(Presentation(io.BytesIO(data)).slides)


def charts(data: bytes) -> list[Any]:
    return [shape.chart for page in pages(data) for shape in page.shapes if shape.has_chart]


def said(page: Any) -> str:
    return "\n".join(shape.text_frame.text for shape in page.shapes if shape.has_text_frame)


def parts(data: bytes) -> str:
    """Everything in the file as text, the workbooks within it too."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        for name in box.namelist():
            content = box.read(name)
            found.append(parts(content) if name.endswith(".xlsx") else content.decode("utf-8", "replace"))
    return "\n".join(found)


BRIDGE = pd.DataFrame({"place": ["Start", "New", "Won", "Nothing", "End"], "value": [100.0, 40.5, -20.25, 0.0, 120.25]})
CURVES = pd.DataFrame({"place": [0.0, 2.0, 5.0, 0.0, 3.0], "value": [1.0, 0.75, 0.5, 1.0, 1 / 3],
                       "stage": ["Offer", "Offer", "Offer", "Need", "Need"]})


@pytest.mark.parametrize("form", ["bar", "column", "stacked", "line", "funnel"])
def test_the_workbook_of_a_chart_holds_the_figures_of_the_card_to_the_digit(form: Form) -> None:
    found = read_figures(deck(slide(card(form))))[0]
    assert list(found.columns) == ["", "Actual"]
    assert found.to_numpy().tolist() == [["A", "0.1"], ["B", ""], ["C", repr(1 / 3)]]


def test_a_waterfall_gives_back_its_steps() -> None:
    found = read_figures(deck(slide(card("waterfall", BRIDGE))))[0]
    assert found.to_numpy().tolist() == [["Start", "100"], ["New", "40.5"], ["Won", "-20.25"], ["End", "120.25"]]


def test_a_curve_keeps_its_value_until_it_changes_and_ends_with_its_last_day() -> None:
    native = Native("step", "place", (Series("", "value"),), split="stage", number="rate")
    found = read_figures(deck(slide(card("step", CURVES, native=native))))[0]
    assert list(found[""]) == ["0", "1", "2", "3", "4", "5"]
    assert list(found["Offer"]) == ["1", "1", "0.75", "0.75", "0.75", "0.5"]
    assert list(found["Need"]) == ["1", "1", "1", repr(1 / 3), "", ""]


@pytest.mark.parametrize("form", ["bar", "column", "stacked", "line", "funnel", "waterfall"])
@pytest.mark.parametrize("look", [EN, ZH], ids=["en", "zh"])
def test_what_is_written_is_what_is_read(form: Form, look: Look) -> None:
    shown = card(form, BRIDGE)
    expected = written(shown, look)
    assert expected is not None
    assert differing(read_figures(deck(slide(shown), look=look))[0], expected) == []


def test_a_value_that_somebody_changed_in_the_chart_is_found() -> None:
    shown = card()
    box = Presentation(io.BytesIO(deck(slide(card("column"), shown))))
    chart = [shape.chart for page in box.slides for shape in page.shapes if shape.has_chart][1]
    data = CategoryChartData()
    data.categories = ["A", "B", "C"]
    data.add_series("Actual", (0.9, None, 1 / 3))
    chart.replace_data(data)
    stream = io.BytesIO()
    box.save(stream)
    found, expected = read_figures(stream.getvalue()), written(shown, EN)
    assert expected is not None
    assert differing(found[0], expected) == []
    [cell] = differing(found[1], expected)
    assert (cell.row, cell.column, cell.left, cell.right) == ("A", "Actual", "0.9", "0.1")


def test_the_stamp_is_read_back_and_also_said_to_people() -> None:
    slides = [slide(card(), card("column"))]
    of = stamp(slides)
    data = pptx_bytes(slides, EN, of)
    assert read_stamp(data) == of
    told = Presentation(io.BytesIO(data)).core_properties
    assert (told.identifier, told.subject) == (of.sha256, of.words)
    assert of.sha256 in said(pages(data)[-1])


@pytest.mark.parametrize("module", [pptx_sheet, pptx_charts], ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_a_file_without_stamp_has_none() -> None:
    stream = io.BytesIO()
    Presentation().save(stream)
    with pytest.raises(ValueError, match="no stamp"):
        read_stamp(stream.getvalue())


def test_equal_input_makes_equal_bytes() -> None:
    slides = slide(card("waterfall", BRIDGE), card("line"), comment="well done")
    assert deck(slides) == deck(slides)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_text_everywhere(name: str) -> None:
    rows = pd.DataFrame({"place": [name, "B"], "value": [0.5, 0.25]})
    shown = card(frame=rows, title=name, measured=name, native=Native("bar", "place", (Series(name, "value"),)))
    data = deck(slide(shown, comment=name))
    book = load_workbook(io.BytesIO(charts(data)[0].part.chart_workbook.xlsx_part.blob))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row if cell.value is not None} == {"s", "n"}
    assert not [cell for row in book.active.iter_rows() for cell in row if cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        relations = [box.read(n).decode() for n in box.namelist() if n.endswith(".rels")]
    assert not [text for text in relations if 'TargetMode="External"' in text]
    page = pages(data)[1]
    assert page.shapes.title.text_frame.text[:20] == clean(name)[:20]
    assert all(line.isprintable() for line in said(page).splitlines())
    assert differing(read_figures(data)[0], written(shown, EN)) == []  # type: ignore[arg-type]


def test_marks_of_direction_and_control_characters_are_blanks() -> None:
    title = pages(deck(slide(card(title="a\u202eb\x07c"))))[1].shapes.title.text_frame.text
    assert title == "a b c"


def test_two_names_that_are_cut_alike_stay_two_rows() -> None:
    rows = pd.DataFrame({"place": ["x" * 300 + "1", "x" * 300 + "2"], "value": [0.5, 0.25]})
    found = read_figures(deck(slide(card(frame=rows))))[0]
    assert found[""].is_unique
    assert list(found["Actual"]) == ["0.5", "0.25"]


TYPES = {"bar": XL_CHART_TYPE.BAR_CLUSTERED, "column": XL_CHART_TYPE.COLUMN_CLUSTERED,
         "funnel": XL_CHART_TYPE.BAR_CLUSTERED, "stacked": XL_CHART_TYPE.BAR_STACKED,
         "waterfall": XL_CHART_TYPE.BAR_STACKED}


@pytest.mark.parametrize("form", list(TYPES))
def test_every_form_is_a_native_chart(form: Form) -> None:
    [chart] = charts(deck(slide(card(form))))
    assert chart.chart_type == TYPES[form]


@pytest.mark.parametrize("form", ["line", "step"])
def test_a_line_has_gaps_where_nothing_is_known_and_is_not_smooth(form: Form) -> None:
    rows = pd.DataFrame({"place": [0.0, 1.0, 2.0], "value": [1.0, None, 0.5]})
    [chart] = charts(deck(slide(card(form, rows))))
    assert chart._chartSpace.xpath("c:chart/c:dispBlanksAs/@val") == ["gap"]
    assert set(chart._chartSpace.xpath(".//c:ser/c:smooth/@val")) == {"0"}
    if form == "line":
        assert list(chart.plots[0].series[0].values) == [1.0, None, 0.5]


def test_the_notation_tells_actual_comparison_standard_and_forecast_apart() -> None:
    rows = pd.DataFrame({"place": ["A"], "actual": [4.0], "before": [3.0], "norm": [5.0], "next": [6.0]})
    native = Native("bar", "place", (Series("a", "actual"), Series("b", "before", "comparison"),
                                     Series("s", "norm", "standard"), Series("f", "next", "forecast")))
    [chart] = charts(deck(slide(card(frame=rows, native=native, segment="KA"))))
    fills = [next(child.tag.rpartition("}")[2] for child in series._element.spPr if not child.tag.endswith("}ln"))
             for series in chart.plots[0].series]
    assert fills == ["solidFill", "solidFill", "noFill", "pattFill"]
    colours = [series.format.fill.fore_color.rgb for series in list(chart.plots[0].series)[:2]]
    assert [str(colour) for colour in colours] == ["17507E", "6391B9"]  # the two strengths of KA on every chart


def test_a_waterfall_hangs_on_an_invisible_base_green_up_and_red_down() -> None:
    [chart] = charts(deck(slide(card("waterfall", BRIDGE))))
    base, total, rise, fall = chart.plots[0].series
    assert base._element.xpath("c:spPr/a:noFill")
    assert list(base.values) == [0.0, 100.0, 120.25, 0.0]
    assert list(total.values) == [100.0, None, None, 120.25]
    assert (list(rise.values)[1], list(fall.values)[2]) == (40.5, 20.25)
    assert [str(series.format.fill.fore_color.rgb) for series in (rise, fall)] == ["1D7A3A", "B3261E"]


def test_the_numbers_beside_a_waterfall_stand_where_the_schema_wants_them() -> None:
    # ECMA-376 part 1, CT_DLbls: all c:dLbl first, then what holds for all of them
    [chart] = charts(deck(slide(card("waterfall", BRIDGE))))
    told = [[child.tag.rpartition("}")[2] for child in labels] for labels in chart._chartSpace.xpath(".//c:dLbls")]
    assert [tags.count("dLbl") for tags in told] == [2, 1, 1]
    assert all("dLbl" not in tags[tags.count("dLbl"):] and tags[-1] == "extLst" for tags in told)


@pytest.mark.parametrize("values", [(10.0, -15.0, 8.0, 3.0), (-4.0, -2.0, 9.0, 3.0), (5.0, 5.0),
                                    (2.0, None, -1.0, 1.0)], ids=str)
def test_the_parts_of_a_waterfall_end_where_a_loop_says(values: tuple[float | None, ...]) -> None:
    parts_ = pptx_sheet.pieces(values)
    level = 0.0
    for place, value in enumerate(values):
        marks = [series[place] for name, series in parts_.items() if name != "base" and series[place] is not None]
        base = parts_["base"][place] or 0.0
        if value is None:
            assert marks == []
            continue
        is_total = parts_["total"][place] is not None
        low, high = sorted((0.0 if is_total else level, value if is_total else level + value))
        drawn = [base] if len(marks) == 1 else [0.0]
        drawn += [base + m for m in marks]
        assert (min(drawn), max(drawn)) == pytest.approx((low, high))
        level = value if is_total else level + value


def test_cards_beside_each_other_share_one_scale() -> None:
    small = card(frame=pd.DataFrame({"place": ["A"], "value": [0.2]}), segment="SMB")
    large = card(frame=pd.DataFrame({"place": ["A"], "value": [0.8]}), segment="KA")
    assert len({chart.value_axis.maximum_scale for chart in charts(deck(slide(small, large)))}) == 1


def test_cards_whose_own_charts_have_different_scales_keep_them() -> None:
    figures = [Figure(layout={"xaxis": {"range": [0, top]}}) for top in (1.0, 9.0)]
    found = charts(deck(slide(card(figure=figures[0]), card(frame=BRIDGE, figure=figures[1]))))
    assert found[0].value_axis.maximum_scale < 1 < found[1].value_axis.maximum_scale


@pytest.mark.parametrize(("lang", "value", "code"), [
    ("en", 1_200.0, '#,##0.00,"K"'), ("en", 25_000_000.0, '#,##0.0,,"M"'), ("zh", 25_000_000.0, '0\\.0,"万"'),
    ("zh", 250_000_000.0, '0\\.00,,"亿"'), ("zh", 800.0, "#,##0")])
def test_amounts_are_written_in_the_units_of_the_language(lang: str, value: float, code: str) -> None:
    assert pptx_sheet.number_format(Plot("bar", ("A",), (Line("x", "actual", (value,)),), "amount"), lang) == code


def test_the_cover_says_whose_review_of_what_and_that_sample_data_are_invented() -> None:
    cover = said(pages(deck(slide(card())))[0])
    assert all(text in cover for text in ("Sample <b>Ltd</b>", "Q3 2026", "KA only", "All of it is invented."))


def test_a_slide_says_finding_measure_period_number_definition_and_comment() -> None:
    page = pages(deck(slide(card(n=42, notes=("Not all compared.",)), comment="We hired.\nTwice.")))[1]
    assert page.shapes.title.text_frame.text == "Most go on from A"
    for text in ("Share that goes on", "1 Jul 2026 – 30 Sep 2026", "n = 42", "conversion.reached", "Not all compared.",
                 "We hired.\nTwice.", "load 7"):
        assert text in said(page)


def test_the_notes_hold_definition_formula_population_and_view() -> None:
    notes = pages(deck(slide(card(), comment="x" * 4000), look=ZH))[1].notes_slide.notes_text_frame.text
    metric = REGISTRY["conversion.reached"]
    said = (metric.definition["zh"], metric.formula["zh"], metric.population["zh"], "KA only")
    assert all(text in notes for text in said)
    assert "x" * 4000 in notes  # the whole comment, however little of it fits on the slide


def test_an_entry_without_figures_says_why() -> None:
    page = pages(deck(slide(missing="no activities were loaded")))[1]
    assert "no activities were loaded" in page.shapes.title.text_frame.text


LONG = "客户“<b>极长名称</b>”的赢率由 12.3% 升至 45.6%（n = 1,234），差异超出随机波动；" * 6


@pytest.mark.parametrize("look", [EN, ZH], ids=["en", "zh"])
def test_nothing_leaves_the_slide_or_lies_on_something_else(look: Look) -> None:
    long = card(title=LONG, measured=LONG, notes=(LONG,), segment="KA")
    slides = [slide(long, replace(long, segment="SMB"), comment=LONG), slide(card("column", title="Short"))]
    box = Presentation(io.BytesIO(deck(*slides, look=look)))
    for page in list(box.slides)[1:-1]:
        shapes = [s for s in page.shapes if not s.is_placeholder or s == page.shapes.title]
        for s in shapes:
            assert s.left >= 0
            assert s.top >= 0
            assert s.left + s.width <= box.slide_width
            assert s.top + s.height <= box.slide_height
        for a, b in combinations(shapes, 2):
            apart = (a.left + a.width <= b.left or b.left + b.width <= a.left or a.top + a.height <= b.top
                     or b.top + b.height <= a.top)
            assert apart, (a.name, b.name)


def test_a_text_becomes_smaller_until_it_fits_and_only_then_shorter() -> None:
    wide, high = Inches(6), Inches(1)
    size, same = fitted([LONG], wide, high * 4, 24, 10)
    assert (same, size < 24) == ([LONG], True)
    size, less = fitted([LONG], wide, high // 3, 24, 10)
    assert size == 10
    assert less[0].endswith("…")
    assert height_of(less, size, wide) <= 24  # points: a third of an inch


def narrow_template() -> bytes:
    """4:3, with an example slide in a section."""
    box = Presentation()
    page = box.slides.add_slide(box.slide_layouts[1])
    page.shapes.title.text_frame.text = "EXAMPLE-CANARY"
    page.notes_slide.notes_text_frame.text = "NOTES-CANARY"
    section = ('<p:extLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:ext '
               'uri="{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"><p14:sectionLst xmlns:p14='
               '"http://schemas.microsoft.com/office/powerpoint/2010/main"><p14:section name="SECTION-CANARY"/>'
               "</p14:sectionLst></p:ext></p:extLst>")
    box.part._element.append(parse_xml(section))
    stream = io.BytesIO()
    box.save(stream)
    return stream.getvalue()


def test_a_template_gives_size_and_layouts_and_loses_its_example_slides() -> None:
    data = deck(slide(card()), template=narrow_template())
    box = Presentation(io.BytesIO(data))
    assert (box.slide_width, box.slide_height) == (Inches(10), Inches(7.5))
    assert [page.slide_layout.name for page in box.slides] == ["Title Slide", "Title Only", "Title Only"]
    assert "CANARY" not in parts(data)
    assert "Calibri" in parts(data)  # the theme's own letters


def test_a_template_file_is_taken_as_well_as_a_presentation() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(narrow_template())) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"presentation.main+xml", b"template.main+xml"))
    assert len(pages(deck(slide(card()), template=stream.getvalue()))) == 3


@pytest.mark.parametrize("data", [b"", b"no presentation", b"PK\x03\x04 broken"])
def test_another_file_is_no_template(data: bytes) -> None:
    with pytest.raises(MvpodError) as error:
        deck(slide(card()), template=data)
    assert error.value.code == "E_TEMPLATE"


def test_chinese_has_a_font_and_a_language() -> None:
    data = deck(slide(card(title="大客户")), look=ZH)
    assert 'typeface="Microsoft YaHei"' in parts(data)
    run = pages(data)[1].shapes.title.text_frame.paragraphs[0].runs[0]
    assert run._r.rPr.get("lang") == "zh-CN"


@pytest.mark.parametrize("deck_number", [0, 1])
def test_both_languages_stand_in_one_file_and_a_change_in_either_is_found(deck_number: int) -> None:
    shown = [slide(card("column"))]
    data = pptx_bytes(shown, ZH, stamp(shown), also=[(shown, EN, stamp(shown))])
    assert [page.shapes.title.text_frame.text for page in pages(data)][2::3] == ["来源与口径", "Provenance"]
    expected = written(shown[0].cards[0], ZH)
    assert expected is not None
    assert differing(read_figures(data)[0], expected) == []
    box = Presentation(io.BytesIO(data))
    chart = [shape.chart for page in box.slides for shape in page.shapes if shape.has_chart][deck_number]
    changed = CategoryChartData()
    changed.categories = ["A", "B", "C"]
    changed.add_series("Actual", (0.1, None, 0.75))
    chart.replace_data(changed)
    stream = io.BytesIO()
    box.save(stream)
    [found] = differing(read_figures(stream.getvalue())[0], expected)
    assert sorted(found.left.split(" / ")) == sorted(["0.75", found.right])


def test_without_a_browser_the_rows_stand_where_the_picture_would(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(job: object) -> None:
        raise MvpodError("E_NO_BROWSER")

    monkeypatch.setattr(pptx_pictures, "draw", missing)
    shown = card("picture", native=Native("picture"), columns=("place", "value"), kinds={"value": "rate"})
    page = pages(deck(slide(shown)))[1]
    [table] = [shape.table for shape in page.shapes if shape.has_table]
    assert [[cell.text for cell in row.cells][1] for row in table.rows][1:] == ["10.0%", "–", "33.3%"]
    assert "apt-get install chromium" in said(page)
    assert written(shown, EN) is None


def test_the_words_of_a_table_give_way_and_its_numbers_never(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(job: object) -> None:
        raise MvpodError("E_NO_BROWSER")

    monkeypatch.setattr(pptx_pictures, "draw", missing)
    rows = pd.DataFrame({"place": ["long words " * 9], "other": ["more of them " * 9], "n": [1_234_567]})
    shown = card("picture", rows, native=Native("picture"), columns=("place", "other", "n"))
    page = pages(deck(slide(shown, shown), template=narrow_template()))[1]
    for table in [shape.table for shape in page.shapes if shape.has_table]:
        first, _, number = (cell.text for cell in table.rows[1].cells)
        assert (first.endswith("…"), number) == (True, "1,234,567")


@pytest.mark.skipif(not Path("/usr/bin/chromium").exists(), reason="needs Chromium")
def test_with_a_browser_a_chart_of_no_office_program_is_a_picture_and_says_so() -> None:
    shown = card("picture", native=Native("picture"), figure=Figure([{"type": "scatter", "x": [1], "y": [1]}]))
    page = pages(deck(slide(shown)))[1]
    [picture] = [shape for shape in page.shapes if shape.name == "picture card_picture"]
    assert picture.image.content_type == "image/png"
    assert "cannot be edited" in said(page)
