"""Sentences about the support line, in both languages, that never say more than their numbers support."""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics import i18n
from analytics.findings import MIN_N, Finding
from analytics.i18n import t
from analytics.periods import parse
from analytics.statistics.intervals import difference
from data.scope import UNKNOWN
from data.settings import Settings


def team_shift(shifts: pd.DataFrame, lang: str) -> Finding:
    """Which presales team answers later (or sooner) than before and than the others (rows: support_shifts.shifts)."""
    if shifts.empty:
        return Finding(t("support.shift.few", lang), "too_few")
    real = shifts[shifts["is_real"]].to_dict("records")
    if not real:
        return Finding(t("support.shift.none", lang, tests=show.number(shifts["tests"].iloc[0])), "unclear")
    row = next((r for r in real if r["is_slower"]), real[0])
    key = f"support.shift.{'slower' if row['is_slower'] else 'faster'}"
    fields = {"team": i18n.label("team", row["support_team"], lang), "since": show.period(parse(row["since"]), lang),
              "n": show.number(row["n_after"]), **{k: hours(row[k], lang) for k in ("before", "after", "others")}}
    return Finding(t(key, lang, **fields), "clear", t(f"{key}.title", lang, **fields))


def conditions(frame: pd.DataFrame, lang: str, settings: Settings) -> Finding:
    """Do opportunities that lack the necessary conditions take more presales than others? (rows: support.conditions)

    Segments are looked at one by one; the one named is where the two intervals of hours per opportunity stay apart.
    """
    pairs = [
        (weak, met)
        for segment, part in frame[frame["segment"] != UNKNOWN].groupby("segment", sort=False)
        for weak, met in [(part[part["condition"] == c].iloc[0].to_dict() for c in ("weak", "met"))]
        if min(weak["n"], met["n"]) >= MIN_N
    ]
    if not pairs:
        return Finding(
            t("support.conditions.few", lang, n=show.number(frame["n"].sum() if len(frame) else 0)), "too_few"
        )
    apart = [(weak, met) for weak, met in pairs if weak["low"] > met["high"] or weak["high"] < met["low"]]
    weak, met = max(apart or pairs, key=lambda pair: pair[0]["value"] - pair[1]["value"])
    fields = {
        "segment": i18n.label("segment", weak["segment"], lang, settings),
        "n": show.number(weak["n"] + met["n"]),
        "deals": show.rate(weak["deal_share"]),
        "share": show.rate(weak["hours_share"]),
        "value": _spent(weak["value"], lang),
        "other": _spent(met["value"], lang),
    }
    if not apart:
        return Finding(t("support.conditions.none", lang, **fields), "unclear")
    key = f"support.conditions.{'more' if weak['value'] > met['value'] else 'less'}"
    said, each = t(key, lang, **fields), t("support.conditions.each", lang, **fields)
    if difference(weak["won"], weak["decided"], met["won"], met["decided"]).excludes(0):
        rates = {"win": show.rate(weak["win_rate"]), "other_win": show.rate(met["win_rate"])}
        said = t("support.conditions.win", lang, sentence=said, **rates)
        each = t("support.conditions.each.win", lang, said=each, **rates)
    return Finding(said, "clear", t(f"{key}.title", lang, **fields), each)


def hours(days: float | None, lang: str) -> str:
    """A wait in days as whole hours."""
    return show.days(days, lang, hours=True, digits=0)


def _spent(value: float | None, lang: str) -> str:
    return t("support.hour", lang, n=show.number(value, digits=1))
