"""What the comparison suggests, and whether being stronger won; what needs a look, counted."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics import comparison, findings_strategy, strategy, win_comparison
from analytics.ask import Ask
from analytics.comparison import Party
from analytics.metrics.frames import Context
from analytics.view import View
from data import demo
from data.engine import open_company
from data.settings import WinRate
from tests.journeys import SALES, Journey
from tests.journeys import asked as told
from tests.journeys import view as day_view

RULES = WinRate()
HERE = Context(SALES, date(2026, 6, 30))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    store: Path = tmp_path_factory.mktemp("strategy") / "store"
    demo.create(store, accounts=60, opportunities=400, weeks=60)
    company = open_company(store)
    yield Ask(company)
    company.close()


@pytest.mark.parametrize(("score", "new", "installed"), [
    (95, "frontal", "defend"),  # 95 against 60: 1.58 times as strong
    (60, "flanking", "defend"),  # an equal: whoever is installed is attacked
    (40, "fragment", "fragment"),  # 0.67: overtaken
    (20, "develop", "develop"),
])  # fmt: skip
def test_who_is_installed_defends_where_others_attack(score: float, new: str, installed: str) -> None:
    us, rival = Party("us", score, score), [Party("A", 60, 60)]
    assert comparison.hint(us, rival, None, RULES) == new
    assert comparison.hint(us, rival, None, RULES, is_incumbent=True) == installed
    # score 39 of 100 for the necessary conditions
    assert comparison.hint(us, rival, 0.2 + 0.75 * 0.39, RULES, is_incumbent=True) == "develop"


def test_the_story_of_a_renewal_suggests_to_defend(asked: Ask) -> None:
    view = View(asked.company.last_day)
    open_ones = asked.opportunities(view, {"question": "win_rate.comparison"}, limit=200)
    found: dict[str, set[str]] = {}
    for who in open_ones["opportunity_id"]:
        story = asked.win_story(view, who)
        if story["standing"] and story["standing"]["hint"] in ("frontal", "defend", "flanking"):
            found.setdefault(str(story["weeks"]["type"].iloc[-1]), set()).add(story["standing"]["hint"])
    assert found["renewal"] == {"defend"}
    assert found["new"] <= {"frontal", "flanking"}


def test_the_mix_counts_what_each_story_says(asked: Ask) -> None:
    view = View(asked.company.last_day)
    mix = asked.win_strategies(view).set_index(["segment", "hint"])
    wanted: dict[tuple[str, str], int] = {}
    for row in asked.opportunities(view, {"question": "win_rate.comparison"}, limit=500).to_dict("records"):
        story = asked.win_story(view, row["opportunity_id"])
        if len(story["weeks"]) and (pd.Timestamp(view.as_of) - story["weeks"]["week"].iloc[-1]).days < 7:
            hint = story["standing"]["hint"]
            if hint:
                wanted[row["segment"], hint] = wanted.get((row["segment"], hint), 0) + 1
    assert {key: n for key, n in mix["n"].items() if n} == wanted
    assert sum(wanted.values()) > 10
    assert not mix["recorded"].any(), "the sample records no strategies"
    assert mix["differing"].isna().all()


def counts(*rows: tuple[int, bool, bool, str | None, int]) -> pd.DataFrame:
    """Rows of strategies.sql of key accounts: band, is_weak, is_incumbent, strategy of the CRM, n (worth 10 each)."""
    frame = pd.DataFrame(rows, columns=["band", "is_weak", "is_incumbent", "strategy", "n"])
    told = frame["strategy"].astype("str")
    return frame.assign(segment="KA", amount=10.0 * frame["n"], amount_missing=0, strategy=told)


def test_a_recorded_strategy_is_compared_with_the_suggestion_in_either_language() -> None:
    mix = strategy.mix(counts((3, False, False, "frontal", 4), (3, False, False, "侧翼", 2),
                              (3, False, False, "wait", 1),
                              (2, False, True, None, 5), (1, True, False, None, 3)), HERE)  # fmt: skip
    rows = mix.set_index("hint")
    assert list(mix["hint"]) == list(comparison.STRATEGIES)
    assert rows.loc["frontal", ["n", "of", "recorded", "differing"]].tolist() == [7, 15, 6, 2]
    assert rows.loc["frontal", "value"] == pytest.approx(7 / 15)
    assert rows.loc[["defend", "develop", "flanking"], "n"].tolist() == [5, 3, 0]
    assert rows.loc["flanking", "amount"] == 0
    said = findings_strategy.mix(mix, "en", segment="Key accounts", currency="CNY").text
    assert "is to attack frontally (7 of 15 open ones with an assessed rival); develop or withdraw: 3" in said
    assert said.endswith("the CRM holds another strategy for 2 of 6")


def test_the_title_tells_when_most_suggest_to_leave() -> None:
    mix = strategy.mix(counts((0, False, False, None, 4), (2, False, False, None, 3)), HERE)
    said = findings_strategy.mix(mix, "en", segment="Key accounts", currency="CNY").text
    assert "most often is to develop or withdraw (4 of 7 open ones with an assessed rival, 40 CNY)" in said


def bands(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """by_ratio of rows of strategy_outcomes.sql of one segment: band, n, won."""
    return strategy.by_ratio(pd.DataFrame(rows, columns=["band", "n", "won"]).assign(segment="KA"), HERE)


def test_being_stronger_is_said_to_win_only_beyond_chance() -> None:
    rising = bands((0, 40, 4), (1, 40, 12), (2, 40, 24), (3, 40, 34))
    assert rising["band"].tolist() == [3, 2, 1, 0]
    assert rising.loc[0, ["from_ratio", "to_ratio"]].tolist() == [1.5, float("inf")]
    assert rising.loc[1, ["low", "high"]].tolist() == pytest.approx([0.446, 0.737], abs=5e-4)  # Wilson, 24 of 40
    found = findings_strategy.by_ratio(rising, "en", segment="KA")
    assert found.strength == "clear"
    assert "10% at less than 0.5×, 85% at 1.5×" in found.text
    level = bands((0, 40, 20), (1, 40, 22), (2, 40, 19))
    assert findings_strategy.by_ratio(level, "en", segment="KA").strength == "unclear"
    falling = bands((0, 40, 34), (1, 40, 20), (3, 40, 4))
    assert "the scores mislead" in findings_strategy.by_ratio(falling, "en", segment="KA").text
    assert findings_strategy.by_ratio(bands((2, 12, 9)), "zh", segment="KA").strength == "too_few"


def test_what_was_closed_without_an_assessed_rival_is_counted_beside_the_bands() -> None:
    frame = strategy.by_ratio(pd.DataFrame({"segment": "KA", "band": [2, None], "n": [3, 9], "won": [1, 4]}), HERE)
    assert frame["unknown"].tolist() == [9] * 4
    assert frame["n"].sum() == 3
    assert frame.loc[frame["n"] == 0, "value"].isna().all()


def test_events_are_counted_per_segment_and_each_leads_to_its_opportunities(asked: Ask) -> None:
    view = View(asked.company.last_day)
    events = asked.win_events(view).set_index("event")
    everything = asked.win_movers(view, only="events", limit=500)
    assert events.loc["", "n"] == len(everything) > 0
    per_segment = [c for c in events.columns if c.startswith("n:")]
    assert (events[per_segment].sum(axis=1) == events["n"]).all()
    for event in win_comparison.EVENTS:
        listed = asked.win_movers(view, only=event, limit=500)
        named = everything[everything["happened"].map(lambda codes, e=event: e in codes.split(","))]
        assert sorted(listed["opportunity_id"]) == sorted(named["opportunity_id"])
        assert events.loc[event, "n"] == len(named)


def test_without_assessments_nothing_is_suggested_and_nothing_happened() -> None:
    alone = told([Journey([(0, "lead")]), Journey([(1, "lead"), (9, "won")]), Journey([(2, "lead"), (12, "lost")])])
    view = day_view(60)
    assert alone.win_strategies(view).empty
    assert alone.win_by_ratio(view)["n"].sum() == 0
    assert alone.win_events(view)["n"].tolist() == [0] * 7
