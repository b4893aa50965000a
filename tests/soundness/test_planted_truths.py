"""The truths planted in the sample company are really in its tables.

Counted by `tests/oracles/planted_truths.py`: plain pandas over the raw tables, nothing of the product. What pages
find is compared with these figures; a test here is never weakened to let a change of the simulation pass.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from data import demo
from tests.oracles.planted_truths import Figures, document, measure

DOCUMENT = Path(__file__).parents[2] / "docs" / "sample-company.md"


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    return demo.build()


@pytest.fixture(scope="module")
def counted(tables: dict[str, pa.Table]) -> dict[str, Figures]:
    return measure(tables)


def test_smb_quotes_take_about_eighteen_days_instead_of_ten_since_january_2026(counted: dict[str, Figures]) -> None:
    found = counted["quote_days"]
    assert 9 <= found["median_2025"] <= 11
    assert 17 <= found["median_2026"] <= 20


def test_a_rival_halves_the_win_rate_of_one_region_from_2026_on_and_comes_closer_there(
    counted: dict[str, Figures],
) -> None:
    found = counted["rival"]
    assert found["win_after"] < 0.6 * found["win_before"]
    assert found["elsewhere_after"] > 0.85 * found["elsewhere_before"]
    assert found["closeness_2026"] - found["closeness_2025"] > 15


def test_the_accounts_of_the_seller_who_left_were_his_alone_and_cool_down(counted: dict[str, Figures]) -> None:
    found = counted["leaver"]
    assert found["contacts_mostly_his"] >= 0.9
    assert found["touches_90_days_after"] < 0.2 * found["touches_90_days_before"]
    assert found["status_after"] < found["status_before"] - 1
    assert found["win_after"] < 0.6 * found["win_before"]


def test_one_team_moves_four_of_five_deals_that_are_due_over_the_end_of_the_quarter(
    counted: dict[str, Figures],
) -> None:
    found = counted["pushes"]
    assert found["due"] >= 100
    assert found["pushed"] > 0.75
    assert found["pushed_others"] < 0.25


def test_fewer_ka_deals_get_from_tender_preparation_to_bidding_since_april_2026(counted: dict[str, Figures]) -> None:
    found = counted["tender"]
    assert found["n_after"] >= 100
    assert found["passed_before"] > 0.7
    assert found["passed_after"] < found["passed_before"] - 0.15


def test_from_q2_to_q3_2025_both_segments_win_more_often_and_the_total_less_often(counted: dict[str, Figures]) -> None:
    found = counted["simpson"]
    assert found["ka_q3"] > found["ka_q2"]
    assert found["smb_q3"] > found["smb_q2"]
    assert found["total_q3"] < found["total_q2"] - 0.01
    assert found["ka_share_q3"] > found["ka_share_q2"] + 0.15


def test_presales_hours_go_to_deals_that_lack_the_necessary_conditions(counted: dict[str, Figures]) -> None:
    found = counted["presales"]
    assert found["hours_share"] > 1.8 * found["deals_share"]
    assert found["wins_share"] < 0.5 * found["hours_share"]
    assert found["win_weak"] < 0.7 * found["win_others"]


def test_closeness_four_weeks_before_the_close_tells_winners_from_losers(counted: dict[str, Figures]) -> None:
    found = counted["closeness"]
    assert found["win_below_40"] < 0.25 < found["win_40_60"] < 0.65 < found["win_from_60"]
    assert found["auc_closeness"] > 0.78


def test_the_probability_of_the_crm_is_worse_than_saying_the_mean_win_rate_for_every_deal(
    counted: dict[str, Figures],
) -> None:
    found = counted["closeness"]
    assert found["auc_probability"] < found["auc_closeness"] - 0.1
    assert found["brier_probability"] > found["brier_base_rate"]


def test_one_team_knows_one_person_in_each_of_its_deals(counted: dict[str, Figures]) -> None:
    found = counted["threads"]
    assert found["single"] > 0.95
    assert found["single_others"] < 0.35


def test_channel_deals_of_one_region_are_won_in_two_thirds_of_the_time(counted: dict[str, Figures]) -> None:
    found = counted["channel"]
    assert found["n_south"] >= 30
    assert found["median_south"] < 0.75 * found["median_others"]


def test_a_block_of_sixty_old_deals_of_one_team_never_moved(counted: dict[str, Figures]) -> None:
    found = counted["stalled"]
    assert found["team"] >= 60
    assert found["next_team"] < 12


def test_one_presales_team_answers_four_times_as_late_since_april_2026(counted: dict[str, Figures]) -> None:
    found = counted["response"]
    assert found["after"] > 3 * found["before"]
    assert found["others_after"] < 1.3 * found["before"]


def test_stage_probabilities_promise_several_times_what_is_won(counted: dict[str, Figures]) -> None:
    assert counted["forecast"]["ratio"] > 2


def test_duplicates_gather_in_one_product_line(counted: dict[str, Figures]) -> None:
    found = counted["duplicates"]
    assert found["line"] >= 20
    assert found["others"] <= 3


def test_twelve_accounts_have_become_key_accounts(counted: dict[str, Figures]) -> None:
    assert counted["promoted"]["accounts"] == 12


def test_the_document_prints_the_figures_that_are_counted(counted: dict[str, Figures]) -> None:
    assert document(counted) in DOCUMENT.read_text(encoding="utf-8")
