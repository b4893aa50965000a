"""The chance left falls with the days in a stage: against counts by hand, and never where nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from analytics.chance_left import chances
from analytics.metrics.frames import Context
from data.settings import WinRate
from tests.analytics.test_attention import TODAY, company, opened
from tests.journeys import SALES, Journey, day, view

#: nothing is drawn to anything
PLAIN = Context(replace(SALES, win_rate=WinRate(shrinkage=0)), day(TODAY))
DRAWN = Context(replace(SALES, win_rate=WinRate(shrinkage=10)), day(TODAY))
PIPELINE = SALES.pipelines[0].key


def visits(*rows: tuple[str, str, int, int], segment: str = "KA") -> pd.DataFrame:
    """Rows of visit_days.sql: stage, outcome, days, n."""
    frame = pd.DataFrame(rows, columns=["stage", "outcome", "days", "n"])
    return frame.assign(pipeline=PIPELINE, segment=segment, is_entry_known=True)


def outcomes(*rows: tuple[int, int, int], segment: str = "KA") -> pd.DataFrame:
    """Rows of stage_outcomes.sql: furthest stage, won, lost."""
    return pd.DataFrame(rows, columns=["highest_order", "won", "lost"]).assign(pipeline=PIPELINE, segment=segment)


def left(found: pd.DataFrame, stage: str = "lead", segment: str = "KA") -> list[float]:
    row = found.set_index(["stage", "segment"]).loc[(stage, segment)]
    return [float(v) for v in row[["chance", "chance_20", "chance_50"]]]


#: leads: 8 of 10 go on; of the 4 that lasted 20 days 2 do, of the 2 that lasted 50 none
LEADS = visits(("lead", "advance", 5, 6), ("lead", "advance", 20, 2), ("lead", "lost", 49, 0), ("lead", "lost", 60, 1),
               ("lead", "no_decision", 90, 1))


def test_the_win_rate_of_the_stage_times_how_much_rarer_it_is_passed_after_so_many_days() -> None:
    found = chances(LEADS, outcomes((1, 0, 5), (3, 5, 0)), PLAIN, [20, 50])
    assert left(found) == pytest.approx([0.5, 0.5 * (2 / 4) / 0.8, 0])


def test_who_is_still_there_or_was_void_says_nothing_of_passing() -> None:
    more = visits(("lead", "void", 90, 50), ("lead", "regress", 90, 50)).astype({"outcome": object})
    still = visits(("lead", "", 90, 50)).assign(outcome=None)
    whole = pd.concat([LEADS.astype({"outcome": object}), more, still])
    known = outcomes((1, 0, 5), (3, 5, 0))
    assert left(chances(whole, known, PLAIN, [20, 50])) == left(chances(LEADS, known, PLAIN, [20, 50]))


def test_few_cases_are_drawn_to_the_age_before_and_to_the_pipeline() -> None:
    """One segment, so that its pipeline is itself: 8/10; (2 + 10 · 0.8) / 14; (10 · that) / 12; each drawn again."""
    found = chances(LEADS, outcomes((1, 0, 5), (3, 5, 0)), DRAWN, [20, 50])
    second = (2 + 8) / 14
    third = 10 * second / 12
    assert left(found, segment="") == pytest.approx([0.5, 0.5 * second / 0.8, 0.5 * third / 0.8])
    own = [(8 + 10 * 0.8) / 20, (2 + 10 * second) / 14, 10 * third / 12]
    assert left(found) == pytest.approx([0.5, 0.5 * own[1] / own[0], 0.5 * own[2] / own[0]])


def test_a_stage_that_is_passed_more_often_late_never_promises_more_than_certainty() -> None:
    late = visits(("lead", "lost", 5, 5), ("lead", "advance", 60, 5))
    found = chances(late, outcomes((3, 9, 0), (1, 0, 1)), PLAIN, [20, 50])
    assert left(found) == pytest.approx([0.9, 1, 1])


def test_without_visits_the_chance_is_that_of_the_stage_and_without_closings_nobody_knows() -> None:
    assert left(chances(LEADS.iloc[:0], outcomes((1, 0, 5), (3, 5, 0)), DRAWN, [20, 50])) == pytest.approx([0.5] * 3)
    empty = chances(LEADS, outcomes(), DRAWN, [20, 50])
    assert empty.empty
    assert {"chance", "chance_20", "chance_50"} <= set(empty)


def quick_and_slow() -> Sequence[Journey]:
    """Who goes on does so after 10 days; who stays longer is lost on day 120."""
    ka = {"segment": "KA"}
    won = [Journey([(0, "lead"), (10, "meeting"), (20, "won")], columns=ka, id=f"w{i}") for i in range(20)]
    return [*won, *(Journey([(0, "lead"), (120, "lost")], columns=ka, id=f"l{i}") for i in range(20))]


def test_what_stands_for_long_has_less_chance_than_what_came_lately() -> None:
    due = {"expected_close_on": day(TODAY - 1)}
    asked = company([*quick_and_slow(), replace(opened(1, **due), id="long"), replace(opened(239, **due), id="lately")])
    rows = asked.attention(view(TODAY), ["past_due"]).set_index("opportunity_id")
    limits = asked.attention_limits(view(TODAY)).set_index(["stage", "segment"]).loc[("lead", "KA")]
    assert limits["chance_112"] < limits["chance_56"] < limits["chance"] == pytest.approx(0.5)
    assert rows["chance"].to_dict() == {"long": limits["chance_112"], "lately": limits["chance_56"]}
    assert set(rows["chance_source"]) == {"history"}
