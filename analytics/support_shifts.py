"""Which support team has become slower or faster to answer than before, and than the others (METHOD B18). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
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
    teams, days, waits = _tallied(counts.reset_index(drop=True), quarters)
    rows: list[dict[str, Any]] = []
    tests = 0
    for name, mine, others in zip(teams, waits, waits.sum(axis=0) - waits, strict=True):
        cuts = []
        for since in range(1, len(quarters)):
            parts = (part.sum(axis=0) for part in (mine[:since], mine[since:], others[since:]))
            cut = _Cut(str(quarters[since]), days, *parts)
            if cut.fewest >= minimum:
                cuts.append((_apart(cut.after, cut.before), cut))
        tests += len(cuts)
        if cuts:
            rows.append({"support_team": name, **_furthest(cuts)})
    frame = pd.DataFrame(rows, columns=[c for c in SHIFTS if c not in ("tests", "is_real", "is_slower")])
    frame["p_adjusted"] = (frame["p_adjusted"].astype(float) * tests).clip(upper=1.0)
    medians = frame[["before", "after", "others"]].astype(float)
    slower = (medians["after"] > medians["before"]) & (medians["after"] > medians["others"])
    faster = (medians["after"] < medians["before"]) & (medians["after"] < medians["others"])
    frame = frame.assign(tests=tests, is_slower=slower, is_real=(frame["p_adjusted"] < 1 - CLAIM) & (slower | faster))
    return frame.sort_values(["p_adjusted", "support_team"], ignore_index=True)[list(SHIFTS)]


def _tallied(counts: pd.DataFrame, quarters: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The teams in order of appearance, the days that were waited, and how many answers and open waits there are of
    each team x quarter x day."""
    waits = waits_of(counts)
    values, of = survival.checked(waits, ["events"]), counts.loc[waits.index]
    team, teams = pd.factorize(of["support_team"])
    days, day = np.unique(values[:, 0], return_inverse=True)
    # what is older belongs to the first quarter
    quarter = (np.searchsorted(np.array(quarters), of["quarter"].to_numpy(str), side="right") - 1).clip(0)
    tally = np.zeros((len(teams), len(quarters), len(days), 2))
    np.add.at(tally, (team, quarter, day), values[:, 1:])
    return list(teams), days, tally


class _Cut(NamedTuple):
    """Answers and open waits per day (two columns) of a team before and since a quarter, and of the others since."""

    since: str
    days: np.ndarray
    before: np.ndarray
    after: np.ndarray
    others: np.ndarray

    @property
    def fewest(self) -> int:
        """Answers of the part that has fewest."""
        return int(min(part[:, 0].sum() for part in (self.before, self.after, self.others)))

    def median(self, name: str) -> float | None:
        """Median days of one of the three parts."""
        rows = np.column_stack([self.days, getattr(self, name)])
        return survival.quantile(survival.curve_of(rows)).value


def _furthest(cuts: list[tuple[float, _Cut]]) -> dict[str, Any]:
    """The cut whose weaker test is strongest. Those nearer to what was before than the best so far are not tried."""
    best, chosen = -1.0, cuts[0][1]
    for z, cut in sorted(cuts, key=lambda row: -row[0]):
        if z <= best:
            break
        weaker = min(z, _apart(cut.after, cut.others))
        if weaker > best:
            best, chosen = weaker, cut
    told = {name: chosen.median(name) for name in ("before", "after", "others")}
    return {"since": chosen.since, "n_before": int(chosen.before.sum()), "n_after": int(chosen.after.sum()),
            "p_adjusted": two_sided_p(best), **told}


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """How far the log-rank test tells two such parts apart."""
    sides = ((part[:, 0], survival.at_risk_of(part.sum(axis=1))) for part in (one, other))
    return abs(survival.logrank_score(*(column for side in sides for column in side)) or 0.0)
