"""Overview: four lines in a sentence and tiles, segments kept apart, a reason wherever something is not measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import format as fmt
from analytics import i18n, remembering
from analytics.ask import Ask
from analytics.cards.overview import board_of
from analytics.headline import AHEAD, LINES, TILES
from analytics.metrics.registry import REGISTRY
from analytics.periods import parse
from analytics.view import View
from app import viewer_scope
from data.engine import open_company
from data.queries import asking
from data.scope import Filters
from data.settings import parse_settings
from data.shelf import Cursor
from data.storage.store import Store
from pages import overview

Open = Callable[..., AppTest]


def _plain(texts: Any) -> list[str]:
    return [str(x.value).replace("\\", "") for x in texts]


def _win_rate(store: Path, **filters: list[str]) -> str:
    """Won and lost of the last 12 months, the share worked out here."""
    load = Store.open(store).current()
    assert load is not None
    ask = Ask(open_company(store, load.load_id))
    view = View(date(2026, 9, 30), date(2025, 10, 1), date(2026, 9, 30), filters=Filters.of(**filters))
    row = ask.metric("win_rate.count", view).iloc[0]
    return fmt.rate(row["won"] / (row["won"] + row["lost"]))


def test_a_tile_shows_each_segment_and_never_the_pooled_rate(open_page: Open, store: Path) -> None:
    shown = [(m.label, m.value) for m in open_page("overview", lang="en").metric]
    for key, name in (("KA", "Key accounts"), ("SMB", "Small and medium")):
        assert (name, _win_rate(store, segment=[key])) in shown
    assert _win_rate(store) not in [value for _, value in shown]


def test_one_segment_alone_has_tiles_with_the_names_of_the_metrics(open_page: Open, store: Path) -> None:
    shown = [(m.label, m.value) for m in open_page("overview", lang="en", segment="KA").metric]
    assert ("Win rate", _win_rate(store, segment=["KA"])) in shown


def test_one_segment_alone_keeps_its_colour(store: Path) -> None:
    load = Store.open(store).current()
    assert load is not None
    ask, view = Ask(open_company(store, load.load_id)), View(date(2026, 9, 30), date(2025, 10, 1), date(2026, 9, 30))
    alone = board_of(ask, view.with_(filters=Filters.of(segment=["KA"])))
    assert {row["of"] for row in alone} == {"KA"}
    assert {row["of"] for row in board_of(ask, view)} == {"KA", "SMB"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_line_has_its_sentence_and_every_indicator_its_tile(open_page: Open, lang: str) -> None:
    said = _plain(open_page("overview", lang=lang).markdown)
    for line in LINES:
        assert any(text.startswith(f"**{i18n.t(f'value.line.{line}', lang)}** · ") for text in said), line
    for key in (*TILES, *AHEAD):
        assert any(text == f"**{REGISTRY[key].label[lang]}**" for text in said), key


def test_opportunities_without_a_segment_are_counted_below_the_tiles(open_page: Open, store: Path) -> None:
    load = Store.open(store).current()
    assert load is not None
    stock = Ask(open_company(store, load.load_id)).metric("pipeline.open", View(date(2026, 9, 30)), ["segment"])
    n = int(stock.loc[stock["segment"] == "(unknown)", "n"].sum())
    said = i18n.t("value.not_named", "en", n=fmt.number(n))
    assert (said in _plain(open_page("overview", lang="en").caption)) == (n > 0)


def test_the_card_of_win_rates_speaks_of_each_segment(open_page: Open) -> None:
    titles = [h for h in _plain(open_page("overview", lang="en").header) if h.startswith("Win rate: ")]
    assert any("Key accounts" in title and "Small and medium" in title for title in titles)


def test_where_nothing_can_be_compared_no_change_is_denied(open_page: Open) -> None:
    app = open_page("overview", lang="en", period="all", compare="previous")  # before all time there is nothing
    assert i18n.t("overview.changes.nothing", "en") in _plain(app.text)
    sentences = [text for text in _plain(app.markdown) if "** · " in text]
    assert len(sentences) == len(LINES)
    assert not any("chance" in text for text in sentences)


def test_what_the_server_prepares_is_all_that_the_first_viewer_asks(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Store.open(store).current()
    assert load is not None
    asked: list[str] = []
    frame = asking.frame

    def heard(cursor: Cursor, sql: str, params: dict[str, Any]) -> pd.DataFrame:
        asked.append(sql)
        return frame(cursor, sql, params)
    remembering.forget()
    overview.prepare(str(store), load.load_id, viewer_scope(parse_settings(load.settings_text)))
    monkeypatch.setattr(asking, "frame", heard)
    open_page("overview")
    assert not asked
    open_page("overview", segment="KA")
    assert asked, "another view is asked anew"


@pytest.fixture
def unmeasured() -> Iterator[None]:
    """Nothing is known of support, and no open opportunity has an amount."""
    kept = Ask.headline

    def without(self: Ask, *args: Any, **named: Any) -> pd.DataFrame:
        frame = kept(self, *args, **named)
        is_support, is_open = frame["key"].isin(LINES["support"]), frame["key"] == "pipeline.open"
        frame.loc[is_support | is_open, ["value", "other_value", "change"]] = float("nan")
        frame.loc[is_support, ["n", "reason"]] = (0, "no_requests")
        frame.loc[is_open, "reason"] = "no_amounts"
        return frame
    Ask.headline = without  # type: ignore[method-assign]
    remembering.forget()
    yield
    Ask.headline = kept  # type: ignore[method-assign]
    remembering.forget()


@pytest.mark.usefixtures("unmeasured")
def test_what_is_not_measured_says_so_and_why(open_page: Open) -> None:
    app = open_page("overview", lang="en")
    assert i18n.t("value.line.support.unmeasured", "en") in _plain(app.info)
    assert not any(text == "**Time to first response**" for text in _plain(app.markdown)), "no tiles of dashes"
    assert sum(text.startswith("Not measured: no amounts known · ") for text in _plain(app.caption)) == 2


def test_without_a_full_year_before_the_period_there_is_no_baseline(open_page: Open) -> None:
    app = open_page("overview", lang="en")
    assert i18n.t("value.baseline.none", "en") not in _plain(app.text), "not worked out before it is unfolded"
    app.session_state["overview_baseline_fold"] = True
    app.run()
    assert i18n.t("value.baseline.none", "en") in _plain(app.text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_indicator_stands_beside_its_baseline(open_page: Open, lang: str,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ask, "baseline", lambda self, view: parse("2025Q3"))
    remembering.forget()
    app = open_page("overview", lang=lang, period="2026Q3")
    app.session_state["overview_baseline_fold"] = True
    app.run()
    assert not app.exception
    name = fmt.period(parse("2025Q3"), lang)
    assert any(name in text for text in _plain(app.text))
    shown = next(d.value for d in app.dataframe if "verdict" in d.value.columns)
    assert len(shown) == 2 * len(TILES)
    row = shown[(shown["indicator"] == REGISTRY["win_rate.count"].label[lang])].iloc[0]
    assert row["now_said"].endswith("%")
    assert row["baseline_said"].endswith("%")
    remembering.forget()
