"""What needs attention: limits learned from own history, shares, and who stands out (METHOD B8, B15). Pure.

The rules themselves are applied in data/sql/fragment_attention.sql, over what is open only. A limit on the days in a
stage is `stage_times` x the median of the pipeline, stage and segment (Kaplan-Meier over the visits of the last
`history_days` days, open ones censored), and never shorter than `stage_days`; for kept grades there is no such minimum.
Nor is it shorter than the age that only `stage_share` of a steady stock of the same pace exceeds: what stands in a
stage is always older than what passes through it, and half of everything would be called stalled
(docs/decisions/0050).

Ranking: stake = amount x chance left x excess. Chance left is what the comparison with the rivals says, else what it
said last (chance_source "old": who stops assessing is not rewarded), else the historical win rate of the stage and the
days in it (analytics/chance_left.py). Excess = how many times over its limit a rule's clock is (days in stage /
limit, idle days / step, hours / usual hours, 1 + days past due / due_days), at least 1 and counted up to excess_cap;
rules without a clock have 1. What is not known is ranked below what is, by amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics.chance_left import chances, columns
from analytics.metrics.frames import Context, added_up, ladder, ordered, ratio
from analytics.statistics.estimate import CLAIM, Estimate
from analytics.statistics.intervals import difference, t_of, with_wilson
from analytics.statistics.survival import curve_each, groups, quantile, stock_day
from data.scope import UNKNOWN
from data.settings import Settings

#: Rules in the order in which they are told: what may be done about it soonest comes first.
RULES = (
    "never_moved",
    "moved_stalled",
    "recycle",
    "warn",
    "remind",
    "unconditioned",
    "at_risk",
    "past_due",
    "single_threaded",
    "no_rival",
)
#: Rules that call for a decision this week: something is wrong with the opportunity itself. The others are routine
#: (a clock of reminders with a list of its own) or gaps in what is recorded, and most old stock has some of them.
ACT = ("never_moved", "moved_stalled", "unconditioned", "at_risk")
#: metric attention.<key> -> the rules that it counts; the first is known wherever one of the others is
METRICS = {
    "stalled": ("moved_stalled", "never_moved"),
    "never_moved": ("never_moved",),
    "idle": ("warn", "recycle"),
    "recycle": ("recycle",),
    "past_due": ("past_due",),
    "unconditioned": ("unconditioned",),
    "single_threaded": ("single_threaded",),
    "no_rival": ("no_rival",),
    "at_risk": ("at_risk",),
    "any": ("any",),
}
#: Columns of `limits`, before those of chance_left.columns.
LIMITS = (
    "pipeline",
    "stage",
    "segment",
    "n",
    "events",
    "median_days",
    "stock_days",
    "limit_days",
    "review_days",
    "remind_days",
    "warn_days",
    "recycle_days",
    "reason",
)
#: Columns of `shifts`.
SHIFTS = (
    "metric",
    "pipeline",
    "segment",
    "team",
    "n",
    "events",
    "value",
    "rest_n",
    "rest_events",
    "rest_value",
    "change",
    "low",
    "high",
    "amount",
    "tests",
    "is_real",
)
#: Columns of `share` and `by_rule` after the groups.
SHARE = ("n", "events", "value", "low", "high", "amount_n", "amount_events", "amount_value", "amount_missing", "reason")
_COUNTS = ("n", "events", "amount_n", "amount_events", "amount_missing")


def limits(visits: pd.DataFrame, outcomes: pd.DataFrame, context: Context, ages: Sequence[int]) -> pd.DataFrame:
    """What holds for each pipeline, open stage and segment ("" = a segment without history; columns: LIMITS and the
    chance left after each of `ages` days in the stage, chance_left.columns).

    visits: data/sql/visit_days.sql by segment; outcomes: stage_outcomes.sql by segment. median_days is missing with
    fewer than standards.min_events ended visits, or where half have not ended (reason): then the minimum alone holds.
    stock_days: the age that only stage_share of a steady stock exceeds.
    """
    rules, settings = context.settings.attention, context.settings
    known = visits["segment"].replace({UNKNOWN: ""}) if len(visits) else pd.Series(dtype="str")
    segments = list(dict.fromkeys(["", *settings.segment_keys, *sorted(known)]))
    rows = ladder(settings)[["pipeline", "stage"]].merge(pd.DataFrame({"segment": segments}, dtype="str"), how="cross")
    visits = _timed(visits.assign(segment=known))
    paces = _paces(visits, settings.standards.min_events, rules.stage_share)
    rows = rows.merge(paces, on=["pipeline", "stage", "segment"], how="left")
    rows = rows.merge(chances(visits, outcomes, context, ages), on=["pipeline", "stage", "segment"], how="left")
    rows = rows.assign(
        n=rows["n"].fillna(0).astype("int64"),
        events=rows["events"].fillna(0).astype("int64"),
        reason=rows["reason"].fillna("nobody_entered").astype("str"),
    )
    medians, stock = (rows[name].astype("float64") for name in ("median_days", "stock_days"))
    learned = np.fmax((rules.stage_times * medians).round(), stock)
    floor = rows["segment"].map(lambda s: float(rules.of("stage_days", s)))
    steps = [rules.of("idle_days", s) for s in rows["segment"]]
    rows = rows.assign(
        limit_days=np.fmax(learned, floor),
        review_days=learned.fillna(floor),
        stock_days=stock,
        **{f"{name}_days": [float(step[i]) for step in steps] for i, name in enumerate(("remind", "warn", "recycle"))},
    )
    return rows[[*LIMITS, *columns(ages)]]


def _timed(visits: pd.DataFrame) -> pd.DataFrame:
    """Those visits of which it is known how long they lasted."""
    return visits[visits["is_entry_known"].astype(bool) & (visits["days"] >= 0)]


def _paces(visits: pd.DataFrame, minimum: int, share: float) -> pd.DataFrame:
    """n, events, median_days, stock_days and reason of each pipeline, stage and segment that anybody entered."""
    keys = ["pipeline", "stage", "segment"]
    ended = visits["outcome"].notna() & (visits["outcome"] != "deleted")
    counts = visits.assign(events=visits["n"].where(ended, 0), censored=visits["n"].where(~ended, 0))
    rows = []
    for key, curve in curve_each(counts, keys):
        events = int(curve["events"].sum())
        middle = quantile(curve).value if events >= minimum else None
        reason = "" if middle is not None else "few_events" if events < minimum else "not_reached"
        oldest = None if middle is None else stock_day(curve, share)
        rows.append(key | {"n": events + int(curve["censored"].sum()), "events": events, "median_days": middle,
                           "stock_days": oldest, "reason": reason})
    frame = pd.DataFrame(rows, columns=[*keys, "n", "events", "median_days", "stock_days", "reason"])
    return frame.astype(dict.fromkeys(keys, "str"))


def params(found: pd.DataFrame, hours: pd.DataFrame, settings: Settings, ages: Sequence[int]) -> dict[str, Any]:
    """The limits as parameters of data/sql/fragment_attention.sql; hours: rows of attention_hours.sql."""
    rules = settings.attention
    lists = {
        name: _listed(found[column])
        for name, column in {
            "limit_pipelines": "pipeline",
            "limit_stages": "stage",
            "limit_segments": "segment",
            "limit_days": "limit_days",
            "review_days": "review_days",
            "remind_days": "remind_days",
            "warn_days": "warn_days",
            "recycle_days": "recycle_days",
        }.items()
    }
    kept = [s for s in rules.kept_grades if s != "other"]
    usual = zip(hours["pipeline"], hours["importance"], hours["usual_hours"], strict=True)
    medians = {f"{pipeline}/{importance}": float(value) for pipeline, importance, value in usual}
    return (
        lists
        | watched(found, settings)
        | {
            "chances": [_listed(pd.Series(row)) for row in found[columns(ages)].to_numpy()],
            "ages": list(ages),
            "hours_groups": list(medians),
            "hours_medians": list(medians.values()),
            "kept_segments": kept,
            "kept_grades": [list(rules.kept_grades[s]) for s in kept],
            "kept_other": list(rules.kept_grades["other"]),
            "paused_days": rules.paused_days,
            "tender_stages": list(rules.tender_stages),
            "due_days": rules.due_days,
            "rival_from": settings.quality.field_stages["rivals"],
            "acts": list(ACT),
            "excess_cap": rules.excess_cap,
        }
    )


def watched(found: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """Parameters of data/sql/fragment_watched.sql and fragment_presales.sql."""
    return {
        "segments": sorted(set(found["segment"]) - {""}),
        "unconditioned_from": settings.attention.unconditioned_from_stage,
        "unconditioned_below": settings.support.weak_conditions,
    }


def _listed(column: pd.Series) -> list[Any]:
    return [None if pd.isna(v) else v for v in column.tolist()]


def share(
    answers: Mapping[str, pd.DataFrame], context: Context, by: Sequence[str], *, rules: Sequence[str]
) -> pd.DataFrame:
    """The share of what is open that breaks any of `rules` (which exclude each other), one row per group.

    Columns: the groups, n (those for whom it can be known), events, value, low, high, amount_n, amount_events,
    amount_value (of those with an amount), amount_missing, reason.
    """
    counts, keys = answers["attention_counts"], list(by)
    whole = counts.loc[counts["rule"] == "open", keys].drop_duplicates() if keys else pd.DataFrame(index=[0])
    mine = counts[counts["rule"].isin(rules)]
    first = added_up(mine[mine["rule"] == rules[0]], keys) if keys else _summed(mine[mine["rule"] == rules[0]])
    every = added_up(mine, keys) if keys else _summed(mine)
    columns = [*keys, *_COUNTS]
    frame = first.reindex(columns=columns).drop(columns=["events", "amount_events"])
    hits = every.reindex(columns=columns)[[*keys, "events", "amount_events"]]
    if keys:
        frame = whole.merge(frame, on=keys, how="left").merge(hits, on=keys, how="left")
    else:
        frame = pd.concat([frame, hits], axis="columns")
    is_open = keys or (counts["rule"] == "open").any()
    return ordered(_shared(frame, "not_recorded" if is_open else "nothing_open"), context, keys)[[*keys, *SHARE]]


def _shared(frame: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Counts with their shares and limits; `reason` is why there are none where nobody can be judged."""
    whole_numbers = ["n", "events", "amount_missing"]
    frame[whole_numbers] = frame[whole_numbers].fillna(0).astype("int64")
    is_none = frame["amount_n"].notna() & frame["amount_events"].isna()
    frame = with_wilson(frame.assign(amount_events=frame["amount_events"].mask(is_none, 0.0)), "events", "n")
    return frame.assign(
        amount_value=ratio(frame["amount_events"], frame["amount_n"]),
        reason=pd.Series(np.where(frame["n"] > 0, "", reason), index=frame.index, dtype="str"),
    )


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[list(_COUNTS)].sum(min_count=1).to_frame().T.reset_index(drop=True)


def shifts(counts: pd.DataFrame, *, metrics: Sequence[str], group: str = "team", min_n: int = 20) -> pd.DataFrame:
    """Where a rule is broken more often than in the other groups of the same pipeline and segment (columns: SHIFTS).

    counts: attention_counts.sql by pipeline, segment and `group`. One test per metric, pipeline, segment and group of
    at least `min_n` known against all other groups together; the limits of `change` hold for all tests at once
    (Bonferroni), and only what excludes 0 is_real. The most certain come first: lower limit of the change.
    """
    frame = _sides(counts, metrics, group)
    frame = frame[(frame["n"] >= min_n) & (frame["rest_n"] >= min_n)].rename(
        columns={group: "team", "amount_events": "amount"}
    )
    tests = len(frame)
    rows = []
    for row in frame.to_dict("records"):
        found = difference(row["events"], row["n"], row["rest_events"], row["rest_n"], level=1 - (1 - CLAIM) / tests)
        value, rest = row["events"] / row["n"], row["rest_events"] / row["rest_n"]
        rows.append(
            row
            | {
                "value": value,
                "rest_value": rest,
                "change": found.value,
                "low": found.low,
                "high": found.high,
                "tests": tests,
                "is_real": found.excludes(0) and value > rest,
            }
        )
    told = pd.DataFrame(rows, columns=list(SHIFTS))
    return told.sort_values(["low", "events"], ascending=False, kind="stable").reset_index(drop=True)


def _sides(counts: pd.DataFrame, metrics: Sequence[str], group: str) -> pd.DataFrame:
    """Per metric, pipeline, segment and group: n, events, amount, and of the other groups rest_n, rest_events."""
    parts = [(metric, rule, rule == METRICS[metric][0]) for metric in metrics for rule in METRICS[metric]]
    counts = counts[(counts[group] != UNKNOWN) & (counts["segment"] != UNKNOWN)]
    rows = counts.merge(pd.DataFrame(parts, columns=["metric", "rule", "is_first"]), on="rule")
    keys = ["metric", "pipeline", "segment"]
    frame = added_up(rows.assign(n=rows["n"].where(rows["is_first"], 0))[[*keys, group, *_COUNTS]], [*keys, group])
    whole = frame.groupby(keys, sort=False)[["n", "events"]].transform("sum")
    return frame.assign(rest_n=whole["n"] - frame["n"], rest_events=whole["events"] - frame["events"])


def spend(counts: pd.DataFrame) -> pd.DataFrame:
    """Do opportunities without the necessary conditions take more presales hours than others? One row per pipeline.

    counts: attention_spend.sql. Columns: pipeline, n_weak, n, hours_weak, hours, deals_share, hours_share, mean_weak,
    mean_rest, change (of the means), low, high (Welch 1947; level of a claim, all pipelines at once), is_real.
    """
    parts = list(groups(added_up(counts, ["pipeline", "is_weak"]), ["pipeline"])) if len(counts) else []
    rows = []
    for key, part in parts:
        sides = {bool(r["is_weak"]): r for r in part.to_dict("records")}
        if len(sides) < 2:
            continue
        weak, rest = sides[True], sides[False]
        found = _welch(weak, rest, 1 - (1 - CLAIM) / len(parts))
        n, hours = weak["n"] + rest["n"], weak["hours"] + rest["hours"]
        rows.append(
            key
            | {
                "n_weak": int(weak["n"]),
                "n": int(n),
                "hours_weak": weak["hours"],
                "hours": hours,
                "deals_share": weak["n"] / n,
                "hours_share": weak["hours"] / hours if hours else np.nan,
                "mean_weak": weak["hours"] / weak["n"],
                "mean_rest": rest["hours"] / rest["n"],
                "change": found.value,
                "low": found.low,
                "high": found.high,
                "is_real": found.low is not None and found.low > 0,
            }
        )
    columns = [
        "pipeline",
        "n_weak",
        "n",
        "hours_weak",
        "hours",
        "deals_share",
        "hours_share",
        "mean_weak",
        "mean_rest",
        "change",
        "low",
        "high",
        "is_real",
    ]
    return pd.DataFrame(rows, columns=columns)


def _welch(one: Mapping[str, Any], other: Mapping[str, Any], level: float) -> Estimate:
    """Difference of two means from n, Σx and Σx², unequal variances (Welch 1947); no limits below two cases a side."""
    means = [side["hours"] / side["n"] for side in (one, other)]
    if min(one["n"], other["n"]) < 2:
        return Estimate(means[0] - means[1], None, None)
    parts = [
        max(0.0, side["squares"] - side["n"] * m**2) / (side["n"] - 1) / side["n"]
        for side, m in zip((one, other), means, strict=True)
    ]
    variance = sum(parts)
    if not variance > 0:
        return Estimate(means[0] - means[1], None, None)
    degrees = variance**2 / sum(p**2 / (side["n"] - 1) for p, side in zip(parts, (one, other), strict=True))
    half = t_of(level, max(1, int(degrees))) * sqrt(variance)
    return Estimate(means[0] - means[1], means[0] - means[1] - half, means[0] - means[1] + half)


def outcomes(counts: pd.DataFrame) -> pd.DataFrame:
    """Do the warnings mean anything? Win rate of those warned of early and of the others, per pipeline and segment.

    counts: attention_outcomes.sql. Columns: pipeline, segment, n_warned, won_warned, warned, low_warned, high_warned,
    n_others, won_others, others, low_others, high_others, change, low, high (Newcombe's), is_real. An association,
    no proof of a cause.
    """
    rows = []
    for key, part in groups(counts, ["pipeline", "segment"]) if len(counts) else []:
        sides = {bool(r["is_warned"]): r for r in part.to_dict("records")}
        both = [sides.get(flag, {"n": 0, "won": 0}) for flag in (True, False)]
        found = difference(both[0]["won"], both[0]["n"], both[1]["won"], both[1]["n"], level=CLAIM)
        shares = with_wilson(pd.DataFrame(both)[["n", "won"]], "won", "n").to_dict("records")
        row: dict[str, Any] = dict(key)
        for name, side in zip(("warned", "others"), shares, strict=True):
            row |= {
                f"n_{name}": int(side["n"]),
                f"won_{name}": int(side["won"]),
                name: side["value"],
                f"low_{name}": side["low"],
                f"high_{name}": side["high"],
            }
        rows.append(
            row
            | {
                "change": found.value,
                "low": found.low,
                "high": found.high,
                "is_real": found.low is not None and found.excludes(0),
            }
        )
    return pd.DataFrame(rows)


def by_rule(counts: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """How many break each rule: the groups, rule (in the order of RULES, then "any"), and the columns of `share`."""
    rules = pd.DataFrame({"rule": [*RULES, "any"]}, dtype="str")
    groups_ = counts.loc[counts["rule"] == "open", list(by)].drop_duplicates()
    grid = groups_.merge(rules, how="cross") if by else rules
    if grid.empty:
        return pd.DataFrame(columns=[*by, "rule", *SHARE])
    frame = grid.merge(added_up(counts, [*by, "rule"])[[*by, "rule", *_COUNTS]], on=[*by, "rule"], how="left")
    return _shared(ordered(frame, context, by) if by else frame, "not_recorded")[[*by, "rule", *SHARE]]
