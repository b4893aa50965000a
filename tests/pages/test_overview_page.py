"""The overview keeps customer segments apart, and says where there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

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
