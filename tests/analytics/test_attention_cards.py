"""Cards of what needs attention: a title never claims more than the rules that could be asked."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analytics.cards.attention import _decisions, meant_limits
from analytics.cards.card import Look
from tests.journeys import SALES

OF = 40


def said(lang: str = "en", *, events: int = 10, **asked: int) -> str:
    """The title of 40 open opportunities, `events` of them with a rule broken; asked: rule -> of how many (else 0)."""
    rules = {"never_moved": 0, "moved_stalled": 0, "at_risk": 0, "unconditioned": 0} | asked
    whole = pd.Series({"n": OF, "events": events, "value": events / OF})
    return _decisions(pd.Series(rules), whole, Look(lang, SALES))


def test_what_could_be_asked_of_all_is_a_number() -> None:
    found = said(never_moved=30, moved_stalled=OF, at_risk=OF, unconditioned=OF)
    assert found == ("10 of 40 open opportunities (25.0%) need a decision: stalled, at risk or presales without "
                     "necessary conditions")


@pytest.mark.parametrize("less", [{"moved_stalled": 39}, {"at_risk": 39}, {"unconditioned": 1}, {"at_risk": 0}])
def test_where_any_rule_could_not_be_asked_of_all_it_is_at_least_so_many(less: dict[str, int]) -> None:
    asked = {"moved_stalled": OF, "at_risk": OF, "unconditioned": OF} | less
    assert said(**asked).startswith("at least 10 of 40 open opportunities (25.0%) need a decision: ")
    assert said("zh", **asked).startswith("40 个在手商机中至少 10 个（25.0%）需要决策：")


def test_a_rule_that_could_be_asked_of_none_is_not_named() -> None:
    assert said(moved_stalled=OF) == "at least 10 of 40 open opportunities (25.0%) need a decision: stalled"
    assert said(at_risk=20).endswith("need a decision: at risk")


def test_where_no_rule_could_be_asked_nothing_is_counted() -> None:
    assert said(events=0) == "how many of the 40 open opportunities need a decision is not measured: none can be judged"
    assert said("zh", events=0) == "40 个在手商机中有多少需要决策未衡量：均无法判断"


def test_limits_that_nobody_can_meet_are_left_out() -> None:
    """A pipeline made for KA: without visits the limits of others mean nothing; "" is a segment without history."""
    settings = replace(SALES, pipelines=(replace(SALES.pipelines[0], segments=("KA",)),))
    rows = [("", 9), ("elsewhere", 0), ("visited", 0), ("visited", 2), ("KA", 0)]
    found = pd.DataFrame(rows, columns=["segment", "n"]).assign(pipeline="sales")
    assert meant_limits(found, settings)["segment"].tolist() == ["visited", "visited", "KA"]
