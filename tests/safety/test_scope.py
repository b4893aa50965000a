"""Who may see some rows only finds nothing of the others anywhere: in answers, names, options and errors.

The same of pages: test_scope_of_pages.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from data.engine import Company
from data.errors import MvpodError
from data.scope import Filters
from tests.safety import canary, questions
from tests.safety.canary import CANARY, MINE, SCOPE, leaks

pytestmark = pytest.mark.slow
LAST = date(2026, 9, 30)
VIEWS = {"a year": View(LAST, date(2025, 10, 1), LAST, "previous", scope=SCOPE),
         "an earlier day, filtered": View(date(2026, 8, 31), date(2026, 7, 1), scope=SCOPE,
                                          filters=Filters.of(segment=["KA"]))}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a company of which one team is looked at, a dozen opportunities have gone from it to another."""
    path: Path = tmp_path_factory.mktemp("canary") / "store"
    canary.company(path, handed=True).close()
    return path


@pytest.fixture(scope="module")
def company(store: Path) -> Iterator[Company]:
    """The same, opened."""
    found = canary.open_company(store)
    yield found
    found.close()


def handed(company: Company) -> list[str]:
    """Ids of the opportunities that went to others, the first to go first."""
    rows = company.cursor().sql(f"SELECT opportunity_id, min(valid_from) AS day FROM opportunity_state WHERE team = "
                                f"'{CANARY} H' GROUP BY 1 ORDER BY day").fetchall()
    return [row[0] for row in rows]


def some(company: Company) -> tuple[list[str], list[str]]:
    """Opportunities and accounts to ask about: those that went to others, and some that are seen."""
    mine = f"team = '{MINE}' AND valid_to IS NULL"
    deals, accounts = (company.cursor().sql(query).fetchall() for query in (
        f"SELECT DISTINCT opportunity_id FROM opportunity_state WHERE {mine} ORDER BY 1 LIMIT 1",
        f"SELECT DISTINCT account_id::VARCHAR FROM account_week WHERE team = '{MINE}' ORDER BY 1"))
    return [*handed(company)[::6], *(row[0] for row in deals)], [row[0] for row in accounts]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_no_question_answers_with_anything_outside_the_scope(company: Company, view: View) -> None:
    ask, found = Ask(company), {}
    for said, question in questions.every(ask, view, *some(company)):
        try:
            answer = question()
        except MvpodError as error:
            answer = [error.text("en"), error.text("zh")]
        if seen := leaks(answer):
            found[said] = seen[:3]
    assert found == {}


def test_the_marks_are_there_for_who_may_see_everything(company: Company) -> None:
    # a search that finds nothing anywhere would prove nothing
    view = replace(VIEWS["a year"], scope=SCOPE.everything())
    ask = Ask(company)
    for answer in (ask.options(view), ask.find(view, limit=1000), ask.owner_names(view), ask.support_response(view),
                   ask.win_rivals(view), ask.metric("win_rate.count", view, ["team"]), ask.closeness_board(view),
                   ask.attention_points(view), ask.attention_waiting(view), ask.quality_twins(view),
                   ask.story(view, handed(company)[0]), ask.metric("pipeline.open", view, ["owner"])):
        assert leaks(answer)


def test_what_went_to_others_is_shown_as_it_was_last_seen(company: Company) -> None:
    view, ask = View(LAST, scope=SCOPE), Ask(company)
    gone = ask.opportunities(view, {"question": "stage_days.median"}, limit=1000)
    gone = gone.set_index("opportunity_id").loc[handed(company)]
    assert gone["left_on"].notna().all()
    assert (gone["team"] == MINE).all()
    assert (gone["name"].str.len() > 0).all()
    for deal, row in gone.iterrows():
        told = ask.story(view, str(deal))
        assert told["opportunity"]["seen_on"] == row["left_on"].date() - pd.Timedelta(days=1)
        assert not told["opportunity"]["is_gone"]
        assert told["opportunity"]["name"] == row["name"]
        assert told["opportunity"]["amount_base"] == row["amount_base"] or pd.isna(row["amount_base"])
        assert (told["visits"]["entered_on"] < row["left_on"]).all()


def test_a_forbidden_opportunity_or_account_is_answered_like_one_that_does_not_exist(company: Company) -> None:
    view, ask = VIEWS["a year"], Ask(company)
    outside = f"opportunity_id LIKE '{CANARY}%' AND account_id::VARCHAR LIKE '{CANARY}%'"
    rows = company.cursor().sql(f"SELECT opportunity_id, account_id::VARCHAR FROM opportunity_state WHERE {outside} "
                                "LIMIT 1").fetchall()
    for question, forbidden in [("story", rows[0][0]), ("win_story", rows[0][0]), ("chain_coverage", rows[0][0]),
                                ("account_story", rows[0][1]), ("trust", rows[0][1])]:
        said = []
        for name in (forbidden, "nobody knows it"):
            with pytest.raises(MvpodError) as failed:
                getattr(ask, question)(view, name)
            said.append((failed.value.code, failed.value.text("en").replace(name, "…")))
        assert said[0] == said[1]
    assert ask.story_more(view, rows[0][0]) == {}


def test_the_hint_of_a_wrong_filter_names_nothing_outside(company: Company) -> None:
    view = VIEWS["a year"].with_(filters=Filters.of(team=[f"{CANARY} 大客户西区 KA Wes"]))
    with pytest.raises(MvpodError) as failed:
        Ask(company).check(view)
    assert "KA West" not in failed.value.text("en")


def test_owners_by_name_are_those_of_the_scope(company: Company) -> None:
    assert leaks(Ask(company).owner_names(VIEWS["a year"])) == []


def same(one: Any, other: Any, where: str) -> None:
    """The two answers are the same, to the last digits that adding up in another order may change."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_dtype=False, check_categorical=False, rtol=1e-9, obj=where)
    elif is_dataclass(one):
        same(vars(one), vars(other), where)
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key, part in one.items():
            same(part, other[key], f"{where} {key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for number, part in enumerate(one):
            same(part, other[number], f"{where} {number}")
    elif isinstance(one, float):
        assert one == pytest.approx(other, nan_ok=True), where
    else:
        assert one == other or (pd.isna(one) and pd.isna(other)), where


#: How far exports reach, and since when activities are recorded (attention_rules), is the same for everybody; metrics
#: and marks: tests/soundness/test_every_metric.py; a restatement needs two loads: tests/analytics/test_restatement.py.
_NOT_COMPARED = ("quality_sources", "periods", "attention_rules", "metric", "opportunities", "standards", "restated")


@pytest.mark.timeout(900)
def test_rows_outside_the_scope_change_no_answer(tmp_path: Path) -> None:
    # counts, orders, ranks and limits are those of a company in which the others do not exist
    view = VIEWS["a year"]
    whole, alone = canary.company(tmp_path / "whole"), canary.company(tmp_path / "alone", only_inside=True)
    deals, accounts = some(alone)
    asked = zip(*(questions.every(Ask(company), view, deals, accounts, without=_NOT_COMPARED)
                  for company in (whole, alone)), strict=True)
    different = {}
    for (said, with_others), (_, without) in asked:
        try:
            same(with_others(), without(), said)
        except AssertionError as error:
            different[said] = str(error)[:300]
    whole.close()
    alone.close()
    assert different == {}
