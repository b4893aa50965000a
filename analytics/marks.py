"""What a clicked mark of a chart asks for. Pure.

A mark is a mapping: `question` (the metric's key, "flow", or absent: conversion.reached), `pipeline`, `stage`,
`outcome` (a count column of the metric or a way out; absent: all of the denominator), `month` or `quarter` (by
name), `longer` (only visits of more days), `horizon`, and any filter dimension with its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from analytics.periods import parse
from data.contracts import DIMENSIONS
from data.errors import MvpodError, nearest

#: metric (or its family) -> which of `data.queries.BEHIND` answers, and what "n" means there
_QUESTIONS = {
    "conversion.cohort": ("cohort", "n"), "conversion.stock": ("cohort", "n"), "conversion": ("reach", "n"),
    "stage_days.converted_mean": ("totals", "reached"), "stage_days.dwell_mean": ("totals", "n"),
    "stage_days": ("visit", "n"),
    "cycle_days.won_mean": ("closed", "won"), "cycle_days.won_median": ("closed", "won"),
    "cycle_days.closed_median": ("closed", "decided"), "cycle_days.median": ("created", "n"),
    "win_rate.created_cohort": ("created", "n"), "win_rate.decided": ("closed", "decided"), "win_rate": ("closed", "n"),
    "win_rate.by_stage": ("by_stage", "n"),
    "win_rate.comparison": ("open", "n"), "closeness": ("open", "n"),
    "chain_coverage": ("open", "n"),
    "attention": ("open", "n"), "trust": ("open", "n"),
    "forecast": ("open", "n"),
    "pipeline.bridge": ("bridge", "end"), "pipeline.pushes": ("pushed", "n"), "pipeline.ageing": ("ageing", "n"),
    "pipeline.hygiene": ("hygiene", "n"), "pipeline": ("open", "n"), "regress": ("moves", "n"), "skip": ("moves", "n"),
    "flow": ("flow", "n"),
    "value.velocity": ("open", "n"), "value.channel_conflict": ("open", "n"), "value.coverage": ("open", "n"),
    "value.penetration": ("open", "n"),
    "value.partner_win_rate": ("closed", "n"), "value": ("closed", "won"), "quality": ("open", "n"),
}
#: names that charts use for the same thing
_OUTCOMES = {"events": "left", "censored": "open", "entry": "n"}
#: what only a flow or a visit can have as an outcome
_EXITS = ("advance", "skip", "regress", "won")
_KNOWN = ("question", "pipeline", "stage", "outcome", "month", "quarter", "longer", "horizon", "limit")
_ALIASES = {"owner": "owner_id", "account": "account_id", "mode": "sales_mode"}


@dataclass(frozen=True)
class Mark:
    """A mark in the words of `data.queries.behind`."""

    question: str
    outcome: str
    pipeline: str | None = None
    stage: str | None = None
    months: tuple[date, date] | None = None
    strict: bool = False
    longer: int = -1
    dimensions: Mapping[str, str] = field(default_factory=dict)


def read(mark: Mapping[str, Any], fiscal_year_start: int = 1) -> Mark:
    """The mark as a question; MvpodError E_MARK for a name or metric that no question knows."""
    given = {_ALIASES.get(k, k): v for k, v in mark.items() if v is not None and v != ""}
    for name in given:
        if name not in _KNOWN and name not in DIMENSIONS:
            raise MvpodError("E_MARK", found=name, hint=nearest(name, [*_KNOWN, *DIMENSIONS]))
    asked, outcome = str(given.get("question", "")), str(given.get("outcome", ""))
    if not asked:
        asked = "flow" if outcome in _EXITS else "conversion.reached"
    question, everything = _QUESTIONS.get(asked) or _QUESTIONS.get(asked.split(".")[0]) or (None, "")
    if question is None:
        raise MvpodError("E_MARK", found=asked, hint=nearest(asked, list(_QUESTIONS)))
    outcome = _OUTCOMES.get(outcome, outcome)
    return Mark(
        question, everything if outcome in ("", "n") else outcome, given.get("pipeline"), given.get("stage"),
        _months(given, fiscal_year_start), asked == "conversion.strict", int(given.get("longer", -1)),
        {name: str(given[name]) for name in DIMENSIONS if name in given and name != "pipeline"})


def _months(given: Mapping[str, Any], fiscal_year_start: int) -> tuple[date, date] | None:
    """First and last day of the month or quarter that the mark names."""
    name = given.get("month") or given.get("quarter")
    if name is None:
        return None
    period = parse(str(name), fiscal_year_start)
    return period.start, period.end
