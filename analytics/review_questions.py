"""Questions of the quarterly review about single opportunities. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.view import View
from data import queries
from data.queries import Slice

if TYPE_CHECKING:
    from data.engine import Company

#: Without a period the review looks back a quarter.
_RECENT = timedelta(days=90)
#: Largest open opportunities per segment.
_LARGEST = 8


def last_evening(view: View) -> date:
    """The evening before the view's period begins."""
    return (view.start or view.as_of - _RECENT) - timedelta(days=1)


class ReviewQuestions:
    """What `Ask` can be asked for a review."""

    if TYPE_CHECKING:
        company: Company

        def _names(self, of: str, ids: Sequence[Any], as_of: date) -> dict[str, str]: ...

    def then_and_now(self, view: View) -> pd.DataFrame:
        """The largest opportunities that were open when the period began, and what has become of them.

        Per segment at most 8, largest first, ids breaking ties. Columns: segment, opportunity_id, name, account_name,
        owner_name, pipeline, from_stage (then), to_stage (now), status (now; "gone" = no longer in the exports, or in
        scope), amount_then, amount (now), expected_then, expected_close_on (now), closed_on, open_then (all of then),
        amount_missing (of these; they come last).
        Opportunities are picked by filters and scope as they were then.
        """
        then = last_evening(view)
        slice_ = Slice(then, scope=view.scope, filters=view.filters)
        frame = queries.then_and_now(self.company.cursor(), slice_, today=view.as_of, largest=_LARGEST)
        for of, name in (("opportunity", "name"), ("account", "account_name"), ("owner", "owner_name")):
            known = self._names(of, list(frame[f"{of}_id"]), then)
            frame[name] = frame[f"{of}_id"].map(known).astype("str")
        first = ["segment", "opportunity_id", "name", "account_name", "owner_name"]
        return frame[[*first, *(c for c in frame.columns if c not in (*first, "account_id", "owner_id"))]]
