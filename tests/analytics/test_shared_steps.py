"""What several questions share never mixes the rows of viewers."""

from __future__ import annotations

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
