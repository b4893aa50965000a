"""Closeness over many accounts: names stay masked, noise names nobody, what is not known is not cold."""

from __future__ import annotations

from datetime import date
from math import nan

import numpy as np
import pandas as pd
import pytest

from analytics import closeness_accounts as accounts
from analytics import findings_closeness
from data.settings import Closeness

RULES = Closeness()


def _counts(change: np.ndarray, seller: np.ndarray) -> pd.DataFrame:
    """Rows as sql/closeness_shifts.sql gives them: everybody, and the accounts of each seller."""
    frame = pd.DataFrame({"dimension": "owner_id", "value": seller, "part": change})
    frame = pd.concat([frame, frame.assign(dimension="", value="")])
    found = frame.groupby(["dimension", "value"])["part"].agg(
        n="count", total="sum", squares=lambda s: float((s**2).sum()), change="mean"
    )
    return found.reset_index().assign(closeness_before=50.0, closeness_now=50.0 + found["change"].to_numpy(), name="")


@pytest.mark.parametrize(
    ("name", "seen"), [("张小明", "张**"), ("Jane Doe", "J*** D***"), ("", ""), (None, ""), ("nan", "")]
)
def test_a_name_is_masked_unless_allowed(name: str | None, seen: str) -> None:
    assert accounts.masked(name) == seen
    assert accounts.masked("Jane Doe", show=True) == "Jane Doe"


def test_the_seller_whose_accounts_fall_is_named_and_on_permuted_labels_nobody_is() -> None:
    draw = np.random.default_rng(7)
    change = draw.normal(0, 10, 600)
    seller = np.repeat([f"S{i:02}" for i in range(50)], 12)
    change[seller == "S17"] -= 30
    found = accounts.shifts(_counts(change, seller))
    assert found.loc[found["is_real"] & (found["dimension"] != ""), "value"].tolist() == ["S17"]
    said = findings_closeness.who_loses(found.assign(name=found["value"]), "en", since="then")
    assert said.strength == "clear"
    assert "S17" in said.text
    claims = 0
    for _ in range(40):  # 5 % of shuffles may claim something: more than 6 of 40 has probability below 1 %
        shuffled = accounts.shifts(_counts(draw.permutation(change), seller))
        groups = shuffled[shuffled["dimension"] != ""]
        claims += bool(groups["is_real"].any())
    assert claims <= 6


def test_two_accounts_are_too_few_to_accuse_their_seller() -> None:
    change = np.array([-60.0, -61.0, *([0.0, 1.0] * 20)])
    found = accounts.shifts(_counts(change, np.array(["few", "few", *(["many"] * 40)])))
    assert "few" not in set(found["value"])


def test_the_formula_is_golden_of_the_method_and_adds_up() -> None:
    # METHOD B4: D 20.04, B 66.67, T 64.64 give 47.41
    from analytics.closeness import Account

    result = Account(47.41, 20.04, 66.67, 64.64, nan, nan, nan, None, True, pd.DataFrame())
    rows = accounts.formula(result, RULES).set_index("part")
    assert round(rows.loc[["depth", "breadth", "transparency"], "points"].sum(), 2) == 47.41


def test_without_key_contacts_depth_and_breadth_share_the_whole_weight() -> None:
    from analytics.closeness import Account

    result = Account(40.0, 30.0, 60.0, nan, nan, nan, nan, None, True, pd.DataFrame())
    rows = accounts.formula(result, RULES).set_index("part")
    assert rows.loc["depth", "weight"] + rows.loc["breadth", "weight"] == pytest.approx(1)
    assert pd.isna(rows.loc["transparency", "points"])


@pytest.mark.parametrize(("has_map", "reason"), [(True, "no_attitude"), (False, "no_org_map")])
def test_an_account_without_a_score_says_why_and_has_no_band(has_map: bool, reason: str) -> None:
    row = {"account_id": "A", "closeness": nan, "has_org_map": has_map, **dict.fromkeys(accounts.ALERTS, False)}
    shown = accounts.board(pd.DataFrame([row]), pd.DataFrame({"account_id": [], "closeness": []}), RULES).iloc[0]
    assert (shown["band"], shown["reason"], shown["alerts"], shown["course"]) == (None, reason, (), [])
    said = findings_closeness.of_account({**row, "band": None}, nan, "en", name="A")
    assert said.strength == "nothing"
    assert "0" not in said.text


def _people(**changes: list[object]) -> pd.DataFrame:
    rows = {"contact_id": ["c1", "c2"], "department": ["IT", None], "importance": [5, None], "status": [-2.0, nan],
            "is_reached": [True, False]}  # fmt: skip
    return pd.DataFrame(rows | changes)


def _departments() -> pd.DataFrame:
    return pd.DataFrame({"department": ["IT", "Finance"], "weight": [1.0, 3.0], "target": [2, 2], "contacts": [1, 0],
                         "n": [1, 0], "is_covered": [False, False]})  # fmt: skip


def test_a_department_in_which_nobody_is_known_stays_on_the_matrix() -> None:
    cells = accounts.coverage(_people(), _departments())
    assert cells["department"].tolist()[:2] == ["Finance", "IT"]  # the heaviest first
    assert cells["contacts"].tolist() == [0, 1, 1]
    assert cells["unknown"].sum() == 1
    assert cells["opposing"].sum() == 1


def test_the_gaps_name_the_empty_department_and_the_opponent_who_matters() -> None:
    found = accounts.gaps(_people(), _departments())
    assert found["gap"].tolist() == ["empty_department", "not_covered", "key_opposed"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_where_nothing_can_be_compared_the_sentence_says_so(lang: str) -> None:
    empty = accounts.shifts(_counts(np.array([]), np.array([])))
    assert findings_closeness.who_loses(empty, lang, since="then").strength == "too_few"
    assert findings_closeness.level(empty, lang, since="then").strength == "too_few"


def _weeks(*points: float) -> pd.DataFrame:
    """One account's weeks from 2025-11-02 on."""
    days = pd.date_range("2025-11-02", periods=len(points), freq="7D")
    return pd.DataFrame({"as_of_on": days, "closeness": points})


def test_a_fall_lies_between_the_last_week_near_the_start_and_the_first_near_the_end() -> None:
    found = accounts.fall(_weeks(60, 60, 59, 50, 35, 24, 21, 20), 60, 20)
    assert found == (date(2025, 11, 16), date(2025, 12, 14))  # from 59 (a tenth of 40 is 4) to 21 (nine tenths: 24)
    assert accounts.fall(_weeks(60, 60, 59), 60, 20) is None
    assert accounts.fall(_weeks(20, 60), 20, 60) is None


def test_weeks_before_the_period_and_unknown_ones_are_no_part_of_a_fall() -> None:
    weeks = _weeks(10, 60, nan, 30, 20)
    assert accounts.fall(weeks, 60, 20, start=date(2025, 11, 9)) == (date(2025, 11, 9), date(2025, 11, 30))


def test_the_mean_of_several_accounts_leaves_out_weeks_that_nobody_can_judge() -> None:
    day = pd.Timestamp("2025-11-02")
    parts = dict.fromkeys(("depth", "breadth", "transparency", "person_dependence"), 0.5)
    course = pd.DataFrame([
        {"as_of_on": day, "closeness": 40.0, "is_short_history": False, **parts},
        {"as_of_on": day, "closeness": 60.0, "is_short_history": False, **parts},
        {"as_of_on": day, "closeness": 0.0, "is_short_history": True, **parts},
    ])
    row = accounts.weeks_of(course).iloc[0]
    assert (row["closeness"], row["accounts"]) == (50.0, 2)


def _story(active: bool | None, won: int, n: int) -> dict[str, object]:
    wins = pd.DataFrame({"n": [60, n], "won": [22, won], "value": [22 / 60, won / n]})
    return {"group": {"name": "Pine", "dimension": "holder_id", "n": 12, "held": 0.95, "is_active": active,
                      "closeness_before": 60.0, "closeness_now": 25.0, "since": date(2025, 11, 23),
                      "until": date(2026, 1, 25)}, "wins": wins}


@pytest.mark.parametrize(("active", "won", "n", "lang", "words"), [
    (False, 3, 31, "en", "Pine, no longer active, held 12 accounts alone: 60.0 → 25.0 points; "
     "win rate there 36.7% (n = 60) → 9.7% (n = 31)"),
    (False, 3, 31, "zh", "Pine（已离职）曾一人维系 12 个客户：由 60.0 降至 25.0 分；"
     "这些客户的赢率由 36.7%（n = 60）变为 9.7%（n = 31）"),
    (True, 9, 31, "en", "Pine held 12 accounts alone: 60.0 → 25.0 points; "
     "win rate there 36.7% (n = 60) → 29.0% (n = 31), which can be chance"),
    (None, 1, 5, "en", "Pine held 12 accounts alone: 60.0 → 25.0 points"),
])
def test_the_loss_with_a_seller_is_told_as_far_as_it_is_known(
        active: bool | None, won: int, n: int, lang: str, words: str) -> None:
    found = findings_closeness.loss(_story(active, won, n), lang)
    assert found is not None
    assert found.text.replace("\u00a0", " ") == words


def test_how_much_was_held_and_when_it_was_lost_stands_below_the_title() -> None:
    told = findings_closeness.loss_details(_story(False, 3, 31), "en")
    assert [words.replace("\u00a0", " ") for words in told] == [
        "95% of their closeness was with this person", "most was lost between 23 Nov 2025 and 25 Jan 2026"]


def test_nobody_is_named_where_closeness_was_lost_with_nobody() -> None:
    assert findings_closeness.loss({}, "en") is None
    draw = np.random.default_rng(9)
    quiet = accounts.shifts(_counts(draw.normal(0, 10, 200), np.repeat(["A", "B"], 100)))
    assert accounts.lost_with(quiet) is None


def test_a_team_of_which_three_of_five_deals_hang_on_one_contact_is_not_called_out() -> None:
    """60 % of five can be chance; 100 of 103 cannot."""
    frame = pd.DataFrame({"team": ["few", "many"], "named": [5, 103], "single": [3, 20], "people_per_deal": [2.0, 2.0]})
    frame["single_share"] = frame["single"] / frame["named"]
    assert "few knows" not in findings_closeness.chains(frame, "en").text
    frame["single"] = [3, 100]
    frame["single_share"] = frame["single"] / frame["named"]
    assert findings_closeness.chains(frame, "en").text.startswith("many knows one person per opportunity: 100 of 103")


def test_a_group_by_itself_begins_with_a_capital_and_names_keep_their_own() -> None:
    row = {"dimension": "owner_id", "value": "S1", "name": "van Dijk"}
    assert findings_closeness.called(row, "en") == "accounts of van Dijk"
    assert findings_closeness.called(row, "en", alone=True) == "Accounts of van Dijk"
    assert findings_closeness.called(row, "zh", alone=True) == "van Dijk 负责的客户"
    region = {"dimension": "region", "value": "east"}
    assert findings_closeness.called(region, "en", alone=True) == "Accounts of region east"
