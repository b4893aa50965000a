"""One opportunity's story from the tables of `Ask.story`: what the timeline draws. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from analytics.charts.timeline import Story


def steps(states: pd.DataFrame, column: str) -> pd.DataFrame:
    """When `column` took which value: changed_on and the column, oldest first, only the rows where it changed.

    `states` has valid_from and the column, oldest first. What is not known is no value and begins no step.

    >>> states = pd.DataFrame({"valid_from": ["d1", "d2", "d3"], "amount": [5.0, 5.0, 7.0]})
    >>> steps(states, "amount")["changed_on"].tolist()
    ['d1', 'd3']
    """
    known = states[states[column].notna()]
    changed = known[known[column] != known[column].shift()]
    return changed.rename(columns={"valid_from": "changed_on"})[["changed_on", column]].reset_index(drop=True)


def told(parts: Mapping[str, Any], as_of: date) -> Story:
    """The answers of `Ask.story` and `Ask.story_more` as the timeline wants them."""
    opportunity, states, visits = parts["opportunity"], parts["states"], parts["visits"]
    segment = opportunity.get("segment")
    return Story(
        visits=visits.assign(pipeline=opportunity.get("pipeline"),
                             exit_kind=visits["exit_kind"].astype(object).where(visits["exit_kind"].notna(), None)),
        as_of=as_of,
        amounts=steps(states, "amount_base").rename(columns={"amount_base": "amount"}),
        promises=steps(states, "expected_close_on"),
        activities=parts["activities"],
        shares=parts.get("shares"),
        people=parts.get("people"),
        answers=parts.get("answers"),
        requests=parts.get("requests"),
        segment=segment if isinstance(segment, str) else None,
    )
