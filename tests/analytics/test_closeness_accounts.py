"""Closeness over many accounts: names stay masked, noise names nobody, what is not known is not cold."""

from __future__ import annotations

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
