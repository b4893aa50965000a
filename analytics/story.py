"""One opportunity's story from the tables of `Ask.story`: what the timeline draws. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from analytics import format as fmt
from analytics.charts.timeline import CLOSING, Story
from analytics.i18n import t


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


def said(parts: Mapping[str, Any], lang: str, *, stage: Callable[[str], str], status: str) -> str:
    """The story in a sentence: how long it is open and in its stage, or how long it took and where longest; of what is
    gone from the exports, up to the day on which it was; "" where that is not known. `status` is what its (last known)
    status is called."""
    opportunity, visits = parts["opportunity"], parts["visits"]
    created = opportunity.get("created_on")
    if visits.empty or created is None or pd.isna(created):
        return ""
    last, begun = visits.iloc[-1], pd.Timestamp(created)
    def days(n: Any) -> str:
        return fmt.days(int(n), lang)
    if last["stage_kind"] not in CLOSING:
        is_gone = bool(opportunity["is_gone"])
        until = pd.Timestamp(last["exited_on"] if is_gone else opportunity["seen_on"])
        if pd.isna(until):
            return ""
        key = "opportunity.story.gone" if is_gone else "opportunity.story.open"
        return t(key, lang, status=status, day=fmt.day(until.date(), lang), total=days((until - begun).days),
                 stage=stage(last["stage"]), days=days(last["calendar_days"]))
    spent = visits[~visits["stage_kind"].isin(CLOSING)].groupby("stage", sort=False)["calendar_days"].sum()
    closed = pd.Timestamp(last["entered_on"])
    fields = {"status": status, "day": fmt.day(closed.date(), lang), "total": days((closed - begun).days)}
    if spent.empty:
        return t("opportunity.story.closed", lang, **fields)
    return t("opportunity.story.longest", lang, **fields, stage=stage(spent.idxmax()), days=days(spent.max()))


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
