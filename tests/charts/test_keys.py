"""The room below a chart is as high as its key needs, and none is kept for a key that is not there."""

from __future__ import annotations

import pandas as pd

from analytics.charts import measures, shares, trend
from analytics.charts.names import Names
from analytics.charts.sheet import key_height
from analytics.charts.style import palette
from tests.charts.test_trend_and_stock import SETTINGS

EN = Names("en", SETTINGS)
PLAIN = pd.DataFrame({"region": ["a", "b"], "n": [30, 40], "value": [0.2, 0.4], "reason": ["", ""]})


def _bars(frame: pd.DataFrame, **more: object) -> int:
    figure = shares.rows(frame, EN, "light", title=lambda row: row["region"], mark=("region",), **more)
    assert figure.layout.height > figure.layout.margin.b
    return int(figure.layout.margin.b)


def test_a_chart_without_a_key_keeps_no_room_for_one() -> None:
    assert _bars(PLAIN) == key_height([])
    assert _bars(PLAIN.assign(low=0.1, high=0.5)) == key_height(["95% interval"]) > key_height([])


def test_entries_that_do_not_fit_a_narrow_screen_take_another_line() -> None:
    short, long = ["Won"] * 3, ["A rather long entry of the key"] * 3
    assert key_height(short) < key_height(long)
    assert key_height(["阶段默认概率"]) == key_height(["twelve chars"]), "a Chinese character takes two columns"


def test_the_height_of_the_plot_does_not_depend_on_its_key() -> None:
    with_key = shares.rows(PLAIN.assign(low=0.1, high=0.5), EN, "light", title=str, mark=())
    without = shares.rows(PLAIN, EN, "light", title=str, mark=())
    plots = [f.layout.height - f.layout.margin.b - f.layout.margin.t for f in (with_key, without)]
    assert plots[0] == plots[1]


def test_hours_have_no_key_but_that_of_their_limits() -> None:
    rows = pd.DataFrame({"team": ["a"], "n": [3], "value": [5.0], "low": [None], "high": [None]})
    figure = measures.rows(rows, EN, "light", title=lambda row: row["team"], written=lambda row: "5 h")
    assert figure.layout.margin.b == key_height([])


def test_the_group_that_the_title_names_stands_out_and_the_others_step_back() -> None:
    rows = pd.DataFrame([{"quarter": q, "team": team, "value": v, "n": 9}
                         for team, values in (("East", (20, 84)), ("West", (21, 20)))
                         for q, v in zip(("2026Q2", "2026Q3"), values, strict=True)])
    figure = trend.line(rows, EN, "light", x="quarter", kind="number", by="team", first="East")
    ink = palette("light").neutral
    lines = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "lines+markers"]
    assert [trace.line.color for trace in lines] == [ink.actual, ink.comparison]
    told = [note.text for note in figure.layout.annotations]
    assert any("East" in text for text in told)
