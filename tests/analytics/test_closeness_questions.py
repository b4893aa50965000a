"""Closeness asked of a small sample company: the formula gives the mart's score, names are masked, scope holds."""

from __future__ import annotations

import pytest

from analytics.ask import Ask
from analytics.view import View
from data.errors import MvpodError
from data.scope import Filters, Scope


def test_the_formula_of_an_account_gives_the_score_that_the_board_shows(asked: Ask, view: View) -> None:
    # two independent computations: SQL over all accounts and weeks, and the pure functions on one account's tables
    board = asked.closeness_board(view, "amount", limit=12)
    scored = board[board["closeness"].notna()]
    assert len(scored) >= 5
    for row in scored.to_dict("records"):
        parts = asked.closeness_formula(view, row["account_id"])["formula"].set_index("part")
        assert parts.loc["closeness", "value"] == pytest.approx(row["closeness"], abs=2e-4)
        assert parts.drop(index="closeness")["points"].sum() == pytest.approx(row["closeness"], abs=2e-4)


def test_the_formula_is_that_of_the_day_asked_for_and_later_events_change_nothing(asked: Ask, view: View) -> None:
    before = view.with_(as_of=asked.company.dates[-10])
    for row in asked.closeness_board(before, "amount", limit=5).to_dict("records"):
        parts = asked.closeness_formula(before, row["account_id"])["formula"].set_index("part")
        assert parts.loc["closeness", "value"] == pytest.approx(row["closeness"], abs=2e-4, nan_ok=True)


def test_names_of_contacts_are_masked_unless_the_scope_shows_them(asked: Ask, view: View) -> None:
    account = str(asked.closeness_board(view, "amount", limit=1)["account_id"].iloc[0])
    masked = asked.account_story(view, account)
    for name in ("people", "map", "trust"):
        assert "name" not in masked[name].columns
        assert masked[name]["who"].str.contains("**", regex=False).all()
    shown = asked.account_story(view.with_(scope=Scope(show_names=True)), account)
    assert not shown["map"]["who"].str.contains("**", regex=False).any()


def test_an_account_outside_the_scope_does_not_exist(asked: Ask, view: View) -> None:
    found = asked.closeness_board(view, "amount", limit=100)
    mine, other = found["team"].iloc[0], found["team"].ne(found["team"].iloc[0])
    hidden = str(found.loc[other, "account_id"].iloc[0])
    narrow = view.with_(scope=Scope.of(team=[mine]))
    assert set(asked.closeness_board(narrow, "amount")["team"]) == {mine}
    with pytest.raises(MvpodError) as error:
        asked.account_story(narrow, hidden)
    assert error.value.code == "E_ACCOUNT"


def test_segments_partition_the_accounts_and_a_filter_of_deals_leaves_them_alone(asked: Ask, view: View) -> None:
    whole = asked.closeness_summary(view)
    parts = [asked.closeness_summary(view.with_(filters=Filters.of(segment=[s])))["n"].sum() for s in whole["segment"]]
    assert sum(parts) == whole["n"].sum()
    deals = view.with_(filters=Filters.of(product_line=["no such line"]))
    assert asked.closeness_summary(deals)["n"].sum() == whole["n"].sum()


def test_the_sellers_who_hold_accounts_alone_add_up_to_the_accounts_that_hang_on_one_person(
    asked: Ask, view: View
) -> None:
    assert asked.holders(view)["accounts"].sum() == asked.closeness_summary(view)["dependent"].sum() > 0


def test_the_chain_of_a_deal_and_the_chains_of_all_deals_count_the_same_families(asked: Ask, view: View) -> None:
    counts = asked.chains(view)
    assert (counts[["approver", "evaluator", "procurement"]].max(axis=1) <= counts["named"]).all()
    assert (counts["single"] <= counts["named"]).all()
    assert ((counts["coverage"] >= 0) & (counts["coverage"] <= 1)).all()
