"""Pictures and PDF, drawn by a real browser: what stands in them, who made them, and that names stay names."""

from __future__ import annotations

import io
import re
import struct
import threading
import zipfile
from subprocess import Popen
from xml.etree import ElementTree

import pandas as pd
import pytest
from pypdf import PdfReader, PdfWriter

from analytics.cards import Card
from analytics.export import browser, hatch, images, pdf, pdf_pages
from data.errors import MvpodError
from tests.export.small_pack import HOSTILE, LOOK, bridge, card, curve, hostile, slides, stamp, typed

DRAWN = [pytest.mark.browser,
         pytest.mark.skipif(not images.has_browser(), reason="needs Chromium (apt package chromium)")]
CARDS = (bridge(), hostile(), typed(), curve())


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf.pdf_bytes(slides(*CARDS, comment="Said by <b>us</b>\nand $more$"), LOOK, stamp(*CARDS))


@pytest.fixture(scope="module")
def pages(document: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


@pytest.fixture(scope="module")
def pictures() -> dict[str, list[bytes]]:
    return {kind: images.pictures(CARDS[:2], LOOK, stamp(*CARDS), kind) for kind in ("png", "svg")}


class TestPictures:
    pytestmark = DRAWN

    def test_finding_measure_day_and_load_stand_in_the_picture(self, pictures: dict[str, list[bytes]]) -> None:
        texts = texts_of(pictures["svg"][0])
        for told in ("Finding of bridge", "Number", "as of 31 Mar 2026", "=cmd & Söhne 北方 · Load 3 · mvpod 0"):
            assert any(told in text for text in texts), told
        assert "out" in texts, "and the chart itself"

    def test_a_png_is_as_large_as_its_drawing_twice(self, pictures: dict[str, list[bytes]]) -> None:
        drawn = ElementTree.fromstring(pictures["svg"][0])
        width, height = struct.unpack(">II", pictures["png"][0][16:24])
        assert (width, height) == (2 * int(drawn.attrib["width"]), 2 * int(drawn.attrib["height"]))

    def test_names_are_letters(self, pictures: dict[str, list[bytes]]) -> None:
        drawn = ElementTree.fromstring(pictures["svg"][1])
        tags = {element.tag.rpartition("}")[2] for element in drawn.iter()}
        assert not tags & {"script", "a", "img", "image", "foreignObject"}
        texts = texts_of(pictures["svg"][1])
        assert '=HYPERLINK("http://evil.invalid")' in texts
        assert "<script>alert(1)</script>" in texts

    def test_the_stamp_is_read_back(self, pictures: dict[str, list[bytes]]) -> None:
        for data in (*pictures["png"], *pictures["svg"]):
            assert images.read_stamp(data) == stamp(*CARDS)

    def test_all_pictures_of_a_pack_in_one_file(self) -> None:
        data = images.picture_zip(slides(bridge()), LOOK, stamp(bridge()), "svg")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.namelist() == ["01-bridge.svg", "provenance.json"]
            assert images.read_stamp(archive.read("01-bridge.svg")) == images.read_stamp(data) == stamp(bridge())

    def test_equal_charts_are_drawn_with_equal_letters(self, pictures: dict[str, list[bytes]]) -> None:
        assert images.pictures(CARDS[:1], LOOK, stamp(*CARDS), "svg") == pictures["svg"][:1]


class TestPdf:
    pytestmark = DRAWN

    def test_a_page_for_each_slide_between_cover_and_provenance(self, pages: list[str]) -> None:
        assert "Review" in pages[0]
        assert [i for i, text in enumerate(pages) if "Finding of bridge" in text][:2] == [0, 1]
        assert stamp(*CARDS).sha256 in pages[-1].replace("\n", "")

    def test_the_figures_stand_on_the_page_as_text(self, pages: list[str]) -> None:
        assert flat(pages[1]).count("start 10") == 1
        assert "out −18" in flat(pages[1])
        shown = pdf_pages._shown(CARDS[2], LOOK, 8, 12)[0]
        for column in shown.columns:
            for text in shown[column]:
                assert text in flat(pages[3]), (column, text)

    def test_names_are_letters_and_nothing_can_be_clicked(self, document: bytes, pages: list[str]) -> None:
        said = flat(" ".join(pages))
        assert '=HYPERLINK("http://evil.invalid")' in said
        assert "<script>alert(1)</script>" in said
        assert "Said by <b>us</b> and $more$" in said
        reader = PdfReader(io.BytesIO(document))
        assert not [page for page in reader.pages if page.get("/Annots")]
        assert b"/JavaScript" not in document
        assert "/OpenAction" not in reader.trailer["/Root"]

    def test_chinese_can_be_found_by_the_characters_in_use(self, pages: list[str]) -> None:
        """The font draws 方 and its radical with one glyph; a search for the character must find it."""
        assert "北方" in pages[0]

    def test_a_very_long_name_stays_on_its_page(self, pages: list[str]) -> None:
        assert sum(text.count("长") for text in pages) >= 300
        assert len(pages) <= 9

    def test_every_figure_is_attached_with_all_its_digits(self, document: bytes) -> None:
        found = pdf.read_figures(document)
        assert list(found) == [0, 1, 2, 3]
        for place, each in enumerate(CARDS):
            assert found[place].equals(pdf.written(each, LOOK)), each.key

    def test_the_stamp_is_read_back(self, document: bytes) -> None:
        assert pdf.read_stamp(document) == stamp(*CARDS)

    def test_a_page_that_was_changed_is_found(self, document: bytes) -> None:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
        contents = writer.pages[1].get_contents()
        assert contents is not None
        contents.set_data(contents.get_data() + b"\nq Q")
        writer.pages[1].replace_contents(contents)
        stream = io.BytesIO()
        writer.write(stream)
        with pytest.raises(MvpodError) as found:
            pdf.read_figures(stream.getvalue())
        assert (found.value.code, found.value.fields["pages"]) == ("E_PDF_EDITED", [2])

    def test_fonts_are_embedded_and_charts_are_lines(self, document: bytes) -> None:
        reader = PdfReader(io.BytesIO(document))
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"].get("/Font", {}).values()]
        assert fonts
        assert all(font["/Subtype"] == "/Type3" or _embedded(font) for font in fonts)
        assert not [image for page in reader.pages for image in page.images]

    def test_a_thread_of_a_server_can_make_it(self) -> None:
        made: list[bytes] = []
        thread = threading.Thread(target=lambda: made.append(
            pdf.pdf_bytes(slides(bridge()), LOOK, stamp(bridge()))))
        thread.start()
        thread.join(120)
        assert pdf.read_stamp(made[0]) == stamp(bridge())


class TestOneBrowserForAllFiles:
    pytestmark = DRAWN

    def test_the_next_file_is_drawn_by_the_same_browser(self) -> None:
        assert process().pid == process().pid

    def test_one_that_was_killed_is_replaced(self) -> None:
        first = process()
        first.kill()
        first.wait()
        assert len(images.charts([bridge().figure])) == 1
        assert process().pid != first.pid

    def test_it_is_closed_when_it_has_rested(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(browser, "IDLE", 0.1)
        assert process().wait(60) is not None

    def test_a_drawing_that_fails_takes_no_later_one_with_it(self) -> None:
        async def fails(chromium: browser.Chromium) -> None:
            await chromium.charts([bridge().figure], 100)
            await chromium._run("nothing.like.that")
        with pytest.raises(MvpodError, match="E_BROWSER"):
            browser.draw(fails)
        assert len(images.charts([bridge().figure])) == 1


@pytest.mark.parametrize("make", [
    lambda: pdf.pdf_bytes(slides(bridge()), LOOK, stamp(bridge())),
    lambda: images.picture_zip(slides(bridge()), LOOK, stamp(bridge()), "png")], ids=["pdf", "png"])
def test_where_no_browser_is_the_error_says_what_to_install(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.close()
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    with pytest.raises(MvpodError) as missing:
        make()  # type: ignore[operator]
    assert missing.value.code == "E_NO_BROWSER"
    for lang in ("en", "zh"):
        assert "apt-get install chromium" in missing.value.text(lang)


def test_a_page_may_load_and_run_nothing() -> None:
    assert "default-src 'none'" in browser.PAGE
    charts = dict.fromkeys(range(4), '<svg class="x" width="1" height="1"></svg>')
    page = pdf_pages.document(slides(*CARDS), charts, LOOK, stamp(*CARDS))
    assert not re.search(r"<(script|a|img|link|iframe|object)\b", page)
    assert "&lt;script&gt;" in page
    assert 'aria-label="=HYPERLINK(&quot;http://evil.invalid&quot;)"' in page


def test_a_long_comment_takes_a_page_of_its_own_and_leaves_the_chart_its_room() -> None:
    for comment, pages in (("Short.", 1), ("Long. " * 500, 2)):
        [slide] = slides(bridge(), comment=comment)
        page = pdf_pages._slide(slide, {id(slide.cards[0]): 0}, {0: '<svg width="1" height="1"></svg>'}, LOOK,
                                stamp(bridge()))
        assert page.count("<section") == pages
        assert page.count(comment.strip()) == 1


def test_a_file_without_a_stamp_has_none() -> None:
    stream = io.BytesIO()
    PdfWriter().write(stream)
    for data in (stream.getvalue(), b"", b"%PDF-1.4"):
        with pytest.raises((ValueError, KeyError)):
            pdf.read_stamp(data)
    for data in (b"<svg></svg>", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"):
        with pytest.raises((ValueError, KeyError)):
            images.read_stamp(data)


def test_a_hatched_bar_becomes_lines_within_its_outline() -> None:
    svg = ('<svg><pattern id="p1" width="7"><path d="M0,0" stroke="rgb(1, 2, 3)"/></pattern>'
           '<path d="M0,0V14H14V0Z" style="fill: url(\'#p1\');"/></svg>')
    assert hatch.as_lines(svg).endswith(
        '<path d="M0,0V14H14V0Z" style="fill: none;"/>'
        '<path d="M0.00,7.00L7.00,0.00M0.00,14.00L14.00,0.00M7.00,14.00L14.00,7.00" '
        'style="fill: none; stroke: rgb(1, 2, 3); stroke-width: 1px;"/></svg>')


def test_a_hatched_slope_is_cut_off_at_its_outline_and_a_round_mark_keeps_its_pattern() -> None:
    pattern = '<pattern id="p1" width="7"><path d="M0,0" stroke="red"/></pattern>'
    slope = hatch.as_lines(f'{pattern}<path d="M0,0L14,14L0,14Z" style="fill: url(#p1)"/>')
    assert '<clipPath id="p1-1"><path d="M0,0L14,14L0,14Z"/></clipPath><g clip-path="url(#p1-1)">' in slope
    round_ = f'{pattern}<path d="M0,0A5,5 0 0 1 9,9Z" style="fill: url(#p1)"/>'
    assert hatch.as_lines(round_) == round_


@pytest.mark.parametrize(("text", "lines"), [
    ("one two three", ["one two", "three"]), ("大客户转化率", ["大客户转", "化率"]),
    ("大客户转，化率", ["大客户", "转，化率"]),
    ("x" * 20, ["x" * 8, "x" * 8, "x" * 4]), ("", []),
])
def test_a_text_is_broken_where_it_may_be(text: str, lines: list[str]) -> None:
    assert images.wrapped(text, 8) == lines


def test_the_numbers_of_a_table_are_written_as_the_page_writes_them() -> None:
    each: Card = card("written", pd.DataFrame({"value": [0.6424, None], "amount": [876_098_630.17, 125_000_000.0],
                                               "stage": ["lead", None], "n": [1, 2]}))
    told, is_cut = pdf_pages._shown(each, LOOK, 8, 12)
    assert [list(row) for row in told.itertuples(index=False)] == [
        ["64.2%", "876M", "lead", "1"], ["–", "125M", "Not known", "2"]]
    assert not is_cut


def test_the_corpus_is_not_empty() -> None:
    assert len(HOSTILE) > 20


def texts_of(svg: bytes) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


def process() -> Popen[bytes]:
    """The browser that draws."""
    async def found(chromium: browser.Chromium) -> Popen[bytes]:
        running: Popen[bytes] = chromium._browser.subprocess
        return running
    return browser.draw(found)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _embedded(font: object) -> bool:
    family = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font  # type: ignore[index,operator]
    return bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(family["/FontDescriptor"].get_object()))
