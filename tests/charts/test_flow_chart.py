"""The stage flow: widths are numbers of visits, both edges of a bar are filled, skips and moves back are named."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.charts import flow
from analytics.charts.names import Names
from data.settings import Settings

EN = Names("en", Settings())
STAGES = ("A", "B", "C", "won")
#: 100 start in A. A → B 60, skip to C 10, lost 20, still there 10. B gets 60 + 5 back from C …
FLOWS = [
    (None, "A", "entry", 100),
    ("A", "B", "advance", 60),
    ("A", "C", "skip", 10),
    ("A", "lost", "lost", 20),
    ("A", None, "open", 10),
    ("B", "C", "advance", 50),
    ("B", "lost", "lost", 15),
    ("C", "won", "won", 40),
    ("C", "B", "regress", 5),
    ("C", None, "deleted", 3),
    ("C", None, "open", 12),
]


def frame(flows=FLOWS) -> pd.DataFrame:
    rows = [
        {"pipeline": "p", "from_stage": a, "to_stage": b, "exit_kind": kind, "n": n, "amount": n * 1000.0}
        for a, b, kind, n in flows
    ]
    return pd.DataFrame(rows)


def ribbons(figure):
    """(from → to, n) → outline, of every ribbon."""
    return {t.text: list(zip(t.x, t.y, strict=True)) for t in figure.data if t.fill == "toself"}


def test_every_way_out_is_a_ribbon_that_says_from_where_to_where_and_how_many():
    said = set(ribbons(flow.sankey(frame(), STAGES, EN, "light")))
    assert "A → B<br>n 60 · 60.0K" in said
    assert "A → open<br>n 10 · 10.0K" in said
    assert "C → deleted<br>n 3 · 3.00K" in said
    assert len(said) == len(FLOWS) - 1  # who starts has a way in only


def test_a_ribbon_is_as_wide_at_its_beginning_as_its_number_of_visits():
    shapes = ribbons(flow.sankey(frame(), STAGES, EN, "light"))

    def width(outline):
        top = min(y for _, y in outline)
        at = [x for x, y in outline if y == top]
        return max(at) - min(at)

    sixty, twenty = width(shapes["A → B<br>n 60 · 60.0K"]), width(shapes["A → lost<br>n 20 · 20.0K"])
    assert sixty == pytest.approx(3 * twenty)


def test_the_bar_of_a_stage_is_as_wide_as_all_that_leaves_it_or_is_still_there():
    figure = flow.sankey(frame(), STAGES, EN, "light")
    bars = [s.x1 - s.x0 for s in figure.layout.shapes]
    assert bars[0] / bars[1] == pytest.approx(100 / 65)  # A has 100 visits, B 60 + 5 that came back
    words = [a.text for a in figure.layout.annotations]
    start = words.index("n 100")
    assert words[start : start + 3] == ["n 100", "lost 20", "open 10"]  # a line each: a phone has no room for one
    assert words[words.index("n 65") + 1] == "lost 15"


def test_a_closing_stage_ends_in_what_it_is_whatever_it_is_called():
    shapes = ribbons(
        flow.sankey(frame([("A", "Closed Lost", "lost", 4), ("A", "B", "advance", 6)]), STAGES, EN, "light")
    )
    assert "A → lost<br>n 4 · 4.00K" in shapes


def test_skips_and_moves_back_carry_their_numbers_and_a_name_in_the_key():
    figure = flow.sankey(frame(), STAGES, EN, "light")
    said = [a.text for a in figure.layout.annotations]
    assert "10" in said
    assert "5" in said
    assert {t.name for t in figure.data if t.showlegend} == {
        "Next stage",
        "Skipped stages",
        "Moved back",
        "Lost or closed",
        "Still there",
    }


def test_a_move_back_runs_left_of_all_bars_and_up():
    shape = ribbons(flow.sankey(frame(), STAGES, EN, "light"))["C → B<br>n 5 · 5.00K"]
    bars_left = flow._LEFT
    assert min(x for x, _ in shape) < bars_left
    assert min(y for _, y in shape) < flow._TOP + flow._PITCH  # reaches above the bar of B


def test_a_click_hands_back_the_stage_that_was_left_and_how():
    figure = flow.sankey(frame(), STAGES, EN, "light", segment="KA")
    marks = [tuple(t.customdata[0]) for t in figure.data if t.customdata is not None]
    assert ("p", "A", "skip") in marks
    assert ("p", "C", "regress") in marks
    assert len(marks) == len(FLOWS) - 1


def test_many_moves_back_stay_inside_the_picture():
    stages = [f"s{i}" for i in range(8)]
    flows = [(stages[0], stages[1], "advance", 50)]
    flows += [(a, b, "regress", 3) for i, a in enumerate(stages) for b in stages[:i]]
    flows += [(a, b, "skip", 2) for i, a in enumerate(stages) for b in stages[i + 2 :]]
    for outline in ribbons(flow.sankey(frame(flows), stages, EN, "light")).values():
        assert all(-0.05 <= x <= flow._WORDS for x, _ in outline)


def test_an_empty_flow_says_so():
    figure = flow.sankey(frame([("A", "B", "advance", 0)]), STAGES, EN, "light")
    assert [a.text for a in figure.layout.annotations] == ["Nothing to show for this choice"]


def test_what_is_known_as_closed_only_is_no_way_through() -> None:
    told = frame([("", "need", "entry", 9), ("", "won", "entry", 5), ("", "lost", "entry", 2),
                  ("", "on_hold", "entry", 4), ("need", "won", "won", 3)])
    kept = flow.through(told, ["won", "lost"])
    assert kept[["to_stage", "n"]].to_numpy().tolist() == [["need", 9], ["on_hold", 4], ["won", 3]]
