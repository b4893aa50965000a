"""In which stage opportunities have come to stay longer, or shorter, than before, and since when (METHOD B13). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.conversion_days import counted
from analytics.statistics import survival
from analytics.statistics.estimate import CLAIM, two_sided_p
from data.scope import UNKNOWN

#: since: the first quarter of entry after the change; n_*: visits begun before and since (those still going on
#: included); before, after: their median days (Kaplan-Meier); tests: how many were made; p_adjusted: times that number
SHIFTS = ("pipeline", "segment", "stage", "since", "n_before", "n_after", "before", "after", "p_adjusted", "tests",
          "is_real", "is_longer")


#: a smaller change of the median (in parts of it) may be more than chance, but nobody would act on it
MATERIAL = 0.2


def shifts(visits: pd.DataFrame, quarters: Sequence[str], *, minimum: int = 20) -> pd.DataFrame:
    """One row per pipeline, segment and stage: the quarter of entry since which its days differ most from before
    (log-rank test, open visits censored), most certain first (columns: SHIFTS).

    `visits`: sql/visit_days.sql by segment and quarter of entry; `minimum`: fewest ended visits on either side. A
    change counts as real only after Bonferroni's correction for every stage, segment and quarter that was tried, and if
    the median moved by at least MATERIAL.
    """
    counts = counted(visits[visits["segment"] != UNKNOWN])
    lengths = survival.checked(counts, ["events"])
    entered = np.searchsorted(np.array(quarters), counts["quarter"].to_numpy(str))  # what is older belongs to the first
    rows: list[dict[str, Any]] = []
    tests = 0
    for key, places in survival.group_places(counts, ["pipeline", "segment", "stage"]):
        part, quarter = lengths[places], entered[places]
        tried = _tried(part, quarter, len(quarters), minimum)
        tests += len(tried)
        if tried:
            z, since = max(tried)
            early, late = part[quarter < since], part[quarter >= since]
            rows.append({**key, "since": quarters[since], "n_before": int(early[:, 1:].sum()),
                         "n_after": int(late[:, 1:].sum()), "before": _median(early), "after": _median(late),
                         "p_adjusted": two_sided_p(z)})
    frame = pd.DataFrame(rows, columns=[c for c in SHIFTS if c not in ("tests", "is_real", "is_longer")])
    frame["p_adjusted"] = (frame["p_adjusted"].astype(float) * tests).clip(upper=1.0)
    before, after = frame["before"].astype(float), frame["after"].astype(float)
    frame = frame.assign(tests=tests, is_longer=after > before, is_real=(frame["p_adjusted"] < 1 - CLAIM)
                         & ((after - before).abs() >= MATERIAL * before.clip(lower=1)))
    return frame.sort_values(["p_adjusted", "pipeline", "segment", "stage"], ignore_index=True)[list(SHIFTS)]


def _tried(lengths: np.ndarray, quarter: np.ndarray, quarters: int, minimum: int) -> list[tuple[float, int]]:
    """(size of the log-rank statistic, first quarter after the cut) for every cut with enough ended visits."""
    days, place = np.unique(lengths[:, 0], return_inverse=True)
    ended, left = np.zeros((2, quarters, len(days)))
    np.add.at(ended, (quarter, place), lengths[:, 1])
    np.add.at(left, (quarter, place), lengths[:, 1] + lengths[:, 2])
    there = left[:, ::-1].cumsum(axis=1)[:, ::-1]
    early = [counts.cumsum(axis=0) for counts in (ended, there)]  # of the quarters up to each
    found = []
    for cut in range(1, quarters):
        before = [counts[cut - 1] for counts in early]
        since = [counts[-1] - counts[cut - 1] for counts in early]
        enough = min(since[0].sum(), before[0].sum()) >= minimum
        if enough and (z := survival.logrank_score(*since, *before)) is not None:
            found.append((abs(z), cut))
    return found


def _median(lengths: np.ndarray) -> float | None:
    return survival.quantile(survival.curve_of(lengths)).value
