"""Pages are made in turn; who does long work keeps nobody waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from pages import PAGES
from pages._parts import turns


def test_a_second_page_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_TURNS", Semaphore(1))
    inside, leave, order = Event(), Event(), []

    def first() -> None:
        with turns.turn():
            inside.set()
            leave.wait(10)
            order.append("first")

    def second() -> None:
        inside.wait(10)
        with turns.turn():
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(second), pool.submit(first)]
        inside.wait(10)
        assert order == []
        leave.set()
        [one.result(10) for one in done]
    assert order == ["first", "second"]


def test_a_page_that_fails_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_TURNS", Semaphore(1))
    with pytest.raises(ValueError, match="no"), turns.turn():
        raise ValueError("no")
    with turns.turn():
        pass


def test_imports_packs_and_restatements_take_no_turn() -> None:
    assert [page.key for page in PAGES if page.is_workshop] == ["review", "data", "definitions"]
