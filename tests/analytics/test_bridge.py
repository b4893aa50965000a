"""The bridge of the pipeline balances exactly, whatever happened between two days and whoever looks at it."""

from __future__ import annotations

from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.ask import Ask
from analytics.bridge import INS, OUTS, PARTS
from analytics.view import View
from data.contracts import TABLES
from data.engine import company_of
from data.marts.history import marts_of
from data.scope import Filters, Scope
from tests.journeys import SALES, Journey, _table, asked, day, view
from tests.oracles.bridge import bridge as by_hand

WEEKS = 9
CLOSED = ("won", "lost", "no_decision", "void")


def exports(seed: int, count: int = 25) -> list[dict[str, Any]]:
    """Weekly exports of random lives: amounts come, change and vanish; owners, teams and segments change; deals are put
    off, paused, closed, reopened, deleted and brought back."""
    dice = Random(seed)
    rows = []
    for number in range(count):
        born, status, gone = dice.randrange(WEEKS), "open", False
        stage = dice.choice(["lead", "meeting"])
        kept: dict[str, Any] = {
            "segment": dice.choice(["KA", "SMB", None]),
            "amount": dice.choice([None, 10, 20, 35]),
            **dice.choice(OWNERS),
        }
        for week in range(born, WEEKS):
            if week > born and dice.random() < 0.4:
                status = dice.choice(["open", "open", "paused", "future", "won", "lost", "no_decision", "void"])
            if dice.random() < 0.2:
                kept["amount"] = dice.choice([None, 10, 20, 50])
            if dice.random() < 0.1:
                kept["segment"] = dice.choice(["KA", "SMB"])
            if dice.random() < 0.15:
                kept |= dice.choice(OWNERS)
            is_closed = status in CLOSED or (
                week > born and rows[-1]["status"] in CLOSED
            )  # closed, it would stay closed
            gone = week > born and not is_closed and dice.random() < 0.1
            if gone:
                continue
            closing = status in CLOSED
            rows.append(
                {
                    "opportunity_id": f"o{number:03d}",
                    "pipeline": "sales",
                    "stage": status if closing else stage,
                    "status": status,
                    "currency": "CNY",
                    "created_on": day(7 * born),
                    "snapshot_date": day(7 * week),
                    "closed_on": day(7 * week)
                    if closing and not _was(rows, number, status)
                    else _closed(rows, number, status),
                    "amount_base": kept["amount"],
                    **kept,
                }
            )
    return rows


OWNERS = ({"owner_id": "s1", "team": "East"}, {"owner_id": "s2", "team": "East"}, {"owner_id": "s3", "team": "West"})


def _last(rows: list[dict[str, Any]], number: int) -> dict[str, Any] | None:
    return rows[-1] if rows and rows[-1]["opportunity_id"] == f"o{number:03d}" else None


def _was(rows: list[dict[str, Any]], number: int, status: str) -> bool:
    last = _last(rows, number)
    return last is not None and last["status"] == status


def _closed(rows: list[dict[str, Any]], number: int, status: str) -> Any:
    last = _last(rows, number)
    return last["closed_on"] if last is not None and last["status"] == status else None


def company(rows: list[dict[str, Any]]) -> Ask:
    opportunity, changes = _table("opportunity", rows), _table("stage_change", [])
    assert set(rows[0]) <= set(TABLES["opportunity"].schema().names)
    return Ask(
        company_of(
            {"opportunity": opportunity, "stage_change": changes, **marts_of(opportunity, changes, SALES)}, SALES
        )
    )


def balances(frame: pd.DataFrame) -> None:
    """start + everything in between = end, in number, in amount and in how many have no amount."""
    part = frame.set_index("part")
    assert list(part.index) == list(PARTS)
    inner = part.drop(index=["start", "end"])
    assert part.loc["start", "effect_n"] + inner["effect_n"].sum() == part.loc["end", "n"]
    assert part.loc["start", "effect"] + inner["effect"].sum() == pytest.approx(part.loc["end", "effect"], abs=0.005)
    unknown = part["amount_missing"]
    assert (
        unknown["start"]
        + unknown[list(INS)].sum()
        - unknown[list(OUTS)].sum()
        - part.loc["increased", "became_known"]
        + part.loc["decreased", "became_known"]
        == unknown["end"]
    )


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.integers(0, WEEKS - 2), st.integers(1, WEEKS - 1))
@example(7, 0, 8)
def test_it_balances_and_agrees_with_two_exports_compared_by_hand(seed: int, first: int, weeks: int) -> None:
    rows = exports(seed)
    asks = company(rows)
    start, end = day(7 * first), day(7 * min(first + weeks, WEEKS - 1))
    for filters, scope in (
        ({}, {}),
        ({"segment": ["KA"]}, {}),
        ({"team": ["East"]}, {}),
        ({"owner_id": ["s1"]}, {}),
        ({"segment": ["SMB"]}, {"team": ["East"]}),
    ):
        chosen = {**filters, **scope}
        others = {k: v for k, v in chosen.items() if k == "segment"}
        frame = asks.bridge(
            View(end, day(7 * first + 1), end, "none", "calendar", Filters.of(filters), Scope.of(**scope))
        )
        balances(frame)
        told = by_hand(
            rows,
            start,
            end,
            lambda r, c=chosen: all(r[k] in v for k, v in c.items()),
            lambda r, o=others: all(r[k] in v for k, v in o.items()),
        )
        for row in frame.to_dict("records"):
            n, amount, missing = told.get(row["part"], (0, 0.0, 0))
            assert row["n"] == n, (seed, row["part"], chosen)
            assert abs(row["effect"]) == pytest.approx(amount, abs=0.005), (seed, row["part"], chosen)
            assert row["amount_missing"] == (0 if row["kind"] == "change" else missing), (seed, row["part"])


@pytest.mark.parametrize("by", [["segment"], ["team"], ["stage"], ["segment", "owner"]])
def test_each_group_balances_and_is_what_its_filter_shows(by: list[str]) -> None:
    asks = company(exports(3, 60))
    asked_for = view(56, 8, 56)
    frame = asks.bridge(asked_for, by)
    for values, part in frame.groupby(by):
        balances(part)
        if by != ["stage"]:
            only = Filters.of({("owner_id" if k == "owner" else k): [v] for k, v in zip(by, values, strict=True)})
            alone = asks.bridge(asked_for.with_(filters=only))
            assert part["n"].tolist() == alone["n"].tolist(), values
            assert part["effect"].tolist() == pytest.approx(alone["effect"].tolist()), values


def parts(ask: Ask, of: View) -> dict[str, tuple[int, float]]:
    """The parts in which anything happened."""
    return {r["part"]: (r["n"], r["effect"]) for r in ask.bridge(of).to_dict("records") if r["n"]}


def test_won_leaves_with_what_was_booked_and_the_rest_is_a_change() -> None:
    """100 at first, won for 80: the amount fell by 20 and 80 were won."""
    lead = {
        "opportunity_id": "a",
        "pipeline": "sales",
        "stage": "lead",
        "status": "open",
        "currency": "CNY",
        "created_on": day(0),
    }
    rows = [
        lead | {"snapshot_date": day(0), "amount": 100, "amount_base": 100},
        lead
        | {
            "snapshot_date": day(7),
            "amount": 80,
            "amount_base": 80,
            "stage": "won",
            "status": "won",
            "closed_on": day(7),
        },
    ]
    assert parts(company(rows), view(7, 1, 7)) == {"start": (1, 100), "decreased": (1, -20), "won": (1, -80)}


def test_an_unknown_amount_that_becomes_known_is_an_increase_and_never_counted_as_zero() -> None:
    lead = {
        "opportunity_id": "a",
        "pipeline": "sales",
        "stage": "lead",
        "status": "open",
        "currency": "CNY",
        "created_on": day(0),
    }
    rows = [lead | {"snapshot_date": day(0)}, lead | {"snapshot_date": day(7), "amount": 60, "amount_base": 60}]
    frame = company(rows).bridge(view(7, 1, 7)).set_index("part")
    assert pd.isna(frame.loc["start", "amount"])
    assert frame.loc["start", "amount_missing"] == 1
    assert frame.loc["increased", ["n", "amount", "became_known"]].tolist() == [1, 60, 1]
    assert frame.loc["end", ["n", "amount", "amount_missing"]].tolist() == [1, 60, 0]


def test_a_deal_created_and_won_within_the_period_is_new_and_won() -> None:
    """So that what the bridge calls won is what was won in the period."""
    told = asked([Journey([(5, "lead"), (9, "won")], 70), Journey([(0, "lead")], 10)])
    assert parts(told, view(20, 1, 20)) == {"start": (1, 10), "new": (1, 70), "won": (1, -70), "end": (1, 10)}
    won = told.metric("win_rate.count", view(20, 1, 20)).iloc[0]
    assert (won["won"], won["won_amount"]) == (1, 70)


def test_a_deleted_deal_has_a_part_of_its_own() -> None:
    """Peers' waterfalls have no bar for a deal deleted between the dates, so theirs do not balance."""
    told = asked([Journey([(0, "lead")], 100, gone_on=10), Journey([(0, "lead")], 40)], today=56, weekly=True)
    assert parts(told, view(20, 6, 20)) == {"start": (2, 140), "removed": (1, -100), "end": (1, 40)}


def test_closing_is_known_by_the_kind_of_the_stage_not_by_its_name() -> None:
    """A peer takes stages called %Close% as closed: here a stage called so is open, and won has a Chinese label."""
    told = asked(
        [
            Journey([(0, "lead"), (10, "won")], 5),
            Journey([(0, "lead"), (10, "lost")], 7),
            Journey([(0, "lead"), (10, "void")], 9),
        ]
    )
    assert parts(told, view(20, 1, 20)) == {"start": (3, 21), "won": (1, -5), "lost": (1, -7), "void": (1, -9)}


def test_reopened_ones_are_named() -> None:
    told = asked([Journey([(0, "lead"), (5, "lost"), (15, "meeting")], 30)])
    assert parts(told, view(20, 10, 20)) == {"reopened": (1, 30), "end": (1, 30)}
    again = asked([Journey([(0, "lead"), (5, "lost"), (12, "meeting"), (15, "won")], 30)])
    assert parts(again, view(20, 10, 20)) == {"reopened": (1, 30), "won": (1, -30)}


def test_the_list_behind_every_part_is_as_long_as_the_part_says() -> None:
    asks = company(exports(11, 60))
    of = view(56, 15, 56)
    for row in asks.bridge(of).to_dict("records"):
        found = asks.opportunities(of, {"question": "pipeline.bridge", "outcome": row["part"]})
        assert found.attrs["total"] == row["n"], row["part"]


def test_the_metric_says_the_same_in_one_row() -> None:
    asks = company(exports(5, 50))
    of = view(56, 8, 56)
    row, long = asks.metric("pipeline.bridge", of).iloc[0], asks.bridge(of).set_index("part")
    assert (row["n"], row["start_n"]) == (long.loc["end", "n"], long.loc["start", "n"])
    assert row["n"] == asks.metric("pipeline.open", of).iloc[0]["n"]
    assert row["value"] == pytest.approx(long.loc["end", "effect"] - long.loc["start", "effect"])
    assert all(row[f"{part}_n"] == long.loc[part, "n"] for part in PARTS[1:-1])
