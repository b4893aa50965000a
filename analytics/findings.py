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


def _estimate(row: dict[str, Any]) -> Estimate:
    return Estimate(*(None if pd.isna(row.get(key)) else float(row[key]) for key in ("value", "low", "high")))
