"""The questions that pages ask, one .sql file each: what is asked comes in, a small table of counts comes out.

Only marts are read (and, for names, the canonical tables of one snapshot date). A query is text from `sql/` in
which exactly these marks are replaced, none of them by a value that a user typed:

    {where}           scope and filters of `data.scope.where`: column names allow-listed, values bound
    {dims} {groups}   names of the groups asked for, allow-listed below
    {apart} {reach} {visit} {standing} {days} {seconds}   fixed text of the file `fragment_<name>.sql`

Every answer is a sufficient statistic: counts and sums that may be added up over groups. Rates, curves and
intervals are the business of `analytics/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from data.contracts import DIMENSIONS
from data.engine import frame
from data.errors import MvpodError, nearest
from data.scope import UNKNOWN, Filters, Scope, where

#: What an answer can be grouped by. `month` is the month of the metric's own date, as its first day.
GROUPS = (*DIMENSIONS, "stage", "month")
#: A drill-down list is never longer than this.
MAX_ROWS = 10_000

_SQL = Path(__file__).parent / "sql"
_MARK = re.compile(r"\{(\w+)\}")
_PARAM = re.compile(r"\$(\w+)")


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
    """`by` without repetitions; MvpodError E_GROUP for a name that is not in GROUPS."""
    names = tuple(dict.fromkeys(by))
    for name in names:
        if name not in GROUPS:
            raise MvpodError("E_GROUP", found=name, known=GROUPS, hint=nearest(name, list(GROUPS)))
    return names


def sql_of(name: str, slice_: Slice, by: Sequence[str] = (), *, own: Sequence[str] = ()) -> str:
    """The text of a query: marks replaced, values still as parameters. `own` groups are in the file already."""
    names = [n for n in groups_of(by) if n not in own]
    listed = "".join(f"{n}, " for n in names)
    marks = {"where": where(slice_.scope, slice_.filters).sql, "dims": listed, "groups": listed}
    text = _text(name)
    while mark := _MARK.search(text):
        word = mark[1] if mark[1] != "days" else f"{slice_.days}_days"
        text = text[: mark.start()] + (marks[word] if word in marks else _text(f"fragment_{word}")) + text[mark.end():]
    return text


def run(cursor: duckdb.DuckDBPyConnection, name: str, slice_: Slice, by: Sequence[str] = (), *,
        own: Sequence[str] = (), **more: Any) -> pd.DataFrame:
    """The answer of one query; groups without a value are the group '(unknown)'."""
    sql = sql_of(name, slice_, by, own=own)
    values = {
        "as_of": slice_.as_of, "start": slice_.start or date.min, "until": slice_.until,
        "has_start": slice_.start is not None, **where(slice_.scope, slice_.filters).params, **more,
    }
    wanted = set(_PARAM.findall(sql))
    if "numbers" in wanted:
        values |= workdays(cursor)
    answer = frame(cursor, sql, {k: v for k, v in values.items() if k in wanted})
    for name_ in groups_of(by):
        if name_ != "month":
            answer[name_] = answer[name_].fillna(UNKNOWN)
    return answer


def workdays(cursor: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """First day of the working-day calendar and the running number of working days from that day on."""
    first, numbers = cursor.execute("SELECT min(day), list(number ORDER BY day) FROM workday").fetchall()[0]
    return {"first": first, "numbers": numbers}


_STAGED = ("pipeline", "stage")


def reach_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage and group: n, reached, lost_only, no_decision, open, … (sql/reach_counts.sql)."""
    return run(cursor, "reach_counts", slice_, by, own=_STAGED)


def strict_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """The same of those that entered every stage in order (sql/strict_counts.sql)."""
    return run(cursor, "strict_counts", slice_, by, own=_STAGED)


def reach_ages(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group and age in days: n still open (sql/reach_ages.sql)."""
    return run(cursor, "reach_ages", slice_, by, own=_STAGED)


def reach_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, horizon: int) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days since it was reached: n (sql/reach_days.sql)."""
    return run(cursor, "reach_days", slice_, by, own=_STAGED, horizon=horizon)


def stock_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: stock at the end of `before` and of the period (sql/stock_counts.sql)."""
    return run(cursor, "stock_counts", slice_, by, own=_STAGED, before=slice_.before)


def cohort_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: the fate of the stock of `before` by the end of the period (sql/cohort_counts.sql)."""
    return run(cursor, "cohort_counts", slice_, by, own=_STAGED, before=slice_.before)


def visit_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days: visits (sql/visit_days.sql)."""
    return run(cursor, "visit_days", slice_, by, own=_STAGED)


def all_visit_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Visits of all times up to the as-of date, whatever the period and the groups: the stage's own pace."""
    return visit_days(cursor, slice_.with_(start=None, end=None))


def stage_totals(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: opportunities and the sum of their days (sql/stage_totals.sql)."""
    return run(cursor, "stage_totals", slice_, by, own=_STAGED)


def transitions(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: moves, of them back and over a stage (sql/transitions.sql)."""
    return run(cursor, "transitions", slice_, by, own=_STAGED)


def closings(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: opportunities closed in the period, by outcome and amount (sql/closings.sql)."""
    return run(cursor, "closings", slice_, by)


def created_outcomes(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: outcomes of those created in the period (sql/created_outcomes.sql)."""
    return run(cursor, "created_outcomes", slice_, by)


def overdue(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: open opportunities past their expected close (sql/overdue.sql)."""
    return run(cursor, "overdue", slice_, by)


def open_stock(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: open opportunities and their amount (sql/open_stock.sql)."""
    return run(cursor, "open_stock", slice_, by, own=_STAGED)


def cycle_closed(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, outcome and days from creation to closing: n (sql/cycle_closed.sql)."""
    return run(cursor, "cycle_closed", slice_, by)


def cycle_created(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group, outcome and days since creation: n (sql/cycle_created.sql)."""
    return run(cursor, "cycle_created", slice_, by)


def flow(cursor: duckdb.DuckDBPyConnection, slice_: Slice) -> pd.DataFrame:
    """Links from stage to stage of those that entered the pipeline in the period (sql/flow.sql)."""
    return run(cursor, "flow", slice_)
