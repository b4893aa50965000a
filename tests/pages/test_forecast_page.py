"""The page Forecast: what will be won, by the method that was least off before; what cannot be known is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.intake.importing import import_paths

Open = Callable[..., AppTest]
ROWS = "opportunity_id,pipeline,stage,status,amount,created_on,account_id\n" + "\n".join(
    f"o{i},ka,registered,open,100,2026-0{1 + i % 3}-05,a{i % 7}" for i in range(30)
)


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


def test_each_segment_has_its_forecast_and_its_replay(open_page: Open) -> None:
    said = headings(open_page("forecast", lang="en"))
    assert [words.split(":")[0] for words in said[:4]] == ["Key accounts", "Small and medium"] * 2
    assert "Q4 2026" in said[0]
    assert "on average in" in said[2]


@pytest.mark.parametrize("params", [{"measure": "count"}, {"ahead": "1"}, {"lead": "4"}, {"segment": "KA"},
                                    {"as_of": "2026-08-12"}, {"as_of": "2025-04-02", "compare": "none"}])
def test_other_views_draw_in_chinese(open_page: Open, params: dict[str, str]) -> None:
    app = open_page("forecast", lang="zh", **params)
    assert [e.value for e in app.error] == []
    assert headings(app)


def test_the_next_quarter_is_one_further(open_page: Open) -> None:
    assert "Q1 2027" in headings(open_page("forecast", lang="en", ahead="1"))[0]


def test_without_a_past_and_without_dates_it_says_what_cannot_be_known(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "opportunity.csv"
    file.write_text(ROWS, encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    app = open_page("forecast", lang="en")
    assert [e.value for e in app.error] == []
    assert headings(app)[0] == "Not known: no method can say anything yet"
    told = [c.value.replace("\\", "") for c in app.caption]
    assert any("no expected close dates" in words and "Own history" in words for words in told)
