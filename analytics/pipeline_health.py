"""What the records of the open pipeline lack, and how much of it hangs on few accounts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered, ratio, steady

Answers = Mapping[str, pd.DataFrame]
#: What a record can lack, in the order in which it should be put right.
ISSUES = ("past_due", "no_close_date", "no_amount", "no_next_step", "no_activity")
#: Of these there is an amount.
_WITH_AMOUNT = tuple(i for i in ISSUES if i != "no_amount")


def hygiene(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Share of the open opportunities whose record lacks something, one row per group (METHOD B15, B17).

    Columns: the groups, n (open), amount (base currency), flagged (of n, at least one issue), flagged_amount, then a
    count per issue (ISSUES; NaN where no export brings it) and its amount (<issue>_amount), value = flagged / n,
    reason.
    """
    keys = list(by)
    frame = added_up(answers["hygiene"], keys)
    frame["n"] = frame["n"].fillna(0).astype("int64")
    is_kept = frame["measured"].fillna(0) > 0
    frame = frame.assign(value=ratio(frame["flagged"].where(is_kept), frame["n"]),
                         reason=np.select([frame["n"] == 0, ~is_kept], ["nothing_open", "not_recorded"], ""))
    columns = ["n", "amount", "flagged", "flagged_amount", *ISSUES, *(f"{i}_amount" for i in _WITH_AMOUNT)]
    frame[columns[1:]] = frame[columns[1:]].astype(float)
    return ordered(frame.astype({"reason": "str"}), context, by)[[*keys, *columns, "value", "reason"]]


def issues(row: Mapping[str, object]) -> pd.DataFrame:
    """One row of `hygiene` as a list: outcome (the issue), n, amount, value = n / of, of (the open ones; of those past
    due, the ones with an expected close, as everywhere), reason ("not_loaded")."""
    dated = float(row["n"]) - float(row["no_close_date"])  # type: ignore[arg-type]
    rows = [
        {"outcome": issue, "n": row[issue], "amount": row.get(f"{issue}_amount", np.nan),
         "of": dated if issue == "past_due" else row["n"]}
        for issue in ISSUES
    ]
    frame = pd.DataFrame(rows).astype({"n": float, "amount": float})
    value = pd.Series(ratio(frame["n"], frame["of"]), index=frame.index)
    return frame.assign(value=value, reason=np.where(frame["n"].isna(), "not_loaded", "")).astype({"reason": "str"})


def concentration(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """How much of the open amount the ten largest accounts hold, one row per group.

    Columns: the groups, n (open opportunities), amount (base currency), amount_missing, without_account (of n),
    accounts (with an open amount), top_amount (of the ten largest), value = top_amount / amount of all accounts, hhi =
    Herfindahl index, the sum of squared shares: 1 where one account has all, 1 / accounts where all are equal; reason.
    """
    keys = list(by)
    frame = added_up(answers["concentration"], keys)
    whole = ["n", "amount_missing", "without_account", "accounts"]
    frame[whole] = frame[whole].fillna(0).astype("int64")
    known = frame["known_amount"].astype(float)
    tests = [frame["n"] == 0, frame["without_account"] == frame["n"], frame["accounts"] == 0]
    reason = np.select(tests, ["nothing_open", "no_accounts", "no_amounts"], "")
    frame = frame.assign(
        value=ratio(frame["top_amount"], known), hhi=ratio(steady(frame["amount_squares"]), known**2), reason=reason
    )
    columns = [
        *whole[:1],
        "amount",
        "amount_missing",
        "without_account",
        "accounts",
        "top_amount",
        "value",
        "hhi",
        "reason",
    ]
    return ordered(frame.astype({"reason": "str"}), context, by)[[*keys, *columns]]


def shares(accounts: pd.DataFrame, row: Mapping[str, Any]) -> pd.DataFrame:
    """The largest accounts (ask.largest_accounts) with value = their share of what all accounts hold, from one row of
    `concentration` that has a value."""
    held = float(row["top_amount"]) / float(row["value"])
    return accounts.assign(value=accounts["amount"].astype(float) / held, reason="")
