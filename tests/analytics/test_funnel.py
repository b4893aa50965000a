"""Conversion (METHOD B12): every reading against journeys of plain fate, a naive loop, and peers' cases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from analytics import cards
from analytics.cards import Look
from data.settings import Pipeline, Stage
from tests.journeys import CLOSINGS, SALES, STEPS, Journey, asked, view
from tests.oracles import funnel as oracle

COUNTS = ["n", "reached", "lost", "open"]
VECTORS = Path(__file__).resolve().parents[3] / "shared/data/vectors/posthog_funnels.json"


def row(frame: pd.DataFrame, stage: str) -> pd.Series:
    """The one row of a stage."""
    (found,) = (r for _, r in frame.iterrows() if r["stage"] == stage)
    return found


def counts(frame: pd.DataFrame, stage: str, names: list[str] = COUNTS) -> list[int]:
    """Counts of one stage."""
    return [int(row(frame, stage)[name]) for name in names]


def test_reached_is_the_share_that_came_further_and_the_rest_is_lost_or_open() -> None:
    company = asked([
        Journey([(0, "lead"), (5, "meeting")]), Journey([(0, "lead"), (9, "lost")]),
        Journey([(0, "lead"), (9, "no_decision")]),
        Journey([(0, "lead")]),
    ])
    lead = row(company.metric("conversion.reached", view(100)), "lead")
    assert (lead["n"], lead["reached"], lead["lost"], lead["no_decision"], lead["open"]) == (4, 1, 2, 1, 1)
    assert lead["value"] == 0.25
    assert lead["next_stage"] == "meeting"
    assert lead["reason"] == ""


def test_wilson_limits_of_three_in_ten_are_those_of_the_definition() -> None:
    """METHOD B7: Wilson 95 %, 3/10 -> 0.108-0.603."""
    journeys = [Journey([(0, "lead"), (5, "meeting")])] * 3 + [Journey([(0, "lead"), (5, "lost")])] * 7
    lead = row(asked(journeys).metric("conversion.reached", view(100)), "lead")
    assert (round(lead["low"], 3), lead["value"], round(lead["high"], 3)) == (0.108, 0.3, 0.603)


def test_a_skipped_stage_counts_as_passed_and_is_counted_as_skipped() -> None:
    frame = asked([Journey([(0, "lead"), (5, "proposal")])]).metric("conversion.reached", view(100))
    assert counts(frame, "lead") == [1, 1, 0, 0]
    assert counts(frame, "meeting", [*COUNTS, "skipped"]) == [1, 1, 0, 0, 1]
    assert row(frame, "meeting")["skip_rate"] == 1


def test_going_back_and_forward_again_counts_once() -> None:
    frame = asked([Journey([(0, "lead"), (5, "meeting"), (9, "lead"), (12, "meeting")])]).metric("conversion.reached",
                                                                                                 view(100))
    assert counts(frame, "lead") == [1, 1, 0, 0]
    assert counts(frame, "meeting", [*COUNTS, "regressed"]) == [1, 0, 0, 1, 1]


def test_void_is_shown_apart_and_in_neither_side() -> None:
    frame = asked([Journey([(0, "lead"), (5, "void")]),
                   Journey([(0, "lead"), (5, "meeting")])]).metric("conversion.reached", view(100))
    assert counts(frame, "lead", [*COUNTS, "void"]) == [1, 1, 0, 0, 1]


def test_what_the_exports_no_longer_show_is_neither_open_nor_lost() -> None:
    company = asked([Journey([(0, "lead")], gone_on=50), Journey([(0, "lead")])], weekly=True)
    frame = company.metric("conversion.reached", view(100))
    assert counts(frame, "lead", [*COUNTS, "deleted"]) == [1, 0, 0, 1, 1]
    assert counts(company.metric("conversion.reached", view(40)), "lead") == [2, 0, 0, 2]


def test_a_lost_opportunity_stays_lost_when_the_exports_drop_it() -> None:
    company = asked([Journey([(0, "lead"), (20, "lost")], gone_on=50)], weekly=True)
    assert counts(company.metric("conversion.reached", view(100)), "lead", [*COUNTS, "deleted"]) == [1, 0, 1, 0, 0]


def test_what_is_put_off_leaves_the_funnel_until_its_wake_up_day() -> None:
    sleeper = Journey([(0, "lead")], statuses={30: "future"},
                      columns={"wake_on": datetime(2026, 6, 30).date()})  # day 180
    company = asked([sleeper, Journey([(0, "lead")])], weekly=True)
    assert counts(company.metric("conversion.reached", view(20)), "lead", [*COUNTS, "future"]) == [2, 0, 0, 2, 0]
    assert counts(company.metric("conversion.reached", view(100)), "lead", [*COUNTS, "future"]) == [1, 0, 0, 1, 1]
    assert counts(company.metric("conversion.reached", view(190)), "lead", [*COUNTS, "future"]) == [2, 0, 0, 2, 0]


@pytest.mark.parametrize(("as_of", "expected"),
                         [(4, [1, 0, 0, 1]), (5, [1, 0, 1, 0]), (9, [1, 0, 1, 0]), (10, [1, 0, 0, 1]),
                                                 (12, [1, 1, 0, 0])])
def test_a_reopened_opportunity_is_on_each_day_what_it_was_on_that_day(as_of: int, expected: list[int]) -> None:
    company = asked([Journey([(0, "lead"), (5, "lost"), (10, "lead"), (12, "meeting")])])
    assert counts(company.metric("conversion.reached", view(as_of)), "lead") == expected


def test_the_period_is_that_of_reaching_the_stage_both_ends_inside() -> None:
    company = asked([Journey([(d, "lead"), (d + 1, "meeting")]) for d in (9, 10, 20, 21)])
    assert counts(company.metric("conversion.reached", view(100, 10, 20)), "lead") == [2, 2, 0, 0]


def test_cumulative_is_the_product_down_the_stages() -> None:
    company = asked([Journey([(0, "lead"), (1, "meeting"), (2, "proposal"), (3, "won")]),
                     Journey([(0, "lead"), (1, "meeting")]),
                     Journey([(0, "lead")]), Journey([(0, "lead")])])
    frame = company.metric("conversion.reached", view(9))
    assert frame["cumulative"].tolist() == [0.5, 0.25, 0.25]
    assert frame["next_stage"].tolist() == ["meeting", "proposal", "won"]


def test_amounts_weigh_and_an_unknown_amount_weighs_nothing() -> None:
    company = asked([Journey([(0, "lead"), (1, "meeting")], amount=30), Journey([(0, "lead")], amount=70),
                     *[Journey([(0, "lead")], amount=0)] * 2, Journey([(0, "lead"), (1, "meeting")], amount=None)])
    lead = row(company.metric("conversion.reached", view(9)), "lead")
    assert (lead["amount_n"], lead["amount_value"], lead["amount_missing"]) == (100, 0.3, 1)


def test_no_amount_at_all_is_unknown_and_not_zero() -> None:
    lead = row(asked([Journey([(0, "lead"), (1, "meeting")], amount=None)]).metric("conversion.reached", view(9)),
               "lead")
    assert pd.isna(lead["amount_n"])
    assert pd.isna(lead["amount_value"])


def test_amounts_known_only_of_those_that_passed_say_nothing_about_the_share() -> None:
    company = asked([Journey([(0, "lead"), (1, "meeting")], amount=50),
                     Journey([(0, "lead"), (1, "lost")], amount=None)])
    for key in ("conversion.reached", "conversion.matured"):
        lead = row(company.metric(key, view(200)), "lead")
        assert lead["value"] == 0.5
        assert pd.isna(lead["amount_value"]), key


def test_a_stage_that_nobody_reached_has_no_value_and_says_why() -> None:
    proposal = row(asked([Journey([(0, "lead")])]).metric("conversion.reached", view(9)), "proposal")
    assert proposal["n"] == 0
    assert pd.isna(proposal["value"])
    assert proposal["reason"] == "nobody_entered"


def test_young_open_opportunities_are_counted_as_immature() -> None:
    """P75 of six visits of 10 days is 10: the two that entered 3 days ago are too young, the one of 30 days is not."""
    done = [Journey([(0, "lead"), (10, "meeting")])] * 6
    frame = asked([*done, *[Journey([(97, "lead")])] * 2, Journey([(70, "lead")])]).metric("conversion.reached",
                                                                                           view(100))
    lead = row(frame, "lead")
    assert (lead["p75"], lead["immature"], lead["open"]) == (10, 2, 3)
    assert lead["immature_share"] == 2 / 9


def test_strict_wants_every_stage_in_order_and_the_gap_is_the_skips() -> None:
    company = asked([Journey([(0, "lead"), (5, "meeting")]), Journey([(0, "lead"), (5, "proposal")])])
    lead = row(company.metric("conversion.strict", view(9)), "lead")
    assert (lead["n"], lead["reached"], lead["out_of_order"], lead["value"]) == (2, 1, 1, 0.5)
    assert row(company.metric("conversion.reached", view(9)), "lead")["value"] == 1


def test_the_source_example_of_hundred_and_twenty_is_twenty_percent_in_stock_and_cohort() -> None:
    """METHOD B12, source 004: 100 "to follow up" at T1, 20 "followed up" at T2 -> 20 %."""
    company = asked([Journey([(0, "lead"), (40, "meeting")])] * 20 + [Journey([(0, "lead")])] * 80)
    for key in ("conversion.stock", "conversion.cohort"):
        lead = row(company.metric(key, view(60, 30, 60)), "lead")
        assert (lead["n"], lead["reached"], lead["value"]) == (100, 20, 0.2)


def test_the_ratio_of_stocks_may_exceed_one_and_has_no_limits() -> None:
    company = asked([Journey([(0, "lead")])] + [Journey([(50, "lead"), (52, "meeting")])] * 3)
    lead = row(company.metric("conversion.stock", view(60)), "lead")  # from 30 days before
    assert (lead["n"], lead["reached"], lead["value"]) == (1, 3, 3)
    assert pd.isna(lead["low"])
    assert pd.isna(lead["high"])


def test_after_the_last_stage_the_stock_is_what_was_won_between_the_days() -> None:
    company = asked([Journey([(0, "proposal"), (10, "won")]), Journey([(0, "proposal"), (40, "won")]),
                     Journey([(0, "proposal")])])
    proposal = row(company.metric("conversion.stock", view(60, 30, 60)), "proposal")
    assert (proposal["n"], proposal["reached"], proposal["next_stage"]) == (2, 1, "won")


def test_matured_has_the_golden_values_of_competing_risks() -> None:
    """METHOD B13 golden: 5:1, 8:1, 8:1, 12:0, 15:1, 20:0, 30:2 -> F_advance(30) = .6190."""
    fates = [(5, "meeting"), (8, "meeting"), (8, "meeting"), (12, ""), (15, "meeting"), (20, ""), (30, "lost")]
    company = asked([Journey([(100 - d, "lead"), (100, to)] if to else [(100 - d, "lead")]) for d, to in fates])
    lead = row(company.metric("conversion.matured", view(100), horizon=30), "lead")
    assert round(lead["value"], 4) == 0.6190
    assert (lead["n"], lead["reached"], lead["lost"], lead["open"]) == (7, 4, 1, 2)


def test_matured_does_not_answer_for_a_horizon_that_nobody_was_watched_for() -> None:
    company = asked([Journey([(90, "lead"), (95, "meeting")]), Journey([(90, "lead")])])
    lead = row(company.metric("conversion.matured", view(100), horizon=30), "lead")
    assert pd.isna(lead["value"])
    assert lead["reason"] == "not_observed"


def test_regress_and_skip_rates_are_shares_of_all_moves() -> None:
    company = asked([Journey([(0, "lead"), (5, "meeting"), (9, "lead"), (12, "proposal"), (20, "won")])])
    assert company.metric("regress.rate", view(100))[["n", "events", "value"]].values.tolist() == [[4, 1, 0.25]]
    assert company.metric("skip.rate", view(100))[["n", "events", "value"]].values.tolist() == [[4, 1, 0.25]]


def test_the_five_readings_stand_side_by_side_with_their_difference() -> None:
    company = asked([Journey([(0, "lead"), (5, "meeting")]), Journey([(0, "lead"), (5, "proposal")])])
    frame = company.reconcile(view(9, 0, 9))
    lead = frame[frame["stage"] == "lead"].set_index("reading")
    assert sorted(lead.index) == [f"conversion.{x}" for x in ("cohort", "matured", "reached", "stock", "strict")]
    assert lead.loc["conversion.strict", "difference"] == -0.5
    assert company.reconcile(view(9, 50, 59))["difference"].dtype == "float64"  # nobody is among those of the period


def test_the_flow_conserves_what_comes_into_every_open_stage() -> None:
    company = asked([Journey([(0, "lead"), (5, "meeting"), (9, "lead"), (12, "proposal"), (20, "lost"),
                              (25, "proposal")]),
                     Journey([(0, "lead"), (4, "proposal")]), Journey([(3, "meeting"), (4, "void")])])
    flow = company.flow(view(100))
    for stage in STEPS:
        assert flow.loc[flow["to_stage"] == stage, "n"].sum() == flow.loc[flow["from_stage"] == stage, "n"].sum(), stage
    assert set(flow["exit_kind"]) == {"entry", "advance", "regress", "skip", "lost", "reopened", "void", "open"}


def test_who_begins_where_no_bar_stands_is_counted_below_the_flow_closed_ones_apart() -> None:
    """Two are known as lost only; one was first seen on hold, which is no closing."""
    (sales,) = SALES.pipelines
    on_hold = replace(sales, stages=(*sales.stages, Stage("on_hold", kind="paused")))
    company = asked([Journey([(0, "lead"), (5, "meeting")]), Journey([(3, "lost")]), Journey([(4, "lost")]),
                     Journey([(3, "on_hold")])], settings=replace(SALES, pipelines=(on_hold,)))
    (card,) = cards.funnel.flow(company, view(100), Look("en", company.settings))
    assert card.notes == (
        "2 more are known only as closed: through which stages they went is not known.",
        "1 more was first seen in a stage that is not drawn: paused, put off, or unknown to the settings.")


#: a company takes a second to build: failing examples are shown as they are found
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
days = st.integers(0, 15)
stages = st.sampled_from([*STEPS, *STEPS, *CLOSINGS])
journeys = st.lists(st.tuples(st.sampled_from(STEPS), days, st.lists(st.tuples(days, stages), max_size=6)), min_size=1,
                    max_size=20)


def walk(first: str, start: int, moves: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Days between moves -> days."""
    steps = [(start, first)]
    for wait, stage in moves:
        steps.append((steps[-1][0] + wait, stage))
    return steps


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=UNSHRUNK)
@given(journeys, st.integers(0, 60), st.integers(0, 20), st.integers(0, 40))
@example([("lead", 0, [(1, "proposal"), (1, "meeting")])], 1, 0, 40)
@example([("lead", 0, [(5, "lost"), (5, "void"), (5, "lead")])], 12, 0, 40)
def test_all_readings_agree_with_a_naive_loop_on_any_day(raw: list, as_of: int, start: int, end: int) -> None:
    told = [walk(*one) for one in raw]
    company = asked([Journey(steps) for steps in told])
    last = max(as_of, start, end)
    wanted = {
        "conversion.reached": (oracle.reached(told, as_of, start, end), view(as_of, start, end),
                               [*COUNTS, "void", "regressed", "skipped"]),
        "conversion.strict": (oracle.strict(told, as_of, start, end), view(as_of, start, end),
                              [*COUNTS, "void", "out_of_order"]),
        "conversion.cohort": (oracle.cohort(told, start, last), view(last, start), [*COUNTS, "void"]),
    }
    for key, (truth, asked_for, names) in wanted.items():
        frame = company.metric(key, asked_for)
        found = {r["stage"]: [int(r[n]) for n in names] for r in frame.to_dict("records")}
        assert {s: found.get(s,
                             [0] * len(names)) for s in STEPS} == {s: [truth[s][n] for n in names] for s in STEPS}, key


#: cases of PostHog that ask for something else than we define (docs/decisions/0020-readings-of-conversion.md)
NOT_OURS = {
    "funnel_repeat_step_same_stage_twice": "the same step twice: a second visit to a stage is no progress for us",
    "funnel_repeat_steps_long": "the same step several times, as above",
    "funnel_repeat_steps_out_of_order": "the same step several times, as above",
    "funnel_window_7d": "a window over the whole funnel: ours (conversion.matured) is per stage and of 30 days or more",
    "funnel_window_15s": "a window of seconds, as above",
    "times_window_5min_boundary_inclusive": "a window of minutes, as above",
    "strict_consecutive": "any foreign event breaks the order there; foreign stages do not exist in a pipeline",
    "unordered_any_order": "milestones in any order: a pipeline is ordered",
}
#: the times of these are not ours: visits are added up, and over midnight days count, not hours
TIMES_DIFFER = ("conversion_time_ignores_incomplete_retries", "time_to_convert_average")


def cases() -> list[Any]:
    """The peer's cases that our definitions cover, or one that is skipped."""
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the peers' cases are not beside this checkout"),
                             id="absent")]
    found = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(case, id=case["id"]) for case in found if case["id"] not in NOT_OURS]


def of_case(case: dict[str, Any]) -> Any:
    """A company whose pipeline are the steps of a case."""
    names = [step.lower() for step in case["steps"]]
    steps = tuple(Stage(name) for name in names if name != "won")
    sales = replace(SALES, pipelines=(Pipeline("sales", stages=(*steps, *(Stage(k, kind=k) for k in CLOSINGS))),))
    journeys = [Journey([(datetime.fromisoformat(at), stage.lower()) for stage, at in told], id=name)
                for name, told in case["journeys"].items()]
    return asked(journeys, settings=sales)


@pytest.mark.parametrize("case", cases())
def test_peers_funnels_agree_with_the_strict_reading(case: dict[str, Any]) -> None:
    frame = of_case(case).metric("conversion.strict", view(364))
    found = [int(frame["n"].iloc[0]), *frame["reached"].astype(int)]
    assert found[: len(case["expected"])] == [step["count"] for step in case["expected"]]


@pytest.mark.parametrize("case", cases())
def test_peers_mean_times_of_a_step_agree_with_the_converted_mean(case: dict[str, Any]) -> None:
    if case["id"] in TIMES_DIFFER:
        pytest.skip("defined otherwise, see TIMES_DIFFER")
    frame = of_case(case).metric("stage_days.converted_mean", view(364))
    for hours, step in zip(frame["hours"], case["expected"][1:], strict=False):
        if step.get("avg_s") is not None:
            assert hours == pytest.approx(step["avg_s"] / 3600)
