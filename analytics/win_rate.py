"""Win rates of what really happened (METHOD B7). Pure: counts in, rates out, the denominator printed.

One row per group: n (the denominator), won, lost, no_decision, value, low, high, won_amount, lost_amount,
won_amount_missing, lost_amount_missing (rows whose amount is not known; they weigh nothing, not zero), void
(left out), open_overdue (open past their expected close: a rate of closed ones rises when nobody closes the
losers), reason ("" | nothing_closed | nothing_created | no_amounts).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered, ratio, steady
from analytics.statistics.intervals import effective_n, limits_of, wilson_limits

Answers = Mapping[str, pd.DataFrame]
_COUNTS = ("won", "lost", "no_decision", "void", "won_amount_missing", "lost_amount_missing")
_ORDER = ("n", "won", "lost", "no_decision", "open", "value", "low", "high", "won_amount", "lost_amount",
          "won_amount_missing", "lost_amount_missing", "void", "open_overdue", "reason")


def count(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won / (won + lost), closed in the period."""
    frame = _closed(answers, by)
    return _rated(frame, frame["won"] + frame["lost"], context, by)


def decided(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won / (won + lost + no decision), closed in the period: leaving no decision out flatters."""
    frame = _closed(answers, by)
    return _rated(frame, frame["won"] + frame["lost"] + frame["no_decision"], context, by)


def amount(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won / (amount won + amount lost), closed in the period, limits at the effective sample size.

    n, won and lost count the opportunities; those without an amount are counted in *_amount_missing. Where one side
    has no amount at all (exports often blank the amount of what is lost), there is no rate: it would be 0 or 1.
    """
    frame = _closed(answers, by)
    won, total, effective = weighed(frame)
    value = ratio(won, total)
    low, high = limits_of(value, effective)
    frame = frame.assign(n=frame["won"] + frame["lost"], value=value, low=low, high=high)
    frame = _finished(frame, context, by, "nothing_closed")
    frame["reason"] = frame["reason"].mask((frame["n"] > 0) & frame["value"].isna(), "no_amounts")
    return frame


def created_cohort(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won / all created in the period, open ones in the denominator: what others call conversion. `open` may win."""
    frame = _with_overdue(_per_group(answers["created_outcomes"], by, (*_COUNTS, "n", "open")), answers["overdue"], by)
    return _rated(frame, frame["n"], context, by, "nothing_created")


def weighed(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Amount won, amount won and lost, and of how many equal opportunities these are worth as evidence: per row of
    counts of closings. The second is NaN (and the third 0) where one side of what was closed has no amount at all."""
    won, lost = (np.nan_to_num(frame[c].to_numpy(float, na_value=0.0)) for c in ("won_amount", "lost_amount"))
    squares = sum(np.nan_to_num(steady(frame[c])) for c in ("won_amount_square", "lost_amount_square"))
    is_known = ((frame["won"] == 0) | (won > 0)) & ((frame["lost"] == 0) | (lost > 0))
    total = np.where(is_known, won + lost, np.nan)
    return won, total, np.nan_to_num(effective_n(total, squares))


def _closed(answers: Answers, by: Sequence[str]) -> pd.DataFrame:
    return _with_overdue(_per_group(answers["closings"], by, _COUNTS), answers["overdue"], by)


def _per_group(counts: pd.DataFrame, by: Sequence[str], zeros: Sequence[str]) -> pd.DataFrame:
    frame = added_up(counts, by)
    return frame.assign(**{name: frame[name].to_numpy(float, na_value=0.0).astype("int64") for name in zeros})


def _with_overdue(frame: pd.DataFrame, overdue: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Adds open_overdue per group; not known per month or quarter, because it is a stock of the as-of date, nor where
    there are open ones and none of them has an expected close."""
    if not set(by) <= set(overdue.columns):
        return frame.assign(open_overdue=np.nan)
    is_known = (overdue["n_open"] == 0) | (overdue["due_known"] > 0)
    late = overdue.assign(open_overdue=overdue["open_overdue"].where(is_known))
    if not by:
        return frame.assign(open_overdue=late["open_overdue"].sum(min_count=1))
    keys, groups = (zip(*(part[name] for name in by), strict=True) for part in (frame, late))
    of = dict(zip(groups, late["open_overdue"].tolist(), strict=True))
    return frame.assign(open_overdue=np.array([of.get(key, 0.0) for key in keys]))


def _rated(frame: pd.DataFrame, n: pd.Series, context: Context, by: Sequence[str],
           reason: str = "nothing_closed") -> pd.DataFrame:
    """won / n with its limits."""
    low, high = wilson_limits(frame["won"], n)
    return _finished(frame.assign(n=n, value=ratio(frame["won"], n), low=low, high=high), context, by, reason)


def _finished(frame: pd.DataFrame, context: Context, by: Sequence[str], reason: str) -> pd.DataFrame:
    frame["reason"] = pd.Series(np.where(frame["n"] > 0, "", reason), index=frame.index, dtype="str")
    return ordered(frame[[*by, *(c for c in _ORDER if c in frame.columns)]], context, by)
