"""Win rates of a public data set against a plain count over its files; its first quarter is no fall from 82 %.

The set is not part of the project: `../shared/data/maven_crm`; without it these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics import findings_win
from analytics.ask import Ask
from analytics.view import View
from data.engine import open_company
from data.intake.importing import import_paths

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "maven_crm"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the public data set is not at ../shared/data")
WHOLE = View(date(2017, 12, 31))
LAST_QUARTER = View(date(2017, 12, 31), date(2017, 10, 1), date(2017, 12, 31), "previous")


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The set as imported with its profile."""
    store = tmp_path_factory.mktemp("maven") / "store"
    import_paths([FOLDER], store, profile="maven-crm", as_of=date(2017, 12, 31))
    company = open_company(store)
    yield Ask(company)
    company.close()


@pytest.fixture(scope="module")
def closed() -> pd.DataFrame:
    """The files joined by hand: one row per opportunity that was won or lost."""
    deals = pd.read_csv(FOLDER / "sales_pipeline.csv", parse_dates=["close_date"], date_format="%m/%d/%Y")
    deals = deals.merge(pd.read_csv(FOLDER / "sales_teams.csv"), on="sales_agent")
    deals = deals[deals["deal_stage"].isin(["Won", "Lost"])]
    day = deals["close_date"].dt
    return deals.assign(won=deals["deal_stage"] == "Won", product_line=deals["product"].replace("GTXPro", "GTX Pro"),
                        quarter=day.year.astype(str) + "Q" + day.quarter.astype(str))


@pytest.mark.parametrize(("by", "column", "groups"), [
    ("region", "regional_office", 3), ("product_line", "product_line", 7), ("team", "manager", 6),
    ("owner", "sales_agent", 30), ("quarter", "quarter", 4)])
def test_win_rates_are_those_of_a_plain_count(
        ask: Ask, closed: pd.DataFrame, by: str, column: str, groups: int) -> None:
    naive = closed.groupby(column)["won"].agg(["sum", "size", "mean"])
    assert len(naive) == groups
    found = ask.metric("win_rate.count", WHOLE, (by,)).set_index(by)
    found = found[found["n"] > 0]
    assert set(found.index) == set(naive.index)
    found = found.loc[naive.index]
    assert found["won"].tolist() == naive["sum"].tolist()
    assert found["n"].tolist() == naive["size"].tolist()
    assert found["value"].tolist() == pytest.approx(naive["mean"].tolist())


def test_the_first_quarter_is_marked_as_cut_off_and_no_move_starts_from_it(ask: Ask, closed: pd.DataFrame) -> None:
    """The set begins in October 2016: of what closed in 2017Q1 it holds only what took less than half a year."""
    first = closed[closed["quarter"] == "2017Q1"]
    assert first["won"].mean() == pytest.approx(0.82, abs=0.002)
    trend = ask.win_trend(LAST_QUARTER).set_index("period")
    assert trend.loc["2017Q1", "value"] == pytest.approx(first["won"].mean())
    assert trend["is_truncated"].to_dict() == {"2017Q1": True, "2017Q2": False, "2017Q3": False, "2017Q4": False}
    assert not trend.loc["2017Q1", "is_usable"]
    assert trend["signal"].eq("").all()
    assert "2017Q1" not in set(ask.win_splits(LAST_QUARTER)["before"])
    assert "2017Q2" not in set(ask.win_shifts(LAST_QUARTER)["since"])


def test_the_sentences_say_why_it_is_not_comparable_and_speak_of_no_fall(ask: Ask) -> None:
    found = findings_win.above_the_charts(
        ask.win_shifts(LAST_QUARTER), ask.win_losses(LAST_QUARTER), ask.win_splits(LAST_QUARTER),
        ask.win_trend(LAST_QUARTER), "en", what="Win rate", counted="Win rate", called=lambda _, value: value,
        stage=lambda _, stage: stage)
    texts = [f.text for f in found]
    assert any(text.startswith("Win rate in Q1 2017: 82.1%") and "not comparable: the data do not reach back" in text
               for text in texts)
    assert not any("lower since" in text or "wins less" in text or "fell from" in text for text in texts)


def test_the_first_quarter_compared_with_the_second_is_called_not_comparable(ask: Ask) -> None:
    second = LAST_QUARTER.with_(start=date(2017, 4, 1), end=date(2017, 6, 30))
    found = findings_win.why(ask.win_split(second, "region"), "en", what="Win rate", by="region")
    assert found.strength == "unclear"
    assert "Q1 2017 and Q2 2017 cannot be compared" in found.text
