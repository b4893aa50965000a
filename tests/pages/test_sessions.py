"""Many sessions at one server: each question is worked out once for all who may see the same, and what is kept is
bounded."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics import remembering
from analytics.cards import Card
from analytics.remembering import Memory, memory_of, weight
from analytics.view import View
from benchmarks.browser import serving
from benchmarks.sessions import Log, visit
from data.queries import asking
from data.scope import Scope
from data.shelf import Cursor
from data.storage.store import Store
from pages._parts import cache

Open = Callable[..., AppTest]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that reach the data, of a server that has answered nothing yet."""
    found: list[str] = []
    frame = asking.frame

    def heard(cursor: Cursor, sql: str, params: dict[str, Any]) -> pd.DataFrame:
        found.append(sql)
        return frame(cursor, sql, params)
    monkeypatch.setattr(asking, "frame", heard)
    remembering.forget()
    return found


def _shared(store: Path) -> Memory:
    load = Store.open(store).current()
    assert load is not None
    return memory_of(cache.company(str(store), load.load_id))


@pytest.mark.parametrize("page", ["overview", "funnel", "conversion_days", "win_rate", "pipeline", "attention"])
def test_a_second_session_with_the_same_view_asks_the_data_nothing(open_page: Open, asked: list[str],
                                                                   page: str) -> None:
    first = open_page(page, lang="en", segment="KA")
    assert asked
    asked.clear()
    second = open_page(page, lang="en", segment="KA")
    assert asked == []
    assert [h.value for h in first.header] == [h.value for h in second.header]


def test_another_period_counts_again_only_what_happened_in_it(open_page: Open, asked: list[str],
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []
    execute = Cursor.execute

    def heard(self: Cursor, sql: str, params: Any = None) -> Any:
        run.append(sql)
        return execute(self, sql, params)
    monkeypatch.setattr(Cursor, "execute", heard)
    open_page("pipeline", lang="en", segment="KA")
    assert asked
    stock = [sql for sql in run if "$start" not in sql and "$until" not in sql and "$before" not in sql]
    assert stock, "some questions are about a day, not a period"
    run.clear()
    open_page("pipeline", lang="en", segment="KA", period="all")
    assert run, "what happened in the period is asked anew"
    assert not set(run) & set(stock)


def test_another_language_draws_other_cards_of_the_same_answers(open_page: Open, asked: list[str]) -> None:
    english = open_page("funnel", lang="en", segment="KA")
    asked.clear()
    chinese = open_page("funnel", lang="zh", segment="KA")
    assert asked == []
    assert english.header[0].value != chinese.header[0].value


def test_a_run_with_nothing_changed_asks_nothing_and_makes_no_card(open_page: Open, asked: list[str],
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page("funnel", lang="en")
    asked.clear()
    monkeypatch.setattr("analytics.charts.sheet.Sheet.figure", lambda self: pytest.fail("a chart was drawn again"))
    app.run()
    assert not app.exception
    assert not app.error
    assert asked == []


def test_forty_changes_between_four_views_keep_no_more_than_four(open_page: Open, store: Path,
                                                                 asked: list[str]) -> None:
    app = open_page("funnel", lang="en")

    def round_trip() -> None:
        for segment in ("KA", "SMB"):
            for period in ("12m", "all"):
                app.query_params.update({"lang": "en", "segment": segment, "period": period})
                app.run()
                assert not app.exception

    def living() -> int:
        gc.collect()
        return sum(isinstance(thing, Card) for thing in gc.get_objects())
    round_trip()
    kept, cards = _shared(store).size, living()
    asked.clear()
    for _ in range(9):
        round_trip()
    assert asked == []
    assert _shared(store).size == kept
    assert living() <= cards


def test_other_scopes_never_share_an_answer_nor_what_was_made_of_it(store: Path) -> None:
    load = Store.open(store).current()
    assert load is not None
    everyone, key = (cache.asked(str(store), load.load_id, scope) for scope in (Scope(), Scope.of(segment=["KA"])))
    view = View(date(2026, 9, 30))
    open_of = [int(ask.metric("pipeline.open", view)["n"].sum()) for ask in (everyone, key)]
    assert open_of[0] > open_of[1] > 0
    assert [ask.remembered("card", lambda name=name: name) for ask, name in ((everyone, "all"), (key, "KA"))] == [
        "all", "KA"]


def test_what_many_ask_at_once_is_worked_out_once() -> None:
    memory, begun, worked = Memory(), Barrier(8), []

    def ask() -> pd.DataFrame:
        begun.wait()
        return memory.answer("question", work)

    def work() -> pd.DataFrame:
        worked.append(1)
        Event().wait(0.05)
        return pd.DataFrame({"n": [1]})
    with ThreadPoolExecutor(8) as sessions:
        found = [f.result() for f in [sessions.submit(ask) for _ in range(8)]]
    assert len(worked) == 1
    assert all(frame["n"].tolist() == [1] for frame in found)


def test_a_failure_is_not_kept_and_does_not_stop_those_who_wait() -> None:
    memory, begun, tried = Memory(), Barrier(4), []

    def work() -> str:
        tried.append(1)
        Event().wait(0.02)
        if len(tried) == 1:
            raise ValueError("once")
        return "known"

    def ask() -> str:
        begun.wait()
        try:
            return memory.answer("question", work)
        except ValueError as error:
            return str(error)
    with ThreadPoolExecutor(4) as sessions:
        found = sorted(f.result() for f in [sessions.submit(ask) for _ in range(4)])
    assert found == ["known", "known", "known", "once"]
    assert len(tried) == 2


def test_no_more_is_kept_than_agreed_and_the_oldest_goes_first() -> None:
    memory = Memory(most=100)
    for number in range(1000):
        memory.answer(number, lambda number=number: number)  # type: ignore[misc]
        memory.answer(0, lambda: 0)  # asked for again and again
    assert memory.size[0] == 100
    assert memory.answer(999, lambda: -1) == 999
    assert memory.answer(0, lambda: -1) == 0
    assert memory.answer(1, lambda: -1) == -1


def test_heavy_tables_are_bounded_by_their_weight() -> None:
    table = pd.DataFrame({name: range(1000) for name in "abcde"})
    memory = Memory(heaviest=10 * weight(table))
    for number in range(50):
        memory.answer(number, lambda: table)
        assert memory.size[1] <= 10 * weight(table)
    assert memory.size[0] == 10
    too_heavy = pd.concat([table] * 11)
    assert len(memory.answer("all", lambda: too_heavy)) == 11_000
    assert memory.size[1] <= 10 * weight(table)


def test_an_answer_asked_for_a_hundred_times_takes_no_more_than_one_asked_for_once() -> None:
    memory = Memory()

    def ask() -> None:
        memory.answer("table", lambda: pd.DataFrame({f"c{n}": ["a", "b"] for n in range(200)}))

    def held() -> int:
        gc.collect()
        return sum(1 for found in gc.get_objects() if isinstance(found, weakref.ref))
    ask()
    before = held()
    for _ in range(100):
        ask()
    assert held() - before < 2000  # pandas notes who shares a column, 20,000 times here, and who shares their names


def test_three_sessions_click_twice_each_over_the_protocol_of_a_browser(store: Path) -> None:
    log = Log()

    async def all_of_them(url: str) -> None:
        await asyncio.gather(*(visit(url, number, log, changes=2, reading=0) for number in range(3)))
    with serving(store) as (url, _), ThreadPoolExecutor(1) as own:  # this thread may have a loop from a browser
        own.submit(asyncio.run, all_of_them(url)).result()
    assert log.errors == []
    assert len(log.filters) + len(log.pages) == 6
