"""Realised win rates and cycles (METHOD B7, B13 T4)."""

from __future__ import annotations

import pandas as pd

from tests.journeys import Journey, asked, day, view


def won(at: int, amount: float | None = 100, since: int = 0, **columns: object) -> Journey:
    """Won on a day."""
    return Journey([(since, "lead"), (at, "won")], amount=amount, columns=columns)


def closed(at: int, kind: str = "lost", amount: float | None = 100, **columns: object) -> Journey:
    """Closed otherwise on a day."""
    return Journey([(0, "lead"), (at, kind)], amount=amount, columns=columns)


def only(frame: pd.DataFrame) -> pd.Series:
    """The one row."""
    assert len(frame) == 1
    return frame.iloc[0]


def test_the_win_rate_leaves_open_and_undecided_ones_out_and_prints_its_denominator() -> None:
    company = asked([won(5), won(6), closed(7), closed(8, "no_decision"), closed(9, "void"), Journey([(0, "lead")])])
    rate = only(company.metric("win_rate.count", view(100)))
    assert (rate["won"], rate["lost"], rate["n"], rate["value"]) == (2, 1, 3, 2 / 3)
    assert (rate["no_decision"], rate["void"]) == (1, 1)
    decided = only(company.metric("win_rate.decided", view(100)))
    assert (decided["n"], decided["value"]) == (4, 0.5)
    created = only(company.metric("win_rate.created_cohort", view(100)))
    assert (created["n"], created["open"], created["value"]) == (5, 1, 0.4)


def test_twelve_of_forty_has_the_limits_of_the_definition() -> None:
    """METHOD B7: Wilson 95 %, 12/40 -> 0.181-0.454."""
    rate = only(asked([won(5)] * 12 + [closed(5)] * 28).metric("win_rate.count", view(100)))
    assert (round(rate["low"], 3), rate["value"], round(rate["high"], 3)) == (0.181, 0.3, 0.454)


def test_amounts_weigh_and_unknown_ones_are_counted_not_taken_as_zero() -> None:
    company = asked([won(5, 300), won(5, None), closed(6, amount=100), closed(6, amount=None)])
    rate = only(company.metric("win_rate.amount", view(100)))
    assert (rate["value"], rate["won_amount"], rate["lost_amount"]) == (0.75, 300, 100)
    assert (rate["n"], rate["won_amount_missing"], rate["lost_amount_missing"]) == (4, 1, 1)


def test_no_amount_at_all_gives_no_rate_by_amount() -> None:
    rate = only(asked([won(5, None), closed(6, amount=None)]).metric("win_rate.amount", view(100)))
    assert pd.isna(rate["value"])
    assert rate["reason"] == "no_amounts"


def test_amounts_known_only_of_the_won_do_not_make_every_amount_a_won_one() -> None:
    """The Maven CRM export blanks the amount of what is lost: 100 % by amount would be the export's doing."""
    rate = only(asked([won(5, 300), closed(6, amount=None)]).metric("win_rate.amount", view(100)))
    assert pd.isna(rate["value"])
    assert (rate["reason"], rate["won_amount"], rate["lost_amount_missing"]) == ("no_amounts", 300, 1)
    assert only(asked([won(5, 300)]).metric("win_rate.amount", view(100)))["value"] == 1, "nothing was lost"


def test_nothing_closed_is_unknown_and_not_zero() -> None:
    rate = only(asked([Journey([(0, "lead")])]).metric("win_rate.count", view(100)))
    assert pd.isna(rate["value"])
    assert (rate["n"], rate["reason"]) == (0, "nothing_closed")


def test_the_period_is_that_of_closing_for_rates_and_of_creation_for_the_cohort() -> None:
    company = asked([won(40, since=10), won(50, since=40), closed(50)])
    assert only(company.metric("win_rate.count", view(100, 30, 45)))["n"] == 1
    assert only(company.metric("win_rate.created_cohort", view(100, 30, 45)))["n"] == 1
    assert only(company.metric("win_rate.created_cohort", view(100, 0, 20)))["n"] == 2


def test_what_is_won_again_counts_by_its_state_on_the_day() -> None:
    company = asked([Journey([(0, "lead"), (10, "lost"), (20, "lead"), (30, "won")])])
    assert [only(company.metric("win_rate.count", view(d)))[["won", "lost"]].tolist() for d in (9, 10, 25, 30)] == [
        [0, 0], [0, 1], [0, 0], [1, 0]]


def test_open_ones_past_their_expected_close_stand_beside_the_rate() -> None:
    late = Journey([(0, "lead")], columns={"expected_close_on": day(50)})
    company = asked([won(5), late])
    assert only(company.metric("win_rate.count", view(51)))["open_overdue"] == 1
    assert only(company.metric("win_rate.count", view(50)))["open_overdue"] == 0, "due today is not overdue"
    by_month = company.metric("win_rate.count", view(51), ["month"])
    assert pd.isna(by_month["open_overdue"].iloc[0]), "a stock has no month of closing"


def test_without_any_expected_close_nobody_knows_what_is_overdue() -> None:
    company = asked([won(5, segment="KA"), Journey([(0, "lead")], columns={"segment": "KA"}), won(6, segment="SMB")])
    assert pd.isna(only(company.metric("win_rate.count", view(51)))["open_overdue"])
    by_segment = company.metric("win_rate.count", view(51), ["segment"]).set_index("segment")["open_overdue"]
    assert pd.isna(by_segment["KA"])
    assert by_segment["SMB"] == 0, "nothing is open there"
    assert only(asked([won(5)]).metric("win_rate.count", view(51)))["open_overdue"] == 0


def test_groups_add_up_and_the_unknown_group_is_named() -> None:
    company = asked([won(5, segment="KA"), won(40, segment="SMB"), closed(41, segment="SMB"), closed(42)])
    frame = company.metric("win_rate.count", view(100), ["segment"])
    assert frame[["segment", "won", "lost"]].values.tolist() == [["KA", 1, 0], ["SMB", 1, 1], ["(unknown)", 0, 1]]
    quarters = company.metric("win_rate.count", view(100), ["quarter", "month"])
    assert quarters[["quarter", "month", "n"]].values.tolist() == [["2026Q1", "2026-01", 1], ["2026Q1", "2026-02", 3]]
    stages = company.metric("win_rate.count", view(100), ["stage"])
    assert stages[["stage", "n"]].values.tolist() == [["lead", 4]]


def test_a_cycle_runs_from_creation_to_closing() -> None:
    company = asked([won(10), won(20), won(60), closed(5), Journey([(0, "lead")])])
    mean = only(company.metric("cycle_days.won_mean", view(100)))
    assert (mean["n"], mean["value"]) == (3, 30)
    assert only(company.metric("cycle_days.won_median", view(100)))["reason"] == "few_events"


def test_medians_of_cycles_forget_open_ones_only_where_they_say_so() -> None:
    company = asked([won(d) for d in (10, 20, 30, 40, 50)] + [closed(d) for d in (1, 2)] + [Journey([(0, "lead")])] * 2)
    assert only(company.metric("cycle_days.won_median", view(100)))["value"] == 30
    assert only(company.metric("cycle_days.closed_median", view(100)))["value"] == 20
    all_ = only(company.metric("cycle_days.median", view(100)))
    assert (all_["n"], all_["events"], all_["censored"], all_["value"]) == (9, 7, 2, 30)


def test_a_cycle_in_working_days_leaves_weekends_out() -> None:
    company = asked([won(4)])  # Thursday to Monday
    assert only(company.metric("cycle_days.won_mean", view(100, days="working")))["value"] == 2
