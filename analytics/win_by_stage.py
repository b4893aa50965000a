"""Historical win rate by the stage reached (METHOD B7), with few cases drawn towards their parent. Pure.

W(s) = won among the closed that ever reached stage s / closed that ever reached s. Passing over a stage is reaching it,
and who won has reached every stage. Closed means won or lost. Drawn: (won + κ · p) / (n + κ), with p the W(s) of the
parent: the same stage over all groups, or within the first group of several (segment × type × grade: the segment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, ladder, ordered, ratio
from analytics.statistics.intervals import with_wilson

_COLUMNS = ("pipeline", "stage", "next_stage", "stage_order", "n", "won", "lost", "value", "low", "high", "shrunk",
            "parent", "default_probability", "path_unknown", "reason")


def by_stage(answers: Mapping[str, pd.DataFrame], context: Context, by: Sequence[str]) -> pd.DataFrame:
    """One row per group, pipeline and open stage, from data/sql/stage_outcomes.sql.

    n, won, lost: closed that reached the stage; value, low, high: their share with Wilson's limits (none below
    settings.win_rate.shown_minimum: reason few_closed); shrunk: drawn towards `parent`; default_probability: what the
    settings promise for the stage; path_unknown: closed of the group and pipeline whose stages nobody knows, left out.
    """
    rules = context.settings.win_rate
    frame = _reached(answers["stage_outcomes"], context, by)
    frame = with_wilson(frame, "won", "n")
    frame["parent"] = _parent(answers["stage_outcomes"], frame, context, by)
    pull = rules.shrinkage
    frame["shrunk"] = ratio(frame["won"] + pull * frame["parent"], frame["n"] + pull * frame["parent"].notna())
    is_few = frame["n"] < rules.shown_minimum
    frame.loc[is_few, ["value", "low", "high"]] = np.nan
    reason = np.where(frame["n"] == 0, "nothing_closed", np.where(is_few, "few_closed", ""))
    frame["reason"] = pd.Series(reason, index=frame.index, dtype="str")
    return ordered(frame, context, by)[[*by, *_COLUMNS]]


def _reached(counts: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won, lost and n of all that came to each stage, per group and pipeline."""
    keys = [*by, "pipeline"]
    counts = added_up(counts, [*keys, "highest_order"])
    unknown = counts["highest_order"] == 0
    lost_path = counts[unknown].assign(path_unknown=counts["won"] + counts["lost"])[[*keys, "path_unknown"]]
    steps = counts[keys].drop_duplicates().merge(_steps(context), on="pipeline")
    pairs = steps.merge(counts[~unknown], on=keys, how="left")
    came = pairs["highest_order"] >= pairs["stage_order"]
    pairs["won"] = pairs["won"].fillna(0).astype("int64")
    pairs["lost"] = pairs["lost"].where(came, 0).fillna(0).astype("int64")
    names = [*keys, "stage", "next_stage", "stage_order", "default_probability"]
    frame = pairs.groupby(names, sort=False, dropna=False, observed=True)[["won", "lost"]].sum().reset_index()
    frame = frame.merge(lost_path, on=keys, how="left")
    return frame.assign(n=frame["won"] + frame["lost"], path_unknown=frame["path_unknown"].fillna(0).astype("int64"))


def _steps(context: Context) -> pd.DataFrame:
    """The open stages of every pipeline with their default probability (NaN: none in the settings)."""
    promised = {(p.key, s.key): s.probability for p in context.settings.pipelines for s in p.stages}
    steps = ladder(context.settings)
    given = [promised.get(pair) for pair in zip(steps["pipeline"], steps["stage"], strict=True)]
    return steps.assign(default_probability=pd.Series(given, index=steps.index, dtype="float64"))


def _parent(counts: pd.DataFrame, frame: pd.DataFrame, context: Context, by: Sequence[str]) -> np.ndarray:
    """W(s) of the parent of each row; of the row itself where there are no groups."""
    above = list(by[:1]) if len(by) > 1 else []
    if not by:
        return ratio(frame["won"], frame["n"])
    keys = [*above, "pipeline", "stage"]
    whole = _reached(counts, context, above)
    whole = whole.assign(parent=ratio(whole["won"], whole["n"]))[[*keys, "parent"]]
    return frame[keys].merge(whole, on=keys, how="left")["parent"].to_numpy(float)
