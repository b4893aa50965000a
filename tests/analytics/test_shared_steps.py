"""What several questions share never mixes the rows of viewers."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from analytics.ask import Ask
from data.queries import asking
from data.queries.asking import Slice
from data.scope import Filters, Scope

RULES = {"silent_days": 14, "event_points": 10, "doomed_below": 0.2, "doomed_from_stage": 3}


def compared(asked: Ask, **view: object) -> int:
    """How many open opportunities were compared with an assessed rival."""
    slice_ = Slice(asked.company.last_day, **view)  # type: ignore[arg-type]
    return int(asking.run(asked.company.cursor(), "rivals_met", slice_, **RULES)["n"].sum())


def test_two_viewers_of_different_scope_never_share_a_step(asked: Ask) -> None:
    teams = [row[0] for row in asked.company.cursor().execute(
        "SELECT DISTINCT team::VARCHAR FROM opportunity_state WHERE team IS NOT NULL ORDER BY 1").fetchall()]
    before = len(asked.company.steps._steps)
    each = [compared(asked, scope=Scope.of(team=[team])) for team in teams]
    together = compared(asked, scope=Scope.of(team=teams))
    assert len(asked.company.steps._steps) == before + len(teams) + 1
    assert sum(each) == together > max(each)


def test_filters_of_one_viewer_share_a_step(asked: Ask) -> None:
    everything = compared(asked)
    before = len(asked.company.steps._steps)
    parts = [compared(asked, filters=Filters.of(segment=[segment])) for segment in ("KA", "SMB", "(unknown)")]
    assert len(asked.company.steps._steps) == before
    assert sum(parts) == everything


@pytest.mark.parametrize("filters", [{}, {"segment": ["KA"]}, {"segment": ["SMB", "(unknown)"], "pipeline": ["smb"]}],
                         ids=str)
def test_rows_of_a_kept_answer_are_those_of_the_question_itself(asked: Ask, filters: dict[str, list[str]]) -> None:
    team = asked.company.cursor().execute("SELECT any_value(team::VARCHAR) FROM opportunity_state").fetchall()[0][0]
    for scope in (Scope.everything(), Scope.of(team=[team])):
        slice_ = Slice(asked.company.last_day, filters=Filters.of(filters), scope=scope)
        found = [asking.run(asked.company.cursor(), "visit_days", slice_, ["segment"], own=asking.STAGED,
                            kept_by=kept_by) for kept_by in ((), ("segment", "pipeline"))]
        assert len(found[0])
        plain, kept = (frame.sort_values(list(frame.columns), ignore_index=True) for frame in found)
        assert_frame_equal(plain, kept)


def test_a_filter_that_no_row_tells_asks_anew(asked: Ask) -> None:
    def counted(**filters: list[str]) -> int:
        slice_ = Slice(asked.company.last_day, filters=Filters.of(filters))
        return int(asking.run(asked.company.cursor(), "visit_days", slice_, ["segment"], own=asking.STAGED,
                              kept_by=("segment", "pipeline"))["n"].sum())

    regions = [row[0] for row in asked.company.cursor().execute(
        "SELECT DISTINCT coalesce(region::VARCHAR, '(unknown)') FROM stage_visit").fetchall()]
    before = len(asked.company.steps._steps)
    each = [counted(region=[region]) for region in regions]
    assert len(asked.company.steps._steps) == before
    assert sum(each) == counted() > max(each)
