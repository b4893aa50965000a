"""Standards: the blend of METHOD B14 by hand, whose figure counts first, and every shipped figure traceable."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.standards import Industry, blend, compare, industry_for, shipped, status
from data.settings import Standards, read_settings

KA_DEFAULT = {"lead_verified": 0.80, "registered": 0.75, "need_confirmed": 0.75, "proposal": 0.80,
              "tender_preparation": 0.80, "bidding": 0.75, "negotiation": 0.80}


def given_rows(*rows):
    """The organisation's own table `standard`."""
    return pd.DataFrame(rows, columns=["metric", "segment", "stage", "value", "year"])


# --- the blend ------------------------------------------------------------------------------------------------


def test_sixty_own_events_and_thirty_for_the_industry():
    """(60 · 0.25 + 30 · 0.20) / 90 = 0.2333."""
    target = blend(0.25, 60, Industry(0.20, "ours"))
    assert round(target.value, 4) == 0.2333
    assert (target.own, target.own_n, target.industry.value) == (0.25, 60, 0.20), "both parents stay visible"


def test_without_own_history_the_industry_figure_stands_alone():
    assert blend(None, 0, Industry(0.20, "ours")).value == 0.20
    assert blend(float("nan"), 12, Industry(0.20, "ours")).value == 0.20


def test_without_an_industry_figure_own_history_stands_alone_if_there_is_enough():
    assert blend(0.25, 5, None).value == 0.25
    few = blend(0.25, 4, None)
    assert (few.value, few.own, few.reason) == (None, 0.25, "few_events")


def test_without_either_nothing_is_known():
    target = blend(None, 0, None)
    assert (target.value, target.reason) == (None, "no_standard")


def test_the_weight_of_the_industry_is_a_setting():
    assert blend(0.25, 60, Industry(0.20, "ours"), Standards(industry_weight=0)).value == 0.25
    assert blend(0.25, 60, Industry(0.20, "ours"), Standards(industry_weight=60)).value == pytest.approx(0.225)


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 10_000), st.floats(0, 1))
def test_the_target_lies_between_its_parents(own, n, industry):
    value = blend(own, n, Industry(industry, "ours")).value
    assert min(own, industry) - 1e-12 <= value <= max(own, industry) + 1e-12


# --- the light ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "light"), [(0.20, "green"), (0.199, "amber"), (0.16, "amber"), (0.159, "red")])
def test_more_is_better_amber_down_to_four_fifths(value, light):
    assert status(value, 0.20, "up") == light


@pytest.mark.parametrize(("value", "light"), [(40, "green"), (40.1, "amber"), (50, "amber"), (50.1, "red")])
def test_less_is_better_amber_up_to_five_quarters(value, light):
    assert status(value, 40, "down") == light


def test_no_light_without_a_value_a_target_or_a_direction():
    assert status(None, 0.2, "up") is None
    assert status(0.2, None, "up") is None
    assert status(float("nan"), 0.2, "up") is None
    assert status(0.2, 0.2, "neutral") is None


# --- whose figure ---------------------------------------------------------------------------------------------


def test_the_organisations_own_figure_comes_before_ours():
    own = given_rows(("win_rate.count", "KA", None, 0.33, 2025))
    assert industry_for("win_rate.count", "KA", given=own).value == 0.33
    assert industry_for("win_rate.count", "KA", given=own).origin == "organisation"
    assert industry_for("win_rate.count", "SMB", given=own).value == 0.30
    assert industry_for("win_rate.count", "SMB", given=own).origin == "ours"


def test_the_exact_segment_comes_before_every_segment_and_the_latest_year_before_older_ones():
    own = given_rows(("win_rate.count", None, None, 0.10, 2026), ("win_rate.count", "KA", None, 0.20, 2024),
                     ("win_rate.count", "KA", None, 0.25, 2025))
    assert industry_for("win_rate.count", "KA", given=own).value == 0.25
    assert industry_for("win_rate.count", "SMB", given=own).value == 0.10
    assert industry_for("win_rate.count", "KA", given=own, year=2024).value == 0.20, "not known before it was made"


def test_a_figure_of_one_stage_is_never_used_for_another():
    assert industry_for("conversion.reached", "KA", "proposal").value == 0.80
    assert industry_for("conversion.reached", "KA", "somewhere else") is None
    assert industry_for("conversion.reached", "KA") is None
    assert industry_for("win_rate.count", "KA", "proposal") is None


def test_a_figure_for_a_family_covers_its_members_and_no_other_word():
    assert industry_for("cycle_days.won_median", "KA").value == 180
    assert industry_for("cycle_days.won_mean", "SMB").value == 45
    assert industry_for("cycle_days.wonderful", "SMB") is None
    assert industry_for("cycle_days.closed_median", "KA") is None


def test_published_figures_are_never_blended_silently():
    assert industry_for("win_rate.count", None) is None
    assert industry_for("win_rate.count", "mid-market") is None


# --- side by side ---------------------------------------------------------------------------------------------


def test_rows_get_their_standard_light_and_whether_chance_explains_the_gap():
    rows = pd.DataFrame({"segment": ["KA", "SMB", "other"], "value": [0.10, 0.28, 0.40],
                         "low": [0.05, 0.20, 0.20], "high": [0.18, 0.37, 0.60]})
    own = pd.DataFrame({"segment": ["KA", "other"], "value": [0.25, 0.5], "n": [60, 3]})
    table = compare(rows, own, "win_rate.count", "up").set_index("segment")
    assert table["target"].round(4).tolist()[:2] == [0.2333, 0.3]
    assert math.isnan(table.loc["other", "target"])
    assert table["status"].tolist() == ["red", "amber", ""]
    assert table["is_clear"].tolist() == [True, False, False]
    assert table["own_n"].tolist() == [60, 0, 3]
    assert table["target_reason"].tolist() == ["", "", "few_events"]
    assert round(table.loc["KA", "gap"], 4) == -0.1333


def test_a_gap_to_own_history_is_clear_only_if_the_history_is_certain_enough():
    """38.9 % (35.9 to 42.0) against last year's 42.7 %: of 1,182 closed its own limits are 39.9 to 45.5, so that the
    gap of 3.8 points has the limits -8.0 to +0.4 (Newcombe); of a history a hundred times as large it is clear."""
    rows = pd.DataFrame({"segment": ["other"], "value": [0.389], "low": [0.359], "high": [0.420]})
    own = pd.DataFrame({"segment": ["other"], "value": [0.427], "n": [1182], "low": [0.399], "high": [0.455]})
    assert not compare(rows, own, "win_rate.count", "up")["is_clear"].iloc[0]
    certain = own.assign(low=0.4242, high=0.4298, n=118_200)
    assert compare(rows, certain, "win_rate.count", "up")["is_clear"].iloc[0]


def test_standards_of_stages_are_found_by_pipeline_segment_and_stage():
    rows = pd.DataFrame({"pipeline": ["ka", "ka"], "segment": ["KA", "KA"], "stage": ["proposal", "bidding"],
                         "value": [0.8, 0.5], "low": [0.7, 0.4], "high": [0.9, 0.6]})
    own = pd.DataFrame({"pipeline": ["ka"], "segment": ["KA"], "stage": ["bidding"], "value": [0.45], "n": [30]})
    table = compare(rows, own, "conversion.reached", "up")
    assert table["target"].tolist() == pytest.approx([0.80, (30 * 0.45 + 30 * 0.75) / 60])
    assert table["status"].tolist() == ["green", "amber"]


def test_days_are_better_below_their_standard():
    rows = pd.DataFrame({"segment": ["SMB"], "value": [60.0], "low": [50.0], "high": [70.0]})
    nothing = pd.DataFrame({"segment": [], "value": [], "events": []})
    table = compare(rows, nothing, "cycle_days.won_median", "down", own_n="events")
    assert table[["target", "status", "is_clear"]].to_numpy().tolist() == [[45.0, "red", True]]


def test_standards_by_ownership_use_the_organisations_rows_for_it():
    """The source asks for standards per customer type: KA, SMB, state-owned, foreign, private."""
    own = given_rows(("win_rate.count", "state-owned", None, 0.4, 2026))
    rows = pd.DataFrame({"ownership": ["state-owned"], "value": [0.5], "low": [0.3], "high": [0.7]})
    past = pd.DataFrame({"ownership": ["state-owned"], "value": [0.4], "n": [10]})
    assert compare(rows, past, "win_rate.count", "up", given=own, by="ownership")["target"].tolist() == [0.4]


def test_no_rows_give_no_rows():
    rows = pd.DataFrame({"segment": pd.Series([], dtype="str"), "value": pd.Series([], dtype=float)})
    table = compare(rows, rows.assign(n=0), "win_rate.count", "up")
    assert table.empty
    assert "target" in table.columns


# --- what is shipped ------------------------------------------------------------------------------------------


def test_every_published_figure_has_a_source_a_definition_and_a_quality_mark():
    published = shipped().query("use == 'reference'")
    assert len(published) > 40
    assert published["source_url"].str.match(r"https://[\w.-]+/").all()
    assert published["quality"].isin(["A", "B", "C"]).all()
    for column in ("title_en", "title_zh", "definition_en", "definition_zh"):
        assert (published[column].str.len() > 0).all()
    assert published[["low", "value", "high"]].notna().any(axis=1).all()


def test_our_own_figures_are_marked_as_ours_and_name_no_source():
    ours = shipped().query("use == 'default'")
    assert (ours["origin"] == "ours").all()
    assert (ours["source_url"] == "").all()
    assert ours["value"].notna().all()


def test_keys_are_unique_and_ranges_are_the_right_way_round():
    table = shipped()
    assert table["key"].is_unique
    ranged = table.dropna(subset=["low", "high"])
    assert (ranged["low"] < ranged["high"]).all()
    rates = table[table["unit"] == "rate"][["low", "value", "high"]].stack().dropna()
    assert rates.between(0, 1).all()


def test_chinese_columns_are_chinese():
    assert shipped()["definition_zh"].map(lambda text: bool(re.search(r"[\u4e00-\u9fff]", text))).all()


def test_default_steps_agree_with_the_default_win_rates_and_with_each_other():
    """METHOD, suggested defaults: from stage 2 on KA multiplies to .216, SMB to .306; five SMB steps as seven."""
    steps = shipped().query("metric == 'conversion.reached'").set_index(["segment", "stage"])["value"]
    assert steps["KA"].to_dict() == KA_DEFAULT
    assert math.prod(list(KA_DEFAULT.values())[1:]) == pytest.approx(0.216)
    seven = [0.80, 0.78, 0.80, 0.85, 0.90, 0.80, 0.80]
    assert math.prod(seven[1:]) == pytest.approx(0.306, abs=5e-4)
    assert math.prod(steps["SMB"]) == pytest.approx(math.prod(seven))


def test_default_steps_stand_at_the_stages_of_the_default_settings(request):
    organisation = read_settings(request.config.rootpath / "mvpod.toml")
    steps = shipped().query("metric == 'conversion.reached'")
    for pipeline, segment in (("ka", "KA"), ("smb", "SMB")):
        stages = steps.loc[steps["segment"] == segment, "stage"].tolist()
        assert [s.key for s in organisation.pipeline(pipeline).open_stages] == stages


def test_the_shipped_table_cannot_be_changed_by_a_reader():
    mine = shipped()
    mine["value"] = 0.0
    assert industry_for("win_rate.count", "KA").value == 0.20
