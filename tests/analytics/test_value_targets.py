"""Coverage of target accounts, from exports that name targets, name none, or leave accounts out."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from analytics.ask import Ask, slice_of
from data import queries
from data.engine import company_of
from data.marts.history import marts_of
from tests.journeys import SALES, Journey, _events, _row, _table, day, view

SUNDAY = 31
#: three customers, each with a deal and a contact who was seen lately
ACCOUNTS = ("A", "B", "C")


def company(listed: dict[str, bool | None]) -> Ask:
    """`listed`: the accounts of the account export, and whether it names them as targets."""
    journeys = [Journey([(0, "meeting")], columns={"account_id": name}) for name in ACCOUNTS]
    names = [f"o{name}" for name in ACCOUNTS]
    opportunity = _table("opportunity", [row for n, j in zip(names, journeys) if (row := _row(n, j, SUNDAY))])
    changes = _table("stage_change", [row for n, j in zip(names, journeys) for row in _events(n, j)])
    more = {
        "account": _table("account", [{"account_id": name, "name": name, "is_target": is_target, "tier": "1",
                                       "snapshot_date": day(SUNDAY)} for name, is_target in listed.items()]),
        "contact": _table("contact", [{"contact_id": f"c{name}", "account_id": name, "snapshot_date": day(SUNDAY)}
                                      for name in ACCOUNTS]),
        "activity": _table("activity", [
            {"activity_id": f"i{name}{n}", "account_id": name, "contact_id": f"c{name}", "kind": "visit",
             "occurred_at": datetime.combine(day(n), time(10))} for name in ACCOUNTS for n in (3, 25)]),
    }
    marts = marts_of(opportunity, changes, SALES, more)
    return Ask(company_of({"opportunity": opportunity, "stage_change": changes, **more, **marts}, SALES))


@pytest.mark.parametrize(("listed", "counted"), [
    ({"A": True, "B": False, "C": False}, 1),
    ({"A": True, "B": False}, 1),  # C is no target: the export names targets, and C is not among them
    ({"A": False, "B": None}, 3),  # no target is named: all accounts are
    ({}, 3),
])
def test_where_targets_are_named_only_they_count(listed: dict[str, bool | None], counted: int) -> None:
    asked = company(listed)
    found = queries.value_coverage(asked.company.cursor(), slice_of(view(SUNDAY, 0, SUNDAY)), reached=90)
    assert found["n"].sum() == counted
