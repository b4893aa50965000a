"""Offering penetration: pairs of account and product line counted by hand, as of the day, within what is asked for."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from tests.analytics.test_value import lost, only, still_open, won
from tests.journeys import asked, view

KEY = "value.penetration"


def test_open_and_won_business_fills_a_cell_and_lost_business_leaves_it_white() -> None:
    ask = asked([still_open(account_id="a", product_line="X"), won(20, account_id="a", product_line="Y"),
                 won(30, account_id="a", product_line="Y"), lost(40, account_id="b", product_line="X"),
                 won(50, account_id="b", product_line="Z")])
    row = only(ask, KEY, 100)
    assert (row["accounts"], row["lines"], row["n"]) == (2, 3, 6)
    assert (row["events"], row["white"], row["value"], row["per_account"]) == (3, 3, 0.5, 1.5)


def test_only_what_was_known_on_the_day_counts() -> None:
    ask = asked([still_open(account_id="a", product_line="X"), lost(60, account_id="a", product_line="Y"),
                 won(80, after=5, account_id="b", product_line="Z")])
    row = only(ask, KEY, 55)
    assert (row["accounts"], row["lines"], row["events"], row["value"]) == (1, 2, 2, 1), "Y was open then, b unheard of"
    assert (only(ask, KEY, 100)["events"], only(ask, KEY, 100)["n"]) == (2, 6)


def test_the_lines_of_all_are_held_against_each_group_and_filters_narrow_both() -> None:
    ask = asked([still_open(account_id="a", product_line="X", segment="KA"),
                 still_open(account_id="b", product_line="Y", segment="SMB"),
                 still_open(account_id="b", product_line="Z", segment="SMB")])
    rows = ask.metric(KEY, view(100), ["segment"]).set_index("segment")
    assert rows["value"].to_dict() == pytest.approx({"KA": 1 / 3, "SMB": 2 / 3})
    alone = only(ask, KEY, 100, segment=["SMB"])
    assert (alone["lines"], alone["value"]) == (2, 1)


def test_what_cannot_be_known_is_said_and_not_zero() -> None:
    for journeys, reason in (([still_open(account_id="a", product_line="X")], "no_lines"),
                             ([still_open(account_id="a"), won(9, account_id="a", product_line="X"),
                               won(9, account_id="a", product_line="Y")], "no_lines"),
                             ([still_open(product_line="X", account_id=None)], "no_accounts")):
        row = only(asked(journeys), KEY, 100)
        assert (row["reason"], row["n"]) == (reason, 0)
        assert pd.isna(row["value"])
    two = asked([still_open(account_id="a", product_line=line) for line in "XY"])
    assert set(two.metric(KEY, view(100), ["product_line"])["reason"]) == {"by_line"}


def test_the_board_holds_it_against_no_other_period_because_wins_pile_up() -> None:
    ask = asked([won(20, account_id="a", product_line="X"), won(320, account_id="a", product_line="Y")])
    of = view(360, 300, 360, compare="previous")
    assert ask.compared(of) is not None
    board = ask.headline(of).set_index("key")
    row = board.loc[KEY]
    assert (row["value"], row["n"], row["trend"]) == (1, 2, [])
    assert pd.isna(row["change"])
    assert pd.isna(row["other_value"])


def test_it_agrees_with_a_plain_count_over_random_companies() -> None:
    dice = random.Random(136)
    for _ in range(5):
        journeys = []
        for _ in range(40):
            columns = {"account_id": dice.choice("abcdefg"), "product_line": dice.choice("UVWXYZ")}
            kind = dice.choice([still_open, lambda **c: won(dice.randrange(5, 90), **c),
                                lambda **c: lost(dice.randrange(15, 90), **c)])
            journeys.append(kind(**columns))
        accounts = {j.columns["account_id"] for j in journeys}
        lines = {j.columns["product_line"] for j in journeys}
        held = {(j.columns["account_id"], j.columns["product_line"]) for j in journeys if j.steps[-1][1] != "lost"}
        row = only(asked(journeys), KEY, 100)
        assert (row["n"], row["events"]) == (len(accounts) * len(lines), len(held))
