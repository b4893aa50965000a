"""Closings per week, month or fiscal quarter of many groups: kept sums and rows say the same as a naive count."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from analytics import periods
from analytics.ask import Ask
from data import queries
from data.queries.asking import Slice
from data.scope import Filters, Scope
from tests.journeys import Journey, asked, day

#: One closes each day: day, outcome, segment, region.
CLOSED = [(n, ("won", "lost", "lost", "no_decision")[n % 4], ("KA", "SMB", None)[n % 3], ("East", "West")[n % 5 > 2])
          for n in range(1, 330)]
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def team_of(n: int) -> str:
    return ("North", "South")[n % 7 > 3]


@pytest.fixture(scope="module")
def company() -> Ask:
    return asked([Journey([(0, "lead"), (n, kind)], columns={"segment": segment, "region": region, "team": team_of(n)})
                  for n, kind, segment, region in CLOSED])


def first_of(n: int, unit: periods.Unit, fiscal: int) -> date:
    return periods.period_of(day(n), unit, fiscal).start


@pytest.mark.parametrize(("unit", "fiscal", "span"), [
    ("month", 1, YEAR), ("quarter", 1, YEAR), ("quarter", 4, YEAR),
    ("quarter", 2, (date(2026, 2, 1), date(2026, 7, 31))),
    ("quarter", 2, YEAR), ("quarter", 12, YEAR), ("week", 1, (date(2026, 1, 5), date(2026, 11, 1))),
    ("week", 1, YEAR), ("month", 1, (date(2026, 2, 10), date(2026, 6, 20))), ("quarter", 1, (None, None)),
])
@pytest.mark.parametrize("filters", [{}, {"segment": ["KA"]}, {"segment": ["KA", "(unknown)"]}, {"region": ["West"]},
                                     {"team": ["South"]}, {"team": ["North"], "segment": ["SMB"]}],
                         ids=str)
@pytest.mark.parametrize("scope", [Scope.everything(), Scope.of(region=["East"])], ids=["all", "east"])
def test_won_and_lost_are_those_that_a_naive_count_finds(company: Ask, unit: periods.Unit, fiscal: int, scope: Scope,
                                                         span: tuple[date | None, date | None],
                                                         filters: dict[str, list[str]]) -> None:
    asked_for = Slice(day(364), *span, scope=scope, filters=Filters.of(filters))
    expected: Counter[tuple[str, str, date, str]] = Counter()
    for n, kind, segment, region in CLOSED:
        seen = {"segment": segment or "(unknown)", "region": region}
        has = {**seen, "team": team_of(n)}
        if (kind in ("won", "lost") and (span[0] or date.min) <= day(n) <= (span[1] or date.max)
                and all(has[name] in values for name, values in (*filters.items(), *scope.allowed))):
            for name, value in (("", ""), *seen.items()):
                expected[name, value, first_of(n, unit, fiscal), kind] += 1
    rows = queries.closings_each(company.company.cursor(), asked_for, ["segment", "region"], unit=unit,
                                 fiscal_year_start=fiscal)
    found = {(r["dimension"], r["value"], r["period"].date(), kind): r[kind]
             for _, r in rows.iterrows() for kind in ("won", "lost") if r[kind]}
    assert found == dict(expected)
    assert not rows.duplicated(["dimension", "value", "period"]).any()


def test_a_past_day_knows_only_what_stood_closed_then(company: Ask) -> None:
    seen = Slice(day(89), date(2026, 1, 1), day(89), filters=Filters.of(segment=["KA"]))
    rows = queries.closings_each(company.company.cursor(), seen, unit="quarter")
    assert rows[["won", "lost"]].to_numpy().sum() == sum(
        kind in ("won", "lost") and segment == "KA" for n, kind, segment, _ in CLOSED if n <= 89)
