"""Closeness of people and accounts: the method's own worked figures, and its edges."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan, nan

import pandas as pd
import pytest

from analytics.closeness import (
    account,
    band,
    by_contact,
    chain_coverage,
    combined,
    contact_closeness,
    counted,
    energy,
    expected_level,
    gauge,
    interaction,
    people,
    project,
    trust,
)
from data.settings import Closeness

RULES = Closeness()
TODAY = date(2026, 6, 30)
#: The example of METHOD B4 gives an importance of 5 the cadence of 30 days.
EXAMPLE = Closeness(cadence_days=(60, 45, 30, 21, 30))


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def acts(*rows: tuple[str, str, int], owner: str | None = "S1", deal: str | None = None) -> pd.DataFrame:
    """Activities as (contact, kind, days ago)."""
    return pd.DataFrame(
        {
            "contact_id": pd.Series([r[0] for r in rows], dtype="str"),
            "kind": pd.Series([r[1] for r in rows], dtype="str"),
            "occurred_on": [ago(r[2]) for r in rows],
            "is_valid": [True] * len(rows),
            "owner_id": pd.Series([owner] * len(rows), dtype="str"),
            "opportunity_id": pd.Series([deal] * len(rows), dtype="str"),
        }
    )


def with_x(activities: pd.DataFrame) -> list[dict]:
    """What was done with the contact x."""
    return by_contact(counted(activities, TODAY, RULES))["x"]


def contacts(*rows: tuple) -> pd.DataFrame:
    """Contacts as (id, department, importance, status, title)."""
    names = ["contact_id", "department", "importance", "status", "title"]
    frame = pd.DataFrame([dict(zip(names, (*r, "boss")[:5])) for r in rows], columns=names)
    return frame.assign(
        orientation=None, importance=frame["importance"].astype("Int64"), status=frame["status"].astype("Int64")
    )


def departments(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["department", "weight", "target_contacts"])


NOBODY = pd.DataFrame(
    {"contact_id": pd.Series(dtype="str"), "status": pd.Series(dtype="Int64"), "decision_role": pd.Series(dtype="str")}
)


# --- METHOD B2, B3, B4, printed digits ---------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "printed"), [(14, 4.6372), (30, 2.1640), (60, 1.0820)])
def test_expected_levels_as_printed_in_b2(days: int, printed: float) -> None:
    assert round(expected_level(days, RULES), 4) == printed


def test_three_touches_give_the_interaction_printed_in_b2() -> None:
    level = energy([1.0, 0.5, 0.2], [10, 25, 40], RULES)
    assert round(level, 4) == 1.3054
    assert round(interaction(level, 30, RULES), 4) == 0.6032


def test_the_same_touches_as_activities_give_the_same() -> None:
    done = counted(acts(("x", "visit", 10), ("x", "call", 25), ("x", "greeting", 40)), TODAY, RULES)
    assert round(energy(done["weight"], done["age_days"], RULES), 4) == 1.3054


def test_a_supporter_with_that_interaction_is_as_close_as_printed_in_b3() -> None:
    assert round(contact_closeness(1, 0.6032, RULES), 2) == 60.12


def test_the_ends_of_the_scale_of_b3() -> None:
    assert contact_closeness(-2, 1.0, RULES) == 0
    assert contact_closeness(2, 1.0, RULES) == 100
    assert contact_closeness(0, 0.0, RULES) == 25
    assert contact_closeness(2, 0.0, RULES) == 50


def b4_example() -> tuple[pd.DataFrame, pd.DataFrame]:
    """IT: X (importance 5, supports, reached, 6 of 7 known), Y (3, neutral, not reached, 3 of 7); Purchasing empty."""
    persons = people(
        contacts(("X", "IT", 5, 1), ("Y", "IT", 3, 0)).assign(orientation=["pragmatist", None]),
        acts(("X", "visit", 10), ("X", "call", 25), ("X", "greeting", 40), deal="O1"),
        pd.DataFrame(
            {
                "contact_id": ["X", "Y"],
                "status": pd.array([1, None], dtype="Int64"),
                "decision_role": pd.array([None, "user"], dtype="str"),
            }
        ),
        TODAY,
        EXAMPLE,
    )
    return persons, departments(("IT", 2.0, 2), ("Purchasing", 1.0, 1))


def test_the_account_of_b4_as_printed() -> None:
    persons, map_ = b4_example()
    assert persons["known_share"].tolist() == pytest.approx([6 / 7, 3 / 7])
    result = account(persons, map_, EXAMPLE)
    printed = (result.depth, result.breadth, result.transparency, result.closeness)
    assert [round(v, 2) for v in printed] == [20.04, 66.67, 64.64, 47.41]


def test_departments_add_up_to_depth_and_breadth() -> None:
    result = account(*b4_example(), EXAMPLE)
    assert result.departments["depth"].sum() == pytest.approx(result.depth)
    assert result.departments["breadth"].sum() == pytest.approx(result.breadth)


# --- activities --------------------------------------------------------------------------------------------------


def test_future_and_invalid_activities_count_nothing() -> None:
    done = acts(("x", "visit", -1), ("x", "visit", 3)).assign(is_valid=[True, False])
    assert counted(done, TODAY, RULES).empty


def test_of_greetings_one_in_seven_days_counts() -> None:
    done = counted(acts(*(("x", "greeting", days) for days in (20, 19, 14, 13, 6, 6))), TODAY, RULES)
    assert dict(zip(done["age_days"], done["is_counted"])) == {20: True, 19: False, 14: False, 13: True, 6: False}
    assert done["is_counted"].tolist() == [True, False, False, True, True, False]


def test_the_cap_is_per_contact_and_not_for_calls() -> None:
    done = counted(acts(("x", "greeting", 3), ("y", "greeting", 3), ("x", "call", 3), ("x", "call", 3)), TODAY, RULES)
    assert done["is_counted"].all()


def test_no_activity_is_no_interaction() -> None:
    assert people(contacts(("x", "IT", 3, 1)), acts(), NOBODY, TODAY, RULES)["interaction"].tolist() == [0.0]


# --- accounts ----------------------------------------------------------------------------------------------------


def test_reached_is_within_ninety_days() -> None:
    persons = people(
        contacts(("x", "IT", 3, 1), ("y", "IT", 3, 1)), acts(("x", "call", 89), ("y", "call", 90)), NOBODY, TODAY, RULES
    )
    assert persons["is_reached"].tolist() == [True, False]


def test_without_departments_there_are_parts_but_no_score() -> None:
    persons = people(
        contacts(("x", None, 3, 1, "boss"), ("y", None, 3, 1, "clerk")), acts(("x", "visit", 0)), NOBODY, TODAY, RULES
    )
    result = account(persons, departments(), RULES)
    assert not result.has_org_map
    assert isnan(result.closeness)
    assert result.departments[["target", "n"]].values.tolist() == [[2, 1]]
    assert result.breadth == 100


def test_an_account_of_which_no_attitude_is_known_is_not_measured() -> None:
    persons = people(contacts(("x", "IT", 3, None)), acts(("x", "visit", 0)), NOBODY, TODAY, RULES)
    result = account(persons, departments(("IT", 1.0, 1)), RULES)
    assert all(isnan(v) for v in (result.closeness, result.depth, result.breadth, result.transparency))
    assert band(result.closeness, RULES) is None


def test_without_key_contacts_depth_and_breadth_share_the_weight() -> None:
    persons = people(contacts(("x", "IT", 2, 1)), acts(("x", "visit", 0)), NOBODY, TODAY, RULES)
    result = account(persons, departments(("IT", 1.0, 1)), RULES)
    assert isnan(result.transparency)
    assert result.closeness == pytest.approx((0.4 * result.depth + 0.3 * result.breadth) / 0.7)


def test_a_department_of_opponents_only_is_not_covered() -> None:
    persons = people(
        contacts(("x", "IT", 3, -1), ("y", "HR", 3, 0)),
        acts(("x", "visit", 0), ("y", "visit", 0)),
        NOBODY,
        TODAY,
        RULES,
    )
    assert account(persons, departments(("IT", 1.0, 1), ("HR", 1.0, 1)), RULES).breadth == 50


def test_a_department_without_weight_or_target_weighs_one_and_has_two_seats() -> None:
    persons = people(contacts(("x", "IT", 3, 2)), acts(("x", "visit", 0)), NOBODY, TODAY, RULES)
    result = account(persons, departments(("IT", None, None)), RULES)
    assert result.departments[["weight", "target"]].values.tolist() == [[1, 2]]


def test_who_made_most_touches_holds_the_contact_and_dependence_is_his_share() -> None:
    touches = pd.concat(
        [acts(("x", "visit", 1), ("x", "call", 2)), acts(("x", "call", 3), ("y", "visit", 1), owner="S2")]
    )
    persons = people(contacts(("x", "IT", 3, 1), ("y", "IT", 3, 1)), touches, NOBODY, TODAY, RULES)
    result = account(persons, departments(("IT", 1.0, 2)), RULES)
    x, y = persons["closeness"]
    assert persons["holder_id"].tolist() == ["S1", "S2"]
    assert (result.holder_id, result.person_dependence) == ("S1", pytest.approx(x / (x + y)))


def test_dependence_is_unknown_where_nobody_is_named() -> None:
    persons = people(contacts(("x", "IT", 3, 1)), acts(("x", "visit", 1), owner=None), NOBODY, TODAY, RULES)
    assert isnan(account(persons, departments(("IT", 1.0, 1)), RULES).person_dependence)


def test_bands_begin_at_their_bounds() -> None:
    assert [band(s, RULES) for s in (0, 30, 50, 70, nan)] == ["weak", "contact", "trusted", "partner", None]


def test_unknown_transparency_is_left_out_of_the_score() -> None:
    assert combined(40, 80, nan, RULES) == pytest.approx((16 + 24) / 0.7)


# --- project and trust -------------------------------------------------------------------------------------------


def chain(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["contact_id", "decision_role", "status"])
    return frame.assign(status=frame["status"].astype("Int64"))


def test_project_closeness_weighs_attitude_by_role() -> None:
    people_ = chain(("x", "approver", 2), ("y", "user", -2))
    assert project(people_, RULES) == pytest.approx(100 * 5 / 7)
    assert project(people_, RULES, {"x": 0.0}) == pytest.approx(50 * 5 / 7)
    assert isnan(project(chain(("x", "approver", None)), RULES))


def test_chain_coverage_names_the_gaps() -> None:
    result = chain_coverage(chain(("x", "approver", 1), ("y", "procurement", None), ("z", None, 1)), RULES)
    assert (result.share, result.missing) == (pytest.approx(5 / 11), ("evaluator", "procurement"))


def test_an_opposing_approver_is_a_red_flag() -> None:
    assert chain_coverage(chain(("x", "decision_maker", -2)), RULES).is_opposed
    assert not chain_coverage(chain(("x", "user", -2), ("y", "approver", None)), RULES).is_opposed


def test_gauges_leave_the_unknown_out() -> None:
    rows = chain(("x", "approver", 1), ("y", "user", 1)).assign(price_accept=[40.0, None])
    assert gauge(rows, "price_accept", RULES) == 40


def test_trust_is_the_sum_of_four_degrees() -> None:
    done = acts(*(("x", "workshop", d) for d in (1, 2, 3, 4)), ("x", "visit", 5), ("x", "visit", 6))
    result = trust(with_x(done), 5, ago(36 * 31), TODAY, RULES)
    assert (result.frequency, result.expertise, result.depth, result.length) == (1, 1, 1, 1)
    assert (result.score, result.step) == (100, "interdependent")


def test_a_long_silence_ends_the_length_of_trust() -> None:
    result = trust(with_x(acts(("x", "visit", 200))), 5, ago(2000), TODAY, RULES)
    assert (result.expertise, result.depth, result.length) == (0, 0, 0)
    assert result.step == "acquainted"
