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

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from analytics.statistics.estimate import LEVEL, NOT_KNOWN, Estimate, known, two_sided_p, z_of

Transform = Literal["log-log", "log"]
CURVE = ("days", "at_risk", "events", "censored", "survival", "std_error", "low", "high")
COUNTS = {"at_risk": "int64", "events": "int64", "censored": "int64"}
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
    days, (events,), censored = tally(counts, ["events"])
    at_risk = _at_risk(events + censored)
    survival = np.cumprod(1 - events / at_risk)
    greenwood = _greenwood(events, at_risk)
    low, high = _band(survival, greenwood, z_of(level), transform)
    error = np.where(survival > 0, survival * np.sqrt(greenwood), np.nan)
    columns = (days, at_risk, events, censored, survival, error, low, high)
    return pd.DataFrame(dict(zip(CURVE, columns, strict=True))).astype(COUNTS)


def quantile(curve: pd.DataFrame, p: float = 0.5) -> Estimate:
    """The time by which the share `p` has ended: median 0.5, P75 0.75, P90 0.9; None where the curve does not get
    there ("not reached"), likewise for each limit.

    >>> five = pd.DataFrame({"days": [2, 4, 6, 8, 10], "events": 1, "censored": 0})
    >>> quantile(kaplan_meier(five), 0.5).value, quantile(kaplan_meier(five.assign(events=0, censored=1))).value
    (6.0, None)
    """
    if not 0 < p < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not {p}")
    days = curve["days"].to_numpy(float)
    value, low, high = (_first_at_most(days, curve[name].to_numpy(float), 1 - p) for name in ("survival", "low", "high"))
    return Estimate(value, low, high) if value is not None else Estimate(None, low, None)


def survival_at(curve: pd.DataFrame, day: float) -> Estimate:
    """Share that lasted longer than `day`, with the limits of the band.

    None beyond the longest duration seen while some were still going on: nobody has been watched for so long.
    """
    row = row_at(curve, day, "survival")
    if row is None:
        return NOT_KNOWN
    if row.name == -1:
        return Estimate(1.0, None, None)
    return Estimate(known(row["survival"]), known(row["low"]), known(row["high"]))


def restricted_mean(curve: pd.DataFrame, limit: float | None = None, *, level: float = LEVEL) -> Estimate:
    """Mean time within the first `limit` days (default: the longest duration seen), open cases counted fairly.

    Area under the curve with its normal interval, variance Σ A(t_i)² d_i / (n_i (n_i − d_i)) with A the area to the
    right of t_i (Klein & Moeschberger 4.5). None where the curve does not reach `limit`.
    """
    if curve.empty:
        return NOT_KNOWN
    days, survival = curve["days"].to_numpy(float), curve["survival"].to_numpy(float)
    limit = float(days[-1]) if limit is None else float(limit)
    if limit > days[-1] and survival[-1] > 0:
        return NOT_KNOWN
    cuts = np.append(np.minimum(days, limit), limit)
    area = np.append(1.0, survival) * np.diff(np.append(0.0, cuts))
    right = area[::-1].cumsum()[::-1][1:]  # area to the right of each day
    steps = _greenwood_steps(curve["events"].to_numpy(float), curve["at_risk"].to_numpy(float))
    error = float(np.sqrt(np.sum(right**2 * steps)))
    mean = float(area.sum())
    z = z_of(level)
    return Estimate(mean, max(0.0, mean - z * error), min(limit, mean + z * error))


def logrank(one: pd.DataFrame, other: pd.DataFrame) -> float | None:
    """P value of the log-rank test that two groups last equally long (Mantel 1966, one degree of freedom).

    Takes counts, not curves. None where it cannot be tested (no events while both have somebody at risk).
    """
    first, second = (_on(tally(frame, ["events"])) for frame in (one, other))
    days = np.union1d(first.index, second.index)
    (d1, n1), (d2, n2) = (_spread(frame, days) for frame in (first, second))
    d, n = d1 + d2, n1 + n2
    expected = d * n1 / n
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, d * (n1 / n) * (n2 / n) * (n - d) / (n - 1), 0.0).sum()
    if not variance > 0:
        return None
    return two_sided_p(float((d1 - expected).sum() / np.sqrt(variance)))


def curves(counts: pd.DataFrame, by: Sequence[str], *, level: float = LEVEL) -> pd.DataFrame:
    """`kaplan_meier` for each group: the columns of `by`, then the curve. Groups keep their order of appearance."""
    parts = [kaplan_meier(part, level=level).assign(**key) for key, part in groups(counts, by)]
    frame = pd.concat(parts, ignore_index=True) if parts else kaplan_meier(counts).assign(**{name: None for name in by})
    return frame[[*by, *CURVE]]


def quantiles(counts: pd.DataFrame, by: Sequence[str], p: float, *, min_events: int = 5,
              level: float = LEVEL) -> pd.DataFrame:
    """One row per group: the columns of `by`, n, events, censored, value, low, high (days), reason.

    `reason` says why a value is missing: "few_events" (fewer than `min_events`, DOMAIN B13) or "not_reached"
    (more than 1 − p are still going on); "" where there is a value.
    """
    rows = []
    for key, part in groups(counts, by):
        events, censored = int(part["events"].sum()), int(part["censored"].sum())
        found, reason = NOT_KNOWN, "few_events"
        if events >= min_events:
            found = quantile(kaplan_meier(part, level=level), p)
            reason = "" if found.is_known else "not_reached"
        rows.append({**key, "n": events + censored, "events": events, "censored": censored,
                     "value": found.value, "low": found.low, "high": found.high, "reason": reason})
    frame = pd.DataFrame(rows, columns=[*by, "n", "events", "censored", "value", "low", "high", "reason"])
    return frame.astype({"n": "int64", "events": "int64", "censored": "int64",
                         "value": float, "low": float, "high": float, "reason": "str"})


def groups(counts: pd.DataFrame, by: Sequence[str]) -> list[tuple[dict[str, object], pd.DataFrame]]:
    """The groups of a frame as ({column: value}, rows), in order of appearance; without `by` one group of all."""
    if not by:
        return [({}, counts)]
    grouped = counts.groupby(list(by), sort=False, dropna=False, observed=True)
    return [(dict(zip(by, key, strict=True)), part) for key, part in grouped]


def tally(counts: pd.DataFrame, kinds: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Counts added up per distinct day: days in order, one array per kind of event, censored. Checks the input."""
    names = ["days", *kinds, "censored"]
    if missing := [name for name in names if name not in counts.columns]:
        raise ValueError(f"counts need the columns {names}; missing: {missing}")
    values = counts[names].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("days and counts must be known and not negative; leave such rows out and count them")
    if (values[:, 1:] % 1).any():
        raise ValueError("counts are whole numbers")
    values = values[values[:, 1:].sum(axis=1) > 0]
    days, position = np.unique(values[:, 0], return_inverse=True)
    sums = [np.bincount(position, weights=values[:, i], minlength=len(days)).astype(float) for i in range(1, len(names))]
    return days, sums[:-1], sums[-1]


def row_at(curve: pd.DataFrame, day: float, column: str) -> pd.Series | None:
    """The row of a curve in force on `day`; None beyond what was observed; a row named −1 before the first."""
    if curve.empty or day < 0:
        return None
    days = curve["days"].to_numpy(float)
    if day > days[-1] and curve["survival"].iloc[-1] > 0:
        return None
    index = int(np.searchsorted(days, day, side="right")) - 1
    if index < 0:
        return pd.Series({column: np.nan}, name=-1)
    return curve.iloc[index].rename(index)


def _at_risk(leaving: np.ndarray) -> np.ndarray:
    return leaving[::-1].cumsum()[::-1]


def _greenwood_steps(events: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """d / (n (n − d)) per day; 0 on the day when the last ones leave (S is 0 from then on)."""
    stay = at_risk - events
    return np.divide(events, at_risk * stay, out=np.zeros_like(events), where=stay > 0)


def _greenwood(events: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    return np.cumsum(_greenwood_steps(events, at_risk))


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


def _on(tallied: tuple[np.ndarray, list[np.ndarray], np.ndarray]) -> pd.DataFrame:
    days, (events,), censored = tallied
    return pd.DataFrame({"events": events, "leaving": events + censored}, index=days)


def _spread(frame: pd.DataFrame, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events and number at risk on each of `days` (of both groups)."""
    full = frame.reindex(days, fill_value=0.0)
    return full["events"].to_numpy(), _at_risk(full["leaving"].to_numpy())
