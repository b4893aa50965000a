"""Titles that name what is there: the right row, no claim, silence where there is nothing."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics import findings_facts as say


def test_the_stage_that_loses_most_is_named_with_what_it_loses_of() -> None:
    frame = pd.DataFrame({"stage": ["lead", "bid"], "n": [100, 40], "lost": [10, 12]})
    assert say.lost_most(frame, "en", what="KA") == "KA: most are lost in “bid”, 12 of the 40 that entered it"
    said = say.lost_most(frame, "zh", what="KA", name=lambda _: "投标")
    assert said == "KA：流失最多的阶段是“投标”，进入的 40 个中流失 12 个"
    assert say.lost_most(frame.assign(lost=0), "en", what="KA") == ""


def test_one_stage_alone_is_not_called_the_one_that_loses_most() -> None:
    frame = pd.DataFrame({"stage": ["lead", "bid"], "n": [0, 40], "lost": [0, 12]})
    assert say.lost_most(frame, "en", what="KA") == "KA: 12 of the 40 that entered “bid” are lost"


def test_stages_that_lose_alike_are_all_named() -> None:
    frame = pd.DataFrame({"stage": ["lead", "bid", "sign"], "n": [100, 40, 9], "lost": [12, 12, 3]})
    assert say.lost_most(frame, "en", what="KA") == "KA: most are lost in “lead”, “bid”, 12 in each"
    assert say.lost_most(frame, "zh", what="KA") == "KA：流失最多的阶段是“lead”、“bid”，各流失 12 个"


def test_moves_count_what_went_on_and_back_and_not_what_stayed_or_was_lost() -> None:
    flow = pd.DataFrame({"exit_kind": ["advance", "skip", "regress", "won", "lost", "open"], "n": [5, 2, 1, 2, 9, 9]})
    assert say.moves(flow, "en", what="KA") == "KA: of 10 moves 2 skipped a stage and 1 went back"
    assert say.moves(flow.tail(2), "en", what="KA") == ""
    straight = flow[flow["exit_kind"].isin(["advance", "won"])]
    assert say.moves(straight, "en", what="KA") == "KA: none of 7 moves skipped a stage or went back"


def test_who_is_still_there_is_read_at_ninety_days_of_curves_that_reach_so_far() -> None:
    """lead: 40 % from day 60 on; bid: 30 %; young: 90 %, but watched for 30 days only."""
    curves = pd.DataFrame({"stage": ["lead", "lead", "lead", "bid", "bid", "young"], "days": [0, 60, 100, 0, 95, 30],
                           "survival": [1.0, 0.4, 0.1, 0.3, 0.2, 0.9], "at_risk": [9, 5, 2, 9, 4, 9]})
    assert say.still_there(curves, "en", what="KA") == (
        "KA: after 90 days 40.0% are still in “lead”, the most of the stages that can be judged")
    assert say.still_there(curves[curves["stage"] == "young"], "en", what="KA") == ""
    alike = curves.assign(survival=curves["survival"].where(curves["stage"] != "bid", 0.4))
    assert say.still_there(alike, "en", what="KA") == (
        "KA: after 90 days 40.0% are still in each of “lead”, “bid”, the most of the stages that can be judged")
    alone = say.still_there(curves[curves["stage"] == "lead"], "en", what="KA")
    assert alone == "KA: after 90 days 40.0% are still in “lead”"


def test_a_curve_of_four_opportunities_is_no_reason_for_a_title() -> None:
    curves = pd.DataFrame({"stage": ["lead"] * 2 + ["bid"] * 2, "days": [0, 95] * 2, "survival": [0.3, 0.1, 0.8, 0.7],
                           "at_risk": [30, 3, 4, 3]})
    assert say.still_there(curves, "en", what="KA") == "KA: after 90 days 30.0% are still in “lead”"
    assert say.still_there(curves[curves["stage"] == "bid"], "en", what="KA") == ""


def test_the_latest_quarter_names_its_slowest_and_its_fastest() -> None:
    frame = pd.DataFrame({"quarter": ["2026Q2", "2026Q3", "2026Q3"], "team": ["A", "A", "B"],
                          "hours": [99.0, 84.0, 20.0]})
    said = say.latest(frame, "en", by="team", value="hours", name=str, written=lambda v: f"{v:.0f} h")
    assert said == "Q3 2026: A takes longest (84 h), B is fastest (20 h)"
    assert say.latest(frame.head(2), "en", by="team", value="hours", name=str, written=str) == ""


@pytest.mark.parametrize(("hours", "said"), [
    ([84.0, 84.0, 20.0], "Q3 2026: A, B take longest (84 h each), C is fastest (20 h)"),
    ([84.0, 20.0, 20.0], "Q3 2026: A takes longest (84 h), B, C are fastest (20 h each)"),
    ([84.0, 84.0, 84.0], ""),
])
def test_teams_that_are_alike_are_all_named(hours: list[float], said: str) -> None:
    frame = pd.DataFrame({"quarter": ["2026Q3"] * 3, "team": ["A", "B", "C"], "hours": hours})
    assert say.latest(frame, "en", by="team", value="hours", name=str, written=lambda v: f"{v:.0f} h") == said


def test_who_was_counted_most_often_is_not_said_to_have_most_to_decide() -> None:
    """Of S2 a rule could not be asked: nobody knows whether S2 has more."""
    owners = pd.DataFrame({"owner_name": [None, "S1", "S2"], "n": [30, 20, 20], "any": [9, 7, 7]})
    assert say.most_to_decide(owners.head(2), "en") == (
        "Counted most often: S1, 7 of 20 open opportunities need a decision by the rules that could be asked")
    assert say.most_to_decide(owners, "en") == (
        "Counted most often: S1, S2, 7 open opportunities each need a decision by the rules that could be asked")
    assert "可判断的规则" in say.most_to_decide(owners, "zh")
    assert say.most_to_decide(owners.assign(any=0), "en") == say.most_to_decide(owners.head(1), "en") == ""


def test_who_moved_most_is_a_loss_only_if_it_fell() -> None:
    frame = pd.DataFrame({"account": ["A", "B", "C"], "change": [4.0, -7.5, None]})
    assert say.moved_most(frame, "en", weeks=8, name="account", change="change") == (
        "Last 8 weeks, accounts with open opportunities: B fell most (−7.5), A rose most (+4.0)")
    assert "fell" not in say.moved_most(frame.head(1), "en", weeks=8, name="account", change="change")
    assert say.moved_most(frame.tail(1), "en", weeks=8, name="account", change="change") == ""
