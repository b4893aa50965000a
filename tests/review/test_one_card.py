"""A chart that is taken from a page as a file of its own: what it carries, and that it can be verified."""

from __future__ import annotations

import csv as files_of_rows
import io
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.cards import CARDS, Card, Look
from analytics.export.csv import STAMP, VIEW, csv_bytes
from analytics.export.images import _chunks, _stamped
from analytics.review import verify as check
from analytics.review.assemble import alone
from analytics.review.stamp import Stamp
from analytics.view import View
from data.engine import open_company
from data.scope import Filters, Scope

DAY = date(2026, 3, 31)
QUARTER = View(DAY, date(2026, 1, 1), DAY, filters=Filters.of(pipeline=["smb"]))


@pytest.fixture(scope="module")
def ask(imported: Path) -> Iterator[Ask]:
    company = open_company(imported)
    yield Ask(company)
    company.close()


def taken(ask: Ask, card: Card, lang: str = "en") -> Stamp:
    """The stamp of a card as a page hands it on."""
    found = alone(card, Look(lang, ask.settings, "dark"), ask.company.load_id, ask.owner_names(), "https://sales")
    assert found
    return found


def made(ask: Ask, key: str, view: View = QUARTER, lang: str = "en", **options: str) -> list[Card]:
    cards = CARDS[key](ask, view, Look(lang, ask.settings, "dark"), **options)
    return [card for card in cards if not card.frame.empty]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("key", CARDS)
def test_the_table_of_every_card_of_every_page_is_verified(ask: Ask, key: str, lang: str) -> None:
    for card in made(ask, key, lang=lang):
        file = check.read(csv_bytes(card.frame, taken(ask, card, lang)), "card.csv")
        assert check.verify(file, ask, ask).differences == ()


@pytest.mark.parametrize("view", [
    QUARTER, View(DAY), View(DAY, date(2026, 1, 15), date(2026, 2, 20), "previous"),
    View(date(2026, 3, 1), date(2025, 4, 1), DAY, "last_year", "working"),
    View(DAY, scope=Scope.of(pipeline=["smb"])),
], ids=["quarter", "all time", "days", "earlier day", "scope"])
def test_it_is_verified_for_the_view_that_it_was_taken_from(ask: Ask, view: View) -> None:
    [card, *_] = made(ask, "funnel.rates", view, reading="strict")
    stamp = taken(ask, card)
    file = check.read(csv_bytes(card.frame, stamp), "card.csv")
    assert check.verify(file, ask, ask).differences == ()
    assert stamp.link.startswith("https://sales/funnel?")


def test_the_second_of_two_cards_is_told_from_the_first(ask: Ask) -> None:
    cards = made(ask, "review.then_and_now", QUARTER.with_(filters=Filters()))
    for card in cards:
        file = check.read(csv_bytes(card.frame, taken(ask, card)), "card.csv")
        assert check.verify(file, ask, ask).differences == ()


def test_a_changed_cell_is_named(ask: Ask) -> None:
    [card] = made(ask, "funnel.outcomes")
    rows = list(files_of_rows.reader(io.StringIO(csv_bytes(card.frame, taken(ask, card)).decode("utf-8-sig"))))
    place = rows[0].index("n")
    assert rows[1][place] == "24"
    rows[1][place] = "25"
    changed = io.StringIO()
    files_of_rows.writer(changed).writerows(rows)
    [found] = check.verify(check.read(changed.getvalue().encode(), "card.csv"), ask, ask).differences
    assert (found.why, found.cell and (found.cell.left, found.cell.right)) == ("edited", ("25", "24"))


def test_a_spreadsheet_sees_a_table_with_two_more_columns(ask: Ask) -> None:
    [card] = made(ask, "funnel.outcomes")
    data = csv_bytes(card.frame, taken(ask, card))
    assert data.startswith(b"\xef\xbb\xbf")
    plain, stamped = (pd.read_csv(io.BytesIO(x)) for x in (csv_bytes(card.frame), data))
    pd.testing.assert_frame_equal(stamped.drop(columns=[VIEW, STAMP]), plain)
    assert stamped[VIEW].iloc[0].endswith("load 1")
    assert stamped[[VIEW, STAMP]].iloc[1:].isna().all(axis=None)
    longest = max(len(cell) for row in files_of_rows.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row)
    assert longest < 32_767, "what a cell of a spreadsheet can hold"


def test_a_picture_is_verified_by_the_hash_of_its_figures(ask: Ask) -> None:
    [card] = made(ask, "funnel.outcomes")
    stamp = taken(ask, card)
    svg = f'<svg><metadata id="mvpod-stamp">{b64encode(stamp.to_text().encode()).decode()}</metadata></svg>'.encode()
    png = _stamped(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\x0dIHDR" + bytes(17), stamp)
    for data in (svg, png):
        assert check.verify(check.read(data, "card"), ask, ask).differences == ()
        other = check.read(data, "card")
        wrong = replace(other.stamp, cards=({**other.stamp.cards[0], "sha256": "0" * 64},))
        assert check.verify(replace(other, stamp=wrong), ask, ask).differences
    [text] = [chunk for kind, chunk in _chunks(png) if kind == b"tEXt"]
    assert zlib.crc32(b"tEXt" + text).to_bytes(4, "big") in png


def test_a_card_that_no_pack_could_hold_has_no_stamp(ask: Ask) -> None:
    [card] = made(ask, "funnel.outcomes")
    assert alone(replace(card, source=None), Look("en", ask.settings), 1, {}) is None
