"""Sentences about the open pipeline, in both languages, that never say more than their numbers support.

As analytics/findings.py: each function takes figures and returns a `Finding`. A plain count (the bridge, gaps in
records) is "clear"; where groups are held against each other, only what chance does not explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.bridge import GONE, INS
from analytics.findings import MIN_N, Finding, Name
from analytics.i18n import t
from analytics.periods import parse
from analytics.pipeline_health import ISSUES

#: Stocks that differ by less than this share have hardly changed.
_HARDLY = 0.005
#: What moved less than this share of the largest stock or flow is left out of the sentence.
_MINOR = 0.03


def moved(parts: pd.DataFrame, lang: str, *, what: str) -> Finding:
    """What moved the stock, from the rows of bridge.parts of one group: in amounts, else in numbers."""
    row = {r["part"]: r for r in parts.to_dict("records")}
    start, end = row["start"], row["end"]
    if not any(r["n"] for r in row.values()):
        return Finding(t("pipeline.moved.nothing", lang, what=what), "nothing")
    unknown = [r for r in (start, end) if r["n"] and not show.is_known(r["amount"])]
    by, write = ("effect_n", show.number) if unknown else ("effect", lambda v: show.amount(v, lang))
    came = sum(row[p][by] for p in INS)
    gone = -sum(row[p][by] for p in ("lost", "no_decision", "void"))
    away = -sum(row[p][by] for p in (*GONE, "postponed"))
    grown = 0.0 if unknown else row["increased"]["effect"] + row["decreased"]["effect"]
    fields = {
        "what": what,
        "start": write(start[by]),
        "end": write(end[by]),
        "came": write(came),
        "won": write(-row["won"][by]),
        "gone": write(gone),
        "change": t("pipeline.moved.change", lang, change=show.change(end[by], start[by], lang)) if start[by] else "",
    }
    largest = max(abs(came), abs(row["won"][by]), abs(gone), start[by], end[by])

    def counts(effect: float) -> bool:  # the rest is in the chart
        return abs(effect) >= _MINOR * largest
    is_near = end[by] == start[by] or (start[by] and abs(end[by] / start[by] - 1) < _HARDLY)
    key = ("up" if end[by] > start[by] else "down") if not is_near else (
        "same" if fields["start"] == fields["end"] else "steady")
    text = t(f"pipeline.moved.{key}", lang, **fields)
    if counts(away):
        text += t("pipeline.moved.away", lang, away=write(away))
    if counts(grown):
        text += t("pipeline.moved.grown", lang, grown=show.amount(grown, lang, signed=True))
    if counts(row["reopened"][by]):
        text += t("pipeline.moved.reopened", lang, n=show.number(row["reopened"]["n"]))
    return Finding(text, "clear")


def pushes(frame: pd.DataFrame, by: str, lang: str, *, name: Name = str, segment: Name = str) -> Finding:
    """Who pushes more than the others of the same segment, and whether at the end of quarters (rows of ask.pushes)."""
    judged = frame[frame["gap"].notna()]
    if not frame["n"].any():
        return Finding(t("pipeline.pushes.unknown", lang), "nothing")
    if len(judged) < 2:
        return Finding(
            t(
                "pipeline.pushes.level",
                lang,
                pushed=show.number(frame["pushed"].sum()),
                n=show.number(frame["n"].sum()),
                value=show.rate(frame["pushed"].sum() / frame["n"].sum()),
            ),
            "too_few",
        )
    more = judged[judged["is_apart"] & (judged["gap"] > 0)].sort_values("gap", ascending=False, kind="stable")
    if more.empty:
        return Finding(
            t(
                "pipeline.pushes.alike_within" if judged["within"].any() else "pipeline.pushes.alike",
                lang,
                n=show.number(len(judged)),
                value=show.rate(frame["pushed"].sum() / frame["n"].sum()),
            ),
            "unclear",
        )
    row = more.iloc[0].to_dict()
    days = show.days(row["days_mean"], lang, digits=0)
    place = t("pipeline.pushes.in", lang, segment=segment(row["within"])) if row["within"] else ""
    rest = t(f"pipeline.pushes.{'others_there' if place else 'others'}", lang, rest=show.rate(row["within_rest"]))
    fields = {"name": name(row[by]), "value": show.rate(row["within_value"]), "n": show.number(row["within_n"]),
              "rest": rest, "place": place}
    others = [name(n) for n in more[by].iloc[1:3]]
    also = t("pipeline.pushes.also", lang, names=t("view.and", lang).join(others)) if others else ""
    text = t("pipeline.pushes.who", lang, days=days, **fields)
    if row["is_late"]:
        text += t("pipeline.pushes.late", lang, late=show.rate(row["late"] / row["moves"]),
                  usual=show.rate(row["usual"]))
    return Finding(text + also, "clear", t("pipeline.pushes.title", lang, **fields) + also,
                   t("pipeline.pushes.far", lang, name=fields["name"], days=days))


def gathered(frame: pd.DataFrame, lang: str, *, who: str) -> Finding:
    """How many pushes fall in the last weeks of quarters, against the days that these are (rows of ask.pushes: of one
    group, or of all)."""
    moves, late = frame["moves"].sum(), frame["late"].sum()
    if not moves:
        return Finding(t("pipeline.weeks.none", lang, name=who), "nothing")
    is_sure = len(frame) == 1 and bool(frame["is_late"].iloc[0])
    return Finding(t(f"pipeline.weeks.{'late' if is_sure else 'share'}", lang, name=who, late=show.rate(late / moves),
                     usual=show.rate(frame["usual"].iloc[0])), "clear" if is_sure else "unclear")


def covered(rows: pd.DataFrame, lang: str, *, name: Name = str) -> Finding:
    """Is the open amount enough for what remains? Of the rows of ask.target_coverage the one that lacks most against
    its need: of those surely short, else of those too close to say; enough only if all that can be judged are."""
    known = rows[rows["value"].notna()]
    if known.empty:
        reason = rows["reason"].iloc[0] if len(rows) else "no_target"
        return Finding(
            t(f"pipeline.coverage.{'reached' if reason == 'target_reached' else 'unknown'}", lang), "nothing"
        )
    judged = known[known["needed"].notna()]
    if judged.empty:
        row = known.iloc[0].to_dict()
        said = t("pipeline.coverage.plain", lang, **_coverage(row, lang, name))
        return Finding(said + _past_due(row, lang), "unclear")
    low, high = (judged[c].fillna(judged["needed"]) for c in ("needed_low", "needed_high"))
    are_short, are_unclear = judged[judged["value"] < low], judged[judged["value"].between(low, high)]
    key, rows = (("short", are_short) if len(are_short) else ("unclear", are_unclear) if len(are_unclear) else
                 ("enough", judged))
    row = rows.loc[(rows["value"] / rows["needed"]).idxmin()].to_dict()
    return Finding(
        t(f"pipeline.coverage.{key}", lang, **_coverage(row, lang, name)) + _past_due(row, lang),
        "unclear" if key == "unclear" else "clear",
    )


def _past_due(row: Mapping[str, Any], lang: str) -> str:
    """What is past due is in no quarter to come: how far it would reach, were all of it to come in this one."""
    if not row["overdue"] or not show.is_known(row["overdue_amount"]):
        return ""
    return t("pipeline.coverage.past_due", lang, value=show.number(row["with_past_due"], digits=1))


def _coverage(row: Mapping[str, Any], lang: str, name: Name) -> dict[str, str]:
    quarter = show.period(parse(row["quarter"]), lang)
    return {
        "where": f"{name(row['segment'])} {quarter}" if "segment" in row else quarter,
        "value": show.number(row["value"], digits=1),
        "needed": show.number(row["needed"], digits=1),
    }


def aged(frame: pd.DataFrame, lang: str, *, what: str, name: Name = str) -> Finding:
    """In which stage more stand longer than three of four used to than in a steady stock (rows of ageing.ageing of one
    group); none where chance explains it. That many of a stock are older than most visits is no finding by itself."""
    judged = frame.assign(of=frame[["fast", "usual", "slow", "stuck"]].sum(axis="columns"))
    judged = judged[(judged["of"] >= MIN_N) & judged["value"].notna() & judged["steady"].notna()]
    if judged.empty:
        return Finding(t("pipeline.aged.unknown", lang, what=what), "too_few")
    apart = judged[judged["is_apart"].astype(bool)]
    if apart.empty:
        of = judged["of"].sum()
        value, expected = ((judged[c] * judged["of"]).sum() / of for c in ("value", "steady"))
        return Finding(t("pipeline.aged.alike", lang, what=what, value=show.rate(value), n=show.number(of),
                         expected=show.rate(expected)), "unclear")
    row = apart.loc[(apart["value"] - apart["steady"]).idxmax()].to_dict()
    return Finding(t("pipeline.aged.more", lang, what=what, stage=name(row["stage"]), value=show.rate(row["value"]),
                     n=show.number(row["of"]), days=show.days(row["p75"], lang, digits=0),
                     expected=show.rate(row["steady"])), "clear")


def gaps(row: Mapping[str, Any], lang: str, *, what: str) -> Finding:
    """How many open records lack something, and what most often (one row of pipeline.hygiene)."""
    counts = {issue: row[issue] for issue in ISSUES if show.is_known(row[issue])}
    if not row["n"]:
        return Finding(t("pipeline.gaps.nothing", lang, what=what), "nothing")
    if not counts:
        return Finding(t("pipeline.gaps.unknown", lang, what=what), "nothing")
    if not row["flagged"]:
        return Finding(t("pipeline.gaps.none", lang, what=what, n=show.number(row["n"])), "clear")
    most = max(counts, key=lambda issue: counts[issue])
    return Finding(
        t(
            "pipeline.gaps.most",
            lang,
            what=what,
            flagged=show.number(row["flagged"]),
            n=show.number(row["n"]),
            value=show.rate(row["value"]),
            issue=t(f"pipeline.issue.{most}", lang),
            count=show.number(counts[most]),
        ),
        "clear",
    )


def held(row: Mapping[str, Any], lang: str, *, what: str) -> Finding:
    """How much of the open amount the ten largest accounts hold (one row of pipeline.concentration)."""
    if not show.is_known(row["value"]):
        return Finding(t("pipeline.held.unknown", lang, what=what), "nothing")
    equal = min(1.0, 10 / row["accounts"])
    return Finding(
        t(
            "pipeline.held.top",
            lang,
            what=what,
            value=show.rate(row["value"]),
            accounts=show.number(row["accounts"]),
            equal=show.rate(equal),
        ),
        "clear",
    )


def split(frame: pd.DataFrame, lang: str, *, what: str, name: Name = str) -> Finding:
    """What the open amount is made of (rows: type, n, amount, value = share)."""
    known = frame[frame["value"].notna()]
    if known.empty:
        return Finding(t("pipeline.split.unknown", lang, what=what), "nothing")
    words = [
        t("pipeline.split.one", lang, name=name(r["type"]), value=show.rate(r["value"]))
        for r in known.sort_values("value", ascending=False, kind="stable").to_dict("records")
    ]
    return Finding(t("pipeline.split.all", lang, what=what, parts=t("view.and", lang).join(words)), "clear")
