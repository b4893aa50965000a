"""What the questions about support and about the data count: as of a day, within scope, and never everybody twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics.ask import Ask
from data import queries
from data.engine import company_of
from data.marts.history import marts_of
from data.queries import Slice
from data.scope import Filters, Scope
from tests.journeys import SALES, Journey, _events, _row, _table, asked, day, view

CODE, OTHER_CODE = "914403001922038216", "9144030071526726XG"


def company(journeys: Sequence[Journey], *, today: int = 100, **tables: Sequence[dict[str, Any]]) -> Ask:
    """Journeys and rows of further canonical tables."""
    named = [(j.id or f"o{i}", j) for i, j in enumerate(journeys)]
    opportunity = _table("opportunity", [row for name, j in named if (row := _row(name, j, today))])
    changes = _table("stage_change", [row for name, j in named for row in _events(name, j)])
    more = {name: _table(name, rows) for name, rows in tables.items()}
    return Ask(
        company_of(
            {"opportunity": opportunity, "stage_change": changes, **more, **marts_of(opportunity, changes, SALES)},
            SALES,
        )
    )


def at(number: int, hour: int = 0) -> datetime:
    return datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=hour)


def request(
    name: str, opportunity: str | None, made: datetime, answered: datetime | None = None, **columns: Any
) -> dict[str, Any]:
    usual = {"team": "East", "done_at": answered, "hours": 8.0, "cost": Decimal(100), "assigned_at": made}
    return {
        "request_id": name,
        "opportunity_id": opportunity,
        "requested_at": made,
        "first_response_at": answered,
        **usual,
        **columns,
    }


def waited(
    ask: Ask, as_of: int, start: int | None = None, end: int | None = None, **scope: list[str]
) -> list[tuple[int, bool, int]]:
    """(hours, answered, n) of the requests."""
    slice_ = Slice(
        day(as_of), None if start is None else day(start), None if end is None else day(end), Scope.of(**scope)
    )
    frame = queries.support_response(ask.company.cursor(), slice_, **queries.support_rules(SALES))
    return sorted((int(r.hours_waited), bool(r.is_answered), int(r.n)) for r in frame.itertuples())


OPEN = Journey([(0, "lead")], columns={"segment": "KA", "team": "North"})


def test_an_answer_of_tomorrow_is_not_known_today_and_the_wait_goes_on_until_midnight() -> None:
    ask = company([OPEN], support_request=[request("r", "o0", at(10, 12), at(11, 13))])
    assert waited(ask, 9) == []
    assert waited(ask, 10) == [(12, False, 1)]
    assert waited(ask, 11) == [(25, True, 1)]
    assert waited(ask, 90) == [(25, True, 1)]


def test_requests_belong_to_the_period_in_which_they_were_made() -> None:
    ask = company([OPEN], support_request=[request("a", "o0", at(10), at(11)), request("b", "o0", at(20), at(20, 1))])
    assert waited(ask, 90, 15, 25) == [(1, True, 1)]


def test_a_scope_sees_the_requests_of_its_own_opportunities_only() -> None:
    ask = company(
        [OPEN, Journey([(0, "lead")], columns={"team": "South"})],
        support_request=[
            request("a", "o0", at(10), at(10, 5)),
            request("b", "o1", at(10), at(10, 9)),
            request("c", None, at(10), at(10, 7)),
        ],
    )
    assert waited(ask, 20) == [(5, True, 1), (7, True, 1), (9, True, 1)]
    assert waited(ask, 20, team=["North"]) == [(5, True, 1)]


def test_hours_count_from_the_day_on_which_the_work_was_done_and_support_only_before_the_close() -> None:
    won = Journey([(0, "lead"), (5, "meeting"), (9, "proposal"), (30, "won")], columns={"segment": "KA"})
    ask = company([won], support_request=[request("a", "o0", at(10), at(50))])
    early, late = (ask.metric("support.waste_share", view(n)).iloc[0] for n in (40, 60))
    assert (early["n"], early["reason"]) == (0, "no_hours")
    assert (late["n"], late["hours"], late["value"]) == (1, 8.0, 0.0)
    asked_after = company([won], support_request=[request("a", "o0", at(35), at(36))])
    assert asked_after.metric("support.lift", view(60)).iloc[0]["supported"] == 0


def test_conditions_are_the_latest_answers_up_to_the_day() -> None:
    lost = Journey([(0, "lead"), (30, "lost")], columns={"segment": "KA"})
    answers = [
        {"opportunity_id": "o0", "assessed_on": day(n), "kind": "necessary_condition", "item": item, "value": v}
        for n, item, v in ((5, "budget", 0.0), (5, "deadline", 0.5), (40, "budget", 1.0))
    ]
    ask = company([lost], support_request=[request("a", "o0", at(10), at(11))], checklist=answers)
    on_day = {n: ask.support_conditions(view(n)).set_index("condition")["n"].to_dict() for n in (35, 45)}
    assert on_day == {35: {"weak": 1, "met": 0}, 45: {"weak": 0, "met": 1}}  # 25 of 100, then 75


def account(name: str, called: str | None, code: str | None = None) -> dict[str, Any]:
    return {"account_id": name, "name": called, "uscc": code, "snapshot_date": day(100)}


def deal(account_id: str, **columns: Any) -> Journey:
    return Journey(
        [(0, "lead")],
        columns={"account_id": account_id, "product_line": "Gateway", "type": "new", "region": "East", **columns},
    )


def kinds(ask: Ask, **filters: list[str]) -> set[tuple[str, str, str]]:
    slice_ = Slice(day(100), filters=Filters.of(filters))
    frame = queries.quality_twins(ask.company.cursor(), slice_, **queries.quality_rules(SALES))
    return {(r.kind, r.first_id, r.other_id) for r in frame.itertuples()}


def test_one_code_in_two_spellings_is_one_company() -> None:
    ask = company(
        [deal("a"), deal("b"), deal("c")],
        account=[
            account("a", "Pine", f" {CODE[:6]}-{CODE[6:]}"),
            account("b", "Other", CODE.lower()),
            account("c", "Oak", OTHER_CODE),
        ],
    )
    assert kinds(ask) == {("code", "o0", "o1")}


@pytest.mark.parametrize("differs", [{"product_line": "Platform"}, {"type": "renewal"}])
def test_another_product_or_a_renewal_is_another_deal(differs: dict[str, str]) -> None:
    ask = company([deal("a"), deal("b", **differs)], account=[account("a", "Pine", CODE), account("b", "Pine", CODE)])
    assert kinds(ask) == set()


def test_a_closed_deal_is_no_duplicate() -> None:
    closed = Journey([(0, "lead"), (9, "won")], columns=dict(deal("b").columns))
    assert (
        kinds(company([deal("a"), closed], account=[account("a", "Pine", CODE), account("b", "Pine", CODE)])) == set()
    )


def test_names_are_compared_without_spaces_case_and_width() -> None:
    ask = company([deal("a"), deal("b")], account=[account("a", "Pine & Oak Ltd."), account("b", "ＰＩＮＥ oak LTD")])
    assert kinds(ask) == {("name", "o0", "o1")}


def test_similar_names_are_suspects_in_the_same_region_unless_a_digit_differs() -> None:
    names = ("Shanghai Pine Machinery Works", "Shanghai Pina Machinery Works", "Shanghai Pine Machinery Work5")
    rows = [account(k, n) for k, n in zip("abc", names, strict=True)]
    assert kinds(company([deal("a"), deal("b"), deal("c")], account=rows)) == {("similar", "o0", "o1")}
    assert kinds(company([deal("a"), deal("b", region="West")], account=rows)) == set()


def test_similar_names_are_what_a_naive_comparison_of_everybody_with_everybody_finds() -> None:
    # the blocks must not lose a pair: any one letter of a name changed, dropped or added
    base = "Northern Laurel Electronics"
    spelt = [
        base,
        *(base[:i] + "q" + base[i + 1 :] for i in (0, 9, len(base) - 1)),
        base[:12] + base[13:],
        base[:5] + "q" + base[5:],
        "Southern Walnut Foods",
    ]
    plain = ["".join(c for c in s.upper() if c.isalnum()) for s in spelt]
    ids = [f"o{i}" for i in range(len(spelt))]
    wanted = {
        ("similar", *sorted((ids[i], ids[k])))
        for i in range(len(spelt))
        for k in range(i)
        if 1 - edits(plain[i], plain[k]) / max(len(plain[i]), len(plain[k])) >= 0.92
    }
    ask = company(
        [deal(f"a{i}") for i in range(len(spelt))], account=[account(f"a{i}", n) for i, n in enumerate(spelt)]
    )
    assert len(wanted) > 5
    assert kinds(ask) == wanted


def edits(a: str, b: str) -> int:
    """Levenshtein's distance by the book."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, before = [i], row
        for k, y in enumerate(b, 1):
            row.append(min(before[k] + 1, row[-1] + 1, before[k - 1] + (x != y)))
    return row[-1]


def test_a_twin_outside_the_filter_gives_nothing_away() -> None:
    ask = company(
        [deal("a", team="North"), deal("b", team="South")], account=[account("a", "P", CODE), account("b", "P", CODE)]
    )
    assert kinds(ask, team=["North"]) == set()


def test_without_accounts_duplicates_are_not_measured_instead_of_zero() -> None:
    row = company([OPEN]).metric("quality.duplicates", view(100)).iloc[0]
    assert (row["reason"], row["value"] == row["value"]) == ("no_company_names", False)


def test_completeness_needs_an_amount_a_date_and_known_rivals() -> None:
    late = [(0, "lead"), (2, "meeting"), (4, "proposal")]
    told = {"expected_close_on": day(200)}
    ask = company(
        [
            Journey(late, columns={**told, "main_competitor": "Alpha"}),
            Journey(late, amount=None, columns=told),
            Journey(late, amount=1, columns={"main_competitor": "TBD"}),
        ]
    )
    found = ask.quality_fields(view(100)).set_index("field")
    assert dict(found["filled"]) == {"amount": 1.0, "close_date": 2.0}  # rivals are asked for from stage four
    assert found["n"].tolist() == [3, 3]


def test_the_rows_behind_a_problem_are_those_that_were_counted() -> None:
    ask = company(
        [
            Journey([(0, "lead")], amount=None, columns={"segment": "KA"}),
            OPEN,
            Journey([(0, "lead")], columns={"expected_close_on": day(50)}),
        ]
    )
    assert list(ask.quality_rows(view(100), "no_amount", "KA")["opportunity_id"]) == ["o0"]
    assert list(ask.quality_rows(view(100), "overdue", "(unknown)")["opportunity_id"]) == ["o2"]
    assert list(ask.quality_rows(view(100), "no_segment", "KA")["opportunity_id"]) == ["o2"]


def test_what_vanished_from_the_exports_is_counted_and_found_in_the_period_in_which_it_did() -> None:
    told = [Journey([(0, "lead")], columns={"segment": "KA"}, gone_on=50), OPEN]
    ask = asked(told, today=98, weekly=True, with_events=False)
    effect = ask.quality_effects(view(98)).set_index("problem")
    assert effect.loc["deleted", "rows"] == 1
    assert list(ask.quality_rows(view(98), "deleted", "KA")["opportunity_id"]) == ["o000"]
    assert ask.quality_rows(view(98, 60, 98), "deleted").empty
