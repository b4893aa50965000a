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

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analytics.cells import beside, row_keys, taken, typed
from analytics.conversion_days import counted
from analytics.metrics.frames import Context, added_up, per_stage, ratio, steady
from analytics.statistics.competing import incidence_of
from analytics.statistics.estimate import NOT_KNOWN
from analytics.statistics.intervals import effective_n, limits_of, wilson_limits
from analytics.statistics.survival import group_places, quantiles
from data.settings import Settings

COUNTS = ("n", "reached", "lost_only", "no_decision", "open", "regressed")
APART = ("void", "deleted", "future")
NOBODY, UNKNOWN_ENTRY = "nobody_entered", "entry_unknown"
NO_AMOUNTS, AMOUNTS_MISSING = "no_amounts", "amounts_missing"
#: from more than this share of unknown amounts on, the known ones do not speak for the others
MANY_MISSING = 0.2
Answers = Mapping[str, pd.DataFrame]
#: columns by name, as arrays
Columns: TypeAlias = dict[str, Any]
_FLOW = {"pipeline": "str", "from_stage": "str", "to_stage": "str", "exit_kind": "str", "n": "int64",
         "amount": "float64"}
_WITHIN = {"reached": "float64", "lost": "float64", "value": "float64", "low": "float64", "high": "float64",
           "reason": "str", "amount_value": "float64"}


def reached(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """F3: of those that reached a stage in the period, the share that reached a later one. Skips count as passed.

    Also skipped and skip_rate, regress_rate, entry_unknown (reached before the data begin: not counted), undated (of n,
    counted although not known when they came, as no period is asked for; no value where that is all of them), and
    immature: those still open that are younger than the stage's own P75, for which it is too early to say.
    """
    frame = _rates(answers["reach_counts"], context, by, (*COUNTS, *APART, "skipped", "entry_unknown", "undated"))
    p75 = _stage_p75(answers["recent_visit_days"], context)
    frame = frame.assign(skip_rate=ratio(frame["skipped"], frame["n"]),
                         **_immature(frame, answers["reach_ages"], p75, by))
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
    frame = beside(steps, after, [*by, "pipeline", "next_stage"])
    closing = beside(frame[[*by, "pipeline"]], won, [*by, "pipeline"])
    is_last = ~frame["next_stage"].isin(steps["stage"]).to_numpy()
    n, amount_n = frame["n_before"].to_numpy(), frame["amount_before"].to_numpy()
    found = np.nan_to_num(np.where(is_last, closing["n_after"], frame["reached"])).astype("int64")
    amount = np.where(is_last, closing["amount_after"], frame["amount_reached"])
    nothing = dict.fromkeys(("lost", "open", "regressed", "low", "high", "cumulative"), np.full(len(frame), np.nan))
    cells: Columns = {name: frame[name].values for name in (*by, "pipeline", "stage", "next_stage", "stage_order")}
    cells |= {"n": n, "reached": found, "value": ratio(found, n), **nothing,
              "amount_n": amount_n, "amount_reached": amount, "amount_value": ratio(amount, amount_n)}
    return _reasoned(cells, by)


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
    frame = beside(frame, _within(counts, keys, horizon), keys)
    frame[["reached", "lost"]] = frame[["reached", "lost"]].fillna(0).astype("int64")
    frame["open"] = frame["n"] - frame["reached"] - frame["lost"]
    frame["cumulative"] = _cumulative(frame["value"].to_numpy(), row_keys(frame, [*by, "pipeline"]))
    frame["reason"] = frame["reason"].fillna(NOBODY)
    frame = frame.assign(horizon=horizon, regressed=np.nan)
    return frame[_columns(frame, by)]


def flow(counts: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Visits as links: pipeline, from_stage (unknown: they start here), to_stage (unknown: still there, or gone),
    exit_kind (entry, open = still there, or how the stage was left), n, amount. In the order of the stages.

    Takes pipeline, from_stage, to_stage, exit_kind (unknown: still there), is_first, is_closing, n, amount. Staying in
    a closing stage is no link.
    """
    found: dict[tuple[Any, ...], list[tuple[int, float]]] = defaultdict(list)
    for pipeline, *way, is_first, is_closing, n, amount in row_keys(counts, [
            "pipeline", "from_stage", "to_stage", "exit_kind", "is_first", "is_closing", "n", "amount"]):
        start, end, kind = (name if isinstance(name, str) else None for name in way)
        if is_first:
            found[pipeline, None, start, "entry"].append((n, amount))
        if kind or not is_closing:
            found[pipeline, start, end, kind or "open"].append((n, amount))
    place = {(p.key, s.key): i for p in settings.pipelines for i, s in enumerate(p.stages)}
    ways = sorted(found, key=lambda way: (way[0], place.get(way[:2], -1), place.get((way[0], way[2]), -1), way[3]))
    rows = [(*way, sum(n for n, _ in found[way]), _money(amount for _, amount in found[way])) for way in ways]
    return pd.DataFrame(typed(rows, _FLOW))


def _money(amounts: Iterable[float]) -> float | None:
    """The sum of the known ones, two decimals; unknown where none is."""
    known = [amount for amount in amounts if not np.isnan(amount)]
    return float(np.round(sum(known), 2)) if known else None


def _within(counts: pd.DataFrame, keys: Sequence[str], horizon: int) -> pd.DataFrame:
    """What happened within the horizon: the keys, reached, lost, and the Aalen-Johansen estimate by count (value, low,
    high, reason) and with amounts as weights (amount_value)."""
    outcome = counts["outcome"].to_numpy()
    endings = np.array([outcome == kind for kind in ("passed", "lost", "open")])
    days, n, missing, amount = (counts[name].to_numpy(float, na_value=0)
                                for name in ("days", "n", "amount_missing", "amount_n"))
    cents = np.round(np.maximum(amount, 0) * 100)  # weights are counted, so they are whole
    rows, firsts = [], []
    for _, places in group_places(counts, keys):
        at, kinds, many = days[places], endings[:, places], n[places]
        by_count = incidence_of(np.column_stack([at, *(kinds * many)]), horizon)
        is_told = _is_told(many, amount[places], missing[places], kinds[0])
        by_amount = incidence_of(np.column_stack([at, *(kinds * cents[places])]), horizon) if is_told else NOT_KNOWN
        reached_, lost, _ = (kinds & (at <= horizon)) @ many
        firsts.append(places[0])
        rows.append((reached_, lost, by_count.value, by_count.low, by_count.high,
                     "" if by_count.is_known else "not_observed", by_amount.value))
    names = {name: taken(counts[name], firsts) for name in keys}
    return pd.DataFrame({**names, **typed(rows, _WITHIN)})


def _is_told(n: np.ndarray, amount: np.ndarray, missing: np.ndarray, passed: np.ndarray) -> bool:
    """Do amounts say something? Not where those that passed or those that did not have no amount at all, or where too
    many amounts are missing."""
    has_amounts = all(not n[side].any() or amount[side].sum() > 0 for side in (passed, ~passed))
    return has_amounts and bool(missing.sum() <= MANY_MISSING * n.sum())


def _rates(counts: pd.DataFrame, context: Context, by: Sequence[str], zeros: Sequence[str]) -> pd.DataFrame:
    """Counts to rates: by count with Wilson's limits, by amount with those of the effective sample size."""
    frame = per_stage(counts, context, by, [*zeros, "amount_missing"])
    if frame.empty:
        return _empty(by)
    cells: Columns = {str(name): frame[name].values for name in frame.columns}
    n, hits = cells["n"], cells["reached"]
    value, (low, high) = ratio(hits, n), wilson_limits(hits, n)
    if "undated" in cells:
        is_stock = (n > 0) & (cells["undated"] == n)
        value, low, high = (np.where(is_stock, np.nan, found) for found in (value, low, high))
    amount_n, amount_hits = (frame[name].to_numpy(float, na_value=np.nan) for name in ("amount_n", "amount_reached"))
    cells |= {"lost": cells["lost_only"] + cells["no_decision"], "value": value, "low": low, "high": high,
              "cumulative": _cumulative(value, row_keys(frame, [*by, "pipeline"])),
              "regress_rate": ratio(cells["regressed"], n),
              "amount_reached": np.where(np.isnan(amount_n), amount_hits, np.nan_to_num(amount_hits))}
    cells["amount_value"] = share = _by_amount(cells)
    cells["amount_reason"] = _amount_reason(cells)
    effective = effective_n(amount_n, steady(frame["amount_square_n"]))
    cells["amount_low"], cells["amount_high"] = limits_of(share, effective)
    return _reasoned(cells, by)


def _cumulative(values: np.ndarray, groups: Sequence[tuple[Any, ...]]) -> np.ndarray:
    """The product of the known values from the first stage of each group on; unknown where the value is."""
    products: dict[tuple[Any, ...], float] = {}
    found = []
    for group, value in zip(groups, values.tolist(), strict=True):
        products[group] = products.get(group, 1.0) * (1.0 if np.isnan(value) else value)
        found.append(products[group])
    return np.where(np.isnan(values), np.nan, found)


def _by_amount(cells: Columns) -> np.ndarray:
    """amount_reached / amount_n; unknown where one side has no amount at all: what is known only of the won, for
    example, would make every amount a won one."""
    rest = cells["amount_n"] - cells["amount_reached"]
    others_have_none = (cells["n"] > cells["reached"]) & (rest <= 0)
    one_sided = others_have_none | ((cells["reached"] > 0) & (cells["amount_reached"] <= 0))
    one_sided |= _many_missing(cells) | ((cells["n"] > 0) & np.isnan(cells["value"]))
    return np.where(one_sided, np.nan, ratio(cells["amount_reached"], cells["amount_n"]))


def _many_missing(cells: Columns) -> np.ndarray:
    return cells["amount_missing"] > MANY_MISSING * cells["n"]


def _amount_reason(cells: Columns) -> Any:
    reasons = np.where(_many_missing(cells) & (cells["amount_missing"] < cells["n"]), AMOUNTS_MISSING, NO_AMOUNTS)
    is_said = ~np.isnan(cells["amount_value"]) | (cells["n"] == 0)
    return pd.array(np.where(is_said, "", reasons), dtype="str")


def _reasoned(cells: Columns, by: Sequence[str]) -> pd.DataFrame:
    is_missing = np.isnan(cells["value"])
    reason = np.where(is_missing, NOBODY, "")
    if "entry_unknown" in cells and "undated" in cells:
        is_somebody = cells["entry_unknown"] + cells["undated"] > 0
        reason = np.where(is_missing & is_somebody, UNKNOWN_ENTRY, reason)
    cells = cells | {"reason": pd.array(reason, dtype="str")}
    return pd.DataFrame({name: cells[name] for name in _columns(cells, by)})


_ORDER = ("pipeline", "stage", "next_stage", "stage_order", "n", "reached", "lost", "no_decision", "open", "regressed",
          "out_of_order", "skipped", "value", "low", "high", "cumulative", "amount_n", "amount_reached", "amount_value",
          "amount_low", "amount_high", "amount_missing", "amount_reason", "skip_rate", "regress_rate", "horizon",
          "void", "deleted", "future", "entry_unknown", "undated", "p75", "immature", "immature_share", "reason")


def _columns(known: Container[str], by: Sequence[str]) -> list[str]:
    return [*by, *(c for c in _ORDER if c in known and c not in by)]


def _empty(by: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="float64") for name in dict.fromkeys([*by, *_ORDER])})


def _stage_p75(visits: pd.DataFrame, context: Context) -> dict[tuple[Any, ...], float]:
    """Each stage's own P75: by then three of four have left it (Kaplan-Meier over all visits so far)."""
    step = ["pipeline", "stage"]
    found = quantiles(counted(visits), step, 0.75, min_events=context.settings.standards.min_events)
    return dict(zip(row_keys(found, step), found["value"].tolist(), strict=True))


def _immature(frame: pd.DataFrame, ages: pd.DataFrame, p75: Mapping[tuple[Any, ...], float],
              by: Sequence[str]) -> Columns:
    """The columns p75, immature and immature_share; unknown where the stage's P75 is not known."""
    keys, young = [*by, "pipeline", "stage"], Counter[tuple[Any, ...]]()
    for key, age, n in zip(row_keys(ages, keys), ages["age"].tolist(), ages["n"].tolist(), strict=True):
        if age < p75.get(key[-2:], np.nan):
            young[key] += n
    rows = row_keys(frame, keys)
    limits = np.array([p75.get(row[-2:], np.nan) for row in rows], dtype=float)
    immature = np.where(np.isnan(limits), np.nan, [young[row] for row in rows])
    return {"p75": limits, "immature": immature, "immature_share": ratio(immature, frame["n"])}
