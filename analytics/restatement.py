"""Why a number of the past reads differently today: the ledger of a restatement. Pure: counts of loads in, rows out.

A number is made of opportunities: `top` (counts, days or base currency) or, for a rate, `top` / `bottom`. What each
opportunity brings to it is compared as known then and as known now; the differences add up to the change of the number:

    change of a sum  = sum of differences of top
    change of a rate = sum of (difference of top - r x difference of bottom) / b
                       r = mean of both rates, b = mean of both bottoms: exact, whatever the order (ours)

The way from then to now has up to three steps (STEPS): what other settings would have said of the earlier load, what
the present load knows of that same day, and what happened since. In each step an opportunity's difference has one
cause, the first that holds of CAUSES; only where it counts before and after, in money, and its amount changed, the
difference is split in two: the cause at the amount as it was, then `amount`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analytics import pipeline
from analytics.metrics.frames import Context, added_up, ordered, plain, ratio
from analytics.value import PARTNERS, REPEATED
from data.contracts import CLOSING_KINDS
from data.scope import UNKNOWN

EACH = "opportunity_id"
STEPS = ("definition", "restated", "since")
#: In the order in which they are asked; some have a name of their own where the past is corrected: see _LATE.
CAUSES = ("definition", "deleted", "added", "new", "closed_late", "closed", "reopened", "outcome", "dimension",
          "redated", "moved_late", "moved", "paused", "amount", "history", "time")
_LATE = {"new": "added", "closed": "closed_late", "moved": "moved_late", "time": "history"}
#: Differences smaller than this are rounding.
_NOTHING = 1e-9
#: What the ledger shows of an opportunity's state before and after (`_then`, `_now`), and what it is called there.
SHOWN = {"status": "status", "stage": "stage", "closed_on": "closed_on", "segment": "segment", "amount_base": "amount"}


def _same(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    return counts


@dataclass(frozen=True)
class Parts:
    """What a metric is made of: sums of columns of one query's counts. Without `bottom` it is a sum itself.

    is_money: it adds up amounts.  dates: those that decide whether an opportunity counts.  is_staged: the stage does
    prepare: makes the columns of the counts
    """

    query: str
    top: tuple[str, ...]
    bottom: tuple[str, ...] = ()
    is_money: bool = False
    dates: tuple[str, ...] = ("closed_on",)
    is_staged: bool = False
    prepare: Callable[[pd.DataFrame, Context], pd.DataFrame] = _same


def _won_days(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    n = counts["n"].where((counts["outcome"] == "won") & (counts["days"] >= 0), 0)
    return counts.assign(n=n, days=counts["days"].where(n > 0, 0) * n)


def _repeated(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    amount, kind = counts["won_amount"], counts["type"]
    return counts.assign(known=amount.where(kind != UNKNOWN), part=amount.where(kind.isin(REPEATED)))


def _with_partner(counts: pd.DataFrame, context: Context) -> pd.DataFrame:
    mode = counts["sales_mode"]
    is_partner, amount = mode.isin(PARTNERS), counts["won_amount"]
    return counts.assign(known=amount.where(mode != UNKNOWN), part=amount.where(is_partner),
                         won=counts["won"].where(is_partner, 0), lost=counts["lost"].where(is_partner, 0))


#: The metrics that have a ledger. Medians and scores have none: no opportunity brings a part of its own to them.
PARTS: Mapping[str, Parts] = {
    "win_rate.count": Parts("closings", ("won",), ("won", "lost")),
    "win_rate.amount": Parts("closings", ("won_amount",), ("won_amount", "lost_amount"), is_money=True),
    "win_rate.decided": Parts("closings", ("won",), ("won", "lost", "no_decision")),
    "win_rate.created_cohort": Parts("created_outcomes", ("won",), ("n",), dates=("created_on",)),
    "cycle_days.won_mean": Parts("cycle_closed", ("days",), ("n",), dates=("closed_on", "created_on"),
                                 prepare=_won_days),
    "pipeline.open": Parts("open_stock", ("amount",), is_money=True, dates=()),
    "pipeline.weighted": Parts("open_stock", ("weighted",), is_money=True, dates=(), is_staged=True,
                               prepare=pipeline.with_weighted),
    "pipeline.pushes": Parts("pushes", ("pushed",), ("n",), dates=("expected_close_on",)),
    "conversion.reached": Parts("reach_counts", ("reached",), ("n",), is_staged=True),
    "conversion.strict": Parts("strict_counts", ("reached",), ("n",), is_staged=True),
    "conversion.cohort": Parts("cohort_counts", ("reached",), ("n",), is_staged=True),
    "stage_days.converted_mean": Parts("stage_totals", ("days_advanced",), ("n_advanced",), is_staged=True),
    "stage_days.dwell_mean": Parts("stage_totals", ("days",), ("n",), is_staged=True),
    "regress.rate": Parts("transitions", ("regress",), ("n",), is_staged=True),
    "skip.rate": Parts("transitions", ("skip",), ("n",), is_staged=True),
    "value.repeat_share": Parts("value_won", ("part",), ("known",), is_money=True, prepare=_repeated),
    "value.partner_share": Parts("value_won", ("part",), ("known",), is_money=True, prepare=_with_partner),
    "value.partner_win_rate": Parts("value_won", ("won",), ("won", "lost"), prepare=_with_partner),
}


@dataclass(frozen=True)
class Known:
    """What one load knows: `brings` (see `brought`) and the `states` of the opportunities that differ (columns of
    sql/restatement_states.sql)."""

    brings: pd.DataFrame
    states: pd.DataFrame


@dataclass(frozen=True)
class Restated:
    """A number then and now, and why it differs.

    totals   one row per group: then, now, change, top_then, top_now, bottom_then, bottom_now, reason_then, reason_now
    causes   one row per group, step and cause: n (opportunities), top, bottom (differences), part_of_change
    ledger   one row per group, opportunity, step and cause: name, top, bottom, part_of_change, and its state before and
             after (SHOWN)

    `day_then`, `load_then`, `day_now`, `load_now`: what the numbers are as of. `is_redefined`: other settings since.
    """

    totals: pd.DataFrame
    causes: pd.DataFrame
    ledger: pd.DataFrame
    day_then: date
    load_then: int
    day_now: date
    load_now: int
    is_redefined: bool

    def plain(self) -> dict[str, Any]:
        """The same for JSON: days as ISO dates, what is unknown null."""
        tables = {name: [{key: plain(value) for key, value in row.items()} for row in frame.to_dict("records")]
                  for name, frame in (("totals", self.totals), ("causes", self.causes), ("ledger", self.ledger))}
        return {"from": {"load": self.load_then, "as_of": self.day_then.isoformat()},
                "to": {"load": self.load_now, "as_of": self.day_now.isoformat()}, **tables}


def brought(counts: pd.DataFrame, parts: Parts, context: Context, keys: Sequence[str]) -> pd.DataFrame:
    """What each opportunity brings: the keys, opportunity_id, top, bottom. `counts` come per opportunity."""
    frame = parts.prepare(counts, context)
    sums = {name: frame[list(columns)].sum(axis=1).astype(float) if columns else pd.Series(0.0, frame.index)
            for name, columns in (("top", parts.top), ("bottom", parts.bottom))}
    return added_up(frame[[*keys, EACH]].assign(**sums), [*keys, EACH])


def differing(was: pd.DataFrame, is_: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Where two loads differ: the keys, opportunity_id, top_was, bottom_was, top_is, bottom_is (0 = brings nothing)."""
    frame = was.merge(is_, on=[*keys, EACH], how="outer", suffixes=("_was", "_is"))
    sides = ["top_was", "bottom_was", "top_is", "bottom_is"]
    frame[sides] = frame[sides].fillna(0.0)
    changed = _far(frame["top_is"], frame["top_was"]) | _far(frame["bottom_is"], frame["bottom_was"])
    return frame[changed].reset_index(drop=True)


def ledger(was: Known, is_: Known, parts: Parts, keys: Sequence[str], asked: Sequence[str], step: str) -> pd.DataFrame:
    """One step of the way: the keys, opportunity_id, step, cause, top, bottom (differences), SHOWN before and after.
    `asked`: the dimensions that groups and filters name."""
    rows = differing(was.brings, is_.brings, keys)
    rows = rows.merge(_stood(was.states, "_then"), on=EACH, how="left")
    rows = rows.merge(_stood(is_.states, "_now"), on=EACH, how="left").assign(step=step, cause=step)
    if step != "definition":
        factor = _old_amount(rows, parts)
        rows["cause"] = _causes(rows, parts, asked, step).mask(factor.notna() & ~_any_left(rows, factor), "amount")
        rows = _split_amounts(rows, factor)
    rows = rows.assign(top=rows["top_is"] - rows["top_was"], bottom=rows["bottom_is"] - rows["bottom_was"])
    shown = {f"{name}{side}": f"{called}{side}" for name, called in SHOWN.items() for side in ("_then", "_now")}
    return rows.rename(columns=shown)[[*keys, EACH, "step", "cause", "top", "bottom", *shown.values()]]


def _stood(states: pd.DataFrame, side: str) -> pd.DataFrame:
    """States with their columns marked, and whether there is one."""
    frame = states.assign(is_there=True)
    return frame.rename(columns={name: f"{name}{side}" for name in frame.columns if name != EACH})


def _far(a: pd.Series, b: pd.Series) -> pd.Series:
    return (a - b).abs() > _NOTHING * (1 + a.abs())


def _differ(rows: pd.DataFrame, *names: str) -> pd.Series:
    """Where one of the columns says something else than before; unknown both times is the same."""
    found = pd.Series(False, rows.index)
    for name in names:
        was, is_ = rows[f"{name}_then"], rows[f"{name}_now"]
        found |= ~((was == is_) | (was.isna() & is_.isna())).fillna(False).astype(bool)
    return found


def _causes(rows: pd.DataFrame, parts: Parts, asked: Sequence[str], step: str) -> pd.Series:
    """The first cause that holds of each row (CAUSES). Who merely went from one group to another is asked first."""
    was, is_ = rows["is_there_then"].notna(), rows["is_there_now"].notna()
    both = was & is_
    handed = both & ~(rows["is_mine_then"].eq(True) & rows["is_mine_now"].eq(True))
    was_closed, is_closed = rows["status_then"].isin(CLOSING_KINDS), rows["status_now"].isin(CLOSING_KINDS)
    is_elsewhere, sums = both & _differ(rows, *asked), _sums(rows)
    is_same = ~(_far(sums["top_was"], sums["top_is"]) | _far(sums["bottom_was"], sums["bottom_is"]))
    answers = {
        "deleted": was & ~is_, "new": ~was & is_, "dimension": handed | (is_elsewhere & is_same),
        "closed": both & ~was_closed & is_closed, "reopened": both & was_closed & ~is_closed,
        "outcome": both & was_closed & _differ(rows, "status"), "dimension again": is_elsewhere,
        "redated": both & _differ(rows, *parts.dates), "moved": both & parts.is_staged & _differ(rows, "stage"),
        "paused": both & _differ(rows, "status"), "amount": both & parts.is_money & _differ(rows, "amount_base"),
    }
    found = np.select([np.asarray(v, bool) for v in answers.values()], list(answers), "time")
    names = {"dimension again": "dimension"} | (_LATE if step == "restated" else {})
    return pd.Series(found, rows.index, dtype="str").replace(names)


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """What each row's opportunity brings to all groups together."""
    return rows.groupby(EACH, sort=False)[["top_was", "bottom_was", "top_is", "bottom_is"]].transform("sum")


def _old_amount(rows: pd.DataFrame, parts: Parts) -> pd.Series:
    """What turns a row's present contribution into the one at its old amount; NaN where there is nothing to split."""
    if not parts.is_money:
        return pd.Series(np.nan, rows.index)
    sums = _sums(rows)
    counts = ((sums["top_was"] + sums["bottom_was"]) > 0) & ((sums["top_is"] + sums["bottom_is"]) > 0)
    old, new = rows["amount_base_then"].astype(float), rows["amount_base_now"].astype(float)
    return (old / new.where(new > 0)).where(counts & (old > 0) & (old != new))


def _any_left(rows: pd.DataFrame, factor: pd.Series) -> pd.Series:
    """Does anything differ at the old amount?"""
    cents = 0.005
    return (((rows["top_is"] * factor - rows["top_was"]).abs() > cents)
            | ((rows["bottom_is"] * factor - rows["bottom_was"]).abs() > cents))


def _split_amounts(rows: pd.DataFrame, factor: pd.Series) -> pd.DataFrame:
    """Rows with another cause than the amount, of which the amount changed too, as two: at the old amount, then on."""
    both = factor.notna() & (rows["cause"] != "amount")
    if not both.any():
        return rows
    top, bottom = (rows[name].where(~both, rows[name] * factor) for name in ("top_is", "bottom_is"))
    rest = rows[both].assign(cause="amount", top_was=top[both], bottom_was=bottom[both])
    return pd.concat([rows.assign(top_is=top, bottom_is=bottom), rest], ignore_index=True)


def totals(then: pd.DataFrame, now: pd.DataFrame, was: pd.DataFrame, is_: pd.DataFrame, parts: Parts,
           keys: Sequence[str], context: Context) -> pd.DataFrame:
    """The number of each group then and now (columns: Restated.totals). `then` and `now` are the metric's own rows, so
    that a number is never made twice; `was` and `is_` what the opportunities bring."""
    frames = []
    for side, rows, brings in (("then", then, was), ("now", now, is_)):
        sums = added_up(brings.drop(columns=EACH), keys) if keys else brings[["top", "bottom"]].sum().to_frame().T
        staged = [c for c in ("stage_order",) if c in rows.columns]
        said = rows[[*keys, *staged, "value", "reason"]].assign(_of=0)
        sums = said.merge(sums.assign(_of=0), on=[*keys, "_of"], how="outer").drop(columns="_of")
        sums[["top", "bottom"]] = sums[["top", "bottom"]].fillna(0.0)
        frames.append(sums.rename(columns={"value": side, "reason": f"reason_{side}", "top": f"top_{side}",
                                           "bottom": f"bottom_{side}"}).assign(_of=0))
    keyed = [*keys, *(c for c in ("stage_order",) if c in frames[0].columns and c in frames[1].columns)]
    frame = frames[0].merge(frames[1], on=[*keyed, "_of"], how="outer").drop(columns="_of")
    counts = [f"{name}_{side}" for name in ("top", "bottom") for side in ("then", "now")]
    frame[counts] = frame[counts].fillna(0.0)
    for side in ("then", "now"):
        reason = frame[f"reason_{side}"].fillna("nobody")
        if not parts.bottom:  # a sum of nobody is nothing, not unknown
            is_zero = reason.isin(["nobody", "nothing_open"])
            frame[side], reason = frame[side].mask(is_zero, 0.0), reason.mask(is_zero, "")
        frame[f"reason_{side}"] = reason
    frame = frame.assign(change=frame["now"] - frame["then"])
    columns = [*keys, "then", "now", "change", *counts, "reason_then", "reason_now"]
    return ordered(frame, context, keys)[columns]


def with_effects(ledger: pd.DataFrame, totals: pd.DataFrame, parts: Parts, keys: Sequence[str]) -> pd.DataFrame:
    """The ledger with `part_of_change`, unknown where the number is unknown then or now. The largest first."""
    if not parts.bottom:
        frame = ledger.assign(part_of_change=ledger["top"])
    else:
        then, now = (ratio(totals[f"top_{side}"], totals[f"bottom_{side}"]) for side in ("then", "now"))
        mean = totals[list(keys)].assign(_of=0, _bottom=(totals["bottom_then"] + totals["bottom_now"]) / 2,
                                         _rate=(then + now) / 2, _known=totals["change"].notna())
        frame = ledger.assign(_of=0).merge(mean, on=[*keys, "_of"], how="left")
        effect = (frame["top"] - frame["_rate"] * frame["bottom"]) / frame["_bottom"]
        frame = frame.assign(part_of_change=effect.where(frame["_known"].eq(True)))
        frame = frame.drop(columns=["_of", "_bottom", "_rate", "_known"])
    size = -frame["part_of_change"].fillna(frame["top"]).abs()
    return frame.assign(_size=size).sort_values(["_size", EACH, "step", "cause"], kind="stable").drop(
        columns="_size").reset_index(drop=True)


def by_cause(ledger: pd.DataFrame, totals: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The ledger added up (columns: Restated.causes): groups as in `totals`, then in the order of STEPS and CAUSES."""
    grouped = ledger.groupby([*keys, "step", "cause"], sort=False, dropna=False)
    sums = grouped[["top", "bottom", "part_of_change"]].sum(min_count=1)
    frame = pd.concat([grouped[EACH].nunique().rename("n"), sums], axis="columns").reset_index()
    place = totals[list(keys)].assign(_of=0, _place=range(len(totals)))
    frame = frame.assign(_of=0, _step=frame["step"].map(STEPS.index), _cause=frame["cause"].map(CAUSES.index))
    frame = frame.merge(place, on=[*keys, "_of"], how="left").sort_values(["_place", "_step", "_cause"], kind="stable")
    return frame.drop(columns=["_of", "_place", "_step", "_cause"]).reset_index(drop=True)
