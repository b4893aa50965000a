"""Days in a stage (METHOD B13): golden values, peers' cases, and a naive loop."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from analytics.cards import CARDS
from analytics.cards.card import Look
from data.settings import Pipeline, Stage
from tests.analytics.test_funnel import UNSHRUNK, days, journeys, row, walk
from tests.journeys import CLOSINGS, SALES, STEPS, Journey, asked, view
from tests.oracles import days as oracle

VECTORS = Path(__file__).resolve().parents[3] / "shared/data/vectors/odoo_time_in_stage.json"


def test_the_median_counts_visits_that_go_on() -> None:
    """METHOD B13 golden: 5:1, 8:1, 8:1, 12:0, 15:1, 20:0, 30:2 -> S .8571 .5714 .3810 0, median of leaving 15."""
    fates = [(5, "meeting"), (8, "meeting"), (8, "meeting"), (12, ""), (15, "meeting"), (20, ""), (30, "lost")]
    company = asked([Journey([(100 - d, "lead"), (100, to)] if to else [(100 - d, "lead")]) for d, to in fates])
    lead = row(company.metric("stage_days.median", view(100)), "lead")
    assert (lead["n"], lead["events"], lead["censored"], lead["value"]) == (7, 5, 2, 15)
    curve = company.survival(view(100))
    curve = curve[curve["stage"] == "lead"].set_index("days")["survival"].round(4)
    assert [curve[d] for d in (0, 5, 8, 15, 30)] == [1, 0.8571, 0.5714, 0.3810, 0]
    ends = company.leaving(view(100))
    ends = ends[(ends["stage"] == "lead") & (ends["days"] == 30)].set_index("exit_kind")["incidence"].round(4)
    assert ends.to_dict() == {"advance": 0.6190, "lost": 0.3810}


def test_the_median_of_an_even_number_is_the_lower_of_the_two_in_the_middle() -> None:
    """METHOD B13: Kaplan-Meier's median is the first day on which half are over, not the mean of two days."""
    company = asked([Journey([(0, "lead"), (d, "meeting"), (d + 1, "won")]) for d in (1, 2, 3, 10, 20, 30)])
    assert row(company.metric("stage_days.median", view(100)), "lead")["value"] == 3
    assert company.metric("cycle_days.won_median", view(100))["value"].item() == 4


def test_fewer_than_five_events_give_no_median_and_say_so() -> None:
    lead = row(asked([Journey([(0, "lead"), (5, "meeting")])] * 4).metric("stage_days.median", view(100)), "lead")
    assert pd.isna(lead["value"])
    assert (lead["events"], lead["reason"]) == (4, "few_events")


def test_a_median_that_most_have_not_reached_is_not_known() -> None:
    company = asked([Journey([(0, "lead"), (5, "meeting")])] * 5 + [Journey([(0, "lead")])] * 6)
    lead = row(company.metric("stage_days.median", view(100)), "lead")
    assert pd.isna(lead["value"])
    assert lead["reason"] == "not_reached"


def test_quantiles_lie_on_one_curve() -> None:
    company = asked([Journey([(0, "lead"), (d, "meeting")]) for d in range(1, 21)])
    found = [row(company.metric(f"stage_days.{k}", view(100)), "lead")["value"] for k in ("median", "p75", "p90")]
    assert found == [10, 15, 18]


def test_the_converted_mean_is_of_those_that_came_further_and_adds_their_visits() -> None:
    back_and_forth = Journey([(0, "lead"), (4, "meeting"), (10, "lead"), (16, "meeting")])  # 4 + 6 days in lead
    company = asked([back_and_forth, Journey([(0, "lead"), (20, "proposal")]), Journey([(0, "lead"), (50, "lost")]),
                     Journey([(0, "lead")])])
    lead = row(company.metric("stage_days.converted_mean", view(100)), "lead")
    assert (lead["n"], lead["value"], lead["censored"]) == (2, 15, 1)
    all_ = row(company.metric("stage_days.dwell_mean", view(100)), "lead")
    assert (all_["n"], all_["value"], all_["censored"]) == (4, (10 + 20 + 50 + 100) / 4, 1)


def test_paused_days_do_not_count_whatever_the_day() -> None:
    """In lead from day 0 to 70, paused from day 14 (seen) to day 35 (seen): 21 days less."""
    company = asked([Journey([(0, "lead"), (70, "meeting")], statuses={14: "paused", 35: "open"})], weekly=True)
    def value(day: int) -> float:
        return row(company.metric("stage_days.dwell_mean", view(day)), "lead")["value"]
    assert [value(d) for d in (14, 20, 35, 40, 100)] == [14, 14, 14, 19, 49]


def test_working_days_leave_weekends_out() -> None:
    """Day 0 is Thursday 2026-01-01, day 4 Monday: Friday and Monday are worked."""
    company = asked([Journey([(0, "lead"), (4, "meeting")])])
    assert row(company.metric("stage_days.converted_mean", view(100)), "lead")["value"] == 4
    assert row(company.metric("stage_days.converted_mean", view(100, days="working")), "lead")["value"] == 2


def test_paused_working_days_do_not_count_either() -> None:
    company = asked([Journey([(0, "lead"), (70, "meeting")], statuses={14: "paused", 35: "open"})], weekly=True)
    assert row(company.metric("stage_days.dwell_mean", view(100, days="working")), "lead")["value"] == 50 - 15


def test_an_entry_that_nobody_saw_is_counted_but_not_timed() -> None:
    """No event, no creation date: in the first export it is there already, since nobody knows when."""
    unseen = Journey([(0, "meeting")], columns={"created_on": None})
    company = asked([unseen], weekly=True, with_events=False)
    meeting = row(company.metric("stage_days.dwell_mean", view(100)), "meeting")
    assert (meeting["n"], meeting["entry_unknown"], meeting["reason"]) == (0, 1, "nobody_entered")
    visits = row(company.metric("stage_days.median", view(100)), "meeting")
    assert (visits["n"], visits["entry_unknown"]) == (0, 1)
    assert row(company.metric("conversion.reached", view(100)),
               "meeting")["n"] == 1, "it did reach the stage at some time"
    assert row(company.metric("conversion.reached", view(100, 0)),
               "meeting")["entry_unknown"] == 1, "but not known to be since day 0"


def test_the_same_day_is_zero_days_and_is_told_in_hours() -> None:
    at = datetime(2026, 1, 5, 9)
    company = asked([Journey([(at, "lead"), (at + timedelta(hours=h), "meeting")]) for h in (1, 2)])
    lead = row(company.metric("stage_days.converted_mean", view(100)), "lead")
    assert (lead["value"], lead["hours"]) == (0, 1.5)


def test_the_trend_by_month_of_entry_has_one_row_a_month() -> None:
    company = asked([Journey([(d, "lead"), (d + 10, "meeting")])
                     for d in range(31)] + [Journey([(40, "lead"), (45, "meeting")])])
    trend = company.entry_trend(view(100))
    lead = trend[trend["stage"] == "lead"]
    assert lead[["month", "n", "mean"]].values.tolist() == [["2026-01", 31, 10], ["2026-02", 1, 5]]
    assert lead["reason"].tolist() == ["", "few_events"]


def test_slower_than_lists_the_longest_first() -> None:
    company = asked([Journey([(0, "lead"), (d, "meeting")], id=f"d{d}") for d in (5, 30, 20)])
    found = company.slower_than(view(100), "lead", 10)
    assert found[["opportunity_id", "days_in_stage"]].values.tolist() == [["d30", 30], ["d20", 20]]
    assert found.attrs["total"] == 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=UNSHRUNK)
@given(journeys, days, days, days)
def test_days_agree_with_a_naive_loop_on_any_day(raw: list, as_of: int, start: int, more: int) -> None:
    told, as_of, end = [walk(*one) for one in raw], as_of * 3, start + 2 * more
    company, asked_for = asked([Journey(steps) for steps in told]), view(as_of, start, end)
    found = {key: company.metric(f"stage_days.{key}", asked_for) for key in ("converted_mean", "dwell_mean", "p75")}
    for stage in STEPS:
        visits = oracle.durations(told, as_of, start, end, stage)
        assert cells(found["p75"], stage, ["n", "events"]) == [len(visits), sum(ended for _, ended in visits)]
        totals = oracle.totals(told, as_of, start, end, stage)
        for key, chosen in (("dwell_mean", [d for d, _ in totals]), ("converted_mean", [d for d, on in totals if on])):
            n, value = cells(found[key], stage, ["n", "value"])
            assert n == len(chosen), (key, stage)
            assert not chosen or value == pytest.approx(oracle.mean(chosen)), (key, stage)


def cells(frame: pd.DataFrame, stage: str, names: list[str]) -> list[float]:
    """Cells of one stage; zeros where no pipeline has any row."""
    return [row(frame, stage)[name] for name in names] if len(frame) else [0] * len(names)


@pytest.mark.skipif(not VECTORS.exists(), reason="the peers' cases are not beside this checkout")
def test_time_in_stage_adds_visits_as_odoo_does() -> None:
    """Odoo's tracked durations in minutes, told as days here: visits to a stage add up, the current one runs on."""
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]
    stages = tuple(Stage(name) for name in ("s1", "s2", "s3", "s4", "none"))
    sales = replace(SALES, pipelines=(Pipeline("sales", stages=(*stages, *(Stage(k, kind=k) for k in CLOSINGS))),))
    for case in vectors:
        steps, now = [(0, "s1")], 0
        for minutes, to in case["steps_minutes_then_move_to"]:
            now += minutes
            if to:
                steps.append((now, to.lower()))
        company = asked([Journey(steps)], settings=sales, today=now)
        frame = company.metric("stage_days.dwell_mean", view(now))
        found = {r["stage"]: r["value"] for r in frame.to_dict("records") if r["n"]}
        assert found == {k.lower(): v for k, v in case["expected_minutes"].items()}


def test_the_title_of_a_card_does_not_call_slow_what_was_not_watched_long_enough() -> None:
    """Leads are left after 100 to 158 days. Of 30 meetings 8 have led to a proposal; none is older than 60 days."""
    deals = [Journey([(0, "lead"), (100 + 2 * i, "meeting"), *([(105 + 2 * i, "proposal")] if i < 8 else [])])
             for i in range(30)]
    (card,) = CARDS["conversion_days.statistics"](asked(deals, today=160), view(160, 0, 160), Look("en", SALES))
    assert card.title == ("Segment not known: lead takes longest, half have left after 128 days (n = 30); meeting may "
                          "take as long, more than half have not left it yet")
