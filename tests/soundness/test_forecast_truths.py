"""On the sample company, whose settings carry a CRM's hopeful probabilities (docs/sample-company.md, truth 13), own
history beats the stage promise in every segment, quarter by quarter, and the page says so."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analytics import findings_forecast as say
from analytics.ask import Ask
from analytics.view import View

pytestmark = pytest.mark.slow

TODAY = View(date(2026, 9, 30))


@pytest.fixture(scope="module")
def replay(ask: Ask) -> dict[str, pd.DataFrame]:
    """What would have been said at the start of each of the last eight quarters."""
    return ask.forecast_replay(TODAY)


@pytest.mark.parametrize("segment", ["KA", "SMB"])
def test_own_history_beats_the_stage_promise(replay: dict[str, pd.DataFrame], segment: str) -> None:
    frame = replay["accuracy"]
    mine = frame[frame["segment"] == segment].set_index("method")
    print(mine[["quarters", "value", "bias", "count_mape", "coverage", "worse_by", "p"]].round(3).to_string())
    assert (mine["quarters"] == 8).all()
    assert mine.loc["historical", "value"] < 0.25
    assert mine.loc["historical", "value"] < mine.loc["weighted", "value"] - 0.1
    assert mine.loc["weighted", "is_sure"]
    assert mine.loc["historical", "coverage"] >= 0.5


def test_the_promise_for_key_accounts_is_more_than_twice_what_comes(replay: dict[str, pd.DataFrame]) -> None:
    rows = replay["rows"]
    promised = rows[(rows["segment"] == "KA") & (rows["method"] == "weighted")]
    assert promised["value"].sum() > 2 * promised["actual_amount"].sum()


@pytest.mark.parametrize("lead", [13 * 7, 8 * 7, 4 * 7])
def test_what_is_forecast_and_what_comes_add_up_to_the_closings(ask: Ask, lead: int) -> None:
    rows = ask.forecast_replay(TODAY, (), lead=lead)["rows"].drop_duplicates("period")
    for row in rows.to_dict("records"):
        won = ask.metric("win_rate.count", TODAY.with_(start=row["start"].date(), end=row["end"].date()))["won"].iloc[0]
        assert row["actual"] == pytest.approx(won, abs=1), "one that was reopened since counts as what it was then"


def test_the_page_names_the_better_method_without_anybody_looking(replay: dict[str, pd.DataFrame]) -> None:
    frame = replay["accuracy"]
    for segment in ("KA", "SMB"):
        found = say.proven(frame[frame["segment"] == segment], "en", what=segment)
        assert found.strength == "clear"
        assert found.text.startswith(f"{segment}: Own history was off by")
