"""Who pushes expected closes, over which border, and when: told by hand-made weeks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics import pushes
from analytics.ask import Ask
from analytics.charts import pushes as chart
from analytics.charts.names import Names
from data.engine import company_of
from data.marts.history import marts_of
from tests.journeys import SALES, _table, day, view


def company(
    *lives: list[tuple[int, str, int | None]], each: Sequence[dict[str, Any]] = (), **columns: Any
) -> Ask:
    """Each life: (day of the export, status, day of the expected close), one row an export; `each`: its own columns."""
    rows = [
        {
            "opportunity_id": f"o{i}",
            "pipeline": "sales",
            "stage": "lead" if status == "open" else status,
            "status": status,
            "currency": "CNY",
            "created_on": day(life[0][0]),
            "snapshot_date": day(at),
            "team": "East",
            "closed_on": None if status == "open" else day(at),
            "amount": 10,
            "amount_base": 10,
            "expected_close_on": None if due is None else day(due),
            **columns,
            **(each[i] if each else {}),
        }
        for i, life in enumerate(lives)
        for at, status, due in life
    ]
    opportunity, changes = _table("opportunity", rows), _table("stage_change", [])
    return Ask(
        company_of(
            {"opportunity": opportunity, "stage_change": changes, **marts_of(opportunity, changes, SALES)}, SALES
        )
    )


def row(ask: Ask, *by: str, start: int = 1, end: int = 60) -> pd.Series:
    return ask.metric("pipeline.pushes", view(60, start, end), by).iloc[0]


def test_any_month_and_quarter_are_counted_apart() -> None:
    """Day 20 is in January, 25 too, 35 in February, 95 in April: the next quarter."""
    told = company(
        [(0, "open", 20), (7, "open", 25)],
        [(0, "open", 20), (7, "open", 35)],
        [(0, "open", 20), (7, "open", 95)],
        [(0, "open", 20), (7, "open", 20)],
    )
    found = row(told)
    assert found[["n", "pushed", "pushed_month", "pushed_quarter", "moves", "days"]].tolist() == [
        4,
        3,
        2,
        1,
        3,
        5 + 15 + 75,
    ]
    assert (found["value"], found["days_mean"], found["amount"]) == (0.75, 95 / 3, 30)


def test_a_push_is_as_exact_as_the_days_between_exports() -> None:
    told = company([(0, "open", 20), (7, "open", 40), (14, "open", 60), (31, "open", 60)])
    assert told.export_days(view(60, 0, 60)) == 7, "7, 7 and 17 days: the median"
    assert told.export_days(view(60, 20, 60)) is None, "one export in the period says nothing of the time between two"


def test_a_date_moved_twice_is_one_opportunity_and_a_repeat() -> None:
    found = row(company([(0, "open", 20), (7, "open", 40), (14, "open", 60)], [(0, "open", 30), (7, "open", 10)]))
    assert found[["n", "pushed", "repeated", "pulled", "moves", "days"]].tolist() == [2, 1, 1, 1, 2, 40]


def test_the_date_set_at_the_closing_and_dates_that_appear_or_vanish_are_no_pushes() -> None:
    """Systems set the expected close to the real one when a deal is closed."""
    found = row(
        company(
            [(0, "open", 20), (28, "won", 28)],
            [(0, "open", None), (7, "open", 50)],
            [(0, "open", 20), (7, "open", None)],
        )
    )
    assert found[["n", "pushed", "pulled"]].tolist() == [3, 0, 0]


def test_two_years_do_not_fall_into_one_month() -> None:
    """A peer groups by the month's name: August of two years is one column there."""
    told = company([(0, "open", 212)], [(0, "open", 212 + 365)])
    assert told.metric("pipeline.open", view(60), ["month"])["month"].tolist() == ["2026-08", "2027-08"]
    assert told.metric("pipeline.pushes", view(60, 0, 60), ["month"])["month"].tolist() == ["2026-08", "2027-08"]


def test_without_any_expected_close_the_share_is_unknown() -> None:
    found = row(company([(0, "open", None)]))
    assert pd.isna(found["value"])
    assert found["reason"] == "no_close_dates"


def test_a_team_that_pushes_more_than_the_others_stands_apart_and_a_small_one_is_not_judged() -> None:
    frame = pd.DataFrame(
        {"team": ["A", "B", "C"], "n": [100, 300, 5], "pushed": [60, 45, 5], "value": [0.6, 0.15, 1.0]}
    )
    found = pushes.apart(frame, frame, "team").set_index("team")
    assert found["is_apart"].to_dict() == {"A": True, "B": True, "C": False}
    assert found.loc["A", "gap"] > 0 > found.loc["B", "gap"]
    assert pd.isna(found.loc["C", "gap"])


def test_teams_are_compared_within_their_segment() -> None:
    """Key accounts are pushed more by everybody: no team is apart because it has none but these."""

    def team(name: str, segment: str, n: int, late: int) -> list[list[tuple[int, str, int | None]]]:
        return [[(0, "open", 20), (7, "open", 40 if i < late else 20)] for i in range(n)]

    teams = [("A", "KA", 40, 16), ("B", "KA", 40, 16), ("C", "SMB", 60, 6), ("D", "SMB", 60, 6), ("D", "KA", 40, 30)]
    told = company(
        *[steps for row in teams for steps in team(*row)],
        each=[{"team": name, "segment": segment} for name, segment, n, _ in teams for _ in range(n)],
    )
    found = told.pushes(view(60, 0, 60)).set_index("team")
    assert found["is_apart"].to_dict() == {"A": False, "B": False, "C": False, "D": True}
    assert found.loc["D", ["within", "within_n", "within_value", "within_rest"]].tolist() == ["KA", 40, 0.75, 0.4]
    assert found.loc["A", "rest"] == pytest.approx((16 + 30) / 80)
    assert found.loc["D", "rest"] == pytest.approx((60 * 0.1 + 40 * 0.4) / 100), "weighed by where D has its own"


@pytest.mark.parametrize(("late", "expected"), [(40, True), (6, False)])
def test_pushes_that_gather_at_the_end_of_the_quarter_are_told_from_chance(late: int, expected: bool) -> None:
    days = pd.DataFrame({"changed_on": pd.to_datetime(["2026-03-25", "2026-02-10"]), "pushes": [late, 40 - late]})
    found = pushes.timing(days[days["pushes"] > 0], date(2026, 1, 1), date(2026, 3, 31))
    assert (found.pushes, found.late, found.is_late) == (40, late, expected)
    assert found.usual == pytest.approx(14 / 90)
    few = pushes.timing(days.assign(pushes=[4, 0]), date(2026, 1, 1), date(2026, 3, 31))
    assert not few.is_late, "four pushes say nothing"


def test_weeks_are_complete_and_the_ends_of_fiscal_quarters_marked() -> None:
    days = pd.DataFrame(
        {
            "team": "A",
            "changed_on": pd.to_datetime(["2026-01-06", "2026-01-09"]),
            "pushes": [2, 1],
            "over_quarter": [1, 0],
        }
    )
    frame = pushes.weekly(days, "team", date(2026, 1, 1), date(2026, 2, 3), fiscal_year_start=2)
    assert frame["pushes"].tolist() == [0, 3, 0, 0, 0, 0]
    assert [w.date() for w in frame["week"]] == [date(2025, 12, 29) + timedelta(days=7 * i) for i in range(6)]
    assert frame["is_late"].tolist() == [False, False, True, True, True, False], "the fiscal quarter ends on 31 January"
    drawn = chart.weeks(frame, Names("zh", SALES), "light").data
    assert [trace.showlegend for trace in drawn] == [True, False], "nothing was pushed at the end of the quarter"
    assert len(drawn[0].x) + len(drawn[1].x) == 6, "weeks without pushes stay on the axis"
