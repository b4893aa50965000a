"""The questions that pages ask, one .sql file each: what is asked comes in, a small table of counts comes out.

Only marts are read (and, for names, the canonical tables of one snapshot date). A query is text from `sql/` in
which exactly these marks are replaced, none of them by a value that a user typed:

    {where}           scope and filters of `data.scope.where`: column names allow-listed, values bound
    {dims} {groups}   names of the groups asked for, allow-listed below
    {which} {sets}    the same, each grouping on its own
    {order}           one of a fixed list
    {behind}          the text of another file of the folder
    any other         the text of the file `fragment_<name>.sql`

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

#: How a list may be ordered before the amount.
_ORDERS = {"": "", "days": "days_in_stage DESC NULLS LAST,"}

#: Accounts are searched, not listed.
LISTED = tuple(d for d in DIMENSIONS if d != "account_id")
_EACH_DIMENSION = " UNION ALL ".join(
    f"SELECT '{d}' AS dimension, {d}::VARCHAR AS value, count(*) AS n FROM kept GROUP BY {d}" for d in LISTED)

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


def sql_of(name: str, slice_: Slice, by: Sequence[str] = (), *, own: Sequence[str] = (), behind: str = "",
           order: str = "") -> str:
    """The text of a query: marks replaced, values still as parameters. `own` groups are in the file already."""
    names = [n for n in groups_of(by) if n not in own]
    listed = "".join(f"{n}, " for n in names)
    marks = {"where": where(slice_.scope, slice_.filters).sql, "dims": listed, "groups": listed,
             "which": _which(names), "sets": ", ".join(["(period)", *(f"({n}, period)" for n in names)]),
             "behind": _text(behind) if behind else "", "order": _ORDERS[order], "each_dimension": _EACH_DIMENSION}
    text = _text(name)
    while mark := _MARK.search(text):
        word = mark[1] if mark[1] != "days" else f"{slice_.days}_days"
        text = text[: mark.start()] + (marks[word] if word in marks else _text(f"fragment_{word}")) + text[mark.end():]
    return text


def _which(names: Sequence[str]) -> str:
    """Of several groupings at once: which one a row belongs to ("" = none of them) and its value."""
    cases = "".join(f"WHEN grouping({n}) = 0 THEN '{n}' " for n in names)
    values = "".join(f"WHEN grouping({n}) = 0 THEN coalesce({n}::VARCHAR, '{UNKNOWN}') " for n in names)
    named, valued = (f"CASE {c}ELSE '' END" if names else "''" for c in (cases, values))
    return f"{named} AS dimension, {valued} AS value,"


def run(cursor: duckdb.DuckDBPyConnection, name: str, slice_: Slice, by: Sequence[str] = (), *,
        own: Sequence[str] = (), behind: str = "", order: str = "", **more: Any) -> pd.DataFrame:
    """The answer of one query; groups without a value are the group '(unknown)'."""
    sql = sql_of(name, slice_, by, own=own, behind=behind, order=order)
    values = {
        "as_of": slice_.as_of, "start": slice_.start or date.min, "until": slice_.until,
        "before": slice_.before,
        "has_start": slice_.start is not None, **where(slice_.scope, slice_.filters).params, **more,
    }
    wanted = set(_PARAM.findall(sql))
    if "numbers" in wanted:
        values |= workdays(cursor)
    answer = frame(cursor, sql, {k: v for k, v in values.items() if k in wanted})
    for name_ in groups_of(by):
        if name_ != "month" and name_ in answer.columns:
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


def reach_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
               horizon: int) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days since it was reached: n (sql/reach_days.sql)."""
    return run(cursor, "reach_days", slice_, by, own=_STAGED, horizon=horizon)


def stock_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: stock at the end of `before` and of the period (sql/stock_counts.sql)."""
    return run(cursor, "stock_counts", slice_, by, own=_STAGED)


def cohort_counts(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: what became of the stock of `before` (sql/cohort_counts.sql)."""
    return run(cursor, "cohort_counts", slice_, by, own=_STAGED)


def visit_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group, outcome and days: visits (sql/visit_days.sql)."""
    return run(cursor, "visit_days", slice_, by, own=_STAGED)


def recent_visit_days(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Visits of the two years up to the as-of date, whatever the period and the groups: the stages' own pace."""
    return visit_days(cursor, slice_.with_(start=slice_.as_of - timedelta(days=730), end=None))


def stage_totals(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: opportunities and the sum of their days (sql/stage_totals.sql)."""
    return run(cursor, "stage_totals", slice_, by, own=_STAGED)


def transitions(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, stage, group: moves, of them back and over a stage (sql/transitions.sql)."""
    return run(cursor, "transitions", slice_, by, own=_STAGED)


def closings(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: opportunities closed in the period, by outcome and amount (sql/closings.sql)."""
    return run(cursor, "closings", slice_, by)


def closings_by(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, unit: str) -> pd.DataFrame:
    """The same per week or month of closing (sql/closings_by.sql)."""
    return run(cursor, "closings_by", slice_, by, unit=unit)


def stage_outcomes(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per pipeline, furthest stage and group: won and lost (sql/stage_outcomes.sql)."""
    return run(cursor, "stage_outcomes", slice_, by, own=_STAGED)


def calibration_bins(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, days: int,
                     promised: Iterable[tuple[str, str, float]]) -> pd.DataFrame:
    """Predictions `days` before the close against outcomes; `promised`: (pipeline, stage, probability) of the settings
    (sql/calibration_bins.sql)."""
    return run(cursor, "calibration_bins", slice_, by, days=days, **_promises(promised))


def calibration_parties(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, days: int,
                        limit: int) -> pd.DataFrame:
    """Scores of all parties `days` before the close, per opportunity (sql/calibration_parties.sql)."""
    return run(cursor, "calibration_parties", slice_, by, days=days, limit=limit)


def closeness_outcomes(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
                       days: int) -> pd.DataFrame:
    """Per source and point of closeness `days` before the close: n and won (sql/closeness_outcomes.sql)."""
    return run(cursor, "closeness_outcomes", slice_, by, days=days)


def closeness_trend(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
                    days: int) -> pd.DataFrame:
    """Per source: the score test for a trend (sql/closeness_trend.sql)."""
    return run(cursor, "closeness_trend", slice_, by, days=days)


def win_portfolio(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
                  promised: Iterable[tuple[str, str, float]], **rules: Any) -> pd.DataFrame:
    """Per pipeline, stage, group and fifth of the win rate: open, predicted, promised (sql/win_portfolio.sql)."""
    return run(cursor, "win_portfolio", slice_, by, own=_STAGED, **_promises(promised), **rules)


def win_movers(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, only: str, limit: int,
               **rules: Any) -> pd.DataFrame:
    """Whose win rate moved in the last week, or needs a look (sql/win_movers.sql)."""
    return run(cursor, "win_movers", slice_, by, only=only, limit=min(limit, MAX_ROWS), **rules)


def rivals_met(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (),
               **rules: Any) -> pd.DataFrame:
    """Open opportunities by their strongest rival (sql/rivals_met.sql)."""
    return run(cursor, "rivals_met", slice_, by, **rules)


#: What can be asked about closeness: `closeness_<part>.sql` over all accounts, `account_<part>.sql` about one.
CLOSENESS = ("board", "summary", "shifts", "holders", "course", "weeks")
ACCOUNT = ("state", "people", "departments", "touches", "roles", "relations")


def closeness(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, part: str,
              limit: int = 200, **more: Any) -> pd.DataFrame:
    """One answer about all accounts as they stand (sql/closeness_<part>.sql)."""
    if part not in CLOSENESS:
        raise ValueError(f"{part} is none of {CLOSENESS}")
    return run(cursor, f"closeness_{part}", slice_, limit=min(limit, MAX_ROWS), **more)


def account(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *, part: str, account_id: str,
            day: date | None = None, zone: str = "UTC", contacts: Sequence[str] = ()) -> pd.DataFrame:
    """What is known of one account up to `day`, or of its `contacts` (sql/account_<part>.sql); only `state` heeds the
    scope."""
    if part not in ACCOUNT:
        raise ValueError(f"{part} is none of {ACCOUNT}")
    return run(cursor, f"account_{part}", slice_, account_id=account_id, day=day or slice_.as_of, zone=zone,
               contacts=list(contacts))


def chain_people(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
                 opportunity_id: str) -> pd.DataFrame:
    """The decision chain of one opportunity (sql/chain_people.sql)."""
    return run(cursor, "chain_people", slice_, opportunity_id=opportunity_id, day=slice_.as_of)


def chains(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (),
           **families: Sequence[str]) -> pd.DataFrame:
    """Per group: how well the deciders of open opportunities are known (sql/chains.sql)."""
    params: dict[str, Any] = {name: list(roles) for name, roles in families.items()}
    return run(cursor, "chains", slice_, by, **params)


def _promises(promised: Iterable[tuple[str, str, float]]) -> dict[str, Any]:
    rows = list(promised)
    return {name: [row[i] for row in rows] for i, name in enumerate(("pipelines", "stages", "promised"))}


def closings_each(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = (), *,
                  unit: str) -> pd.DataFrame:
    """Won and lost per week or month, for each group of `by` on its own and for all (sql/closings_each.sql)."""
    return run(cursor, "closings_each", slice_, by, unit=unit)


def closing_horizon(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """How far back closings are complete, one row (sql/closing_horizon.sql)."""
    return run(cursor, "closing_horizon", slice_, by)


def created_outcomes(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: outcomes of those created in the period (sql/created_outcomes.sql)."""
    return run(cursor, "created_outcomes", slice_, by)


def overdue(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group: open opportunities past their expected close (sql/overdue.sql)."""
    return run(cursor, "overdue", slice_, by)


def overdue_flow(cursor: duckdb.DuckDBPyConnection, slice_: Slice, by: Sequence[str] = ()) -> pd.DataFrame:
    """Per group and day: by how many the number of overdue ones changed (sql/overdue_flow.sql)."""
    return run(cursor, "overdue_flow", slice_, by)


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


#: What a mark can be about, each with its file `behind_<question>.sql`.
BEHIND = ("reach", "cohort", "visit", "totals", "flow", "closed", "by_stage", "created", "open", "moves")


def behind(cursor: duckdb.DuckDBPyConnection, slice_: Slice, question: str, *, outcome: str,
           pipeline: str | None = None,
           stage: str | None = None, months: tuple[date, date] | None = None, strict: bool = False, longer: int = -1,
           order: str = "", limit: int = 200) -> pd.DataFrame:
    """The opportunities behind a mark, as they stood on the as-of date, and their `total` (sql/listing.sql)."""
    if question not in BEHIND:
        raise ValueError(f"{question} is none of {BEHIND}")
    first, last = months or (None, None)
    return run(cursor, "listing", slice_, behind=f"behind_{question}", order=order, outcome=outcome, pipeline=pipeline,
               stage=stage, month_from=first, month_to=last, strict=strict, longer=longer, limit=min(limit, MAX_ROWS))


def found(cursor: duckdb.DuckDBPyConnection, slice_: Slice, words: str, *, snapshot: date | None,
          limit: int = 200) -> pd.DataFrame:
    """Opportunities whose id, name or account's name contains `words` (sql/found.sql, sql/listing.sql)."""
    return run(cursor, "listing", slice_, behind="found", words=words, snapshot=snapshot, limit=min(limit, MAX_ROWS))


def names(cursor: duckdb.DuckDBPyConnection, of: str, ids: Iterable[str], as_of: date,
          snapshot: date | None = None) -> dict[str, str]:
    """Names of owners, accounts or opportunities by id; ids without a name are left out."""
    wanted = sorted({i for i in ids if isinstance(i, str)})
    if of not in ("owner", "account", "opportunity"):
        raise ValueError(f"no names of {of}")
    answer = run(cursor, f"names_{of}", Slice(as_of), ids=wanted,
                 snapshot=snapshot).dropna() if wanted else pd.DataFrame()
    return dict(zip(answer["id"], answer["name"], strict=True)) if len(answer) else {}


def owners_seen(cursor: duckdb.DuckDBPyConnection, slice_: Slice) -> list[str]:
    """Ids of the owners of opportunities that may be seen (sql/owners_seen.sql)."""
    return list(run(cursor, "owners_seen", slice_)["owner_id"])


def options(cursor: duckdb.DuckDBPyConnection, slice_: Slice) -> pd.DataFrame:
    """Opportunities of the as-of date: dimension, value, n, without accounts (sql/options.sql)."""
    answer = run(cursor, "options", slice_)
    return answer.assign(value=answer["value"].fillna(UNKNOWN))


def story(cursor: duckdb.DuckDBPyConnection, slice_: Slice, part: str, opportunity_id: str,
          zone: str = "UTC") -> pd.DataFrame:
    """One part of an opportunity's story: state, states, visits, changes, activities or comparison
    (sql/story_<part>.sql)."""
    if part not in ("state", "states", "visits", "changes", "activities", "comparison"):
        raise ValueError(f"a story has no {part}")
    return run(cursor, f"story_{part}", slice_, opportunity_id=opportunity_id, zone=zone)


def standards_given(cursor: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The organisation's own standards (sql/standards_given.sql)."""
    return run(cursor, "standards_given", Slice(date.max))
