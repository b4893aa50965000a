"""The page Pipeline: it says what moved, who pushes, and what is not measured where only opportunities are loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics import i18n
from data.intake.importing import import_paths

Open = Callable[..., AppTest]
#: nothing but opportunities without amounts, segments, dates or owners
_FATES = (("won", "won"), ("lost", "lost"), ("open", "lead_verified"))
ROWS = "opportunity_id,stage,status,created_on,closed_on\n" + "\n".join(
    f"o{i},{stage},{how},2026-0{1 + i % 3}-05,{'' if how == 'open' else f'2026-0{5 + i % 4}-11'}"
    for i in range(60)
    for how, stage in (_FATES[i % 3],)
)


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


@pytest.mark.parametrize(
    ("lang", "moved", "pushed"), [("en", "came in", "expected closes"), ("zh", "流入", "预计成交日")]
)
def test_the_titles_say_what_moved_of_each_segment_and_whether_dates_are_pushed(
    open_page: Open, lang: str, moved: str, pushed: str
) -> None:
    app = open_page("pipeline", lang=lang)
    assert [e.value for e in app.error] == []
    assert [moved in words for words in headings(app)[:3]] == [True, True, False]
    assert any(pushed in words for words in headings(app))


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


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_export_shows_no_pushes_instead_of_none(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    rows = [line + (",expected_close_on" if n == 0 else ",2026-12-01") for n, line in enumerate(ROWS.split("\n"))]
    file = tmp_path / "opportunity.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    app = open_page("pipeline", lang=lang)
    assert i18n.t("pipeline.pushes.one_export", lang) in headings(app)
    assert not any("0.0%" in words for words in headings(app))


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
