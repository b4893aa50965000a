"""How close we are to accounts and to the people who decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from data.queries.asking import MAX_ROWS, Slice, run
from data.shelf import Cursor

#: What can be asked about closeness: `closeness_<part>.sql` over all accounts, `account_<part>.sql` about one.
CLOSENESS = ("board", "summary", "shifts", "holders", "course", "weeks", "members")
ACCOUNT = ("state", "people", "departments", "touches", "roles", "relations")


def closeness(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, part: str,
              limit: int = 200, **more: Any) -> pd.DataFrame:
    """One answer about all accounts as they stand (sql/closeness_<part>.sql)."""
    if part not in CLOSENESS:
        raise ValueError(f"{part} is none of {CLOSENESS}")
    return run(cursor, f"closeness_{part}", slice_, limit=min(limit, MAX_ROWS), **more)


def account(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *, part: str, account_id: str,
            day: date | None = None, zone: str = "UTC", contacts: Sequence[str] = ()) -> pd.DataFrame:
    """What is known of one account up to `day`, or of its `contacts` (sql/account_<part>.sql); only `state` heeds the
    scope."""
    if part not in ACCOUNT:
        raise ValueError(f"{part} is none of {ACCOUNT}")
    return run(cursor, f"account_{part}", slice_, account_id=account_id, day=day or slice_.as_of, zone=zone,
               contacts=list(contacts))


def chain_people(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), *,
                 opportunity_id: str) -> pd.DataFrame:
    """The decision chain of one opportunity (sql/chain_people.sql)."""
    return run(cursor, "chain_people", slice_, opportunity_id=opportunity_id, day=slice_.as_of)


def chains(cursor: Cursor, slice_: Slice, by: Sequence[str] = (), **rules: Any) -> pd.DataFrame:
    """Per group: how well the deciders of open opportunities are known and how they stand to us (sql/chains.sql,
    sql/chains_by_month.sql)."""
    is_monthly = "month" in by
    return run(cursor, "chains_by_month" if is_monthly else "chains", slice_, by, monthly=is_monthly, **rules)


def account_scores(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
                   **rules: Any) -> pd.DataFrame:
    """Per group: sums of the closeness of accounts and of its parts (sql/account_scores.sql)."""
    return run(cursor, "account_scores", slice_, by, monthly="month" in by, **rules)


def trust_scores(cursor: Cursor, slice_: Slice, by: Sequence[str] = (),
                 **rules: Any) -> pd.DataFrame:
    """Per group: sums of the trust of contacts, and how many stand on which step (sql/trust_scores.sql)."""
    return run(cursor, "trust_scores", slice_, by, monthly="month" in by, **rules)


def closeness_outcomes(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per source and point of closeness before the close: n and won (sql/closeness_outcomes.sql)."""
    return run(cursor, "closeness_outcomes", slice_, by)


def closeness_trend(cursor: Cursor, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per source: the score test for a trend (sql/closeness_trend.sql)."""
    return run(cursor, "closeness_trend", slice_, by)
