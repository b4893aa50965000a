"""What is planted in the sample company about the pipeline is found without filtering: 4 `pushes`, 15 `promoted`."""

from __future__ import annotations

from datetime import date

import pytest

from analytics import findings_pipeline
from analytics.ask import Ask
from analytics.view import View
from data.scope import Filters

pytestmark = pytest.mark.slow

#: the view with which the pages open
YEAR = View(date(2026, 9, 30), date(2025, 10, 1), date(2026, 9, 30), "previous")
SOUTH = "大客户南区 KA South"


@pytest.mark.parametrize(("lang", "late"), [("en", "last two weeks of a quarter"), ("zh", "季末两周")])
def test_the_team_that_pushes_at_quarter_ends_is_named(ask: Ask, lang: str, late: str) -> None:
    said = findings_pipeline.pushes(ask.pushes(YEAR), "team", lang)
    assert said.strength == "clear"
    assert SOUTH in said.text
    assert late in said.text


def test_no_other_team_pushes_at_quarter_ends(ask: Ask) -> None:
    frame = ask.pushes(YEAR).set_index("team")
    assert frame.loc[SOUTH, "pushed"] == frame.loc[SOUTH, "pushed_quarter"]
    assert frame.index[frame["is_late"] & frame["is_apart"] & (frame["gap"] > 0)].tolist() == [SOUTH]


def test_promoted_accounts_move_their_deals_from_one_segment_into_the_other(ask: Ask) -> None:
    """Twelve accounts became KA on 2025-07-01: what leaves SMB comes into KA, in number and in amount."""
    july = YEAR.with_(as_of=date(2025, 7, 31), start=date(2025, 6, 15), end=date(2025, 7, 31))
    ka, smb = (ask.bridge(july.with_(filters=Filters.of(segment=[s]))).set_index("part") for s in ("KA", "SMB"))
    assert ka.loc["moved_in", "n"] > 0
    assert smb.loc["moved_out", "n"] >= ka.loc["moved_in", "n"]
    whole = ask.bridge(july).set_index("part")
    assert whole.loc[["moved_in", "moved_out", "owner_in", "owner_out"], "n"].sum() == 0, "nothing leaves the whole"


def test_what_the_bridge_calls_won_is_what_was_won_in_the_period(ask: Ask) -> None:
    won = ask.metric("win_rate.count", YEAR).iloc[0]
    assert ask.bridge(YEAR).set_index("part").loc["won", "n"] == pytest.approx(won["won"], rel=0.01)
