"""What needs attention: limits from own history, the idle clock, exemptions, ranking; unknown is not zero."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from analytics import attention
from analytics.ask import Ask
from data.engine import company_of
from data.marts.history import marts_of
from data.scope import Scope
from data.settings import Attention, MvpodError, Quality, Settings, parse_settings
from tests.journeys import SALES, Journey, _events, _row, _table, day, view

TODAY = 300
Rows = Sequence[Mapping[str, Any]]


def company(journeys: Sequence[Journey], *, settings: Settings = SALES, today: int = TODAY, **more: Rows) -> Ask:
    """These journeys (o0, o1, … where they have no id) and rows of other canonical tables."""
    named = [(j.id or f"o{i}", j) for i, j in enumerate(journeys)]
    seen = sorted({today, *(range(today % 7, today, 7) if any(j.statuses for j in journeys) else ())})
    opportunity = _table("opportunity", [row for n in seen for name, j in named if (row := _row(name, j, n))])
    changes = _table("stage_change", [row for name, j in named for row in _events(name, j)])
    tables = {name: _table(name, rows) for name, rows in more.items()}
    marts = marts_of(opportunity, changes, settings, tables)
    return Ask(company_of({"opportunity": opportunity, "stage_change": changes, **tables, **marts}, settings))


def touched(opportunity: str, *days: int, contact: str = "c1", is_valid: bool = True) -> list[dict[str, Any]]:
    """An activity at noon on each of the days."""
    at = [datetime.combine(day(n), datetime.min.time(), UTC) + timedelta(hours=12) for n in days]
    return [
        {
            "activity_id": f"{opportunity}-{contact}-{n}",
            "occurred_at": moment,
            "kind": "call",
            "contact_id": contact,
            "opportunity_id": opportunity,
            "is_valid": is_valid,
        }
        for n, moment in zip(days, at, strict=True)
    ]


def opened(on: int, stage: str = "lead", *, segment: str | None = "KA", **columns: Any) -> Journey:
    return Journey([(on, stage)], columns={"segment": segment, **columns})


def broken(ask: Ask, as_of: int = TODAY) -> dict[str, set[str]]:
    """Opportunity -> rules that it breaks."""
    found = ask.attention(view(as_of), limit=1000)
    return {o: set(rows["rule"]) for o, rows in found.groupby("opportunity_id")}


#: ten KA leads that took 40 days each: the median, so that the limit is 80 days
HISTORY = [
    Journey([(10 + i, "lead"), (50 + i, "meeting"), (51 + i, "won")], columns={"segment": "KA"}, id=f"h{i}")
    for i in range(10)
]


def test_a_limit_is_twice_the_median_of_own_history_and_never_below_the_minimum() -> None:
    limits = company([*HISTORY, opened(290)]).attention_limits(view(TODAY)).set_index(["stage", "segment"])
    lead = limits.loc[("lead", "KA")]
    assert (lead["median_days"], lead["limit_days"], lead["review_days"], lead["events"]) == (40, 80, 80, 10)
    meeting = limits.loc[("meeting", "KA")]  # one day each: the minimum holds, but not for reviewed grades
    assert (meeting["median_days"], meeting["limit_days"], meeting["review_days"]) == (1, 60, 2)
    unknown = limits.loc[("lead", "SMB")]
    assert (unknown["limit_days"], unknown["reason"]) == (30, "nobody_entered")
    assert pd.isna(unknown["median_days"])


def test_stalled_begins_the_day_after_the_limit_and_never_moved_is_told_apart() -> None:
    moved = Journey([(200, "lead"), (205, "meeting")], columns={"segment": "KA"}, id="moved")
    asked = company([*HISTORY, replace(opened(220), id="at"), replace(opened(219), id="over"), moved])
    rules = broken(asked)
    assert "never_moved" not in rules.get("at", set())
    assert "never_moved" in rules["over"]
    assert "moved_stalled" in rules["moved"]
    stalled = asked.metric("attention.stalled", view(TODAY))
    assert (stalled["n"][0], stalled["events"][0]) == (3, 2)
    assert asked.metric("attention.never_moved", view(TODAY))["events"][0] == 1


def test_where_no_steps_are_recorded_a_later_stage_is_stalled_and_nobody_says_that_it_never_moved() -> None:
    asked = company([opened(100, "meeting"), opened(100, "lead"), opened(299, "meeting")])
    rules = broken(asked)
    assert "moved_stalled" in rules["o0"]
    assert "never_moved" not in rules["o0"]
    assert "never_moved" in rules["o1"], "there is no stage before the first"
    never, stalled = (asked.metric(f"attention.{key}", view(TODAY)).iloc[0] for key in ("never_moved", "stalled"))
    assert (never["n"], never["events"]) == (1, 1)
    assert (stalled["n"], stalled["events"]) == (3, 2)
    stepped = company([*HISTORY, opened(100, "meeting")])
    assert "never_moved" in broken(stepped)["o10"], "steps are recorded, and it took none"


def test_without_a_clock_nobody_is_stalled_nor_is_known_not_to_be() -> None:
    """o1 has no dates at all: it is neither a hit nor one of those that are judged."""
    undated = replace(opened(300, created_on=None), steps=[(300, "lead")])
    journeys = [opened(100), undated]
    names = [("o0", journeys[0]), ("o1", journeys[1])]
    opportunity = _table("opportunity", [_row(name, j, TODAY) for name, j in names])
    changes = _table("stage_change", _events(*names[0]))
    asked = Ask(company_of({"opportunity": opportunity, "stage_change": changes,
                            **marts_of(opportunity, changes, SALES)}, SALES))
    for metric in ("stalled", "never_moved"):
        row = asked.metric(f"attention.{metric}", view(TODAY)).iloc[0]
        assert (row["n"], row["events"]) == (1, 1), metric
    assert broken(asked) == {"o0": {"never_moved"}}


@pytest.mark.parametrize("rule", [r for r in attention.RULES if r not in ("never_moved", "moved_stalled")])
def test_what_a_rule_needs_and_nobody_recorded_makes_it_unknown_not_kept(rule: str) -> None:
    rates = company([opened(100)]).attention_rates(view(TODAY))["rules"].set_index("rule")
    assert (rates.loc[rule, "n"], rates.loc[rule, "events"], rates.loc[rule, "reason"]) == (0, 0, "not_recorded")


def test_a_chance_known_once_stays_when_nobody_assesses_any_more() -> None:
    """Judged in week 1 of the 40 weeks: Attention tells the same as the opportunity's own page, and how old it is."""
    won = [Journey([(0, "lead"), (40, "won")], columns={"segment": "KA"}, id=f"w{i}") for i in range(10)]
    said = [{"opportunity_id": "o10", "week": day(4), "party": party, "need_fit": need, "closeness": 40.0,
             "assessor": "S1", "source_count": 2} for party, need in (("us", 20.0), ("rival", 90.0))]
    asked = company([*won, opened(1), opened(1)], assessment=said)
    rows = asked.attention(view(TODAY), ["never_moved"]).set_index("opportunity_id")
    own = asked.win_story(view(TODAY), "o10")["weeks"].iloc[-1]
    assert rows.loc["o10", "chance"] == pytest.approx(own["p"])
    assert rows.loc["o10", "chance_source"] == "old"
    assert rows.loc["o10", "chance_week"].date() == pd.Timestamp(own["week"]).date()
    assert rows.loc["o10", "chance"] < 0.3 < rows.loc["o11", "chance"]
    assert rows.loc["o11", "chance_source"] == "history"
    assert pd.isna(rows.loc["o11", "chance_week"])


def test_paused_days_do_not_count_and_a_short_pause_is_respected() -> None:
    asleep = replace(opened(100), statuses={150: "paused"})
    woken = replace(opened(225), statuses={230: "paused", 260: "open"})
    for journey, day_number, is_over in (
        (asleep, 230, False),
        (asleep, 250, False),
        (woken, 300, False),
        (woken, 345, True),
    ):
        rules = broken(company([*HISTORY, journey], today=350), day_number).get("o10", set())
        assert ("never_moved" in rules) == is_over, day_number


def test_what_is_put_off_waits_until_its_day_and_then_counts() -> None:
    journey = replace(opened(100, wake_on=day(280)), statuses={120: "future"})
    asked = company([*HISTORY, journey])
    assert "o10" not in broken(asked, 279)
    waiting = asked.attention_waiting(view(279))
    assert waiting["list"]["wake_on"].tolist() == [pd.Timestamp(day(280))]
    assert not waiting["months"]["is_due"].any()
    assert asked.attention_waiting(view(280))["months"]["is_due"].all()
    assert asked.metric("attention.any", view(279))["n"][0] == 0
    assert asked.metric("attention.any", view(280))["n"][0] == 1


@pytest.mark.parametrize(
    ("segment", "amount", "idle", "step"),
    [
        ("KA", 100, 13, None),
        ("KA", 100, 14, "remind"),
        ("KA", 100, 30, "warn"),
        ("KA", 100, 45, "recycle"),
        ("SMB", 100, 7, "remind"),
        ("SMB", 100, 14, "warn"),
        ("SMB", 100, 21, "recycle"),
        ("KA", 3_000_000, 45, "warn"),
        ("SMB", 3_000_000, 21, "recycle"),
        ("SMB", 10_000_000, 21, "warn"),
        (None, 100, 45, "recycle"),
    ],
)
def test_the_idle_clock_follows_segment_and_grade(
    segment: str | None, amount: float, idle: int, step: str | None
) -> None:
    journey = replace(opened(TODAY - 100, segment=segment), amount=amount)
    asked = company([journey], activity=touched("o0", TODAY - 90, TODAY - idle))
    rules = broken(asked).get("o0", set()) & {"remind", "warn", "recycle"}
    assert rules == ({step} if step else set())


@pytest.mark.parametrize(
    ("opened_on", "due", "step", "next_on"),
    [
        (200, None, "recycle", None),
        (200, TODAY - 1, "recycle", None),
        (200, TODAY, "warn", TODAY + 1),
        (200, TODAY + 30, "warn", TODAY + 31),
        (TODAY - 25, None, "warn", TODAY - 25 + 31),
    ],
    ids=["nothing is planned", "the date is past", "due today", "due in a month", "not too long in its stage"],
)
def test_recycling_is_suggested_where_both_clocks_ran_out_and_no_close_is_still_to_come(
    opened_on: int, due: int | None, step: str, next_on: int | None
) -> None:
    """SMB, idle for 21 days and more; its limit in a stage is 30 days (decision 0075)."""
    journey = opened(opened_on, segment="SMB", expected_close_on=None if due is None else day(due))
    asked = company([journey], activity=touched("o0", opened_on, TODAY - 22))
    row = asked.attention(view(TODAY), ["recycle", "warn"]).iloc[0]
    assert row["rule"] == step
    assert (None if pd.isna(row["next_on"]) else row["next_on"].date()) == (None if next_on is None else day(next_on))


def test_the_idle_clock_starts_with_the_last_valid_activity_or_advance_and_says_what_comes_next() -> None:
    moved = Journey([(200, "lead"), (284, "meeting")], columns={"segment": "KA"})
    void = [*touched("o0", 210), *touched("o0", 299, is_valid=False, contact="c2")]
    row = company([moved], activity=void).attention(view(TODAY), ["remind"]).iloc[0]
    assert row["idle_since"].date() == day(284)
    assert (row["measure"], row["rule_limit"], row["days_over"]) == (16, 14, 2)
    assert row["next_on"].date() == day(284 + 30)


def test_nobody_is_idle_before_activities_are_recorded_at_all() -> None:
    asked = company([opened(100), opened(100)], activity=touched("o1", 290))
    assert not broken(asked)["o0"] & {"remind", "warn", "recycle"}  # 10 days of records are too few to be idle for 14
    unknown = company([opened(100)]).metric("attention.idle", view(TODAY)).iloc[0]
    assert (unknown["n"], unknown["reason"]) == (0, "not_recorded")
    assert pd.isna(unknown["value"])


def test_the_last_activity_that_the_crm_tells_stands_in_for_missing_activities() -> None:
    row = company([opened(100, last_activity_on=day(250))]).attention(view(TODAY), ["recycle"]).iloc[0]
    assert (row["idle_since"].date(), row["measure"]) == (day(250), 50)


def test_a_pending_tender_is_exempt_until_its_result_is_due() -> None:
    settings = replace(SALES, attention=Attention(tender_stages=("lead",)))
    journeys = [opened(100, expected_close_on=day(TODAY)), opened(100, expected_close_on=day(TODAY - 1))]
    rules = broken(company(journeys, settings=settings))
    assert "o0" not in rules
    assert rules["o1"] == {"never_moved", "past_due"}


def test_past_due_is_what_the_win_rate_calls_overdue() -> None:
    due = [None, 299, 300, 301, 250]
    journeys = [opened(290, expected_close_on=None if n is None else day(n)) for n in due]
    asked = company(journeys)
    row = asked.metric("attention.past_due", view(TODAY)).iloc[0]
    assert (row["n"], row["events"]) == (4, 2)
    assert row["events"] == asked.metric("win_rate.count", view(TODAY))["open_overdue"][0]


def test_one_person_is_one_thread_and_nobody_known_is_not_counted() -> None:
    chain = [
        {"opportunity_id": o, "contact_id": c, "snapshot_date": day(295)}
        for o, c in (("o0", "a"), ("o1", "a"), ("o1", "b"))
    ]
    activity = [*touched("o0", 296), *touched("o0", 297, contact="c2"), *touched("o2", 296, 298)]
    asked = company([opened(290)] * 4, opportunity_contact=chain, activity=activity)
    rules = broken(asked)
    assert {o for o, found in rules.items() if "single_threaded" in found} == {"o0", "o2"}
    row = asked.metric("attention.single_threaded", view(TODAY)).iloc[0]
    assert (row["n"], row["events"]) == (3, 2)


def test_a_rival_should_be_known_from_the_stage_on_which_records_ask_for_one() -> None:
    settings = replace(SALES, quality=Quality(required_from={"rivals": 3}))
    journeys = [opened(290, "proposal"), opened(290, "proposal", main_competitor="A"), opened(290, "meeting")]
    asked = company(journeys, settings=settings)
    assert {o for o, found in broken(asked).items() if "no_rival" in found} == {"o0"}
    assert asked.metric("attention.no_rival", view(TODAY))["n"][0] == 2
    nobody = company([opened(290, "proposal")], settings=settings).metric("attention.no_rival", view(TODAY))
    assert nobody["reason"][0] == "not_recorded"


def answered(opportunity: str, *values: float, on: int = 291) -> list[dict[str, Any]]:
    return [
        {
            "opportunity_id": opportunity,
            "kind": "necessary_condition",
            "item": f"i{i}",
            "assessed_on": day(on),
            "value": v,
        }
        for i, v in enumerate(values)
    ]


def helped(opportunity: str, hours: float, on: int = 292) -> dict[str, Any]:
    at = datetime.combine(day(on), datetime.min.time(), UTC)
    return {
        "request_id": f"r-{opportunity}",
        "opportunity_id": opportunity,
        "requested_at": at,
        "done_at": at,
        "hours": hours,
    }


def test_spend_without_necessity_needs_weak_conditions_and_more_hours_than_usual_for_the_grade() -> None:
    settings = replace(SALES, attention=Attention(unconditioned_from_stage=3))
    journeys = [opened(290, "proposal") for _ in range(5)]
    checklist = [
        *answered("o0", 0, 0.5, 0.5),
        *answered("o1", 0, 0.5, 0.5),
        *answered("o2", 1, 1),
        *answered("o3", 0.4),
    ]
    hours = [helped("o0", 70), helped("o1", 5), helped("o2", 90), helped("o3", 60)]
    asked = company(journeys, settings=settings, checklist=checklist, support_request=hours)
    rows = asked.attention(view(TODAY), ["unconditioned"])
    assert rows["opportunity_id"].tolist() == ["o0"]
    assert (rows["measure"][0], rows["rule_limit"][0]) == (70, 65)  # of 5, 60, 70, 90; o4 took none


def test_the_ranking_is_amount_times_chance_times_how_far_over_up_to_the_cap() -> None:
    won = [Journey([(0, "lead"), (40, "won")], columns={"segment": "KA"}, id=f"w{i}") for i in range(10)]
    lost = [Journey([(0, "lead"), (40, "lost")], columns={"segment": "KA"}, id=f"l{i}") for i in range(10)]
    journeys = [
        *won,
        *lost,
        replace(opened(140), amount=100, id="twice"),
        replace(opened(1), amount=80, id="often"),
        replace(opened(140), amount=None, id="unknown"),
    ]
    asked = company(journeys, settings=replace(SALES, attention=Attention(stage_share=1)))
    rows = asked.attention(view(TODAY), ["never_moved"]).set_index("opportunity_id")
    assert rows.index.tolist() == ["often", "twice", "unknown"]
    assert rows["excess"].tolist() == [3, 2, 2]  # 299 days are 3.7 times the limit of 80, capped
    assert rows["chance"].tolist() == pytest.approx([0.5] * 3)
    assert rows["stake"].tolist()[:2] == pytest.approx([80 * 0.5 * 3, 100 * 0.5 * 2])
    assert pd.isna(rows["stake"]["unknown"])
    assert rows["total"].tolist() == [3] * 3


def test_in_a_steady_pipeline_one_in_five_is_stalled_whatever_the_shape_of_its_curve() -> None:
    """Two leads a day for 290 days; seven of ten are gone within 3 days, the others stay 20 to 150."""
    dice = random.Random(5)
    stays = [(day_, dice.randrange(1, 4) if dice.random() < 0.7 else dice.randrange(20, 151))
             for day_ in range(5, 295) for _ in range(2)]
    journeys = [Journey([(at, "lead"), (at + stay, "meeting"), (at + stay, "lost")], columns={"segment": "SMB"})
                for at, stay in stays]
    settings = replace(SALES, attention=Attention(stage_days={"other": 0}))
    share, plain = (
        company(journeys, settings=s).metric("attention.stalled", view(TODAY)).iloc[0]
        for s in (settings, replace(settings, attention=replace(settings.attention, stage_share=1))))
    assert share["n"] > 40
    assert share["low"] < 0.2 < share["high"]
    assert plain["value"] > 0.6, "twice the median of the visits calls most of a sound stock stalled"


def test_who_needs_attention_breaks_a_rule_that_calls_for_a_decision() -> None:
    asked = company([*HISTORY, opened(290, expected_close_on=day(250)), opened(100), opened(290)])
    counted = asked.metric("attention.any", view(TODAY)).iloc[0]
    assert (counted["n"], counted["events"]) == (3, 1)
    assert asked.metric("attention.past_due", view(TODAY)).iloc[0]["events"] == 1


def test_one_grade_by_hand_else_by_amount_wherever_it_is_asked() -> None:
    amounts = [(12e6, None), (12e6, "b"), (4e6, None), (400.0, None), (None, None)]
    asked = company([replace(opened(290, grade=grade), amount=amount) for amount, grade in amounts])
    stock = asked.metric("pipeline.open", view(TODAY), ["grade"]).groupby("grade")["n"].sum()
    assert stock[stock > 0].to_dict() == {"S": 1, "A": 1, "B": 1, "C": 1, "(unknown)": 1}
    assert asked.metric("pipeline.open", view(TODAY, grade=["B"]))["n"].sum() == 1
    listed = asked.attention_pack(view(TODAY)).set_index("opportunity_id")
    assert listed["importance"].to_dict() == {"o0": "S", "o2": "A"}


def test_filters_do_not_move_the_limits_and_one_opportunity_breaks_the_same_rules_whatever_is_filtered() -> None:
    asked = company([*HISTORY, opened(219, team="East"), opened(219, team="West")])
    east = view(TODAY, team=["East"])
    pd.testing.assert_frame_equal(asked.attention_limits(east), asked.attention_limits(view(TODAY)))
    assert asked.attention(east)["opportunity_id"].unique().tolist() == ["o10"]
    assert asked.attention(east, opportunity_id="o11")["rule"].tolist() == ["never_moved"]
    outside = view(TODAY, scope=Scope.of(team=["East"]))
    assert asked.attention(outside, opportunity_id="o11").empty
    assert asked.story_more(outside, "o11") == {}


def test_rules_agree_with_a_patient_loop_over_a_random_company() -> None:
    dice = random.Random(4)
    journeys, activity = [], []
    for number in range(60):
        start = dice.randrange(100, 290)
        steps = [(start, "lead")] + ([(start + dice.randrange(1, 10), "meeting")] if dice.random() < 0.5 else [])
        segment = dice.choice(["KA", "SMB"])
        journeys.append(Journey(steps, dice.choice([100, 4e6, 2e7]), f"r{number}", {"segment": segment}))
        activity += touched(f"r{number}", *sorted(dice.sample(range(start, TODAY + 20), dice.randrange(3))))
    asked = company(journeys, activity=activity, today=TODAY + 30)
    limits = asked.attention_limits(view(TODAY)).set_index(["stage", "segment"])
    rules, wanted = Attention(), {}
    for journey in journeys:
        steps = [(n, stage) for n, stage in journey.steps if isinstance(n, int) and n <= TODAY]
        segment, grade = journey.columns["segment"], {100: "C", 4e6: "A", 2e7: "S"}[journey.amount or 0]
        is_kept = grade in rules.of("kept_grades", segment)
        limit = limits.loc[(steps[-1][1], segment), "review_days" if is_kept else "limit_days"]
        found = set()
        if TODAY - steps[-1][0] > limit:
            found.add("never_moved" if len(steps) == 1 else "moved_stalled")
        seen = [(a["occurred_at"].date() - day(0)).days for a in activity if a["opportunity_id"] == journey.id]
        begins = min((a["occurred_at"].date() - day(0)).days for a in activity)
        idle = TODAY - max([steps[-1][0], begins, *[d for d in seen if d <= TODAY]])
        remind, warn, recycle = rules.of("idle_days", segment)
        step = (
            "recycle"
            if idle >= recycle and found and not is_kept
            else "warn"
            if idle >= warn
            else "remind"
            if idle >= remind
            else ""
        )
        wanted[journey.id] = found | ({step} if step else set())
    mine = {"never_moved", "moved_stalled", "recycle", "warn", "remind"}
    told = {o: found & mine for o, found in broken(asked).items()}
    assert {o: f for o, f in told.items() if f} == {o: f for o, f in wanted.items() if f}
    assert len(told) > 20


def test_without_amounts_the_list_begins_with_what_is_furthest_over_its_limit() -> None:
    open_ones = [Journey([(on, "lead")], columns={"segment": "KA"}, id=f"o{on}", amount=None) for on in (150, 100, 200)]
    found = company([*HISTORY, *open_ones]).attention(view(TODAY), ("never_moved",), limit=2)
    assert found["stake"].isna().all()
    assert list(found["opportunity_id"]) == ["o100", "o150"]
    packed = company([*HISTORY, *open_ones]).attention_pack(view(TODAY), limit=2)
    assert list(packed["opportunity_id"]) == ["o100", "o150"]


def test_a_metric_counts_what_the_list_shows_group_by_group() -> None:
    journeys = [
        opened(100 + 10 * i, segment=s, team=t_)
        for i, (s, t_) in enumerate(
            [("KA", "East"), ("KA", "West"), ("SMB", "East"), (None, None), ("SMB", "West")] * 3
        )
    ]
    asked = company(journeys)
    listed = asked.attention(view(TODAY), ["never_moved"], limit=100)
    by_team = asked.metric("attention.never_moved", view(TODAY), ["team"]).set_index("team")["events"]
    assert by_team.to_dict() == listed["team"].fillna("(unknown)").value_counts().to_dict() | {
        t: 0 for t in by_team.index if t not in set(listed["team"].fillna("(unknown)"))
    }
    rates = asked.attention_rates(view(TODAY), ["segment"])["rules"]
    assert rates[rates["rule"] == "never_moved"]["events"].sum() == len(listed)


def test_rates_answer_to_short_names_of_groups_as_everything_does() -> None:
    rates = company([opened(100, owner_id="S1"), opened(100, owner_id="S2")]).attention_rates
    by_owner = rates(view(TODAY), ["owner"])["rules"]
    assert set(by_owner["owner"]) == {"S1", "S2"}
    assert by_owner["n"].tolist() == rates(view(TODAY), ["owner_id"])["rules"]["n"].tolist()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("idle_days = {SMB = [7, 14, 21]}", "attention.idle_days"),
        ("stage_times = 0", "attention.stage_times"),
        ("idle_days = {other = [30, 14, 45]}", "attention.idle_days.other"),
        ("kept_grades = {other = 'S'}", "attention.kept_grades.other"),
        ("grade_amounts = {S = 1, A = 2}", "attention.grade_amounts"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(text: str, key: str) -> None:
    with pytest.raises(MvpodError) as caught:
        parse_settings(f"[attention]\n{text}\n")
    assert caught.value.fields["key"] == key


def test_teams_are_held_against_the_others_of_their_segment_only() -> None:
    counts = pd.DataFrame(
        [
            {
                "pipeline": "p",
                "segment": s,
                "team": t_,
                "rule": "past_due",
                "n": n,
                "events": x,
                "amount_n": 1.0,
                "amount_events": 1.0,
                "amount_missing": 0,
            }
            for s, t_, n, x in [
                ("KA", "a", 100, 60),
                ("KA", "b", 100, 20),
                ("KA", "c", 100, 20),
                ("SMB", "a", 100, 10),
                ("SMB", "d", 100, 12),
                ("KA", "tiny", 5, 5),
            ]
        ]
    )
    found = attention.shifts(counts, metrics=["past_due"])
    assert found["tests"].tolist() == [5] * 5
    first = found.iloc[0]
    assert (first["team"], first["segment"], first["is_real"]) == ("a", "KA", True)
    assert (first["rest_n"], first["rest_events"]) == (205, 45)
    assert not found.iloc[1:]["is_real"].any()


def test_the_difference_of_hours_is_welchs() -> None:
    """Welch 1947: n 3 and 4, means 12 and 4, variances 4 and 2: standard error sqrt(4/3 + 2/4), 3.5 degrees."""
    sides = {True: [10.0, 12.0, 14.0], False: [2.0, 4.0, 5.0, 5.0]}
    rows = [
        {"pipeline": "p", "is_weak": w, "n": len(x), "hours": sum(x), "squares": sum(v * v for v in x)}
        for w, x in sides.items()
    ]
    row = attention.spend(pd.DataFrame(rows)).iloc[0]
    assert (row["change"], row["deals_share"]) == (8, pytest.approx(3 / 7))
    t_critical = 7.4533  # two-sided 99.5 %, three degrees of freedom
    error = (4 / 3 + 2 / 4) ** 0.5
    assert row["low"] == pytest.approx(8 - t_critical * error, abs=0.01)
    assert row["hours_share"] == pytest.approx(36 / 52)


def test_warnings_are_judged_on_one_day_for_all() -> None:
    """SMB: silent ones (nothing for 14 of the first 28 days) lose, the others win; who closed before says nothing."""
    journeys, activity = [], []
    for i in range(40):
        is_silent = i % 2 == 0
        journeys.append(
            Journey([(10, "lead"), (60, "lost" if is_silent else "won")], columns={"segment": "SMB"}, id=f"o{i}")
        )
        activity += touched(f"o{i}", 10, *([] if is_silent else [20, 30]))
    journeys += [Journey([(10, "lead"), (37, "won")], columns={"segment": "SMB"}, id=f"early{i}") for i in range(9)]
    row = company(journeys, activity=activity).attention_outcomes(view(TODAY)).iloc[0]
    assert (row["n_warned"], row["won_warned"], row["n_others"], row["won_others"]) == (20, 0, 20, 20)
    assert row["is_real"]


def test_the_day_is_the_organisations_own() -> None:
    settings = replace(SALES, organisation=replace(SALES.organisation, timezone="Asia/Shanghai"))
    late = [
        {
            "activity_id": "e",
            "kind": "call",
            "opportunity_id": "o0",
            "is_valid": True,
            "occurred_at": datetime(2026, 10, 27, 17, 0, tzinfo=UTC),
        }
    ]  # 28 October, 01:00 in Shanghai
    first = touched("o0", 210)
    asked = company([opened(200)], settings=settings, activity=[*first, *late], today=310)
    for day_, idle_since in ((date(2026, 10, 27), day(210)), (date(2026, 10, 28), date(2026, 10, 28))):
        rows = asked.attention(view(0).with_(as_of=day_), ["never_moved"])
        assert rows["idle_since"][0].date() == idle_since
