"""Figures as plain data: Plotly and Streamlit take them for what they are, and nothing is copied."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy

import plotly.graph_objects as go
import plotly.io
import pytest
from plotly.tools import return_figure_from_figure_or_data

from analytics.charts.figure import Figure
from analytics.charts.sheet import Sheet
from analytics.charts.style import template

TRACES = [{"type": "bar", "x": [1, 2], "y": ["a", "b"], "customdata": [["x"], ["y"]]}]


def test_it_says_what_plotlys_own_figure_says() -> None:
    figure = Figure(TRACES, {"height": 240, "template": template("light")})
    assert json.loads(figure.to_json()) == json.loads(go.Figure(figure.to_dict()).to_json())
    assert figure.data[0].y == ("a", "b")
    assert figure.layout.height == 240
    assert figure.layout.template.layout.dragmode is False


def test_streamlit_gets_the_figure_itself() -> None:
    figure = Figure(TRACES)
    given = return_figure_from_figure_or_data(figure, validate_figure=True)
    assert given is figure.to_dict()
    assert json.loads(plotly.io.to_json(given, validate=False)) == {"data": TRACES, "layout": {}}


def test_two_figures_share_their_template() -> None:
    one, two = (Sheet("light", 200).figure().to_dict()["layout"] for _ in range(2))
    assert one["template"] is two["template"]
    assert one["annotations"] is not two["annotations"]


def test_a_property_that_plotly_does_not_know_is_found() -> None:
    with pytest.raises(ValueError, match="colour"):
        Figure([{"type": "bar", "colour": "red"}]).checked()
    sheet = Sheet("light", 200)
    sheet.bar(x=[1], colour="red")
    with pytest.raises(ValueError, match="colour"):  # tests have every figure checked
        sheet.figure()


def test_looking_at_a_figure_changes_nothing_of_it() -> None:
    traces, layout = deepcopy(TRACES), {"height": 240, "template": template("light")}
    figure = Figure(traces, layout)
    before = json.dumps(figure.to_dict())
    assert "bar" in repr(figure)
    assert figure.data
    assert figure.layout
    figure.checked()
    assert json.dumps(figure.to_dict()) == before
    assert layout["template"] == template("light")


@pytest.mark.parametrize("copied", [deepcopy, lambda figure: pickle.loads(pickle.dumps(figure))])  # noqa: S301
def test_a_copy_is_a_figure_of_its_own(copied: object) -> None:
    figure = Figure(TRACES, {"height": 240})
    other = copied(figure)  # type: ignore[operator]
    assert other == figure
    other.to_dict()["data"][0]["x"].append(3)
    assert figure.data[0].x == (1, 2)
