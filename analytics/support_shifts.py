"""Which support team has become slower or faster to answer than before, and than the others (METHOD B18). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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
    counts = counts.reset_index(drop=True)
    waits = waits_of(counts)
    team, quarter = (counts.loc[waits.index, name].to_numpy() for name in ("support_team", "quarter"))
    rows: list[dict[str, Any]] = []
    tests = 0
    for name in dict.fromkeys(team):
        cuts = []
        for since in list(quarters)[1:]:
            late, mine = quarter >= since, team == name
            cut = _Cut(str(since), waits[mine & ~late], waits[mine & late], waits[~mine & late])
            if cut.fewest >= minimum:
                cuts.append((abs(survival.logrank_z(cut.after, cut.before) or 0.0), cut))
        tests += len(cuts)
        if cuts:
            rows.append({"support_team": name, **_furthest(cuts)})
    frame = pd.DataFrame(rows, columns=[c for c in SHIFTS if c not in ("tests", "is_real", "is_slower")])
    frame["p_adjusted"] = (frame["p_adjusted"].astype(float) * tests).clip(upper=1.0)
    medians = frame[["before", "after", "others"]].astype(float)
    slower = (medians["after"] > medians["before"]) & (medians["after"] > medians["others"])
    faster = (medians["after"] < medians["before"]) & (medians["after"] < medians["others"])
    frame = frame.assign(tests=tests, is_slower=slower, is_real=(frame["p_adjusted"] < 1 - CLAIM) & (slower | faster))
    return frame.sort_values("p_adjusted", kind="stable", ignore_index=True)[list(SHIFTS)]


class _Cut(NamedTuple):
    """Waits (columns: support.waits_of) of a team before and since a quarter, and of the others since then."""

    since: str
    before: pd.DataFrame
    after: pd.DataFrame
    others: pd.DataFrame

    @property
    def fewest(self) -> int:
        """Answers of the part that has fewest."""
        return int(min(part["events"].sum() for part in (self.before, self.after, self.others)))


def _furthest(cuts: list[tuple[float, _Cut]]) -> dict[str, Any]:
    """The cut whose weaker test is strongest. Those nearer to what was before than the best so far are not tried."""
    best, chosen = -1.0, cuts[0][1]
    for z, cut in sorted(cuts, key=lambda row: -row[0]):
        if z <= best:
            break
        weaker = min(z, abs(survival.logrank_z(cut.after, cut.others) or 0.0))
        if weaker > best:
            best, chosen = weaker, cut
    told = {name: _median(getattr(chosen, name)) for name in ("before", "after", "others")}
    n_before, n_after = (int(part[["events", "censored"]].to_numpy().sum()) for part in (chosen.before, chosen.after))
    return {"since": chosen.since, "n_before": n_before, "n_after": n_after, "p_adjusted": two_sided_p(best), **told}


def _median(waits: pd.DataFrame) -> float | None:
    return survival.quantile(survival.kaplan_meier(waits)).value
