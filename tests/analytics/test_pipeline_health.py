"""Coverage, ageing, gaps in records and concentration, against figures made by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.ageing import ageing
from analytics.ask import Ask
from analytics.coverage import target_of
from analytics.findings_pipeline import aged, covered, gaps, held
from analytics.metrics.frames import Context
from analytics.pipeline_health import issues
from data.engine import company_of
from data.marts.history import marts_of
from tests.journeys import SALES, Journey, _table, asked, day, view

VECTORS = Path(__file__).resolve().parents[3] / "shared/data/vectors/erpnext_reports.json"


def company(rows: Sequence[Mapping[str, Any]], **tables: Sequence[Mapping[str, Any]]) -> Ask:
    """One export on day 100."""
    made = [
        {
            "opportunity_id": f"o{i}",
            "pipeline": "sales",
            "stage": "lead",
            "status": "open",
            "currency": "CNY",
            "created_on": day(0),
            "snapshot_date": day(100),
            "amount_base": row.get("amount"),
            **row,
        }
        for i, row in enumerate(rows)
    ]
    opportunity, changes = _table("opportunity", made), _table("stage_change", [])
    others = {name: _table(name, given) for name, given in tables.items()}
    return Ask(
        company_of(
            {"opportunity": opportunity, "stage_change": changes, **others, **marts_of(opportunity, changes, SALES)},
            SALES,
        )
    )


def closed(kind: str, at: int, amount: float, **more: Any) -> dict[str, Any]:
    return {"stage": kind, "status": kind, "closed_on": day(at), "amount": amount, **more}


def test_coverage_is_what_is_due_against_what_remains_and_needs_one_by_the_win_rate() -> None:
    """Target 1,000, won 200 of 200 + 300 decided: 800 remain; 1,600 are due in the quarter (day 90 on), 500 later."""
    told = company(
        [
            {"team": "East", "amount": 1600, "expected_close_on": day(120)},
            {"team": "East", "amount": 500, "expected_close_on": day(200)},
            closed("won", 95, 200, team="East"),
            closed("lost", 96, 300, team="East"),
        ],
        target=[{"period": "2026Q2", "team": "East", "amount": 1000, "currency": "CNY"}],
    )
    row = told.metric("pipeline.coverage", view(100, 90, 180)).iloc[0]
    assert row[["n", "amount", "quota", "won_amount", "remaining", "value"]].tolist() == [1, 1600, 1000, 200, 800, 2.0]
    assert (row["win_rate"], row["needed"]) == (0.4, 2.5)
    assert row["needed_low"] < 2.5 < row["needed_high"]
    held = told.standards("pipeline.coverage", view(100, 90, 180), ["team"]).set_index("team").loc["East"]
    assert (held["target"], held["quota"], held["status"]) == (2.5, 1000, "amber"), "2.0 is 80 % of what is needed"


def test_without_a_target_or_for_a_filter_that_no_target_names_coverage_is_not_measured() -> None:
    rows = [{"amount": 10, "expected_close_on": day(120), "region": "North"}]
    assert company(rows).metric("pipeline.coverage", view(100, 90, 180)).iloc[0]["reason"] == "no_target"
    told = company(rows, target=[{"period": "2026Q2", "amount": 100, "currency": "CNY"}])
    assert told.metric("pipeline.coverage", view(100, 90, 180)).iloc[0]["value"] == pytest.approx(0.1)
    north = told.metric("pipeline.coverage", view(100, 90, 180, region=["North"])).iloc[0]
    assert (pd.isna(north["value"]), north["reason"]) == (True, "no_target")
    assert covered(told.target_coverage(view(100), ()).iloc[1:], "en").strength == "nothing"


@pytest.mark.parametrize("by", ["region", "quarter", "month"])
def test_the_target_of_the_whole_is_none_of_a_group_that_no_target_names(by: str) -> None:
    rows = [{"amount": 10, "expected_close_on": day(120)}, {"amount": 20, "expected_close_on": day(121), "region": "S"}]
    told = company(rows, target=[{"period": "2026Q2", "amount": 100, "currency": "CNY"}])
    frame = told.metric("pipeline.coverage", view(100, 90, 180), [by])
    assert len(frame)
    assert frame["quota"].isna().all()
    assert set(frame["reason"]) == {"no_target"}


def test_targets_of_two_levels_are_not_added_and_months_make_a_quarter() -> None:
    given = pd.DataFrame(
        [("", "2026Q2", 90.0), ("team", "2026Q2", 60.0), ("team", "2026Q2", 40.0)],
        columns=["level", "period", "target"],
    ).assign(currency="CNY", team=["", "East", "West"])
    context = Context(SALES, day(100), day(90), day(100), end=day(180))
    assert target_of(given, context, [])["quota"].tolist() == [90]
    assert target_of(given, context, ["team"]).set_index("team")["quota"].to_dict() == {"East": 60, "West": 40}
    months = pd.DataFrame(
        {"level": "", "period": ["2026-04", "2026-05", "2026-06"], "target": [10.0, 20.0, 30.0], "currency": "CNY"}
    )
    assert target_of(months, context, [])["quota"].tolist() == [60]
    assert target_of(months.iloc[:2], context, []).empty, "two months are not the quarter"


def test_ages_are_held_against_the_pace_of_the_same_stage() -> None:
    """Twenty visits to the first stage ended after 1, 2 … 20 days: half by day 10, three of four by 15."""
    past = [Journey([(0, "lead"), (n, "meeting"), (40, "won")]) for n in range(1, 21)]
    now = [Journey([(100 - age, "lead")], 5) for age in (3, 12, 17, 60)]
    paused = Journey([(98, "lead")], statuses={99: "paused"})
    frame = asked([*past, *now, paused], today=100).metric("pipeline.ageing", view(100))
    row = frame[frame["stage"] == "lead"].iloc[0]
    assert row[["p50", "p75"]].tolist() == pytest.approx([10, 15], abs=4)
    assert row[["n", "paused"]].tolist() == [5, 1]
    assert row[["fast", "usual", "slow", "stuck"]].sum() == 4
    assert row["value"] == (row["slow"] + row["stuck"]) / 4
    assert row["stuck"] >= 1, "sixty days are beyond any of them"


def stock(seed: int, held_back: int = 0) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Three opportunities a day come to the first stage for two years, four of five stay 1 to 10 days, the others 20 to
    200; `held_back` more of a hundred days stand there today. Gives their ageing, and the visits and ages
    that it was made of."""
    dice = np.random.default_rng(seed)
    age = np.repeat(np.arange(730), 3)
    stay = np.where(dice.random(2190) < 0.8, dice.integers(1, 11, 2190), dice.integers(20, 201, 2190))
    left = stay <= age
    same = {"pipeline": "sales", "stage": "lead", "stage_order": 1}
    ages = np.append(age[~left], np.full(held_back, 100))
    visits = pd.DataFrame({"days": np.minimum(stay, age), "outcome": np.where(left, "advance", None), "n": 1,
                           "is_entry_known": True, "approximate": 0, **same})
    counts = pd.DataFrame({"days": ages, "is_paused": False, "n": 1, "amount": 1.0, "amount_missing": 0, **same})
    frame = ageing({"open_ages": counts, "stage_pace": visits}, Context(SALES, day(800)), [])
    return frame[frame["stage"] == "lead"].reset_index(drop=True), {"visits": visits, "ages": counts}


def test_a_steady_stock_is_older_than_its_visits_and_nothing_is_said_of_it() -> None:
    told = [stock(seed)[0].iloc[0] for seed in range(25)]
    assert min(row["value"] for row in told) > 0.5, "three of four visits are shorter, and yet"
    assert np.mean([row["value"] - row["steady"] for row in told]) == pytest.approx(0, abs=0.03)
    assert sum(bool(row["is_apart"]) for row in told) <= 1
    said = aged(stock(1)[0], "en", what="KA")
    assert said.strength == "unclear"
    assert said.text.endswith("is usual")


def test_the_usual_share_of_a_stock_is_the_area_under_the_curve_beyond_the_limit() -> None:
    """Nobody is censored but the last ones: the naive count over all ages that every visit lives through."""
    frame, made = stock(3)
    ended = made["visits"][made["visits"]["outcome"] == "advance"]
    row, days = frame.iloc[0], ended["days"].to_numpy()
    lived = np.concatenate([np.arange(d) for d in days])
    assert row["steady"] == pytest.approx((lived > row["p75"]).mean(), abs=0.06)


def test_a_stage_in_which_more_stand_still_than_it_leaves_behind_is_named() -> None:
    frame, _ = stock(1, held_back=300)
    assert frame["is_apart"].tolist() == [True]
    said = aged(frame, "en", what="KA", name=str.upper)
    assert said.strength == "clear"
    assert "too many stand still in “LEAD”" in said.text


def test_an_invalid_activity_is_none_even_where_the_export_gives_its_day() -> None:
    """Both were last touched on day 95; what happened to o0 was not valid. Of o2 nobody says anything."""
    rows = [{"amount": 1, "last_activity_on": day(95)}, {"amount": 1, "last_activity_on": day(95)}, {"amount": 1}]
    touch = {"kind": "call", "occurred_at": datetime(2026, 4, 6, tzinfo=UTC)}
    told = company(rows, activity=[touch | {"activity_id": "a", "opportunity_id": "o0", "is_valid": False},
                                   touch | {"activity_id": "b", "opportunity_id": "o1"}])
    assert told.metric("pipeline.hygiene", view(100))["no_activity"].tolist() == [2]
    assert company(rows).metric("pipeline.hygiene", view(100))["no_activity"].tolist() == [1], "no activities loaded"


def test_what_is_past_due_is_told_of_those_with_an_expected_close_on_every_page() -> None:
    told = company([{"expected_close_on": day(90)}, {"expected_close_on": day(150)}, {}, {}])
    (share,) = issues(told.metric("pipeline.hygiene", view(100)).iloc[0].to_dict()).query(
        "outcome == 'past_due'")["value"]
    assert share == told.metric("attention.past_due", view(100))["value"][0] == 0.5


def test_paused_ones_are_open_and_those_put_off_are_not_whatever_is_asked() -> None:
    rows = [{"status": status} for status in ("open", "paused", "future")] + [{"status": "future", "wake_on": day(99)}]
    chain = [{"opportunity_id": f"o{i}", "contact_id": "c", "snapshot_date": day(100)} for i in range(4)]
    told = company(rows, opportunity_contact=chain)
    for metric in ("pipeline.open", "pipeline.hygiene", "attention.single_threaded", "chain_coverage"):
        assert told.metric(metric, view(100))["n"].sum() == 3, metric
    compared = told.metric("win_rate.comparison", view(100)).iloc[0]
    assert compared["n"] + compared["unmeasured"] == 3


def test_what_is_past_due_stands_beside_the_coverage() -> None:
    """1,000 remain; 800 are due in the quarter, 300 of them on a day that is past; 400 more were due before it."""
    told = company(
        [
            {"amount": 500, "expected_close_on": day(120)},
            {"amount": 300, "expected_close_on": day(95)},
            {"amount": 400, "expected_close_on": day(20)},
            {"amount": 7000, "expected_close_on": day(400)},
        ],
        target=[{"period": "2026Q2", "amount": 1000, "currency": "CNY"}],
    )
    row = told.metric("pipeline.coverage", view(100, 90, 180)).iloc[0]
    assert row[["n", "amount", "value"]].tolist() == [2, 800, 0.8]
    assert row[["overdue", "overdue_amount", "with_past_due"]].tolist() == pytest.approx([2, 700, 1.2])
    said = covered(pd.DataFrame([row]).assign(quarter="2026Q2"), "en").text
    assert said.startswith("Q2 2026: ")
    assert said.endswith("0.8 times (1.2 with the past due)")
    by_month = told.metric("pipeline.coverage", view(100, 90, 180), ["month"])
    assert set(by_month["month"]) <= {"2026-04", "2026-05", "(unknown)"}, "January is past due and not asked for"


def coverages(*rows: tuple[str, float, float | None]) -> pd.DataFrame:
    """Rows of ask.target_coverage (segment, open amount / what remains, needed), the need known to 0.5 either way."""
    frame = pd.DataFrame(rows, columns=["segment", "value", "needed"]).astype({"needed": "float64"})
    limits = {"needed_low": frame["needed"] - 0.5, "needed_high": frame["needed"] + 0.5}
    return frame.assign(quarter="2026Q4", overdue=0, **limits)


def test_enough_is_said_only_of_what_can_be_judged() -> None:
    said = covered(coverages(("KA", 4.0, 3.0), ("SMB", 9.0, 3.0), ("MID", 1.0, None)), "en").text
    assert said == ("Enough wherever it can be judged; thinnest KA Q4 2026: the open amount covers the remaining "
                    "target 4.0 times, 3.0 are needed")
    whole = covered(coverages(("", 4.0, 3.0)).drop(columns="segment"), "zh").text
    assert whole == "可判断的均已足够；最薄弱的 2026年第4季度：在手金额为剩余目标的 4.0 倍，需 3.0 倍"


def test_what_is_surely_short_is_named_before_what_is_too_close_to_say() -> None:
    """KA lacks more against its need, but that need is known to 4 either way only."""
    rows = coverages(("KA", 2.0, 4.0), ("SMB", 2.0, 3.0), ("MID", 9.0, 3.0))
    rows.loc[0, ["needed_low", "needed_high"]] = [0.0, 8.0]
    assert covered(rows, "en").text.startswith("SMB Q4 2026: the open amount covers the remaining target only 2.0 ")
    assert covered(rows.drop(index=1), "en").strength == "unclear"


def test_the_own_win_rate_is_that_of_365_days() -> None:
    """Day 400 is the last of them, day 36 the first; what was lost on day 35 is over a year ago."""
    rows = [closed("won", 400, 10), closed("lost", 36, 10), closed("lost", 35, 10)]
    told = company([r | {"snapshot_date": day(400)} for r in rows])
    assert told.metric("pipeline.coverage", view(400, 395, 450))["win_n"].tolist() == [2]


def test_gaps_are_counted_where_they_are_measured_and_unknown_where_not() -> None:
    rows = [
        {"amount": 10, "expected_close_on": day(90)},
        {"amount": 20},
        {"expected_close_on": day(150)},
        {"amount": 40, "expected_close_on": day(150)},
    ]
    row = company(rows).metric("pipeline.hygiene", view(100)).iloc[0]
    assert row[["n", "flagged", "past_due", "no_close_date", "no_amount"]].tolist() == [4, 3, 1, 1, 1]
    assert row[["no_next_step", "no_activity"]].isna().all()
    full = [
        r | {"next_step": "call" if i else " ", "last_activity_on": day(95 if i else 20)} for i, r in enumerate(rows)
    ]
    row = company(full).metric("pipeline.hygiene", view(100)).iloc[0]
    assert row[["no_next_step", "no_activity", "flagged"]].tolist() == [1, 1, 3]


def test_what_no_export_brings_is_not_measured_and_no_gap() -> None:
    told = company([{"amount": None}, {"amount": None}])
    row = told.metric("pipeline.hygiene", view(100)).iloc[0]
    assert row[["past_due", "no_close_date", "no_amount"]].isna().all()
    assert pd.isna(row["value"])
    assert row["reason"] == "not_recorded"
    assert gaps(row.to_dict(), "en", what="All").strength == "nothing"
    assert set(issues(row.to_dict())["reason"]) == {"not_loaded"}
    assert pd.isna(told.metric("quality.completeness", view(100)).iloc[0]["value"])
    one = company([{"amount": 10}, {"amount": None}])
    row = one.metric("pipeline.hygiene", view(100)).iloc[0]
    assert (row["no_amount"], row["value"]) == (1, 0.5)


def test_an_activity_counts_as_of_the_day_and_a_young_deal_is_not_idle() -> None:
    touch = {"kind": "call", "opportunity_id": "o0", "occurred_at": datetime(2026, 3, 20, tzinfo=UTC)}  # day 78
    rows = [
        {"amount": 1, "expected_close_on": day(150)},
        {"amount": 1, "expected_close_on": day(150), "created_on": day(90)},
        {"amount": 1, "expected_close_on": day(150)},
    ]
    told = company(
        rows,
        activity=[
            touch | {"activity_id": "a"},
            touch | {"activity_id": "b", "opportunity_id": "o2", "is_valid": False},
        ],
    )
    assert told.metric("pipeline.hygiene", view(100)).iloc[0]["no_activity"] == 1, "o2: its only activity is not valid"
    assert told.metric("pipeline.hygiene", view(100), idle=14).iloc[0]["no_activity"] == 2
    found = told.opportunities(view(100), {"question": "pipeline.hygiene", "outcome": "no_activity"})
    assert found["opportunity_id"].tolist() == ["o2"]


def test_concentration_by_hand() -> None:
    """Eleven accounts of 10 and one of 90: the ten largest hold 180 of 200; squares 90² + 11 × 10² over 200²."""
    rows = [{"amount": 10, "account_id": f"a{i}"} for i in range(11)] + [
        {"amount": 90, "account_id": "big"},
        {"amount": 7},
    ]
    row = company(rows).metric("pipeline.concentration", view(100)).iloc[0]
    assert row[["n", "accounts", "without_account", "top_amount"]].tolist() == [13, 12, 1, 180]
    assert row["value"] == 0.9
    assert row["hhi"] == pytest.approx((90**2 + 11 * 10**2) / 200**2)
    assert "90.0%" in held(row.to_dict(), "en", what="All").text
    nobody = company([{"amount": 5}]).metric("pipeline.concentration", view(100)).iloc[0]
    assert (pd.isna(nobody["value"]), nobody["reason"]) == (True, "no_accounts")


@pytest.mark.skipif(not VECTORS.exists(), reason="needs the vectors beside the project")
def test_a_peers_case_of_open_amounts_by_stage_month_and_quarter_of_the_expected_close() -> None:
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    case = next(c for c in cases if c["id"] == "pipeline_by_expected_close")
    (deal,) = case["opportunities"]
    told = company(
        [
            {
                "amount": deal["amount"],
                "expected_close_on": date.fromisoformat(deal["expected_close"]),
                "lead_source": deal["source"],
            }
        ]
    )
    for by, name in (("month", "2021-08"), ("quarter", "2021Q3")):
        row = told.metric("pipeline.open", view(100, lead_source=[deal["source"]]), [by]).iloc[0]
        assert (row[by], row["n"], row["amount"]) == (
            name,
            1,
            case["expected"]["stage,quarter,amount"]["Prospecting"]["Q3"],
        )
