"""Sentences about what needs attention, in both languages, that never say more than their numbers support.

As analytics/findings.py: "clear" only where chance does not explain it, all comparisons of a page corrected for one
another. Names come in as they are to be shown.
"""

from __future__ import annotations

import pandas as pd

from analytics import format as show
from analytics.findings import Finding, Name
from analytics.i18n import t

#: How many rules are named of a team, after the first.
ALSO = 2
#: With fewer cases on either side nothing is said of win rates.
MIN_N = 20


def teams(shifts: pd.DataFrame, lang: str, *, name: Name = str, segment: Name = str) -> list[Finding]:
    """One sentence per team that breaks rules more often than the others of its segment, the most certain first (rows:
    attention.shifts); one that says so where none does. Never moved is also stalled:
    only the first is told then."""
    real = shifts[shifts["is_real"].astype(bool)] if len(shifts) else shifts
    if real.empty:
        tests = int(shifts["tests"].iloc[0]) if len(shifts) else 0
        key = "none" if tests else "unknown"
        return [Finding(t(f"attention.team.{key}", lang, tests=show.number(tests)), "unclear" if tests else "too_few")]
    found = []
    for (team, of), rows in real.groupby(["team", "segment"], sort=False):
        told = _apart(rows).to_dict("records")
        text = t(
            "attention.team.said",
            lang,
            team=name(team),
            segment=segment(of),
            said=_said(told[0], lang),
            n=show.number(told[0]["n"]),
        )
        more = [_said(row, lang) for row in told[1 : 1 + ALSO]]
        if more:
            text = t("attention.team.also", lang, sentence=text, more=t("attention.list", lang).join(more))
        found.append(Finding(text, "clear"))
    return found


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the rules that say again what a more certain one has said."""
    if "never_moved" in set(rows["metric"]):
        rows = rows[rows["metric"] != "stalled"]
    return rows


def _said(row: dict[str, object], lang: str) -> str:
    return t(f"attention.said.{row['metric']}", lang, value=show.rate(row["value"]), rest=show.rate(row["rest_value"]))


def spend(found: pd.DataFrame, lang: str, *, pipeline: Name = str) -> Finding:
    """Do presales hours go where the necessary conditions are missing? The pipeline where it is most certain (rows:
    attention.spend)."""
    if found.empty:
        return Finding(t("attention.spend.unknown", lang), "nothing")
    real = found[found["is_real"].astype(bool)]
    if real.empty:
        return Finding(t("attention.spend.none", lang, n=show.number(int(found["n"].sum()))), "unclear")
    row = real.loc[real["low"].idxmax()]
    text = t(
        "attention.spend.said",
        lang,
        pipeline=pipeline(row["pipeline"]),
        hours=show.rate(row["hours_share"]),
        deals=show.rate(row["deals_share"]),
        n=show.number(row["n_weak"]),
        weak=show.number(row["mean_weak"]),
        rest=show.number(row["mean_rest"]),
    )
    return Finding(text, "clear")


def warned(found: pd.DataFrame, lang: str, *, segment: Name = str) -> list[Finding]:
    """Do the warnings mean anything? One sentence per pipeline and segment (rows: attention.outcomes)."""
    rows = found[(found["n_warned"] >= MIN_N) & (found["n_others"] >= MIN_N)] if len(found) else found
    if rows.empty:
        return [Finding(t("attention.warned.unknown", lang), "nothing")]
    return [_warned(row, lang, segment) for row in rows.to_dict("records")]


def _warned(row: dict[str, object], lang: str, segment: Name) -> Finding:
    key = "chance" if not row["is_real"] else "down" if row["change"] < 0 else "up"  # type: ignore[operator]
    text = t(
        f"attention.warned.{key}",
        lang,
        segment=segment(str(row["segment"])),
        warned=show.rate(row["warned"]),
        n=show.number(row["n_warned"]),
        others=show.rate(row["others"]),
        m=show.number(row["n_others"]),
    )
    return Finding(text, "clear" if row["is_real"] else "unclear")


def points(lift: pd.DataFrame, lang: str, *, item: Name = str) -> Finding:
    """Which control point goes with winning (rows: attention_pack.lift)."""
    if lift.empty or not ((lift["n_with"] > 0) & (lift["n_without"] > 0)).any():
        return Finding(t("attention.points.unknown", lang), "nothing")
    real = lift[lift["is_real"] & (lift["value"] > 0)]
    if real.empty:
        return Finding(t("attention.points.none", lang, n=show.number(len(lift))), "unclear")
    row = real.loc[real["low"].idxmax()]
    return Finding(
        t(
            "attention.points.said",
            lang,
            item=item(row["item"]),
            change=show.points(row["value"], lang),
            n=show.number(row["n_with"]),
            m=show.number(row["n_without"]),
        ),
        "clear",
    )


def due(gaps: pd.DataFrame, lang: str, *, stage: Name = str) -> Finding:
    """In which stage most control points that are due are missing (rows: attention_pack.gaps)."""
    rows = gaps[(gaps["due"] != "") & (gaps["known"] > 0)] if len(gaps) else gaps
    if rows.empty:
        return Finding(t("attention.due.unknown", lang), "nothing")
    missing = rows["known"] - rows["met"]
    row = rows.loc[missing.idxmax()]
    return Finding(
        t(
            "attention.due.said",
            lang,
            all_missing=show.number(missing.sum()),
            all=show.number(rows["known"].sum()),
            stage=stage(row["stage"]),
            missing=show.number(row["known"] - row["met"]),
            n=show.number(row["known"]),
        ),
        "clear",
    )
