"""Questions about the data themselves: what is missing, doubtful or recorded twice. A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import quality, quality_effects
from analytics.metrics.frames import Context, ordered
from analytics.view import View
from data import queries
from data.engine import Company
from data.queries import Slice
from data.settings import Settings

#: the groups among which doubled records are looked for
TWINS_BY = ("product_line", "region", "segment", "team", "lead_source")


class QualityQuestions:
    """What `Ask` can be asked about the quality of the data."""

    if TYPE_CHECKING:
        settings: Settings
        company: Company

        def _asked(self, query: str, view: View, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...
        def _named(self, frame: pd.DataFrame, as_of: Any) -> pd.DataFrame: ...
        def metric(self, key: str, view: View, by: Sequence[str] = (), **options: int) -> pd.DataFrame: ...

    def quality_sources(self, view: View) -> pd.DataFrame:
        """How far each source reaches (columns: quality.sources)."""
        known = [pd.Timestamp(day) for day in self.company.dates if day <= view.as_of]
        own = pd.DataFrame(
            {
                "source": ["opportunity"],
                "kind": ["state"],
                "last_on": [max(known, default=pd.NaT)],
                "first_on": [min(known, default=pd.NaT)],
            }
        )
        days = pd.concat(
            [
                own.astype({"last_on": "datetime64[us]", "first_on": "datetime64[us]"}),
                self._of_quality("quality_sources", view),
            ],
            ignore_index=True,
        )
        return quality.sources(days, view.as_of, self.settings.quality)

    def quality_fields(self, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        """What is filled in, per group and group of fields (columns: quality.fields); `by` may name stage.
        attrs["not_loaded"]: groups of fields that are not measured."""
        keys, sources = self._groups(by), self.quality_sources(view)
        counts = self._of_quality("quality_fields", view, [k for k in keys if k not in ("pipeline", "stage")])
        loaded = list(sources.loc[sources["is_loaded"], "source"])
        frame = quality.fields(counts, self.settings.quality, loaded, keys)
        frame = self._as_asked(ordered(frame, Context(self.settings, view.as_of), keys), by)
        frame.attrs["not_loaded"] = quality.not_loaded(loaded)
        return frame

    def quality_unknowns(self, view: View) -> pd.DataFrame:
        """Per dimension, for how many open opportunities it is not known (columns: quality.unknowns)."""
        return quality.unknowns(self._of_quality("quality_unknown", view))

    def quality_codes(self, view: View) -> dict[str, int]:
        """Company codes of the accounts with open opportunities (quality.codes)."""
        return quality.codes(self._of_quality("quality_codes", view))

    def quality_twins(self, view: View, limit: int = 200) -> pd.DataFrame:
        """Records that may stand there twice, surest first: certainty, kind, code, first_id, other_id, product_line,
        amount, first_name, other_name. attrs["total"] = how many."""
        found = quality.twins(self._of_quality("quality_twins", view, ["product_line"]))
        shown = found.head(limit)[["certainty", "kind", "code", "first_id", "other_id", "product_line", "amount"]]
        for which in ("first", "other"):
            named = self._named(
                shown[[f"{which}_id"]]
                .rename(columns={f"{which}_id": "opportunity_id"})
                .assign(account_id=None, owner_id=None, segment=None, team=None),
                view.as_of,
            )
            shown = shown.assign(**{f"{which}_name": named["name"].to_numpy()})
        shown.attrs["total"] = len(found)
        return shown

    def quality_twin_groups(self, view: View) -> pd.DataFrame:
        """In which product line, region, team … records are doubled (columns: quality.twin_groups), the whole first."""
        found = quality.twins(self._of_quality("quality_twins", view, TWINS_BY))
        counts = {by: self._of_quality("quality_unknown", view, [by] if by else []) for by in ("", *TWINS_BY)}
        return quality.twin_groups(found, counts)

    def quality_effects(self, view: View) -> pd.DataFrame:
        """How far bad data could move the headlines, furthest first (columns: quality_effects.EFFECTS)."""
        by = ["segment"]
        reached = self.metric("conversion.reached", view, by)
        twins = quality.twins(self._of_quality("quality_twins", view, by))
        return quality_effects.effects(
            {
                "win": self.metric("win_rate.count", view, by),
                "open": self.metric("pipeline.open", view, by),
                "first": reached[reached["stage_order"] == 1],
                "days": self._asked("cycle_closed", view, by),
                "gaps": self._of_quality("quality_gaps", view),
                "twins": twins[twins["certainty"] != "suspect"],
            }
        )

    def quality_rows(self, view: View, problem: str, segment: str | None = None, limit: int = 200) -> pd.DataFrame:
        """The opportunities behind a problem of quality_effects (columns of `Ask.opportunities`). Rows without a
        segment are those of nobody, whichever segment they would move."""
        if problem == "duplicates":
            found = quality.twins(self._of_quality("quality_twins", view, ["segment"]))
            found = found[(found["certainty"] != "suspect") & ((found["segment"] == segment) | (segment is None))]
            ids = list(dict.fromkeys([*found["first_id"], *found["other_id"]]))
            return self._rows(view, "listed", None, ids, limit)
        return self._rows(view, problem, None if problem == "no_segment" else segment, (), limit)

    def _rows(self, view: View, problem: str, segment: str | None, ids: Sequence[str], limit: int) -> pd.DataFrame:
        slice_ = Slice(view.as_of, view.start, view.end, view.scope, view.filters, view.days)
        frame = queries.quality_rows(self.company.cursor(), slice_, problem, segment=segment, ids=ids, limit=limit)
        return self._named(frame, view.as_of)

    def _of_quality(self, query: str, view: View, by: Sequence[str] = ()) -> pd.DataFrame:
        return self._asked(query, view, by, **queries.quality_rules(self.settings))
