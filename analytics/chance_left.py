"""The historical chance of winning, by the stage and by how long an opportunity has stood in it. Pure.

chance(stage, age) = W(stage) x pass(age) / pass(0). W: win rate of those that came to the stage (METHOD B7, few cases
drawn to the pipeline's); pass(age): of the visits that lasted `age` days or longer and are over, the share that went on
(to a later stage or won) and not out (lost, no decision). What stood long is passed less often; once passed, it is
taken to win like the others (docs/decisions/0135). Each age is drawn to the one before, a segment to its pipeline, by
(passed + k p) / (n + k).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up
from analytics.win_by_stage import by_stage
from data.scope import UNKNOWN

_PASSED, _ENDED = ("advance", "skip", "won"), ("lost", "no_decision")
_KEYS = ["pipeline", "stage", "segment"]


def columns(ages: Sequence[int]) -> list[str]:
    """The columns of chances: at entry, and after each of `ages` days."""
    return ["chance", *(f"chance_{age}" for age in ages)]


def chances(visits: pd.DataFrame, outcomes: pd.DataFrame, context: Context, ages: Sequence[int]) -> pd.DataFrame:
    """One row per pipeline, stage and segment ("": all of them): the chance at entry and after `ages` days in the stage
    (columns: pipeline, stage, segment, `columns`).

    visits: data/sql/visit_days.sql by segment, days known; outcomes: stage_outcomes.sql by segment.
    """
    if outcomes.empty:
        texts = pd.DataFrame(columns=_KEYS, dtype="str")
        return texts.assign(**{name: pd.Series(dtype="float64") for name in columns(ages)})
    rates = _rates(outcomes, context)
    pull, lasted = context.settings.win_rate.shrinkage, [0, *ages]
    passed, n = _at_ages(visits, rates[["pipeline", "stage"]], lasted)
    whole = _over(passed[:, :1], n[:, :1])
    for place in range(1, len(lasted)):
        whole = np.column_stack([whole, _drawn(passed[:, place], n[:, place], whole[:, place - 1], pull)])
    own = _drawn(*_at_ages(visits, rates[_KEYS], lasted), whole, pull)
    share = np.where((rates["segment"] == "").to_numpy()[:, None], whole, own)
    factor = np.where(share[:, :1] > 0, _over(share, share[:, :1]), 1.0)
    found = np.clip(rates["chance"].to_numpy(float)[:, None] * factor, 0, 1).round(12)
    return rates[_KEYS].assign(**dict(zip(columns(ages), found.T, strict=True)))


def _drawn(passed: np.ndarray, n: np.ndarray, towards: np.ndarray, pull: float) -> np.ndarray:
    """(passed + k p) / (n + k), and p itself where that is nothing."""
    return np.where(n + pull > 0, _over(passed + pull * towards, n + pull), towards)


def _over(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """top / bottom, NaN where there is nothing below."""
    return top / np.where(bottom > 0, bottom, np.nan)


def _rates(outcomes: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The win rate of those that came to each stage (column chance), per segment and of all ("")."""
    frame = by_stage({"stage_outcomes": outcomes}, context, ["segment"])
    whole = by_stage({"stage_outcomes": added_up(outcomes, ["pipeline", "highest_order"])}, context, [])
    frame = pd.concat([frame[frame["segment"] != UNKNOWN], whole.assign(segment="")], ignore_index=True)
    return frame.rename(columns={"shrunk": "chance"})[[*_KEYS, "chance"]].astype({"segment": "str"})


def _at_ages(visits: pd.DataFrame, rows: pd.DataFrame, lasted: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Per row of `rows` (its columns are the groups) and age: how many visits that lasted so long were passed, and how
    many are over."""
    keys, over = list(rows.columns), visits[visits["outcome"].isin([*_PASSED, *_ENDED])]
    over = over.assign(passed=over["n"].where(over["outcome"].isin(_PASSED), 0))
    sums = [over[over["days"] >= age].groupby(keys)[["passed", "n"]].sum() for age in lasted]
    wanted = pd.MultiIndex.from_frame(rows)
    found = [part.reindex(wanted, fill_value=0).to_numpy(float) for part in sums]
    return np.column_stack([f[:, 0] for f in found]), np.column_stack([f[:, 1] for f in found])
