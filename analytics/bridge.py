"""What moved the open pipeline between two days: start + ins + increases - decreases - outs = end, always. Pure.

The balance holds in number and in amount for any filter and scope (METHOD B18). An unknown amount is not
zero: how many have none travels along, and an amount that becomes known is an increase.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered

Answers = Mapping[str, pd.DataFrame]

#: How opportunities come in, with the amount that they have at last.
INS = ("new", "reopened", "restored", "woken", "moved_in", "owner_in")
#: How they leave and can still be seen, with the amount that they have at last: what is won is what was booked.
CLOSED = ("won", "lost", "no_decision", "void", "postponed")
#: How they leave the view itself, with the amount that they had at first.
GONE = ("moved_out", "owner_out", "removed")
OUTS = (*CLOSED, *GONE)
CHANGES = ("increased", "decreased")
#: All parts, in the order of reading.
PARTS = ("start", *INS, *CHANGES, *OUTS, "end")
#: Columns of `parts`, besides the groups.
COLUMNS = ("part", "kind", "n", "amount", "amount_missing", "effect", "effect_n", "became_known")


def parts(counts: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The bridge, one row per group and part, from the counts of sql/bridge.sql.

    Columns: the groups, part (PARTS), kind (start, in, change, out, end), n (opportunities; of a change: those whose
    amount changed), amount (base currency, never negative; NaN where none of n has one), amount_missing (of n,
    without an amount; of a change always 0), effect (what the part adds to the amount: negative for decreases and
    outs), effect_n (the same for the number: 0 for changes), became_known (of an increase: whose amount was unknown
    at first; of a decrease: whose amount is unknown at last).
    """
    keys = list(by)
    groups = [((), counts)] if not keys else list(counts.groupby(keys, sort=False, dropna=False, observed=True))
    rows = [{**dict(zip(keys, values, strict=True)), **row} for values, part in groups for row in _parts(part)]
    return pd.DataFrame(rows, columns=[*keys, *COLUMNS])


def wide(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The bridge, one row per group: n, amount, amount_missing (at the end), start_n, start_amount, start_missing, then
    <part>_n and <part>_amount of every part; value = end less start, in base currency."""
    keys = list(by)
    counts = added_up(answers["bridge"], [*keys, "entry", "exit", "change"])
    long = parts(counts, keys)
    rows = []
    for values, group in [((), long)] if not keys else long.groupby(keys, sort=False, observed=True):
        row = dict(zip(keys, values, strict=True))
        for part in group.to_dict("records"):
            row |= _named(part)
        rows.append(row)
    order = [
        *keys,
        "n",
        "amount",
        "amount_missing",
        "start_n",
        "start_amount",
        "start_missing",
        *(f"{part}_{what}" for part in PARTS[1:-1] for what in ("n", "amount")),
    ]
    frame = pd.DataFrame(rows, columns=order)
    moved = frame["amount"].fillna(0.0).astype(float) - frame["start_amount"].fillna(0.0).astype(float)
    is_empty = (frame[["n", "start_n"]].sum(axis="columns") == 0) & (
        frame[[f"{p}_n" for p in INS]].sum(axis="columns") == 0
    )
    unknown = (frame["n"] + frame["start_n"] == frame["amount_missing"] + frame["start_missing"]) & ~is_empty
    reason = pd.Series("", index=frame.index).mask(unknown, "no_amounts").mask(is_empty, "nothing_open")
    frame = frame.assign(value=moved.round(2).mask(reason != ""), reason=reason).astype({"reason": "str"})
    return ordered(frame, context, by)


def _named(part: Mapping[str, object]) -> dict[str, object]:
    if part["part"] == "end":
        return {"n": part["n"], "amount": part["amount"], "amount_missing": part["amount_missing"]}
    found = {f"{part['part']}_n": part["n"], f"{part['part']}_amount": part["amount"]}
    return found | {"start_missing": part["amount_missing"]} if part["part"] == "start" else found


def _parts(counts: pd.DataFrame) -> list[dict[str, object]]:
    """All parts of one group."""
    at_first, kept = counts["entry"] == "", counts["exit"] == "kept"
    rows = [_stock("start", "start", counts[at_first], "then", 1)]
    rows += [_stock(part, "in", counts[counts["entry"] == part], "now", 1) for part in INS]
    rows.append(_changed("increased", counts, "increased", "known", 1))
    rows.append(_changed("decreased", counts, "decreased", "unknown", -1))
    rows += [_stock(part, "out", counts[counts["exit"] == part], "now", -1) for part in OUTS]
    return [*rows, _stock("end", "end", counts[kept], "now", 1)]


def _stock(part: str, kind: str, rows: pd.DataFrame, side: str, sign: int) -> dict[str, object]:
    n, missing = int(rows["n"].sum()), int(rows[f"missing_{side}"].sum())
    amount = round(float(rows[f"amount_{side}"].sum()), 2)
    known = None if n and n == missing else amount
    return {
        "part": part,
        "kind": kind,
        "n": n,
        "amount": known,
        "amount_missing": missing,
        "effect": sign * amount,
        "effect_n": sign * n,
        "became_known": 0,
    }


def _changed(part: str, counts: pd.DataFrame, change: str, appeared: str, sign: int) -> dict[str, object]:
    """Amounts that rose or fell, and those that became known (or unknown)."""
    moved, told = counts[counts["change"] == change], counts[counts["change"] == appeared]
    amount = sign * float(moved["amount_now"].sum() - moved["amount_then"].sum())
    amount = round(amount + float(told["amount_now" if sign > 0 else "amount_then"].sum()), 2)
    return {
        "part": part,
        "kind": "change",
        "n": int(moved["n"].sum() + told["n"].sum()),
        "amount": amount,
        "amount_missing": 0,
        "effect": sign * amount,
        "effect_n": 0,
        "became_known": int(told["n"].sum()),
    }


def level(frame: pd.DataFrame, effect: str = "effect") -> float:
    """The larger of both stocks of one bridge (rows of `parts`), by `effect` or `effect_n`; 1 where both are empty."""
    return float(frame.loc[frame["kind"].isin(["start", "end"]), effect].max()) or 1.0


def reach(frame: pd.DataFrame, effect: str = "effect") -> float:
    """The highest point of one bridge: all that was there and came, with what increased."""
    up = frame[frame["kind"].isin(["start", "in"]) | (frame["part"] == "increased")]
    return float(up[effect].sum())


def fits(own: float, levels: Iterable[float]) -> bool:
    """Can a bridge be read on the scale of the others, or would it be a line (less than a sixth of the largest)?"""
    return max(levels) < 6 * own
