"""Last quarter's largest opportunities and what has become of them, against a patient reading of the journeys."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.ask import Ask
from analytics.cards import CARDS, Look
from analytics.charts import then_now
from analytics.export.plot import plot_of
from data.scope import Filters, Scope
from tests.journeys import CLOSINGS, SALES, Journey, asked, view

#: the period begins on day 50: what was open on the evening of day 49?
THEN, NOW = 49, 90
KA, SMB = {"segment": "KA"}, {"segment": "SMB"}
DEALS = [
    Journey([(0, "lead"), (60, "won")], 900, "won later", KA),
    Journey([(0, "lead"), (40, "meeting"), (70, "proposal")], 800, "went on", KA),
    Journey([(0, "lead"), (49, "lost")], 5000, "lost that very day", KA),
    Journey([(50, "lead")], 7000, "came a day too late", KA),
    Journey([(0, "lead"), (95, "won")], 700, "won after today", KA),
    Journey([(0, "lead")], None, "without an amount", KA),
    Journey([(0, "lead"), (80, "no_decision")], 300, "given up", SMB),
    Journey([(0, "lead")], 200, "left the exports", SMB, gone_on=80),
    *(Journey([(0, "lead")], 10 + i, f"small {i}", SMB) for i in range(12)),
]


@pytest.fixture(scope="module")
def company() -> Ask:
    return asked(DEALS, weekly=True, today=98)


def stage_on(deal: Journey, day: int) -> str | None:
    """Where a deal stood at the end of a day; None before it began and after it has left the exports."""
    if deal.gone_on is not None and day >= deal.gone_on:
        return None
    return next((stage for on, stage in reversed(deal.steps) if isinstance(on, int) and on <= day), None)


def expected(segment: str) -> list[tuple[str, str | None, str]]:
    """Id, stage now and status now of the eight largest that were open then."""
    mine = [d for d in DEALS if d.columns["segment"] == segment and (stage_on(d, THEN) or "won") not in CLOSINGS]
    mine.sort(key=lambda d: (d.amount is None, -(d.amount or 0), d.id))
    told = []
    for deal in mine[:8]:
        now = stage_on(deal, NOW)
        told.append((deal.id, now, "gone" if now is None else now if now in CLOSINGS else "open"))
    return told


@pytest.mark.parametrize("segment", ["KA", "SMB"])
def test_the_largest_open_ones_are_followed_to_today(company: Ask, segment: str) -> None:
    frame = company.then_and_now(view(NOW, 50, 140))
    mine = frame[frame["segment"] == segment]
    found = [(row["opportunity_id"], row["to_stage"] if isinstance(row["to_stage"], str) else None, row["status"])
             for row in mine.to_dict("records")]
    assert found == expected(segment)


def test_how_many_were_open_is_said_beside_the_largest(company: Ask) -> None:
    frame = company.then_and_now(view(NOW, 50, 140))
    assert dict(zip(frame["segment"], frame["open_then"], strict=True)) == {"KA": 4, "SMB": 14}


def test_filters_and_scope_are_those_of_then(company: Ask) -> None:
    whole = view(NOW, 50, 140)
    for narrowed in (whole.with_(filters=Filters.of(segment=["KA"])), whole.with_(scope=Scope.of(segment=["KA"]))):
        assert set(company.then_and_now(narrowed)["segment"]) == {"KA"}


@pytest.mark.parametrize(("lang", "title"), [
    ("en", "KA: of the 4 largest of 4 opportunities open on 19 Feb 2026, 1 won, 3 still open, 0 lost or given up"),
    ("zh", "KA：2026年2月19日在手的 4 个商机中金额最大的 4 个，已赢 1 个，仍在手 3 个，输单或放弃 0 个")])
def test_each_segment_has_its_card_whose_title_counts_what_is_drawn(company: Ask, lang: str, title: str) -> None:
    cards: list[Any] = CARDS["review.then_and_now"](company, view(NOW, 50, 140), Look(lang, SALES))
    assert [card.segment for card in cards] == ["KA", "SMB"]
    assert cards[0].title == title
    assert list(cards[0].frame["name"]) == ["won later", "went on", "won after today", "without an amount"]


def test_what_was_lost_has_no_amount_now_in_a_native_chart_and_its_name_says_so(company: Ask) -> None:
    card = CARDS["review.then_and_now"](company, view(NOW, 50, 140), Look("en", SALES))[1]
    plot = plot_of(card, Look("en", SALES))
    assert plot
    place = list(card.frame["name"]).index("given up")
    assert plot.categories[place] == "No decision · given up"
    assert [line.values[place] for line in plot.lines] == [None, 300.0]


def nameless(amounts: list[int | None]) -> Ask:
    return asked([Journey([(0, "lead")], amount, "", KA) for amount in amounts], weekly=True, today=98)


@pytest.mark.parametrize(("lang", "said"), [("en", "No name in the export"), ("zh", "没有商机名称")])
def test_where_the_export_has_no_names_the_card_says_so_and_calls_them_by_account_and_id(lang: str, said: str) -> None:
    [card] = CARDS["review.then_and_now"](nameless([5, 7]), view(NOW, 50, 140), Look(lang, SALES))
    assert said in card.notes[-1]
    assert len(set(card.frame["name"])) == 2
    assert all(row["opportunity_id"] in row["name"] for row in card.frame.to_dict("records"))
    assert then_now.title({"name": "nan", "account_name": "Silis", "opportunity_id": "58C"}) == "Silis · 58C"


def test_where_amounts_are_missing_nobody_is_called_the_largest_of_all() -> None:
    [some] = CARDS["review.then_and_now"](nameless([5, None, None]), view(NOW, 50, 140), Look("en", SALES))
    assert some.notes[0] == "The amount of 2 of the 3 open then is not known: they cannot be among the largest."
    [none] = CARDS["review.then_and_now"](nameless([None, None]), view(NOW, 50, 140), Look("en", SALES))
    assert none.title.startswith("KA: no amount is known of the 2 opportunities open on 19 Feb 2026")
    assert none.frame.empty
