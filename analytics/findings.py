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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from analytics import format as show
from analytics.i18n import t
from analytics.periods import parse
from analytics.statistics.estimate import LEVEL, Estimate, known
from analytics.statistics.intervals import difference

Strength = Literal["clear", "unclear", "too_few", "nothing"]
Name = Callable[[str], str]
MIN_N = 5
#: from this share of open cases on, a conversion is said to be able to rise
MANY_OPEN = 1 / 3


@dataclass(frozen=True)
class Finding:
    """A sentence and how firm it is.

    title   the same in the few words that fit above a chart on a phone ("": the sentence is that short)
    more    what the title leaves out
    """

    text: str
    strength: Strength
    title: str = ""
    more: str = ""

    @property
    def heading(self) -> str:
        """What stands above a chart."""
        return self.title or self.text


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


def slowest_stage(stages: pd.DataFrame, lang: str, *, what: str, name: Name = str, min_n: int = MIN_N,
                  watched: Mapping[str, float] | None = None) -> Finding:
    """The stage that takes longest. Columns: stage, n, events, value (median days), low, high.

    A median that is not reached is longer than the stage was watched (`watched`: that function), which is all that is
    known of it; it is surely longer than its lower limit and, where the curve is too high for one, than the watch.
    """
    if (early := _too_early(stages, "events", lang, what, min_n)) is not None:
        return early
    enough = stages[stages["events"] >= min_n].to_dict("records")
    medians = {row["stage"]: _median(row, (watched or {}).get(row["stage"], 0.0)) for row in enough}
    ranked = sorted(enough, key=lambda r: (medians[r["stage"]].value, r["n"]), reverse=True)
    first, others = ranked[0], ranked[1:]
    rivals = [r for r in others if not medians[first["stage"]].is_apart_from(medians[r["stage"]])]
    is_open = pd.isna(first["value"])
    fields = {"stage": name(first["stage"]), "n": show.number(first["n"]),
              "days": "" if is_open else show.days(first["value"], lang)}
    kind = "finding.slowest.not_reached" if is_open else "finding.slowest"
    if not others:
        return Finding(t(f"{kind}.only", lang, **fields), "unclear")
    said = t(f"{kind}.clear", lang, **fields)
    if not rivals:
        return Finding(said, "clear")
    other, is_open = rivals[0], pd.isna(rivals[0]["value"])
    return Finding(t("finding.slowest.not_reached.rival" if is_open else "finding.slowest.rival", lang, sentence=said,
                     other=name(other["stage"]), other_days="" if is_open else show.days(other["value"], lang)),
                   "unclear")


def watched(curves: pd.DataFrame) -> dict[str, float]:
    """Until which day at least MIN_N were watched in each stage (columns: stage, days, at_risk)."""
    return curves[curves["at_risk"] >= MIN_N].groupby("stage")["days"].max().to_dict()


def is_watch_needed(stages: pd.DataFrame, min_n: int = MIN_N) -> bool:
    """Is there a median that is not reached, so that `slowest_stage` needs to know how long was watched?"""
    return bool((stages["value"].isna() & (stages["events"] >= min_n)).any())


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


def _median(row: dict[str, Any], watched: float) -> Estimate:
    """The median in days, or, where it is not reached, what it is longer than."""
    value, low, high = (known(np.nan if row[key] is None else row[key]) for key in ("value", "low", "high"))
    if value is not None:
        return Estimate(value, low, high)
    return Estimate(max(low or 0.0, watched), watched if low is None else low, None)


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


def _too_early(frame: pd.DataFrame, column: str, lang: str, what: str, min_n: int) -> Finding | None:
    """The finding of a frame that is empty or has too few cases in every row."""
    if frame.empty or not (frame[column] > 0).any():
        return Finding(t("finding.nothing", lang, what=what), "nothing")
    most = int(frame[column].max())
    return _few(what, most, lang) if most < min_n else None


def _few(what: str, n: int, lang: str) -> Finding:
    return Finding(t("finding.too_few", lang, what=what, n=show.number(n)), "too_few")
