"""The questions that pages ask, one .sql file each: what is asked comes in, a small table of counts comes out.

Only marts are read (and, for names, the canonical tables of one snapshot date). A query is text from `sql/` in
which exactly these marks are replaced, none of them by a value that a user typed:

    {where}           scope and filters of `data.scope.where`: column names allow-listed, values bound
    {scope}           the scope alone, where a filter must not hide what was or will be
    {filters}         the filters alone, of sums that were counted within the scope
    {dims} {groups}   names of the groups asked for, allow-listed below
    {which} {sets}    the same, each grouping on its own
    {order}           one of a fixed list
    {apart_from_people}, {dims_apart_from_people}   {where} and {dims} without what names owner and team
    {behind}          the text of another file of the folder
    {entered}         the text of its fragment, or nothing to ask (true) where everything may be seen and is asked for
    {shared_<name>}   a table with the answer of the file `shared_<name>.sql`, asked without filters, once for all
                      questions that start from it with the same scope and values, and kept (`data.shelf.Steps`):
                      whoever reads it says {where}
    any other         the text of the file `fragment_<name>.sql`

Every answer is a sufficient statistic: counts and sums that may be added up over groups. Rates, curves and
intervals are the business of `analytics/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from data.contracts import DIMENSIONS
from data.engine import frame
from data.errors import MvpodError, nearest
from data.scope import UNKNOWN, Filters, Predicate, Scope, where
from data.shelf import Cursor

#: What an answer can be grouped by. `month` is the month of the metric's own date, as its first day.
GROUPS = (*DIMENSIONS, "stage", "month")
#: Each opportunity on its own: for ledgers, never offered as a group.
EACH = "opportunity_id"
#: A drill-down list is never longer than this.
MAX_ROWS = 10_000
#: How a list may be ordered before the amount.
_IS_OPEN = "coalesce(status IN ('open', 'paused'), false) DESC,"
_ORDERS = {"": "", "days": "days_in_stage DESC NULLS LAST,", "open": _IS_OPEN,
           "due": f"{_IS_OPEN} expected_close_on NULLS LAST,", "still": f"{_IS_OPEN} days_in_stage DESC NULLS LAST,",
           "changed": "valid_from DESC NULLS LAST,"}
#: Dimensions that change when an opportunity is handed over.
PEOPLE = ("owner_id", "team")
#: Accounts are searched, not listed.
LISTED = tuple(d for d in DIMENSIONS if d != "account_id")
_EACH_DIMENSION = " UNION ALL ".join(
    f"SELECT '{d}' AS dimension, {d}::VARCHAR AS value, count(*) AS n FROM kept GROUP BY {d}" for d in LISTED)
#: What should be known of every opportunity: each dimension but the pipeline, which the stage tells.
KNOWABLE = tuple(d for d in DIMENSIONS if d != "pipeline")
_UNKNOWN_OF_EACH = ", ".join(f"count(*) FILTER ({d} IS NULL) AS no_{d}" for d in KNOWABLE)
_SQL = Path(__file__).parent.parent / "sql"
_MARK = re.compile(r"\{(\w+)\}")
_PARAM = re.compile(r"\$(\w+)")
_SHARED = re.compile(r"\bshared_\w+")


@dataclass(frozen=True)
class Slice:
    """Which rows count: scope, filters, as-of date and the period [start, end] of the metric's own date."""

    as_of: date
    start: date | None = None
    end: date | None = None
    scope: Scope = field(default_factory=Scope.everything)
    filters: Filters = field(default_factory=Filters)
    #: calendar | working
    days: str = "calendar"

    @property
    def until(self) -> date:
        """The last day of the period that has happened."""
        return min(self.end, self.as_of) if self.end else self.as_of

    @property
    def before(self) -> date:
        """The first of the two days that readings F1 and F2 compare: the start, else 30 days before the last."""
        return self.start if self.start else self.until - timedelta(days=30)

    def with_(self, **changes: object) -> Slice:
        """The same slice with some parts replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]


@cache
def _text(name: str) -> str:
    """A .sql file without its comments."""
    lines = (_SQL / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def groups_of(by: Iterable[str]) -> tuple[str, ...]:
    """`by` without repetitions; MvpodError E_GROUP for a name that is neither in GROUPS nor EACH."""
    names = tuple(dict.fromkeys(by))
    for name in names:
        if name not in (*GROUPS, EACH):
            raise MvpodError("E_GROUP", found=name, known=GROUPS, hint=nearest(name, list(GROUPS)))
    return names


def sql_of(name: str, slice_: Slice, by: Sequence[str] = (), *, own: Sequence[str] = (), behind: str = "",
           order: str = "") -> str:
    """The text of a query: marks replaced, values still as parameters. `own` groups are in the file already."""
    names = [n for n in groups_of(by) if n not in own]
    listed = "".join(f"{n}, " for n in names)
    marks = {"where": where(slice_.scope, slice_.filters).sql, "scope": slice_.scope.predicate().sql,
             "filters": slice_.filters.predicate().sql,
             "dims": listed, "groups": listed,
             "which": _which(names), "sets": ", ".join(["(period)", *(f"({n}, period)" for n in names)]),
             "entered": _text("fragment_entered") if slice_.scope.allowed or slice_.filters.chosen else "true",
             "behind": _text(behind) if behind else "", "order": _ORDERS[order], "each_dimension": _EACH_DIMENSION,
             "unknown_of_each": _UNKNOWN_OF_EACH,
             "apart_from_people": _apart_from_people(slice_).sql,
             "dims_apart_from_people": "".join(f"{n}, " for n in names if n not in PEOPLE)}
    text = _text(name)
    while mark := _MARK.search(text):
        word = mark[1] if mark[1] != "days" else f"{slice_.days}_days"
        text = text[: mark.start()] + (marks[word] if word in marks else _named(word)) + text[mark.end():]
    return text


def _named(word: str) -> str:
    """What stands for a mark that names a file: a shared step keeps its name until the query is asked."""
    return word if word.startswith("shared_") else _text(f"fragment_{word}")


def _apart_from_people(slice_: Slice) -> Predicate:
    """Scope and filters as if they did not name owners and teams (the parameters are some of those of `where`)."""
    scope, filters = (tuple(v for v in values if v[0] not in PEOPLE)
                      for values in (slice_.scope.allowed, slice_.filters.chosen))
    return where(Scope(scope), Filters(filters))


def _which(names: Sequence[str]) -> str:
    """Of several groupings at once: which one a row belongs to ("" = none of them) and its value."""
    cases = "".join(f"WHEN grouping({n}) = 0 THEN '{n}' " for n in names)
    values = "".join(f"WHEN grouping({n}) = 0 THEN coalesce({n}::VARCHAR, '{UNKNOWN}') " for n in names)
    named, valued = (f"CASE {c}ELSE '' END" if names else "''" for c in (cases, values))
    return f"{named} AS dimension, {valued} AS value,"


def run(cursor: Cursor, name: str, slice_: Slice, by: Sequence[str] = (), *,
        own: Sequence[str] = (), behind: str = "", order: str = "", kept_by: Iterable[str] = (),
        **more: Any) -> pd.DataFrame:
    """The answer of one query; groups without a value are the group '(unknown)'.

    `kept_by`: dimensions that each row of the answer has one value of. Whoever filters by nothing else gets the rows
    of the answer to everything, which is kept as a shared step.
    """
    filters = slice_.filters.predicate()
    is_kept = bool(kept_by) and {dimension for dimension, _ in slice_.filters.chosen} <= set(kept_by)
    rows_of = slice_.with_(filters=Filters()) if is_kept else slice_
    sql = sql_of(name, rows_of, by, own=own, behind=behind, order=order)
    values = {
        "as_of": slice_.as_of, "start": slice_.start or date.min, "until": slice_.until,
        "before": slice_.before,
        "has_start": slice_.start is not None, **where(slice_.scope, slice_.filters).params, **more,
    }
    with ExitStack() as steps:
        sql = _with_steps(cursor, steps, sql, rows_of, by, values)
        if is_kept:
            table = steps.enter_context(cursor.held(sql, _wanted(cursor, sql, values)))
            sql = f"SELECT * FROM {table} WHERE {filters.sql}"
        answer = frame(cursor, sql, _wanted(cursor, sql, values))
    for name_ in groups_of(by):
        if name_ != "month" and name_ in answer.columns:
            answer[name_] = answer[name_].fillna(UNKNOWN)
    return answer


def _with_steps(cursor: Cursor, steps: ExitStack, sql: str, slice_: Slice, by: Sequence[str],
                values: dict[str, Any]) -> str:
    """The query with the names of tables for its shared steps, held until `steps` is left."""
    for name in sorted(set(_SHARED.findall(sql))):
        everything = slice_.with_(filters=Filters())
        text = _with_steps(cursor, steps, sql_of(name, everything, by), everything, by, values)
        table = steps.enter_context(cursor.held(text, _wanted(cursor, text, values)))
        sql = re.sub(rf"\b{name}\b", table, sql)
    return sql


def _wanted(cursor: Cursor, sql: str, values: dict[str, Any]) -> dict[str, Any]:
    """Of all values those that a query names."""
    wanted = set(_PARAM.findall(sql))
    if "numbers" in wanted and "numbers" not in values:
        values |= workdays(cursor)
    return {name: value for name, value in values.items() if name in wanted}


def workdays(cursor: Cursor) -> dict[str, Any]:
    """First day of the working-day calendar and the running number of working days from that day on."""
    first, numbers = cursor.execute("SELECT min(day), list(number ORDER BY day) FROM workday").fetchall()[0]
    return {"first": first, "numbers": numbers}


STAGED = ("pipeline", "stage")
