"""The planted truths about win rates are named in the sentences above the charts, without anybody filtering for them,
and on the same data with won and lost shuffled the sentences claim nothing.

The truths are those of docs/sample-company.md: 2 `rival`, 6 `simpson`, 8 `closeness`, 13 `forecast`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from analytics import findings_win as say
from analytics.ask import Ask
from analytics.view import View
from data import demo
from data.engine import Company, open_company

pytestmark = pytest.mark.slow

QUARTER = View(date(2026, 9, 30), date(2026, 7, 1), date(2026, 9, 30), "previous")
SHUFFLES = (1, 2, 3)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company in full."""
    path = tmp_path_factory.mktemp("sample") / "store"
    demo.create(path)
    return path


@pytest.fixture(scope="module")
def ask(store: Path) -> Iterator[Ask]:
    """The sample company as it is."""
    company = open_company(store)
    yield Ask(company)
    company.close()


@pytest.fixture(scope="module", params=SHUFFLES)
def shuffled(store: Path, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """The sample company with the outcomes won and lost dealt out anew."""
    company = open_company(store)
    shuffle(company, request.param)
    yield Ask(company)
    company.close()


def shuffle(company: Company, seed: int) -> None:
    """Gives every closed opportunity the outcome of another one; when and by whom it was closed stays."""
    con = company.cursor()
    rows = con.execute("SELECT rowid, status::VARCHAR FROM opportunity_state WHERE status IN ('won', 'lost') "
                       "ORDER BY opportunity_id, valid_from").fetchall()
    outcomes = np.random.default_rng(seed).permutation([status for _, status in rows])
    con.register("dealt", pa.table({"place": [row for row, _ in rows], "outcome": outcomes.tolist()}))
    con.execute("UPDATE opportunity_state SET status = outcome FROM dealt WHERE opportunity_state.rowid = place")
    con.unregister("dealt")


def test_the_fall_is_named_with_its_quarter(ask: Ask) -> None:
    found = say.whole_shift(ask.win_shifts(QUARTER), "en", what="Win rate")
    assert found.strength == "clear"
    assert found.text.startswith("Win rate has been lower since Q4 2025: 30.8% (n = 1,696), before 37.4%")


def test_the_region_that_a_rival_takes_over_is_named_with_its_quarter(ask: Ask) -> None:
    """Truth 2: Southwest, from 2026-01-01; 0.368 before and 0.155 after, elsewhere 0.356 and 0.325."""
    found = say.group_shift(ask.win_shifts(QUARTER), "en", what="Win rate")
    assert found.strength == "clear"
    assert found.text.startswith("西南 Southwest wins less since Q1 2026: 15.3% (n = 111), before 38.3%")


def test_simpsons_case_is_found_among_all_quarters(ask: Ask) -> None:
    """Truth 6: from 2025Q2 to 2025Q3 both segments win more often, the whole less often."""
    found = say.simpson(ask.win_splits(QUARTER), "en", what="Win rate", by="segment")
    assert found is not None
    assert found.strength == "clear"
    assert found.text.startswith("Win rate fell from 40.8% in Q2 2025 to 38.8% in Q3 2025 although every group won")
    assert "KA 24.8% → 48.9%" in found.text


def test_closeness_predicts(ask: Ask) -> None:
    """Truth 8: our closeness 28 days before the close tells winners from losers."""
    back = ask.backtest_closeness(QUARTER)
    found = say.predicts(back["bands"], back["verdicts"], "project", "en")
    assert found.strength == "clear"
    assert "predicts here" in found.text
    rates = back["bands"].loc[back["bands"]["source"] == "project", "value"]
    assert rates.is_monotonic_increasing


def test_the_comparison_is_better_than_the_hopeful_probabilities_of_the_crm(ask: Ask) -> None:
    """Truth 13: the CRM's stage probabilities promise more than is won."""
    judged = ask.calibration(QUARTER)
    crm = judged["scores"].set_index("source").loc["crm"]
    assert crm["predicted"] > crm["value"] + 0.1
    found = say.calibrated(judged["scores"], judged["refit"], "en")
    assert "tells winners from losers" in found.text
    assert "better than the CRM's probability" in found.text


def test_shuffled_outcomes_claim_no_move(shuffled: Ask) -> None:
    moved = shuffled.win_shifts(QUARTER)
    assert say.whole_shift(moved, "en", what="Win rate").strength == "unclear"
    assert say.group_shift(moved, "en", what="Win rate").strength == "unclear"
    assert say.simpson(shuffled.win_splits(QUARTER), "en", what="Win rate", by="segment") is None
    assert say.why(shuffled.win_split(QUARTER), "en", what="Win rate", by="segment").strength == "unclear"
    for grain in ("quarter", "month"):
        trend = shuffled.win_trend(QUARTER, grain)  # type: ignore[arg-type]
        assert trend["signal"].eq("").all()


def test_shuffled_outcomes_are_predicted_by_nothing(shuffled: Ask) -> None:
    back = shuffled.backtest_closeness(QUARTER)
    for source in ("project", "account"):
        assert "does not predict here" in say.predicts(back["bands"], back["verdicts"], source, "en").text
    judged = shuffled.calibration(QUARTER)
    assert judged["refit"]["verdict"].iloc[0] == "not_supported"
    assert "not supported by the data" in say.calibrated(judged["scores"], judged["refit"], "en").text
