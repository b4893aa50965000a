"""Which support team has become slower or faster to answer than before, and than the others (METHOD B18). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics.statistics import survival
from analytics.statistics.estimate import CLAIM, two_sided_p
from analytics.support import waits_of

#: since: the first quarter after the change; before, after: median days of the team; others: that of all others after
#: it; p_adjusted: the weaker of the two tests, times the number of tests; tests: how many were made
SHIFTS = (
    "support_team",
    "since",
    "n_before",
    "n_after",
    "before",
    "after",
    "others",
    "p_adjusted",
    "tests",
    "is_real",
    "is_slower",
)


def shifts(counts: pd.DataFrame, quarters: Sequence[str], *, minimum: int = 20) -> pd.DataFrame:
    """One row per support team: the quarter since which its response times differ most (columns: SHIFTS), most
    certain first.

    `counts`: sql/support_response.sql with a column quarter. A change counts as real only if the team differs from
    what it was before and, since then, from all others (two log-rank tests), both after Bonferroni's correction for all
    teams and quarters that were tried: whoever looks at four teams and seven quarters finds a slow one in pure noise
    too.
    """
    rows: list[dict[str, Any]] = []
    tests = 0
    for key, mine in survival.groups(counts[counts["quarter"].isin(list(quarters))], ["support_team"]):
        team, found = key["support_team"], []
        for since in list(quarters)[1:]:
            before, after = mine[mine["quarter"] < since], mine[mine["quarter"] >= since]
            others = counts[(counts["support_team"] != team) & (counts["quarter"] >= since)]
            if min(_answered(f) for f in (before, after, others)) < minimum:
                continue
            tests += 1
            z = [survival.logrank_z(waits_of(after), waits_of(f)) or 0.0 for f in (before, others)]
            found.append((min(map(abs, z)), since, before, after, others))
        if found:
            z_weaker, since, before, after, others = max(found, key=lambda row: row[0])
            rows.append(
                {
                    "support_team": team,
                    "since": since,
                    "n_before": int(before["n"].sum()),
                    "n_after": int(after["n"].sum()),
                    "p_adjusted": two_sided_p(z_weaker),
                    **{name: _median(f) for name, f in (("before", before), ("after", after), ("others", others))},
                }
            )
    frame = pd.DataFrame(rows, columns=[c for c in SHIFTS if c not in ("tests", "is_real", "is_slower")])
    frame["p_adjusted"] = (frame["p_adjusted"].astype(float) * tests).clip(upper=1.0)
    medians = frame[["before", "after", "others"]].astype(float)
    slower = (medians["after"] > medians["before"]) & (medians["after"] > medians["others"])
    faster = (medians["after"] < medians["before"]) & (medians["after"] < medians["others"])
    frame = frame.assign(tests=tests, is_slower=slower, is_real=(frame["p_adjusted"] < 1 - CLAIM) & (slower | faster))
    return frame.sort_values("p_adjusted", kind="stable", ignore_index=True)[list(SHIFTS)]


def _answered(counts: pd.DataFrame) -> int:
    return int(counts.loc[counts["is_answered"].astype(bool), "n"].sum())


def _median(counts: pd.DataFrame) -> float | None:
    return survival.quantile(survival.kaplan_meier(waits_of(counts))).value
