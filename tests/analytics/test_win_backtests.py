"""Which prediction is judged: the one that was known so many days before the close, and no later one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from analytics.ask import Ask
from data.marts.foresight import make_foresight
from data.scope import Scope
from tests.journeys import SALES, Journey, asked, day, view

BEFORE = 28


def deal(name: str, kind: str, at: int = 100, **columns: object) -> Journey:
    """A lead of day 0, a meeting of day 40, closed on a day."""
    return Journey([(0, "lead"), (40, "meeting"), (at, kind)], id=name, columns=columns)


def monday(number: int) -> date:
    """The Monday of the week of a day."""
    found = day(number)
    return found - timedelta(days=found.weekday())


def assess(ask: Ask, name: str, number: int, p: float, near: float = 50, rival: float | None = 50) -> None:
    """The comparison said p in the week of a day."""
    ask.company.connection.execute(
        "INSERT INTO opportunity_week (opportunity_id, opportunity_key, week, as_of_on, p, p_us, need_us, "
        "closeness_us, need_1, closeness_1) "
        "SELECT $id, any_value(opportunity_key), $week, $week + 6, $p, $p, 50, $near, $rival, $rival "
        "FROM opportunity_state WHERE opportunity_id = $id",
        {"id": name, "week": monday(number), "p": p, "near": near, "rival": rival})
    make_foresight(ask.company.cursor(), ask.settings)


def closeness(ask: Ask, account: str, number: int, points: float, short: bool = False) -> None:
    """The account's closeness in the week of a day."""
    kind = ask.company.connection.execute("SELECT typeof(account_id) FROM opportunity_state LIMIT 1").fetchall()[0][0]
    ask.company.connection.execute(
        "INSERT INTO account_week (account_id, week, as_of_on, closeness, is_short_history) "
        f"VALUES (?::{kind}, ?, ?, ?, ?)",
        [account, monday(number), monday(number) + timedelta(days=6), points, short])
    make_foresight(ask.company.cursor(), ask.settings)


def scored(ask: Ask, source: str, **changes: object) -> pd.Series:
    """The scores of one source."""
    frame = ask.calibration(view(364).with_(**changes))["scores"]
    return frame[frame["source"] == source].iloc[0]


def test_the_prediction_of_the_last_week_that_was_over_counts() -> None:
    """Closed on day 100, a Saturday, asked on day 72, a Saturday too: that week is not over, the one before counts."""
    ask = asked([deal("a", "won")])
    assert (day(100).weekday(), day(72).weekday()) == (5, 5)
    assess(ask, "a", 65, 0.3)
    assess(ask, "a", 72, 0.9)
    row = scored(ask, "comparison")
    assert (row["n"], row["predicted"], row["brier"]) == (1, 0.3, pytest.approx(0.49))
    sunday = asked([deal("a", "won", at=101)])
    assess(sunday, "a", 65, 0.3)
    assess(sunday, "a", 72, 0.9)
    assert scored(sunday, "comparison")["predicted"] == 0.9


def test_what_was_not_predicted_then_is_not_judged() -> None:
    ask = asked([deal("a", "won"), deal("b", "lost", at=20), deal("c", "lost")])
    assess(ask, "a", 93, 0.9)
    assess(ask, "b", 10, 0.9)
    assert scored(ask, "comparison")["n"] == 0


def test_no_decision_is_not_won_and_void_and_open_ones_are_left_out() -> None:
    ask = asked([deal("a", "won"), deal("b", "lost"), deal("c", "no_decision"), deal("d", "void"),
                 Journey([(0, "lead")], id="e")])
    for name in "abcde":
        assess(ask, name, 65, 0.5)
    row = scored(ask, "comparison")
    assert (row["n"], row["won"]) == (3, 1)


def test_the_stages_default_and_the_crms_probability_are_those_of_that_day() -> None:
    """Asked on day 72 it stood in the meeting (default 0.4), whatever came later; asked on day 32, a lead (0.1)."""
    ask = asked([deal("a", "won", probability=0.7), deal("b", "lost", at=60, probability=0.2)], weekly=True)
    assert (scored(ask, "stage_default")["n"], scored(ask, "stage_default")["predicted"]) == (2, 0.25)
    assert scored(ask, "crm")["predicted"] == pytest.approx(0.45)


def test_what_the_crm_said_after_the_end_is_no_prediction() -> None:
    """The only export was made when both were closed, their probability long 1 and 0."""
    deals = [deal("a", "won", probability=1.0), deal("b", "lost", probability=0.0)]
    late = asked(deals)
    assert scored(late, "crm")["n"] == 0
    assert scored(late, "stage_default")["n"] == 2
    assert scored(asked(deals, weekly=True), "crm")["n"] == 2


def test_what_the_crm_says_of_a_deal_that_was_recorded_after_its_end_is_no_prediction() -> None:
    """There were exports every week before; they did not show it."""
    early, late = (Journey([(0, "lead"), (40, "meeting"), (100, "won")], columns={"probability": 1.0}, shown_from=shown)
                   for shown in (40, 110))
    assert scored(asked([early], weekly=True), "crm")["n"] == 1
    ask = asked([late], weekly=True)
    assert (scored(ask, "crm")["n"], scored(ask, "stage_default")["n"]) == (0, 1)


def test_sources_are_compared_where_both_predicted() -> None:
    ask = asked([deal("a", "won", probability=0.5), deal("b", "lost", probability=0.5),
                 deal("c", "lost", probability=0.9)], weekly=True)
    assess(ask, "a", 65, 0.8)
    assess(ask, "b", 65, 0.4)
    row = scored(ask, "crm")
    assert (row["n"], row["n_both"]) == (3, 2)
    assert row["worse_by"] == pytest.approx((0.25 + 0.25) / 2 - (0.04 + 0.16) / 2)


def test_period_scope_and_as_of_hold() -> None:
    ask = asked([deal("a", "won", region="East"), deal("b", "lost", at=200, region="West")])
    assess(ask, "a", 65, 0.8)
    assess(ask, "b", 165, 0.4)
    assert scored(ask, "comparison")["n"] == 2
    assert scored(ask, "comparison", as_of=day(150))["n"] == 1
    assert scored(ask, "comparison", scope=Scope.of(region=["West"]))["predicted"] == 0.4
    within = view(364, 150, 364)
    assert ask.calibration(within)["scores"]["n"].iloc[0] == 2, "all up to the end of the period"
    assert ask.calibration(within, whole=False)["scores"]["n"].iloc[0] == 1


def test_gamma_is_refitted_on_won_and_lost_against_assessed_rivals() -> None:
    ask = asked([deal("a", "won"), deal("b", "lost"), deal("c", "no_decision"), deal("d", "lost")])
    for name in "abc":
        assess(ask, name, 65, 0.5)
    assess(ask, "d", 65, 0.5, rival=None)
    row = ask.calibration(view(364))["refit"].iloc[0]
    assert (row["n"], row["won"], row["verdict"], row["current"]) == (2, 1, "few_closed", 2.0)


def test_closeness_before_the_close_is_looked_up_and_what_is_unknown_is_counted() -> None:
    ask = asked([deal("a", "won", account_id="x"), deal("b", "lost", account_id="x"), deal("c", "lost", account_id="y"),
                 deal("d", "no_decision", account_id="x"), deal("e", "won")])
    assess(ask, "a", 65, 0.5, near=80)
    assess(ask, "b", 65, 0.5, near=40)
    closeness(ask, "x", 65, 55)
    closeness(ask, "y", 65, 5, short=True)
    found = ask.backtest_closeness(view(364))
    project, account = found["verdicts"].iloc[0], found["verdicts"].iloc[1]
    assert (project["n"], project["won"], project["unknown"], project["clusters"]) == (2, 1, 2, 1)
    assert (account["n"], account["won"], account["unknown"]) == (2, 1, 2), "no account and the first weeks are unknown"
    bands = found["bands"]
    assert list(bands.loc[bands["source"] == "project", "n"]) == [0, 1, 0, 1]
    assert list(bands.loc[bands["source"] == "account", "n"]) == [0, 0, 2, 0]
    assert found["days"].iloc[0]["days"] == BEFORE


def test_the_robust_score_is_that_of_a_plain_loop() -> None:
    """Deals of one account are one piece of evidence: the squares are those of the accounts' sums."""
    near = {"a": (80, "won", "x"), "b": (60, "lost", "x"), "c": (30, "lost", "y"), "d": (50, "won", "z"),
            "e": (20, "lost", None)}
    ask = asked([deal(name, kind, account_id=account) for name, (_, kind, account) in near.items()])
    for name, (points, _, _) in near.items():
        assess(ask, name, 65, 0.5, near=points)
    row = ask._asked("closeness_trend", view(364)).set_index("source").loc["project"]
    mean, won = sum(p for p, _, _ in near.values()) / 5, 2 / 5
    sums: dict[str, float] = {}
    for name, (points, kind, account) in near.items():
        sums[account or name] = sums.get(account or name, 0) + (points - mean) * ((kind == "won") - won)
    assert row["clusters"] == 4
    assert row["score"] == pytest.approx(sum(sums.values()))
    assert row["variance"] == pytest.approx(sum(s**2 for s in sums.values()))


def test_what_nobody_predicted_is_not_measured() -> None:
    found = asked([deal("a", "won")]).calibration(view(364))
    assert found["scores"].set_index("source").loc["comparison", "reason"] == "nothing_predicted"
    assert found["bins"]["source"].unique().tolist() == ["stage_default"]
    sales = SALES.pipelines[0]
    unpromised = replace(sales, stages=tuple(replace(s, probability=None) for s in sales.stages))
    silent = asked([deal("a", "won")], settings=replace(SALES, pipelines=(unpromised,))).calibration(view(364))
    assert silent["bins"].empty
    assert set(silent["scores"]["reason"]) == {"nothing_predicted"}
