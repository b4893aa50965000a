"""Questions of the day: an answer that is kept for every period must be that of every period."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.remembering import OF_A_DAY, Remembering
from analytics.view import View
from data import engine
from data.queries import asking
from data.scope import Filters
from data.shelf import Cursor
from tests.safety.test_scope import same

KA = View(date(2026, 8, 3), filters=Filters.of({"segment": ["KA"]}))
#: a quarter, a year, and a year that is over for long: questions of a period look back two years where it is shorter
PERIODS = [(date(2026, 7, 1), date(2026, 9, 30)), (date(2025, 1, 1), date(2025, 12, 31)),
           (date(2023, 1, 1), date(2023, 12, 31))]
#: These start from a table that says how it was at the start of the period too, and read nothing of that.
BESIDE_THE_PERIOD = ("closeness_summary", "holders")
Queries = list[tuple[str, dict[str, object]]]


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Queries:
    """Every query that is sent from now on, with its values."""
    sent: Queries = []

    def frame(cursor: Cursor, sql: str, params: Mapping[str, object]) -> pd.DataFrame:
        sent.append((sql, dict(params)))
        return engine.frame(cursor, sql, params)
    monkeypatch.setattr(asking, "frame", frame)
    return sent


def of_view(ask: Ask, question: str, view: View, queries: Queries) -> tuple[object, Queries]:
    """The answer, and the queries behind it."""
    queries.clear()
    answer = getattr(ask, question)(view)
    if question in BESIDE_THE_PERIOD:
        return answer, [(re.sub(r"\bstep_\d+", "step", sql), values) for sql, values in queries]
    return answer, list(queries)


@pytest.mark.parametrize("question", sorted(OF_A_DAY))
def test_no_period_and_no_comparison_changes_what_is_asked_nor_the_answer(
        ask: Ask, question: str, queries: Queries) -> None:
    """The queries too: with one set of data, two periods may happen to have one answer."""
    of_the_day, sent = of_view(ask, question, KA, queries)
    for start, end in PERIODS:
        of_a_period, sent_then = of_view(ask, question, KA.with_(start=start, end=end, compare="previous"), queries)
        assert sent_then == sent
        same(of_a_period, of_the_day, question)


@pytest.mark.parametrize("question", ["win_losses", "win_judged_since", "win_shifts"])
def test_a_question_of_a_period_is_none_of_them(ask: Ask, question: str, queries: Queries) -> None:
    """What the test above would say of them."""
    assert not {question, "export_days"} & OF_A_DAY
    answers = [of_view(ask, question, view, queries)
               for view in (KA, KA.with_(start=date(2023, 1, 1), end=date(2023, 12, 31)))]
    assert not are_same(*answers)


def are_same(one: object, other: object) -> bool:
    """Would `same` be content?"""
    try:
        same(one, other, "")
    except AssertionError:
        return False
    return True


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
