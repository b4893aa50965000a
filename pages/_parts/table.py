"""Tables: a list of columns with their kind; numbers are formatted for people and still sort as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analytics import columns as names
from analytics import format as fmt
from pages._parts import context


def show(frame: pd.DataFrame, columns: Sequence[str] | None = None, *, kinds: dict[str, str] | None = None,
         alt: str, key: str | None = None, select: bool = False, height: Any = "auto",
         lines: dict[str, tuple[float, float]] | None = None) -> int | None:
    """Show some columns of a frame; with `select` the position of the chosen row is given, else None.

    `kinds` overrides how columns are shown (analytics/columns.py). Text is drawn literally.
    `lines`: columns that hold lists of numbers, drawn as small lines, with the bounds of their common scale.
    """
    columns = [c for c in (columns or frame.columns) if c in frame.columns]
    if "name" in columns and "opportunity_id" in frame.columns and "opportunity_id" not in columns:
        frame = frame.assign(name=frame["name"].fillna(frame["opportunity_id"]))  # what has no name shows its id
    here = context.now()
    shown = names.prepared(frame[list(columns)], here.lang, here.settings)
    how = {c: names.kind(c, kinds) for c in columns}
    styled = shown.style.format({c: f for c in columns if (f := names.formatter(how[c], shown[c], here.lang))})
    config: dict[str, Any] = {c: st.column_config.Column(column_label(c)) for c in columns}
    config |= {c: st.column_config.LineChartColumn(column_label(c), y_min=low, y_max=high)
               for c, (low, high) in (lines or {}).items() if c in columns}
    options: dict[str, Any] = {"hide_index": True, "column_config": config, "alt": alt, "height": height, "key": key,
                               "placeholder": fmt.UNKNOWN}
    if not select:
        st.dataframe(styled, **options)
        return None
    state: Any = st.dataframe(styled, on_select="rerun", selection_mode="single-row", **options)
    rows = state.selection.rows
    return rows[0] if rows else None


def column_label(name: str) -> str:
    """What a column is called in the viewer's language."""
    return names.label(name, context.lang())
