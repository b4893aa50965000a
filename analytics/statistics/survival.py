"""Time until something happens, where many are still waiting: Kaplan-Meier from counts per day.

Input everywhere: a frame with one row per duration (more rows of the same duration are added up)
    days      duration, ≥ 0: calendar or working days, or hours as fractions of a day; 0 = the same day
    events    how many ended after exactly that long
    censored  how many had lasted that long and were still going on at the as-of date
Who is censored on a day was still there when that day's events happened (events precede censorings at ties).
An open case is never dropped and never counted as ended: leaving it out makes every duration look shorter.

Sources: Kaplan & Meier 1958; variance by Greenwood 1926; limits on the log(−log) scale (Kalbfleisch & Prentice),
which stay inside 0..1 and are what SAS LIFETEST prints; `transform="log"` gives R survfit's default. Quantiles are
the smallest day with S ≤ 1 − p, their limits by Brookmeyer & Crowley 1982: the days where the band crosses 1 − p.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from analytics.cells import taken, typed
from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate, known, z_of

Transform = Literal["log-log", "log"]
CURVE = ("days", "at_risk", "events", "censored", "survival", "std_error", "low", "high")
COUNTS = {"at_risk": "int64", "events": "int64", "censored": "int64"}
_QUANTILES = {"p": "float64", "n": "int64", "events": "int64", "censored": "int64",
              "value": "float64", "low": "float64", "high": "float64", "reason": "str"}
#: a curve with these columns: as a frame, or as arrays by name, which many small groups are quicker with
Curve: TypeAlias = pd.DataFrame | dict[str, np.ndarray]
#: S is a product of fractions: 0.5 may come out as 0.5000000000000001
_TIE = 1e-9


def kaplan_meier(counts: pd.DataFrame, *, level: float = LEVEL, transform: Transform = "log-log") -> pd.DataFrame:
    """The survival curve: one row per day on which something happened, in order of days.

    Columns: days, at_risk (still there when the day begins), events, censored, survival S(t) just after the day,
    std_error (Greenwood), low and high of the band. Before the first row S is 1. Where S is 0 the error and the
    band are NaN; before the first event the band is [1, 1]. Empty in, empty out. ValueError for negative or
    missing days or counts.

    >>> answer = kaplan_meier(pd.DataFrame({"days": [5, 8, 12], "events": [1, 2, 0], "censored": [0, 0, 1]}))
    >>> answer["survival"].round(2).tolist()
    [0.75, 0.25, 0.25]
    """
    curve = _curve(checked(counts, ["events"]), z_of(level), transform)
    return pd.DataFrame(curve, columns=list(CURVE)).astype(COUNTS)


def quantile(curve: Curve, p: float = 0.5) -> Estimate:
    """The time by which the share `p` has ended: median 0.5, P75 0.75, P90 0.9; None where the curve does not get
    there ("not reached"), likewise for each limit.

    >>> five = pd.DataFrame({"days": [2, 4, 6, 8, 10], "events": 1, "censored": 0})
    >>> quantile(kaplan_meier(five), 0.5).value, quantile(kaplan_meier(five.assign(events=0, censored=1))).value
    (6.0, None)
    """
    if not 0 < p < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not {p}")
    return _quantile({name: np.asarray(curve[name], float) for name in ("days", "survival", "low", "high")}, p)


def survival_at(curve: Curve, day: float) -> Estimate:
    """Share that lasted longer than `day`, with the limits of the band.

    None beyond the longest duration seen while some were still going on: nobody has been watched for so long.
    """
    place = place_of(np.asarray(curve["days"], float), np.asarray(curve["survival"], float), day)
    if place is None:
        return NOT_KNOWN
    if place < 0:
        return Estimate(1.0, None, None)
    return Estimate(*(known(np.asarray(curve[name])[place]) for name in ("survival", "low", "high")))


def stock_share(curve: pd.DataFrame, day: float, *, level: float = LEVEL) -> Estimate:
    """The share that has been there for more than `day` days of what stands there at a time, if as many come every day
    and all stay as the curve says: Σ S(a) over the ages a > day, over all ages up to the longest duration seen.

    A stock is always older than the durations that end in it: who stays long is met more often (length bias, Cox 1969).
    Days are whole. Limits by the delta method on Greenwood's steps, normal, inside 0..1. None for an empty curve.

    >>> half = kaplan_meier(pd.DataFrame({"days": [1, 9], "events": [5, 5], "censored": [0, 0]}))
    >>> stock_share(half, 1).value  # ages 0: ten, 1 to 8: five each
    0.7
    """
    if curve.empty:
        return NOT_KNOWN
    ages, standing = _stock(curve)
    total = standing.sum()
    if not total > 0:  # all end on the day they begin: nobody stands there
        return NOT_KNOWN
    share = float(standing[ages > day].sum() / total)
    pull = np.append(((ages > day) - share) * standing / total, 0.0)[::-1].cumsum()[::-1]  # of all ages from a day on
    steps = greenwood_steps(curve["events"].to_numpy(float), curve["at_risk"].to_numpy(float))
    error = z_of(level) * float(np.sqrt(np.sum(pull[curve["days"].to_numpy(int)] ** 2 * steps)))
    return Estimate(share, max(0.0, share - error), min(1.0, share + error))


def stock_day(curve: Curve, share: float) -> float | None:
    """The age that no more than `share` of such a stock (`stock_share`) exceeds; None for an empty curve.

    >>> even = kaplan_meier(pd.DataFrame({"days": [10], "events": [4], "censored": [0]}))
    >>> stock_day(even, 0.2)  # as many of each age from 0 to 9
    7.0
    """
    if not len(curve["days"]):
        return None
    ages, standing = _stock(curve)
    if not standing.sum() > 0:
        return 0.0
    older = 1 - standing.cumsum() / standing.sum()
    return float(ages[np.flatnonzero(older <= share + _TIE)[0]])


def _stock(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """Ages in days up to the longest duration seen, and how much of what came in is still there at each."""
    days, survival = np.asarray(curve["days"], float), np.append(1.0, np.asarray(curve["survival"], float))
    ages = np.arange(int(days[-1]) + 1)
    return ages, survival[np.searchsorted(days, ages, side="right")]


def logrank_score(d1: np.ndarray, n1: np.ndarray, d2: np.ndarray, n2: np.ndarray) -> float | None:
    """The statistic of the log-rank test that two groups last equally long (Mantel 1966, one degree of freedom).

    Above 0 where the first ends sooner. From how many ended on each day (d) and were still there when it began (n), on
    the same days. None where it cannot be tested (no events while both have somebody at risk).
    """
    d, n = d1 + d2, n1 + n2
    expected = np.divide(d * n1, n, out=np.zeros_like(d), where=n > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, d * (n1 / n) * (n2 / n) * (n - d) / (n - 1), 0.0).sum()
    if not variance > 0:
        return None
    return float((d1 - expected).sum() / np.sqrt(variance))


def curves(counts: pd.DataFrame, by: Sequence[str], *, level: float = LEVEL) -> pd.DataFrame:
    """`kaplan_meier` for each group: the columns of `by`, then the curve. Groups keep their order of appearance."""
    return as_frame(curve_each(counts, by, level=level), by)


def as_frame(each: Iterable[tuple[dict[str, Any], dict[str, np.ndarray]]], by: Sequence[str]) -> pd.DataFrame:
    """The curves of `curve_each`, one below the other: the columns of `by`, then those of the curve."""
    names, parts = [], []
    for key, curve in each:
        names.append(key)
        parts.append(curve)
    columns = {name: np.concatenate([np.zeros(0), *(part[name] for part in parts)]).astype(COUNTS.get(name, "float64"))
               for name in CURVE}
    repeats = np.repeat(np.arange(len(names)), [len(part["days"]) for part in parts])
    keys = pd.DataFrame(names, columns=list(by)).take(repeats).reset_index(drop=True)
    return keys.assign(**columns) if by else pd.DataFrame(columns)


def curve_each(
    counts: pd.DataFrame, by: Sequence[str], *, level: float = LEVEL
) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
    """The same, one group ({column: value}) and its curve (arrays by name) after the other."""
    values = checked(counts, ["events"])
    for key, places in group_places(counts, by):
        yield key, curve_of(values[places], level=level)


def curve_of(values: np.ndarray, *, level: float = LEVEL) -> dict[str, np.ndarray]:
    """The curve of some rows of `checked`, as arrays by name."""
    return _curve(values, z_of(level), "log-log")


def quantiles(counts: pd.DataFrame, by: Sequence[str], *shares: float, min_events: int = 5,
              level: float = LEVEL) -> pd.DataFrame:
    """One row per group and share: the columns of `by`, p (the share), n, events, censored, value, low, high (days),
    reason.

    `reason` says why a value is missing: "few_events" (fewer than `min_events`, METHOD B13) or "not_reached"
    (more than 1 − p are still going on); "" where there is a value.
    """
    if not all(0 < p < 1 for p in shares):
        raise ValueError(f"a quantile lies between 0 and 1, not {shares}")
    values, z, rows = checked(counts, ["events"]), z_of(level), []
    firsts: list[int] = []
    for _, places in group_places(counts, by):
        events, censored = (int(total) for total in values[places, 1:].sum(axis=0))
        curve = _curve(values[places], z, "log-log") if events >= min_events else None
        for p in shares:
            found = NOT_KNOWN if curve is None else _quantile(curve, p)
            reason = "few_events" if curve is None else "" if found.is_known else "not_reached"
            firsts.extend(places[:1])  # without `by` there is one group, even of nobody
            rows.append((p, events + censored, events, censored, found.value, found.low, found.high, reason))
    names = {name: taken(counts[name], firsts) for name in by}
    return pd.DataFrame({**names, **typed(rows, _QUANTILES)})


def groups(counts: pd.DataFrame, by: Sequence[str]) -> list[tuple[dict[str, Any], pd.DataFrame]]:
    """The groups of a frame as ({column: value}, rows), in order of appearance; without `by` one group of all."""
    return [(key, counts.iloc[places]) for key, places in group_places(counts, by)]


def group_places(counts: pd.DataFrame, by: Sequence[str]) -> list[tuple[dict[str, Any], np.ndarray]]:
    """The groups of a frame as ({column: value}, positions of its rows); a missing value is a group of its own."""
    if not by:
        return [({}, np.arange(len(counts)))]
    number = np.zeros(len(counts), dtype="int64")
    for name in by:
        codes, found = pd.factorize(counts[name], use_na_sentinel=False)
        number = pd.factorize(number * len(found) + codes)[0]
    order = np.argsort(number, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []
    firsts = np.array([places[0] for places in parts], dtype="int64")
    names = zip(*(counts[name].array.take(firsts).tolist() for name in by), strict=True)
    return [(dict(zip(by, key, strict=True)), places) for key, places in zip(names, parts, strict=True)]


def checked(counts: pd.DataFrame, kinds: Sequence[str]) -> np.ndarray:
    """The columns days, one per kind of event and censored, as numbers. ValueError for what cannot be counted."""
    names = ["days", *kinds, "censored"]
    if missing := [name for name in names if name not in counts.columns]:
        raise ValueError(f"counts need the columns {names}; missing: {missing}")
    values = counts[names].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("days and counts must be known and not negative; leave such rows out and count them")
    if (values[:, 1:] % 1).any():
        raise ValueError("counts are whole numbers")
    return values


def tally_of(values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Checked rows added up per distinct day: days in order, one array per kind of event, censored."""
    values = values[values[:, 1:].any(axis=1)]
    days, place = np.unique(values[:, 0], return_inverse=True)
    sums = [np.bincount(place, weights=column, minlength=len(days)).astype(float) for column in values.T[1:]]
    return days, sums[:-1], sums[-1]


def _curve(values: np.ndarray, z: float, transform: Transform) -> dict[str, np.ndarray]:
    """The columns of CURVE."""
    days, (events,), censored = tally_of(values)
    at_risk = at_risk_of(events + censored)
    survival = np.cumprod(1 - events / at_risk)
    greenwood = np.cumsum(greenwood_steps(events, at_risk))
    low, high = _band(survival, greenwood, z, transform)
    error = np.where(survival > 0, survival * np.sqrt(greenwood), np.nan)
    return dict(zip(CURVE, (days, at_risk, events, censored, survival, error, low, high), strict=True))


def _quantile(curve: dict[str, np.ndarray], p: float) -> Estimate:
    return Estimate(*(_first_at_most(curve["days"], curve[name], 1 - p) for name in ("survival", "low", "high")))


def place_of(days: np.ndarray, survival: np.ndarray, day: float) -> int | None:
    """The row of a curve in force on `day`; −1 before the first; None beyond what anybody has been watched for."""
    if not len(days) or day < 0 or (day > days[-1] and survival[-1] > 0):
        return None
    return int(np.searchsorted(days, day, side="right")) - 1


def at_risk_of(leaving: np.ndarray) -> np.ndarray:
    """How many are still there when each day begins, from how many leave or are last seen on it."""
    return leaving[::-1].cumsum()[::-1]


def greenwood_steps(events: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """d / (n (n − d)) per day; 0 on the day when the last ones leave (S is 0 from then on)."""
    stay = at_risk - events
    return np.divide(events, at_risk * stay, out=np.zeros_like(events), where=stay > 0)


def _band(survival: np.ndarray, greenwood: np.ndarray, z: float, transform: Transform) -> tuple[np.ndarray, np.ndarray]:
    half = z * np.sqrt(greenwood)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if transform == "log":
            low, high = survival * np.exp(-half), np.minimum(1.0, survival * np.exp(half))
        else:
            spread = np.exp(half / np.abs(np.log(survival)))
            low, high = survival**spread, survival ** (1 / spread)
    certain, gone = greenwood == 0, survival <= 0
    low, high = np.where(certain, survival, low), np.where(certain, survival, high)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)


def _first_at_most(days: np.ndarray, values: np.ndarray, bound: float) -> float | None:
    reached = np.flatnonzero(values <= bound + _TIE)
    return float(days[reached[0]]) if len(reached) else None
