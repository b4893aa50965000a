"""The support line: how soon it answers, what its hours go into and what they bring back (METHOD B18). Pure.

Counts come from sql/support_response.sql and sql/support_use.sql. Hours are presales hours, amounts base currency;
hours or costs that nobody wrote down are counted beside, never as zero work. Where no requests are loaded at all, every
value is unknown (`no_requests`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, ordered
from analytics.statistics import survival
from analytics.statistics.estimate import NOT_KNOWN, Estimate, z_of
from analytics.statistics.intervals import mean, weighted_share

Answers = Mapping[str, pd.DataFrame]
#: columns of counts by name
Part = dict[str, np.ndarray]
#: outcomes on which hours are lost
WASTED = ("lost", "no_decision", "void")
_MILLION = 1e6
_HOURS_A_DAY = 24
#: fewest answers for which a median is shown (METHOD B13)
MIN_EVENTS = 5


def response(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Days until the first response to the requests made in the period, one row per group.

    Columns: the groups, n, events (answered), censored (not answered yet), value (median, days; Kaplan-Meier), low,
    high, p90, sla_share (answered within support.sla_hours) with sla_low and sla_high, waiting (assigned and not
    answered), invalid (answered before asked: left out), reason.
    """
    counts, sla = answers["support_response"], context.settings.support.sla_hours
    frame = pd.DataFrame(_waits(counts, by, sla), columns=[*by, *_WAITS])
    frame["reason"] = frame["reason"].mask(_unknown(answers) & frame["value"].isna(), "no_requests").astype("str")
    return ordered(frame, context, by)


_WAITS = (
    "n",
    "events",
    "censored",
    "value",
    "low",
    "high",
    "p90",
    "sla_share",
    "sla_low",
    "sla_high",
    "waiting",
    "invalid",
    "reason",
)


def _waits(counts: pd.DataFrame, by: Sequence[str], sla: float) -> list[dict[str, Any]]:
    """The groups, _WAITS, in_work and hours, one row per group."""
    waits, is_valid = survival.checked(waits_of(counts), ["events"]), (counts["hours_waited"] >= 0).to_numpy(bool)
    row_of = is_valid.cumsum() - 1
    part = _arrays(counts)
    waiting, invalid, in_work = (np.where(which, part["n"], 0) for which in (
        ~part["is_answered"] & part["is_assigned"], part["hours_waited"] < 0, ~part["is_done"]))
    rows = []
    for key, places in survival.group_places(counts, by):
        curve = survival.curve_of(waits[row_of[places[is_valid[places]]]])
        told = {"waiting": waiting, "invalid": invalid, "in_work": in_work}
        rows.append({**key, **_waited(curve, sla), **{name: int(of[places].sum()) for name, of in told.items()},
                     "hours": _sum(part["hours"][places])})
    return rows


def _waited(curve: dict[str, np.ndarray], sla: float) -> dict[str, Any]:
    events, censored = (int(curve[name].sum()) for name in ("events", "censored"))
    enough = events >= MIN_EVENTS
    middle, late = (survival.quantile(curve, p) if enough else NOT_KNOWN for p in (0.5, 0.9))
    after = survival.survival_at(curve, sla / _HOURS_A_DAY) if enough else NOT_KNOWN
    return {
        "n": events + censored,
        "events": events,
        "censored": censored,
        "value": middle.value,
        "low": middle.low,
        "high": middle.high,
        "p90": late.value,
        "sla_share": _rest(after.value),
        "sla_low": _rest(after.high),
        "sla_high": _rest(after.low),
        "reason": "" if middle.is_known else "not_reached" if enough else "few_events",
    }


def waits_of(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts of waits as `survival` takes them: days, events, censored; those answered before asked left out."""
    valid = counts[counts["hours_waited"] >= 0]
    answered = valid["is_answered"].astype(bool)
    return pd.DataFrame(
        {
            "days": valid["hours_waited"] / _HOURS_A_DAY,
            "events": valid["n"].where(answered, 0),
            "censored": valid["n"].where(~answered, 0),
        }
    )


def per_team(counts: pd.DataFrame, sla: float, by: Sequence[str] = ()) -> pd.DataFrame:
    """The same per support team and further groups: support_team, the groups, the columns of `response`, in_work (not
    done), hours (of those whose hours are known), and the waits in hours: median_hours, median_low, median_high,
    p90_hours. Slowest first."""
    rows = _waits(counts, ["support_team", *by], sla)
    frame = pd.DataFrame(rows, columns=["support_team", *by, *_WAITS, "in_work", "hours"]).astype({"reason": "str"})
    waits = {"median_hours": "value", "median_low": "low", "median_high": "high", "p90_hours": "p90"}
    frame = frame.assign(**{name: frame[of].astype("float64") * _HOURS_A_DAY for name, of in waits.items()})
    return frame.sort_values(
        [*by, "value", "support_team"], ascending=[*(True for _ in by), False, True], ignore_index=True
    )


def hours(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Presales hours on what was won or lost in the period per million won, one row per group.

    Columns: the groups, n (won and lost), supported (of n), hours, won_amount, won_amount_missing, hours_unknown
    (requests without hours), value, reason.
    """

    def row(part: Part) -> dict[str, Any]:
        won = part["outcome"] == "won"
        decided = won | (part["outcome"] == "lost")
        spent, amount = float(part["hours"][decided].sum()), _sum(part["amount"][won])
        return {
            "n": _total(part, "n", decided),
            "supported": _total(part, "n", decided & part["is_supported"]),
            "hours": spent,
            "won_amount": amount,
            "won_amount_missing": _total(part, "amount_missing", won),
            "hours_unknown": _total(part, "hours_unknown", decided),
            "value": spent / amount * _MILLION if amount else None,
            "reason": "" if amount else "no_amounts",
        }

    return _used(answers, context, by, row, "nothing_closed")


def waste_share(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Share of the hours on what closed in the period that went into what was not won, one row per group.

    Columns: the groups, n (closed ones with hours), hours, wasted (hours), hours_unknown, value, low, high, reason.
    Limits at the effective sample size (intervals.weighted_share): few deals with many hours are little evidence.
    """

    def row(part: Part) -> dict[str, Any]:
        lost = np.isin(part["outcome"], WASTED)
        found = weighted_share(*(float(part[c][of].sum()) for c in ("hours", "hours_square") for of in (lost, ~lost)))
        return {
            "n": _total(part, "with_hours"),
            "hours": float(part["hours"].sum()),
            "wasted": float(part["hours"][lost].sum()),
            "hours_unknown": _total(part, "hours_unknown"),
            **_limits(found),
            "reason": "" if found.is_known else "no_hours",
        }

    return _used(answers, context, by, row, "no_hours")


def returned(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """What support brings back: (amount won with support - cost of support) / cost of support, of what closed in the
    period, one row per group. By amounts, because exports do not tell the margin.

    Columns: the groups, n (closed ones with support), won (of n), won_amount, won_amount_missing, cost, cost_unknown
    (requests without a cost), value, reason.
    """

    def row(part: Part) -> dict[str, Any]:
        helped = part["is_supported"]
        won = helped & (part["outcome"] == "won")
        cost, amount, n_won = float(part["cost"].sum()), _sum(part["amount"][won]), _total(part, "n", won)
        is_known = cost > 0 and (amount is not None or n_won == 0)
        return {
            "n": _total(part, "n", helped),
            "won": n_won,
            "won_amount": amount,
            "won_amount_missing": _total(part, "amount_missing", won),
            "cost": cost,
            "cost_unknown": _total(part, "cost_unknown"),
            "value": ((amount or 0) - cost) / cost if is_known else None,
            "reason": "" if is_known else "no_cost" if not cost > 0 else "no_amounts",
        }

    return _used(answers, context, by, row, "nothing_closed")


def lift(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Difference of the win rates with and without support within the same segment and grade, one row per group.

    Mantel-Haenszel over the strata of what was won or lost in the period and had come at least to stage
    support.compared_from_stage (earlier ones had no chance to get support), limits after Greenland & Robins 1985.
    An association: who gets support is not drawn by lot. Columns: the groups, n, supported, won, strata (with both
    kinds), value, low, high, reason.
    """

    def row(part: Part) -> dict[str, Any]:
        use = pd.DataFrame({name: part[name] for name in _LIFTED})
        late = use[use["is_late"] & use["outcome"].isin(["won", "lost"])]
        cells = late.assign(won=late["n"].where(late["outcome"] == "won", 0))
        arms = cells.groupby(["segment", "grade", "is_supported"])[["won", "n"]].sum().reset_index()
        one, other = (arms[arms["is_supported"] == arm] for arm in (True, False))
        pairs = one.merge(other, on=["segment", "grade"], suffixes=("_with", "_without"))
        found = mantel_haenszel(pairs)
        return {
            "n": int(arms["n"].sum()),
            "supported": int(one["n"].sum()),
            "won": int(arms["won"].sum()),
            "strata": len(pairs),
            **_limits(found),
            "reason": "" if found.is_known else "no_pairs",
        }

    return _used(answers, context, by, row, "no_pairs")


_LIFTED = ("segment", "grade", "is_supported", "is_late", "outcome", "n")


def mantel_haenszel(pairs: pd.DataFrame, *, level: float = 0.95) -> Estimate:
    """Pooled difference of two shares over strata (columns won_with, n_with, won_without, n_without).

    Mantel & Haenszel weights n1 n0 / (n1 + n0); variance Greenland & Robins 1985 (Biometrics 41:55).

    >>> two = pd.DataFrame({"won_with": [6, 3], "n_with": [10, 10], "won_without": [4, 1], "n_without": [10, 10]})
    >>> round(mantel_haenszel(two).value, 3)
    0.2
    """
    x1, n1, x0, n0 = (pairs[c].to_numpy(float) for c in ("won_with", "n_with", "won_without", "n_without"))
    if not len(pairs):
        return NOT_KNOWN
    weight = n1 * n0 / (n1 + n0)
    p1, p0 = x1 / n1, x0 / n0
    value = float((weight * (p1 - p0)).sum() / weight.sum())
    variance = float((weight**2 * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)).sum() / weight.sum() ** 2)
    half = z_of(level) * float(np.sqrt(variance))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half)) if variance > 0 else Estimate(value)


def conditions(use: pd.DataFrame) -> pd.DataFrame:
    """Hours on what closed, with and without the necessary conditions, one row per segment and condition (weak, met).

    Columns: segment, condition, n, deal_share and hours_share (of those whose conditions are known), hours, value
    (hours per opportunity) with low and high (Student's t), won, decided (won and lost), win_rate, unknown
    (opportunities whose conditions nobody has answered).
    """
    rows = []
    for key, part in survival.groups(use, ["segment"]):
        answered = part[part["condition"] != "unknown"]
        for name in ("weak", "met"):
            mine = answered[answered["condition"] == name]
            found = mean(_n(mine), float(mine["hours"].sum()), float(mine["hours_square"].sum()))
            won, decided = (_n(mine[mine["outcome"].isin(how)]) for how in (["won"], ["won", "lost"]))
            rows.append(
                {
                    **key,
                    "condition": name,
                    "n": _n(mine),
                    "hours": float(mine["hours"].sum()),
                    "won": won,
                    "decided": decided,
                    "unknown": _n(part) - _n(answered),
                    **_limits(found),
                    "deal_share": _share(_n(mine), _n(answered)),
                    "win_rate": _share(won, decided),
                    "hours_share": _share(float(mine["hours"].sum()), float(answered["hours"].sum())),
                }
            )
    columns = [
        "segment",
        "condition",
        "n",
        "deal_share",
        "hours",
        "hours_share",
        "value",
        "low",
        "high",
        "won",
        "decided",
        "win_rate",
        "unknown",
    ]
    return pd.DataFrame(rows, columns=columns)


def load(sellers: pd.DataFrame) -> pd.DataFrame:
    """How evenly the hours on open opportunities lie, one row per segment.

    Columns: segment, sellers, n (open), requests, hours, value (hours per open opportunity), gini (of that figure over
    the sellers: 0 all the same, 1 one has it all; unknown under three sellers), top_share (of the hours, of the tenth
    of the sellers, at least one, that has most).
    """
    rows = []
    for key, part in survival.groups(sellers, ["segment"]):
        spent, n = part["hours"].to_numpy(float), part["n"].to_numpy(float)
        most = np.sort(spent)[::-1][: max(1, len(part) // 10)]
        rows.append(
            {
                **key,
                "sellers": len(part),
                "n": int(n.sum()),
                "requests": int(part["requests"].sum()),
                "hours": float(spent.sum()),
                "value": _share(float(spent.sum()), float(n.sum())),
                "gini": gini(spent / n),
                "top_share": _share(float(most.sum()), float(spent.sum())),
            }
        )
    columns = ["segment", "sellers", "n", "requests", "hours", "value", "gini", "top_share"]
    return pd.DataFrame(rows, columns=columns)


def gini(values: Sequence[float] | np.ndarray) -> float | None:
    """The Gini coefficient of values ≥ 0; None under three values or where all are zero.

    >>> gini([1, 1, 1]), round(gini([0, 0, 1]), 3), gini([0, 0, 0])
    (0.0, 0.667, None)
    """
    x = np.sort(np.asarray(values, dtype=float))
    if len(x) < 3 or not x.sum() > 0:
        return None
    places = np.arange(1, len(x) + 1)
    return round(float((2 * places - len(x) - 1) @ x / (len(x) * x.sum())), 12)


def _used(answers: Answers, context: Context, by: Sequence[str], row: Any, nothing: str) -> pd.DataFrame:
    """One row per group of sql/support_use.sql; `nothing` is the reason where nothing closed."""
    use = _arrays(answers["support_use"])
    parts = survival.group_places(answers["support_use"], by)
    frame = pd.DataFrame([{**key, **row({c: of[places] for c, of in use.items()})} for key, places in parts])
    if frame.empty:
        frame = pd.DataFrame([row(use)]).iloc[:0]
        frame = pd.concat([pd.DataFrame(columns=list(by)), frame], axis="columns")
    if _unknown(answers):  # no requests are no zero hours: nobody has told
        limits = [c for c in ("value", "low", "high") if c in frame.columns]
        frame[limits] = np.nan
    missing = frame["value"].isna()
    frame["reason"] = frame["reason"].mask(missing & (frame["n"] == 0), nothing)
    frame["reason"] = frame["reason"].mask(missing & _unknown(answers), "no_requests").astype("str")
    floats = [c for c in ("value", "low", "high", "hours", "wasted", "won_amount", "cost") if c in frame.columns]
    return ordered(frame.astype(dict.fromkeys(floats, "float64")), context, by)


def _arrays(counts: pd.DataFrame) -> Part:
    """The columns of counts: with many groups, arrays are much quicker to take apart than frames."""
    return {name: counts[name].to_numpy(bool if name.startswith("is_") else None) for name in counts.columns}


def _total(part: Part, name: str, which: Any = slice(None)) -> int:
    return int(part[name][which].sum())


def _unknown(answers: Answers) -> bool:
    return not bool(answers["support_known"]["is_known"].any())


def _n(part: pd.DataFrame) -> int:
    return int(part["n"].sum())


def _sum(values: np.ndarray) -> float | None:
    """The sum of what is known; None where nothing is."""
    given = values[~np.isnan(values)]
    return float(given.sum()) if len(given) else None


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _rest(value: float | None) -> float | None:
    return None if value is None else 1 - value


def _limits(found: Estimate) -> dict[str, float | None]:
    return {"value": found.value, "low": found.low, "high": found.high}
