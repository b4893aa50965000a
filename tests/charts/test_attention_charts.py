"""What the charts of attention say: form and colour of lights, months without anybody, the lanes below a story."""

from __future__ import annotations

from datetime import date

import pandas as pd

from analytics.charts import calendar, strip, timeline
from analytics.charts.names import Names
from data.demo import demo_settings

EN = Names("en", demo_settings())
ELEMENTS = {"light_a": "Stage", "light_b": "Rivals"}
LAMPS = {"good": "good", "look": "look", "act": "act", "unknown": "not known"}


def test_a_light_is_told_by_its_form_as_well_and_unknown_is_hollow() -> None:
    frame = pd.DataFrame(
        {
            "name": ["<b>X</b>", None],
            "opportunity_id": ["o1", "o2"],
            "amount_base": [1e6, None],
            "light_a": ["good", "unknown"],
            "light_b": ["act", "look"],
        }
    )
    figure = strip.lights(frame, EN, "light", elements=ELEMENTS, lamps=LAMPS)
    assert [t.marker.symbol for t in figure.data] == ["circle", "diamond", "x", "circle-open"]
    assert [len(t.x) for t in figure.data] == [1, 1, 1, 1]
    said = [a.text for a in figure.layout.annotations]
    assert "&lt;b&gt;X&lt;/b&gt;" in said
    assert "o2" in said
    assert figure.data[3].hovertext[0] == "o2<br>Stage: not known"


def test_no_row_is_an_empty_message() -> None:
    empty = pd.DataFrame(columns=["name", "opportunity_id", "amount_base", *ELEMENTS])
    for figure in (
        strip.lights(empty, EN, "dark", elements=ELEMENTS, lamps=LAMPS),
        calendar.wakeups(pd.DataFrame(columns=["wakes", "segment", "is_due", "n", "amount"]), EN, "dark"),
    ):
        assert [a.text for a in figure.layout.annotations] == ["Nothing to show for this choice"]


def test_the_calendar_keeps_empty_months_and_hatches_what_should_have_woken() -> None:
    frame = pd.DataFrame(
        {
            "wakes": pd.to_datetime(["2026-09-01", "2026-12-01", None]),
            "segment": ["KA", "KA", None],
            "is_due": [True, False, False],
            "n": [2, 3, 1],
            "amount": [1.0, None, 5.0],
        }
    )
    figure = calendar.wakeups(frame, EN, "light")
    assert list(figure.layout.xaxis.categoryarray) == ["2026-09", "2026-10", "2026-11", "2026-12", "no day"]
    assert [list(t.text) for t in figure.data] == [["2"], ["3"], ["1"]]
    crowded = calendar.wakeups(frame.assign(n=[40, 60, 1]), EN, "light")
    assert [list(t.text) for t in crowded.data] == [["40"], ["60"], [""]], "no room for a number in a sliver"
    due, later, unknown = figure.data
    assert (due.marker.pattern.shape, list(due.y), list(later.y), list(unknown.x)) == ("/", [2], [3], ["no day"])


def test_the_story_tells_shares_people_answers_and_requests_below_the_stages() -> None:
    visits = pd.DataFrame(
        [
            {
                "pipeline": "ka",
                "stage": "bidding",
                "stage_order": 6,
                "stage_kind": "open",
                "entered_on": date(2026, 1, 1),
                "exited_on": None,
                "exit_kind": None,
            }
        ]
    )
    day = pd.Timestamp("2026-01-10")
    told = timeline.Story(
        visits,
        date(2026, 2, 1),
        shares=pd.DataFrame({"week": [day, day], "party": ["us", "A & B"], "share": [0.4, 0.6]}),
        people=pd.DataFrame(
            {"seen_on": [day, day + pd.Timedelta(days=7)], "people": [2, 2], "supporters": [1, 1], "opponents": [0, 0]}
        ),
        answers=pd.DataFrame({"kind": ["control_point"], "assessed_on": [day], "score": [58.0], "known": [6]}),
        requests=pd.DataFrame({"kind": ["demo"], "requested_on": [day], "responded_on": [pd.NaT], "hours": [None]}),
    )
    figure = timeline.story(told, EN, "light")
    said = [a.text for a in figure.layout.annotations]
    assert {"We 40.0%", "2 ▲1", "Control points 58", "1 · – h"} <= set(said)
    hovers = [h for t in figure.data if isinstance(t.hovertext, tuple) for h in t.hovertext]
    assert "A &amp; B 60.0% · 10 Jan 2026" in hovers
    assert sum("2 ▲1" in h for h in hovers) == 1  # nothing changed in the second week
