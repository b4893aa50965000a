"""The one door to the data: drill-downs that match their marks, scope, comparison, stories, JSON."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analytics.ask import Ask, to_json
from data import queries
from data.errors import MvpodError
from data.scope import Scope
from tests.journeys import STEPS, Journey, asked, day, view


@pytest.fixture(scope="module")
def company() -> Ask:
    """Twelve opportunities of every fate, two teams, two segments, one without an amount."""
    told: list[tuple[list[tuple[int, str]], dict[str, str]]] = [
        ([(0, "lead"), (5, "meeting"), (20, "proposal"), (40, "won")], {"team": "East", "segment": "KA"}),
        ([(0, "lead"), (9, "lost")], {"team": "East", "segment": "SMB"}),
        ([(3, "lead"), (9, "no_decision")], {"team": "West", "segment": "KA"}),
        ([(3, "lead"), (10, "proposal")], {"team": "West", "segment": "SMB"}),
        ([(5, "lead"), (10, "meeting"), (12, "lead")], {"team": "East", "segment": "KA"}),
        ([(5, "lead"), (9, "void")], {"team": "East"}),
        ([(7, "lead"), (12, "lost"), (20, "lead"), (30, "meeting")], {"team": "West", "segment": "KA"}),
        ([(8, "lead"), (15, "meeting"), (19, "lost")], {"segment": "SMB"}),
        ([(40, "lead")], {"team": "East", "segment": "KA", "owner_id": "u1"}),
        ([(45, "meeting"), (46, "won")], {"team": "West", "segment": "KA"}),
        ([(2, "proposal"), (30, "lost")], {"team": "West", "segment": "SMB"}),
    ]
    return asked([Journey(steps, 10 * i, columns=columns) for i, (steps, columns) in enumerate(told)]
                 + [Journey([(1, "lead")], None, columns={"team": "East"})])


MARKS = {
    "conversion.reached": ("n", "reached", "lost", "no_decision", "open", "regressed", "skipped", "void"),
    "conversion.strict": ("n", "reached", "lost", "open", "out_of_order"),
    "conversion.cohort": ("n", "reached", "lost", "open", "regressed"),
    "stage_days.dwell_mean": ("n",), "stage_days.converted_mean": ("n",),
}


@pytest.mark.parametrize(("key", "outcome"), [(k, o) for k, outcomes in MARKS.items() for o in outcomes])
def test_behind_a_mark_are_as_many_opportunities_as_it_says(company: Ask, key: str, outcome: str) -> None:
    for asked_for in (view(60), view(25, 4, 20), view(60, 10, 50)):
        frame = company.metric(key, asked_for, ["team"])
        for row in frame.to_dict("records"):
            mark = {"question": key, "outcome": outcome, **{n: row[n] for n in ("pipeline", "stage", "team")}}
            found = company.opportunities(asked_for, mark)
            assert (found.attrs["total"], len(found)) == (row[outcome], row[outcome]), (mark, asked_for)


def test_behind_the_visits_of_a_stage_are_their_opportunities(company: Ask) -> None:
    """One opportunity came to lead twice: two visits, one opportunity."""
    row = next(r for r in company.metric("stage_days.median", view(60)).to_dict("records") if r["stage"] == "lead")
    found = company.opportunities(view(60), {"question": "stage_days.median", "stage": "lead"})
    assert (row["n"], found.attrs["total"]) == (12, 10)
    assert company.opportunities(view(60),
                                 {"question": "stage_days.median", "stage": "lead",
                                  "outcome": "open"}).attrs["total"] == 3


@pytest.mark.parametrize("outcome", ["won", "lost", "no_decision", "void"])
def test_behind_a_win_rate_are_its_closings(company: Ask, outcome: str) -> None:
    frame = company.metric("win_rate.decided", view(60), ["month"])
    for row in frame.to_dict("records"):
        found = company.opportunities(view(60),
                                      {"question": "win_rate.decided", "outcome": outcome, "month": row["month"]})
        assert found.attrs["total"] == row[outcome]


def test_behind_the_open_pipeline_and_the_moves_are_theirs(company: Ask) -> None:
    assert company.opportunities(view(60), {"question": "pipeline.open"}).attrs["total"] == company.metric(
        "pipeline.open", view(60)).iloc[0]["n"]
    assert company.opportunities(view(60),
                                 {"question": "regress.rate",
                                  "outcome": "regress"})["opportunity_id"].tolist() == ["o004"]


def test_behind_a_ribbon_of_the_flow_are_its_opportunities(company: Ask) -> None:
    flow = company.flow(view(60, 0, 50))
    for row in flow[flow["from_stage"].notna() & (flow["exit_kind"] != "reopened")].to_dict("records"):
        mark = {"question": "flow", "pipeline": row["pipeline"], "stage": row["from_stage"],
                "outcome": row["exit_kind"]}
        assert company.opportunities(view(60, 0, 50), mark).attrs["total"] >= 1, mark


def test_the_list_is_cut_at_its_limit_and_says_how_many_there_are(company: Ask) -> None:
    found = company.opportunities(view(60), {"stage": "lead", "outcome": "n"}, limit=2)
    assert len(found) == 2
    assert found.attrs["total"] == 9
    assert found["amount_base"].is_monotonic_decreasing


def test_a_mark_of_an_unknown_name_is_refused(company: Ask) -> None:
    with pytest.raises(MvpodError) as caught:
        company.opportunities(view(60), {"stge": "lead"})
    assert (caught.value.code, caught.value.fields["hint"]) == ("E_MARK", "stage")


def test_the_group_without_a_value_can_be_opened_too(company: Ask) -> None:
    found = company.opportunities(view(60), {"stage": "lead", "outcome": "n", "team": "(unknown)"})
    assert found["opportunity_id"].tolist() == ["o007"]


def test_scope_hides_everything_else_from_every_question(company: Ask) -> None:
    """What East's viewer sees is what a company of East's rows alone would show."""
    east = view(60, scope=Scope.of(team=["East"]))
    assert set(company.opportunities(east, {"question": "win_rate.created_cohort"})["team"]) == {"East"}
    assert set(company.find(east)["team"]) == {"East"}
    assert dict(company.options(east))["team"] == [("East", 6)]
    assert "(unknown)" in dict(dict(company.options(view(60)))["team"])
    with pytest.raises(MvpodError) as caught:
        company.story(east, "o002")
    assert caught.value.code == "E_OPPORTUNITY"
    assert company.story(view(60), "o002")["opportunity"]["team"] == "West"


def test_on_every_day_a_scope_of_all_teams_can_choose_what_everybody_can(company: Ask) -> None:
    """What came and went is added up for everybody, rows are counted within a scope."""
    everybody = Scope.of(team=["East", "West", "(unknown)"])
    for number in range(62):
        assert company.options(view(number)) == company.options(view(number, scope=everybody)), number


def test_filters_do_not_shrink_the_options_and_do_not_hide_a_story(company: Ask) -> None:
    filtered = view(60, team=["East"])
    assert company.options(filtered) == company.options(view(60))
    assert company.story(filtered, "o002")["opportunity"]["opportunity_id"] == "o002"


def test_a_forbidden_and_an_unknown_opportunity_are_refused_alike(company: Ask) -> None:
    east = view(60, scope=Scope.of(team=["East"]))
    said = []
    for name in ("o002", "nobody"):
        with pytest.raises(MvpodError) as caught:
            company.story(east, name)
        said.append(caught.value.text("en").replace(name, "X"))
    assert said[0] == said[1]


def test_a_story_ends_on_the_as_of_day(company: Ask) -> None:
    story = company.story(view(15), "o000")
    assert story["opportunity"]["status"] == "open"
    assert story["visits"][["stage", "days"]].values.tolist() == [["lead", 5], ["meeting", 10]]
    assert pd.isna(story["visits"]["exited_on"].iloc[-1])
    assert pd.isna(story["visits"]["next_stage"].iloc[-1])
    assert story["states"]["valid_to"].isna().sum() == 1


def test_names_of_opportunity_account_and_owner_come_from_the_latest_export() -> None:
    told = asked([Journey([(0, "lead")], columns={"name": "Big one <b>", "account_id": "a1", "owner_id": "u1"})])
    found = told.find(view(100), "big ONE")
    assert found[["name", "account_id", "owner_id"]].values.tolist() == [["Big one <b>", "a1", "u1"]]
    assert told.find(view(100), "' OR 1=1 --").empty


@pytest.mark.parametrize("is_latest", [True, False])
def test_names_are_the_same_from_memory_and_from_the_file(is_latest: bool) -> None:
    told = asked([Journey([(0, "lead")], columns={"name": name}) for name in ("One", None, "Two")])
    found = queries.names(told.company.cursor(), "opportunity", ["o000", "o001", "o002", "o999", "' OR 1=1"], day(364),
                          told.company.dates[-1], is_latest=is_latest)
    assert found == {"o000": "One", "o002": "Two"}


def test_a_list_begins_with_what_matters_in_the_order_asked_for() -> None:
    """won: the largest; old: open, in its stage for long; new: open, due soon, entered last."""
    told = asked([
        Journey([(0, "lead"), (10, "won")], columns={"name": "won", "amount": 900}),
        Journey([(0, "lead")], columns={"name": "old", "amount": 100, "expected_close_on": day(200)}),
        Journey([(50, "lead")], columns={"name": "new", "amount": 50, "expected_close_on": day(90)})])
    orders = ("", "open", "due", "still", "changed")
    firsts = {order: list(told.find(view(60), order=order)["name"]) for order in orders}
    assert firsts == {"": ["won", "old", "new"], "open": ["old", "new", "won"], "due": ["new", "old", "won"],
                      "still": ["old", "new", "won"], "changed": ["new", "won", "old"]}


def test_the_comparison_is_seen_as_long_after_its_end_as_the_view(company: Ask) -> None:
    shown = view(100, 59, 89, compare="previous")  # March 2026, seen on 11 April
    other = company.compared(shown)
    assert other is not None
    assert (other.start, other.end) == (day(31), day(58))
    assert other.as_of - day(58) == day(100) - day(89)
    assert company.compared(view(100, 59, 89)) is None
    assert company.compared(view(100, compare="previous")) is None, "all time has nothing before it"


def test_headline_says_value_change_and_whether_it_is_real(company: Ask) -> None:
    tiles = company.headline(view(58, 31, 58, compare="previous")).set_index("key")
    rate = tiles.loc["win_rate.count"]
    assert (rate["value"], rate["n"], rate["other_value"], rate["other_n"]) == (1, 2, 0,
                                                                                3)  # a fourth was reopened by then
    assert (rate["change"], rate["is_good"]) == (1, True)
    assert isinstance(rate["is_real"], bool)
    assert [name for name, _, _ in rate["trend"]][-1] == "2026Q1"


def test_standards_show_both_parents_beside_the_value(company: Ask) -> None:
    frame = company.standards("conversion.reached", view(60, 0, 60), ["segment"])
    assert {"own", "own_n", "industry_value", "target", "status"} <= set(frame.columns)
    assert len(frame) == len(company.metric("conversion.reached", view(60, 0, 60), ["segment"]))


@pytest.mark.parametrize("by", [["industry"], ["ownership"], ["owner"], []], ids=str)
def test_standards_are_known_by_any_group(company: Ask, by: list[str]) -> None:
    frame = company.standards("win_rate.count", view(60, 0, 60), by)
    assert {*by, "industry_value", "target"} <= set(frame.columns)
    assert frame["n"].tolist() == company.metric("win_rate.count", view(60, 0, 60), by)["n"].tolist()


def test_json_is_the_shape_that_scripts_rely_on(company: Ask) -> None:
    shown = view(60, 0, 50, team=["East"])
    answer = to_json("conversion.reached", shown, company.metric("conversion.reached", shown, ["segment"]), 7)
    told = json.loads(json.dumps(answer, allow_nan=False))
    assert list(told) == ["metric", "as_of", "from", "to", "filters", "load", "rows"]
    assert (told["as_of"], told["from"], told["filters"], told["load"]) == (day(60).isoformat(), day(0).isoformat(),
                                                                            {"team": ["East"]}, 7)
    row = next(r for r in told["rows"] if r["segment"] == "KA" and r["stage"] == "lead")
    assert row["n"] == 3
    assert row["value"] == 2 / 3, "full precision"
    empty = next(r for r in told["rows"] if r["n"] == 0)
    assert (empty["value"], empty["reason"]) == (None, "nobody_entered")


def test_stages_of_a_pipeline_always_come_in_order(company: Ask) -> None:
    for by in ([], ["team"], ["month"]):
        frame = company.metric("conversion.reached", view(60), by)
        for _, group in frame.groupby(by or ["pipeline"]):
            assert group["stage"].tolist() == list(STEPS)
