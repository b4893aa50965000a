"""The quality of the data by hand: completeness, doubled records, unknowns, and what they could do to the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import findings_quality, quality
from analytics.quality_effects import effects, median_of
from data.settings import FIELD_WEIGHTS, Quality
from tests.journeys import SALES

CODE = "914403001922038216"


def counted(order: int, n: int, **filled: int) -> dict[str, Any]:
    """A row of sql/quality_fields.sql: `amount=3` are three with an amount, `rivals_half=1` one half known."""
    row: dict[str, Any] = {f"{name}_{how}": 0 for name in FIELD_WEIGHTS for how in ("full", "half")}
    row |= {name if name.endswith("_half") else f"{name}_full": k for name, k in filled.items()}
    return {"pipeline": "sales", "stage": f"s{order}", "stage_order": order, "n": n, **row}


def test_a_field_is_asked_for_from_its_stage_on_and_partly_known_counts_half() -> None:
    frame = pd.DataFrame([counted(1, 10, close_date=5), counted(4, 4, close_date=4, rivals=1, rivals_half=2)])
    found = quality.fields(frame, Quality(), ["opportunity"]).set_index("field")
    assert (found.loc["close_date", "n"], found.loc["close_date", "filled"]) == (14, 9)
    assert (found.loc["rivals", "n"], found.loc["rivals", "filled"], found.loc["rivals", "missing"]) == (4, 2.0, 2.0)
    assert found.loc["rivals", "value"] == 0.5


def test_what_no_export_brings_is_not_missing() -> None:
    found = quality.fields(pd.DataFrame([counted(5, 3)]), Quality(), ["opportunity", "contact"])
    assert set(found["field"]) == {"amount", "close_date", "rivals", "key_people"}
    assert set(quality.not_loaded(["opportunity", "contact"])) == {
        "organisation",
        "conditions",
        "questionnaire",
        "chain",
        "assessment",
    }


def test_completeness_weighs_its_fields() -> None:
    from analytics.metrics.frames import Context

    sources = pd.DataFrame(
        {
            "source": ["opportunity"],
            "kind": "state",
            "first_on": pd.to_datetime(["2026-01-01"]),
            "last_on": pd.to_datetime(["2026-09-01"]),
        }
    )
    answers = {
        "quality_fields": pd.DataFrame([counted(4, 2, amount=2, close_date=1, rivals=0)]),
        "quality_sources": sources,
    }
    row = quality.completeness(answers, Context(SALES, date(2026, 9, 2)), []).iloc[0]
    # amount 2 x 2 of 2 x 2, close date 2 x 1 of 2 x 2, rivals 0 of 1 x 2
    assert (row["n"], row["asked"], row["filled"], row["value"]) == (2, 10.0, 6.0, 0.6)


def edge(kind: str, first: str, other: str, **columns: Any) -> dict[str, Any]:
    """A row of sql/quality_twins.sql."""
    usual = {
        "code": CODE if kind == "code" else None,
        "line": "Gateway",
        "own_code": CODE if kind == "code" else None,
        "amount": 100.0,
    }
    return {"kind": kind, "first_id": first, "other_id": other, **usual, **columns}


def surest(*edges: Mapping[str, Any]) -> dict[str, str]:
    return dict(quality.twins(pd.DataFrame(edges))[["other_id", "certainty"]].itertuples(index=False))


def test_the_same_valid_code_is_certain_an_invalid_one_only_a_suspicion() -> None:
    assert surest(edge("code", "a", "b")) == {"b": "certain"}
    assert surest(edge("code", "a", "b", code="91350100M000100Y44")) == {"b": "suspect"}


def test_the_same_name_is_likely_unless_a_code_or_the_same_account_says_something_else() -> None:
    assert surest(edge("name", "a", "b")) == {"b": "likely"}
    assert surest(edge("name", "a", "b", own_code=CODE)) == {"b": "suspect"}
    assert surest(edge("name", "a", "b"), edge("account", "a", "b")) == {"b": "suspect"}


def test_a_record_counts_once_at_its_surest() -> None:
    assert surest(edge("similar", "a", "b"), edge("code", "a", "b"), edge("name", "a", "b")) == {"b": "certain"}


def test_a_missing_product_line_is_no_evidence() -> None:
    assert surest(edge("code", "a", "b", line="")) == {"b": "suspect"}


def test_codes_are_counted_by_accounts() -> None:
    rows = pd.DataFrame({"code": [CODE, "91350100M000100Y44", None], "is_named": True, "n": [3, 2, 5]})
    assert quality.codes(rows) == {"accounts": 10, "missing": 5, "invalid": 2, "doubtful": 0}


def doubled(gateway: int, others: int) -> pd.DataFrame:
    """150 open Gateway and 850 other opportunities, so many of them recorded twice."""
    lines = ["Gateway"] * gateway + ["Platform"] * others
    further = pd.DataFrame(
        {"other_id": [f"o{i}" for i in range(len(lines))], "certainty": "certain", "product_line": lines}
    )
    counts = {
        "": pd.DataFrame({"n": [1000]}),
        "product_line": pd.DataFrame({"product_line": ["Gateway", "Platform"], "n": [150, 850]}),
    }
    return quality.twin_groups(further, counts)


def test_the_product_line_in_which_records_are_doubled_is_named() -> None:
    said = findings_quality.recorded_twice(doubled(24, 0), "en", SALES)
    assert said.strength == "clear"
    assert "recorded more than once (certain 24): all in Product line Gateway (16.0% of 150)" in said.text
    some = findings_quality.recorded_twice(doubled(24, 2), "en", SALES)
    assert "24 in Product line Gateway (16.0%, elsewhere 0.2%)" in some.text
    assert "产品线" in findings_quality.recorded_twice(doubled(24, 0), "zh", SALES).text


def test_doubles_spread_like_the_records_name_no_group() -> None:
    said = findings_quality.recorded_twice(doubled(4, 20), "en", SALES)
    assert said.strength == "unclear"
    assert "Gateway" not in said.text
    assert findings_quality.recorded_twice(doubled(0, 0), "zh", SALES).text == "没有重复记录的在手商机"


GAP = {
    "won_undated": 0,
    "lost_undated": 0,
    "won_uncreated": 0,
    "open_no_amount": 0,
    "open_overdue": 0,
    "overdue_amount": 0.0,
    "small_amount": 10.0,
    "large_amount": 90.0,
    "deleted": 0,
}


def answers(*, gap: Mapping[str, Any] | None = None, unknown: tuple[int, int] = (0, 0)) -> dict[str, pd.DataFrame]:
    """Counts of KA: 30 of 100 won, 1,000 open, 60 of 80 go on; `unknown` = won and lost without a segment."""
    segments = ["KA", "(unknown)"]
    win = pd.DataFrame(
        {"segment": segments, "n": [100, sum(unknown)], "won": [30, unknown[0]], "lost": [70, unknown[1]]}
    )
    stock = pd.DataFrame({"segment": segments, "n": [20, 0], "amount": [1000.0, np.nan]})
    first = pd.DataFrame(
        {"segment": ["KA"], "pipeline": "sales", "n": 80, "reached": 60, "entry_unknown": 0, "deleted": 0}
    )
    days = pd.DataFrame({"segment": ["KA"] * 3, "outcome": "won", "days": [10.0, 20.0, 30.0], "n": 1})
    gaps = pd.DataFrame([{"segment": "KA", **GAP, **(gap or {})}, {"segment": "(unknown)", **GAP}])
    twins = pd.DataFrame({"segment": pd.Series(dtype="str"), "amount": pd.Series(dtype="float64")})
    return {"win": win, "open": stock, "first": first, "days": days, "gaps": gaps, "twins": twins}


def bounds(*, gap: Mapping[str, Any] | None = None, unknown: tuple[int, int] = (0, 0)) -> pd.DataFrame:
    """The effects of these."""
    return effects(answers(gap=gap, unknown=unknown))


def test_clean_rows_move_nothing() -> None:
    assert bounds().empty
    said = findings_quality.worst_effect(bounds(), "en", SALES, lambda v, _: str(v))
    assert said.text == "No doubtful record affects the headline numbers"


def test_where_no_amount_is_known_the_sentence_says_so_instead_of_a_bound() -> None:
    found = effects(
        {
            **answers(gap={"open_no_amount": 20}),
            "open": pd.DataFrame({"segment": ["KA"], "n": [20], "amount": [np.nan]}),
        }
    )
    said = findings_quality.worst_effect(found, "en", SALES, lambda v, _: str(v))
    assert said.text == "KA: the open pipeline cannot be known: 20 records (without an amount)"


def test_overdue_ones_could_all_be_lost_or_all_be_won() -> None:
    row = bounds(gap={"open_overdue": 50}).set_index("metric").loc["win_rate.count"]
    assert (row["low"], row["high"]) == (pytest.approx(30 / 150), pytest.approx(80 / 150))
    assert row["relative"] == pytest.approx((80 / 150 - 0.3) / 0.3)


def test_rows_without_a_segment_could_all_have_been_on_one_side_of_this_one() -> None:
    row = bounds(unknown=(10, 40)).set_index("problem").loc["no_segment"]
    assert (row["rows"], row["low"], row["high"]) == (50, pytest.approx(30 / 140), pytest.approx(40 / 110))


def test_missing_amounts_are_worth_something() -> None:
    row = bounds(gap={"open_no_amount": 3}).iloc[0]
    assert (row["metric"], row["value"], row["low"], row["high"]) == ("pipeline.open", 1000, 1030, 1270)


def test_the_problem_that_moves_its_number_furthest_comes_first() -> None:
    found = bounds(gap={"open_overdue": 50, "overdue_amount": 100.0, "open_no_amount": 3, "won_uncreated": 1})
    assert found["relative"].is_monotonic_decreasing
    assert found["metric"].iloc[0] == "win_rate.count"
    said = findings_quality.worst_effect(found, "en", SALES, lambda v, _: f"{v:.2f}")
    assert said.text.startswith(
        "KA: 50 records (past due) could move the win rate of 0.30 to anything"
    )


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 4)), min_size=1).filter(lambda rows: any(n for _, n in rows))
)
def test_the_median_of_counts_is_that_of_the_values_written_out(rows: list[tuple[int, int]]) -> None:
    assert median_of(pd.DataFrame(rows, columns=["days", "n"])) == median([d for d, n in rows for _ in range(n)])


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_no_fate_of_the_doubtful_rows_lies_outside_the_bounds(doubtful: list[bool]) -> None:
    # the naive way: give the overdue ones any outcome and compute the rate again
    frame = bounds(gap={"open_overdue": len(doubtful)})
    actual = (30 + sum(doubtful)) / (100 + len(doubtful))
    row = frame.set_index("metric").loc["win_rate.count"]
    assert row["low"] - 1e-12 <= actual <= row["high"] + 1e-12
