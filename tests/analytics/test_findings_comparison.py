"""What a comparison said long ago is not told as if it held today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics.findings_comparison import standing

MONDAY = date(2026, 9, 7)
NOW: dict[str, Any] = {"p": 0.6, "p_us": 0.7, "g": 0.9, "is_phantom": False, "rival": "Alpha", "ratio": 1.5,
                       "volatility": None, "hint": "frontal", "assessed_week": pd.Timestamp(MONDAY)}


def said(days: int, lang: str = "en", **facts: Any) -> str:
    """The title so many days after the Monday of the week that was assessed."""
    return standing(NOW, lang, as_of=MONDAY + timedelta(days=days), silent_days=14, **facts)[0]


@pytest.mark.parametrize("days", [0, 6, 13])
def test_as_long_as_it_is_current_nothing_is_said_of_its_age_and_a_strategy_is_suggested(days: int) -> None:
    assert said(days).startswith("Win rate 60.0% overall")
    assert "frontal" in said(days)


def test_what_is_older_says_so_first_and_suggests_nothing() -> None:
    assert said(14).startswith("Not current: last assessed in the week of 7 Sep 2026 · Win rate 60.0%")
    assert "frontal" not in said(14)
    assert said(14, "zh").startswith("非当前情况：最近一次评估为2026年9月7日当周")


def test_what_is_closed_tells_what_was_said_before_and_suggests_nothing() -> None:
    assert said(3, is_closed=True).startswith("Before it closed, week of 7 Sep 2026 · Win rate 60.0%")
    assert "frontal" not in said(3, is_closed=True)


def test_the_rival_and_the_usual_move_stand_below_the_title() -> None:
    title, more = standing({**NOW, "volatility": 0.8}, "en", as_of=MONDAY, silent_days=14)
    assert "Alpha" not in title
    assert more == ["strongest rival Alpha (we are 1.50 times as strong)", "usually moves by 0.8 points a week",
                    "Frontal: clearly stronger (a suggestion, not a decision)"]
