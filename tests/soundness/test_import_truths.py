"""What an import must not turn into a wrong number: refused deals that come back, and days that had not come yet."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from shutil import copy

import pyarrow.compute as pc
import pytest

from data.errors import MvpodError
from data.intake.importing import import_paths
from data.intake.report import ImportReport
from data.storage.store import Store

PUBLIC = Path(__file__).parents[3] / "shared" / "data"
needs_public_data = pytest.mark.skipif(not PUBLIC.exists(), reason="the public data sets are not at ../shared/data")

CONFIG = """
[import]
reject_share = 0.4
[organisation]
timezone = "Asia/Shanghai"
[[pipeline]]
key = "sales"
[[pipeline.stage]]
key = "bid"
[[pipeline.stage]]
key = "won"
kind = "won"
"""
DEALS = """opportunity_id,stage,amount,created_on,closed_on
A,bid,10,2026-01-01,
B,bid,20,2026-01-02,
C,won,30,2026-01-03,2026-01-20
D,won,40,2026-01-03,2026-01-21
"""
EVENTS = """opportunity_id,changed_at,to_stage
A,2026-01-01,bid
B,2026-01-02,bid
C,2026-01-03,bid
D,2026-01-03,bid
"""


def load(folder: Path, deals: str, events: str, as_of: date = date(2026, 1, 31)) -> ImportReport:
    files = folder / "in"
    files.mkdir(exist_ok=True)
    (files / "opportunity.csv").write_text(deals, encoding="utf-8")
    (files / "stage_change.csv").write_text(events, encoding="utf-8")
    (folder / "mvpod.toml").write_text(CONFIG, encoding="utf-8")
    return import_paths([files], folder / "store", profile="canonical", as_of=as_of, config=folder / "mvpod.toml")


def states(folder: Path) -> dict[str, str]:
    """The status of every opportunity that the marts know, at its latest."""
    found = Store.open(folder / "store").table("opportunity_state")
    found = found.filter(pc.is_null(found.column("valid_to")))
    return dict(zip(found.column("opportunity_id").to_pylist(), found.column("status").to_pylist(), strict=True))


@pytest.mark.parametrize("rejected", ["C,won,31,2026-01-03,2026-01-20", "C,won,-5,2026-01-03,2026-01-20"])
def test_a_refused_deal_does_not_come_back_as_open_by_its_events(rejected: str, tmp_path: Path) -> None:
    """Contradicting rows, and a row with a value that is not allowed: neither leaves the events alone."""
    sound = "C,won,30,2026-01-03,2026-01-20"
    deals = DEALS.replace(sound, rejected) if "-5" in rejected else f"{DEALS}{rejected}\n"
    report = load(tmp_path, deals, EVENTS)
    assert states(tmp_path) == {"A": "open", "B": "open", "D": "won"}
    events = report.table("stage_change")
    assert events is not None
    assert (events.rows_in, events.loaded, events.quarantined) == (4, 3, 1)
    assert [(r.rule, r.count) for r in report.rules if r.target == "stage_change"] == [("parent_rejected", 1)]


def test_all_events_may_wait_with_their_opportunity(tmp_path: Path) -> None:
    report = load(tmp_path, DEALS + "C,won,31,2026-01-03,2026-01-20\n", EVENTS[:35] + "C,2026-01-03,bid\n")
    events = report.table("stage_change")
    assert events is not None
    assert (events.loaded, events.quarantined) == (0, 1)
    assert "C" not in states(tmp_path)


def test_a_single_closing_after_the_snapshot_waits_and_is_told(tmp_path: Path) -> None:
    report = load(tmp_path, DEALS, EVENTS, as_of=date(2026, 1, 20))
    assert states(tmp_path) == {"A": "open", "B": "open", "C": "won"}
    told = [dict(n.fields) for n in report.warnings if n.code == "N_LATER"]
    assert [(t["table"], t["count"], t["example"]) for t in told] == [("opportunity", 1, "D: 2026-01-21")]
    for table in report.tables:
        assert table.rows_in == table.loaded + table.quarantined + table.deduplicated
    assert Counter((r.target, r.rule) for r in report.rules) == {
        ("opportunity", "after_snapshot"): 1, ("stage_change", "parent_rejected"): 1}


def test_a_closing_told_by_an_event_stays_whatever_close_date_was_left_standing(tmp_path: Path) -> None:
    """Some systems keep the planned close date in the row when a deal is won early; its event says when."""
    report = load(tmp_path, DEALS, EVENTS + "D,2026-01-19,won\n", as_of=date(2026, 1, 20))
    assert states(tmp_path)["D"] == "won"
    assert [n.code for n in report.warnings if n.code == "N_LATER"] == []


def test_an_event_on_the_evening_of_the_snapshot_is_not_after_it(tmp_path: Path) -> None:
    """23:30 in Shanghai is 15:30 UTC of the same day, 00:30 is the day before in UTC: the organisation's day counts."""
    evening, after = "A,2026-01-31 23:30:00,bid\n", "A,2026-02-01 00:30:00,bid\n"
    report = load(tmp_path, DEALS, EVENTS + evening + after)
    events = report.table("stage_change")
    assert events is not None
    assert (events.loaded, events.quarantined) == (5, 1)


def test_many_closings_after_the_snapshot_say_that_its_date_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        load(tmp_path, DEALS, EVENTS, as_of=date(2026, 1, 10))
    assert caught.value.code == "E_AS_OF_EARLY"
    assert caught.value.fields["newest"] == "2026-01-21"
    assert "--as-of 2026-01-21" in caught.value.text("zh")


def test_an_expected_close_ahead_is_a_plan_and_stays(tmp_path: Path) -> None:
    deals = "opportunity_id,stage,created_on,closed_on\nA,bid,2026-01-01,2026-12-31\n"
    load(tmp_path, deals, EVENTS[:52])
    assert states(tmp_path) == {"A": "open"}


def test_a_snapshot_date_long_after_everything_is_refused_and_before_that_told(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        load(tmp_path, DEALS, EVENTS, as_of=date(2027, 1, 23))  # 367 days
    assert caught.value.code == "E_AS_OF_FAR"
    assert caught.value.fields["newest"] == "2026-01-21"
    report = load(tmp_path, DEALS, EVENTS, as_of=date(2027, 1, 22))  # 366 days
    assert [dict(n.fields)["days"] for n in report.warnings if n.code == "N_AS_OF_FAR"] == [366]


@needs_public_data
def test_a_contradicted_deal_of_the_maven_set_is_gone_from_wins_and_from_open(tmp_path: Path) -> None:
    """4,238 won and 2,089 open deals (the set's own count): without one won deal, 4,237 and still 2,089."""
    files = tmp_path / "in"
    files.mkdir()
    for name in ("accounts.csv", "sales_pipeline.csv", "sales_teams.csv"):
        copy(PUBLIC / "maven_crm" / name, files / name)
    pipeline = files / "sales_pipeline.csv"
    text = pipeline.read_text(encoding="utf-8").rstrip("\n")
    won = next(line for line in text.splitlines()[1:] if ",Won," in line)
    pipeline.write_text(f"{text}\n{won.rsplit(',', 1)[0]},12345\n", encoding="utf-8")
    import_paths([files], tmp_path / "store", profile="maven-crm", as_of=date(2017, 12, 31))
    found = Counter(states(tmp_path).values())
    assert found == {"won": 4237, "lost": 2473, "open": 2089}


@needs_public_data
def test_the_maven_set_is_refused_for_a_day_in_its_middle(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        import_paths([PUBLIC / "maven_crm"], tmp_path / "store", profile="maven-crm", as_of=date(2017, 6, 30))
    assert caught.value.code == "E_AS_OF_EARLY"
    assert caught.value.fields["newest"] == "2017-12-31"
