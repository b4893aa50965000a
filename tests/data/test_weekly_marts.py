"""The weekly marts against plain loops (tests/oracles), the pure formulas, and themselves after one more load."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import isnan
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from analytics import closeness, comparison
from data.contracts import DIMENSIONS, MARTS, TABLES
from data.engine import connect, duckdb_type
from data.marts import weekly
from data.settings import Closeness, Organisation, Pipeline, SegmentRule, Settings, Stage, WinRate
from tests.oracles.closeness import account_weeks
from tests.oracles.comparison import opportunity_weeks

MONDAY = date(2026, 1, 5)
LAST = date(2026, 4, 1)  # a Wednesday: the last week is not over
RULES = Settings(
    organisation=Organisation(timezone="Asia/Shanghai"),
    segments=(SegmentRule("KA"), SegmentRule("SMB")),
    pipelines=(Pipeline("ka", stages=(Stage("A"), Stage("B"), Stage("won", kind="won"), Stage("lost", kind="lost"))),),
)
#: Other weights than the defaults, so that none of them is taken for granted.
OTHER = Settings(
    organisation=Organisation(timezone="UTC"),
    win_rate=WinRate(
        need_weight=0.7,
        closeness_weight=0.4,
        gamma=3,
        floor=5,
        carry_weeks=1,
        condition_base=0.1,
        condition_span=0.8,
        single_source_item="",
    ),
    closeness=Closeness(
        activities={"call": 0.8},
        other_activity=0.1,
        capped=("call",),
        capped_days=10,
        half_life_days=20,
        cadence_days=(90, 50, 35, 20, 10),
        unknown_cadence_days=25,
        reached_days=40,
        unknown_attitude=0.5,
        key_importance=4,
        target_contacts=3,
        depth_weight=0.5,
        breadth_weight=0.2,
        transparency_weight=0.3,
        trust_weight=0.6,
        drop_weeks=3,
        drop_importance=3,
    ),
)


# --- tables in memory --------------------------------------------------------------------------------------------


def rows_of(mart: str, con: duckdb.DuckDBPyConnection) -> list[dict]:
    schema = MARTS[mart].schema()
    table = con.sql(f"SELECT {', '.join(schema.names)} FROM {mart}").to_arrow_table().cast(schema)
    return sorted(table.to_pylist(), key=lambda r: [str(r[k]) for k in MARTS[mart].key])


def made(tables: dict[str, list[dict]], settings: Settings, last: date = LAST) -> dict[str, list[dict]]:
    """Both marts of canonical tables, states and spells."""
    con = connect()
    for name in (*weekly.SOURCES, "opportunity_state", "snapshot_spell"):
        schema = (TABLES | MARTS)[name].schema()
        con.register("arrow_rows", pa.Table.from_pylist(tables.get(name, []), schema))
        columns = ", ".join(f"{f.name}::{duckdb_type(f.type)} AS {f.name}" for f in schema)
        con.execute(f"CREATE TABLE {'all_' if name in TABLES else ''}{name} AS SELECT {columns} FROM arrow_rows")
        con.unregister("arrow_rows")
    weekly.make(con, settings, last, state="opportunity_state")
    found = {name: rows_of(name, con) for name in weekly.WEEKLY}
    con.close()
    return found


def assert_same(found: list[dict], expected: list[dict], mart: str, near: float = 1e-9) -> None:
    """Same rows in any order; numbers within `near`."""
    key = MARTS[mart].key
    expected = sorted(expected, key=lambda r: [str(r[k]) for k in key])
    assert [[r[k] for k in key] for r in found] == [[r[k] for k in key] for r in expected]
    for row, told in zip(found, expected, strict=True):
        for name, value in told.items():
            where = (*(row[k] for k in key), name)
            if isinstance(value, float) and row[name] is not None:
                assert row[name] == pytest.approx(value, abs=near), where
            else:
                assert row[name] == value, where


# --- the comparison with the rivals ------------------------------------------------------------------------------


def deals(seed: int, count: int = 25) -> dict[str, list[dict]]:
    """Random deals: assessments on any day of a week, gaps, four rivals, unknown scores, conditions, tender modes."""
    random = Random(seed)
    tables: dict[str, list[dict]] = {"assessment": [], "checklist": [], "opportunity_state": [], "snapshot_spell": []}
    for number in range(count):
        who = f"o{number:02d}"
        for party in random.sample(["us", "A", "B", "C", "D"], random.randint(1, 5)):
            for week in range(15):
                for day in random.sample(range(7), random.choice([0, 0, 1, 1, 2])):
                    tables["assessment"].append(
                        {
                            "opportunity_id": who,
                            "week": MONDAY + timedelta(days=7 * week + day),
                            "party": party,
                            "need_fit": random.choice([None, 0.0, 1.0, 50.0, 62.5, 100.0, 100.0]),
                            "closeness": random.choice([None, 0.5, 40.0, 50.0, 75.0]),
                            "assessor": random.choice(["S1", None]),
                            "source_count": random.choice([None, 1, 2]),
                        }
                    )
        for item in ("budget", "deadline", "sponsor", "award_mode_known"):
            kind = "control_point" if item == "award_mode_known" else "necessary_condition"
            for day in random.sample(range(-20, 95), random.randint(0, 3)):
                tables["checklist"].append(
                    {
                        "opportunity_id": who,
                        "assessed_on": MONDAY + timedelta(days=day),
                        "kind": kind,
                        "item": item,
                        "value": random.choice([0.0, 0.5, 1.0, 1.0, None]),
                    }
                )
        days = sorted(random.sample(range(-10, 90), random.randint(1, 5)))
        for i, day in enumerate(days):
            if random.random() < 0.1:
                continue  # gone for a while
            tables["opportunity_state"].append(
                {
                    "opportunity_id": who,
                    "valid_from": MONDAY + timedelta(days=day),
                    "valid_to": MONDAY + timedelta(days=days[i + 1]) if i + 1 < len(days) else None,
                    "status": random.choice(["open", "open", "open", "paused", "future", "won", "void"]),
                    "stage": random.choice("AB"),
                    "stage_order": 1,
                    "probability": random.choice([None, 0.5]),
                    **{d: random.choice(["x", None]) for d in DIMENSIONS},
                }
            )
        for day in random.sample(range(0, 90, 7), random.randint(0, 3)):
            tables["snapshot_spell"].append(
                {
                    "opportunity_id": who,
                    "seen_from": MONDAY + timedelta(days=day),
                    "tender_mode": random.choice(["single_source", "public", None]),
                }
            )
    return tables


@pytest.mark.parametrize(("seed", "settings"), [(1, RULES), (2, RULES), (3, OTHER)])
def test_random_deals_agree_with_the_plain_loops(seed: int, settings: Settings) -> None:
    tables = deals(seed)
    expected = opportunity_weeks(
        tables["assessment"],
        tables["checklist"],
        tables["opportunity_state"],
        tables["snapshot_spell"],
        settings.win_rate,
        LAST,
    )
    found = made(tables, settings)["opportunity_week"]
    assert len(found) > 60
    assert {r["rival_count"] for r in found} >= {0, 1, 2, 3}
    assert any(r["is_single_source"] for r in found)
    assert_same(found, expected, "opportunity_week")


def test_parties_add_up_to_one_and_agree_with_the_pure_formula() -> None:
    for row in made(deals(4), RULES)["opportunity_week"]:
        table = comparison.formula(row, RULES.win_rate).set_index("party")
        parties = {
            name: row[f"p_{key}"]
            for key, name in (("1", row["rival_1"]), ("2", row["rival_2"]), ("others", row["others"]))
            if name
        }
        if row["is_phantom"]:
            parties[comparison.PHANTOM] = row["p_1"]
        assert row["p_us"] + sum(parties.values()) == pytest.approx(1)
        assert table["share"].to_dict() == pytest.approx({"us": row["p_us"], **parties})
        assert table.loc["us", "overall"] == pytest.approx(row["p"])


def deal(*said: tuple[int, str, float, float], **state: Any) -> dict[str, list[dict]]:
    """One open deal with assessments (week, party, need fit, closeness)."""
    return {
        "assessment": [
            {
                "opportunity_id": "o",
                "week": MONDAY + timedelta(weeks=week),
                "party": party,
                "need_fit": need,
                "closeness": near,
            }
            for week, party, need, near in said
        ],
        "opportunity_state": [
            {
                "opportunity_id": "o",
                "valid_from": MONDAY - timedelta(days=30),
                "status": "open",
                "stage": "A",
                "stage_order": 1,
                **state,
            }
        ],
    }


def weeks(tables: dict[str, list[dict]], settings: Settings = RULES) -> dict[int, dict]:
    """The rows of one deal by the number of their week."""
    return {(r["week"] - MONDAY).days // 7: r for r in made(tables, settings)["opportunity_week"]}


def test_an_assessment_stands_for_two_more_weeks_and_is_marked_stale() -> None:
    found = weeks(deal((0, "us", 80, 60), (0, "A", 70, 75), (0, "B", 50, 40)))
    assert {n: (r["weeks_since"], r["is_stale"]) for n, r in found.items()} == {
        0: (0, False),
        1: (1, True),
        2: (2, True),
    }
    assert [round(r["p_us"], 4) for r in found.values()] == [0.3983] * 3  # METHOD B6


def test_a_change_is_told_only_from_one_week_to_the_next() -> None:
    found = weeks(
        deal(
            (0, "us", 80, 60), (0, "A", 70, 75), (0, "B", 50, 40), (1, "us", 80, 72), (5, "us", 80, 72), (5, "A", 1, 1)
        )
    )
    assert found[0]["delta"] is None
    assert round(100 * found[1]["delta"], 2) == 4.44  # METHOD B6
    assert found[5]["delta"] is None


def test_the_last_entry_of_a_week_counts() -> None:
    tables = deal((0, "us", 10, 10), (0, "A", 50, 50))
    tables["assessment"].append(
        {**tables["assessment"][0], "week": MONDAY + timedelta(days=3), "need_fit": 50.0, "closeness": 50.0}
    )
    assert weeks(tables)[0]["p_us"] == pytest.approx(0.5)


def test_a_rival_who_turns_up_later_is_new_once() -> None:
    found = weeks(deal(*((w, "us", 60, 60) for w in range(4)), (0, "A", 50, 50), (2, "B", 70, 70), (3, "B", 70, 70)))
    assert {n: r["new_rival"] for n, r in found.items() if r["is_new_rival"]} == {2: "B"}
    assert (found[1]["is_leading"], found[2]["is_leading"]) == (True, False)


def test_what_is_learnt_of_the_conditions_for_the_first_time_is_no_fall() -> None:
    tables = deal(*((w, "us", 60, 60) for w in range(3)), *((w, "A", 60, 60) for w in range(3)))
    tables["checklist"] = [
        {
            "opportunity_id": "o",
            "assessed_on": MONDAY + timedelta(days=9),
            "kind": "necessary_condition",
            "item": "budget",
            "value": 0.0,
        }
    ]
    found = weeks(tables)
    assert (found[0]["g"], found[0]["p"]) == (None, found[0]["p_us"])
    assert (found[1]["g"], found[1]["delta"], found[1]["delta_us"]) == (pytest.approx(0.2), None, 0)
    assert found[2]["delta"] == 0


def test_the_week_of_the_close_has_no_row_and_later_entries_none_either() -> None:
    tables = deal((0, "us", 60, 60), (1, "us", 60, 60), (2, "us", 60, 60), valid_to=MONDAY + timedelta(days=8))
    assert list(weeks(tables)) == [0]


def test_future_assessments_and_answers_are_not_known_yet() -> None:
    tables = deal((11, "us", 60, 60), (12, "us", 90, 90), (13, "us", 99, 99))
    tables["assessment"][1]["week"] = LAST + timedelta(days=1)
    tables["checklist"] = [
        {
            "opportunity_id": "o",
            "assessed_on": LAST + timedelta(days=1),
            "kind": "necessary_condition",
            "item": "budget",
            "value": 0.0,
        }
    ]
    found = weeks(tables)
    assert list(found) == [11, 12]
    assert (found[12]["as_of_on"], found[12]["need_us"], found[12]["is_stale"], found[12]["g"]) == (
        LAST,
        60,
        True,
        None,
    )


# --- closeness of accounts ---------------------------------------------------------------------------------------


def company(seed: int, accounts: int = 6) -> dict[str, list[dict]]:
    """Random accounts: contacts who come, go and change, departments or none, activities of all kinds and owners."""
    random = Random(seed)
    tables: dict[str, list[dict]] = {name: [] for name in weekly.SOURCES}
    dates = sorted(random.sample([MONDAY + timedelta(days=d) for d in range(-20, 85)], 5))
    contact_ids = []
    for number in range(accounts):
        account = f"a{number}"
        ids = [f"c{number}{i}" for i in range(random.randint(1, 4))]
        contact_ids += ids
        for day in dates[number % 3 :]:
            for who in ids:
                if random.random() < 0.85:
                    tables["contact"].append(
                        {
                            "contact_id": who,
                            "account_id": account,
                            "snapshot_date": day,
                            "department": random.choice(["IT", "HR", "Lab", None]),
                            "title": random.choice(["boss", "clerk", None]),
                            "importance": random.choice([None, 1, 2, 3, 4, 5]),
                            "orientation": random.choice([None, "pragmatist"]),
                            "status": random.choice([None, None, -2, -1, 0, 1, 2]) if number else None,
                        }
                    )
            if number % 3 != 2:
                for name in random.sample(["IT", "HR", "Sales"], random.randint(0, 3)):
                    tables["department"].append(
                        {
                            "account_id": account,
                            "department": name,
                            "snapshot_date": day,
                            "weight": random.choice([None, 0.0, 1.0, 2.0]),
                            "target_contacts": random.choice([None, 0, 1, 2, 3]),
                        }
                    )
            tables["opportunity_contact"] += [
                {
                    "opportunity_id": "o",
                    "contact_id": who,
                    "snapshot_date": day,
                    "status": random.choice([None, None, 1]),
                    "decision_role": random.choice([None, None, "user"]),
                }
                for who in ids
                if random.random() < 0.3
            ]
    for number in range(250):
        when = datetime(2025, 11, 1, 12, tzinfo=UTC) + timedelta(hours=random.randint(0, 170 * 24))
        tables["activity"].append(
            {
                "activity_id": f"e{number}",
                "occurred_at": when,
                "contact_id": random.choice([*contact_ids, "stranger", None]),
                "kind": random.choice(["visit", "call", "greeting", "Message", "meeting_online", "smoke signal"]),
                "owner_id": random.choice(["S1", "S1", "S2", None]),
                "opportunity_id": random.choice([None, None, "o"]),
                "is_valid": random.choice([True, True, True, None, False]),
            }
        )
    return tables


@pytest.mark.parametrize(("seed", "settings"), [(1, RULES), (2, RULES), (3, OTHER)])
def test_random_accounts_agree_with_the_plain_loops(seed: int, settings: Settings) -> None:
    tables = company(seed)
    expected = account_weeks(tables, settings.closeness, settings.organisation.timezone, LAST)
    found = made(tables, settings)["account_week"]
    assert len(found) > 50
    assert {r["has_org_map"] for r in found} == {True, False}
    assert sum(r["closeness"] is not None for r in found) > 20
    assert_same(found, expected, "account_week", near=1e-4)


@pytest.mark.parametrize(("seed", "settings"), [(5, RULES), (6, OTHER)])
def test_random_accounts_agree_with_the_pure_formulas(seed: int, settings: Settings) -> None:
    tables, rules, zone = company(seed), settings.closeness, settings.organisation.timezone
    frames = {name: pa.Table.from_pylist(rows, TABLES[name].schema()).to_pandas() for name, rows in tables.items()}
    activity = frames["activity"].assign(occurred_on=frames["activity"]["occurred_at"].dt.tz_convert(zone).dt.date)
    for row in made(tables, settings)["account_week"][::3]:
        contacts, places = (latest(frames[name], row) for name in ("contact", "department"))
        mine = activity[activity["contact_id"].isin(contacts["contact_id"])]
        chain = frames["opportunity_contact"]
        chain = chain[chain["contact_id"].isin(contacts["contact_id"]) & (chain["snapshot_date"] <= row["as_of_on"])]
        result = closeness.account(closeness.people(contacts, mine, chain, row["as_of_on"], rules), places, rules)
        for name in ("closeness", "depth", "breadth", "transparency", "person_dependence"):
            value = getattr(result, name)
            assert (None if isnan(value) else pytest.approx(value, abs=1e-4)) == row[name], (
                row["account_id"],
                row["week"],
                name,
            )
        assert (result.holder_id, result.has_org_map) == (row["holder_id"], row["has_org_map"])


def latest(frame: pd.DataFrame, row: dict) -> pd.DataFrame:
    """The rows of an account in its latest snapshot up to the end of a week."""
    mine = frame[(frame["account_id"] == row["account_id"]) & (frame["snapshot_date"] <= row["as_of_on"])]
    mine = mine[mine["snapshot_date"] == mine["snapshot_date"].max()]
    return mine.astype({c: "Int64" for c in ("importance", "status") if c in mine.columns})


def b4_tables() -> dict[str, list[dict]]:
    """The account of METHOD B4 on Sunday 2026-03-29: X reached 10, 25 and 40 days before, Y never, Purchasing empty."""
    end = date(2026, 3, 29)

    def act(kind: str, days: int) -> dict:
        when = datetime(end.year, end.month, end.day, 4, tzinfo=UTC) - timedelta(days=days)
        return {"activity_id": f"e{days}", "occurred_at": when, "contact_id": "X", "kind": kind, "opportunity_id": "o"}

    person = {"account_id": "a", "department": "IT", "snapshot_date": MONDAY}
    return {
        "activity": [act("visit", 10), act("call", 25), act("greeting", 40)],
        "contact": [
            {**person, "contact_id": "X", "importance": 5, "status": 1, "orientation": "pragmatist"},
            {**person, "contact_id": "Y", "importance": 3, "status": 0},
        ],
        "department": [
            {"account_id": "a", "department": "IT", "weight": 2.0, "target_contacts": 2, "snapshot_date": MONDAY},
            {
                "account_id": "a",
                "department": "Purchasing",
                "weight": 1.0,
                "target_contacts": 1,
                "snapshot_date": MONDAY,
            },
        ],
        "opportunity_contact": [
            {"opportunity_id": "o", "contact_id": "X", "status": 1, "snapshot_date": MONDAY},
            {"opportunity_id": "o", "contact_id": "Y", "decision_role": "user", "snapshot_date": MONDAY},
        ],
    }


#: The example overrides the cadence of importance 5: 30 days.
B4 = Settings(
    organisation=Organisation(timezone="Asia/Shanghai"), closeness=Closeness(cadence_days=(60, 45, 30, 21, 30))
)


def test_the_account_of_b4_in_the_mart_as_printed() -> None:
    row = next(r for r in made(b4_tables(), B4)["account_week"] if r["as_of_on"] == date(2026, 3, 29))
    assert [round(row[c], 2) for c in ("depth", "breadth", "transparency", "closeness")] == [20.04, 66.67, 64.64, 47.41]
    assert (row["n_contacts"], row["n_reached"], row["n_key"], row["n_departments"]) == (2, 1, 2, 2)


def test_weeks_before_the_first_activity_kept_are_not_measured() -> None:
    found = made(b4_tables(), B4)["account_week"]
    assert min(r["as_of_on"] for r in found) == date(2026, 2, 22)  # 40 days before: 17 February, a Tuesday
    assert all(r["is_short_history"] for r in found)


def test_without_activities_or_without_contacts_there_is_nothing_to_say() -> None:
    tables = b4_tables()
    assert made({**tables, "activity": []}, B4)["account_week"] == []
    assert made({**tables, "contact": []}, B4)["account_week"] == []


def test_a_week_knows_only_what_had_happened_by_its_sunday() -> None:
    tables = b4_tables()
    before = {r["week"]: r for r in made(tables, B4)["account_week"]}
    tables["activity"].append(
        {**tables["activity"][0], "activity_id": "late", "occurred_at": datetime(2026, 3, 23, 1, tzinfo=UTC)}
    )
    tables["contact"].append({**tables["contact"][0], "snapshot_date": date(2026, 3, 24), "status": -2})
    after = {r["week"]: r for r in made(tables, B4)["account_week"]}
    changed = [week for week in before if before[week] != after[week]]
    assert min(changed) == date(2026, 3, 23)


def test_the_accounts_owner_segment_and_team_are_those_of_the_week() -> None:
    tables = b4_tables()
    tables["account"] = [
        {"account_id": "a", "segment": "SMB", "owner_id": "S1", "industry": "Energy", "snapshot_date": MONDAY},
        {"account_id": "a", "segment": "KA", "owner_id": "S2", "snapshot_date": date(2026, 3, 16)},
    ]
    tables["owner"] = [
        {"owner_id": "S1", "team": "East", "region": "R1", "snapshot_date": MONDAY},
        {"owner_id": "S2", "team": "West", "snapshot_date": MONDAY},
    ]
    rows = {
        r["week"]: tuple(r[c] for c in ("segment", "owner_id", "team", "region", "industry"))
        for r in made(tables, B4)["account_week"]
    }
    assert rows[date(2026, 3, 9)] == ("SMB", "S1", "East", "R1", "Energy")
    assert rows[date(2026, 3, 16)] == ("KA", "S2", "West", None, None)
