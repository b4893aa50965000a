"""What is shown beside a number may not mislead: standards, comparisons, and shares of what is not known."""

from __future__ import annotations

import pandas as pd

from tests.journeys import Journey, asked, view

YEAR = 365


def lead(frame: pd.DataFrame) -> pd.Series:
    """The one row of the stage lead."""
    (found,) = (row for _, row in frame.iterrows() if row["stage"] == "lead")
    return found


def moved(days: range, share: float) -> list[Journey]:
    """Twenty leads a month, of which `share` go on after five days and the rest are lost."""
    return [Journey([(day, "lead"), (day + 5, "meeting" if i < 20 * share else "lost")])
            for day in days for i in range(20)]


def test_own_history_ends_before_the_period_that_it_judges() -> None:
    """Last year half went on, this year one of four: the gap is -25 points, not the zero of a value beside itself."""
    company = asked(moved(range(10, YEAR - 10, 30), 0.5) + moved(range(YEAR + 10, 2 * YEAR - 10, 30), 0.25))
    found = lead(company.standards("conversion.reached", view(2 * YEAR - 1, YEAR, 2 * YEAR - 1), ()))
    assert (found["value"], found["own"], found["own_n"]) == (0.25, 0.5, 240)


def test_without_anything_before_the_period_own_history_is_unknown_and_says_so() -> None:
    company = asked(moved(range(10, YEAR - 10, 30), 0.5))
    found = lead(company.standards("conversion.reached", view(YEAR - 1, 0, YEAR - 1), ()))
    assert pd.isna(found["own"])
    assert (found["own_n"], found["own_reason"]) == (0, "no_history")


def test_a_stock_of_which_nobody_knows_when_it_came_converts_at_an_unknown_rate() -> None:
    """Exported once, without a date, all still there: not 0 % with the certainty of twenty cases."""
    stock = [Journey([(0, "lead")], columns={"created_on": None}) for _ in range(20)]
    found = lead(asked(stock, with_events=False).metric("conversion.reached", view(364)))
    assert (found["n"], found["open"], found["undated"]) == (20, 20, 20)
    assert pd.isna(found[["value", "low", "high"]].astype(float)).all()
    assert found["reason"] == "entry_unknown"


def test_known_amounts_do_not_speak_for_many_unknown_ones() -> None:
    """Survivorship: two of three that were lost never got an amount. By count half went on; by amount nobody knows."""
    went_on = [Journey([(0, "lead"), (5, "meeting")], 100)] * 6
    lost = [Journey([(0, "lead"), (5, "lost")], 100)] * 2 + [Journey([(0, "lead"), (5, "lost")], None)] * 4
    found = lead(asked([*went_on, *lost]).metric("conversion.reached", view(364)))
    assert (found["value"], found["amount_missing"], found["amount_reason"]) == (0.5, 4, "amounts_missing")
    assert pd.isna(found["amount_value"])


def test_one_unknown_amount_of_many_does_not_hide_the_others() -> None:
    told = [Journey([(0, "lead"), (5, "meeting")], 100)] * 5 + [Journey([(0, "lead"), (5, "lost")], 100)] * 5
    found = lead(asked([*told, Journey([(0, "lead"), (5, "lost")], None)]).metric("conversion.reached", view(364)))
    assert (found["amount_value"], found["amount_reason"]) == (0.5, "")
