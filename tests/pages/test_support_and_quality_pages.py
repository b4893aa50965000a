"""The pages Support and Quality: findings first, what is not loaded is said, the rows behind a problem are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analytics.metrics.registry import REGISTRY
from data.intake.importing import import_paths
from pages import support

Open = Callable[..., AppTest]
#: nothing but opportunities, some open and late, some without an amount
ROWS = "opportunity_id,stage,status,amount,created_on,closed_on,expected_close_on\n" + "\n".join(
    f"o{i},{how},{how},{'' if i % 5 == 0 else 100},2026-0{1 + i % 3}-05,{closed},{due}"
    for i in range(60)
    for how, closed, due in [(("won", "2026-06-10", "") if i % 3 == 0 else ("lost", "2026-07-11", "")) if i % 2 else
                             ("open", "", "2026-05-01" if i % 4 else "2026-12-01")])


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


@pytest.fixture
def bare(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with opportunities only, in place of the one that `open_page` has set."""
    file = tmp_path / "opportunity.csv"
    file.write_text(ROWS.replace(",open,open,", ",lead_verified,open,"), encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))


@pytest.mark.usefixtures("bare")
def test_without_support_requests_the_page_says_so_and_shows_no_zero(open_page: Open) -> None:
    app = open_page("support", lang="en")
    assert [i.value for i in app.info] == [
        "Not measured: no support requests loaded. The page Data imports what is missing."]
    assert not app.metric


@pytest.mark.usefixtures("bare")
def test_quality_of_opportunities_alone_names_what_is_not_measured_and_what_could_move(open_page: Open) -> None:
    app = open_page("quality", lang="en")
    assert [e.value for e in app.error] == []
    assert any("records (past due) could move the" in h for h in headings(app))
    assert any("Not measured, because it is not loaded: Organisation structure" in c.value.replace("\\", "")
               for c in app.caption)
    assert any("Neither names nor codes of accounts are loaded" in c.value for c in app.caption)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("params", [{"segment": "KA"}, {"period": "all", "compare": "none"}, {"as_of": "2025-04-02"}])
def test_other_views_draw(open_page: Open, params: dict[str, str], lang: str) -> None:
    for page in ("support", "quality"):
        app = open_page(page, lang=lang, **params)
        assert [e.value for e in app.error] == []
        assert headings(app)


@pytest.mark.parametrize("by", ["team", "owner_id", "product_line"])
def test_completeness_is_shown_by_what_is_chosen(open_page: Open, by: str) -> None:
    app = open_page("quality", lang="en", quality_by=by)
    assert [e.value for e in app.error] == []
    assert any(h.startswith("Completeness by ") and not h.startswith("Completeness by stage") for h in headings(app))


def test_doubled_records_are_named_with_their_product_line(open_page: Open) -> None:
    said = next(h for h in headings(open_page("quality", lang="en", period="all")) if "recorded" in h)
    assert "Edge gateway" in said


def test_the_slow_presales_team_and_the_deals_without_conditions_are_named_without_filtering(open_page: Open) -> None:
    said = headings(open_page("support", lang="en"))
    assert any("Presales East answers later" in h and "since Q2 2026" in h for h in said)
    assert any(h.startswith("Key accounts: ") and "lack the necessary conditions but take" in h for h in said)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tiles_of_one_segment_still_say_what_they_measure(open_page: Open, lang: str) -> None:
    said = [m.value for m in open_page("support", lang=lang, segment="KA").markdown]
    for key in support.TILES:
        assert f"**{REGISTRY[f'support.{key}'].label[lang]}**" in [text.replace("\\", "") for text in said], key
