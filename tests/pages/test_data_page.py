"""The page Data without a browser: what the files are, what would be decided, and what an import really does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.importing import import_paths
from data.store import Store

OPPORTUNITY = """Id,Name,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon,IsDeleted
006A,Alpha,Prospecting,1000,2026-01-05T08:00:00Z,2026-06-30,false,false,false
006A,Alpha,Prospecting,1000,2026-01-05T08:00:00Z,2026-06-30,false,false,false
006B,Beta,Closed Won,2500,2026-01-07T08:00:00Z,2026-03-15,true,true,false
"""
OWN_STAGES = OPPORTUNITY.replace("Prospecting", "Plan & <b>build</b>")


@pytest.fixture
def data_page(tmp_path: Path, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on a store of its own with one load."""
    source = tmp_path / "Opportunity.csv"
    source.write_text(OPPORTUNITY, encoding="utf-8")
    import_paths([source], tmp_path / "own", profile="salesforce", as_of=date(2026, 3, 31))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    return open_page("data", lang="en")


def choose(page: AppTest, text: str, name: str = "Opportunity.csv") -> AppTest:
    page.file_uploader[0].upload(name, text.encode(), "text/csv").run()
    page.date_input(key="import_as_of").set_value(date(2026, 4, 7)).run()
    return page


def said(page: AppTest) -> str:
    parts = (*page.success, *page.warning, *page.error, *page.caption, *page.text, *page.markdown)
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def current(page: AppTest, tmp_path: Path) -> int:
    load = Store.open(tmp_path / "own").current()
    assert load is not None
    return load.load_id


def test_chosen_files_are_recognised_with_what_their_lacks_cost(data_page: AppTest) -> None:
    page = choose(data_page, OPPORTUNITY)
    assert "Recognised: salesforce." in said(page)
    assert any("are missing, and what that costs in metrics" in e.label for e in page.expander)


def test_files_of_no_system_are_told_so_and_lead_to_the_columns_by_hand(data_page: AppTest) -> None:
    page = choose(data_page, "day,rain\n2026-01-01,3\n", "weather.csv")
    assert "No profile fits these files." in said(page)


def test_a_decision_is_told_and_stops_the_import_where_it_is_not_to_be_taken(
        data_page: AppTest, tmp_path: Path) -> None:
    page = choose(data_page, OPPORTUNITY)
    page.button(key="import_preview").click().run()
    assert "• merged duplicates: opportunity: 1 rows repeat another row" in said(page)
    taken = next(group for group in page.get("button_group") if group.key == "import_taken")
    taken.set_value([kind for kind in taken.value if kind != "duplicates"]).run()
    page.button(key="import_preview").click().run()
    assert "E_DECISION_REFUSED" in said(page)
    assert "leave one row of each key in the export" in said(page)
    assert current(page, tmp_path) == 1


def test_stages_of_ones_own_are_put_in_force_only_when_accepted(data_page: AppTest, tmp_path: Path) -> None:
    page = choose(data_page, OWN_STAGES)
    page.button(key="import_preview").click().run()
    assert "no pipeline has these stages yet: Plan & <b>build</b>" in said(page)
    page.checkbox(key="import_accept_stages").check().run()
    page.button(key="import_preview").click().run()
    page.button(key="import_confirm").click().run()
    assert not page.exception
    load = Store.open(tmp_path / "own").current()
    assert load is not None
    assert "Plan & <b>build</b>" in load.settings_text


def test_the_decisions_of_a_load_stay_with_it(data_page: AppTest) -> None:
    assert "for example Opportunity.csv:3 006A" in said(data_page)
