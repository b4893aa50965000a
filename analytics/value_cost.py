"""What selling cost in a period, from costs as they were recorded: per period, owner, team or segment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analytics import periods
from analytics.metrics.frames import Context, added_up
from analytics.periods import Period, Unit
from data.errors import MvpodError


def costs(given: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Selling cost per group: `by`, cost (base currency). In: rows of sql/value_cost.sql.

    Only where the recorded periods fill the asked one (the context's, or each month or quarter of `by`) without gap or
    overlap: a year's cost is not split into quarters, and a quarter's is not known before it is over.
    """
    unit: Unit | None = next((u for u in ("month", "quarter") if u in by), None)
    fiscal = context.settings.organisation.fiscal_year_start
    spans = [_span(name, context) for name in given["period"]]
    asked = [_asked(span, context, unit) for span in spans]
    rates = given["currency"].fillna("").map(_rates(context)).astype(float)
    frame = given.assign(
        cost=given["amount"].astype(float) * rates, days=[span.days if span else 0 for span in spans],
        asked=[a.name if a else None for a in asked], whole=[a.days if a else 0 for a in asked])
    for name in ("month", "quarter"):
        if name in by:
            frame[name] = [periods.period_of(a.start, name, fiscal).name if a else None for a in asked]
    frame = frame[frame["asked"].notna()]
    filled = frame.drop_duplicates(["asked", "period"]).groupby("asked").agg({"days": "sum", "whole": "first"})
    frame = frame[frame["asked"].isin(filled.index[filled["days"] == filled["whole"]])]
    frame = frame[[*by, "cost"]].astype(dict.fromkeys(by, "str"))
    return added_up(frame, by) if by else pd.DataFrame({"cost": [frame["cost"].sum(min_count=1)]})


def _span(name: Any, context: Context) -> Period | None:
    """The period that a cost names, if all of it has happened by the as-of date; None where nobody can read it."""
    try:
        found = periods.parse(str(name), context.settings.organisation.fiscal_year_start)
    except MvpodError:
        return None
    return found if found.end <= context.as_of else None


def _asked(span: Period | None, context: Context, unit: Unit | None) -> Period | None:
    """The asked period that holds a cost's: the whole one, or its month or quarter; None where none does."""
    start, until = context.start, context.until or context.as_of
    if span is None or (unit is None and start is None):
        return None
    fiscal = context.settings.organisation.fiscal_year_start
    asked = periods.period_of(span.start, unit, fiscal) if unit else periods.range_(start or until, until)
    if (start and asked.start < start) or asked.end > until:
        return None
    return asked if asked.start <= span.start and span.end <= asked.end else None


def _rates(context: Context) -> dict[str, float]:
    """Currency -> what one unit is worth in the base currency; no currency = the base one."""
    known = context.settings.organisation
    return {**known.rates, known.base_currency: 1.0, "": 1.0}
