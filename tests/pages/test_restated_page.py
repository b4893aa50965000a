"""Page Definitions: what has become of a number since an earlier load."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.intake.importing import import_paths

HEAD = "opportunity_id,pipeline,stage,amount,created_on,closed_on,name\n"
EARLY = HEAD + "o1,ka,proposal,100,2026-01-05,,Alpha\no2,ka,proposal,50,2026-01-06,,Beta *b*\n"
THEN = HEAD + "o1,ka,won,100,2026-01-05,2026-03-02,Alpha\no2,ka,proposal,50,2026-01-06,,Beta *b*\n"
NOW = HEAD + "o1,ka,won,100,2026-01-05,2026-03-02,Alpha\no2,ka,lost,50,2026-01-06,2026-03-20,Beta *b*\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three exports; that the second deal was lost in March is told in April."""
    folder = tmp_path_factory.mktemp("restated")
    for text, day in ((EARLY, date(2026, 2, 20)), (THEN, date(2026, 3, 31)), (NOW, date(2026, 4, 30))):
        (folder / "opportunity.csv").write_text(text, encoding="utf-8")
        import_paths([folder / "opportunity.csv"], folder / "store", profile="canonical", as_of=day)
    return folder / "store"


def said(app: AppTest) -> str:
    """All words on the page, without the marks that keep Markdown from reading them."""
    return " ".join(e.value for e in (*app.header, *app.caption, *app.info, *app.markdown)).replace("\\", "")


@pytest.mark.parametrize(("lang", "title"), [("en", "Win rate read 100.0% at load 2, now 50.0%"),
                                             ("zh", "赢率在第 2 次加载时为 100.0%，现为 50.0%")])
def test_a_chosen_load_tells_then_now_and_the_opportunity_behind(open_page: Callable[..., AppTest], lang: str,
                                                                 title: str) -> None:
    app = open_page("definitions", lang=lang, metric="win_rate.count", earlier="2", period="2026Q1")
    assert title in said(app)
    frame = next(d.value for d in app.dataframe if {"name", "cause"} <= set(d.value.columns))
    assert list(frame["name"]) == ["Beta *b*"]
    assert not {"open", "won", "lost"} & set(frame["status_now"]), "statuses in words, not in keys"
    assert not app.error


def test_before_a_load_is_chosen_nothing_is_opened(open_page: Callable[..., AppTest]) -> None:
    app = open_page("definitions", lang="en", metric="win_rate.count")
    assert "read 100.0%" not in said(app)
    assert not app.error


def test_a_metric_without_a_ledger_says_why(open_page: Callable[..., AppTest]) -> None:
    assert "No opportunity brings a part" in said(open_page("definitions", lang="en", metric="stage_days.median"))
