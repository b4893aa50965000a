"""Historical win rate by the stage reached (METHOD B7), with few cases drawn towards their parent. Pure.

W(s) = won among the closed that ever reached stage s / closed that ever reached s. Passing over a stage is reaching it,
and who won has reached every stage. Closed means won or lost. Drawn: (won + κ · p) / (n + κ), with p the W(s) of the
parent: the same stage over all groups, or within the first group of several (segment × type × grade: the segment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, ladder, ordered, ratio
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
    frame = with_wilson(_reached(answers["stage_outcomes"], context, by), "won", "n")
    parent = _parent(answers["stage_outcomes"], frame, context, by)
    pull = rules.shrinkage
    is_few = frame["n"] < rules.shown_minimum
    reason = np.where(frame["n"] == 0, "nothing_closed", np.where(is_few, "few_closed", ""))
    frame = frame.assign(
        parent=parent, shrunk=ratio(frame["won"] + pull * parent, frame["n"] + pull * ~np.isnan(parent)),
        **{name: frame[name].where(~is_few) for name in ("value", "low", "high")},
        reason=pd.Series(reason, index=frame.index, dtype="str"))
    return ordered(frame, context, by)[[*by, *_COLUMNS]]


def _reached(counts: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won, lost and n of all that came to each stage, per group and pipeline."""
    keys, steps = [*by, "pipeline"], _steps(context)
    rows = _rows(counts, keys)
    groups = {key: i for i, key in enumerate(dict.fromkeys(rows))}
    group = np.array([groups[key] for key in rows], dtype=int)
    reached = counts["highest_order"].to_numpy("int64")
    orders = steps["stage_order"].to_numpy()
    stands = {key: np.flatnonzero(steps["pipeline"].to_numpy() == key) for key in steps["pipeline"].unique()}
    pairs = [(i, step, key) for key, i in groups.items() for step in stands.get(key[-1], ())]
    of, step = (np.array([pair[i] for pair in pairs], dtype=int) for i in (0, 1))
    by_order = np.zeros((2, len(groups), max([0, *reached, *orders]) + 1), dtype="int64")
    for side, name in zip(by_order, ("won", "lost"), strict=True):
        np.add.at(side, (group, reached), counts[name].to_numpy("int64"))
    passed = by_order[0, :, 1:].sum(axis=1)  # a won one passed all stages
    came = by_order[1, :, ::-1].cumsum(axis=1)[:, ::-1]
    frame = {name: pd.Series([key[i] for *_, key in pairs], dtype=counts[name].dtype) for i, name in enumerate(keys)}
    frame |= {name: steps[name].take(step).reset_index(drop=True)
              for name in ("stage", "next_stage", "stage_order", "default_probability")}
    won, lost = passed[of], came[of, orders[step]]
    return pd.DataFrame(frame | {"won": won, "lost": lost, "n": won + lost,
                                 "path_unknown": by_order[:, of, 0].sum(axis=0)})


def _rows(frame: pd.DataFrame, keys: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(frame[name].tolist() for name in keys), strict=True))


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
    parent = dict(zip(_rows(whole, keys), ratio(whole["won"], whole["n"]), strict=True))
    return np.array([parent[row] for row in _rows(frame, keys)], dtype=float)
