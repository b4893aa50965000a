"""What the comparison with the rivals says, and whether it told the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from data.queries.asking import MAX_ROWS, STAGED, Slice, run
from data.shelf import Cursor


def calibration_bins(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Predictions before the close against outcomes (sql/calibration_bins.sql)."""
    return run(cursor, "calibration_bins", slice_, by)


def calibration_parties(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                        limit: int) -> pd.DataFrame:
    """Scores of all parties before the close, per opportunity (sql/calibration_parties.sql)."""
    return run(cursor, "calibration_parties", slice_, by, limit=limit)


def win_portfolio(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                  promised: Iterable[tuple[str, str, float]], **rules: Any) -> pd.DataFrame:
    """Per pipeline, stage, group and fifth of the win rate: open, predicted, promised (sql/win_portfolio.sql)."""
    return run(cursor, "win_portfolio", slice_, by, own=STAGED, **_promises(promised), **rules)


def comparison_scores(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: sums of the win rates of what is open (sql/comparison_scores.sql)."""
    return run(cursor, "comparison_scores", slice_, by, monthly="month" in by)


def win_movers(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, only: str, limit: int,
               **rules: Any) -> pd.DataFrame:
    """Whose win rate moved in the last week, or needs a look (sql/win_movers.sql)."""
    return run(cursor, "win_movers", slice_, by, only=only, limit=min(limit, MAX_ROWS), **rules)


def win_events(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
               **rules: Any) -> pd.DataFrame:
    """How many open opportunities need a look, by what happened (sql/win_events.sql)."""
    return run(cursor, "win_events", slice_, by, **rules)


def strategies(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
               **rules: Any) -> pd.DataFrame:
    """Open opportunities by what suggests a strategy, and which one is recorded (sql/strategies.sql)."""
    return run(cursor, "strategies", slice_, by, **rules)


def strategy_outcomes(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
                      **rules: Any) -> pd.DataFrame:
    """Won and lost by our strength against the strongest rival before the close (sql/strategy_outcomes.sql)."""
    return run(cursor, "strategy_outcomes", slice_, by, **rules)


def rivals_met(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
               **rules: Any) -> pd.DataFrame:
    """Open opportunities by their strongest rival (sql/rivals_met.sql)."""
    return run(cursor, "rivals_met", slice_, by, **rules)


def _promises(promised: Iterable[tuple[str, str, float]]) -> dict[str, Any]:
    rows = list(promised)
    return {name: [row[i] for row in rows] for i, name in enumerate(("pipelines", "stages", "promised"))}
