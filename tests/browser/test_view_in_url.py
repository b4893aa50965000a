"""The view survives reload, back, page change, a cold deep link and a link opened in another browser (issue 2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import running_app

pytestmark = pytest.mark.browser
Tab = Any


def choose(page: Page, control: str, label: str) -> None:
    """Press a button of a switch of the sidebar."""
    page.locator(f".st-key-url_{control}").get_by_text(label, exact=True).click()


def change_page(page: Page, group: str, name: str) -> None:
    """Open a page through the navigation."""
    page.get_by_test_id("stTopNavSection").get_by_text(group, exact=True).click()
    page.get_by_test_id("stTopNavDropdownLink").filter(has_text=name).click()


def heading(page: Page) -> Any:
    return page.get_by_test_id("stMain").get_by_role("heading", level=1)


def view_words(page: Page) -> Any:
    return page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").nth(1)


def test_a_cold_deep_link_on_a_fresh_server_comes_in_by_the_front_door(
        store: Path, new_tab: Callable[..., Tab]) -> None:
    # a fresh server runs pages/funnel.py itself for the first request to /funnel, without app.py
    with running_app(store) as url:
        tab = new_tab(url)
        page = tab.open("/funnel?lang=en&segment=KA")
        expect(heading(page)).to_have_text("Funnel")
        expect(view_words(page)).to_contain_text("Segment: Key accounts")
        expect(page.get_by_role("dialog")).to_have_count(0)
        change_page(page, "Order line", "Conversion days")
        tab.settle()
        expect(heading(page)).to_have_text("Conversion days")
        expect(view_words(page)).to_contain_text("Segment: Key accounts")
        assert tab.path == "/conversion_days?lang=en&segment=KA"


def test_the_view_survives_reload_page_change_and_another_browser(tab: Tab, new_tab: Callable[..., Tab]) -> None:
    page = tab.open("/overview?lang=en")
    choose(page, "segment", "SMB")
    tab.settle()
    choose(page, "days", "Working")
    tab.settle()
    assert tab.path == "/overview?days=working&lang=en&segment=SMB"
    page.reload()
    tab.settle()
    expect(view_words(page)).to_contain_text("working days · Segment: Small and medium")
    change_page(page, "Order line", "Funnel")
    tab.settle()
    assert tab.path == "/funnel?days=working&lang=en&segment=SMB"
    expect(view_words(page)).to_contain_text("Segment: Small and medium")
    elsewhere = new_tab(tab.url)
    other = elsewhere.open(tab.path)
    expect(heading(other)).to_have_text("Funnel")
    expect(view_words(other)).to_have_text(re.compile("working days · Segment: Small and medium"))


def test_back_and_forward_walk_through_views_and_pages_one_step_each(tab: Tab) -> None:
    page = tab.open("/overview?lang=en")
    choose(page, "segment", "KA")
    tab.settle()
    change_page(page, "Data", "Definitions")
    tab.settle()
    page.go_back()
    tab.settle()
    assert tab.path == "/overview?lang=en&segment=KA"
    expect(heading(page)).to_have_text("Overview")
    page.go_back()
    tab.settle()
    assert tab.path == "/overview?lang=en"
    expect(view_words(page)).not_to_contain_text("Segment")
    page.go_forward()
    tab.settle()
    expect(view_words(page)).to_contain_text("Segment: Key accounts")


def test_changing_the_language_keeps_the_view_and_tells_the_browser(tab: Tab) -> None:
    page = tab.open("/overview?lang=en&segment=KA&period=2026Q2&compare=last_year")
    choose(page, "lang", "中文")
    tab.settle()
    expect(heading(page)).to_have_text("总览")
    assert tab.path == "/overview?compare=last_year&lang=zh&period=2026Q2&segment=KA"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    choose(page, "lang", "English")
    tab.settle()
    assert tab.path == "/overview?compare=last_year&lang=en&period=2026Q2&segment=KA"
    assert page.evaluate("document.documentElement.lang") == "en"


def test_dark_is_part_of_the_link_and_light_comes_back(tab: Tab) -> None:
    def becomes(colour: str) -> None:
        # the page is loaded once more with the theme
        app = "getComputedStyle(document.querySelector('[data-testid=stApp]') ?? document.body)"
        page.wait_for_function(f"{app}.backgroundColor === '{colour}'", timeout=20_000)
        tab.settle()

    page = tab.open("/overview?lang=en&theme=dark")
    becomes("rgb(14, 17, 23)")
    assert tab.path == "/overview?lang=en&theme=dark"
    choose(page, "theme", "Light")
    becomes("rgb(255, 255, 255)")
    assert tab.path == "/overview?lang=en&theme=light"
    choose(page, "theme", "System")
    becomes("rgb(255, 255, 255)")
    assert tab.path == "/overview?lang=en"


def test_what_the_address_cannot_mean_leaves_it(tab: Tab) -> None:
    tab.open("/funnel?lang=en&segment=Nope&team=%27%20OR%201=1&as_of=2026-02-30&period=2026Q2")
    assert tab.path == "/funnel?lang=en&period=2026Q2"
