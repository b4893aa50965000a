"""Sentences of the pipeline leave out what is too small to matter, and never a percentage of nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analytics import findings_pipeline as say
from analytics.bridge import PARTS
from analytics.cards.forecast import told
from analytics.findings_facts import highest
from data.errors import MvpodError


def bridge(**effects: float) -> pd.DataFrame:
    """Rows of bridge.parts: the amount that each part adds; a part that is not named moved nothing."""
    moved = {part: float(effects.get(part, 0)) for part in PARTS}
    rows: list[dict[str, Any]] = [{"part": part, "effect": effect, "n": int(part in effects), "amount": abs(effect),
                                   "effect_n": int(part in effects)} for part, effect in moved.items()]
    return pd.DataFrame(rows)


def test_parts_of_less_than_three_per_cent_of_the_largest_flow_stay_in_the_chart() -> None:
    frame = bridge(start=1000, new=500, reopened=10, won=-200, lost=-100, increased=15, end=1225)
    assert say.moved(frame, "en", what="KA").text == (
        "KA rose from 1.00K to 1.23K (+22.5%): 510 came in, 200 won, 100 ended without an order")


def test_parts_that_count_are_told() -> None:
    frame = bridge(start=1000, new=500, reopened=100, won=-200, lost=-100, increased=150, postponed=-50, end=1400)
    assert say.moved(frame, "zh", what="大客户").text == (
        "大客户由 1,000 升至 1,400（+40.0%）：流入 600，赢单 200，未成交关闭 100；"
        "其他流出 50；金额调整 +150；重新打开 1 个")


def test_what_ends_where_it_began_neither_rose_nor_fell() -> None:
    nothing = bridge(start=0, new=303, won=-303, end=0)
    assert say.moved(nothing, "en", what="KA").text == (
        "KA is at 0 as at the start: 303 came in, 303 won, 0 ended without an order")
    assert say.moved(nothing, "zh", what="大客户").text == "大客户期初、期末均为 0：流入 303，赢单 303，未成交关闭 0"
    assert say.moved(bridge(start=900, end=900), "en", what="KA").text.startswith("KA is at 900 as at the start")
    assert say.moved(bridge(start=1000, new=4, end=1004), "en", what="KA").text.startswith("KA is at 1.00K as at")
    assert say.moved(bridge(start=999, new=4, end=1003), "en", what="KA").text.startswith("KA stayed near 999 (1.00K)")
    assert say.moved(bridge(start=4, lost=-4, end=0), "en", what="KA").text.startswith("KA fell from 4 to 0")


def test_what_starts_from_nothing_has_no_change_in_per_cent() -> None:
    assert "(" not in say.moved(bridge(start=0, new=500, end=500), "en", what="KA").text


def pushed(**late: int) -> pd.DataFrame:
    """Rows of ask.pushes: 40 pushes each, so many of them late where 15 % of the days are; n is 200 each."""
    return pd.DataFrame([{"team": team, "n": 200, "pushed": 90 if n > 10 else 20, "within": "", "within_n": 200,
                          "within_value": 0.45 if n > 10 else 0.1, "within_rest": 0.1, "is_apart": n > 10,
                          "gap": 0.35 if n > 10 else 0.0, "days_mean": 30.0,
                          "moves": 40, "late": n, "usual": 0.15, "is_late": n > 10} for team, n in late.items()])


def test_the_title_of_who_pushes_is_short_and_nothing_of_the_sentence_is_lost() -> None:
    said = say.pushes(pushed(South=30, North=6), "team", "en")
    assert said.heading == "South pushed 45.0% of its expected closes (n = 200), the others 10.0%: beyond chance"
    assert said.more == "South: by 30 days on average"
    inside = say.pushes(pushed(South=30, North=6).assign(within="KA"), "team", "en", segment=str.lower)
    assert inside.heading == ("South pushed 45.0% of its expected closes in ka (n = 200), the others there 10.0%: "
                              "beyond chance")
    assert "75.0% of its pushes fall in the last two weeks" in said.text


@pytest.mark.parametrize(("lang", "sure"), [("en", "beyond chance"), ("zh", "超出")])
def test_when_in_the_quarter_is_claimed_of_one_group_only(lang: str, sure: str) -> None:
    both = pushed(South=30, North=6)
    one = say.gathered(both.head(1), lang, who="South")
    assert one.strength == "clear"
    assert "75.0%" in one.text
    assert sure in one.text
    whole = say.gathered(both, lang, who="x")
    assert whole.strength == "unclear"
    assert "45.0%" in whole.text
    assert sure not in whole.text
    assert say.gathered(both.assign(moves=0, late=0), lang, who="x").strength == "nothing"


def test_where_no_amount_is_known_the_forecast_is_drawn_in_numbers() -> None:
    rows = pd.DataFrame({"value": [None, None], "count": [12.0, None]}, dtype="float64")
    assert (told(rows, "amount"), told(rows, "count")) == ("count", "count")
    assert told(rows.assign(value=1.0), "amount") == "amount"
    assert told(rows.assign(count=float("nan")), "amount") == "amount", "nothing is known: what was asked for stays"
    with pytest.raises(MvpodError, match="E_PACK"):
        told(rows, "x")  # type: ignore[arg-type]


def test_the_highest_of_the_latest_quarter_is_named_unless_all_are_alike() -> None:
    rows = pd.DataFrame([("2026Q2", "West", 90.0), ("2026Q3", "East", 30.0), ("2026Q3", "West", 20.0)],
                        columns=["quarter", "team", "hours"])
    assert highest(rows, by="team", value="hours") == "East"
    assert highest(rows.assign(hours=5.0), by="team", value="hours") is None
    assert highest(rows.iloc[:0], by="team", value="hours") is None
