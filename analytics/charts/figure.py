"""A chart as plain data, as the browser reads it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure


class Figure(BaseFigure):
    """Traces and layout as lists and dictionaries (https://plotly.com/javascript/reference). All sessions and packs
    share one, and nobody changes it.

    Plotly's own figure copies what it is given, down to the template, and wraps every part in an object: four times the
    memory of what it says. Here its objects are made when somebody asks for `data` or `layout`. A BaseFigure, so
    that Streamlit takes it for drawn and does not check it once more with every run.
    """

    def __init__(self, data: Sequence[dict[str, Any]] = (), layout: dict[str, Any] | None = None) -> None:
        self._plain = {"data": list(data), "layout": layout or {}}

    def to_dict(self) -> dict[str, Any]:
        """{"data": traces, "layout": …}: the figure itself, not a copy."""
        return self._plain

    def to_plotly_json(self) -> dict[str, Any]:
        """A copy: Plotly shortens what it prints of a figure in what it gets here."""
        return deepcopy(self._plain)

    def __reduce__(self) -> Any:
        return Figure, (self._plain["data"], self._plain["layout"])

    def checked(self) -> go.Figure:
        """Plotly's figure of it; ValueError where a property or a value is none of Plotly's."""
        return go.Figure(self.to_plotly_json())

    @property
    def data(self) -> Any:
        """The traces as Plotly's objects."""
        return go.Figure(self.to_plotly_json(), _validate=False).data

    @property
    def layout(self) -> Any:
        """The layout as Plotly's object."""
        return go.Figure(self.to_plotly_json(), _validate=False).layout
