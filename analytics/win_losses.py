"""Against whom, and in which stage, does a group lose more than before? What a fall of its win rate consists of. Pure.

Asked only of a group that has fallen by more than chance (analytics/fluctuation.shifts), and answered with two plain
counts: of what it lost, the share in which a rival was the main competitor; of what came to a stage, the share that was
lost there. Score test of two shares, pooled; adjusted for every rival and stage that was tried (Bonferroni). It says
where the losses are, not why. A rival who takes over one group and not the others makes the group's fall its own, even
where everybody falls: to whom does not depend on how much one loses.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.fluctuation import apart_from
from analytics.statistics.estimate import CLAIM, LEVEL, two_sided_p
from data.scope import UNKNOWN

#: kind: rival | stage; pipeline and name: of the stage, or "" and the rival; of: what was lost (of a known rival), or
#: came to the stage; lost: of these, against the rival or in the stage; *_before: the earlier time. is_real: a larger
#: share than before, by more than chance explains; p_rest, is_apart: and by more than it grew with all others.
COLUMNS = ("kind", "pipeline", "name", "lost_before", "of_before", "lost", "of", "share_before", "share", "z", "tests",
           "p_adjusted", "is_real", "p_rest", "is_apart")
#: Fewest expected on either side of a share that is tested (as in analytics/fluctuation.py).
MIN_EXPECTED = 5


def compare(counts: pd.DataFrame, whole: pd.DataFrame, steps: pd.DataFrame, *, groups: int = 1,
            level: float = LEVEL) -> pd.DataFrame:
    """Every rival and stage of a group before and since, what grew most certainly first (COLUMNS).

    In: rows of data/sql/losses.sql of the group, and of everybody including it; `steps`: the open stages
    (analytics.metrics.frames.ladder); `groups`: of how many the same is asked. is_apart holds for all of them together.
    """
    keys = ["kind", "pipeline", "name"]
    sides = [_losses(part[part["is_after"] == is_after], counts, steps)
             for part in (counts, whole) for is_after in (False, True)]
    frame = sides[0].merge(sides[1], on=keys, suffixes=("_before", ""))
    rest = [frame[keys].merge(side, on=keys) for side in sides[2:]]
    x0, n0, x1, n1 = (frame[c].to_numpy(float) for c in ("lost_before", "of_before", "lost", "of"))
    y0, m0, y1, m1 = (side[c].to_numpy(float) for side in rest for c in ("lost", "of"))
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (x0 + x1) / (n0 + n1)
        is_tried = np.minimum(n0, n1) * np.minimum(pooled, 1 - pooled) >= MIN_EXPECTED
        z = np.where(is_tried, (x1 / n1 - x0 / n0) / np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1)), np.nan)
        frame = frame.assign(share_before=x0 / n0, share=x1 / n1, z=z, tests=int(is_tried.sum()))
    further = np.where(is_tried, apart_from((x0, n0, x1, n1), (y0 - x0, m0 - n0, y1 - x1, m1 - n1)), np.nan)
    for name, values, looks in (("p_adjusted", z, 1), ("p_rest", further, groups)):
        frame[name] = np.minimum(1.0, np.array([two_sided_p(v) for v in values]) * is_tried.sum() * looks)
    frame["is_real"] = (frame["p_adjusted"] < 1 - level) & (frame["z"] > 0)
    frame["is_apart"] = frame["is_real"] & (frame["p_rest"] < 1 - CLAIM) & (further > 0)
    return frame.sort_values(["z", *keys], ascending=[False, True, True, True], kind="stable",
                             ignore_index=True)[list(COLUMNS)]


def _losses(side: pd.DataFrame, counts: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """kind, pipeline, name, lost, of: one time's losses by every rival and stage that either time has."""
    rivals = sorted(set(counts.loc[counts["lost"] > 0, "main_competitor"]) - {UNKNOWN})
    known = side[side["main_competitor"] != UNKNOWN]
    against = known.groupby("main_competitor")["lost"].sum().reindex(rivals, fill_value=0)
    total = int(known["lost"].sum())  # to all rivals, of everybody also to those whom the group does not meet
    rows = [("rival", "", name, int(lost), total) for name, lost in against.items()]
    for pipeline in steps.loc[steps["pipeline"].isin(set(counts["pipeline"])), "pipeline"].unique():
        came = side[(side["pipeline"] == pipeline) & (side["highest_order"] > 0)]
        lost = came.groupby("highest_order")["lost"].sum()
        won = came["won"].sum()  # a won one passed all stages
        ladder = steps[steps["pipeline"] == pipeline]
        for stage, order in zip(ladder["stage"], ladder["stage_order"], strict=True):
            rows.append(("stage", pipeline, stage, int(lost.get(order, 0)), int(won + lost[lost.index >= order].sum())))
    return pd.DataFrame(rows, columns=["kind", "pipeline", "name", "lost", "of"])
