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
from analytics.statistics.intervals import weighted_share, wilson_limits
from analytics.value_cost import costs
from data.scope import UNKNOWN

Answers = Mapping[str, pd.DataFrame]
#: columns of groups as plain arrays: a step on a frame of ten rows costs fifty times what it does
Columns = dict[str, Any]
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
    won, mode = counts["won"].to_numpy(), counts["sales_mode"].to_numpy()
    total, is_partner, is_direct = won + counts["lost"].to_numpy(), np.isin(mode, PARTNERS), mode == "direct"
    sums = _grouped(pd.DataFrame({**{name: counts[name] for name in by},
        "n": np.where(is_partner, total, 0), "won": np.where(is_partner, won, 0),
        "lost": np.where(is_partner, total - won, 0), "unmeasured": np.where(mode == UNKNOWN, total, 0),
        "direct_n": np.where(is_direct, total, 0), "direct_won": np.where(is_direct, won, 0), "total": total}), by)
    sums = _whole(sums, ["n", "won", "lost", "unmeasured", "direct_n", "direct_won", "total"])
    reason = np.select([sums["n"] > 0, sums["total"] == 0, sums["unmeasured"] == sums["total"]],
                       ["", "nothing_closed", "no_mode"], "no_partner")
    sums |= _share(sums["won"], sums["n"]) | {"direct_value": ratio(sums["direct_won"], sums["direct_n"])}
    return _finished(sums, reason, context, by, ["n", "unmeasured", "won", "lost", "direct_n",
                                                 "direct_value", "value", "low", "high"])


def coverage(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Target accounts with a valid activity within closeness.reached_days / target accounts with known contacts, at the
    end of the last judged week. Columns: the groups, n, events, value, low, high (Wilson), reason."""
    counts = _latest(answers["value_coverage"], "as_of_on", by)
    sums = _whole(_grouped(counts, by), ["n", "events", "short"])
    reason = np.select([sums["n"] == 0, sums["short"] == sums["n"]], ["no_contacts", "short_history"], "")
    sums |= _share(sums["events"], sums["n"])
    return _finished(sums, reason, context, by, ["n", "events", "value", "low", "high"])


def penetration(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Pairs of account and product line with open or won business / accounts with any opportunity x product lines, at
    the end of the period (per month or quarter: of it). No interval: it counts all there are. Nothing is said where
    fewer than two product lines are known, where more than MANY_MISSING of the opportunities name none (no_lines), or
    per product line (by_line), which is one of one.

    Columns: the groups, n (pairs that there could be), unmeasured (opportunities without a product line), events (pairs
    with business), accounts, lines, white (n - events), per_account (lines with business per account), value, reason.
    """
    counts = _latest(answers["value_penetration"], "day", by)
    sums = _grouped(counts.rename(columns={"pairs": "events", "without_line": "unmeasured"}), by)
    sums = _whole(sums, ["accounts", "events", "opportunities", "unmeasured"])
    sums["lines"] = _lines(counts, sums, by)
    few = (sums["lines"] < 2) | (sums["unmeasured"] > MANY_MISSING * sums["opportunities"])
    reason = np.select([np.full(len(few), "product_line" in by), sums["accounts"] == 0, few],
                       ["by_line", "no_accounts", "no_lines"], "")
    n = np.where(reason == "", sums["accounts"] * sums["lines"], 0)
    sums |= {"n": n, "white": n - np.where(n > 0, sums["events"], 0), "value": ratio(sums["events"], n),
             "per_account": ratio(sums["events"], np.where(n > 0, sums["accounts"], 0))}
    return _finished(sums, reason, context, by, ["n", "unmeasured", "events", "accounts", "lines", "white",
                                                 "per_account", "value"])


def _lines(counts: pd.DataFrame, sums: Columns, by: Sequence[str]) -> np.ndarray:
    """The product lines of each group: those of the whole in the same period, never added up."""
    times = [name for name in by if name in ("month", "quarter")]
    if not times:
        return np.full(len(sums["accounts"]), counts["lines"].max() if len(counts) else 0)
    most = counts.groupby(times)["lines"].max()
    of = pd.MultiIndex.from_arrays([sums[n] for n in times]) if times[1:] else pd.Index(sums[times[0]])
    return most.reindex(of).to_numpy()


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
    sums = _grouped(counts.rename(columns={"cycle_days": "cycle_sum"}), by)
    mixed, unnamed, open_all = _segments(counts, sums, by)
    sums = _whole(sums, ["n", "won", "lost", "won_amount_missing", "cycles"])
    sums |= {"open_unnamed": unnamed,
             "win_rate": ratio(sums["won"], sums["won"] + sums["lost"]),
             "mean_amount": ratio(sums["won_amount"], sums["won"] - sums["won_amount_missing"]),
             "cycle_days": ratio(sums["cycle_sum"], sums["cycles"])}
    day_value = ratio(sums["n"] * sums["win_rate"] * sums["mean_amount"], sums["cycle_days"])
    sums["value"] = steady(pd.Series(day_value)).to_numpy()
    reason = np.select(
        [sums["n"] + sums["won"] + sums["lost"] == 0, mixed > 1, unnamed > MANY_MISSING * open_all,
         sums["won"] < FEW_WON, *_amounts_unknown(sums["won"], sums), np.isnan(sums["value"])],
        ["nothing_closed", "mixed_segments", "no_segments", "few_won", "no_amounts", "amounts_missing", "no_cycle"], "")
    return _finished(sums, reason, context, by, ["n", "open_unnamed", "won", "lost", "win_rate", "won_amount",
                                                 "won_amount_missing", "mean_amount", "cycle_days", "value"])


def _segments(counts: pd.DataFrame, sums: Columns, by: Sequence[str]) -> np.ndarray:
    """Of each group: its known segments, and how many are open of no known segment and in all."""
    named: dict[Any, set[str]] = {}
    most: dict[Any, tuple[int, int]] = {}
    is_there = (counts["n"] + counts["won"] + counts["lost"]).to_numpy() > 0
    names = ("segment", "open_unnamed", "open_all")
    for is_kept, segment, unnamed, every, *at in zip(is_there, *(counts[n] for n in (*names, *by)), strict=True):
        if is_kept and segment != UNKNOWN:
            group = tuple(at)
            named.setdefault(group, set()).add(segment)
            most[group] = max(unnamed, most.get(group, (0, 0))[0]), max(every, most.get(group, (0, 0))[1])
    groups = list(zip(*(sums[name] for name in by), strict=True)) if by else [()]
    found = [(len(named.get(group, ())), *most.get(group, (0, 0))) for group in groups]
    return np.array(found, "int64").reshape(len(groups), 3).T


def efficiency(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Amount won in the period / selling cost of the period. Costs must fill the period (per quarter: the quarter);
    those of longer periods are not split, those that do not name a group are in the group "(unknown)".

    Columns: the groups, n (won), won_amount, won_amount_missing, cost, value, reason.
    """
    sums = _beside_won(answers, costs(answers["value_cost"], context, by), by)
    reason = np.select([_no_period(sums, context, by), ~(sums["cost"] > 0), *_amounts_unknown(sums["n"], sums)],
                       ["no_period", "no_costs", "no_amounts", "amounts_missing"], "")
    sums["value"] = ratio(sums["won_amount"], sums["cost"])
    return _finished(sums, reason, context, by, ["n", "won_amount", "won_amount_missing", "cost", "value"])


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
    sums = _beside_won(answers, pd.DataFrame(_grouped(counts[[*by, "seller_months"]], by)), by)
    reason = np.select([np.full(len(sums["n"]), context.start is None), ~(sums["seller_months"] > 0),
                        *_amounts_unknown(sums["n"], sums)],
                       ["no_period", "no_sellers", "no_amounts", "amounts_missing"], "")
    sums["value"] = ratio(sums["won_amount"], sums["seller_months"])
    return _finished(sums, reason, context, by, ["n", "won_amount", "won_amount_missing", "seller_months", "value"])


def channel_conflict(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open opportunities of companies that we sell to both alone and through the channel / all open ones whose mode and
    company are known, at the end of the period (per month or quarter: of it). Looked for within each group.

    Columns: the groups, n, unmeasured (mode or company not known), events, companies, pairs (direct x channel), amount
    (of events), value, low, high (Wilson), reason.
    """
    sums = _grouped(_latest(answers["value_conflict"], "day", by), by)
    sums = _whole(sums, ["n", "unmeasured", "events", "companies", "pairs"])
    reason = np.select([sums["n"] > 0, sums["unmeasured"] > 0], ["", "no_mode"], "nothing_open")
    return _finished(sums | _share(sums["events"], sums["n"]), reason, context, by, [
        "n", "unmeasured", "events", "companies", "pairs", "amount", "value", "low", "high"])


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
    won, of = counts["won"].to_numpy(), counts[column].to_numpy()
    known, is_part = of != UNKNOWN, np.isin(of, parts)
    split = {f"{name}_{side}": np.where(chosen, counts[source], np.nan)
             for side, chosen in (("n", known), ("events", is_part))
             for name, source in (("amount", "won_amount"), ("square", "won_square"))}
    sums = _grouped(pd.DataFrame({**{name: counts[name] for name in by},
        "n": np.where(known, won, 0), "unmeasured": np.where(known, 0, won), "events": np.where(is_part, won, 0),
        "won_amount_missing": np.where(known, counts["won_amount_missing"], 0), **split}), by)
    sums = _whole(sums, ["n", "unmeasured", "events", "won_amount_missing"])
    amount, part = sums["amount_n"], sums["amount_events"]
    sums["amount_events"] = np.where((sums["events"] == 0) & ~np.isnan(amount), 0.0, part)
    told = (np.nan_to_num(steady(pd.Series(sums[name])))
            for name in ("amount_events", "amount_n", "square_events", "square_n"))
    shares = [weighted_share(part, total - part, square_part, square - square_part)
              for part, total, square_part, square in zip(*told, strict=True)]
    sums |= {name: np.array([getattr(share, name) for share in shares], float) for name in ("value", "low", "high")}
    reason = np.select([(sums["n"] == 0) & (sums["unmeasured"] > 0), sums["n"] == 0,
                        *_amounts_unknown(sums["n"], sums), np.isnan(sums["value"])],
                       [nobody, "nothing_won", "no_amounts", "amounts_missing", "no_amounts"], "")
    return _finished(sums, reason, context, by, [
        "n", "unmeasured", "events", "amount_n", "amount_events", "won_amount_missing", "value", "low", "high"])


def _amounts_unknown(won: np.ndarray, sums: Columns) -> list[np.ndarray]:
    """Where no win has an amount, and where more than one of five has none."""
    missing = sums["won_amount_missing"]
    return [(won > 0) & (missing >= won), missing > MANY_MISSING * won]


def _grouped(counts: pd.DataFrame, by: Sequence[str]) -> Columns:
    """Counts added up per group; without groups one row, whatever there is."""
    return _columns(added_up(counts, by) if by else counts.select_dtypes("number").sum(min_count=1).to_frame().T, by)


def _columns(frame: pd.DataFrame, by: Sequence[str]) -> Columns:
    return {str(name): column.array if name in by else column.to_numpy(float, na_value=np.nan)
            for name, column in frame.items()}


def _whole(sums: Columns, names: Sequence[str]) -> Columns:
    """Counts as whole numbers, 0 where nobody is."""
    return sums | {name: np.nan_to_num(sums[name]).astype("int64") for name in names}


def _share(events: np.ndarray, n: np.ndarray) -> Columns:
    """A share with Wilson's limits."""
    low, high = wilson_limits(events, n)
    return {"value": ratio(events, n), "low": low, "high": high}


def _latest(counts: pd.DataFrame, day: str, by: Sequence[str]) -> pd.DataFrame:
    """Of several days in a quarter or month the last one counts, and without these the last one of all."""
    time = [name for name in ("quarter", "month") if name in by]
    if counts.empty:
        return counts
    latest = counts.groupby(time)[day].transform("max") if time else counts[day].max()
    return counts[counts[day] == latest]


def _beside_won(answers: Answers, other: pd.DataFrame, by: Sequence[str]) -> Columns:
    """n, won_amount and won_amount_missing of what was won in the period, beside the columns of another table."""
    counts = answers["closings"][[*by, "won", "won_amount", "won_amount_missing"]].rename(columns={"won": "n"})
    won = pd.DataFrame(_grouped(counts, by))
    sums = _whole(_columns(won.merge(other, on=list(by), how="outer") if by else won.join(other), by),
                  ["n", "won_amount_missing"])
    return sums | {"won_amount": np.where(sums["n"] == 0, 0.0, sums["won_amount"])}


def _no_period(sums: Columns, context: Context, by: Sequence[str]) -> np.ndarray:
    return np.full(len(sums["n"]), context.start is None and not {"month", "quarter"} & set(by))


def _finished(sums: Columns, reason: np.ndarray, context: Context, by: Sequence[str],
              columns: Sequence[str]) -> pd.DataFrame:
    """The documented columns in order; no value where there is a reason why there is none."""
    hidden = {name: np.where(reason == "", sums[name], np.nan) for name in ("value", "low", "high") if name in sums}
    told = {name: (sums | hidden)[name] for name in (*by, *columns)}
    return ordered(pd.DataFrame({**told, "reason": pd.array(reason, dtype="str")}), context, by)
