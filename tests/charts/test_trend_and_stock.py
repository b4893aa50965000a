"""Trends keep gaps as gaps and say what is still open; the stock prints what is unknown; facets lose nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.charts import facets, spark, stock, timeline, trend
from analytics.charts.names import Names
from data.settings import parse_settings

SETTINGS = parse_settings("""
[[segment]]
key = "KA"
[[segment]]
key = "SMB"
[[pipeline]]
key = "ka"
segments = ["KA"]
[[pipeline.stage]]
key = "need"
label = { en = "Need", zh = "需求" }
[[pipeline]]
key = "smb"
segments = ["SMB"]
[[pipeline.stage]]
key = "quote"
""")
EN, ZH = Names("en", SETTINGS), Names("zh", SETTINGS)


def texts(figure):
    return [a.text for a in figure.layout.annotations]


def months() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment": "KA",
            "month": ["2026-01", "2026-02", "2026-03", "2026-04"],
            "value": [0.2, np.nan, 0.4, 0.5],
            "low": [0.1, np.nan, 0.3, 0.4],
            "high": [0.3, np.nan, 0.5, 0.6],
            "n": [10, 0, 12, 9],
            "censored": [0, 0, 2, 8],
        }
    )


def test_a_month_without_a_value_is_a_gap_in_line_and_band():
    figure = trend.line(months(), EN, "light")
    line = next(t for t in figure.data if t.mode == "lines+markers")
    assert list(line.y) == [0.2, None, 0.4, 0.5]
    assert line.connectgaps is False
    bands = [t for t in figure.data if t.type == "scatter" and t.fill == "toself"]
    assert [list(b.x) for b in bands] == [["2026-03", "2026-04", "2026-04", "2026-03"]]


def test_a_month_of_which_much_is_open_is_hollow_and_the_key_says_why():
    figure = trend.line(months(), EN, "light")
    line = next(t for t in figure.data if t.mode == "lines+markers")
    assert [c == "#FFFFFF" for c in line.marker.color] == [False, False, False, True]
    assert [t.name for t in figure.data if t.showlegend] == ["Many still open"]


def test_a_line_is_named_at_its_end_with_its_last_value_and_n_stands_below():
    figure = trend.line(months(), EN, "light")
    assert "<b>50.0%</b><br>KA" in texts(figure)
    assert "n ≤ 12" in texts(figure)
    assert "n ≤<br>1,200" in texts(trend.line(months().assign(n=1200), EN, "light")), "cut in one line"
    assert list(next(t for t in figure.data if t.type == "bar").y) == [10, 0, 12, 9]


def test_names_of_lines_that_end_close_together_are_moved_apart():
    both = pd.concat([months(), months().assign(segment="SMB", value=[0.2, 0.3, 0.4, 0.49])])
    ends = [a for a in trend.line(both, EN, "light").layout.annotations if a.text.startswith("<b>")]
    assert len(ends) == 2
    assert len({a.yshift for a in ends}) == 2


def test_a_trend_without_any_value_says_so():
    assert texts(trend.line(months().assign(value=np.nan), ZH, "light")) == ["此筛选下没有数据"]


def test_a_sparkline_keeps_its_gap_and_marks_the_last_known_value():
    frame = pd.DataFrame({"value": [1.0, None, 3.0, 2.0]})
    course, last = re.findall(r' d="([^"]*)"', spark.line(frame, "light"))
    assert course == "M6.0 38.0M131.3 6.0L194.0 22.0"
    assert last == "M194.0 22.0h0"


def test_a_sparkline_of_nothing_is_nothing():
    assert spark.line(pd.DataFrame({"value": [None]}), "dark") == ""


def test_a_stock_whose_amount_nobody_knows_is_a_dash_and_no_bar():
    frame = pd.DataFrame(
        {"pipeline": "ka", "segment": "KA", "stage": ["need", "bid"], "n": [4, 7], "amount": [1_500_000.0, np.nan]}
    )
    figure = stock.stages(frame, EN, "light")
    assert list(figure.data[0].x) == [1_500_000, None]
    assert {"1.50M", "–", "n 7"} <= set(texts(figure))


def test_a_stock_by_count_prints_counts():
    frame = pd.DataFrame({"pipeline": "ka", "segment": "KA", "stage": ["need"], "n": [1234], "amount": [5.0]})
    assert "1,234" in texts(stock.stages(frame, ZH, "dark", by="count"))


def answer() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pipeline": ["ka", "ka", "ka", "smb", "smb"],
            "segment": ["KA", "SMB", "(unknown)", "SMB", "KA"],
            "stage": ["need", "need", "need", "quote", "quote"],
            "n": [9, 2, 1, 7, 0],
        }
    )


def test_the_facets_are_the_segments_that_a_pipeline_is_made_for_and_the_others_are_named():
    shown, others = facets.facets(answer(), SETTINGS), facets.left_out(answer(), SETTINGS)
    assert shown == [facets.Facet("ka", "KA"), facets.Facet("smb", "SMB")]
    assert others == [(facets.Facet("ka", "SMB"), 2), (facets.Facet("ka", "(unknown)"), 1)]


def test_the_pipeline_is_named_only_where_two_facets_are_of_one_segment():
    some = replace(SETTINGS, pipelines=tuple(replace(p, segments=()) for p in SETTINGS.pipelines))
    assert [f.name("en", some) for f in facets.facets(answer().iloc[[0, 3]], some)] == ["KA", "SMB"]
    assert [f.name("en", some) for f in facets.facets(answer(), some)] == ["KA", "ka · SMB", "smb · SMB"]


def test_where_only_unusual_facets_are_asked_for_they_are_shown():
    odd = answer().iloc[1:3]
    assert facets.facets(odd, SETTINGS) == [facets.Facet("ka", "SMB"), facets.Facet("ka", "(unknown)")]
    assert facets.left_out(odd, SETTINGS) == []


def test_a_facet_gives_its_own_rows_only():
    assert list(facets.Facet("ka", "KA").of(answer())["n"]) == [9]
    assert list(facets.Facet("ka").of(answer())["n"]) == [9, 2, 1]


def test_a_facet_is_called_by_its_segment_where_the_pipeline_serves_no_other():
    assert facets.Facet("ka", "KA").name("en", SETTINGS) == "KA"
    assert facets.Facet("ka", "SMB").name("en", SETTINGS) == "ka · SMB"
    assert facets.Facet("ka", "(unknown)").name("en", SETTINGS) == "ka · Segment not known"


def test_a_pipeline_and_a_segment_that_are_called_alike_are_called_once():
    named = replace(SETTINGS, pipelines=tuple(replace(p, segments=(), label={"en": "KA"}) for p in SETTINGS.pipelines))
    assert facets.Facet("ka", "KA").name("en", named) == "KA"
    assert facets.Facet("ka", "SMB").name("en", named) == "KA · SMB"


def test_the_readings_stand_side_by_side_by_stage():
    long = pd.DataFrame(
        {
            "stage": ["need", "bid", "bid", "need"],
            "next_stage": ["bid", "won", "won", "bid"],
            "n": [5, 4, 4, 5],
            "reading": ["conversion.reached"] * 2 + ["conversion.strict"] * 2,
            "value": [0.8, 0.5, 0.4, np.nan],
        }
    )
    wide = facets.readings(long)
    assert list(wide["stage"]) == ["need", "bid"]
    assert list(wide["reading_reached"]) == [0.8, 0.5]
    assert wide["reading_strict"].isna().tolist() == [True, False]


def story(**more) -> timeline.Story:
    visits = pd.DataFrame(
        [
            {
                "pipeline": "ka",
                "stage": "need",
                "stage_order": 1,
                "stage_kind": "open",
                "entered_on": date(2026, 1, 1),
                "exited_on": date(2026, 1, 11),
                "exit_kind": "advance",
            },
            {
                "pipeline": "ka",
                "stage": "bid",
                "stage_order": 2,
                "stage_kind": "open",
                "entered_on": date(2026, 1, 11),
                "exited_on": date(2026, 2, 1),
                "exit_kind": "regress",
            },
            {
                "pipeline": "ka",
                "stage": "need",
                "stage_order": 1,
                "stage_kind": "open",
                "entered_on": date(2026, 2, 1),
                "exited_on": None,
                "exit_kind": None,
            },
        ]
    )
    return timeline.Story(visits, date(2026, 2, 21), **more)


def test_a_story_sums_the_visits_to_a_stage_up_to_the_as_of_date_and_names_the_move_back():
    said = texts(timeline.story(story(), EN, "light"))
    assert "Need  30 days" in said
    assert "bid  21 days ◂ Moved back" in said


def test_a_visit_that_lasts_is_hatched_to_the_as_of_date():
    bars = [t for t in timeline.story(story(), EN, "light").data if t.type == "bar"]
    assert [bool(b.marker.pattern.shape) for b in bars] == [False, True, False] or [
        bool(b.marker.pattern.shape) for b in bars
    ] == [False, False, True]
    day = 86_400_000
    assert sorted(b.x[0] / day for b in bars) == [10, 20, 21]


def test_pushed_close_dates_carry_their_days():
    promises = pd.DataFrame(
        {
            "changed_on": [date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 10)],
            "expected_close_on": [date(2026, 3, 1), date(2026, 3, 31), date(2026, 3, 21)],
        }
    )
    said = texts(timeline.story(story(promises=promises), EN, "light"))
    assert {"+30 days", "−10 days", "Expected close"} <= set(said)


def test_amounts_are_steps_and_unknown_ones_are_left_out():
    amounts = pd.DataFrame({"changed_on": [date(2026, 1, 1), date(2026, 1, 20)], "amount": [1e6, np.nan]})
    figure = timeline.story(story(amounts=amounts), ZH, "light")
    step = next(t for t in figure.data if t.type == "scatter" and t.line.shape == "hv")
    assert len(set(step.y)) == 1
    assert "100万" in texts(figure)


def test_amounts_that_stand_too_close_to_the_last_one_are_not_written():
    days = [date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 25)]
    amounts = pd.DataFrame({"changed_on": days, "amount": [1e6, 3e6, 2e6]})
    written = texts(timeline.story(story(amounts=amounts), EN, "light"))
    assert {"1.00M", "2.00M"} <= set(written)
    assert "3.00M" not in written, "two days beside the first there is no room"


def test_a_closed_story_ends_where_it_was_closed():
    closed = {"pipeline": "ka", "stage": "won", "stage_order": 9, "stage_kind": "won", "entered_on": date(2026, 2, 10),
              "exited_on": None, "exit_kind": None}
    told = story()
    visits = pd.concat([told.visits.assign(exited_on=told.visits["exited_on"].fillna(date(2026, 2, 10))),
                        pd.DataFrame([closed])], ignore_index=True)
    amounts = pd.DataFrame({"changed_on": [date(2026, 1, 1)], "amount": [1e6]})
    figure = timeline.story(timeline.Story(visits, date(2026, 12, 31), amounts=amounts), EN, "light")
    assert not any("31 Dec" in text for text in texts(figure))
    assert pd.Timestamp(figure.layout.xaxis.range[1]) < pd.Timestamp("2026-03-01")
    step = next(t for t in figure.data if t.type == "scatter" and t.line.shape == "hv")
    assert pd.Timestamp(step.x[-1]) == pd.Timestamp("2026-02-10")


def test_a_lane_without_data_is_left_out():
    said = texts(timeline.story(story(activities=pd.DataFrame(columns=["occurred_on", "kind"])), EN, "light"))
    assert not {"Activities", "Amount", "Expected close"} & set(said)


def test_a_story_without_visits_says_so():
    empty = timeline.Story(story().visits.iloc[:0], date(2026, 1, 1))
    assert texts(timeline.story(empty, EN, "light")) == ["Nothing to show for this choice"]


@pytest.mark.parametrize("theme", ["light", "dark", "export"])
def test_the_theme_reaches_every_chart(theme):
    grey = {"light": "#566270", "dark": "#A3AEBB", "export": "#566270"}[theme]
    assert trend.line(months(), EN, theme).layout.template.layout.xaxis.tickfont.color == grey
