"""The open pipeline on any day."""

from __future__ import annotations

import pandas as pd

from tests.journeys import Journey, asked, day, view


def test_the_open_pipeline_is_what_was_open_on_the_day() -> None:
    company = asked([Journey([(0, "lead"), (10, "meeting"), (20, "won")], 100), Journey([(5, "lead")], 50),
                     Journey([(15, "lead")], None)])
    found = {d: company.metric("pipeline.open", view(d)).iloc[0] for d in (4, 12, 16, 30)}
    assert [int(found[d]["n"]) for d in (4, 12, 16, 30)] == [1, 2, 3, 2]
    assert [found[d]["amount"] for d in (4, 12, 16, 30)] == [100, 150, 150, 50]
    assert found[16]["amount_missing"] == 1


def test_weighted_takes_the_default_probability_of_the_stage() -> None:
    company = asked([Journey([(0, "lead")], 100), Journey([(0, "proposal")], 100)])
    assert company.metric("pipeline.open", view(9)).iloc[0]["weighted"] == 100 * 0.1 + 100 * 0.6


def test_paused_ones_are_in_and_counted_and_those_put_off_are_out() -> None:
    paused = Journey([(0, "lead")], 10, statuses={20: "paused"})
    later = Journey([(0, "lead")], 20, statuses={20: "future"}, columns={"wake_on": day(90)})
    company = asked([paused, later, Journey([(0, "lead")], 40)], weekly=True)
    row = company.metric("pipeline.open", view(60)).iloc[0]
    assert (row["n"], row["amount"], row["paused"], row["future"]) == (2, 50, 1, 1)
    assert company.metric("pipeline.open", view(90)).iloc[0]["n"] == 3


def test_only_unknown_amounts_give_no_amount() -> None:
    row = asked([Journey([(0, "lead")], None)]).metric("pipeline.open", view(9)).iloc[0]
    assert pd.isna(row["amount"])
    assert (row["n"], row["reason"]) == (1, "no_amounts")


def test_nothing_open_is_a_count_of_zero_with_a_reason() -> None:
    row = asked([Journey([(0, "lead"), (1, "won")])]).metric("pipeline.open", view(9)).iloc[0]
    assert (row["n"], row["reason"]) == (0, "nothing_open")


def test_stages_come_in_order_and_add_up() -> None:
    company = asked([Journey([(0, "proposal")], 1), Journey([(0, "lead")], 2), Journey([(0, "meeting")], 4)])
    frame = company.metric("pipeline.open", view(9), ["stage"])
    assert frame["stage"].tolist() == ["lead", "meeting", "proposal"]
    assert frame["amount"].sum() == company.metric("pipeline.open", view(9)).iloc[0]["amount"]


def test_the_month_is_that_of_the_expected_close() -> None:
    company = asked([Journey([(0, "lead")], 1, columns={"expected_close_on": day(40)}), Journey([(0, "lead")], 2)])
    frame = company.metric("pipeline.open", view(9), ["month"])
    assert frame[["month", "n"]].values.tolist() == [["2026-02", 1], ["(unknown)", 1]]
