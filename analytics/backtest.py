"""Does closeness predict? Win rate by how close we were some weeks before the close, on the organisation's own history.

Pure. The bands are those of the settings. The test asks for a trend of winning in closeness (score test of logistic
regression, as Cochran-Armitage), with a variance that counts the opportunities of one account as one piece of evidence
(Liang & Zeger 1986, Biometrika 73:13; Student's t for few accounts): ten deals of one account share its closeness and
its buyer. It predicts only at the level of a claim; else the sentence says that it does not predict here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics.calibration import area
from analytics.statistics.estimate import CLAIM
from analytics.statistics.intervals import t_two_sided_p, with_wilson

SOURCES = ("project", "account")
#: Fewest won and fewest lost for a statement (the minimum of a vendor's comparison with won deals, Dynamics 365).
MIN_EACH = 30
#: Fewest accounts from which the variance between accounts is estimated.
MIN_CLUSTERS = 5


def bands(counts: pd.DataFrame, edges: Sequence[int]) -> pd.DataFrame:
    """Win rate per source and band of closeness.

    In: rows of data/sql/closeness_outcomes.sql; `edges`: the lower bounds of the second band and of those after it.
    Out: source, band (0 = the lowest), from_points, to_points, n, won, value, low, high (Wilson); an empty band stays.
    """
    known = counts[counts["percent"] >= 0]
    present = [source for source in SOURCES if source in set(known["source"])]
    place = np.array([present.index(source) for source in known["source"]], dtype=int)
    band = np.searchsorted(np.asarray(edges), known["percent"].to_numpy(), side="right")
    size, bounds = len(edges) + 1, [0, *edges, 100]
    sums = {name: np.bincount(place * size + band, known[name], len(present) * size).astype("int64")
            for name in ("n", "won")}
    return with_wilson(pd.DataFrame({
        "source": pd.Series(np.repeat(np.array(present, dtype=object), size), dtype="str"),
        "band": np.tile(np.arange(size), len(present)), "from_points": bounds[:-1] * len(present),
        "to_points": bounds[1:] * len(present), **sums}), "won", "n")


def verdicts(counts: pd.DataFrame, trend: pd.DataFrame) -> pd.DataFrame:
    """Whether each source predicts, one row each.

    In: rows of closeness_outcomes.sql and of closeness_trend.sql. Out: source, n, won, unknown (closed of which nobody
    knows how close we were), clusters (accounts), t, p, auc, verdict: predicts | reversed (the closer, the fewer won) |
    does_not_predict | few_closed | not_measured.
    """
    return pd.DataFrame([_verdict(s, counts[counts["source"] == s], trend[trend["source"] == s]) for s in SOURCES])


def _verdict(source: str, counts: pd.DataFrame, trend: pd.DataFrame) -> dict[str, object]:
    known = counts[counts["percent"] >= 0]
    n, won = int(known["n"].sum()), int(known["won"].sum())
    row: dict[str, Any] = {"source": source, "n": n, "won": won, "unknown": int(counts["n"].sum()) - n,
                           "clusters": int(trend["clusters"].sum()), "t": np.nan, "p": np.nan, "auc": area(known)[0]}
    if n == 0:
        return row | {"verdict": "not_measured"}
    variance = float(trend["variance"].sum())
    if min(won, n - won) < MIN_EACH or row["clusters"] < MIN_CLUSTERS or not variance > 0:
        return row | {"verdict": "few_closed"}
    clusters = row["clusters"]
    t = float(trend["score"].sum()) / sqrt(variance * clusters / (clusters - 1))
    p = t_two_sided_p(t, clusters - 1)
    verdict = "does_not_predict" if p >= 1 - CLAIM else "predicts" if t > 0 else "reversed"
    return row | {"t": t, "p": p, "verdict": verdict}
