"""The support line by hand: response with waiting requests, waste, return, lift, conditions, load."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import findings_support, support
from analytics.metrics.frames import Context
from analytics.statistics.intervals import wilson
from analytics.support_shifts import shifts
from tests.journeys import SALES

CONTEXT = Context(SALES, date(2026, 9, 30))
KNOWN, NOTHING = (pd.DataFrame({"is_known": [k]}) for k in (True, False))


def used(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of sql/support_use.sql: what is not named is one KA opportunity of grade A, won, with support."""
    usual = {
        "segment": "KA",
        "grade": "A",
        "outcome": "won",
        "is_supported": True,
        "is_late": True,
        "condition": "met",
        "n": 1,
        "hours": 0.0,
        "hours_square": 0.0,
        "with_hours": 1,
        "cost": 0.0,
        "hours_unknown": 0,
        "cost_unknown": 0,
        "amount": 100.0,
        "amount_missing": 0,
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def waits(*rows: tuple[str, int, bool, int], quarter: str = "2026Q1") -> pd.DataFrame:
    """Rows of sql/support_response.sql: (team, hours, answered, n)."""
    frame = pd.DataFrame(rows, columns=["support_team", "hours_waited", "is_answered", "n"])
    return frame.assign(is_assigned=True, is_done=frame["is_answered"], hours=1.0, quarter=quarter)


def test_hours_per_million_are_those_of_won_and_lost_over_what_was_won() -> None:
    use = used({"hours": 30.0, "amount": 2e6}, {"outcome": "lost", "hours": 10.0}, {"outcome": "void", "hours": 99.0})
    row = support.hours({"support_use": use, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    assert (row["n"], row["hours"], row["value"]) == (2, 40.0, 20.0)


def test_waste_is_the_share_of_hours_on_lost_no_decision_and_void() -> None:
    use = used(
        {"hours": 40.0, "hours_square": 1600.0},
        {"outcome": "lost", "hours": 30.0, "hours_square": 900.0},
        {"outcome": "no_decision", "hours": 20.0, "hours_square": 400.0},
        {"outcome": "void", "hours": 10.0, "hours_square": 100.0},
    )
    row = support.waste_share({"support_use": use, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    assert row["value"] == pytest.approx(0.6)
    effective = 100**2 / 3000  # Kish: four deals of uneven hours are three and a third
    assert row["low"] == pytest.approx(wilson(0.6 * effective, effective).low)


def test_the_return_leaves_deals_without_support_out_of_what_was_won_and_says_when_cost_is_unknown() -> None:
    use = used(
        {"cost": 10.0, "amount": 100.0}, {"is_supported": False, "amount": 900.0}, {"outcome": "lost", "cost": 15.0}
    )
    answers = {"support_use": use, "support_known": KNOWN}
    assert support.returned(answers, CONTEXT, []).iloc[0]["value"] == pytest.approx((100 - 25) / 25)
    free = support.returned({**answers, "support_use": use.assign(cost=0.0)}, CONTEXT, []).iloc[0]
    assert (np.isnan(free["value"]), free["reason"]) == (True, "no_cost")


def test_the_lift_compares_within_segment_and_grade_where_the_whole_would_say_the_opposite() -> None:
    # by hand: grade A 9/10 with against 70/100 without, grade C 20/100 with against 1/10 without.
    cells = [("A", True, 9, 10), ("A", False, 70, 100), ("C", True, 20, 100), ("C", False, 1, 10)]
    use = used(
        *[
            {"grade": g, "is_supported": s, "outcome": how, "n": k}
            for g, s, won, n in cells
            for how, k in (("won", won), ("lost", n - won))
        ]
    )
    row = support.lift({"support_use": use, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    weight = 10 * 100 / 110  # of either stratum
    assert row["value"] == pytest.approx((weight * 0.2 + weight * 0.1) / (2 * weight))
    assert 29 / 110 < 71 / 110  # pooled, support would look harmful
    variance = weight**2 * (0.9 * 0.1 / 10 + 0.7 * 0.3 / 100 + 0.2 * 0.8 / 100 + 0.1 * 0.9 / 10) / (2 * weight) ** 2
    assert row["high"] - row["value"] == pytest.approx(1.959964 * variance**0.5, rel=1e-6)
    assert (row["strata"], row["supported"], row["n"]) == (2, 110, 220)


def test_deals_that_never_came_far_enough_to_get_support_are_not_the_comparison() -> None:
    use = used({"n": 5}, {"is_supported": False, "is_late": False, "outcome": "lost", "n": 50})
    row = support.lift({"support_use": use, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    assert (row["n"], row["reason"]) == (5, "no_pairs")


def test_waiting_requests_count_for_as_long_as_they_have_waited() -> None:
    # nine requests answered after 10, 20 … 90 hours; with six more waiting since 95 hours the median is 80, not 50
    answered = waits(*[("East", 10 * i, True, 1) for i in range(1, 10)])
    only = support.response({"support_response": answered, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    both = pd.concat([answered, waits(("East", 95, False, 6))])
    row = support.response({"support_response": both, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    assert (only["value"] * 24, row["value"] * 24) == (pytest.approx(50), pytest.approx(80))
    assert (row["n"], row["events"], row["censored"], row["waiting"]) == (15, 9, 6, 6)
    assert row["sla_share"] == pytest.approx(4 / 15)  # answered within 48 hours: those after 10, 20, 30 and 40


def test_an_answer_before_the_question_is_left_out_and_counted() -> None:
    odd = pd.concat([waits(*[("East", h, True, 1) for h in (1, 2, 3, 4, 5)]), waits(("East", -1, True, 2))])
    row = support.response({"support_response": odd, "support_known": KNOWN}, CONTEXT, []).iloc[0]
    assert (row["n"], row["invalid"], row["value"] * 24) == (5, 2, pytest.approx(3))


@pytest.mark.parametrize("metric", [support.hours, support.waste_share, support.returned, support.lift])
def test_without_any_requests_nothing_is_known_and_nothing_is_zero(metric: Any) -> None:
    row = metric({"support_use": used({"is_supported": False}), "support_known": NOTHING}, CONTEXT, []).iloc[0]
    assert (np.isnan(row["value"]) or row["value"] is None, row["reason"]) == (True, "no_requests")


def test_one_of_three_sellers_who_has_it_all_is_a_gini_of_two_thirds() -> None:
    sellers = pd.DataFrame(
        {
            "segment": "KA",
            "team": "t",
            "owner_id": ["a", "b", "c"],
            "n": [1, 1, 2],
            "requests": 1,
            "hours": [0.0, 0.0, 12.0],
        }
    )
    row = support.load(sellers).iloc[0]
    assert (row["gini"], row["value"], row["top_share"]) == (pytest.approx(2 / 3), 3.0, 1.0)


def _teams(slow: int, seed: int = 1) -> pd.DataFrame:
    """Two years of four teams; East needs `slow` hours instead of about 20 in the last two quarters."""
    dice = np.random.default_rng(seed)
    quarters = [f"{y}Q{q}" for y in (2025, 2026) for q in (1, 2, 3, 4)]
    rows = [
        waits(
            *[
                (team, int(np.ceil(dice.lognormal(np.log(slow if team == "East" and i > 5 else 20), 0.7))), True, 1)
                for _ in range(60)
            ],
            quarter=quarter,
        )
        for team in ("East", "West", "North", "South")
        for i, quarter in enumerate(quarters)
    ]
    return pd.concat(rows, ignore_index=True)


QUARTERS = [f"{y}Q{q}" for y in (2025, 2026) for q in (1, 2, 3, 4)]


def test_the_team_that_became_slow_is_named_with_the_quarter_since_when() -> None:
    found = shifts(_teams(80), QUARTERS)
    assert list(found.loc[found["is_real"], "support_team"]) == ["East"]
    said = findings_support.team_shift(found, "en")
    assert said.strength == "clear"
    assert said.text.startswith("East answers later than before and later than the other teams: since Q3 2026")
    assert said.heading.startswith("East answers later: median ")
    assert "since Q3 2026" in said.heading
    assert "自2026年第3季度起" in findings_support.team_shift(found, "zh").text


@pytest.mark.parametrize("seed", range(5))
def test_teams_drawn_by_lot_claim_nothing_even_if_everybody_became_slow(seed: int) -> None:
    counts = _teams(80)
    counts["support_team"] = np.random.default_rng(seed).permutation(counts["support_team"])
    found = shifts(counts, QUARTERS)
    assert not found["is_real"].any()
    assert findings_support.team_shift(found, "en").strength == "unclear"


def test_no_team_is_judged_on_a_handful_of_answers() -> None:
    few = pd.concat([waits(("East", 5, True, 3), quarter=q) for q in QUARTERS])
    assert findings_support.team_shift(shifts(few, QUARTERS), "en").strength == "too_few"


def _spent(weak: float, met: float, n: int = 40) -> pd.DataFrame:
    """Closed KA deals, half of them without the necessary conditions, hours spread around two means."""
    rows = [
        {"condition": c, "outcome": how, "n": n // 2, "hours": h * n / 2, "hours_square": n / 2 * (h**2 + 25.0)}
        for c, h in (("weak", weak), ("met", met))
        for how in ("won", "lost")
    ]
    return used(*rows)


def test_hours_on_deals_without_conditions_are_named_only_beyond_chance() -> None:
    more = findings_support.conditions(support.conditions(_spent(60, 20)), "en", SALES)
    assert more.strength == "clear"
    assert "50.0% of those closed but take 75.0% of the presales hours: 60.0 h each, the others 20.0 h" in more.text
    assert "win" not in more.text + more.more  # both win half of theirs
    assert more.heading == ("KA: 50.0% of the closed opportunities lack the necessary conditions but take "
                            "75.0% of the presales hours")
    assert more.more == "KA, lacking: 60.0 h each, the others 20.0 h (n = 80)"
    same = findings_support.conditions(support.conditions(_spent(20.5, 20)), "zh", SALES)
    assert same.strength == "unclear"
    assert "没有超出随机波动的差异" in same.text
    plain = findings_support.conditions(support.conditions(_spent(20.5, 20)), "en", SALES).text
    assert "20.0 h of presales each with the necessary conditions, 20.5 h without" in plain
