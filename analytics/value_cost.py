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
    spans = {of: span for of in given["period"].unique() if (span := _span(of, context))}
    asked = {of: found for of, span in spans.items() if (found := _asked(span, context, unit))}
    filled: dict[Period, int] = {}
    for of, period in asked.items():
        filled[period] = filled.get(period, 0) + spans[of].days
    kept = given[given["period"].isin([of for of, period in asked.items() if filled[period] == period.days])]
    cost = kept["amount"].astype(float) * kept["currency"].fillna("").map(_rates(context)).astype(float)
    frame = pd.DataFrame({**{name: kept[name] for name in by if name not in ("month", "quarter")}, "cost": cost})
    for name in ("month", "quarter"):
        if name in by:
            frame[name] = [periods.period_of(asked[of].start, name, fiscal).name for of in kept["period"]]
    return added_up(frame.astype(dict.fromkeys(by, "str")), by) if by else pd.DataFrame(
        {"cost": [cost.sum(min_count=1)]})


def _span(name: Any, context: Context) -> Period | None:
    """The period that a cost names, if all of it has happened by the as-of date; None where nobody can read it."""
    try:
        found = periods.parse(str(name), context.settings.organisation.fiscal_year_start)
    except MvpodError:
        return None
    return found if found.end <= context.as_of else None


def _asked(span: Period, context: Context, unit: Unit | None) -> Period | None:
    """The asked period that holds a cost's: the whole one, or its month or quarter; None where none does."""
    start, until = context.start, context.until or context.as_of
    if unit is None and start is None:
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
