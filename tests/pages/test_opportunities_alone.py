"""Every page where nothing but opportunities is loaded: it draws, no chart is empty, and what is missing is named.

The public data sets lie beside the project and are tried where they are there.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics import i18n
from data.intake.importing import import_paths
from pages import PAGES

Open = Callable[..., AppTest]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
#: what one export of opportunities tells: stages, amounts, dates; some open ones late, some amounts missing
ROWS = "opportunity_id,stage,status,amount,created_on,closed_on,expected_close_on\n" + "\n".join(
    f"o{i},{stage},{status},{'' if i % 5 == 0 else 100 + i},2026-0{1 + i % 3}-05,{closed},{due}"
    for i in range(80)
    for stage, status, closed, due in [
        (("won", "won", "2026-06-10", "") if i % 3 == 0 else ("lost", "lost", "2026-07-11", "")) if i % 2 else
        ("lead_verified", "open", "", "2026-05-01" if i % 4 else "2026-12-01")])
SOURCES: dict[str, Callable[[Path], object]] = {
    "one file": lambda folder: _one_file(folder),
    "maven": lambda folder: import_paths([SHARED / "maven_crm"], folder / "store", profile="maven-crm",
                                         as_of=date(2017, 12, 31)),
    "salesforce": lambda folder: import_paths([SHARED / "sfdc_demo_opphistory"], folder / "store",
                                              profile="salesforce", as_of=date(2026, 4, 30)),
}
#: besides the view with which a page opens
VIEWS: dict[str, dict[str, str]] = {
    "one segment": {"segment": "KA"}, "no segment": {"segment": "(unknown)"},
    "all time in working days": {"period": "all", "compare": "none", "days": "working"}}
#: pages of which everything is about tables that are not there
NOT_MEASURED = ("closeness", "support")


def _one_file(folder: Path) -> None:
    (folder / "opportunity.csv").write_text(ROWS, encoding="utf-8")
    import_paths([folder / "opportunity.csv"], folder / "store", as_of=date(2026, 9, 30))


@pytest.fixture(scope="module", params=SOURCES)
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of each source."""
    if request.param != "one file" and not SHARED.exists():
        pytest.skip("the public data sets are not at ../shared/data")
    folder: Path = tmp_path_factory.mktemp("alone")
    SOURCES[request.param](folder)
    return folder / "store"


@pytest.fixture
def opened(alone: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page of that store."""
    monkeypatch.setenv("MVPOD_STORE", str(alone))
    assert os.environ["MVPOD_STORE"] == str(alone)
    return open_page


def numbers(part: Any) -> Iterator[float]:
    """All numbers that a trace is drawn from."""
    if isinstance(part, dict):
        if "bdata" in part:  # an array as bytes
            yield 1.0
            return
        part = [v for k, v in part.items() if k in ("x", "y", "z", "value", "values", "link", "node", "header")]
    if isinstance(part, list):
        for item in part:
            yield from numbers(item)
    elif isinstance(part, (int, float)) and math.isfinite(part):
        yield float(part)


def empty_charts(app: AppTest) -> list[str]:
    """Charts in which nothing is drawn, by their words."""
    found = []
    for chart in app.get("plotly_chart"):
        spec = json.loads(chart.proto.spec)
        if not any(True for trace in spec["data"] for _ in numbers(trace)) and not spec["layout"].get("shapes"):
            found.append(chart.proto.alt)
    return found


def sound(app: AppTest, lang: str) -> None:
    """Nothing failed, no chart is empty, and nobody blames the filters for what is not loaded."""
    assert [e.value for e in app.error] == []
    assert empty_charts(app) == []
    assert i18n.t("state.empty", lang) not in [i.value for i in app.info]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_every_page_draws_what_is_known_and_names_what_is_not(opened: Open, page: str, lang: str) -> None:
    app = opened(page, lang=lang)
    sound(app, lang)
    if page in NOT_MEASURED:
        said = i18n.t("state.not_measured", lang, what="").rstrip(" .。")
        assert [i.value.startswith(said[:4]) for i in app.info] == [True]
        assert not app.metric


@pytest.mark.slow
@pytest.mark.parametrize("chosen", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("page", [p.key for p in PAGES if p.group != "data"])
def test_other_views_of_them_hold_as_well(opened: Open, page: str, chosen: dict[str, str]) -> None:
    sound(opened(page, lang="en", **chosen), "en")
