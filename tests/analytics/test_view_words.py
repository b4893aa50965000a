"""The words name everything that was chosen; the address opens the same view."""

from __future__ import annotations

from datetime import date

from analytics.view import View
from analytics.view_words import address, in_words
from data.scope import Filters
from data.settings import parse_settings

SETTINGS = parse_settings('[[segment]]\nkey = "KA"\nlabel = { en = "Key accounts", zh = "大客户" }')
QUARTER = View(date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30), "previous",
               filters=Filters.of(segment=["KA"], owner_id=["S1", "S2"], lead_source=["fair"]))


def test_the_words_name_every_filter_and_call_owners_by_name():
    words = in_words(QUARTER, "en", SETTINGS, {"S1": "Pine"})
    assert "30 Sep 2026" in words
    assert "Key accounts" in words
    assert "Pine and S2" in words or "Pine, S2" in words
    assert "fair" in words
    assert "大客户" in in_words(QUARTER, "zh", SETTINGS, {})


def test_the_address_names_the_quarter_and_escapes_what_was_chosen():
    told = address("funnel", QUARTER.with_(filters=Filters.of(team=["A&B=1"])), "zh")
    assert told == "funnel?as_of=2026-09-30&compare=previous&days=calendar&lang=zh&period=2026Q3&team=A%26B%3D1"


def test_a_period_without_a_name_is_told_by_its_days():
    assert "period=2026-07-02..2026-09-30" in address("overview", QUARTER.with_(start=date(2026, 7, 2)), "en")
    assert "period=all" in address("overview", View(date(2026, 9, 30)), "en")
