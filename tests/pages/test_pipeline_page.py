"""The page Pipeline: it says what moved, names who pushes, and what is not measured where only opportunities are loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.importing import import_paths

Open = Callable[..., AppTest]
#: nothing but opportunities without amounts, segments, dates or owners
ROWS = "opportunity_id,stage,status,created_on,closed_on\n" + "\n".join(
    f"o{i},{how},{how},2026-0{1 + i % 3}-05,{f'2026-0{5 + i % 4}-11' if how != 'open' else ''}"
    for i, how in ((i, ("won", "lost", "open")[i % 3]) for i in range(60))
)


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_names_the_team_that_pushes_without_a_filter(open_page: Open, lang: str) -> None:
    app = open_page("pipeline", lang=lang)
    assert [e.value for e in app.error] == []
    assert any("KA South" in words and ("more than chance" in words or "超出随机波动" in words) for words in headings(app))


@pytest.mark.parametrize(
    "params",
    [
        {"weight": "count", "segment": "KA"},
        {"pushed_by": "owner_id", "period": "2026Q2"},
        {"as_of": "2026-02-11", "team": "大客户南区 KA South"},
    ],
)
def test_other_views_draw(open_page: Open, params: dict[str, str]) -> None:
    assert [e.value for e in open_page("pipeline", lang="en", **params).error] == []


def test_with_opportunities_alone_it_says_what_is_not_measured(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "opportunity.csv"
    file.write_text(ROWS, encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    app = open_page("pipeline", lang="en")
    assert [e.value for e in app.error] == []
    missing = " ".join(i.value for i in app.info)
    assert "expected close dates" in missing
    assert "sales targets" in missing
    assert any("20 open, amounts not known" in words for words in headings(app))
