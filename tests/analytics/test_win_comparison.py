"""The comparison with the rivals over many opportunities: who moved and why, what may be expected, one story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pytest

from analytics import findings_comparison, win_comparison
from analytics.ask import Ask
from data.contracts import TABLES
from data.engine import company_of
from data.errors import MvpodError
from data.marts.history import marts_of
from data.scope import Scope
from data.settings import Settings, WinRate
from tests.journeys import SALES, Journey, _events, _row, _table, day, view

#: Mondays as day numbers; the last week ends on Sunday, day 31.
FIRST, SECOND, THIRD, LAST, SUNDAY = 4, 11, 18, 25, 31
#: METHOD B6, the printed example: we (80, 60) against A (70, 75) and B (50, 40); our closeness then rises to 72.
OLD = [("us", 80, 60), ("A", 70, 75), ("B", 50, 40)]
NEW = [("us", 80, 72), ("A", 70, 75), ("B", 50, 40)]

Said = tuple[str, int, Sequence[tuple[str, float, float]]]


def company(
    journeys: Sequence[Journey],
    said: Sequence[Said],
    *,
    today: int = SUNDAY,
    settings: Settings = SALES,
    answers: Sequence[tuple[str, int, Sequence[float]]] = (),
) -> Ask:
    """Opportunities o0, o1, … with assessments (id, Monday, [(party, need fit, closeness), …]) and answers to the
    necessary conditions (id, day, values)."""
    names = [f"o{i}" for i in range(len(journeys))]
    opportunity = _table("opportunity", [row for n, j in zip(names, journeys) if (row := _row(n, j, today))])
    changes = _table("stage_change", [row for n, j in zip(names, journeys) for row in _events(n, j)])
    more: dict[str, pa.Table] = {
        "assessment": _table(
            "assessment",
            [
                {
                    "opportunity_id": name,
                    "week": day(monday),
                    "party": party,
                    "need_fit": need,
                    "closeness": near,
                    "assessor": "S1",
                    "source_count": 2,
                }
                for name, monday, parties in said
                for party, need, near in parties
            ],
        ),
        "checklist": _table(
            "checklist",
            [
                {
                    "opportunity_id": name,
                    "kind": "necessary_condition",
                    "item": f"item {i}",
                    "assessed_on": day(number),
                    "value": value,
                }
                for name, number, values in answers
                for i, value in enumerate(values)
            ],
        ),
    }
    marts = marts_of(opportunity, changes, settings, more)
    return Ask(company_of({"opportunity": opportunity, "stage_change": changes, **more, **marts}, settings))


def opened(stage: str = "meeting", **columns: object) -> Journey:
    return Journey([(0, stage)], columns=columns)


def test_the_contracts_have_what_the_tests_write() -> None:
    assert {"week", "party", "need_fit", "closeness"} <= set(TABLES["assessment"].schema().names)


def test_who_moved_last_week_stands_with_the_reason_of_the_printed_example() -> None:
    asked = company([opened()], [("o0", THIRD, OLD), ("o0", LAST, NEW)])
    (row,) = asked.win_movers(view(SUNDAY)).to_dict("records")
    assert (row["p_before"], row["p"]) == (pytest.approx(0.3983, abs=5e-5), pytest.approx(0.4427, abs=5e-5))
    assert row["delta"] == pytest.approx(0.0444, abs=5e-5)
    assert (row["why_party"], row["why_axis"], row["why_before"], row["why_after"]) == ("us", "closeness", 60, 72)
    assert row["why_points"] == pytest.approx(4.44, abs=5e-3)
    assert row["happened"] == ""


def test_the_largest_move_comes_first_whichever_way_it_goes() -> None:
    asked = company(
        [opened(), opened(), opened()],
        [
            ("o0", THIRD, OLD),
            ("o0", LAST, NEW),
            ("o1", THIRD, [("us", 80, 80), ("A", 60, 60)]),
            ("o1", LAST, [("us", 80, 40), ("A", 60, 60)]),
            ("o2", THIRD, OLD),
            ("o2", LAST, OLD),
        ],
    )
    found = asked.win_movers(view(SUNDAY))
    assert list(found["opportunity_id"]) == ["o1", "o0"]
    assert found["delta"].iloc[0] < 0 < found["delta"].iloc[1]
    assert found.attrs["total"] == 2
    assert list(asked.win_movers(view(SUNDAY), limit=1)["opportunity_id"]) == ["o1"]


def test_an_earlier_day_does_not_know_the_later_week() -> None:
    asked = company([opened()], [("o0", THIRD, OLD), ("o0", LAST, NEW)])
    then = asked.win_portfolio(view(LAST - 1))
    assert then["expected"].iloc[-1] == pytest.approx(0.3983, abs=5e-5)
    assert asked.win_movers(view(LAST - 1)).empty
    assert len(asked.win_story(view(LAST - 1), "o0")["weeks"]) == 1


def test_expected_wins_are_the_sum_of_the_rates_beside_the_promises_of_the_same_opportunities() -> None:
    asked = company(
        [opened(), opened("proposal"), opened("lead")],
        [("o0", LAST, OLD), ("o1", LAST, [("us", 90, 80), ("A", 60, 50)])],
        answers=[("o0", 20, (1, 1, 0.5, 0.5, 1))],
    )
    frame = asked.win_portfolio(view(SUNDAY))
    whole = frame.iloc[-1]
    assert (whole["n"], whole["compared"], whole["never_assessed"], whole["g_unknown"]) == (3, 2, 1, 1)
    assert whole["expected"] == pytest.approx((0.2 + 0.75 * 0.8) * 0.3983 + 0.706, abs=5e-4)  # METHOD B6, B8
    assert whole["expected_if"] == pytest.approx(0.3983 + 0.706, abs=5e-4)
    assert (whole["promised"], whole["n_promised"]) == (pytest.approx(0.4 + 0.6), 2)
    assert list(frame["stage"]) == ["lead", "meeting", "proposal", ""]
    assert pd.isna(frame["expected"].iloc[0])
    assert frame[[f"bin_{i}" for i in range(5)]].to_numpy().sum() == 2 * 2  # the rows and the whole


def test_what_nobody_assessed_is_not_compared_instead_of_lost() -> None:
    asked = company([opened(), opened()], [])
    whole = asked.win_portfolio(view(SUNDAY)).iloc[-1]
    assert (whole["n"], whole["compared"]) == (2, 0)
    assert pd.isna(whole["expected"])
    assert asked.win_movers(view(SUNDAY)).empty
    assert asked.win_movers(view(SUNDAY), only="events").empty
    assert asked.win_rivals(view(SUNDAY)).empty
    story = asked.win_story(view(SUNDAY), "o0")
    assert story["weeks"].empty
    assert story["standing"] == {}
    assert story["events"].empty
    assert findings_comparison.expected(asked.win_portfolio(view(SUNDAY)), "en").strength == "nothing"


def test_what_needs_a_look_is_named() -> None:
    rules = WinRate(doomed_from_stage=3)
    strong, weak = [("us", 90, 80), ("A", 60, 50)], [("us", 40, 30), ("A", 60, 70)]
    asked = company(
        [opened(), opened(), opened("proposal"), opened(), opened()],
        [
            ("o0", THIRD, strong),
            ("o0", LAST, weak),  # 71 % to 22 %: a jump, and the lead is lost
            ("o1", THIRD, strong),
            ("o1", LAST, [*strong, ("B", 20, 20)]),  # another rival comes
            ("o2", THIRD, weak),
            ("o2", LAST, weak),  # lost already, in the third stage
            ("o3", SECOND, strong),  # silent since
            ("o4", THIRD, strong),
            ("o4", LAST, strong),
        ],  # the conditions fall away
        settings=replace(SALES, win_rate=rules),
        answers=[("o4", 15, (1, 1)), ("o4", 27, (1, 0))],
    )
    found = asked.win_movers(view(SUNDAY), only="events").set_index("opportunity_id")["happened"].to_dict()
    assert found == {
        "o0": "lead_lost,jump",
        "o1": "new_rival",
        "o2": "doomed",
        "o3": "silent",
        "o4": "jump,less_certain",
    }


def test_paused_ones_are_open_and_closed_ones_are_in_no_average() -> None:
    asked = company(
        [opened(), Journey([(0, "meeting")], statuses={26: "paused"}), Journey([(0, "meeting"), (27, "won")])],
        [(f"o{i}", LAST, OLD) for i in range(3)],
    )
    assert asked.win_portfolio(view(SUNDAY))["n"].iloc[-1] == 2


def test_the_story_of_one_opportunity_adds_up_week_by_week_and_from_week_to_week() -> None:
    asked = company([opened()], [("o0", FIRST, OLD[:2]), ("o0", SECOND, OLD), ("o0", THIRD, OLD), ("o0", LAST, NEW)])
    story = asked.win_story(view(SUNDAY), "o0", back=3)
    assert story["curves"].groupby("week")["share"].sum().tolist() == [pytest.approx(1)] * 4
    start, end = story["why"].attrs["from"], story["why"].attrs["to"]
    assert (start["week"], end["week"]) == (day(FIRST).isoformat(), day(LAST).isoformat())
    assert story["why"]["points"].sum() == pytest.approx(100 * (end["p"] - start["p"]))
    assert ("B", "entered") in set(zip(story["why"]["party"], story["why"]["axis"]))
    assert story["events"][["event", "detail"]].values.tolist() == [["new_rival", "B"]]
    assert story["standing"]["hint"] == "flanking"  # s_us / s_A = sqrt(80 * 72 / (70 * 75)) = 1.05


def test_a_first_week_is_explained_where_there_is_no_earlier_one() -> None:
    asked = company([opened()], [("o0", THIRD, OLD), ("o0", LAST, NEW)])
    assert asked.win_story(view(SUNDAY), "o0", back=4)["why"].attrs["from"]["week"] == day(THIRD).isoformat()


def test_a_closed_one_gets_no_advice() -> None:
    asked = company([Journey([(0, "meeting"), (28, "lost")])], [("o0", THIRD, OLD), ("o0", LAST, NEW)])
    assert asked.win_story(view(SUNDAY), "o0")["standing"]["hint"] is None


def test_a_viewer_sees_the_comparison_of_his_own_opportunities_only() -> None:
    asked = company(
        [opened(owner_id="S1"), opened(owner_id="S2")],
        [(f"o{i}", monday, said) for i in range(2) for monday, said in ((THIRD, OLD), (LAST, NEW))],
    )
    mine = view(SUNDAY, scope=Scope.of(owner_id=["S1"]))
    assert list(asked.win_movers(mine)["opportunity_id"]) == ["o0"]
    assert asked.win_portfolio(mine)["n"].iloc[-1] == 1
    assert asked.win_rivals(mine)["n"].sum() == 1
    with pytest.raises(MvpodError, match="E_OPPORTUNITY"):
        asked.win_story(mine, "o1")


def test_rivals_that_we_meet_are_counted_by_the_strongest_one() -> None:
    asked = company([opened(), opened()], [("o0", LAST, OLD), ("o1", LAST, [("us", 90, 80), ("B", 60, 50)])])
    met = asked.win_rivals(view(SUNDAY)).set_index("rival")
    assert (met.loc["A", "n"], met.loc["A", "leading"], met.loc["A", "closeness_rival"]) == (1, 0, 75)
    assert (met.loc["B", "n"], met.loc["B", "leading"]) == (1, 1)


def weeks(*rows: dict) -> pd.DataFrame:
    """Weeks of one opportunity, as far as its events are concerned."""
    usual = {
        "p": 0.5,
        "delta": 0.0,
        "g": 0.8,
        "is_leading": True,
        "is_new_rival": False,
        "new_rival": None,
        "stage_order": 3,
    }
    monday = datetime(2026, 1, 5)
    frame = pd.DataFrame([{**usual, "week": monday + pd.Timedelta(weeks=i), **row} for i, row in enumerate(rows)])
    return frame.assign(assessed_week=frame.get("assessed_week", frame["week"]))


def test_a_gap_between_weeks_is_no_jump_and_silence_is_told_once() -> None:
    frame = weeks({"p": 0.9}, {"week": datetime(2026, 3, 2), "p": 0.3, "delta": float("nan"), "is_leading": False})
    told = win_comparison.happened(frame, pd.Timestamp(2026, 3, 8), WinRate())
    assert list(told["event"]) == ["silent"]
    assert told["week"].iloc[0] == pd.Timestamp(2026, 1, 19)


@pytest.mark.parametrize(("last", "events"), [(datetime(2026, 1, 18), 0), (datetime(2026, 1, 19), 1)])
def test_silence_begins_on_the_fourteenth_day(last: datetime, events: int) -> None:
    assert len(win_comparison.happened(weeks({}), pd.Timestamp(last), WinRate())) == events


def test_a_low_rate_in_a_late_stage_is_told_when_it_begins() -> None:
    late = {"p": 0.2, "stage_order": 6}
    told = win_comparison.happened(weeks({}, late, late, {}, late), pd.Timestamp(2026, 2, 8), WinRate())
    assert list(told["event"]) == ["doomed", "doomed"]
