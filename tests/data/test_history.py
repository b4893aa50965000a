"""Stories told by hand: what snapshots and events say, and the visits, reach, state and changes that must follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from data.contracts import TABLES
from data.errors import MvpodError
from data.marts.history import marts_of
from data.settings import Organisation, Pipeline, Settings, Stage

SALES = Settings(
    organisation=Organisation(timezone="Asia/Shanghai"),
    pipelines=(Pipeline("sales", stages=(
        Stage("lead"), Stage("need"), Stage("offer"), Stage("talks"), Stage("parked", kind="paused"),
        Stage("won", kind="won"), Stage("lost", kind="lost"), Stage("void", kind="void"))),))


def day(text: str) -> date:
    """'01-05' -> 5 January 2026."""
    return date.fromisoformat(f"2026-{text}")


def seen(when: str, stage: str, status: str = "open", **values: Any) -> dict:
    """Opportunity x in the snapshot of one day; dates are given as month and day."""
    dates = {k: day(v) if k.endswith("_on") else v for k, v in values.items()}
    return {
        "opportunity_id": "x",
        "snapshot_date": day(when),
        "pipeline": "sales",
        "stage": stage,
        "status": status,
        **dates,
    }


def other(*dates: str) -> list[dict]:
    """Another opportunity: makes the snapshots of these days exist."""
    return [{**seen(d, "lead"), "opportunity_id": "other"} for d in dates]


def event(when: str, to_stage: str, from_stage: str | None = None, order: int = 0) -> dict:
    """Opportunity x moved: '01-05' is a date, '01-05T03:00' an instant in UTC."""
    at = datetime.fromisoformat(f"2026-{when}").replace(tzinfo=UTC)
    return {
        "opportunity_id": "x",
        "changed_at": at,
        "to_stage": to_stage,
        "from_stage": from_stage,
        "pipeline": "sales",
        "is_date_only": "T" not in when,
        "file_order": order,
    }


def tell(*rows: dict, settings: Settings = SALES) -> dict[str, list[dict]]:
    """The stories of opportunity x; snapshots and events may be mixed."""
    snapshots = [r for r in rows if "snapshot_date" in r]
    events = [r for r in rows if "changed_at" in r]
    marts = marts_of(pa.Table.from_pylist(snapshots, TABLES["opportunity"].schema()),
                     pa.Table.from_pylist(events, TABLES["stage_change"].schema()), settings)
    return {name: [r for r in table.to_pylist() if r["opportunity_id"] == "x"] for name, table in marts.items()}


def visits(*rows: dict, settings: Settings = SALES) -> list[tuple]:
    """(stage, entered, exited, how) of each visit; dates as month and day."""
    told = sorted(tell(*rows, settings=settings)["stage_visit"], key=lambda r: r["visit_no"])
    return [(r["stage"], short(r["entered_on"]), short(r["exited_on"]), r["exit_kind"]) for r in told]


def short(value: date | None) -> str | None:
    return f"{value:%m-%d}" if value else None


def column(rows: list[dict], *names: str) -> list[tuple]:
    """Some columns of a mart, dates as month and day, in time order."""
    when = next(n for n in ("visit_no", "reached_on", "valid_from", "changed_on") if n in rows[0])
    ordered = sorted(rows, key=lambda r: (r[when], r.get("stage_order", 0)))
    return [tuple(short(r[n]) if isinstance(r[n], date) else r[n] for n in names) for r in ordered]


# --- moves ---------------------------------------------------------------------------------------------------------


def test_a_straight_way_from_creation_to_the_contract() -> None:
    assert visits(
        event("01-01", "lead"),
        event("01-10", "need"),
        event("01-20", "offer"),
        event("02-01", "talks"),
        event("02-11", "won"),
    ) == [
        ("lead", "01-01", "01-10", "advance"),
        ("need", "01-10", "01-20", "advance"),
        ("offer", "01-20", "02-01", "advance"),
        ("talks", "02-01", "02-11", "won"),
        ("won", "02-11", None, None),
    ]


def test_a_skip_passes_over_the_stage_between() -> None:
    told = tell(event("01-01", "lead"), event("01-10", "offer"))
    assert column(told["stage_visit"], "stage", "exit_kind", "passed_on") == [
        ("lead", "skip", "01-10"),
        ("offer", None, None),
    ]
    assert column(told["stage_reach"], "stage", "reached_on", "is_skipped", "is_in_order", "passed_on") == [
        ("lead", "01-01", False, True, "01-10"),
        ("need", "01-10", True, False, "01-10"),
        ("offer", "01-10", False, False, None),
    ]


def test_going_back_and_on_again_makes_a_second_visit_but_reaches_once() -> None:
    told = tell(event("01-01", "lead"), event("01-05", "need"), event("01-10", "lead"), event("01-20", "need"))
    assert column(told["stage_visit"], "stage", "visit_no", "stage_visit_no", "exit_kind") == [
        ("lead", 1, 1, "advance"), ("need", 2, 1, "regress"), ("lead", 3, 2, "advance"), ("need", 4, 2, None)]
    assert column(told["stage_reach"], "stage", "reached_on", "passed_on", "regressed_on") == [
        ("lead", "01-01", "01-05", None), ("need", "01-05", None, "01-10")]


def test_a_repeated_stage_is_one_visit() -> None:
    assert visits(event("01-01", "lead"), event("01-03", "lead"), event("01-09", "need")) == [
        ("lead", "01-01", "01-09", "advance"), ("need", "01-09", None, None)]


def test_a_reopened_loss_counts_as_open_until_it_is_closed_again() -> None:
    told = tell(event("01-01", "lead"), event("01-05", "lost"), event("01-20", "need"), event("02-01", "lost"))
    assert column(told["stage_visit"], "stage", "exit_kind") == [
        ("lead", "lost"), ("lost", "reopened"), ("need", "lost"), ("lost", None)]
    assert column(told["stage_reach"], "stage", "passed_on", "closed_on", "closed_kind") == [
        ("lead", "01-20", None, None), ("need", None, "02-01", "lost")]
    assert column(told["opportunity_state"], "valid_from", "status", "closed_on") == [
        ("01-01", "open", None), ("01-05", "lost", "01-05"), ("01-20", "open", None), ("02-01", "lost", "02-01")]


def test_a_contract_that_is_lost_afterwards_keeps_both_closings() -> None:
    told = tell(event("01-01", "talks"), event("01-05", "won"), event("01-20", "lost"))
    assert column(told["stage_visit"], "stage", "exit_kind") == [("talks", "won"), ("won", "lost"), ("lost", None)]
    assert column(told["stage_reach"], "stage", "passed_on", "closed_on") == [("talks", "01-05", None)]


def test_created_directly_in_the_third_stage_it_never_came_to_the_first_two() -> None:
    told = tell(event("01-01", "offer"), event("01-05", "talks"))
    assert column(told["stage_reach"], "stage", "is_skipped", "is_in_order") == [
        ("offer", False, False),
        ("talks", False, False),
    ]


def test_winning_from_the_second_stage_passes_over_the_rest() -> None:
    told = tell(event("01-01", "need"), event("01-05", "won"))
    assert column(told["stage_reach"], "stage", "is_skipped", "passed_on") == [
        ("need", False, "01-05"), ("offer", True, "01-05"), ("talks", True, "01-05")]


def test_the_strict_reading_wants_every_stage_entered_in_order() -> None:
    told = tell(event("01-01", "lead"), event("01-05", "offer"), event("01-07", "need"), event("01-09", "offer"),
                event("01-20", "talks"), event("02-01", "won"))
    assert column(told["stage_reach"], "stage", "is_in_order", "passed_in_order_on", "passed_on") == [
        ("lead", True, "01-07", "01-05"), ("need", True, "01-09", "01-05"), ("offer", True, "01-20", "01-20"),
        ("talks", True, "02-01", "02-01")]


# --- time ----------------------------------------------------------------------------------------------------------


def test_several_moves_on_one_day_are_all_kept_with_no_days_between() -> None:
    assert visits(event("01-05T01:00", "lead"), event("01-05T02:00", "need"), event("01-05T03:00", "offer")) == [
        ("lead", "01-05", "01-05", "advance"), ("need", "01-05", "01-05", "advance"), ("offer", "01-05", None, None)]


def test_equal_instants_keep_the_order_of_the_file() -> None:
    rows = [
        event("01-05T01:00", "need", order=1),
        event("01-05T01:00", "offer", order=2),
        event("01-05T01:00", "lead", order=3),
    ]
    for order in (rows, rows[::-1]):
        assert [v[0] for v in visits(*order)] == ["need", "offer", "lead"]


def test_an_instant_has_its_day_in_the_zone_of_the_organisation() -> None:
    # 17:00 UTC is 01:00 of the next day in Shanghai
    assert visits(event("01-05T17:00", "lead"))[0][1] == "01-06"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC", "Pacific/Auckland"])
def test_a_date_without_a_time_is_that_date_in_every_zone(zone: str) -> None:
    settings = Settings(organisation=Organisation(timezone=zone), pipelines=SALES.pipelines)
    assert visits(event("01-05", "lead"), settings=settings)[0][1] == "01-05"


def test_one_day_counts_at_its_end() -> None:
    told = tell(event("01-05T01:00", "lead"), event("01-05T02:00", "need"))
    assert column(told["opportunity_state"], "valid_from", "stage") == [("01-05", "need")]


def test_weekly_snapshots_leave_an_interval() -> None:
    told = tell(*other("01-05", "01-12", "01-19"), seen("01-05", "lead", created_on="01-05"), seen("01-12", "need"),
                seen("01-19", "need"))
    assert column(
        told["stage_visit"], "stage", "entered_lo", "entered_on", "exited_lo", "exited_on", "time_source"
    ) == [("lead", "01-05", "01-05", "01-05", "01-12", "crm_field"), ("need", "01-05", "01-12", None, None, "snapshot")]


def test_daily_snapshots_are_exact() -> None:
    told = tell(seen("01-05", "lead", created_on="01-05"), seen("01-06", "need"))
    assert column(told["stage_visit"], "stage", "entered_lo", "entered_on") == [
        ("lead", "01-05", "01-05"), ("need", "01-06", "01-06")]


def test_what_the_first_snapshot_shows_has_no_known_entry() -> None:
    told = tell(seen("01-05", "offer", created_on="01-01"), seen("01-12", "talks"))
    assert column(told["stage_visit"], "stage", "entered_lo", "entered_on", "is_entry_known") == [
        ("offer", None, "01-05", False), ("talks", "01-05", "01-12", True)]
    assert column(told["opportunity_state"], "valid_from", "stage", "stage_entered_on") == [
        ("01-01", "(unknown)", None), ("01-05", "offer", None), ("01-12", "talks", "01-12")]


def test_the_first_stage_was_entered_at_creation() -> None:
    told = tell(seen("01-05", "lead", created_on="01-01"))
    assert column(told["stage_visit"], "entered_lo", "entered_on", "is_entry_known", "time_source") == [
        ("01-01", "01-01", True, "crm_field")]


def test_one_that_appears_between_two_snapshots_entered_its_stage_between_creation_and_sight() -> None:
    told = tell(*other("01-05"), seen("01-12", "need", created_on="01-09"))
    assert column(told["stage_visit"], "entered_lo", "entered_on", "is_entry_known") == [("01-08", "01-12", True)]


def test_the_date_of_the_crm_is_better_than_the_difference_of_snapshots() -> None:
    told = tell(seen("01-05", "lead", created_on="01-05"), seen("01-12", "need", stage_entered_on="01-07"))
    assert column(told["stage_visit"], "stage", "entered_lo", "entered_on", "time_source") == [
        ("lead", "01-05", "01-05", "crm_field"), ("need", "01-07", "01-07", "crm_field")]


@pytest.mark.parametrize(("closed_on", "told"), [
    ("01-09", "01-09"),  # between the two snapshots
    ("01-05", "01-05"),  # on the day of the earlier one
    ("01-04", "01-12"),  # before the opportunity was seen open: not believed
    ("01-13", "01-12"),  # after the snapshot that shows it closed: a plan, not a closing
])
def test_the_closing_day_of_the_crm_is_believed_where_it_is_possible(closed_on: str, told: str) -> None:
    rows = visits(seen("01-05", "need", created_on="01-05"), seen("01-12", "won", "won", closed_on=closed_on))
    assert rows[-1] == ("won", told, None, None)


def test_one_snapshot_alone_knows_the_closing_day() -> None:
    told = tell(seen("12-31", "won", "won", created_on="01-10", closed_on="03-01", amount=Decimal("55")))
    assert column(told["stage_visit"], "stage", "entered_on", "is_entry_known") == [("won", "03-01", True)]
    assert column(told["opportunity_state"], "valid_from", "stage", "status", "created_on", "closed_on", "amount") == [
        ("01-10", "(unknown)", "open", "01-10", None, Decimal("55")),
        ("03-01", "won", "won", "01-10", "03-01", Decimal("55")),
    ]


# --- events and snapshots together -----------------------------------------------------------------------------------


def test_events_win_as_far_as_they_reach_and_snapshots_go_on() -> None:
    assert visits(event("01-01", "lead"), event("01-08", "need"), *other("01-05", "01-12", "01-19"),
                  seen("01-05", "offer"), seen("01-12", "need"), seen("01-19", "offer")) == [
        ("lead", "01-01", "01-08", "advance"), ("need", "01-08", "01-19", "advance"), ("offer", "01-19", None, None)]


def test_a_closing_after_the_last_event_has_the_day_of_the_crm() -> None:
    # an export with one engage date and one close date per deal, and a single snapshot
    assert visits(event("01-20", "need"), seen("12-31", "won", "won", closed_on="03-01")) == [
        ("need", "01-20", "03-01", "won"), ("won", "03-01", None, None)]


def test_an_export_taken_before_the_event_of_its_day_makes_no_step_back() -> None:
    assert visits(event("01-01", "lead"), event("01-05T09:00", "need"), seen("01-05", "lead")) == [
        ("lead", "01-01", "01-05", "advance"), ("need", "01-05", None, None)]


def test_the_stage_before_the_first_event_began_at_creation() -> None:
    assert visits(event("01-10", "need", from_stage="lead"), seen("01-20", "need", created_on="01-02")) == [
        ("lead", "01-02", "01-10", "advance"), ("need", "01-10", None, None)]


def test_a_loss_by_status_keeps_the_stage_and_can_be_taken_back() -> None:
    # some systems keep the stage of a lost deal and only change its status: stage events cannot know it
    told = tell(
        event("01-01", "need"),
        event("03-01", "offer"),
        seen("01-05", "need"),
        seen("01-12", "need", "lost", closed_on="01-09"),
        seen("01-19", "need"),
        seen("03-02", "offer"),
    )
    assert column(told["stage_visit"], "stage", "entered_on", "exit_kind") == [
        ("need", "01-01", "lost"),
        ("lost", "01-09", "reopened"),
        ("need", "01-19", "advance"),
        ("offer", "03-01", None),
    ]


# --- pauses --------------------------------------------------------------------------------------------------------


def test_a_pause_by_status_is_a_dated_stretch_of_the_visit() -> None:
    told = tell(seen("01-05", "need", created_on="01-05"), seen("01-12", "need", "paused"), seen("01-26", "need"),
                seen("02-02", "offer", "future"), *other("01-19"), seen("01-19", "need", "paused"))
    first, second = sorted(told["stage_visit"], key=lambda r: r["visit_no"])
    assert first["pauses"] == [{"start": day("01-12"), "end": day("01-26")}]
    assert first["paused_days"] == 14
    assert second["pauses"] == [{"start": day("02-02"), "end": None}]
    assert second["paused_days"] == 0  # finished stretches only; the open one is in `pauses`
    assert column(told["opportunity_state"], "valid_from", "stage", "status") == [
        ("01-05", "need", "open"), ("01-12", "need", "paused"), ("01-26", "need", "open"), ("02-02", "offer", "future")]


def test_a_pause_ends_with_the_visit() -> None:
    told = tell(seen("01-05", "need", "paused", created_on="01-05"), seen("01-12", "lost", "lost", closed_on="01-10"))
    assert [r["pauses"] for r in told["stage_visit"] if r["stage"] == "need"] == [
        [{"start": day("01-05"), "end": day("01-10")}]
    ]


def test_a_stage_that_means_paused_is_a_pause_and_not_a_step() -> None:
    told = tell(event("01-01", "need"), event("01-10", "parked"), event("01-30", "need"), event("02-05", "offer"))
    assert column(told["stage_visit"], "stage", "exit_kind", "paused_days") == [
        ("need", "advance", 20),
        ("offer", None, 0),
    ]
    assert [r["stage"] for r in told["stage_reach"]].count("talks") == 0


# --- absence -------------------------------------------------------------------------------------------------------


def test_gone_from_the_snapshots_is_deleted_and_back_is_a_new_visit() -> None:
    told = tell(*other("01-05", "01-12", "01-19"), seen("01-05", "lead", created_on="01-05"), seen("01-19", "lead"))
    assert column(told["stage_visit"], "stage", "entered_lo", "entered_on", "exited_lo", "exited_on", "exit_kind") == [
        ("lead", "01-05", "01-05", "01-05", "01-12", "deleted"), ("lead", "01-12", "01-19", None, None, None)]
    assert column(told["opportunity_state"], "valid_from", "valid_to") == [("01-05", "01-12"), ("01-19", None)]
    assert column(told["opportunity_change"], "field", "old_value", "new_value", "changed_lo", "changed_on") == [
        ("existence", "present", "absent", "01-05", "01-12"), ("existence", "absent", "present", "01-12", "01-19")]


def test_a_deleted_one_is_void_for_conversion_and_never_lost() -> None:
    told = tell(*other("01-05", "01-12"), seen("01-05", "need", created_on="01-05"))
    assert column(told["stage_reach"], "stage", "closed_on", "closed_kind") == [("need", "01-12", "void")]


def test_a_closed_one_that_leaves_the_export_stays_closed() -> None:
    told = tell(
        *other("01-05", "01-12", "01-19"), seen("01-05", "need", created_on="01-05"), seen("01-12", "won", "won")
    )
    assert column(told["stage_visit"], "stage", "exit_kind") == [("need", "won"), ("won", None)]
    assert column(told["opportunity_state"], "stage", "valid_to") == [("need", "01-12"), ("won", None)]
    assert ("existence", "absent") in column(told["opportunity_change"], "field", "new_value")


# --- what belongs to a row -----------------------------------------------------------------------------------------


def test_dimensions_and_amount_are_those_at_entry() -> None:
    told = tell(seen("01-05", "lead", created_on="01-05", segment="SMB", amount_base=Decimal("10")),
                seen("01-12", "need", segment="SMB", amount_base=Decimal("20")),
                seen("01-19", "need", segment="KA", amount_base=Decimal("30")),
                seen("01-26", "offer", segment="KA", amount_base=Decimal("30")))
    assert column(told["stage_visit"], "stage", "segment", "amount_base") == [
        ("lead", "SMB", Decimal("10")), ("need", "SMB", Decimal("20")), ("offer", "KA", Decimal("30"))]


def test_the_amount_of_a_closing_is_what_the_first_snapshot_after_it_says() -> None:
    told = tell(event("01-05", "talks"), event("01-08", "won"), seen("01-05", "talks", amount_base=Decimal("100")),
                seen("01-12", "won", "won", amount_base=Decimal("120")))
    assert column(told["stage_visit"], "stage", "amount_base") == [("talks", Decimal("100")), ("won", Decimal("120"))]
    assert column(told["opportunity_state"], "valid_from", "status", "amount_base") == [
        ("01-05", "open", Decimal("100")), ("01-08", "won", Decimal("120"))]


def test_changes_between_two_snapshots() -> None:
    told = tell(
        seen("01-05", "lead", created_on="01-05", amount=Decimal("10"), owner_id="ann", expected_close_on="03-31"),
        seen("01-12", "lead", amount=Decimal("10"), owner_id="bob", expected_close_on="06-30"),
        seen("01-19", "lead", amount=None, owner_id="bob", expected_close_on="06-30"),
    )
    rows = sorted(column(told["opportunity_change"], "changed_lo", "changed_on", "field", "old_value", "new_value"))
    assert rows == [
        ("01-05", "01-12", "expected_close_on", "2026-03-31", "2026-06-30"),
        ("01-05", "01-12", "owner_id", "ann", "bob"),
        ("01-12", "01-19", "amount", "10.00", None),
    ]


def test_an_import_date_after_the_first_event_is_not_the_creation() -> None:
    told = tell(event("01-05", "lead"), seen("06-30", "lead", created_on="06-01"))
    assert {r["created_on"] for r in told["opportunity_state"]} == {day("01-05")}


def test_unchanged_snapshots_are_one_spell() -> None:
    told = tell(*[seen(f"01-{d:02}", "lead") for d in (5, 6, 7, 8)])
    assert column(told["snapshot_spell"] and [{**r, "valid_from": r["seen_from"]} for r in told["snapshot_spell"]],
                  "seen_before", "seen_from", "seen_until") == [(None, "01-05", None)]


def test_the_order_of_rows_means_nothing() -> None:
    rows = [
        seen("01-05", "lead", created_on="01-01"),
        seen("01-12", "offer"),
        seen("01-19", "need"),
        event("01-08", "need", "lead"),
    ]
    told, turned = tell(*rows), tell(*rows[::-1])
    for name, mart in told.items():
        assert sorted(map(str, mart)) == sorted(map(str, turned[name]))


def test_a_stage_that_the_settings_lost_is_named() -> None:
    with pytest.raises(MvpodError) as error:
        tell(seen("01-05", "forgotten"))
    assert error.value.code == "E_STAGE_LOST"
    assert error.value.fields["found"] == ["forgotten"]


# --- conservation --------------------------------------------------------------------------------------------------


def test_visits_follow_one_another_without_gap_and_the_state_agrees_with_them() -> None:
    told = tell(event("01-01", "lead"), event("01-10", "offer"), event("01-20", "need"), event("02-01", "lost"))
    rows = sorted(told["stage_visit"], key=lambda r: r["visit_no"])
    assert all(a["exited_on"] == b["entered_on"] for a, b in pairwise(rows))
    for offset in range(60):
        when = day("01-01") + timedelta(days=offset)
        standing = [s["stage"] for s in told["opportunity_state"] if s["valid_from"] <= when
                    and (s["valid_to"] is None or when < s["valid_to"])]
        visiting = [
            v["stage"] for v in rows if v["entered_on"] <= when and (v["exited_on"] is None or when < v["exited_on"])
        ]
        assert standing == visiting
