"""Packs as values: to text and back, entries moved and commented, and carried on to the next quarter."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import i18n
from analytics.ask import Ask
from analytics.cards import CARDS, Card, Look
from analytics.cards.card import alone
from analytics.charts.figure import Figure
from analytics.review.default import ENTRIES, default_pack, usual_quarter
from analytics.review.pack import MAX_ITEMS, Item, Pack, called, from_text, next_quarter, to_text
from analytics.review.slides import slides
from analytics.review.stamp import figures
from analytics.view import View
from data.contracts import DIMENSIONS
from data.errors import MvpodError
from data.scope import Filters
from tests.journeys import SALES, Journey, asked

FILTERS = st.dictionaries(st.sampled_from(sorted(DIMENSIONS)), st.lists(st.text(max_size=8), min_size=1, max_size=3),
                          max_size=3).map(Filters.of)
ITEMS = st.builds(Item, st.sampled_from(["funnel.outcomes", "funnel.flow", "review.then_and_now"]), comment=st.text(),
                  filters=st.none() | FILTERS, previous=st.text())
PACKS = st.builds(
    Pack, st.from_regex(r"20[0-9]{2}Q[1-4]", fullmatch=True), st.text(), st.sampled_from(["en", "zh", "both"]),
    st.sampled_from(["previous", "last_year", "none"]), st.sampled_from(["calendar", "working"]),
    st.none() | st.dates(), FILTERS, st.lists(ITEMS, max_size=4).map(tuple))


@given(PACKS)
def test_a_pack_comes_back_from_its_text_as_it_was(pack: Pack) -> None:
    assert from_text(to_text(pack)) == pack


@pytest.mark.parametrize("change", [
    {"format": 9}, {"lang": "fr"}, {"compare": "tomorrow"}, {"filters": {"no such": ["x"]}}, {"as_of": "2026-02-30"},
    {"items": [{"card": "funnel.nothing", "options": {}, "comment": "", "filters": None}]},
    {"items": [{"card": "funnel.rates", "options": {"__class__": "x"}, "comment": "", "filters": None}]}, {"items": 7},
], ids=lambda change: next(iter(change)))
def test_what_is_no_pack_is_refused_with_a_sentence(change: dict[str, object]) -> None:
    told = json.loads(to_text(Pack("2026Q3"))) | change
    with pytest.raises(MvpodError) as refused:
        from_text(json.dumps(told))
    assert refused.value.code in ("E_PACK", "E_FILTER")


def test_entries_are_moved_as_far_as_they_go_and_removed() -> None:
    pack = Pack("2026Q3", items=tuple(Item(key) for key in ("funnel.rates", "funnel.flow", "funnel.outcomes")))
    assert [i.card for i in pack.moved(2, -1).items] == ["funnel.rates", "funnel.outcomes", "funnel.flow"]
    assert pack.moved(0, -1) == pack
    assert [i.card for i in pack.without(1).items] == ["funnel.rates", "funnel.outcomes"]


def test_a_card_of_the_same_view_is_listed_once_and_a_pack_has_an_end() -> None:
    pack = Pack("2026Q3").added(Item("funnel.rates"))
    assert pack.added(Item("funnel.rates", comment="again")) == pack
    assert len(pack.added(Item("funnel.rates", filters=Filters.of(segment=["KA"]))).items) == 2
    for number in range(2 * MAX_ITEMS):
        pack = pack.added(Item("funnel.rates", filters=Filters.of(team=[str(number)])))
    assert len(pack.items) == MAX_ITEMS


def test_next_quarter_keeps_the_entries_and_shows_what_was_said() -> None:
    pack = Pack("2025Q4", as_of=date(2025, 12, 31), items=(Item("funnel.rates", comment="too few proposals"),))
    later = next_quarter(pack, 1)
    assert (later.quarter, later.as_of) == ("2026Q1", None)
    assert later.items == (Item("funnel.rates", previous="too few proposals"),)
    assert next_quarter(pack, 4).quarter == "2026Q1"  # a fiscal year that starts in April has the same four quarters


def test_the_directors_pack_has_fifteen_entries_that_the_catalogue_knows() -> None:
    assert len(set(ENTRIES)) == 15
    assert [item.card for item in default_pack("2026Q3").items] == list(ENTRIES)
    assert set(ENTRIES) <= set(CARDS)


def test_the_usual_quarter_is_the_latest_complete_one() -> None:
    assert usual_quarter(date(2026, 9, 30), 1) == "2026Q3"
    assert usual_quarter(date(2026, 9, 29), 1) == "2026Q2"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_card_of_the_catalogue_has_a_name(lang: str) -> None:
    assert [key for key in CARDS if not i18n.has(f"review.card.{key}")] == []
    assert len({called(Item(key), lang, SALES) for key in CARDS}) == len(CARDS)


def test_cards_know_how_the_catalogue_makes_them_again() -> None:
    ask = asked([Journey([(0, "lead"), (5, "meeting")], columns={"segment": "KA"})])
    pack = Pack("2026Q1", items=(Item("funnel.rates", (("reading", "strict"),)), Item("funnel.outcomes")))
    made = [slide.cards for slide in slides(ask, pack, _view(pack), _look())]
    assert [card.source for cards in made for card in cards] == [("funnel.rates", (("reading", "strict"),)),
                                                               ("funnel.outcomes", ())]


def test_an_entry_narrows_the_pack_and_never_widens_it() -> None:
    ask = asked([Journey([(0, "lead"), (5, "meeting")], columns={"segment": "KA", "team": "East"}),
                 Journey([(0, "lead"), (6, "lost")], columns={"segment": "SMB", "team": "East"})])
    pack = Pack("2026Q1", filters=Filters.of(segment=["KA"]), items=(Item("funnel.outcomes"),))
    def shown(**filters: list[str]) -> list[str]:
        items = (replace(pack.items[0], filters=Filters.of(filters)),)
        view = _view(pack)
        return [segment for slide in slides(ask, pack.with_(items=items), view, _look())
                for card in slide.cards for segment in card.frame["segment"].unique()]
    assert shown(team=["East"]) == ["KA"]
    assert shown(segment=["KA", "SMB"]) == ["KA"]
    assert shown(segment=["SMB"]) == []
    assert shown(team=["West"]) == []


def test_an_entry_without_data_says_why_and_the_others_stand() -> None:
    ask = asked([Journey([(0, "lead"), (5, "meeting")], columns={"segment": "KA"})])
    pack = Pack("2026Q1", items=(Item("support.response"), Item("funnel.outcomes")))
    first, second = slides(ask, pack, _view(pack), _look())
    assert not first.cards
    assert first.missing
    assert second.cards
    assert not second.missing


def test_a_segment_without_a_chart_is_told_below_those_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(_ask: Ask, view: View, _look: Look) -> list[Card]:
        shown = Card("a", "KA: 1", "n", Figure(), pd.DataFrame({"n": [1]}), view, notes=("first",))
        return [shown, alone("b", "SMB: too few", view)]

    monkeypatch.setitem(CARDS, "funnel.rates", two)
    pack = Pack("2026Q1", items=(Item("funnel.rates"),))
    [slide] = slides(asked([Journey([(0, "lead")])]), pack, _view(pack), _look())
    assert [card.notes for card in slide.cards] == [("first", "SMB: too few")]


def _view(pack: Pack) -> View:
    return pack.view(date(2026, 12, 31), 1)


def _look() -> Look:
    return Look("en", SALES, "export")


def test_a_chart_that_cannot_be_made_says_so_and_the_others_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> list[Card]:
        raise ZeroDivisionError

    monkeypatch.setitem(CARDS, "funnel.rates", broken)
    ask = asked([Journey([(0, "lead"), (5, "meeting")], columns={"segment": "KA"})])
    pack = Pack("2026Q1", items=(Item("funnel.rates"), Item("funnel.outcomes")))
    first, second = slides(ask, pack, _view(pack), _look())
    assert first.missing == "This chart could not be made; the log says why."
    assert second.cards


def test_sums_that_differ_in_the_last_digits_have_one_hash_and_others_have_not() -> None:
    one, two, three = (figures(pd.DataFrame({"n": [x]})) for x in (0.1 + 0.2, 0.3, 0.3 + 1e-8))
    assert one == two != three


@pytest.mark.parametrize(("one", "two"), [(0.1234567885 + 1e-17, 0.12345678850000003), (1e-17, 0.0), (0.3, 0.1 + 0.2)])
def test_noise_of_the_sixteenth_digit_never_changes_a_hash(one: float, two: float) -> None:
    assert figures(pd.DataFrame({"x": [one]})) == figures(pd.DataFrame({"x": [two]}))


def test_a_change_in_the_ninth_digit_changes_the_hash() -> None:
    assert figures(pd.DataFrame({"x": [0.123456789]})) != figures(pd.DataFrame({"x": [0.123456788]}))
