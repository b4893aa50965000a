"""The parts of an answer that are drawn side by side: one pipeline and one customer segment each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analytics import i18n
from analytics.cells import row_keys
from data.scope import UNKNOWN
from data.settings import Settings


@dataclass(frozen=True)
class Facet:
    """One pipeline and segment. `segment` is None where the answer is not split by segment; `is_told`: no other facet
    beside it is of that segment."""

    pipeline: str
    segment: str | None = None
    is_told: bool = field(default=False, compare=False)

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of this facet, in their order."""
        here = (frame["pipeline"] == self.pipeline).to_numpy()
        if self.segment is not None and "segment" in frame:
            here = here & (frame["segment"] == self.segment).to_numpy()
        return frame.take(np.flatnonzero(here)).reset_index(drop=True)

    def name(self, lang: str, settings: Settings) -> str:
        """What the facet is called (plain text): the segment alone where that tells it from the others, or is the
        pipeline's name too."""
        serves = next((p.segments for p in settings.pipelines if p.key == self.pipeline), ())
        segment = "" if self.segment is None else i18n.t("facets.no_segment", lang) if self.segment == UNKNOWN else (
            i18n.label("segment", self.segment, lang, settings))
        if self.segment is not None and (self.is_told or serves == (self.segment,) or len(settings.pipelines) == 1):
            return segment
        pipeline = i18n.label("pipeline", self.pipeline, lang, settings)
        return f"{pipeline} · {segment}" if segment not in ("", pipeline) else pipeline


def facets(frame: pd.DataFrame, settings: Settings) -> list[Facet]:
    """The facets in which anybody is counted (n > 0) and for which the pipeline was made.

    Others (the segment is not known, or not the pipeline's) are in `left_out`, unless there are no more than those.
    """
    found = list(_counted(frame))
    shown = [f for f in found if _is_regular(f, settings)] or found
    segments = [f.segment for f in shown]
    return [replace(f, is_told=f.segment is not None and segments.count(f.segment) == 1) for f in shown]


def left_out(frame: pd.DataFrame, settings: Settings) -> list[tuple[Facet, int]]:
    """The facets that `facets` does not give, each with the largest number that stands in its rows."""
    shown = facets(frame, settings)
    return [(facet, int(most)) for facet, most in _counted(frame).items() if facet not in shown]


def _counted(frame: pd.DataFrame) -> dict[Facet, float]:
    """The facets in which anybody is counted, each with the largest number that stands in its rows."""
    found: dict[Facet, float] = {}
    for *of, n in row_keys(frame, ["pipeline", *(["segment"] if "segment" in frame else []), "n"]):
        if n > 0:
            facet = Facet(*of)
            found[facet] = max(n, found.get(facet, 0))
    return found


def _is_regular(facet: Facet, settings: Settings) -> bool:
    serves = next((p.segments for p in settings.pipelines if p.key == facet.pipeline), ())
    if facet.segment is None:
        return True
    return facet.segment in serves if serves else facet.segment != UNKNOWN


def largest(frames: Iterable[pd.DataFrame], column: str) -> float | None:
    """The largest value of a column in several frames: the common scale of charts that stand side by side."""
    values = [float(f[column].max()) for f in frames if column in f and f[column].notna().any()]
    return max(values, default=None)


def reach(frames: Iterable[pd.DataFrame], column: str) -> float:
    """The width of charts of shares side by side: 1, or the largest ratio of a stock where it is above 1."""
    return max(1.0, largest(frames, column) or 1.0)


def readings(frame: pd.DataFrame) -> pd.DataFrame:
    """`Ask.reconcile` with the readings beside each other: stage, next_stage, n, and reading_<name> with its value."""
    usual = frame[frame["reading"] == "conversion.reached"]
    found = {(stage, reading): value for stage, reading, value in row_keys(frame, ["stage", "reading", "value"])}
    values = {f"reading_{reading.split('.')[1]}": [found.get((stage, reading)) for stage in usual["stage"]]
              for reading in dict.fromkeys(frame["reading"])}
    return usual[["stage", "next_stage", "n"]].reset_index(drop=True).assign(
        **{name: np.array(column, dtype=float) for name, column in values.items()})
