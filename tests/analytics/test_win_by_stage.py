"""Win rate by stage reached (METHOD B7): who counts where, limits, few cases drawn towards their parent."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.ask import Ask
from tests.journeys import Journey, asked, view


def path(*stages: str, **columns: object) -> Journey:
    """Through these stages, ten days each."""
    return Journey([(10 * i, stage) for i, stage in enumerate(stages)], columns=columns)


def at(frame: pd.DataFrame, stage: str, **groups: str) -> pd.Series:
    """The one row of a stage (and group)."""
    rows = [r for _, r in frame.iterrows() if r["stage"] == stage and all(r[k] == v for k, v in groups.items())]
    assert len(rows) == 1
    return rows[0]


def company() -> Ask:
    """Ten reach the proposal, three of them are won; two are lost as leads, one is open, one undecided."""
    return asked([
        *[path("lead", "meeting", "proposal", "won")] * 3, *[path("lead", "meeting", "proposal", "lost")] * 7,
        *[path("lead", "lost")] * 2, path("lead"), path("lead", "no_decision"),
    ])


def test_the_denominator_of_a_stage_are_the_closed_that_reached_it() -> None:
    """METHOD B7: 3 of 10 -> 0.108 to 0.603."""
    frame = company().win_by_stage(view(100))
    lead, proposal = at(frame, "lead"), at(frame, "proposal")
    assert (lead["n"], lead["won"], lead["lost"]) == (12, 3, 9)
    assert (proposal["n"], proposal["won"]) == (10, 3)
    assert (round(proposal["low"], 3), proposal["value"], round(proposal["high"], 3)) == (0.108, 0.3, 0.603)
    assert proposal["default_probability"] == 0.6


def test_the_stage_reached_is_the_furthest_one_and_skipped_ones_were_reached_too() -> None:
    frame = asked([path("lead", "proposal", "lead", "lost"), path("lead", "won")]).win_by_stage(view(100))
    assert [int(at(frame, s)["n"]) for s in ("lead", "meeting", "proposal")] == [2, 2, 2]
    assert [int(at(frame, s)["won"]) for s in ("lead", "meeting", "proposal")] == [1, 1, 1]


def test_fewer_than_five_closed_show_no_rate_but_the_drawn_one() -> None:
    """(won + 10 p) / (n + 10) with p the rate of the stage over all groups (kappa = 10)."""
    journeys = [*[path("lead", "won", segment="KA")] * 1, *[path("lead", "lost", segment="KA")] * 3,
                *[path("lead", "won", segment="SMB")] * 12, *[path("lead", "lost", segment="SMB")] * 4]
    frame = asked(journeys).win_by_stage(view(100), ["segment"])
    few = at(frame, "lead", segment="KA")
    assert pd.isna(few["value"])
    assert pd.isna(few["low"])
    assert few["reason"] == "few_closed"
    assert few["parent"] == 13 / 20
    assert few["shrunk"] == pytest.approx((1 + 10 * 13 / 20) / 14)
    enough = at(frame, "lead", segment="SMB")
    assert (enough["value"], enough["reason"]) == (0.75, "")
    assert enough["shrunk"] == pytest.approx((12 + 6.5) / 26)


def test_with_several_groups_the_parent_is_the_first_of_them() -> None:
    journeys = [*[path("lead", "won", segment="KA", type="new")] * 2,
                *[path("lead", "lost", segment="KA", type="renewal")] * 6,
                *[path("lead", "won", segment="SMB", type="new")] * 50]
    frame = asked(journeys).win_by_stage(view(100), ["segment", "type"])
    assert at(frame, "lead", segment="KA", type="new")["parent"] == 2 / 8
    assert at(frame, "lead", segment="SMB", type="new")["parent"] == 1


def test_without_groups_nothing_is_drawn() -> None:
    row = at(company().win_by_stage(view(100)), "proposal")
    assert row["shrunk"] == pytest.approx(row["value"])


def test_the_first_stage_of_a_full_history_is_the_win_rate() -> None:
    ask = company()
    row, rate = at(ask.win_by_stage(view(100)), "lead"), ask.metric("win_rate.count", view(100)).iloc[0]
    assert (row["n"], row["won"], row["value"]) == (rate["n"], rate["won"], rate["value"])


def test_only_the_period_counts_and_the_future_is_not_known() -> None:
    ask = asked([Journey([(0, "lead"), (10, "won")]), Journey([(0, "lead"), (50, "lost")])])
    assert at(ask.win_by_stage(view(100, 40, 60)), "lead")["lost"] == 1
    assert at(ask.win_by_stage(view(40)), "lead")["n"] == 1


def test_closed_ones_whose_stages_nobody_knows_are_counted_apart() -> None:
    """Without stage events an export that first shows them closed says nothing of where they had been."""
    ask = asked([path("lead", "lost")], with_events=False)
    frame = ask.win_by_stage(view(364))
    assert (at(frame, "lead")["n"], at(frame, "lead")["path_unknown"]) == (0, 1)
    assert at(frame, "lead")["reason"] == "nothing_closed"


def test_a_mark_opens_the_opportunities_behind_the_rate() -> None:
    ask = company()
    for stage in ("lead", "meeting", "proposal"):
        row = at(ask.win_by_stage(view(100)), stage)
        mark = {"question": "win_rate.by_stage", "pipeline": "sales", "stage": stage}
        assert len(ask.opportunities(view(100), mark)) == row["n"]
        assert len(ask.opportunities(view(100), {**mark, "outcome": "won"})) == row["won"]
        assert len(ask.opportunities(view(100), {**mark, "outcome": "lost"})) == row["lost"]
