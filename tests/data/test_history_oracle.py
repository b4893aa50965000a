"""Random histories: the SQL tells the same stories as the plain loops of tests/oracles/history.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.contracts import MARTS, TABLES
from data.marts.history import marts_of
from data.settings import Organisation, Pipeline, Settings, Stage
from tests.oracles.history import NAMES, stories

START = date(2026, 1, 5)
TWO = Settings(
    organisation=Organisation(timezone="Asia/Shanghai"),
    pipelines=(
        Pipeline("ka", stages=(Stage("A"), Stage("B"), Stage("C"), Stage("hold", kind="paused"),
                               Stage("won", kind="won"), Stage("lost", kind="lost"))),
        Pipeline("smb", stages=(Stage("A"), Stage("B"), Stage("signed", kind="won"), Stage("void", kind="void"))),
    ))

days = st.integers(-20, 40).map(lambda n: START + timedelta(days=n))
maybe_days = st.none() | days
pipelines = st.sampled_from(["ka", "ka", "ka", "smb", None])


def _stage(pipeline: str | None) -> st.SearchStrategy[str]:
    return st.sampled_from(
        ["A", "B", "signed", "void"] if pipeline == "smb" else ["A", "B", "C", "A", "B", "hold", "won", "lost"]
    )


@st.composite
def snapshots(draw: st.DrawFn) -> list[dict]:
    """Some opportunities at some dates; most columns change rarely, so that stretches appear."""
    dates = sorted(draw(st.sets(st.integers(0, 35), min_size=1, max_size=6)))
    rows = []
    for who in "xy":
        row: dict = {}
        for day in dates:
            if draw(st.integers(0, 4)) == 0:
                continue
            if not row or draw(st.booleans()):
                pipeline = row.get("pipeline") or draw(pipelines)
                row = {
                    "pipeline": pipeline,
                    "stage": draw(_stage(pipeline)),
                    "status": draw(st.sampled_from(["open", "open", "open", "paused", "future", "lost", "void", None])),
                    "amount": draw(st.sampled_from([None, Decimal("10.00"), Decimal("12.50")])),
                    "created_on": draw(maybe_days),
                    "closed_on": draw(maybe_days),
                    "stage_entered_on": draw(maybe_days),
                    "owner_id": draw(st.sampled_from(["o1", "o2"])),
                    "segment": draw(st.sampled_from(["KA", None])),
                }
                row["amount_base"] = row["amount"]
            rows.append({"opportunity_id": who, "snapshot_date": START + timedelta(days=day), **row})
    return rows


@st.composite
def changes(draw: st.DrawFn) -> list[dict]:
    """A few events, some with a date only, some at the same instant."""
    rows = []
    for order in range(draw(st.integers(0, 5))):
        is_date = draw(st.booleans())
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=draw(st.integers(-10, 30)))
        at = at if is_date else at + timedelta(hours=draw(st.sampled_from([3, 15, 17])))
        pipeline = draw(pipelines)
        rows.append(
            {
                "opportunity_id": draw(st.sampled_from("xyz")),
                "changed_at": at,
                "is_date_only": is_date,
                "file_order": order,
                "pipeline": pipeline,
                "to_stage": draw(_stage(pipeline)),
                "from_stage": draw(st.none() | _stage(pipeline)),
            }
        )
    return rows


def arrow(rows: list[dict], table: str) -> pa.Table:
    """Rows as an Arrow table of the contract."""
    return pa.Table.from_pylist(rows, (TABLES | MARTS)[table].schema())


def in_order(table: pa.Table, name: str) -> list[dict]:
    """The rows of a mart by its key."""
    key = MARTS[name].key + (("pipeline",) if name == "stage_reach" else ())
    return sorted(table.to_pylist(), key=lambda r: [str(r[k]) for k in key])


def check(opportunity: list[dict], events: list[dict]) -> None:
    """Every mart equals the oracle's."""
    told = marts_of(arrow(opportunity, "opportunity"), arrow(events, "stage_change"), TWO)
    expected = stories(opportunity, events, TWO)
    for name in NAMES:
        assert in_order(told[name], name) == in_order(arrow(expected[name], name), name), name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(snapshots(), changes())
def test_random_histories_agree_with_the_plain_loops(opportunity: list[dict], events: list[dict]) -> None:
    check(opportunity, events)
