"""The page Win rate: what can be said comes first; without assessments it says that nothing was measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.view_words import FILTERS
from analytics.win_questions import LOOKED_AT
from data.engine import open_company
from data.intake.importing import import_paths

Open = Callable[..., AppTest]
_CLOSED = (("won" if i % 3 else "lost", f"2026-0{1 + i % 3}-05", f"2026-0{2 + i % 6}-1{i % 9}") for i in range(120))
#: nothing but closed opportunities of nobody: no amounts of rivals, no probabilities, no segments
ROWS = "opportunity_id,stage,status,amount,created_on,closed_on,account_id\n" + "\n".join(
    f"o{i},{how},{how},100,{created},{closed},a{i % 7}" for i, (how, created, closed) in enumerate(_CLOSED)
)


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


def test_the_first_card_says_what_is_known_of_the_win_rate(open_page: Open) -> None:
    app = open_page("win_rate", lang="en")
    assert headings(app)[0].startswith("Win rate")
    assert "n\u00a0=" in headings(app)[0] or "keeps its level" in headings(app)[0]


@pytest.mark.parametrize(("grain", "named"), [("month", "Sep 2026"), ("week", "week "), ("quarter", "Q3 2026")])
def test_the_step_of_the_link_reaches_the_trend(open_page: Open, grain: str, named: str) -> None:
    assert any(named in words for words in headings(open_page("win_rate", lang="en", grain=grain))[1:2])


@pytest.mark.parametrize("measure", ["amount", "decided"])
@pytest.mark.parametrize("by", ["region", "owner_id", "main_competitor"])
def test_every_measure_and_dimension_draws(open_page: Open, measure: str, by: str) -> None:
    app = open_page("win_rate", lang="zh", measure=measure, by=by, grain="month")
    assert [e.value for e in app.error] == []


@pytest.mark.parametrize(
    "params", [{"period": "all", "compare": "none"}, {"segment": "KA", "period": "2026Q2"}, {"as_of": "2025-04-02"}]
)
def test_other_views_draw(open_page: Open, params: dict[str, str]) -> None:
    assert [e.value for e in open_page("win_rate", lang="en", **params).error] == []


def test_one_segment_is_not_broken_down_by_segment(open_page: Open) -> None:
    app = open_page("win_rate", lang="en", segment="KA")
    options = next(box.options for box in app.selectbox if box.label == "Break down by")
    assert "Segment" not in options
    assert "Region" in options
    assert not any("nothing to compare it with" in words for words in headings(app))


def test_what_is_filtered_to_one_group_is_broken_down_by_nothing(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One rival leaves no rivals to compare; one group of everything leaves nothing to choose from."""
    for dimension in {*LOOKED_AT} - {"segment", *FILTERS.values()}:  # what the sidebar does not offer
        monkeypatch.setitem(FILTERS, dimension, dimension)
    names = {"segment": "segment"} | {dimension: name for name, dimension in FILTERS.items()}
    one_rival = open_page("win_rate", lang="en", main_competitor="对手甲 Rival Alpha")
    assert [e.value for e in one_rival.error] == []
    assert "Main competitor" not in next(b.options for b in one_rival.selectbox if b.label == "Break down by")
    assert not [h for h in headings(one_rival) if "main competitor" in h]
    closed = open_company(store).cursor().execute(
        f"SELECT {', '.join(LOOKED_AT)} FROM opportunity_state WHERE status = 'lost' AND valid_to IS NULL"
        f" AND {' AND '.join(f'{d} IS NOT NULL' for d in LOOKED_AT)} ORDER BY valid_from DESC LIMIT 1").fetchone()
    assert closed is not None
    one_of_all = open_page("win_rate", lang="en", period="all",
                           **{names[d]: value for d, value in zip(LOOKED_AT, closed, strict=True)})
    assert [e.value for e in one_of_all.error] == []
    assert not [b for b in one_of_all.selectbox if b.label == "Break down by"]
    assert len(headings(one_of_all)) > 1, "the rest of the page is drawn"


def test_without_assessments_the_comparison_is_not_measured_instead_of_zero(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "opportunity.csv"
    file.write_text(ROWS, encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    app = open_page("win_rate", lang="en")
    assert [e.value for e in app.error] == []
    assert "Nothing that is open has been compared with its rivals" in headings(app)
    assert any("no assessments of us and the rivals" in i.value for i in app.info)
