"""What must hold for every metric there is, whatever it measures. None of these is ever weakened to let a change pass.

A company is walked at random (two seeds): skips, moves back, re-openings, pauses, missing amounts, unknown groups.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pandas as pd
import pytest

from analytics import marks
from analytics.ask import Ask
from analytics.metrics.registry import REGISTRY, Metric
from analytics.remembering import Remembering
from data.errors import MvpodError
from data.scope import Scope
from data.settings import Settings
from tests.journeys import CLOSINGS, SALES, STEPS, Journey, asked, day, view

every = pytest.mark.parametrize("metric", REGISTRY.values(), ids=list(REGISTRY))
AS_OF = 120
VIEWS = {"all time": view(AS_OF), "a period": view(AS_OF, 20, 70), "an early day": view(45, 5, 40),
         "working days": view(AS_OF, 0, 90, days="working")}
#: columns that count rows or add up money: over groups and copies they add up
COUNTS = ("n", "reached", "lost", "no_decision", "open", "regressed", "out_of_order", "skipped", "amount_n",
          "amount_reached", "amount_missing", "void", "deleted", "future", "entry_unknown", "immature", "events",
          "censored", "invalid", "approximate", "won", "won_amount", "lost_amount", "won_amount_missing",
          "lost_amount_missing", "open_overdue", "amount", "weighted", "weighted_missing", "paused", "overdue")
#: what stays when everything is there twice
RATIOS = ("value", "cumulative", "amount_value", "skip_rate", "regress_rate", "immature_share", "p75", "hours")


def walk(seed: int, count: int = 70) -> list[Journey]:
    """Random journeys."""
    dice = random.Random(seed)
    told = []
    for number in range(count):
        steps = [(dice.randrange(80), dice.choice(STEPS[:2]))]
        for _ in range(dice.randrange(6)):
            steps.append((steps[-1][0] + dice.randrange(25), dice.choice([*STEPS, *STEPS, *CLOSINGS[:3]])))
        columns = {"segment": dice.choice(["KA", "SMB", None]), "team": dice.choice(["East", "West", None]),
                   "expected_close_on": dice.choice([None, day(dice.randrange(150))])}
        told.append(Journey(steps, dice.choice([None, 10, 25.5, 400]), f"s{seed}-{number}", columns))
    return told


def remembered(told: list[Journey], today: int, settings: Settings = SALES) -> Ask:
    """Who has been told these journeys, and remembers what was asked before."""
    return Remembering(asked(told, today=today, settings=settings), anew=True)


@pytest.fixture(scope="module", params=[1, 2])
def told(request: pytest.FixtureRequest) -> list[Journey]:
    """The journeys of one seed."""
    return walk(request.param)


@pytest.fixture(scope="module")
def company(told: list[Journey]) -> Ask:
    """The company of these journeys."""
    return remembered(told, today=AS_OF)


@pytest.fixture(scope="module")
def doubled(told: list[Journey]) -> Ask:
    """Every opportunity twice, the second under another id; what is learned from too few asks for twice as many."""
    standards = replace(SALES.standards, min_events=2 * SALES.standards.min_events)
    return remembered([*told, *(replace(j, id=f"again-{j.id}") for j in told)], today=AS_OF,
                      settings=replace(SALES, standards=standards))


@pytest.fixture(scope="module")
def earlier(told: list[Journey]) -> Ask:
    """What was known on day 45: later steps have not happened, later opportunities do not exist."""
    cut = [replace(j, steps=[(d, s) for d, s in j.steps if d <= 45]) for j in told]
    return remembered([j for j in cut if j.steps], today=45)


@pytest.fixture(scope="module")
def alone(told: list[Journey]) -> Ask:
    """Only the opportunities of East."""
    return remembered([j for j in told if j.columns["team"] == "East"], today=AS_OF)


@pytest.fixture(scope="module")
def shuffled(told: list[Journey]) -> Ask:
    """The same rows in another order."""
    return remembered(random.Random(9).sample(told, len(told)), today=AS_OF)


def same(one: pd.DataFrame, other: pd.DataFrame, ignored: tuple[str, ...] = ()) -> None:
    """The two answers are the same, to the last digits that adding up in another order may change."""
    kept = [c for c in one.columns if c not in ignored]
    pd.testing.assert_frame_equal(one[kept], other[kept], check_dtype=False, rtol=1e-12)


@every
def test_the_parts_of_a_partition_add_up_to_the_whole(company: Ask, metric: Metric) -> None:
    for asked_for in VIEWS.values():
        whole = company.metric(metric.key, asked_for)
        keys = [k for k in ("pipeline", "stage", "method") if k in whole.columns]
        for dimension in ("segment", "team"):
            parts = company.metric(metric.key, asked_for, [dimension])
            for name in [c for c in COUNTS if c in whole.columns]:
                added = pd.Series([parts[name].sum(min_count=1)])
                total = parts.groupby(keys)[name].sum(min_count=1) if keys else added
                wanted = whole.set_index(keys)[name] if keys else whole[name]
                pd.testing.assert_series_equal(total.astype(float).fillna(0).sort_index(),
                                               wanted.astype(float).fillna(0).sort_index(),
                                               check_names=False, check_index=bool(keys))


@every
def test_a_group_is_what_its_filter_shows(company: Ask, metric: Metric) -> None:
    groups = company.metric(metric.key, VIEWS["a period"], ["segment"])
    for value in ("KA", "SMB", "(unknown)"):
        filtered = company.metric(metric.key, view(AS_OF, 20, 70, segment=[value]))
        mine = groups[groups["segment"] == value].drop(columns="segment").reset_index(drop=True)
        if mine.empty:  # a group in which there is nobody has no row; a filter that leaves nobody has one that says so
            assert filtered["n"].tolist() == [0] * len(filtered)
            continue
        # what a row is held against (a stage's own pace, the parent of few cases) is that of all rows asked for
        same(mine, filtered, ("p75", "immature", "immature_share", "parent", "shrunk"))


@every
def test_everything_twice_doubles_counts_and_keeps_ratios(company: Ask, doubled: Ask, metric: Metric) -> None:
    for asked_for in VIEWS.values():
        once, twice = company.metric(metric.key, asked_for), doubled.metric(metric.key, asked_for)
        for name in [c for c in COUNTS if c in once.columns]:
            assert (2 * once[name].astype(float).fillna(-1)).tolist() == pytest.approx(
                [v if v >= 0 else -2 for v in twice[name].astype(float).fillna(-1)]), name
        enough = (once["reason"] != "few_events").to_numpy()
        for name in [c for c in RATIOS if c in once.columns and metric.additivity != "value"]:
            chosen = enough & once[name].notna().to_numpy()
            assert twice.loc[chosen, name].tolist() == pytest.approx(once.loc[chosen, name].tolist()), name


@every
def test_the_order_of_rows_does_not_matter(company: Ask, shuffled: Ask, metric: Metric) -> None:
    for asked_for in VIEWS.values():
        same(company.metric(metric.key, asked_for, ["team"]), shuffled.metric(metric.key, asked_for, ["team"]))


@every
def test_what_happens_later_never_changes_the_answer_of_a_day(company: Ask, earlier: Ask, metric: Metric) -> None:
    for asked_for in (view(45), view(45, 5, 40), view(30, 0, 30), view(12)):
        for by in ([], ["segment"], ["month"]):
            same(company.metric(metric.key, asked_for, by), earlier.metric(metric.key, asked_for, by))


@every
def test_rows_outside_the_scope_change_nothing(company: Ask, alone: Ask, metric: Metric) -> None:
    for asked_for in VIEWS.values():
        mine = asked_for.with_(scope=Scope.of(team=["East"]))
        for by in ([], ["segment"]):
            same(company.metric(metric.key, mine, by), alone.metric(metric.key, asked_for, by))


def has_a_list(metric: str) -> bool:
    """Can the opportunities behind a metric be listed? Behind those of the support line stand requests."""
    with suppress(MvpodError):
        return bool(marks.read({"question": metric}))
    return False


def test_no_other_question_sees_beyond_the_scope_or_the_day(company: Ask, alone: Ask, earlier: Ask) -> None:
    mine = VIEWS["a period"].with_(scope=Scope.of(team=["East"]))
    for question in ("survival", "leaving", "entry_trend", "flow", "reconcile", "find"):
        same(getattr(company, question)(mine), getattr(alone, question)(VIEWS["a period"]))
        same(getattr(company, question)(view(45, 5, 40)), getattr(earlier, question)(view(45, 5, 40)))
    assert company.options(mine) == alone.options(VIEWS["a period"])
    assert company.options(view(45)) == earlier.options(view(45))
    for key in filter(has_a_list, REGISTRY):
        same(company.opportunities(mine, {"question": key}), alone.opportunities(VIEWS["a period"], {"question": key}))
        same(company.opportunities(view(45), {"question": key}), earlier.opportunities(view(45), {"question": key}))
