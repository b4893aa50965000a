"""Conversion from stage to stage, in five readings (METHOD B12). Pure: counts in, rates out.

All functions take the counts of `data.queries`, the context and the groups, and give one row per pipeline, stage
and group, in order:

    pipeline, stage, next_stage, stage_order, the groups
    n            opportunities that the reading puts in the denominator
    reached      of n, those that came to the next stage (or won) by the as-of date
    lost         of n, those closed before (lost or no decision; no_decision counts the latter alone)
    open         of n, those that may still come; n = reached + lost + open (F3s: + out_of_order)
    regressed    of n, those that moved back out of the stage (may also be counted above)
    value, low, high             reached / n, with Wilson's 95 % limits (F4: Aalen-Johansen; F1: a ratio, no limits)
    amount_n, amount_value, …    the same weighted by the amount at entry; amount_missing rows have none
    cumulative   product of the values from the first stage on
    reason       why there is no value: "" | nobody_entered | not_observed | entry_unknown (of nobody that came here is
                 it known when: nothing can be said of them)
    amount_reason  why there is no amount_value: "" | no_amounts | amounts_missing (more than MANY_MISSING of n have
                 none: where only what was won carries an amount, every amount would be a won one)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, per_stage, ratio, steady
from analytics.statistics.competing import incidences_at
from analytics.statistics.intervals import effective_n, wilson_limits, with_wilson
from analytics.statistics.survival import quantiles
from data.settings import Settings

COUNTS = ("n", "reached", "lost_only", "no_decision", "open", "regressed")
APART = ("void", "deleted", "future")
NOBODY, UNKNOWN_ENTRY = "nobody_entered", "entry_unknown"
NO_AMOUNTS, AMOUNTS_MISSING = "no_amounts", "amounts_missing"
#: from more than this share of unknown amounts on, the known ones do not speak for the others
MANY_MISSING = 0.2
Answers = Mapping[str, pd.DataFrame]


def reached(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F3: of those that reached a stage in the period, the share that reached a later one. Skips count as passed.

    Also skipped and skip_rate, regress_rate, entry_unknown (reached before the data begin: not counted), undated (of n,
    counted although not known when they came, as no period is asked for; no value where that is all of them), and
    immature: those still open that are younger than the stage's own P75, for which it is too early to say.
    """
    frame = _rates(answers["reach_counts"], context, by, (*COUNTS, *APART, "skipped", "entry_unknown", "undated"))
    frame["skip_rate"] = ratio(frame["skipped"], frame["n"])
    frame = _with_immature(frame, answers["reach_ages"], _stage_p75(answers["recent_visit_days"], context), by)
    return frame[_columns(frame, by)]


def strict(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F3s: as F3, but every stage must really be entered, in order. `out_of_order` of n went on another way."""
    return _rates(answers["strict_counts"], context, by, (*COUNTS, *APART, "out_of_order"))


def cohort(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F2: of those that stood in the stage on the first day, the share that came further by the last day."""
    return _rates(answers["cohort_counts"], context, by, (*COUNTS, *APART, "skipped"))


def stock(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F1: stock of the next stage on the last day / stock of this stage on the first day. Not a probability.

    After the last stage the next "stock" is what was won between the two days. lost, open and regressed are not
    known to this reading.
    """
    counts = answers["stock_counts"]
    won = added_up(counts[counts["is_won"]], [*by, "pipeline"])
    steps = per_stage(counts[~counts["is_won"]].drop(columns="is_won"), context, by, ("n_before", "n_after"))
    if steps.empty:
        return _empty(by)
    after = steps[[*by, "pipeline", "stage", "n_after", "amount_after"]].rename(
        columns={"stage": "next_stage", "n_after": "reached", "amount_after": "amount_reached"})
    frame = steps.merge(after, on=[*by, "pipeline", "next_stage"], how="left")
    closing = frame[[*by, "pipeline"]].merge(won, on=[*by, "pipeline"], how="left")
    is_last = ~frame["next_stage"].isin(steps["stage"]).to_numpy()
    frame["reached"] = frame["reached"].where(~is_last, closing["n_after"]).fillna(0).astype("int64")
    frame["amount_reached"] = frame["amount_reached"].where(~is_last, closing["amount_after"])
    frame = frame.rename(columns={"n_before": "n", "amount_before": "amount_n"})
    nothing = dict.fromkeys(("lost", "open", "regressed", "low", "high", "cumulative"), np.nan)
    frame = frame.assign(value=ratio(frame["reached"], frame["n"]), **nothing)
    frame["amount_value"] = ratio(frame["amount_reached"], frame["amount_n"])
    return _reasoned(frame.drop(columns=["n_after", "amount_after"]), by)


def matured(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F4: probability of having come further within `horizon` days of reaching the stage, closings competing.

    Fair to young opportunities: who has not been watched for so long counts for as long as it was. reached and lost
    are what happened within the horizon. `amount_value` is the same estimate with amounts as weights.
    """
    counts, horizon = answers["reach_days"], context.options["horizon"]
    counts = counts[counts["days"] >= 0]
    frame = per_stage(counts.drop(columns=["days", "outcome"]), context, by, ("n", "amount_missing"))
    if frame.empty:
        return _empty(by)
    keys = [*by, "pipeline", "stage"]
    estimate = incidences_at(_spread(counts, keys, "n"), keys, ("passed", "lost"), "passed", horizon)
    within = counts[counts["days"] <= horizon].groupby([*keys, "outcome"], observed=True)["n"].sum().unstack()
    found = estimate.set_index(keys)[["value", "low", "high", "reason"]].join(
        within.reindex(columns=["passed", "lost"]).fillna(0)).reset_index()
    frame = frame.merge(found, on=keys, how="left").merge(_weighted(counts, keys, horizon), on=keys, how="left")
    frame = frame.rename(columns={"passed": "reached"})
    frame[["reached", "lost"]] = frame[["reached", "lost"]].fillna(0).astype("int64")
    frame["open"] = frame["n"] - frame["reached"] - frame["lost"]
    frame["cumulative"] = frame.groupby([*by, "pipeline"], observed=True)["value"].cumprod()
    frame["reason"] = frame["reason"].fillna(NOBODY)
    return frame.assign(horizon=horizon, regressed=np.nan)[_columns(frame.assign(horizon=0, regressed=0), by)]


def flow(counts: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Visits as links: pipeline, from_stage (unknown: they start here), to_stage (unknown: still there, or gone),
    exit_kind (entry, open = still there, or how the stage was left), n, amount. In the order of the stages.

    Takes pipeline, from_stage, to_stage, exit_kind (unknown: still there), is_first, is_closing, n, amount. Staying in
    a closing stage is no link.
    """
    entries = added_up(counts[counts["is_first"]],
                       ["pipeline", "from_stage"]).rename(columns={"from_stage": "to_stage"})
    ways = counts[counts["exit_kind"].notna() | ~counts["is_closing"]]
    ways = ways.assign(exit_kind=ways["exit_kind"].fillna("open"))
    ways = added_up(ways, ["pipeline", "from_stage", "to_stage", "exit_kind"])
    blank = pd.Series(None, index=entries.index, dtype="str")
    frame = pd.concat([entries.assign(from_stage=blank, exit_kind="entry"), ways], ignore_index=True)
    place = {(p.key, s.key): i for p in settings.pipelines for i, s in enumerate(p.stages)}
    ranks = {end: [place.get(pair, -1) for pair in zip(frame["pipeline"], frame[end], strict=True)]
             for end in ("from_stage", "to_stage")}
    order = frame.assign(**ranks).sort_values(["pipeline", "from_stage", "to_stage", "exit_kind"], kind="stable").index
    return frame.loc[order, ["pipeline", "from_stage", "to_stage", "exit_kind", "n", "amount"]].reset_index(drop=True)


def _spread(counts: pd.DataFrame, keys: Sequence[str], weight: str) -> pd.DataFrame:
    """Counts per day with one column per cause: passed, lost, censored."""
    wide = {kind: counts[weight].where(counts["outcome"] == kind, 0) for kind in ("passed", "lost")}
    return counts[[*keys, "days"]].assign(**wide, censored=counts[weight].where(counts["outcome"] == "open", 0))


def _weighted(counts: pd.DataFrame, keys: Sequence[str], horizon: int) -> pd.DataFrame:
    """The Aalen-Johansen estimate with amounts as weights: the keys, amount_value. Unknown where nobody was watched so
    long, where those that passed or those that did not have no amount at all, or where too many amounts are missing."""
    cents = counts[counts["amount_n"] > 0]
    cents = cents.assign(amount_n=(cents["amount_n"] * 100).round())  # weights are counted, so they are whole
    found = incidences_at(_spread(cents, keys, "amount_n"), keys, ("passed", "lost"), "passed", horizon)
    passed = counts["outcome"] == "passed"
    sides = {"passed": counts["n"].where(passed, 0), "others": counts["n"].where(~passed, 0),
             "passed_amount": counts["amount_n"].where(passed), "others_amount": counts["amount_n"].where(~passed)}
    whole = added_up(counts[[*keys, "n", "amount_missing"]].assign(**sides), keys)
    told = whole["amount_missing"] <= MANY_MISSING * whole["n"]
    for side in ("passed", "others"):
        told &= (whole[side] == 0) | (whole[f"{side}_amount"] > 0)
    found = found[[*keys, "value"]].rename(columns={"value": "amount_value"})
    return found.merge(whole.loc[told, keys], on=keys)


def _rates(counts: pd.DataFrame, context: Context, by: Sequence[str], zeros: Sequence[str]) -> pd.DataFrame:
    """Counts to rates: by count with Wilson's limits, by amount with those of the effective sample size."""
    frame = per_stage(counts, context, by, [*zeros, "amount_missing"])
    if frame.empty:
        return _empty(by)
    frame["lost"] = frame["lost_only"] + frame["no_decision"]
    frame = with_wilson(frame, "reached", "n")
    if "undated" in frame.columns:
        is_stock = (frame["n"] > 0) & (frame["undated"] == frame["n"])
        frame[["value", "low", "high"]] = frame[["value", "low", "high"]].mask(is_stock)
    frame["amount_reached"] = frame["amount_reached"].where(frame["amount_n"].isna(), frame["amount_reached"].fillna(0))
    frame["amount_value"] = _by_amount(frame)
    frame["amount_reason"] = _amount_reason(frame)
    effective = effective_n(frame["amount_n"], steady(frame["amount_square_n"]))
    share = frame["amount_value"].to_numpy(float)
    hits = np.minimum(np.nan_to_num(share * effective), np.nan_to_num(effective))
    frame["amount_low"], frame["amount_high"] = wilson_limits(hits, np.nan_to_num(effective))
    frame["cumulative"] = frame.groupby([*by, "pipeline"], observed=True)["value"].cumprod()
    frame["regress_rate"] = ratio(frame["regressed"], frame["n"])
    return _reasoned(frame.drop(columns=["lost_only", "amount_square_n"]), by)


def _by_amount(frame: pd.DataFrame) -> np.ndarray:
    """amount_reached / amount_n; unknown where one side has no amount at all: what is known only of the won, for
    example, would make every amount a won one."""
    rest = frame["amount_n"] - frame["amount_reached"]
    others_have_none = (frame["n"] > frame["reached"]) & (rest <= 0)
    one_sided = others_have_none | ((frame["reached"] > 0) & (frame["amount_reached"] <= 0))
    one_sided |= _many_missing(frame) | ((frame["n"] > 0) & frame["value"].isna())
    return np.where(one_sided, np.nan, ratio(frame["amount_reached"], frame["amount_n"]))


def _many_missing(frame: pd.DataFrame) -> pd.Series:
    return frame["amount_missing"] > MANY_MISSING * frame["n"]


def _amount_reason(frame: pd.DataFrame) -> pd.Series:
    reasons = np.where(_many_missing(frame) & (frame["amount_missing"] < frame["n"]), AMOUNTS_MISSING, NO_AMOUNTS)
    return pd.Series(np.where(frame["amount_value"].notna() | (frame["n"] == 0), "", reasons), frame.index, dtype="str")


def _reasoned(frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    frame["reason"] = np.where(frame["value"].isna(), NOBODY, "")
    if {"entry_unknown", "undated"} <= set(frame.columns):
        only_unknown = frame["value"].isna() & (frame["entry_unknown"] + frame["undated"] > 0)
        frame["reason"] = frame["reason"].mask(only_unknown, UNKNOWN_ENTRY)
    return frame.astype({"reason": "str"})[_columns(frame, by)]


_ORDER = ("pipeline", "stage", "next_stage", "stage_order", "n", "reached", "lost", "no_decision", "open", "regressed",
          "out_of_order", "skipped", "value", "low", "high", "cumulative", "amount_n", "amount_reached", "amount_value",
          "amount_low", "amount_high", "amount_missing", "amount_reason", "skip_rate", "regress_rate", "horizon",
          "void", "deleted", "future", "entry_unknown", "undated", "p75", "immature", "immature_share", "reason")


def _columns(frame: pd.DataFrame, by: Sequence[str]) -> list[str]:
    return [*by, *(c for c in _ORDER if c in frame.columns and c not in by)]


def _empty(by: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="float64") for name in dict.fromkeys([*by, *_ORDER])})


def _stage_p75(visits: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The stage's own P75: by then three of four have left it (Kaplan-Meier over all visits so far)."""
    counts = visits[visits["is_entry_known"] & (visits["days"] >= 0)]
    counts = counts.assign(events=counts["n"].where(_has_left(counts), 0),
                           censored=counts["n"].where(~_has_left(counts), 0))
    found = quantiles(counts, ["pipeline", "stage"], 0.75, min_events=context.settings.standards.min_events)
    return found[["pipeline", "stage", "value"]].rename(columns={"value": "p75"})


def _has_left(visits: pd.DataFrame) -> pd.Series:
    return visits["outcome"].notna() & (visits["outcome"] != "deleted")


def _with_immature(frame: pd.DataFrame, ages: pd.DataFrame, p75: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Adds p75, immature and immature_share; unknown where the stage's P75 is not known."""
    if frame.empty:
        return frame.assign(p75=np.nan, immature=np.nan, immature_share=np.nan)
    keys = [*by, "pipeline", "stage"]
    young = ages.merge(p75, on=["pipeline", "stage"], how="left")
    young = added_up(young.loc[young["age"] < young["p75"], [*keys, "n"]], keys).rename(columns={"n": "immature"})
    frame = frame.merge(p75, on=["pipeline", "stage"], how="left").merge(young, on=keys, how="left")
    frame["immature"] = frame["immature"].fillna(0).where(frame["p75"].notna())
    return frame.assign(immature_share=ratio(frame["immature"], frame["n"]))
