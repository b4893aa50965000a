"""What an indicator should be: own history blended with an industry figure, and how far we are from it (METHOD B14).

target = (n · own + k · industry) / (n + k), where own is the organisation's full months before the period for that
customer type (the period itself is what is judged, so it is no part of its own standard), n its events, and k
says how many events the industry figure is worth. Both parents stay visible beside the target. Industry figures come
from the organisation's own table `standard` first, then from the shipped defaults (data/industry_standards.csv: ours,
and marked so). The published figures in that file are for reading:
their definitions differ too much to be blended without somebody's decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analytics.cells import records, typed
from analytics.statistics.estimate import Estimate
from analytics.statistics.intervals import gap
from data.settings import Standards

Direction = Literal["up", "down", "neutral"]
Status = Literal["green", "amber", "red"]
Origin = Literal["organisation", "ours"]

DEFAULT = Standards()
#: 0.8 · 0.2 is 0.16000000000000003: a value that meets a bound exactly must not miss it by a rounding error
_TIE = 1e-9

NO_HISTORY = "no_history"

#: what `compare` adds to its rows, and as what
ADDED = {"own": "float64", "own_n": "int64", "own_reason": "str", "industry_value": "float64", "industry_origin": "str",
         "industry_year": "Int64", "quality": "str", "source_url": "str", "target": "float64", "gap": "float64",
         "status": "str", "is_clear": "bool", "target_reason": "str"}


@dataclass(frozen=True)
class Industry:
    """One figure from outside, and everything a reader needs to judge it. `definition` by language."""

    value: float
    origin: Origin
    quality: str = ""
    year: int | None = None
    definition: dict[str, str] = field(default_factory=dict, hash=False)
    source_url: str = ""


@dataclass(frozen=True)
class Target:
    """A blended target with both parents. `value` is None where neither is known, `reason` then says why."""

    value: float | None
    own: float | None
    own_n: int
    industry: Industry | None
    reason: str = ""


@cache
def _table() -> pd.DataFrame:
    path = Path(__file__).parent / "data" / "industry_standards.csv"
    text = ["key", "metric", "segment", "stage", "unit", "use", "origin", "quality", "title_en", "title_zh",
            "definition_en", "definition_zh", "source_url"]
    frame = pd.read_csv(path, encoding="utf-8", dtype={**dict.fromkeys(text, "str"), "year": "Int64"})
    return frame.assign(**{name: frame[name].fillna("") for name in text})


@cache
def _defaults(metric: str) -> tuple[dict[str, Any], ...]:
    """The shipped figures that can be about a metric."""
    frame = _table()
    return tuple(row for row in frame[frame["use"] == "default"].to_dict("records") if _covers(row["metric"], metric))


def shipped() -> pd.DataFrame:
    """All shipped figures, one a row (a copy): key, metric ("" = no metric of ours), segment, stage, low, value,
    high, unit, year, use {default, reference}, origin {ours, published}, quality, title and definition in both
    languages, source_url."""
    return _table().copy()


def industry_for(metric: str, segment: str | None = None, stage: str | None = None, *,
                 given: pd.DataFrame | None = None, year: int | None = None) -> Industry | None:
    """The figure to blend with: from `given` (table `standard`) if it has one, else our shipped default, else None.

    A row fits when its metric is `metric` or the beginning of it ("cycle_days.won" covers cycle_days.won_median),
    its stage is `stage`, and its segment is `segment` or empty (= every segment). The organisation's rows come
    first, then the closest metric, the exact segment, the latest year up to `year`.
    """
    return _figure(_rows(given, metric), metric, segment, stage, year)


def fitting(given: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The organisation's rows that can be about a metric: who asks for many segments or stages looks for them once."""
    return given[[metric.startswith(name) for name in given["metric"]]]


def _rows(given: pd.DataFrame | None, metric: str) -> list[dict[str, Any]]:
    return [] if given is None or given.empty else records(fitting(given, metric))


def _figure(given: Iterable[dict[str, Any]], metric: str, segment: str | None, stage: str | None,
            year: int | None) -> Industry | None:
    if (row := _best(given, metric, segment, stage, year)) is not None:
        return _industry(row, "organisation")
    row = _best(_defaults(metric), metric, segment, stage, None)
    return None if row is None else _industry(row, "ours")


def blend(own: float | None, n: int, industry: Industry | None, rules: Standards = DEFAULT) -> Target:
    """The target. Without an industry figure it is own history, if that has at least `rules.min_events`.

    >>> blend(0.25, 60, Industry(0.20, "ours")).value
    0.23333333333333334
    >>> blend(0.25, 3, None).reason, blend(None, 0, None).reason
    ('few_events', 'no_standard')
    """
    own = None if own is None or pd.isna(own) or n <= 0 else float(own)
    n = max(0, int(n))
    if industry is None:
        if own is None:
            return Target(None, None, n, None, "no_standard")
        return Target(own, own, n, None) if n >= rules.min_events else Target(None, own, n, None, "few_events")
    if own is None:
        return Target(industry.value, None, n, industry)
    k = rules.industry_weight
    return Target((n * own + k * industry.value) / (n + k), own, n, industry)


def status(value: float | None, target: float | None, direction: Direction, amber: float = 0.8) -> Status | None:
    """green: target met; amber: at least `amber` of it (where less is better: at most 1/amber of it); else red.

    None where value or target is unknown or the metric has no good direction.

    >>> status(0.2, 0.2, "up"), status(0.17, 0.2, "up"), status(0.15, 0.2, "up")
    ('green', 'amber', 'red')
    >>> status(45, 45, "down"), status(56, 45, "down"), status(57, 45, "down")
    ('green', 'amber', 'red')
    """
    if value is None or target is None or pd.isna(value) or pd.isna(target) or direction == "neutral":
        return None
    if direction == "up":
        is_met, is_near = value >= target - _TIE, value >= amber * target - _TIE
    else:
        is_met, is_near = value <= target + _TIE, value <= target / amber + _TIE
    return "green" if is_met else "amber" if is_near else "red"


def compare(rows: pd.DataFrame, own: pd.DataFrame, metric: str, direction: Direction, *,
            rules: Standards = DEFAULT, given: pd.DataFrame | None = None, by: str = "segment",
            own_n: str = "n", year: int | None = None) -> pd.DataFrame:
    """`rows` with their standards beside them.

    rows: one per customer type and stage: `by` (segment, or ownership …; may be absent), stage (may be absent),
    value, and low and high if known. own: the same keys, value and the number of events in column `own_n`, from
    the full months before the period. Added columns: own, own_n, own_reason ("" | no_history), industry_value,
    industry_origin {organisation, ours}, industry_year, quality, source_url, target, gap (value − target), status,
    is_clear (chance alone does not explain the gap: the interval of value − target, with that of own history in it as
    far as it makes the target, does not hold 0), target_reason.

    Rows that say themselves what is `needed` (with needed_low, needed_high: coverage, METHOD B18) are held against that
    and nothing else.
    """
    keys = [name for name in (by, "stage", "pipeline") if name in rows.columns and name in own.columns]
    history = {tuple(_text(row[k]) for k in keys): row for row in records(own)}
    figures, added = _rows(given, metric), []
    for row in records(rows):
        if "needed" in row:
            added.append(_against(row, *_needed(row), direction, rules.amber))
            continue
        past = history.get(tuple(_text(row[k]) for k in keys), {"value": None, own_n: 0})
        industry = _figure(figures, metric, _text(row.get(by)), _text(row.get("stage")), year)
        target = blend(past["value"], 0 if pd.isna(past[own_n]) else past[own_n], industry, rules)
        added.append(_against(row, target, _around(target, past), direction, rules.amber))
    extra = typed([[one[name] for name in ADDED] for one in added], ADDED)
    return rows.join(pd.DataFrame(extra, index=rows.index))


def _needed(row: dict[str, Any]) -> tuple[Target, Estimate]:
    """The target that the row brings along, with its limits."""
    needed = Estimate(*(None if pd.isna(row[name]) else float(row[name])
                        for name in ("needed", "needed_low", "needed_high")))
    return Target(needed.value, None, 0, None, "no_standard" if needed.value is None else ""), needed


def _around(target: Target, past: dict[str, Any]) -> Estimate:
    """The target with the uncertainty that own history brings into it: an industry figure is taken as it is."""
    own, outside = _estimate(past), target.industry.value if target.industry else None
    if target.value is None or own.value is None or own.low is None or own.high is None:
        return Estimate(target.value, target.value, target.value)
    share = 1.0 if outside in (None, own.value) else (target.value - outside) / (own.value - outside)
    return Estimate(target.value, target.value - share * (own.value - own.low),
                    target.value + share * (own.high - own.value))


def _estimate(row: dict[str, Any]) -> Estimate:
    return Estimate(*(None if pd.isna(row.get(name)) else float(row[name]) for name in ("value", "low", "high")))


def _against(row: dict[str, Any], target: Target, around: Estimate, direction: Direction,
             amber: float) -> dict[str, Any]:
    value, industry = row["value"], target.industry
    known = target.value is not None and not pd.isna(value)
    return {
        "own": target.own, "own_n": target.own_n, "own_reason": NO_HISTORY if target.own is None else "",
        "industry_value": industry.value if industry else None, "industry_origin": industry.origin if industry else "",
        "industry_year": industry.year if industry else None, "quality": industry.quality if industry else "",
        "source_url": industry.source_url if industry else "",
        "target": target.value, "gap": value - target.value if known else None,
        "status": status(value, target.value, direction, amber) or "",
        "is_clear": known and gap(_estimate(row), around).excludes(0), "target_reason": target.reason,
    }


def _best(rows: Iterable[dict[str, Any]], metric: str, segment: str | None, stage: str | None,
          year: int | None) -> dict[str, Any] | None:
    """The row that fits best (see `industry_for`), or None. Of two equally good ones the later row counts."""
    best, score = None, (-1, -1, -1.0)
    for row in rows:
        name, of, at, since = (_text(row.get(key)) for key in ("metric", "segment", "stage", "year"))
        fits = _covers(name, metric) and of in ("", segment or "") and at == (stage or "")
        if not fits or pd.isna(row["value"]) or (year is not None and since and float(since) > year):
            continue
        if (rank := (len(name), len(of), float(since or -1))) >= score:
            best, score = row, rank
    return best


def _covers(name: str, metric: str) -> bool:
    """Is `name` the metric, or its beginning up to a full word?"""
    return bool(name) and metric.startswith(name) and metric[len(name):len(name) + 1] in ("", ".", "_")


def _industry(row: dict[str, Any], origin: Origin) -> Industry:
    year = row.get("year")
    text = {lang: _text(row.get(f"definition_{lang}") or row.get("definition")) for lang in ("en", "zh")}
    return Industry(float(row["value"]), origin, _text(row.get("quality")),
                    None if year is None or pd.isna(year) else int(year), text, _text(row.get("source_url")))


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
