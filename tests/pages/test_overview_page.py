"""The overview keeps customer segments apart, and says where there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit import cache_data
from streamlit.testing.v1 import AppTest

from analytics import format as fmt
from analytics import i18n
from analytics.ask import Ask
from analytics.view import View
from data.engine import open_company
from data.scope import Filters
from data.store import Store

Open = Callable[..., AppTest]


def _win_rate(store: Path, **filters: list[str]) -> tuple[str, int]:
    """Won and lost counted by hand from the latest state of each opportunity, closed in the last 12 months."""
    load = Store.open(store).current()
    assert load is not None
    ask = Ask(open_company(store, load.load_id))
    view = View(date(2026, 9, 30), date(2025, 10, 1), date(2026, 9, 30), filters=Filters.of(**filters))
    row = ask.metric("win_rate.count", view).iloc[0]
    return fmt.rate(row["won"] / (row["won"] + row["lost"])), int(row["n"])


def test_a_tile_shows_each_segment_and_never_only_the_pooled_rate(open_page: Open, store: Path) -> None:
    app = open_page("overview", lang="en")
    shown = [(m.label, m.value) for m in app.metric]
    rates = {name: _win_rate(store, segment=[key])[0]
             for key, name in (("KA", "Key accounts"), ("SMB", "Small and medium"))}
    for name, rate in rates.items():
        assert (name, rate) in shown
    pooled, n = _win_rate(store)
    assert pooled not in [value for _, value in shown]
    assert any(said.startswith(f"Together: {pooled}") and f"{n:,}" in said
               for said in (c.value.replace("\\", "") for c in app.caption))


def test_one_segment_alone_has_tiles_with_the_names_of_the_metrics(open_page: Open, store: Path) -> None:
    app = open_page("overview", lang="en", segment="KA")
    assert ("Win rate", _win_rate(store, segment=["KA"])[0]) in [(m.label, m.value) for m in app.metric]
    assert not any(c.value.startswith("Together") for c in app.caption)


def test_the_card_of_win_rates_speaks_of_each_segment(open_page: Open) -> None:
    titles = [h.value for h in open_page("overview", lang="en").header if "Win rate" in h.value]
    assert any("Key accounts" in title and "Small and medium" in title for title in titles)


def test_where_nothing_can_be_compared_no_change_is_denied(open_page: Open) -> None:
    app = open_page("overview", lang="en", period="all", compare="previous")  # before all time there is nothing
    said = [x.value for x in app.text]
    assert i18n.t("overview.changes.nothing", "en") in said
    assert i18n.t("overview.changes.none", "en") not in said


@pytest.fixture
def amounts_unknown() -> Iterator[None]:
    """No open opportunity has an amount, as in exports that fill it in at closing."""
    kept = Ask.metric

    def without(self: Ask, key: str, *args: Any, **named: Any) -> pd.DataFrame:
        frame = kept(self, key, *args, **named)
        return frame.assign(amount=float("nan")) if key == "pipeline.open" else frame
    Ask.metric = without  # type: ignore[method-assign]
    cache_data.clear()
    yield
    Ask.metric = kept  # type: ignore[method-assign]
    cache_data.clear()


@pytest.mark.usefixtures("amounts_unknown")
def test_an_open_pipeline_without_amounts_is_drawn_by_number(open_page: Open) -> None:
    app = open_page("overview", lang="en")
    assert any(h.value.replace("\\", "") == "Open pipeline by stage, in number: Key accounts" for h in app.header)
    assert any("no amounts are known" in c.value for c in app.caption)


@pytest.fixture
def nothing_open() -> Iterator[None]:
    """The answer on the open pipeline has no rows."""
    kept = Ask.metric

    def without(self: Ask, key: str, *args: Any, **named: Any) -> pd.DataFrame:
        frame = kept(self, key, *args, **named)
        return frame[:0] if key == "pipeline.open" else frame
    Ask.metric = without  # type: ignore[method-assign]
    cache_data.clear()
    yield
    Ask.metric = kept  # type: ignore[method-assign]
    cache_data.clear()


@pytest.mark.usefixtures("nothing_open")
def test_an_empty_open_pipeline_is_an_empty_state_with_a_whole_title(open_page: Open) -> None:
    app = open_page("overview", lang="en")
    assert "Open pipeline by stage" in [h.value for h in app.header]
    assert i18n.t("state.empty", "en") in [i.value for i in app.info]
