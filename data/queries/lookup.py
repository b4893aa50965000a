"""Which opportunities are behind a number, one opportunity, names, options."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from data.queries.asking import MAX_ROWS, Slice, run
from data.scope import UNKNOWN
from data.shelf import Cursor

#: What a mark can be about, each with its file `behind_<question>.sql`.
BEHIND = ("reach", "cohort", "visit", "totals", "flow", "closed", "by_stage", "created", "open", "moves",
          "bridge", "pushed", "ageing", "hygiene")

#: What can be told of one opportunity, each with its file `story_<part>.sql`.
STORY = ("state", "states", "visits", "changes", "activities", "comparison", "people", "answers", "requests")


def behind(cursor: Cursor, slice_: Slice, question: str, *, outcome: str,
           pipeline: str | None = None,
           stage: str | None = None, months: tuple[date, date] | None = None, strict: bool = False, longer: int = -1,
           order: str = "", limit: int = 200, **more: Any) -> pd.DataFrame:
    """The opportunities behind a mark, as they stood on the as-of date, and their `total` (sql/listing.sql)."""
    if question not in BEHIND:
        raise ValueError(f"{question} is none of {BEHIND}")
    first, last = months or (None, None)
    return run(cursor, "listing", slice_, behind=f"behind_{question}", order=order, outcome=outcome, pipeline=pipeline,
               stage=stage, month_from=first, month_to=last, strict=strict, longer=longer,
               limit=min(limit, MAX_ROWS), **more)


def found(cursor: Cursor, slice_: Slice, words: str, *, snapshot: date | None, order: str = "",
          limit: int = 200) -> pd.DataFrame:
    """Opportunities whose id, name or account's name contains `words`, as `behind` lists them (sql/found.sql); without
    words all of them (sql/found_every.sql)."""
    return run(cursor, "found" if words else "found_every", slice_, order=order, words=words, snapshot=snapshot,
               limit=min(limit, MAX_ROWS))


def names(cursor: Cursor, of: str, ids: Iterable[str], as_of: date,
          snapshot: date | None = None, is_latest: bool = False) -> dict[str, str]:
    """Names of owners, accounts or opportunities by id; ids without a name are left out. `snapshot`: where those of
    opportunities are read, `is_latest` if there is no later one."""
    wanted = sorted({i for i in ids if isinstance(i, str)})
    if of not in ("owner", "account", "opportunity"):
        raise ValueError(f"no names of {of}")
    name = f"names_{of}_latest" if is_latest and of == "opportunity" else f"names_{of}"
    answer = run(cursor, name, Slice(as_of), ids=wanted,
                 snapshot=snapshot).dropna() if wanted else pd.DataFrame()
    return dict(zip(answer["id"], answer["name"], strict=True)) if len(answer) else {}


def owners_seen(cursor: Cursor, slice_: Slice) -> list[str]:
    """Ids of the owners of opportunities that may be seen (sql/owners_seen.sql)."""
    return list(run(cursor, "owners_seen", slice_)["owner_id"])


def options(cursor: Cursor, slice_: Slice) -> pd.DataFrame:
    """Opportunities of the as-of date: dimension, value, n, without accounts (sql/options.sql; of a scope
    sql/options_within.sql)."""
    is_part = bool(slice_.scope.allowed or slice_.filters.chosen)
    answer = run(cursor, "options_within" if is_part else "options", slice_)
    return answer.assign(value=answer["value"].fillna(UNKNOWN))


def story(cursor: Cursor, slice_: Slice, part: str, opportunity_id: str,
          zone: str = "UTC") -> pd.DataFrame:
    """One part of an opportunity's story, one of STORY (sql/story_<part>.sql)."""
    if part not in STORY:
        raise ValueError(f"a story has no {part}")
    return run(cursor, f"story_{part}", slice_, opportunity_id=opportunity_id, zone=zone)


def standards_given(cursor: Cursor) -> pd.DataFrame:
    """The organisation's own standards (sql/standards_given.sql)."""
    return run(cursor, "standards_given", Slice(date.max))
