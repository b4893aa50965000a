"""Sales operations bring an export in through the page: preview, import, rejects, restore; and the very first start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks.browser import running_app

pytestmark = pytest.mark.browser
Tab = Any

FIRST = """Id,Name,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon,IsDeleted,AccountId,OwnerId
006A,Alpha,Prospecting,1000,2026-01-05T08:00:00Z,2026-06-30,false,false,false,001A,005A
006B,Beta,Closed Won,2500,2026-01-07T08:00:00Z,2026-03-15,true,true,false,001A,005A
006C,Gamma,Closed Lost,700,2026-02-01T08:00:00Z,2026-03-20,true,false,false,001A,005A
"""


def _upload(page: Page, files: list[dict[str, Any]], as_of: str) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)  # type: ignore[arg-type]
    page.locator(".st-key-import_as_of [role=spinbutton]").first.click()
    page.keyboard.type(as_of.replace("-", ""))
    page.keyboard.press("Tab")
    page.wait_for_timeout(500)


def _file(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


@pytest.mark.slow
def test_a_fresh_start_shows_the_sample_and_the_first_import_replaces_it(
        tmp_path: Path, new_tab: Callable[..., Tab]) -> None:
    home = tmp_path / "store"
    with running_app(home) as url:
        tab = new_tab(url)
        page = tab.open("/data?lang=en")
        expect(page.get_by_test_id("stMain")).to_contain_text("sample company")
        assert not home.exists()  # the sample has a store of its own
        _upload(page, [_file("Opportunity.csv", FIRST)], "2026-03-31")
        page.get_by_role("button", name="Preview").click()
        main = page.get_by_test_id("stMain")
        expect(main).to_contain_text("Profile: salesforce", timeout=60_000)
        expect(main).to_contain_text("as of 31 Mar 2026")
        assert not home.exists()  # a preview changes nothing
        page.get_by_role("button", name="Import these files").click()
        expect(main).to_contain_text("Imported as load 1.", timeout=60_000)
        tab.settle()
        expect(main.get_by_test_id("stCaptionContainer").nth(1)).to_contain_text("As of 31 Mar 2026")
        page = tab.open("/opportunity?lang=en")
        expect(page.get_by_role("heading", name="Opportunities: 3")).to_be_visible()


@pytest.mark.slow
def test_an_earlier_load_is_restored_and_a_refused_file_changes_nothing(
        tmp_path: Path, new_tab: Callable[..., Tab]) -> None:
    from datetime import date

    from data.intake.importing import import_paths
    from data.storage.store import Store

    export = tmp_path / "Opportunity.csv"
    home = tmp_path / "store"
    for day, text in ((date(2026, 3, 31), FIRST), (date(2026, 4, 7), FIRST.replace("1000", "1700"))):
        export.write_text(text)
        import_paths([export], home, profile="salesforce", as_of=day)
    with running_app(home) as url:
        tab = new_tab(url)
        page = tab.open("/data?lang=en&load=1")
        page.get_by_text("Restore this load", exact=True).click()
        page.get_by_role("button", name="Restore", exact=True).click()
        expect(page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").nth(1)).to_contain_text(
            "load 3", timeout=30_000)
        assert Store.open(home).current().kind == "restore"  # type: ignore[union-attr]
        tab.settle()
        _upload(page, [_file("Opportunity.csv", FIRST.replace("Prospecting", "No such stage"))], "2026-04-14")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("alert").filter(has_text="E_STAGE_UNKNOWN")).to_be_visible(timeout=30_000)
        assert Store.open(home).current().load_id == 3  # type: ignore[union-attr]
