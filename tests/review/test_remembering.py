"""Questions of packs are asked once per open load, and nobody changes or sees the answer of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.remembering import Remembering
from analytics.review.assemble import assemble
from analytics.review.pack import Item, Pack
from analytics.view import View
from data.engine import Company, open_company
from data.queries import asking
from data.scope import Scope
from data.shelf import Cursor

DAY = date(2026, 3, 31)
PACK = Pack("2026Q1", compare="none", items=(Item("funnel.rates"), Item("conversion_days.statistics")))


@pytest.fixture
def company(imported: Path) -> Iterator[Company]:
    found = open_company(imported)
    yield found
    found.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first lines of the queries that are run, in order."""
    names: list[str] = []
    frame = asking.frame

    def heard(cursor: Cursor, sql: str, params: dict[str, Any]) -> pd.DataFrame:
        names.append(sql.splitlines()[0])
        return frame(cursor, sql, params)
    monkeypatch.setattr(asking, "frame", heard)
    return names


def test_the_second_pack_of_an_open_load_asks_nothing(company: Company, asked: list[str]) -> None:
    first = assemble(Ask(company), PACK, "en")
    assert asked
    asked.clear()
    second = assemble(Ask(company), PACK.with_(items=PACK.items[::-1]), "zh")
    assert asked == []
    assert {c["sha256"] for c in first.stamp.cards} == {c["sha256"] for c in second.stamp.cards}


def test_another_scope_is_another_question(company: Company) -> None:
    everything, nothing = View(DAY), View(DAY, scope=Scope.of(segment=["nobody"]))
    assert Remembering(Ask(company)).metric("pipeline.open", everything)["n"].sum() == 12
    assert Remembering(Ask(company)).metric("pipeline.open", nothing)["n"].sum() == 0


def test_whoever_changes_an_answer_changes_it_for_itself_only(company: Company) -> None:
    ask = Remembering(Ask(company))
    for _ in range(2):  # the first to ask, and one who is told what is known
        frame = ask.metric("pipeline.open", View(DAY))
        frame["n"] = -1
        ask.attention_rules(View(DAY)).clear()
    assert ask.metric("pipeline.open", View(DAY))["n"].sum() == 12
    assert ask.attention_rules(View(DAY))


def test_tables_handed_on_to_the_next_question_are_part_of_it(company: Company) -> None:
    ask, usual = Remembering(Ask(company)), Ask(company)
    learned = usual.attention_rules(View(DAY))
    for _ in range(2):
        found = ask.attention_rates(View(DAY), learned=learned)["rules"]
        pd.testing.assert_frame_equal(found, usual.attention_rates(View(DAY), learned=learned)["rules"])


def test_one_that_asks_anew_knows_nothing_of_before(company: Company, asked: list[str]) -> None:
    assemble(Ask(company), PACK, "en")
    asked.clear()
    assemble(Remembering(Ask(company), anew=True), PACK, "en")
    assert asked
