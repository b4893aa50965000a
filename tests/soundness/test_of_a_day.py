"""Questions of the day: an answer that is kept for every period must be that of every period."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.ask import Ask
from analytics.remembering import OF_A_DAY, Remembering
from analytics.view import View
from data.scope import Filters
from tests.safety.test_scope import same

KA = View(date(2026, 8, 3), filters=Filters.of({"segment": ["KA"]}))
PERIODS = [(date(2026, 7, 1), date(2026, 9, 30)), (date(2025, 1, 1), date(2025, 12, 31))]


@pytest.mark.parametrize("question", sorted(OF_A_DAY))
def test_no_period_and_no_comparison_changes_the_answer(ask: Ask, question: str) -> None:
    of_the_day = getattr(ask, question)(KA)
    for start, end in PERIODS:
        of_a_period = getattr(ask, question)(KA.with_(start=start, end=end, compare="previous"))
        same(of_a_period, of_the_day, question)


def test_another_period_finds_them_known(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[View] = []
    real = Ask.win_movers

    def counted(self: Ask, view: View, *args: object) -> object:
        times.append(view)
        return real(self, view, *args)  # type: ignore[arg-type]
    monkeypatch.setattr(Ask, "win_movers", counted)
    remembering = Remembering(ask, anew=True)
    for start, end in PERIODS:
        remembering.win_movers(KA.with_(start=start, end=end, compare="last_year"))
    assert times == [KA]
