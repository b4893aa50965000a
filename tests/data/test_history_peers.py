"""Histories of other systems: vectors and exports beside the project, for trying only (skipped where absent)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from data.contracts import TABLES
from data.engine import frame, open_company
from data.intake.importing import import_paths
from data.marts.history import marts_of
from data.settings import Pipeline, Settings, Stage

SHARED = Path(__file__).parents[3] / "shared" / "data"
ODOO = SHARED / "vectors" / "odoo_time_in_stage.json"


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"../shared/data/{path.relative_to(SHARED)} is not here")


def minutes_in_stages(first: str, start: datetime, steps: list) -> dict[str, float]:
    """Time in each stage, all visits together: `steps` are (minutes that pass, stage moved to or None)."""
    events, now = [(start, first)], start
    for minutes, stage in steps:
        now += timedelta(minutes=minutes)
        events += [(now, stage)] if stage else []
    names = sorted({stage for _, stage in events})
    rows = [{"opportunity_id": "x", "changed_at": at, "to_stage": stage, "file_order": i, "is_date_only": False}
            for i, (at, stage) in enumerate(events)]
    told = marts_of(
        TABLES["opportunity"].schema().empty_table(),
        pa.Table.from_pylist(rows, TABLES["stage_change"].schema()),
        Settings(pipelines=(Pipeline("p", stages=tuple(map(Stage, names))),)),
    )
    spent: Counter[str] = Counter()
    for visit in told["stage_visit"].to_pylist():
        spent[visit["stage"]] += ((visit["exited_at"] or now) - visit["entered_at"]).total_seconds() / 60
    return dict(spent)


@needs(ODOO)
def test_time_in_stage_agrees_with_the_cases_of_odoo() -> None:
    data = json.loads(ODOO.read_text())
    start = datetime.fromisoformat(data["start"]).replace(tzinfo=UTC)
    for case in data["vectors"]:
        spent = minutes_in_stages(data["first_stage"], start, case["steps_minutes_then_move_to"])
        assert spent == case["expected_minutes"], case["id"]


@needs(SHARED / "maven_crm")
def test_one_snapshot_with_engage_and_close_dates_tells_whole_stories(tmp_path: Path) -> None:
    import_paths([SHARED / "maven_crm"], tmp_path / "store", profile="maven-crm", as_of=date(2017, 12, 31))
    company = open_company(tmp_path / "store")
    states = frame(
        company.cursor(), "SELECT status, count(*) AS n FROM opportunity_state WHERE valid_to IS NULL GROUP BY ALL"
    )
    assert dict(zip(states["status"], states["n"], strict=True)) == {"won": 4238, "lost": 2473, "open": 2089}
    ways = frame(company.cursor(), """
        SELECT exit_kind, bool_and(exited_lo = exited_on) AS exact, count(*) AS n FROM stage_visit
        WHERE stage_kind = 'open' AND exited_on IS NOT NULL GROUP BY ALL ORDER BY ALL""")
    assert ways.values.tolist() == [["lost", True, 2473], ["won", True, 4238]]


@needs(SHARED / "sfdc_demo_opphistory")
def test_a_history_of_saves_collapses_to_visits_and_keeps_reclosings(tmp_path: Path) -> None:
    import_paths([SHARED / "sfdc_demo_opphistory"], tmp_path / "store", profile="salesforce")
    company = open_company(tmp_path / "store")
    states = frame(company.cursor(), "SELECT count(DISTINCT opportunity_id) AS n FROM opportunity_state")
    assert states["n"][0] == 36
    repeated = frame(company.cursor(), """
        SELECT a.opportunity_id FROM stage_visit a JOIN stage_visit b ON a.opportunity_id = b.opportunity_id
        AND b.visit_no = a.visit_no + 1 AND a.stage = b.stage""")
    assert len(repeated) == 0
    reclosed = frame(
        company.cursor(), "SELECT count(*) AS n FROM stage_visit WHERE stage_kind = 'won' AND exit_kind = 'lost'"
    )
    assert reclosed["n"][0] == 7
