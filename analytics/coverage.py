"""Is there enough open pipeline for what is still to be won? Coverage against the remaining target. Pure.

coverage = open amount due in the period / (target - won in the period so far); needed = 1 / own win rate by amount of
the year before (METHOD B18). Without a target there is no coverage, and the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from analytics import periods, win_rate
from analytics.metrics.frames import Context, added_up, ordered, ratio
from analytics.statistics.intervals import limits_of
from data.errors import MvpodError
from data.settings import Settings

Answers = Mapping[str, pd.DataFrame]
#: what is added up of amounts, and the win rate that goes with them
_SUMS = ("amount", "won_amount", "overdue_amount", "late_amount", "quota", "needed", "needed_low", "needed_high",
         "win_rate")
#: what targets can be set for
NAMED = frozenset({"owner_id", "team", "segment"})


def coverage(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open amount due in the period against the remaining target, one row per group.

    What is past due has no period of its own and is in n only where its day lies in the asked one: it stands beside.
    Columns: the groups, n (open, due in the period), amount, amount_missing, won_amount (in the period so far),
    overdue and overdue_amount (all that are past due on the as-of date), with_past_due = (amount + that of those past
    due that are not in n) / remaining, quota, remaining = quota - won_amount (not below 0), value = amount /
    remaining, needed = 1 / win rate by amount of the last 365 days, needed_low, needed_high (from its interval),
    win_rate, win_n (closed ones behind it), reason (no_period, no_target, target_reached, nothing_due, no_amounts).
    Base currency.
    """
    keys = list(by)
    due = added_up(answers["due_open"], keys)
    given = target_of(answers["targets"], context, keys)
    won = added_up(answers["closings"], keys)[[*keys, "won", "won_amount"]]
    frame = _joined(_joined(due, given, keys, "outer"), won, keys, "outer")
    frame = _joined(frame, _rates(answers, keys), keys, "left")
    if {"month", "quarter"} & set(keys):  # what is past due belongs to months that nobody asked for
        frame = frame[(frame["n"] > 0) | frame["quota"].notna() | frame["won"].notna()].reset_index(drop=True)
    counts = {name: frame[name].to_numpy(float, na_value=0).astype("int64")
              for name in ("n", "amount_missing", "overdue", "win_n")}
    sums = {name: frame[name].to_numpy(float, na_value=np.nan) for name in _SUMS}
    booked, late = (np.where(frame[of].to_numpy(float, na_value=0) > 0, sums[name], 0.0)
                    for of, name in (("won", "won_amount"), ("late", "late_amount")))
    remaining = np.maximum(sums["quota"] - booked, 0)
    due, is_left = counts["n"] > 0, remaining > 0
    value = np.where(~due & is_left, 0.0, ratio(sums["amount"], remaining))
    reason = np.select(
        [np.full(len(frame), context.start is None), np.isnan(sums["quota"]), remaining == 0,
         due & np.isnan(sums["amount"])],
        ["no_period", "no_target", "target_reached", "no_amounts"], "")
    told = sums | counts | {
        "won_amount": booked, "remaining": remaining, "value": np.where(reason == "", value, np.nan),
        "with_past_due": np.where(reason == "", value + ratio(late, remaining), np.nan),
        "reason": pd.array(reason, dtype="str")}
    columns = [
        "n",
        "amount",
        "amount_missing",
        "won_amount",
        "overdue",
        "overdue_amount",
        "quota",
        "remaining",
        "value",
        "with_past_due",
        "needed",
        "needed_low",
        "needed_high",
        "win_rate",
        "win_n",
        "reason",
    ]
    return ordered(pd.DataFrame({**{k: frame[k] for k in keys}, **{c: told[c] for c in columns}}), context, by)


def target_of(given: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The target of the context's period per group: `by`, quota (base currency).

    Targets may be set at several levels (for the company, for teams, for owners): the level that names the fewest
    columns, but all of `by`, counts, never two of them. Periods that lie in the asked one add up if they fill it. None
    where `by` has what no target names: that of the whole is no target of those of unknown region.
    """
    keys = list(by)
    nothing = pd.DataFrame({**{k: pd.Series(dtype="str") for k in keys}, "quota": pd.Series(dtype=float)})
    end = context.end or context.until
    if context.start is None or end is None or given.empty or set(keys) - NAMED:
        return nothing
    rows = given.assign(quota=given["target"].astype(float) * given["currency"].map(_rate(context.settings)))
    rows = _within(rows[rows["quota"].notna()], periods.range_(context.start, end), context)
    rows["names"] = [len([n for n in level.split(",") if n]) for level in rows["level"]]
    rows = rows[rows["level"].map(lambda level: set(keys) <= set(level.split(","))).astype(bool)]
    for _, level in sorted(rows.groupby(["names", "level", "unit"], sort=False), key=lambda item: item[0]):
        found = _filled(level, keys, (end - context.start).days + 1)
        if len(found):
            return found
    return nothing


def _within(rows: pd.DataFrame, span: periods.Period, context: Context) -> pd.DataFrame:
    """The rows whose period lies in `span`, with its days and unit (a year comes before its quarters)."""
    fiscal, found = context.settings.organisation.fiscal_year_start, {}
    for name in rows["period"].unique():
        try:
            period = periods.parse(str(name), fiscal)
        except MvpodError:  # a period that nobody can read is no target of any
            continue
        if span.start <= period.start and period.end <= span.end:
            found[name] = (period.days, ("range", "year", "quarter", "month", "week").index(period.kind))
    rows = rows[rows["period"].isin(list(found))]
    return rows.assign(within=[found[n][0] for n in rows["period"]], unit=[found[n][1] for n in rows["period"]])


def _filled(level: pd.DataFrame, keys: list[str], days: int) -> pd.DataFrame:
    """Targets of the groups whose periods fill all the days."""
    if not keys:
        is_full = level.drop_duplicates("period")["within"].sum() == days
        return level[["quota"]].sum().to_frame().T if is_full else level.iloc[:0]
    once = level.drop_duplicates([*keys, "period"]).groupby(keys, dropna=False, observed=True)["within"].sum()
    full = once[once == days].index.to_frame(index=False)
    return added_up(level[[*keys, "quota"]], keys).merge(full, on=keys)


def _rate(settings: Settings) -> dict[str | None, float]:
    base = settings.organisation.base_currency
    rates: dict[str | None, float] = {str(k): float(v) for k, v in settings.organisation.rates.items()}
    return rates | {base: 1.0, None: 1.0, "": 1.0}


def _rates(answers: Answers, keys: Sequence[str]) -> pd.DataFrame:
    """Own win rate by amount, and what it asks for."""
    slow = [k for k in keys if k not in ("month", "quarter")]
    counts = added_up(answers["recent_closings"], slow)
    counts = counts.assign(**{name: counts[name].fillna(0) for name in ("won", "lost")})
    won, total, effective = win_rate.weighed(counts)
    rate, one = ratio(won, total), np.ones(len(counts))
    low, high = limits_of(rate, effective)
    return counts[slow].assign(win_rate=rate, win_n=counts["won"] + counts["lost"], needed=ratio(one, rate),
                               needed_low=ratio(one, high), needed_high=ratio(one, low))


def _joined(
    left: pd.DataFrame, right: pd.DataFrame, keys: Sequence[str], how: Literal["left", "outer"]
) -> pd.DataFrame:
    """Side by side by the groups that both have; without groups each is one row (or none)."""
    shared = [k for k in keys if k in right.columns]
    if shared:
        return left.merge(right, on=shared, how=how)
    return left.assign(**{c: right[c].iloc[0] if len(right) == 1 else np.nan for c in right.columns})


def horizon(as_of: date, fiscal_year_start: int, count: int) -> list[periods.Period]:
    """The fiscal quarter of the day and the following ones, `count` in all."""
    found = [periods.period_of(as_of, "quarter", fiscal_year_start)]
    while len(found) < count:
        found.append(periods.period_of(found[-1].end + timedelta(days=1), "quarter", fiscal_year_start))
    return found
