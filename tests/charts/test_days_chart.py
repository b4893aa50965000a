"""What the charts of conversion days say: values as lengths, what is not reached in words, curves as steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.charts import days, survival
from analytics.charts.names import Names
from data.settings import Settings

EN, ZH = Names("en", Settings()), Names("zh", Settings())


def rows(values, **more) -> pd.DataFrame:
    """One row a stage: 30 visits, 8 of them not ended."""
    return pd.DataFrame(
        [
            {
                "pipeline": "p",
                "segment": "SMB",
                "stage": s,
                "n": 30,
                "events": 22,
                "censored": 8,
                "value": v,
                "low": np.nan,
                "high": np.nan,
                "reason": "",
            }
            for s, v in zip("AB", values, strict=True)
        ]
    ).assign(**more)


def four():
    return {
        "mean": rows([12.5, 40.0]),
        "median": rows([10, 31], low=[8, 25], high=[13, np.nan]),
        "p75": rows([18, 60]),
        "p90": rows([33, np.nan], reason=["", "not_reached"]),
    }


def of(figure, name):
    """The traces of that name, by the axis that they stand on."""
    return {t.xaxis: t for t in figure.data if t.name == name}


def texts(figure):
    return [a.text for a in figure.layout.annotations]


def test_each_statistic_has_its_own_column_of_bars_as_long_as_the_days():
    bars = of(days.statistics(four(), EN, "light"), "Actual")
    assert {axis: list(t.x) for axis, t in bars.items()} == {
        "x": [12.5, 40.0],
        "x2": [10, 31],
        "x3": [18, 60],
        "x4": [33, None],
    }


def test_values_are_printed_with_one_precision_a_column_and_what_is_not_reached_in_words():
    said = texts(days.statistics(four(), EN, "light"))
    for words in ("Mean, days", "Median", "P75", "P90", "12.5", "40.0", "10", "31", "not reached", "n 30 · open 8"):
        assert words in said
    assert "尚未达到" in texts(days.statistics(four(), ZH, "light"))


def test_more_days_than_before_are_bad_and_fewer_good_always_with_the_sign():
    before = {**four(), "median": rows([12, 30])}
    figure = days.statistics(four(), EN, "light", comparison=before)
    colour = {a.text: a.font.color for a in figure.layout.annotations}
    assert colour["−2"] == "#1D7A3A"  # the good green of the light theme
    assert colour["+1"] == "#B3261E"
    assert list(of(figure, "Comparison")["x2"].x) == [12, 30]


def test_a_limit_that_is_not_reached_is_a_line_to_the_end_of_the_scale_without_a_cap():
    figure = days.statistics(four(), EN, "light", extent=dict.fromkeys(days.STATISTICS, 100.0))
    line = of(figure, "95% interval")["x2"]
    assert list(line.x) == [8, 13, None, 25, 100, None]
    caps = [t for t in figure.data if t.xaxis == "x2" and t.type == "scatter" and t.mode == "markers"]
    assert list(caps[0].x) == [8, 13, 25]


def test_the_standard_is_drawn_for_the_statistic_that_has_one():
    figure = days.statistics(four(), EN, "light", standard={"median": rows([1, 1], target=[9.0, np.nan])})
    assert {axis: list(t.x) for axis, t in of(figure, "Standard").items()} == {"x2": [9.0, None]}


def test_the_scale_of_a_statistic_is_common_to_all_charts_that_stand_side_by_side():
    extent = days.scale(four(), {"mean": rows([90, 2], target=[120.0, 1.0])})
    assert extent == {"mean": 120.0, "median": 31.0, "p75": 60.0, "p90": 33.0}
    figure = days.statistics(four(), EN, "light", extent=extent)
    assert figure.layout.xaxis.range[1] == pytest.approx(120 * 1.02)
    assert figure.layout.xaxis3.range[1] == pytest.approx(60 * 1.02)


def test_means_are_drawn_in_hours_where_everything_lasted_less_than_a_day():
    short = rows([0.0, 0.0], hours=[6.0, 1.5])
    assert days.in_hours(short)
    figure = days.statistics({"mean": short, "median": rows([0, 0])}, EN, "light")
    assert "Mean, hours" in texts(figure)
    assert {"6.0", "1.5", "0"} <= set(texts(figure))
    assert list(of(figure, "Actual")["x"].x) == [0.25, 0.0625]
    assert not days.in_hours(rows([0.0, 0.0], hours=[6.0, np.nan]))


def test_an_unknown_value_is_not_a_bar_of_length_nought():
    figure = days.statistics({"median": rows([np.nan, 5], reason=["few_events", ""])}, EN, "light")
    assert list(of(figure, "Actual")["x"].x) == [None, 5]
    assert "too few" in texts(figure)


def curve(stage="A", share=0.25) -> pd.DataFrame:
    """Half have left by day 5, a quarter is there when observation ends on day 9."""
    return pd.DataFrame(
        {
            "pipeline": "p",
            "segment": "KA",
            "stage": stage,
            "days": [0.0, 2.0, 5.0, 9.0],
            "survival": [1.0, 0.75, 0.5, 0.25],
            "low": [1.0, 0.5, 0.2, 0.1],
            "high": [1.0, 0.9, 0.8, 0.6],
            "n": 8,
            "open_share": share,
        }
    )


def test_a_survival_curve_is_a_step_function_with_its_band_and_its_median():
    figure = survival.curves(curve(), EN, "light", medians=pd.DataFrame({"stage": ["A"], "value": [5.0]}))
    line = next(t for t in figure.data if t.name == "A")
    assert line.line.shape == "hv"
    assert (list(line.x), list(line.y)) == ([0, 2, 5, 9], [1, 0.75, 0.5, 0.25])
    band = next(t for t in figure.data if t.fill == "tonexty")
    assert list(band.y) == [1.0, 0.9, 0.8, 0.6]
    assert {"A", "5 days", "n 8 · 25% open"} <= set(texts(figure))
    assert any(list(t.x) == [5, 5] for t in figure.data)


def test_a_median_that_is_not_reached_is_not_drawn():
    figure = survival.curves(curve(), EN, "light", medians=pd.DataFrame({"stage": ["A"], "value": [np.nan]}))
    assert not any("days" in text for text in texts(figure))


def test_every_stage_has_its_own_panel_on_one_scale_of_days():
    frame = pd.concat([curve("A"), curve("B"), curve("C")])
    figure = survival.curves(frame, EN, "light", extent=30)
    assert [t for t in texts(figure) if t in ("A", "B", "C")] == ["A", "B", "C"]
    assert {tuple(figure.layout[a].range) for a in ("xaxis", "xaxis2", "xaxis3")} == {(0, 30)}


def test_curves_are_drawn_to_the_day_on_which_a_tenth_is_left_or_observation_ends():
    tail = pd.DataFrame({"pipeline": "p", "stage": "A", "days": [0.0, 4.0, 50.0], "survival": [1.0, 0.1, 0.01]})
    assert survival.horizon(tail) == 4
    assert survival.horizon(tail, curve("B")) == 9
    assert survival.horizon(tail.iloc[:0]) == 1


def test_a_distribution_names_its_classes_and_prints_their_numbers():
    frame = pd.DataFrame({"segment": "KA", "days_from": [0, 1, 8], "days_to": [1, 8, 15], "n": [3, 5, 1]})
    bar = days.distribution(frame, EN, "light").data[0]
    assert list(bar.x) == ["0", "1–7", "8–14"]
    assert list(bar.text) == ["3", "5", "1"]


@pytest.mark.parametrize(
    "figure",
    [
        lambda: days.statistics({"mean": rows([1, 2]).iloc[:0]}, EN, "light"),
        lambda: survival.curves(curve().iloc[:0], EN, "light"),
        lambda: days.distribution(pd.DataFrame(columns=["days_from", "days_to", "n"]), EN, "light"),
    ],
    ids=["statistics", "survival", "distribution"],
)
def test_an_empty_answer_says_so(figure):
    assert texts(figure()) == ["Nothing to show for this choice"]
