"""The cards of the catalogue: each is whole in both languages, says what is missing, and draws its own figures."""

from __future__ import annotations

import inspect
import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.cards import CARDS, Card, Look, Native, Series, pipeline
from analytics.charts.sheet import message
from analytics.export.plot import plot_of
from analytics.metrics.registry import REGISTRY
from analytics.view import View
from data import demo
from data.engine import open_company
from data.errors import MvpodError
from data.intake.importing import import_paths

#: opportunities alone: no accounts, amounts, owners or dates of closing expected
FATES = ("won", "lost", "lead_verified")
ROWS = "opportunity_id,stage,created_on,closed_on\n" + "\n".join(
    f"o{i},{FATES[i % 3]},2026-0{1 + i % 3}-05,{'' if i % 3 == 2 else f'2026-0{5 + i % 4}-11'}" for i in range(60))
LANGUAGES = ("en", "zh")


class Remembered(Ask):
    """Asks every question once: both languages, and the tests, tell the same answers."""

    def __init__(self, store: Path) -> None:
        super().__init__(open_company(store))
        self.answers: dict[str, Any] = {}

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or not inspect.ismethod(found):
            return found

        def answer(*args: Any, **named: Any) -> Any:
            question = repr((name, args, sorted(named.items())))
            if question not in self.answers:
                self.answers[question] = found(*args, **named)
            return self.answers[question]
        return answer


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A small sample company; it is only read."""
    store = tmp_path_factory.mktemp("cards") / "store"
    demo.create(store, accounts=60, opportunities=400, weeks=60)
    return Remembered(store)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """A company that exported opportunities and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "opportunity.csv").write_text(ROWS, encoding="utf-8")
    import_paths([folder / "opportunity.csv"], folder / "store", as_of=date(2026, 9, 30))
    return Remembered(folder / "store")


def year(ask: Ask) -> View:
    day = ask.company.last_day
    return View(day, date(day.year - 1, day.month, 1), day, "previous")


def test_the_trend_says_by_what_it_is_measured_and_only_by_count_what_is_overdue(sample: Ask) -> None:
    for measure, said, share in (("count", "Win rate of ", "Share won of all"),
                                 ("amount", "Win rate by amount of ", "Share of the amount won")):
        keys = ("win_rate.trend", "win_rate.trend_by_segment")
        cards = [card for key in keys for card in made(sample, key, measure=measure)]
        assert len(cards) == 3
        assert all(c.measured.startswith(share) for c in cards)
        assert all(c.title.startswith(said) for c in cards[1:])
        assert ("with_overdue" in (cards[0].columns or ())) == (measure == "count")


def made(ask: Ask, key: str, lang: str = "en", **options: str) -> list[Card]:
    return CARDS[key](ask, year(ask), Look(lang, ask.settings), **options)


@pytest.mark.parametrize("key", CARDS)
def test_a_card_is_whole_in_both_languages(sample: Ask, key: str) -> None:
    cards = {lang: made(sample, key, lang) for lang in LANGUAGES}
    assert len({tuple(card.key for card in found) for found in cards.values()}) == 1
    for lang, found in cards.items():
        assert len({card.key for card in found}) == len(found)
        for card in found:
            assert card.title
            assert "{" not in card.title + card.measured + "".join(card.notes)
            assert card.source == (key, ())
            assert card.definition_key is None or card.definition_key in REGISTRY
            assert set(card.columns or ()) & set(card.frame.columns) or not len(card.columns or ()) or card.frame.empty
            plot_of(card, Look(lang, sample.settings))


def test_the_title_the_rows_and_the_tiles_of_coverage_are_the_same_figures(sample: Ask) -> None:
    view = year(sample)
    (card,) = made(sample, "pipeline.coverage")
    ahead = sample.headline_ahead(view, ("segment",))
    tiles = ahead[(ahead["key"] == "pipeline.coverage") & ahead["value"].notna()].set_index("segment")
    rows = card.frame[card.frame["quarter"] == tiles["ahead"].iloc[0]].set_index("segment")
    assert len(tiles) == 2
    assert rows.loc[tiles.index, "value"].tolist() == tiles["value"].tolist()
    assert rows.loc[tiles.index, "needed"].tolist() == tiles["target"].tolist()
    assert any(f"{value:.1f} times" in card.title for value in card.frame["value"].dropna())


@pytest.mark.parametrize("key", CARDS)
def test_a_native_chart_shows_the_figures_of_its_card(sample: Ask, key: str) -> None:
    look = Look("en", sample.settings)
    for card in made(sample, key):
        plot = plot_of(card, look)
        if plot is None or card.native is None:
            continue
        columns = {s.column for s in card.native.series}
        told = {round(float(v), 9) for c in columns for v in card.frame[c].dropna()}
        drawn = {round(v, 9) for line in plot.lines for v in line.values if v is not None}
        assert drawn
        assert drawn <= told


@pytest.mark.parametrize("key", CARDS)
def test_with_opportunities_alone_nothing_fails_and_nothing_is_made_up(alone: Ask, key: str) -> None:
    for card in made(alone, key):
        assert card.title
        assert not card.missing or card.frame.empty


@pytest.mark.parametrize("key", ["pipeline.pushes", "pipeline.coverage", "win_rate.expected", "win_rate.calibration",
                                 "closeness.predicts", "closeness.shifts", "closeness.course", "closeness.holders",
                                 "support.response", "support.conditions"])
def test_a_card_without_its_data_says_which_are_missing(alone: Ask, key: str) -> None:
    for lang in LANGUAGES:
        assert all(card.missing for card in made(alone, key, lang))


def test_where_no_amount_is_known_the_bridge_counts(alone: Ask) -> None:
    card, = made(alone, "pipeline.bridge")
    assert card.native is not None
    assert [s.column for s in card.native.series] == ["effect_n"]


def test_a_bar_of_the_stock_is_the_number_of_opportunities_behind_it(sample: Ask) -> None:
    for card in made(sample, "pipeline.stock", weight="count"):
        for row in card.frame.to_dict("records"):
            mark = {"question": card.question, **{k: row[k] for k in ("pipeline", "stage", "segment")}}
            assert sample.opportunities(card.view, mark).attrs["total"] == row["n"]


def test_who_is_not_drawn_in_the_stock_is_counted_below_it_and_sets_no_scale(sample: Ask) -> None:
    drawn = made(sample, "pipeline.stock")
    frame = pipeline.stock_of(sample, year(sample))
    missing = int(frame["n"].sum()) - sum(int(card.frame["n"].sum()) for card in drawn)
    said = [note for card in drawn for note in card.notes]
    assert len(said) == bool(missing)
    assert sum(int(n.replace(",", "")) for note in said for n in re.findall(r"n = ([\d,]+)", note)) == missing
    widest = max(float(card.frame["amount"].max()) for card in drawn)
    assert {card.figure.layout.xaxis.range[1] for card in drawn} == {widest}


def test_a_click_on_a_bar_of_pushes_asks_for_the_pushed_ones(sample: Ask) -> None:
    card, = made(sample, "pipeline.pushes", by="segment")
    names = card.figure.layout.meta["mark"]
    asked = {values[0]: dict(zip(names, values, strict=True)) for trace in card.figure.data
             if trace.customdata is not None for values in trace.customdata}
    pushed = sample.pushes(year(sample), "segment").set_index("segment")["pushed"]
    for segment in ("KA", "SMB"):
        behind = sample.opportunities(card.view, {"question": card.question, **asked[segment]})
        assert behind.attrs["total"] == pushed[segment]


@pytest.mark.parametrize(("key", "options"), [
    ("forecast.outlook", {"ahead": "7"}), ("forecast.replay", {"lead": "soon"}), ("forecast.outlook", {"measure": "x"}),
    ("win_rate.trend", {"grain": "day"}), ("win_rate.groups", {"measure": "x"}), ("quality.completeness", {"by": "x"})])
def test_an_option_that_there_is_not_is_refused_with_the_ones_that_there_are(sample: Ask, key: str,
                                                                            options: dict[str, str]) -> None:
    with pytest.raises(MvpodError) as refused:
        made(sample, key, **options)
    assert refused.value.code == "E_PACK"


def test_chosen_options_travel_with_the_card(sample: Ask) -> None:
    card = made(sample, "win_rate.trend", grain="month", measure="count")[0]
    assert card.source == ("win_rate.trend", (("grain", "month"),))


FRAME = pd.DataFrame({"who": ["a", "a", "b"], "part": ["x", "y", "x"], "v": [1.0, 2.0, 3.0], "came": [9.0, 9.0, 8.0]})


def drawn(ask: Ask, native: Native) -> dict[str, tuple[float | None, ...]]:
    card = Card("k", "t", "m", message("light", ""), FRAME, year(ask), native=native)
    plot = plot_of(card, Look("en", ask.settings))
    assert plot is not None
    return {line.name: line.values for line in plot.lines} | {"": tuple(map(len, plot.categories))}


def test_two_rows_of_one_name_stay_two_bars_and_no_more_are_drawn_than_asked_for(sample: Ask) -> None:
    assert drawn(sample, Native("bar", "who", (Series("v", "v"),)))["v"] == (1, 2, 3)
    assert drawn(sample, Native("bar", "who", (Series("v", "v"),), most=2))["v"] == (1, 2)


def test_a_series_per_value_stands_beside_those_that_all_values_share(sample: Ask) -> None:
    series = (Series("said", "v"), Series("came", "came"))
    found = drawn(sample, Native("column", "who", series, split="part"))
    assert (found["came"], found["x"], found["y"]) == ((9, 8), (1, 3), (2, None))
    assert set(drawn(sample, Native("column", "who", series, split="part", but="y"))) == {"came", "x", ""}
