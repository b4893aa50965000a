"""What the funnel says: each share as a bar of that length, what is open as its own band, unknown never as zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics.charts import funnel
from analytics.charts.names import Names
from data.settings import parse_settings

SETTINGS = parse_settings("""
[[segment]]
key = "KA"
label = { en = "Key accounts", zh = "大客户" }
[[pipeline]]
key = "ka"
[[pipeline.stage]]
key = "need"
label = { en = "Need", zh = "需求" }
[[pipeline.stage]]
key = "bid"
label = { en = "Bid", zh = "投标" }
[[pipeline.stage]]
key = "won"
label = { en = "Won", zh = "赢单" }
kind = "won"
""")
EN, ZH = Names("en", SETTINGS), Names("zh", SETTINGS)


def steps() -> pd.DataFrame:
    """20 came to need: 10 went on, 4 are open, 6 were lost. Nobody came to bid."""
    common = {"pipeline": "ka", "segment": "KA"}
    return pd.DataFrame(
        [
            {
                **common,
                "stage": "need",
                "next_stage": "bid",
                "n": 20,
                "reached": 10,
                "lost": 6,
                "open": 4,
                "regressed": 1,
                "value": 0.5,
                "low": 0.3,
                "high": 0.7,
                "cumulative": 0.5,
                "amount_n": 4_000_000,
                "amount_value": 0.25,
                "amount_low": 0.1,
                "amount_high": 0.5,
                "reason": "",
            },
            {
                **common,
                "stage": "bid",
                "next_stage": "won",
                "n": 0,
                "reached": 0,
                "lost": 0,
                "open": 0,
                "regressed": 0,
                "value": np.nan,
                "low": np.nan,
                "high": np.nan,
                "cumulative": np.nan,
                "amount_n": np.nan,
                "amount_value": np.nan,
                "amount_low": np.nan,
                "amount_high": np.nan,
                "reason": "nobody_entered",
            },
        ]
    )


def trace(figure, name):
    """The one trace of that name."""
    found = [t for t in figure.data if t.name == name]
    assert len(found) == 1, [t.name for t in figure.data]
    return found[0]


def texts(figure):
    return [a.text for a in figure.layout.annotations]


def test_each_bar_is_as_long_as_its_share_and_what_is_not_known_has_none():
    bar = trace(funnel.rates(steps(), EN, "light"), "Went on")
    assert list(bar.x) == [0.5, None]
    assert bar.orientation == "h"


def test_the_share_still_open_is_its_own_band_after_the_share_that_went_on():
    band = trace(funnel.rates(steps(), EN, "light"), "Still open")
    assert (band.base[0], band.x[0]) == (0.5, 4 / 20)
    assert band.marker.pattern.shape == "/"


def test_shares_n_and_cumulative_shares_are_printed():
    said = texts(funnel.rates(steps(), EN, "light"))
    for words in ("Need", "Bid", "n 20", "50.0%", "none entered", "Next step", "Cumul."):
        assert words in said


def test_the_chinese_chart_speaks_chinese():
    figure = funnel.rates(steps(), ZH, "dark", comparison=steps())
    said = " ".join([*texts(figure), *(t.name for t in figure.data if t.name)])
    for words in ("需求", "投标", "下一步", "累计", "已转化", "仍在手", "对比期", "95%区间", "无进入"):
        assert words in said
    assert not any(word in said for word in ("Need", "Went", "Still", "Next"))


def test_the_comparison_is_a_second_bar_and_the_difference_carries_its_sign_and_its_unit():
    before = steps().assign(value=[0.6, np.nan])
    figure = funnel.rates(steps(), EN, "light", comparison=before)
    assert list(trace(figure, "Comparison").x) == [0.6, None]
    assert "−10.0 pp" in texts(figure)


def test_a_comparison_is_joined_by_stage_not_by_position():
    before = steps().assign(n=[20, 10], reached=[12, 9], value=[0.6, 0.9]).iloc[::-1]
    assert list(trace(funnel.rates(steps(), EN, "light", comparison=before), "Comparison").x) == [0.6, 0.9]


def test_the_standard_is_an_outline_without_a_fill():
    figure = funnel.rates(steps(), EN, "light", standard=steps().assign(target=[0.55, np.nan]))
    frame = trace(figure, "Standard")
    assert list(frame.x) == [0.55, None]
    assert frame.marker.color == "rgba(0,0,0,0)"
    assert frame.marker.line.width > 0


def test_intervals_end_at_their_limits():
    interval = trace(funnel.rates(steps(), EN, "light"), "95% interval")
    assert list(interval.x) == [0.3, 0.7, None]


def test_by_amount_the_shares_and_limits_are_those_of_the_money():
    figure = funnel.rates(steps(), EN, "light", by="amount")
    assert list(trace(figure, "Went on").x) == [0.25, None]
    assert list(trace(figure, "95% interval").x) == [0.1, 0.5, None]
    assert "4.00M" in texts(figure)
    assert "n 20" not in texts(figure)


def test_bars_of_several_charts_share_one_scale_from_nought_to_one():
    for frame in (steps(), steps().assign(value=[0.01, np.nan])):
        assert tuple(funnel.rates(frame, EN, "light").layout.xaxis.range) == (0, 1)


def test_a_click_hands_back_pipeline_segment_stage_and_outcome():
    figure = funnel.rates(steps(), EN, "light")
    assert figure.layout.meta["mark"] == ["pipeline", "segment", "stage", "outcome"]
    assert [list(c) for c in trace(figure, "Went on").customdata] == [
        ["ka", "KA", "need", "reached"],
        ["ka", "KA", "bid", "reached"],
    ]
    assert trace(figure, "Still open").customdata[0][3] == "open"


def test_outcomes_add_up_to_those_that_entered():
    figure = funnel.outcomes(steps(), EN, "light", extent=40)
    parts = [trace(figure, name) for name in ("Went on", "Still open", "Lost")]
    assert [p.x[0] for p in parts] == [10, 4, 6]
    assert [p.base[0] for p in parts] == [0, 10, 14]
    assert figure.layout.xaxis.range[1] == pytest.approx(40 * 1.02)


@pytest.mark.parametrize("chart", [funnel.rates, funnel.outcomes])
def test_an_empty_answer_says_so(chart):
    figure = chart(steps().iloc[:0], EN, "light")
    assert texts(figure) == ["Nothing to show for this choice"]
    assert not figure.data


def test_the_order_of_the_rows_is_the_order_on_the_screen():
    turned = funnel.rates(steps().iloc[::-1].reset_index(drop=True), EN, "light")
    stages = [a for a in turned.layout.annotations if a.text in ("Need", "Bid")]
    assert [a.text for a in sorted(stages, key=lambda a: a.y)] == ["Bid", "Need"]


def test_a_stock_ratio_above_one_keeps_inside_the_picture_and_has_no_track_of_losses():
    stock = steps().assign(value=[1.8, np.nan], lost=np.nan, open=np.nan, low=np.nan, high=np.nan, cumulative=np.nan)
    figure = funnel.rates(stock, EN, "light", extent=1.8)
    assert tuple(figure.layout.xaxis.range) == (0, 1.8)
    assert "180.0%" in texts(figure)
    assert "Cumul." not in texts(figure)
    assert {t.name for t in figure.data if t.showlegend} == {"Actual"}
    assert not [t for t in figure.data if list(t.x) == [1, 1]]
    assert [t for t in funnel.rates(steps(), EN, "light").data if list(t.x) == [1, 1]]


@pytest.mark.parametrize(
    ("was", "is_compared"),
    [
        pytest.param({"n": 20, "reached": 5, "open": 12}, True, id="some went on"),
        pytest.param({"n": 20, "reached": 0, "open": 4}, True, id="nobody went on, most were lost"),
        pytest.param({"n": 20, "reached": 0, "open": 12}, False, id="nobody went on, most are open: too early"),
        pytest.param({"n": 0, "reached": 0, "open": 0}, False, id="nobody entered"),
    ],
)
def test_a_comparison_too_young_or_empty_gives_no_difference(was: dict[str, int], is_compared: bool) -> None:
    now = steps()[:1]
    before = now.assign(**was, value=was["reached"] / was["n"] if was["n"] else 0.0)
    said = [a.text for a in funnel.rates(now, EN, "light", comparison=before).layout.annotations]
    assert any(" pp" in text for text in said) == is_compared


def test_a_ratio_of_stocks_far_above_one_is_said_in_times() -> None:
    stock = steps()[:1].assign(value=12.242, reached=np.nan, lost=np.nan, open=np.nan)
    said = [a.text for a in funnel.rates(stock, EN, "light", extent=13).layout.annotations]
    assert any("12.2\u202f×" in text for text in said)
    assert not any("1,224" in text for text in said)
    before = stock.assign(value=14.0)
    said = [a.text for a in funnel.rates(stock, EN, "light", extent=14, comparison=before).layout.annotations]
    assert any("−12.6%" in text for text in said), "a difference of multiples says nothing"
    assert not any(" pp" in text for text in said)
