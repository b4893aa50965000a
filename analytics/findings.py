"""Sentences that say what a chart shows, in both languages, and never more than its numbers support.

Each function takes figures and returns a `Finding`: the sentence, and how firm it is.
    clear    the figures are further apart than chance explains (95 %)
    unclear  there is a largest or a difference, but chance can explain it, and the sentence says so
    too_few  fewer than `min_n` cases: the sentence gives n and no statement
    nothing  no rows at all
Where the largest of several is named, it is "clear" only if it holds against every other one after Bonferroni's
correction, because whoever looks at seven stages finds a lowest one in pure noise too. Names (stages, segments,
metrics) come in as they are to be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pandas as pd

from analytics import format as show
from analytics.i18n import t
from analytics.periods import parse
from analytics.statistics.estimate import LEVEL, Estimate
from analytics.statistics.intervals import difference, trend_p

Strength = Literal["clear", "unclear", "too_few", "nothing"]
Kind = Literal["rate", "days", "number"]
Name = Callable[[str], str]
MIN_N = 5
#: from this share of open cases on, a conversion is said to be able to rise
MANY_OPEN = 1 / 3


@dataclass(frozen=True)
class Finding:
    """A sentence and how firm it is."""

    text: str
    strength: Strength


class Share(NamedTuple):
    """A group's share: `x` of `n`, under the name to be shown."""

    name: str
    x: int
    n: int

    @property
    def value(self) -> float:
        """x / n."""
        return self.x / self.n


def weakest_step(steps: pd.DataFrame, lang: str, *, what: str, name: Name = str, min_n: int = MIN_N) -> Finding:
    """Where the fewest go on. Columns of `steps`: stage, next_stage, n, reached, and open if known.

    The lowest share among the steps with at least `min_n`; a step with many open cases is said to be able to rise.
    """
    if (early := _too_early(steps, "n", lang, what, min_n)) is not None:
        return early
    enough = steps[steps["n"] >= min_n]
    shares = [Share(_step(row, name), int(row["reached"]), int(row["n"])) for row in enough.to_dict("records")]
    place = min(range(len(shares)), key=lambda i: shares[i].value)
    weakest, others = shares[place], shares[:place] + shares[place + 1:]
    row = enough.iloc[place]
    fields = {"stage": name(row["stage"]), "next_stage": name(row["next_stage"]), "share": show.rate(weakest.value),
              "n": show.number(weakest.n)}
    rivals = [s for s in others if not _is_below(weakest, s, len(others))]
    if not others:
        found = Finding(t("finding.step.only", lang, **fields), "unclear")
    elif not rivals:
        found = Finding(t("finding.step.clear", lang, **fields), "clear")
    else:
        rival = min(rivals, key=lambda s: s.value)
        more = {"other": rival.name, "other_share": show.rate(rival.value)}
        found = Finding(t("finding.step.unclear", lang, **fields, **more), "unclear")
    return _mention_open(found, row, lang)


def compare_shares(what: str, a: Share, b: Share, lang: str, *, min_n: int = MIN_N) -> Finding:
    """Two groups side by side, e.g. KA and SMB, with Newcombe's interval for their difference."""
    if min(a.n, b.n) < max(1, min_n):
        return _few(what, min(a.n, b.n), lang)
    apart = difference(a.x, a.n, b.x, b.n)
    is_clear = apart.excludes(0)
    text = t(f"finding.pair.{'clear' if is_clear else 'unclear'}", lang, what=what, a=a.name, b=b.name,
             a_value=show.rate(a.value), b_value=show.rate(b.value), a_n=show.number(a.n), b_n=show.number(b.n),
             difference=show.points(apart.value, lang))
    return Finding(text, "clear" if is_clear else "unclear")


def compare_days(what: str, a: tuple[str, Estimate, int], b: tuple[str, Estimate, int], lang: str, *,
                 p_value: float | None = None, min_n: int = MIN_N) -> Finding:
    """Two groups' durations, each (name, estimate in days, events).

    Clear if the log-rank test says so (`p_value` < 0.05, see `survival.logrank`), or without it if the two
    intervals do not touch. A median that is not reached is said to be so.
    """
    if min(a[2], b[2]) < min_n:
        return _few(what, min(a[2], b[2]), lang)
    if not a[1].is_known:
        a, b = b, a
    if not a[1].is_known:
        return _few(what, min(a[2], b[2]), lang)
    is_clear = p_value < 1 - LEVEL if p_value is not None else a[1].is_apart_from(b[1])
    fields = {"what": what, "a": a[0], "b": b[0], "a_value": show.days(a[1].value, lang)}
    if not b[1].is_known:
        return Finding(t("finding.pair.not_reached", lang, **fields), "clear" if is_clear else "unclear")
    gap = show.days((a[1].value or 0) - (b[1].value or 0), lang, signed=True)
    text = t(f"finding.pair.{'clear' if is_clear else 'unclear'}", lang, **fields, difference=gap,
             b_value=show.days(b[1].value, lang), a_n=show.number(a[2]), b_n=show.number(b[2]))
    return Finding(text, "clear" if is_clear else "unclear")


def slowest_stage(stages: pd.DataFrame, lang: str, *, what: str, name: Name = str, min_n: int = MIN_N) -> Finding:
    """The stage that takes longest. Columns: stage, n, events, value (median days), low, high.

    A stage with enough events whose median is not reached is slower than any median: it is named first.
    """
    if (early := _too_early(stages, "events", lang, what, min_n)) is not None:
        return early
    enough = stages[stages["events"] >= min_n].to_dict("records")
    waiting = [row for row in enough if pd.isna(row["value"])]
    if waiting:
        row = max(waiting, key=lambda r: r["n"])
        fields = {"stage": name(row["stage"]), "n": show.number(row["n"])}
        return Finding(t("finding.slowest.not_reached", lang, **fields), "clear" if len(waiting) == 1 else "unclear")
    ranked = sorted(enough, key=lambda r: r["value"], reverse=True)
    first = ranked[0]
    rivals = [r for r in ranked[1:] if not _estimate(first).is_apart_from(_estimate(r))]
    fields = {"stage": name(first["stage"]), "days": show.days(first["value"], lang), "n": show.number(first["n"])}
    if not rivals:
        return Finding(t("finding.slowest.clear", lang, **fields), "clear")
    more = {"other": name(rivals[0]["stage"]), "other_days": show.days(rivals[0]["value"], lang)}
    return Finding(t("finding.slowest.unclear", lang, **fields, **more), "unclear")


def stage_shift(shifts: pd.DataFrame, lang: str, *, what: str, name: Name = str) -> Finding:
    """In which stage of one pipeline and segment opportunities stay longer or shorter than before. Rows:
    stage_shifts.shifts, the most certain first."""
    real = shifts[shifts["is_real"]].to_dict("records") if len(shifts) else []
    if not real:
        return Finding("", "nothing" if shifts.empty else "unclear")
    row = real[0]
    return Finding(t(
        f"finding.stage_shift.{'longer' if row['is_longer'] else 'shorter'}", lang, what=what, stage=name(row["stage"]),
        since=show.period(parse(row["since"]), lang), after=show.days(row["after"], lang),
        before=show.days(row["before"], lang), n=show.number(row["n_after"]), n_before=show.number(row["n_before"])),
        "clear")


def half_left(stage: str, median: Estimate, n: int, still_open: int, events: int, lang: str, *,
              min_n: int = MIN_N) -> Finding:
    """What a survival curve says: after how long half have left, and how many are still there."""
    if events < min_n:
        return _few(stage, events, lang)
    fields = {"stage": stage, "n": show.number(n), "open": show.number(still_open)}
    if not median.is_known:
        return Finding(t("finding.half.not_reached", lang, **fields), "clear")
    return Finding(t("finding.half", lang, **fields, days=show.days(median.value, lang)), "clear")


def change_of_share(what: str, now: Share, before: Share, lang: str, *, min_n: int = MIN_N) -> Finding:
    """A share against the comparison period: is the move more than chance explains?"""
    if min(now.n, before.n) < max(1, min_n):
        return _few(what, min(now.n, before.n), lang)
    moved = difference(now.x, now.n, before.x, before.n)
    fields = {"what": what, "now": show.rate(now.value), "before": show.rate(before.value)}
    return _moved(moved.value or 0.0, moved.excludes(0), show.points(moved.value, lang), fields, lang)


def change_of_days(what: str, now: Estimate, before: Estimate, lang: str, *, events: int, events_before: int,
                   p_value: float | None = None, min_n: int = MIN_N) -> Finding:
    """A duration against the comparison period: by the log-rank test if given, else by intervals that do not touch."""
    if min(events, events_before) < min_n or now.value is None or before.value is None:
        return _few(what, min(events, events_before), lang)
    is_clear = p_value < 1 - LEVEL if p_value is not None else now.is_apart_from(before)
    gap = now.value - before.value
    fields = {"what": what, "now": show.days(now.value, lang), "before": show.days(before.value, lang)}
    return _moved(gap, is_clear, show.days(gap, lang, signed=True), fields, lang)


def trend(what: str, periods: pd.DataFrame, lang: str, *, min_n: int = MIN_N) -> Finding:
    """A share over time, oldest period first. Columns: x, n, and is_complete if known. Real only if the
    Cochran-Armitage test says so.

    Its figures are the ends of the straight line through all periods, weighted by their n: the line whose slope is
    what the test judges, so that direction and figures always agree. Periods with fewer than `min_n` cases and
    unfinished ones are left out (and stay gaps in time): one lucky case in a quarter of two days is no end of a trend.
    """
    if periods.empty or not (periods["n"] > 0).any():
        return Finding(t("finding.nothing", lang, what=what), "nothing")
    is_usable = periods["n"] >= max(1, min_n)
    if "is_complete" in periods.columns:
        is_usable &= periods["is_complete"].astype(bool)
    rows = periods[is_usable]
    if len(rows) < 3:
        return _few(what, int(rows["n"].sum()), lang)
    places = [place for place, kept in enumerate(is_usable) if kept]
    tested = trend_p(rows["x"], rows["n"], places)
    shares = rows["x"] / rows["n"]
    first, last = (show.rate(end) for end in _fitted_ends(shares, rows["n"], places))
    fields = {"what": what, "periods": show.number(len(rows))}
    if tested is None or tested[1] >= 1 - LEVEL or first == last:
        return Finding(t("finding.trend.none", lang, **fields, last=show.rate(shares.iloc[-1])), "unclear")
    key = "up" if tested[0] > 0 else "down"
    return Finding(t(f"finding.trend.{key}", lang, **fields, first=first, last=last), "clear")


def against_standard(what: str, value: Estimate, target: float | None, direction: str, lang: str, *,
                     kind: Kind = "rate", n: int = 0, min_n: int = MIN_N) -> Finding:
    """A value against its target. A target that is met by luck is still met; a miss is clear only beyond chance."""
    if value.value is None or target is None or n < min_n:
        return _few(what, n, lang)
    write: Callable[..., str] = {"rate": show.rate, "days": show.days, "number": show.number}[kind]  # type: ignore[assignment]
    gap = value.value - target
    fields = {"what": what, "value": write(value.value, lang), "target": write(target, lang)}
    if (gap >= 0) if direction == "up" else (gap <= 0):
        return Finding(t("finding.standard.met", lang, **fields), "clear" if value.excludes(target) else "unclear")
    shown = show.points(gap, lang) if kind == "rate" else (
        show.days(gap, lang, signed=True) if kind == "days" else show.number(gap, lang, signed=True))
    is_clear = value.excludes(target)
    text = t(f"finding.standard.missed_{'clear' if is_clear else 'unclear'}", lang, **fields, gap=shown)
    return Finding(text, "clear" if is_clear else "unclear")


def _step(row: dict[str, Any], name: Name) -> str:
    return f"{name(row['stage'])} → {name(row['next_stage'])}"


def _is_below(low: Share, other: Share, comparisons: int) -> bool:
    apart = difference(low.x, low.n, other.x, other.n, level=1 - (1 - LEVEL) / comparisons)
    return apart.high is not None and apart.high < 0


def _mention_open(found: Finding, row: pd.Series, lang: str) -> Finding:
    still = row.get("open")
    if still is None or pd.isna(still) or still < MANY_OPEN * row["n"]:
        return found
    text = t("finding.step.open", lang, sentence=found.text, open=show.rate(still / row["n"], digits=0))
    return Finding(text, "unclear")


def _moved(size: float, is_clear: bool, change: str, fields: dict[str, str], lang: str) -> Finding:
    if fields["now"] == fields["before"]:
        return Finding(t("finding.change.same", lang, **fields), "unclear")
    key = "unclear" if not is_clear else "up" if size > 0 else "down"
    return Finding(t(f"finding.change.{key}", lang, **fields, change=change), "clear" if is_clear else "unclear")


def _too_early(frame: pd.DataFrame, column: str, lang: str, what: str, min_n: int) -> Finding | None:
    """The finding of a frame that is empty or has too few cases in every row."""
    if frame.empty or not (frame[column] > 0).any():
        return Finding(t("finding.nothing", lang, what=what), "nothing")
    most = int(frame[column].max())
    return _few(what, most, lang) if most < min_n else None


def _few(what: str, n: int, lang: str) -> Finding:
    return Finding(t("finding.too_few", lang, what=what, n=show.number(n)), "too_few")


def _estimate(row: dict[str, Any]) -> Estimate:
    return Estimate(*(None if pd.isna(row.get(key)) else float(row[key]) for key in ("value", "low", "high")))


def _fitted_ends(shares: pd.Series, n: pd.Series, places: list[int]) -> tuple[float, float]:
    """First and last value of the weighted least-squares line, kept within 0 and 1."""
    at, weight, y = pd.Series(places, dtype=float), n.astype(float).to_numpy(), shares.astype(float).to_numpy()
    centre, mean = float((weight * at).sum() / weight.sum()), float((weight * y).sum() / weight.sum())
    slope = float((weight * (at - centre) * (y - mean)).sum() / (weight * (at - centre) ** 2).sum())
    first, last = (min(1.0, max(0.0, mean + slope * (end - centre))) for end in (at.iloc[0], at.iloc[-1]))
    return first, last
