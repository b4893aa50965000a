"""What selling is worth: the value indicators of the customer line, the order line and the channel (METHOD B18). Pure.

Counts come from sql/value_*.sql and sql/closings.sql; amounts are base currency. One row per group: n (what the value
is about), value, low and high where an interval can be said, reason. Amounts that nobody wrote down are counted in
won_amount_missing and are never zero; where more than one of five is missing, the known ones do not speak for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics import periods
from analytics.metrics.frames import Context, added_up, ordered, ratio, steady
from analytics.statistics.intervals import weighted_share, with_wilson
from analytics.value_cost import costs
from data.scope import UNKNOWN

Answers = Mapping[str, pd.DataFrame]
REPEATED = ("renewal", "resale")
PARTNERS = ("channel", "mixed")
#: fewest wins from which a velocity is said (METHOD B18)
FEW_WON = 5
#: from this share of wins without an amount on, nothing is said of amounts; nor, where more of the open ones than this
#: have no known segment, of the velocity of one: the others' may be its own
MANY_MISSING = 0.2


def repeat_share(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won again with customers that we have (renewal, resale) / amount won, closed in the period.

    Columns: the groups, n (won, type known), unmeasured (won, type not known), events (of n, repeated), amount_n,
    amount_events, won_amount_missing (of n), value, low, high (effective sample size: weighted_share), reason.
    """
    return _won_share(answers, context, by, "type", REPEATED, "no_type")


def partner_share(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won with a partner (channel, mixed) / amount won, closed in the period (columns of repeat_share)."""
    return _won_share(answers, context, by, "sales_mode", PARTNERS, "no_mode")


def partner_win_rate(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """won / (won + lost) of what is sold with a partner. Columns: the groups, n, won, lost, value, low, high (Wilson),
    unmeasured (closed, mode not known), direct_n, direct_value (the same of what we sell alone), reason."""
    counts = answers["value_won"]
    total, mode = counts["won"] + counts["lost"], counts["sales_mode"]
    is_partner, is_direct = mode.isin(PARTNERS), mode == "direct"
    frame = _grouped(counts.assign(
        n=total.where(is_partner, 0), won=counts["won"].where(is_partner, 0), lost=counts["lost"].where(is_partner, 0),
        unmeasured=total.where(mode == UNKNOWN, 0), direct_n=total.where(is_direct, 0), total=total,
        direct_won=counts["won"].where(is_direct, 0)), by)
    frame = _whole(frame, ["n", "won", "lost", "unmeasured", "direct_n", "direct_won", "total"])
    frame = with_wilson(frame, "won", "n").assign(direct_value=ratio(frame["direct_won"], frame["direct_n"]))
    reason = np.select([frame["n"] > 0, frame["total"] == 0, frame["unmeasured"] == frame["total"]],
                       ["", "nothing_closed", "no_mode"], "no_partner")
    return _finished(frame, reason, context, by, ["n", "unmeasured", "won", "lost", "direct_n",
                                                  "direct_value", "value", "low", "high"])


def coverage(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Target accounts with a valid activity within closeness.reached_days / target accounts with known contacts, at the
    end of the last judged week. Columns: the groups, n, events, value, low, high (Wilson), reason."""
    counts = _latest(answers["value_coverage"], "as_of_on", by)
    frame = _whole(_grouped(counts, by), ["n", "events", "short"])
    frame = with_wilson(frame, "events", "n")
    reason = np.select([frame["n"] == 0, frame["short"] == frame["n"]], ["no_contacts", "short_history"], "")
    return _finished(frame, reason, context, by, ["n", "events", "value", "low", "high"])


def penetration(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Pairs of account and product line with open or won business / accounts with any opportunity x product lines, at
    the end of the period (per month or quarter: of it). No interval: it counts all there are. Nothing is said where
    fewer than two product lines are known, where more than MANY_MISSING of the opportunities name none (no_lines), or
    per product line (by_line), which is one of one.

    Columns: the groups, n (pairs that there could be), unmeasured (opportunities without a product line), events (pairs
    with business), accounts, lines, white (n - events), per_account (lines with business per account), value, reason.
    """
    frame = _whole(_grouped_lines(_latest(answers["value_penetration"], "day", by), by),
                   ["accounts", "lines", "events", "opportunities", "unmeasured"])
    few = (frame["lines"] < 2) | (frame["unmeasured"] > MANY_MISSING * frame["opportunities"])
    reason = np.select([np.full(len(frame), "product_line" in by), frame["accounts"] == 0, few],
                       ["by_line", "no_accounts", "no_lines"], "")
    n = (frame["accounts"] * frame["lines"]).where(reason == "", 0)
    frame = frame.assign(n=n, white=n - frame["events"].where(n > 0, 0), value=ratio(frame["events"], n),
                         per_account=ratio(frame["events"], frame["accounts"].where(n > 0, 0)))
    return _finished(frame, reason, context, by, ["n", "unmeasured", "events", "accounts", "lines", "white",
                                                  "per_account", "value"])


def _grouped_lines(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row per group; the lines are those of the whole in the same period, and are not added up."""
    counts = counts.rename(columns={"pairs": "events", "without_line": "unmeasured"})
    frame, periods_of = _grouped(counts.drop(columns="lines"), by), [k for k in by if k in ("month", "quarter")]
    if not periods_of:
        return frame.assign(lines=counts["lines"].max() if len(counts) else 0)
    return frame.merge(counts.groupby(periods_of)["lines"].max().reset_index(), on=periods_of, how="left")


def velocity(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won per day: open x win rate x mean won amount / mean days to win, the last three over the twelve months
    up to the last day of the period (per month or quarter: up to its last day). Segments are never mixed: where a group
    has several there is no value (mixed_segments), nor where more than MANY_MISSING of what is open has no known
    segment (no_segments): wins would be held against a part of what is open only.

    Columns: the groups, n (open), open_unnamed (open ones of no known segment), won, lost (in twelve months),
    win_rate, won_amount, won_amount_missing, mean_amount
    (of wins that have one), cycle_days (mean, created to won), value (base currency a day), reason.
    """
    counts = _latest(answers["value_velocity"], "day", by)
    present = counts[(counts["n"] + counts["won"] + counts["lost"] > 0) & (counts["segment"] != UNKNOWN)]
    segments = present.groupby(list(by), dropna=False)["segment"].nunique() if by else present["segment"].nunique()
    apart = present.groupby(list(by), dropna=False)["open_unnamed"].max() if by else present["open_unnamed"].max()
    whole = present.groupby(list(by), dropna=False)["open_all"].max() if by else present["open_all"].max()
    frame = _whole(_grouped(counts.rename(columns={"cycle_days": "cycle_sum"}), by),
                   ["n", "won", "lost", "won_amount_missing", "cycles"])
    mixed, unnamed, open_all = (frame.set_index(list(by)).index.map(found).to_numpy() if by
                                else np.full(len(frame), found) for found in (segments, apart, whole))
    unnamed = np.nan_to_num(unnamed.astype(float))
    many = unnamed > MANY_MISSING * np.nan_to_num(open_all.astype(float))
    frame = frame.assign(
        win_rate=ratio(frame["won"], frame["won"] + frame["lost"]),
        mean_amount=ratio(frame["won_amount"], frame["won"] - frame["won_amount_missing"]),
        cycle_days=ratio(frame["cycle_sum"], frame["cycles"]))
    day_value = frame["n"] * frame["win_rate"] * frame["mean_amount"]
    frame["value"] = steady(pd.Series(ratio(day_value, frame["cycle_days"]), index=frame.index))
    reason = np.select(
        [frame["n"] + frame["won"] + frame["lost"] == 0, np.nan_to_num(mixed.astype(float)) > 1,
         many, frame["won"] < FEW_WON, *_amounts_unknown(frame), frame["value"].isna()],
        ["nothing_closed", "mixed_segments", "no_segments", "few_won", "no_amounts", "amounts_missing", "no_cycle"], "")
    frame = frame.assign(open_unnamed=unnamed.astype("int64"))
    return _finished(frame, reason, context, by, ["n", "open_unnamed", "won", "lost", "win_rate", "won_amount",
                                                  "won_amount_missing", "mean_amount", "cycle_days", "value"])


def efficiency(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won in the period / selling cost of the period. Costs must fill the period (per quarter: the quarter);
    those of longer periods are not split, those that do not name a group are in the group "(unknown)".

    Columns: the groups, n (won), won_amount, won_amount_missing, cost, value, reason.
    """
    frame = _beside_won(answers, costs(answers["value_cost"], context, by), by)
    value = ratio(frame["won_amount"], frame["cost"])
    reason = np.select([_no_period(frame, context, by), ~(frame["cost"] > 0), *_amounts_unknown(frame)],
                       ["no_period", "no_costs", "no_amounts", "amounts_missing"], "")
    return _finished(frame.assign(value=value), reason, context, by,
                     ["n", "won_amount", "won_amount_missing", "cost", "value"])


def won_per_seller_month(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won in the period / seller-months: owners with anything open at the end of each month, added up (a month
    that is not over counts by its days).

    Columns: the groups, n (won), won_amount, won_amount_missing, seller_months, value, reason.
    """
    counts = answers["value_sellers"]
    if context.start is not None and context.until is not None:
        parts = month_parts(context)
        counts = counts.assign(seller_months=counts["sellers"] * counts["day"].dt.date.map(parts))
    else:
        counts = counts.assign(seller_months=np.nan)
    frame = _beside_won(answers, _grouped(counts[[*by, "seller_months"]], by), by)
    value = ratio(frame["won_amount"], frame["seller_months"])
    reason = np.select([np.full(len(frame), context.start is None), ~(frame["seller_months"] > 0),
                        *_amounts_unknown(frame)], ["no_period", "no_sellers", "no_amounts", "amounts_missing"], "")
    return _finished(frame.assign(value=value), reason, context, by,
                     ["n", "won_amount", "won_amount_missing", "seller_months", "value"])


def channel_conflict(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open opportunities of companies that we sell to both alone and through the channel / all open ones whose mode and
    company are known, at the end of the period (per month or quarter: of it). Looked for within each group.

    Columns: the groups, n, unmeasured (mode or company not known), events, companies, pairs (direct x channel), amount
    (of events), value, low, high (Wilson), reason.
    """
    frame = _grouped(_latest(answers["value_conflict"], "day", by), by)
    frame = with_wilson(_whole(frame, ["n", "unmeasured", "events", "companies", "pairs"]), "events", "n")
    reason = np.select([frame["n"] > 0, frame["unmeasured"] > 0], ["", "no_mode"], "nothing_open")
    return _finished(frame, reason, context, by, ["n", "unmeasured", "events", "companies", "pairs", "amount", "value",
                                                  "low", "high"])


def mix(won: pd.DataFrame, by: str) -> pd.DataFrame:
    """How the amount won divides among direct, mixed and channel, per value of `by` (sql/value_won.sql).

    Columns: `by`, sales_mode, n (won of this mode), n_all (won of the group, mode known), amount, value (share of the
    amount), reason (no_amounts). One row per group and mode, groups by name; modes of nobody 0.
    """
    known = won[(won["sales_mode"] != UNKNOWN) & (won["won"] > 0)]
    keys = [by, "sales_mode"]
    parts = known.groupby(keys, sort=False)[["won", "won_amount"]].sum(min_count=1)
    full = pd.MultiIndex.from_product([sorted(set(known[by])), ("direct", "mixed", "channel")], names=keys)
    frame = parts.reindex(full).reset_index().rename(columns={"won": "n", "won_amount": "amount"})
    frame["n"] = frame["n"].fillna(0).astype("int64")
    frame["amount"] = frame["amount"].mask(frame["n"] == 0, 0.0)
    frame["n_all"] = frame.groupby(by)["n"].transform("sum").astype("int64")
    total = frame.groupby(by)["amount"].transform(lambda a: a.sum(skipna=False))
    frame["value"] = ratio(frame["amount"], total)
    frame["reason"] = pd.Series(np.where(frame["value"].isna(), "no_amounts", ""), frame.index, dtype="str")
    return frame[[by, "sales_mode", "n", "n_all", "amount", "value", "reason"]]


def last_days(context: Context, unit: str | None) -> list[Any]:
    """The last day of the period, or of each month or quarter in it: the days on which a stock is looked at."""
    end = context.until or context.as_of
    if unit is None or context.start is None:
        return [end]
    fiscal = context.settings.organisation.fiscal_year_start
    return [min(p.end, end) for p in periods.between(context.start, end, unit, fiscal)]  # type: ignore[arg-type]


def month_parts(context: Context) -> dict[Any, float]:
    """Last day of each month of the period -> how much of the month lies in it."""
    if context.start is None or context.until is None:
        return {}
    found = {}
    for month in periods.between(context.start, context.until, "month", 1):
        first, last = max(month.start, context.start), min(month.end, context.until)
        found[last] = ((last - first).days + 1) / month.days
    return found


def _won_share(answers: Answers, context: Context, by: Sequence[str], column: str, parts: Sequence[str],
               nobody: str) -> pd.DataFrame:
    counts = answers["value_won"]
    known, is_part = counts[column] != UNKNOWN, counts[column].isin(parts)
    split = {f"{name}_{side}": counts[source].where(chosen) for side, chosen in (("n", known), ("events", is_part))
             for name, source in (("amount", "won_amount"), ("square", "won_square"))}
    frame = _grouped(counts.assign(
        n=counts["won"].where(known, 0), unmeasured=counts["won"].where(~known, 0),
        events=counts["won"].where(is_part, 0),
        won_amount_missing=counts["won_amount_missing"].where(known, 0), **split), by)
    frame = _whole(frame, ["n", "unmeasured", "events", "won_amount_missing"])
    frame["amount_events"] = frame["amount_events"].mask((frame["events"] == 0) & frame["amount_n"].notna(), 0.0)
    frame["won_amount"] = frame["amount_n"]
    sums = (np.nan_to_num(steady(frame[c])) for c in ("amount_events", "amount_n", "square_events", "square_n"))
    shares = [weighted_share(part, total - part, square_part, square - square_part)
              for part, total, square_part, square in zip(*sums, strict=True)]
    limits = {name: pd.Series([getattr(s, name) for s in shares], frame.index, dtype="float64")
              for name in ("value", "low", "high")}
    reason = np.select([(frame["n"] == 0) & (frame["unmeasured"] > 0), frame["n"] == 0,
                        *_amounts_unknown(frame.assign(won=frame["n"])), limits["value"].isna()],
                       [nobody, "nothing_won", "no_amounts", "amounts_missing", "no_amounts"], "")
    return _finished(frame.assign(**limits), reason, context, by, [
        "n", "unmeasured", "events", "amount_n", "amount_events", "won_amount_missing", "value", "low", "high"])


def _amounts_unknown(frame: pd.DataFrame) -> list[pd.Series]:
    """Where no win has an amount, and where more than one of five has none."""
    won = frame["won"] if "won" in frame else frame["n"]
    missing = frame["won_amount_missing"]
    return [(won > 0) & (missing >= won), missing > MANY_MISSING * won]


def _grouped(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Counts added up per group; without groups one row, whatever there is."""
    if by:
        return added_up(counts, by)
    return counts.select_dtypes("number").sum(min_count=1).to_frame().T


def _whole(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Counts as whole numbers, 0 where nobody is."""
    return frame.assign(**{name: frame[name].fillna(0).astype("int64") for name in names})


def _latest(counts: pd.DataFrame, day: str, by: Sequence[str]) -> pd.DataFrame:
    """Of several days in a quarter or month the last one counts, and without these the last one of all."""
    time = [name for name in ("quarter", "month") if name in by]
    if counts.empty:
        return counts
    latest = counts.groupby(time)[day].transform("max") if time else counts[day].max()
    return counts[counts[day] == latest]


def _beside_won(answers: Answers, other: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """n, won_amount and won_amount_missing of what was won in the period, beside the columns of another table."""
    won = _grouped(answers["closings"], by)[[*by, "won", "won_amount", "won_amount_missing"]]
    won = won.rename(columns={"won": "n"})
    frame = won.merge(other, on=list(by), how="outer") if by else won.join(other)
    frame = _whole(frame, ["n", "won_amount_missing"])
    return frame.assign(won_amount=frame["won_amount"].mask(frame["n"] == 0, 0.0))


def _no_period(frame: pd.DataFrame, context: Context, by: Sequence[str]) -> np.ndarray:
    return np.full(len(frame), context.start is None and not {"month", "quarter"} & set(by))


def _finished(frame: pd.DataFrame, reason: Any, context: Context, by: Sequence[str],
              columns: Sequence[str]) -> pd.DataFrame:
    """The documented columns in order; no value where there is a reason why there is none."""
    told = pd.Series(reason, frame.index, dtype="str")
    hidden = {name: frame[name].where(told == "") for name in ("value", "low", "high") if name in frame}
    return ordered(frame.assign(reason=told, **hidden), context, by)[[*by, *columns, "reason"]]
