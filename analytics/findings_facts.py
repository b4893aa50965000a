"""Sentences that say what is there: the largest, the first and last, the latest. In both languages.

As analytics/findings.py, but they compare nothing and so claim nothing: each names a number that the chart draws, so
that a title tells what to look at. Names come in as they are to be shown. "" where there is nothing to name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import MIN_N, Name
from analytics.i18n import t
from analytics.periods import parse

#: the day at which a survival curve is read, if it reaches so far
DAY = 90


def lost_most(outcomes: pd.DataFrame, lang: str, *, what: str, name: Name = str) -> str:
    """The stage, or the stages alike, in which most were lost (columns: stage, n, lost)."""
    if outcomes.empty or not outcomes["lost"].max() > 0:
        return ""
    most = outcomes[outcomes["lost"] == outcomes["lost"].max()]
    row = most.iloc[0]
    lost = show.number(row["lost"])
    if len(most) > 1:
        stages = t("view.and", lang).join(t("fact.lost_most.stage", lang, stage=name(s)) for s in most["stage"])
        return t("fact.lost_most.tie", lang, what=what, stages=stages, lost=lost)
    key = "fact.lost_most" if (outcomes["n"] > 0).sum() > 1 else "fact.lost_most.only"
    return t(key, lang, what=what, stage=name(row["stage"]), lost=lost, n=show.number(row["n"]))


def moves(flow: pd.DataFrame, lang: str, *, what: str) -> str:
    """How many of all moves skipped a stage or went back (columns: exit_kind, n)."""
    counted = flow.groupby("exit_kind")["n"].sum()
    onward = int(counted.reindex(["advance", "skip", "regress", "won"]).sum())
    if not onward:
        return ""
    skip, regress = int(counted.get("skip", 0)), int(counted.get("regress", 0))
    key = "fact.moves" if skip or regress else "fact.moves.none"
    return t(key, lang, what=what, n=show.number(onward), skip=show.number(skip), regress=show.number(regress))


def still_there(curves: pd.DataFrame, lang: str, *, what: str, name: Name = str) -> str:
    """The stage, or the stages alike, that most have not left after DAY days (columns: stage, days, at_risk, survival;
    steps that hold until the next). Curves that were not watched for so long, or on which less than MIN_N were, are
    left out."""
    reach = curves.groupby("stage")["days"].max()
    read = curves[(curves["days"] <= DAY) & curves["stage"].isin(reach.index[reach >= DAY])]
    if read.empty:
        return ""
    started = curves.groupby("stage")["at_risk"].max()
    read = read[read["stage"].isin(started.index[started >= MIN_N])]
    if read.empty:
        return ""
    last = read.sort_values("days", kind="stable").groupby("stage")["survival"].last().reindex(read["stage"].unique())
    most = last[last == last.max()].index
    key = "fact.still_there" + ("" if len(most) == 1 else ".tie") if len(last) > 1 else "fact.still_there.only"
    stages = t("view.and", lang).join(t("fact.lost_most.stage", lang, stage=name(str(stage))) for stage in most)
    return t(key, lang, what=what, stage=stages, share=show.rate(last.max()), days=show.days(DAY, lang))


def latest(frame: pd.DataFrame, lang: str, *, by: str, value: str, name: Name,
           written: Callable[[Any], str]) -> str:
    """The highest and the lowest group of the latest period, or the groups alike (columns: quarter, `by`, `value`)."""
    known = frame[frame[value].notna()]
    if known.empty:
        return ""
    rows = known[known["quarter"] == known["quarter"].max()]
    if rows[value].nunique() < 2:
        return ""

    def end(key: str, at: float) -> str:
        alike = [name(group) for group in rows.loc[rows[value] == at, by]]
        return t(f"fact.latest.{key}" if len(alike) == 1 else f"fact.latest.{key}.tie", lang,
                 name=t("view.and", lang).join(alike), value=written(at))
    return t("fact.latest", lang, period=show.period(parse(rows["quarter"].iloc[0]), lang),
             high=end("high", rows[value].max()), low=end("low", rows[value].min()))


def highest(frame: pd.DataFrame, *, by: str, value: str) -> str | None:
    """The group that `latest` names first; None where it names none."""
    rows = frame[frame[value].notna()]
    rows = rows[rows["quarter"] == rows["quarter"].max()]
    return None if rows[value].nunique() < 2 else str(rows.loc[rows[value].idxmax(), by])


def most_to_decide(owners: pd.DataFrame, lang: str) -> str:
    """Whose open opportunities were counted most often, alone or alike (columns: owner_name, n, any). A rule may not
    have been asked of everybody's, so nobody is said to have most to decide."""
    named = owners[owners["owner_name"].notna() & (owners["any"] > 0)]
    most = named[named["any"] == named["any"].max()]
    if most.empty:
        return ""
    key = "fact.owner" if len(most) == 1 else "fact.owner.tie"
    return t(key, lang, name=t("view.and", lang).join(most["owner_name"]), any=show.number(most["any"].iloc[0]),
             n=show.number(most["n"].iloc[0]))


def moved_most(frame: pd.DataFrame, lang: str, *, weeks: int, name: str, change: str) -> str:
    """Who lost and who gained most over the last weeks (columns `name` and `change`)."""
    known = frame[frame[change].notna()]
    if known.empty:
        return ""
    low, high = known.loc[known[change].idxmin()], known.loc[known[change].idxmax()]
    parts = [t(f"fact.moved_most.{key}", lang, name=row[name], change=show.number(row[change], digits=1, signed=True))
             for key, row, is_so in (("down", low, low[change] < 0), ("up", high, high[change] > 0)) if is_so]
    return t("fact.moved_most", lang, weeks=weeks, said=t("view.and", lang).join(parts)) if parts else ""
