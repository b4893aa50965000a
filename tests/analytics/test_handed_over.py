"""What went to others while it was forecast, or with a push: a filter counts it where it was; whoever may see one team
only finds nothing of what it became afterwards."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from data import queries
from data.engine import company_of
from data.marts.history import marts_of
from data.queries import Slice
from data.scope import Filters, Scope
from tests.journeys import SALES, _table, day

#: (day of the export, team, status, day of the expected close): open with East, pushed and handed over, won by West
LIFE = ((0, "East", "open", 20), (7, "West", "open", 35), (14, "West", "won", 35))
#: forecast at the end of day 3: what is won up to day 30
MOMENT = [(day(3), day(0), day(30))]


@pytest.fixture(scope="module")
def company() -> Ask:
    """One opportunity of that life."""
    rows = [{"opportunity_id": "o0", "pipeline": "sales", "stage": "lead" if status == "open" else status,
             "status": status, "currency": "CNY", "created_on": day(0), "snapshot_date": day(at), "team": team,
             "closed_on": day(at) if status == "won" else None, "amount": 10, "amount_base": 10,
             "expected_close_on": day(due)} for at, team, status, due in LIFE]
    opportunity, changes = _table("opportunity", rows), _table("stage_change", [])
    return Ask(company_of({"opportunity": opportunity, "stage_change": changes,
                           **marts_of(opportunity, changes, SALES)}, SALES))


def limited(team: str) -> Slice:
    """Who may see one team only."""
    return Slice(day(60), scope=Scope.of(team=[team]))


def filtered(team: str) -> Slice:
    """Who may see everything and asks for one team."""
    return Slice(day(60), filters=Filters.of(team=[team]))


def told(company: Ask, slice_: Slice) -> tuple[int, int, int]:
    """Open on the day, of these won, won of what was not open."""
    cursor = company.company.cursor()
    opened = queries.forecast_open(cursor, slice_, moments=MOMENT, promised=[])
    later = queries.forecast_won(cursor, slice_, moments=MOMENT)
    return int(opened["n"].sum()), int(opened["won"].sum()), int(later["n"].sum())


def test_a_win_counts_where_it_was_open_on_the_day_of_the_forecast(company: Ask) -> None:
    assert told(company, Slice(day(60))) == (1, 1, 0)
    assert told(company, filtered("East")) == (1, 1, 0)
    assert told(company, filtered("West")) == (0, 0, 0), "it was open on the day, with others"


def test_within_a_scope_a_win_counts_for_who_sees_it(company: Ask) -> None:
    assert told(company, limited("East")) == (1, 0, 0), "what it brought to others is not theirs to see"
    assert told(company, limited("West")) == (0, 0, 1), "to them it came later"


def test_a_push_with_a_hand_over_is_out_of_sight_where_the_new_holder_is(company: Ask) -> None:
    def found(**who: Scope | Filters) -> pd.Series:
        return company.metric("pipeline.pushes", View(day(60), day(1), day(60), **who)).iloc[0]  # type: ignore[arg-type]

    assert found(filters=Filters.of(team=["East"]))[["n", "pushed"]].tolist() == [1, 1]
    assert found(scope=Scope.of(team=["East"]))[["n", "pushed"]].tolist() == [1, 0], "the new date is not theirs to see"
    assert found(scope=Scope.of(team=["East", "West"]))[["n", "pushed"]].tolist() == [1, 1]
