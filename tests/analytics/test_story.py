"""One opportunity's story in a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from analytics import story


def said(*visits: tuple[str, str, str, int], created: Any = date(2026, 1, 1), gone_on: Any = pd.NaT,
         **words: str) -> str:
    """The sentence of visits (stage, kind of stage, day of entry, days), told up to 1 Mar 2026."""
    frame = pd.DataFrame(visits, columns=["stage", "stage_kind", "entered_on", "calendar_days"])
    frame["exited_on"] = [*frame["entered_on"].iloc[1:], gone_on][:len(frame)]
    parts = {"visits": frame, "opportunity": {"created_on": created, "seen_on": date(2026, 3, 1),
                                              "is_gone": not pd.isna(gone_on)}}
    return story.said(parts, words.get("lang", "en"), stage=str.title, status=words.get("status", "Open"))


def test_what_is_open_tells_its_age_and_how_long_it_stands_in_its_stage() -> None:
    found = said(("lead", "open", "2026-01-01", 10), ("bid", "open", "2026-01-11", 49))
    assert found == "Open: 59 days since it was created, the last 49 days in Bid"


def test_what_is_closed_tells_where_it_took_longest_all_visits_together() -> None:
    visits = (("lead", "open", "2026-01-01", 6), ("bid", "open", "2026-01-07", 7), ("lead", "open", "2026-01-14", 5),
              ("won", "won", "2026-01-19", 41))
    assert said(*visits, status="Won") == "Won on 19 Jan 2026 after 18 days, longest in Lead (11 days)"
    assert said(*visits, status="赢单", lang="zh") == "2026年1月19日赢单，历时 18 天，在“Lead”最久（11 天）"


def test_what_is_gone_from_the_exports_does_not_age_on() -> None:
    visits = (("lead", "open", "2026-01-01", 10), ("bid", "open", "2026-01-11", 9))
    assert said(*visits, gone_on="2026-01-20") == ("Open until it was gone from the exports on 20 Jan 2026, 19 days "
                                                   "after it was created, the last 9 days in Bid")
    assert said(*visits, gone_on="2026-01-20", status="在手", lang="zh") == (
        "2026年1月20日起不再出现在导出数据中，此前在手：创建后 19 天，其中最后在“Bid”9 天")


def test_what_is_not_known_is_not_told() -> None:
    assert said(("lead", "open", "2026-01-01", 10), created=pd.NaT) == ""
    assert said() == ""
    assert said(("lost", "lost", "2026-02-01", 28), status="Lost") == "Lost on 1 Feb 2026 after 31 days"
