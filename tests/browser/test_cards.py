"""Cards in a real browser: drill-down, downloads, hostile names, accessibility, narrow screens, nothing from afar."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from analytics.ask import Ask
from analytics.review import verify as check
from benchmarks.browser import running_app
from data.engine import open_company
from data.intake.importing import import_paths
from pages import PAGES

pytestmark = pytest.mark.browser
Tab = Any
ROOT = Path(__file__).resolve().parents[2]

#: Streamlit's own markup with violations, whatever we draw: on narrow screens its list of pages holds no list items.
NOT_OURS = [["[data-testid=stSidebarNavItems]"]]
#: language, colours, width in pixels
LOOKS = [("zh", "light", 1280), ("en", "dark", 390)]

HOSTILE = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", "[click](javascript:alert(3))",
           "![p](http://canary.invalid/x.png)", ":red[urgent] :material/delete:", "$x^2$ **bold** `code`",
           '<a href="http://canary.invalid">link</a>', "=HYPERLINK(1)"]


@pytest.mark.parametrize("look", LOOKS, ids=["-".join(map(str, look)) for look in LOOKS])
@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_no_page_has_a_serious_accessibility_violation_or_asks_anything_from_outside(
        server: str, new_tab: Callable[..., Tab], page: str, look: tuple[str, str, int]) -> None:
    lang, scheme, width = look
    tab = new_tab(server, width=width, scheme=scheme)
    shown = tab.open(f"/{page}?lang={lang}")
    shown.wait_for_timeout(500)
    found = Axe().run(shown, context={"exclude": NOT_OURS}).response["violations"]
    assert [(v["id"], node["html"][:160]) for v in found if v["impact"] in ("serious", "critical")
            for node in v["nodes"]] == []
    assert tab.outside == []


@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_every_page_fits_a_telephone(server: str, new_tab: Callable[..., Tab], page: str) -> None:
    shown = new_tab(server, width=390).open(f"/{page}?lang=en")
    wide = shown.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


def _press_first_bar(page: Page, card: str) -> None:
    chart = page.locator(f".st-key-{card} .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    box = chart.locator(".barlayer .point path").first.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)


def test_a_click_on_a_bar_lists_the_opportunities_behind_it(tab: Tab) -> None:
    page = tab.open("/pipeline?lang=en")
    _press_first_bar(page, "pipeline_stock_0")
    card = page.locator(".st-key-pipeline_stock_0")
    expect(card.get_by_text("Opportunities behind it:")).to_be_visible(timeout=20_000)
    behind = re.search(r"behind it: (\d+)", card.inner_text())
    in_stage = re.search(r"n (\d+)", card.locator(".js-plotly-plot").inner_text() or card.inner_text())
    assert behind
    assert in_stage
    assert behind[1] == in_stage[1]


def test_the_rows_of_a_chart_are_one_click_away(tab: Tab) -> None:
    page = tab.open("/overview?lang=en")
    card = page.locator(".st-key-overview_wins")
    expect(card.get_by_test_id("stDataFrame")).to_have_count(0)
    card.get_by_text("Table", exact=True).click()
    expect(card.get_by_test_id("stDataFrame")).to_be_visible(timeout=20_000)
    card.get_by_text("Table", exact=True).click()
    expect(card.get_by_test_id("stDataFrame")).to_have_count(0, timeout=20_000)


def test_a_chart_is_saved_as_csv_png_and_svg_with_a_stamp_that_holds(
        tab: Tab, store: Path, tmp_path: Path) -> None:
    page = tab.open("/overview?lang=en")
    card = page.locator(".st-key-overview_wins")
    card.get_by_text("Download", exact=True).click()
    saved = {}
    for kind in ("CSV", "PNG", "SVG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind, exact=True).click()
        saved[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[kind])
    assert {p.name for p in saved.values()} == {f"mvpod-overview-wins-2026-09-30.{k}" for k in ("csv", "png", "svg")}
    rows = list(csv.DictReader(io.StringIO(saved["CSV"].read_text(encoding="utf-8-sig"))))
    assert {"segment", "quarter", "won", "lost", "value"} <= set(rows[0])
    assert saved["PNG"].read_bytes().startswith(b"\x89PNG")
    drawing = saved["SVG"].read_text(encoding="utf-8")
    assert "as of 30 Sep 2026" in drawing
    assert "load 1" in drawing
    company = open_company(store)
    for file in saved.values():
        read = check.read(file.read_bytes(), file.name)
        assert check.verify(read, None, Ask(company)).differences == (), file.name
        assert read.stamp.link.startswith(tab.url + "/overview?"), file.name
    company.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard on a company whose names are attacks."""
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "opportunity.csv").open("w", newline="", encoding="utf-8") as file:
        write = csv.writer(file)
        write.writerow(["opportunity_id", "account_id", "name", "stage", "amount", "owner_id", "created_on",
                        "product_line"])
        for i, name in enumerate(HOSTILE):
            write.writerow([f"H{i}", f"A{i}", name, "need", 100 + i, f"S{i}", "2026-01-05", name])
    heads = {"account": ["account_id", "name", "segment", "industry"], "owner": ["owner_id", "name", "team"]}
    for table, head in heads.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            write = csv.writer(file)
            write.writerow(head)
            for i, name in enumerate(HOSTILE):
                write.writerow([f"A{i}", name, "SMB", name] if table == "account" else [f"S{i}", name, name])
    from datetime import date

    store = folder / "store"
    import_paths([folder], store, profile="canonical", as_of=date(2026, 3, 31), config=ROOT / "mvpod.toml")
    with running_app(store) as url:
        yield url


def test_names_that_are_attacks_are_shown_letter_by_letter(hostile: str, new_tab: Callable[..., Tab]) -> None:
    tab = new_tab(hostile)
    for number, name in enumerate(HOSTILE):
        page = tab.open(f"/opportunity?lang=en&id=H{number}&owner=S{number}")
        for place in (page.get_by_role("heading", level=2).first,
                      page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").nth(1)):
            assert name in place.inner_text().replace("\u2060", "")
        assert page.locator("[data-testid=stMain] img").count() == 0
        assert page.locator("[data-testid=stMain] a[href*=canary]").count() == 0
    for path in ("/overview?lang=en", "/funnel?lang=en", "/opportunity?lang=en"):
        tab.open(path)
    assert tab.dialogs == []
    assert tab.outside == []


def _choose_first_row(page: Page, grid: str) -> None:
    """Tick the first row: the table is drawn on a canvas, its tick boxes stand in the first column."""
    table = page.locator(f".st-key-{grid} .dvn-scroller").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 52})


def test_from_a_bar_to_the_opportunities_behind_it_to_one_story_and_back(tab: Tab) -> None:
    page = tab.open("/pipeline?lang=en&segment=SMB")
    _press_first_bar(page, "pipeline_stock_0")
    expect(page.get_by_text("Choose a row to open its story.")).to_be_visible(timeout=20_000)
    tab.settle()
    _choose_first_row(page, "pipeline_stock_0_behind")
    page.wait_for_url(re.compile(r"/opportunity\?id=O\d+&lang=en&segment=SMB$"), timeout=20_000)
    tab.settle()
    expect(page.get_by_role("heading", name=re.compile("days since it was created"))).to_be_visible()
    page.go_back()
    tab.settle()
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_have_text("Pipeline")


def test_the_list_is_searched_and_a_row_opens_its_story(tab: Tab) -> None:
    page = tab.open("/opportunity?lang=en")
    page.get_by_label("Name, customer or id").fill("O0001")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=O0001"), timeout=20_000)
    tab.settle()
    _choose_first_row(page, "opportunity_found")
    page.wait_for_url(re.compile(r"id=O0001"), timeout=20_000)
    tab.settle()
    page.get_by_text("Back to the list").click()
    page.wait_for_url(re.compile(r"/opportunity\?lang=en&q=O0001$"), timeout=20_000)
