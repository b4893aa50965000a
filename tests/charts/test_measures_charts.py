"""Charts of measured quantities and of bounds: what they say, and what they do where nothing is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.charts import measures
from analytics.charts.names import Names
from tests.journeys import SALES

NAMES = Names("en", SALES)


def texts(figure: object) -> list[str]:
    return [note.text for note in figure.layout.annotations]  # type: ignore[attr-defined]


def test_a_row_without_a_value_says_why_and_draws_no_bar() -> None:
    frame = pd.DataFrame(
        {
            "value": [20.0, np.nan],
            "low": [15.0, np.nan],
            "high": [30.0, np.nan],
            "n": [9, 2],
            "reason": ["", "few_events"],
        }
    )
    figure = measures.rows(
        frame, NAMES, "light", title=lambda r: f"team {r['n']}", written=lambda r: f"{r['value']:.0f} h"
    )
    said = texts(figure)
    assert "20 h" in said
    assert NAMES.reason("few_events") in said
    assert [list(t.x) for t in figure.data if t.type == "bar"] == [[20.0, None]]


def test_bounds_run_from_one_end_to_the_other_and_both_are_written_with_their_sign() -> None:
    frame = pd.DataFrame({"down": [-0.2, 0.05], "up": [0.5, 0.25], "title": ["a", "b"]})
    figure = measures.ranges(frame, NAMES, "dark", title=lambda r: r["title"])
    bar = next(t for t in figure.data if t.type == "bar")
    assert [round(x, 9) for x in bar.x] == [0.7, 0.2]
    assert list(bar.base) == [-0.2, 0.05]
    assert "<b>−20.0% / +50.0%</b>" in texts(figure)
    assert len(figure.layout.shapes) == 2  # the line of no change, beside each bar


def test_a_bound_that_is_not_known_is_a_gap() -> None:
    frame = pd.DataFrame({"down": [np.nan], "up": [np.nan], "title": ["a"]})
    figure = measures.ranges(frame, NAMES, "light", title=lambda r: r["title"])
    assert list(figure.data[0].x) == [None]
    assert "<b>–</b>" in texts(figure)


def test_nothing_to_draw_is_said() -> None:
    none = pd.DataFrame(columns=["value", "low", "high", "n", "reason", "down", "up"])
    for figure in (
        measures.rows(none, NAMES, "light", title=str, written=str),
        measures.ranges(none, NAMES, "light", title=str),
    ):
        assert texts(figure) == [NAMES.text("empty")]
