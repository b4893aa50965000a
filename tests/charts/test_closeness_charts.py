"""The charts of closeness: attitude by more than colour, the same place every week, hostile titles as text."""

from __future__ import annotations

from datetime import date
from math import nan

import pandas as pd
import pytest

from analytics.charts import board, coverage, network
from analytics.charts.names import Names
from data.settings import Settings

HOSTILE = "<b>Boss</b> $x$"
LANGUAGES = ("en", "zh")


def _names(lang: str = "en") -> Names:
    return Names(lang, Settings())


def _people() -> pd.DataFrame:
    status = [2.0, 1.0, 0.0, -1.0, -2.0, nan]
    return pd.DataFrame({
        "contact_id": [f"c{i}" for i in range(6)], "title": [HOSTILE, *"BCDEF"],
        "department": ["IT"] * 3 + ["Finance"] * 2 + [None],
        "importance": [5, 4, 4, 3, 2, None], "status": status, "is_reached": [True, False] * 3, "touches": 1,
        "closeness": 10.0, "last_touch_on": date(2026, 1, 1), "who": "J***", "roles": [("approver",)] + [()] * 5,
    })  # fmt: skip


RELATIONS = pd.DataFrame({"from_contact": ["c1", "c2", "gone"], "to_contact": ["c0", "c3", "c0"],
                          "kind": ["report", "influence", "report"]})  # fmt: skip


def test_each_attitude_has_its_own_shape_and_word() -> None:
    fig = network.account(_people(), RELATIONS, _names(), "light")
    marks = [trace for trace in fig.data if trace.mode == "markers"]
    shapes = [str(trace.marker.symbol[0]).removesuffix("-open") for trace in marks]
    assert len(marks) == len(set(shapes)) == len({trace.name for trace in marks}) == 6
    assert any("?" in trace.name for trace in marks)


def test_who_is_not_reached_is_outlined_and_importance_is_size() -> None:
    marks = [t for t in network.account(_people(), RELATIONS, _names(), "light").data if t.mode == "markers"]
    assert marks[0].marker.symbol == ("star",)
    assert marks[1].marker.symbol == ("triangle-up-open",)
    assert marks[0].marker.size[0] > marks[1].marker.size[0]


def test_the_layout_depends_on_the_people_only_and_not_on_the_order_of_the_rows() -> None:
    assert network.layout(_people())[0] == network.layout(_people().iloc[::-1])[0]
    spots = network.layout(_people())[0]
    assert len(set(spots.values())) == len(spots)


def test_a_long_title_is_broken_into_lines_and_not_cut() -> None:
    assert network.lines("部门经理 Head of department") == ["部门经理", "Head of", "department"]
    assert network.lines("总经理") == ["总经理"]
    assert network.lines("Geschäftsführungsassistent") == ["Geschäftsfüh", "rungsassiste", "nt"]
    assert network.lines("Chief of the staff of the board of directors")[-1].endswith("…")
    assert network.lines(None) == network.lines("nan") == ["?"]
    tall, flat = _people().assign(title="部门经理 Head of department"), _people().assign(title="B")
    assert network.layout(tall)[3] > network.layout(flat)[3]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_title_is_drawn_letter_by_letter(lang: str) -> None:
    fig = network.account(_people(), RELATIONS, _names(lang), "dark")
    texts = [a.text for a in fig.layout.annotations] + [h for t in fig.data for h in (t.hovertext or ())]
    assert not [text for text in texts if "<b>" in text or "$" in text]


def test_what_is_not_known_is_a_gap_and_not_a_zero() -> None:
    frame = pd.DataFrame({"course": [[50.0, nan, 60.0]], "closeness": [60.0], "change": [10.0], "account_name": ["A"]})
    fig = board.movers(frame, _names(), "light", title=lambda row: row["account_name"])
    assert fig.data[0].y[1] is None
    weeks = pd.DataFrame(
        {"as_of_on": pd.to_datetime(["2026-01-04", "2026-01-11"]), "segment": "KA", "mean": [40.0, nan]}
    )
    assert board.course(weeks, _names(), "light", bands=(30, 50, 70)).data[0].y[1] is None


def test_a_change_that_can_be_chance_is_hatched_and_says_so() -> None:
    frame = pd.DataFrame({"change": [-30.0, 2.0], "n": [12, 90], "is_real": [True, False], "value": ["a", "b"]})
    fig = board.groups(frame, _names(), "light", title=lambda row: row["value"])
    patterns = [trace.marker.pattern.shape for trace in fig.data if len(trace.x)]
    assert patterns == [None, "/"]
    assert any("chance" in a.text for a in fig.layout.annotations)


def test_the_matrix_says_how_many_are_reached_of_how_many_known() -> None:
    cells = pd.DataFrame({"department": ["IT", "Finance"], "level": [5.0, nan], "contacts": [3, 0], "reached": [2, 0],
                          "supporting": [1, 0], "opposing": [0, 0], "unknown": [1, 0],
                          "weight": [1.0, 2.0], "target": [3, 2],
                          "n": [2, 0], "is_covered": [True, False]})  # fmt: skip
    texts = [a.text for a in coverage.matrix(cells, _names(), "light").layout.annotations]
    assert "2/3" in texts
    assert "0/0" not in texts
    assert "Finance" in texts


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_rows_are_said_to_be_none(lang: str) -> None:
    none = pd.DataFrame()
    for fig in (network.account(none, RELATIONS, _names(lang), "light"), coverage.matrix(none, _names(lang), "light"),
                board.movers(none, _names(lang), "light", title=str)):  # fmt: skip
        assert len(fig.layout.annotations) == 1
