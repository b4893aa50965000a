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
        "KA rose from 1.00K to 1.23K (+22.5%): 510 came in, 200 was won, 100 ended without an order")


def test_parts_that_count_are_told() -> None:
    frame = bridge(start=1000, new=500, reopened=100, won=-200, lost=-100, increased=150, postponed=-50, end=1400)
    assert say.moved(frame, "zh", what="大客户").text == (
        "大客户由 1,000 升至 1,400（+40.0%）：流入 600，赢单 200，未成交关闭 100；"
        "其他流出 50；金额调整 +150；重新打开 1 个")


def test_what_starts_from_nothing_has_no_change_in_per_cent() -> None:
    assert "(" not in say.moved(bridge(start=0, new=500, end=500), "en", what="KA").text


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
