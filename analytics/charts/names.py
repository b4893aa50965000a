"""What stages, segments and pipelines are called on a chart, in one language, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

from analytics import i18n
from analytics.charts.style import label
from data.settings import Settings

#: Latin columns that fit above a bar at 390 pixels
STAGE_COLUMNS = 26


@dataclass(frozen=True)
class Names:
    """The organisation's own words in one language. Every text comes back escaped for Plotly."""

    lang: str
    settings: Settings

    def stage(self, pipeline: str | None, stage: str | None, columns: int | None = STAGE_COLUMNS) -> str:
        """The stage's label; its key where the settings have none."""
        return label(self.settings.stage_label(pipeline or "", stage or "", self.lang), columns)

    def segment(self, segment: str | None, columns: int | None = STAGE_COLUMNS) -> str:
        """The segment's label; its key where the settings have none."""
        return label(i18n.label("segment", segment, self.lang, self.settings), columns)

    def pipeline(self, pipeline: str | None, columns: int | None = STAGE_COLUMNS) -> str:
        """The pipeline's label; its key where the settings have none."""
        return label(i18n.label("pipeline", pipeline, self.lang, self.settings), columns)

    def value(self, dimension: str, value: str | None, columns: int | None = STAGE_COLUMNS) -> str:
        """What a value of any dimension (status, exit kind, region …) is called."""
        return label(i18n.label(dimension, value, self.lang, self.settings), columns)

    def text(self, key: str, **fields: object) -> str:
        """A text of the charts' own catalogue (analytics/i18n/charts.toml)."""
        return i18n.t(f"charts.{key}", self.lang, **fields)

    def reason(self, reason: object) -> str:
        """Why there is no value, in a few words; "–" where no reason is given."""
        key = f"charts.reason_{reason}"
        return i18n.t(key, self.lang) if isinstance(reason, str) and i18n.has(key) else "–"

    @property
    def order(self) -> tuple[str, ...]:
        """Segments in the order of the settings: gives the ones beside KA and SMB their colour."""
        return self.settings.segment_keys
