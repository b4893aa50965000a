"""Sentences about win rates: what they claim, what they leave open, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics import findings_win as say
from analytics import win_groups
from analytics.backtest import bands, verdicts
from analytics.calibration import Refit
from analytics.decomposition import split
from analytics.fluctuation import control, shifts

MONTHS = [f"2025-{m:02d}" for m in range(1, 13)]


def chart(*won: int, n: int = 100, **changes: object) -> pd.DataFrame:
    """A control chart of months with `n` closed each; `changes` are columns of the last month."""
    frame = pd.DataFrame({"period": MONTHS[:len(won)], "n": n, "effective_n": float(n), "is_complete": True,
                          "is_truncated": False, "is_usable": True, "open_overdue": 0.0, "n_year": 1200.0,
                          "with_overdue": 0.4})
    frame["value"] = [x / n for x in won]
    for name, value in changes.items():
        frame.loc[frame.index[-1], name] = value
    return control(frame)


def changed(**segments: tuple[int, int, int, int]) -> pd.DataFrame:
    """The change from Q2 to Q3 of segments given as (won, closed, won, closed)."""
    rows = [(name, *row) for name, row in segments.items()]
    frame = split(pd.DataFrame(rows, columns=["segment", "x_before", "n_before", "x", "n"]), "segment")
    return frame.assign(before="2026Q2", now="2026Q3", is_truncated=False)


def why(frame: pd.DataFrame, lang: str = "en") -> say.Finding:
    """Why the win rate changed."""
    return say.why(frame, lang, what="Win rate" if lang == "en" else "赢率", by="segment")


def test_a_month_within_its_limits_needs_no_reason() -> None:
    found = say.level(chart(*[42, 38] * 6), "en", what="Win rate")
    assert found.strength == "unclear"
    assert found.text == "Win rate in Dec 2025: 38.0% (n = 100), within the usual range of 25.3% to 54.7%"


def test_after_a_move_the_range_is_that_of_the_new_level_and_the_move_is_named() -> None:
    moved = chart(*[50] * 6, *[20] * 6).assign(since="2025-07")
    moved = control(moved.assign(phase=[0] * 6 + [1] * 6))
    found = say.level(moved, "en", what="Win rate")
    assert found.text == ("Win rate in Dec 2025: 20.0% (n = 100), within its range since Jul 2025 (8.0% to 32.0%); "
                          "level 20.0%, before that 50.0%")


def test_a_month_below_its_limits_does() -> None:
    found = say.level(chart(*[42, 38] * 5, 12), "zh", what="赢率")
    assert found.strength == "clear"
    assert found.text.startswith("2025年11月赢率为 12.0%（n = 100），低于通常范围")


def test_a_run_says_how_long_it_is() -> None:
    found = say.level(chart(46, 45, *[37] * 10), "en", what="Win rate")
    assert found.strength == "clear"
    assert "the 10 latest periods all below the average" in found.text


def test_a_rate_that_always_swings_is_said_to() -> None:
    swinging, quiet = chart(*[30, 50] * 6), chart(*[42, 38] * 6)
    assert say.widened(swinging) == pytest.approx(swinging["sigma_z"].iloc[-1])
    assert say.widened(swinging) >= say.NOTABLE
    assert say.widened(quiet) is None
    assert say.level(swinging, "en", what="Win rate").strength == "unclear"


@pytest.mark.parametrize(("change", "words", "strength"), [
    ({"is_truncated": True, "is_usable": False}, "not comparable", "unclear"),
    ({"is_complete": False, "is_usable": False}, "the period is not over", "unclear"),
    ({"effective_n": 3.0}, "too few cases", "too_few"),
])
def test_what_cannot_be_judged_is_not_judged(change: dict[str, object], words: str, strength: str) -> None:
    found = say.level(chart(*[42, 38] * 5, 90, **change), "en", what="Win rate")
    assert words in found.text
    assert found.strength == strength


def test_without_amounts_on_one_side_the_sentences_say_so() -> None:
    unknown = chart(*[42, 38] * 6, value=float("nan"), effective_n=0.0)
    found = say.level(unknown, "en", what="Win rate by amount")
    assert found.strength == "nothing"
    assert "one side of what was closed (n = 100), won or lost, has no amounts" in found.text
    parts = pd.DataFrame({"segment": ["KA", "SMB"], "x_before": [0, 40], "n_before": [0, 100], "x": [0, 50],
                          "n": [0, 100], "reason": ["no_amounts", ""], "is_one_sided": [True, False]})
    frame = split(parts, "segment").assign(before="2026Q2", now="2026Q3", is_truncated=False)
    assert "in one of the groups what was won or what was lost has no amounts" in why(frame).text
    assert why(frame, "zh").strength == "nothing"


def test_one_group_is_compared_with_nothing() -> None:
    rows = pd.DataFrame({"segment": ["KA", "(unknown)"], "n": [694, 13], "won": [134, 4], "value": [0.193, 0.31]})
    found = win_groups.said(win_groups.apart(rows, "segment"), "segment", "en", what="Win rate by segment")
    assert found.text == "Win rate by segment: KA alone, 19.3% (n = 694); there is nothing to compare it with"
    few = rows.assign(segment=["KA", "SMB"], n=[15, 13], won=[4, 4])
    assert "too few" in win_groups.said(win_groups.apart(few, "segment"), "segment", "en", what="Win rate").text


def test_nothing_closed_is_said() -> None:
    assert say.level(chart().assign(signal=""), "en", what="Win rate").strength == "nothing"


def test_overdue_ones_are_named_with_what_they_would_do() -> None:
    found = say.overdue(chart(40, 40, open_overdue=300.0, with_overdue=0.32), "en")
    assert found.text == ("300 open opportunities are past due; if all of them were lost, the win rate by count of "
                          "the last twelve months would be 32.0% instead of 40.0% (1,200 closed)")
    young = say.overdue(chart(40, 40, open_overdue=25.0, with_overdue=float("nan")), "en")
    assert "before a year of closings is known" in young.text
    assert say.overdue(chart(40, 40), "en").text == "No open opportunity is past due"
    assert say.overdue(chart(40, 40, open_overdue=float("nan")), "en").strength == "nothing"


def groups(**rows: list[tuple[int, int]]) -> pd.DataFrame:
    """(won, closed) per region and quarter of 2025."""
    frame = pd.DataFrame([("region", name, f"2025Q{i}", won, n) for name, cells in rows.items()
                          for i, (won, n) in enumerate(cells, 1)], columns=["dimension", "value", "period", "won", "n"])
    whole = frame.groupby("period", as_index=False)[["won", "n"]].sum().assign(dimension="", value="")
    return shifts(pd.concat([whole, frame]))


def test_a_group_that_left_the_others_is_named_with_its_figures() -> None:
    found = groups(West=[(40, 100)] * 2 + [(10, 100)] * 2, East=[(40, 100)] * 4)
    sentence = say.group_shift(found, "en", what="Win rate", group=lambda _, value: f"Region {value}")
    assert sentence.strength == "clear"
    assert sentence.text == ("Region West wins less since Q3 2025: 10.0% (n = 200), before 40.0% (n = 200), the others "
                             "0.0 pp; this is more than chance explains")
    assert say.whole_shift(found, "zh", what="赢率").text.startswith("自2025年第3季度起赢率降至 25.0%")


def test_further_groups_that_moved_are_named_after_the_first() -> None:
    found = groups(West=[(400, 1000)] * 2 + [(50, 1000)] * 2, South=[(400, 1000)] * 2 + [(300, 1000)] * 2,
                   East=[(400, 1000)] * 4, North=[(400, 1000)] * 2 + [(600, 1000)] * 2)
    text = say.group_shift(found, "zh", what="赢率").text
    assert text.startswith("“West”自2025年第3季度起赢率降至 5.0%")
    assert "另有“North”自2025年第3季度起（40.0% → 60.0%）" in text


def test_where_nobody_moved_nobody_is_named() -> None:
    found = groups(West=[(40, 100), (43, 100), (38, 100), (41, 100)], East=[(39, 100)] * 4)
    sentence = say.group_shift(found, "en", what="Win rate")
    assert sentence.strength == "unclear"
    assert "no group moved" in sentence.text
    assert "West" not in sentence.text
    assert say.whole_shift(found, "en", what="Win rate").text.startswith("Win rate is stable at 39.8%")
    assert say.group_shift(groups(West=[(1, 2)]), "en", what="Win rate").strength == "too_few"


def test_who_stays_while_all_others_move_is_no_mover() -> None:
    fallen = [(400, 1000)] * 2 + [(200, 1000)] * 2
    found = groups(West=[(40, 100)] * 4, East=fallen, North=fallen, South=fallen)
    assert found.set_index("value").loc["West", "change"] == 0
    assert "West" not in say.group_shift(found, "en", what="Win rate").text


def test_simpsons_case_is_explained() -> None:
    sentence = why(changed(KA=(20, 100, 84, 400), SMB=(300, 600, 156, 300)))
    assert sentence.strength == "clear"
    assert sentence.text == (
        "Win rate fell from 45.7% in Q2 2026 to 34.3% in Q3 2026 although every larger group won more often: the mix "
        "shifted, −13.1 pp (KA 14.3% → 57.1% of all closed)")
    assert "但较大的各组赢率均上升" in why(changed(KA=(20, 100, 84, 400), SMB=(300, 600, 156, 300)), "zh").text
    assert sentence.heading == (
        "Win rate fell from 45.7% to 34.3% although every larger group won more often: the mix shifted, −13.1 pp")
    assert sentence.more == "KA 14.3% → 57.1% of all closed"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("groups", "moved"), [({"KA": (20, 100, 84, 400), "SMB": (300, 600, 156, 300)}, "−13.1"),
                                               ({"KA": (84, 400, 20, 100), "SMB": (156, 300, 300, 600)}, "+13.1")])
def test_the_title_of_simpsons_case_fits_three_lines_on_a_phone(
        lang: str, groups: dict[str, tuple[int, ...]], moved: str) -> None:
    """Decision 0167: some 135 characters; Chinese ones are twice as wide."""
    heading = why(changed(**groups), lang).heading
    assert moved in heading
    assert sum(2 if "\u3000" <= c <= "\uffef" else 1 for c in heading) <= 135


def test_a_real_change_names_its_parts_and_the_group_that_did_most() -> None:
    sentence = why(changed(KA=(100, 500, 20, 500), SMB=(250, 500, 245, 500)))
    assert sentence.strength == "clear"
    assert "most of it from KA (−8.0 pp)" in sentence.text


def test_a_change_that_can_be_chance_is_said_to_be() -> None:
    sentence = why(changed(KA=(20, 100, 24, 100), SMB=(50, 100, 51, 100)))
    assert sentence.strength == "unclear"
    assert "can be chance" in sentence.text


def test_a_cut_off_period_and_an_empty_one_are_not_compared() -> None:
    frame = changed(KA=(20, 100, 24, 100))
    assert "cannot be compared" in why(frame.assign(is_truncated=True)).text
    assert why(changed(KA=(0, 0, 24, 100))).strength == "nothing"
    assert why(frame.head(0)).strength == "nothing"


def test_among_many_changes_only_a_proven_simpson_case_is_told() -> None:
    plain = changed(KA=(20, 100, 24, 100))
    later = changed(KA=(20, 100, 84, 400), SMB=(300, 600, 156, 300)).assign(before="2026Q3", now="2026Q4")
    assert say.simpson(plain, "en", what="Win rate", by="segment") is None
    found = say.simpson(pd.concat([plain, later]), "en", what="Win rate", by="segment")
    assert found is not None
    assert "Q4 2026" in found.text


def judged(**changes: object) -> pd.DataFrame:
    """The scores of the comparison and the CRM."""
    row = {"source": "comparison", "n": 500, "won": 200, "brier": 0.19, "reference": 0.24, "predicted": 0.4,
           "value": 0.4, "is_calibrated": True, "tells": True, "reason": "", "n_both": 0, "worse_low": float("nan"),
           "worse_high": float("nan"), "worse_by": float("nan")} | changes
    crm = row | {"source": "crm", "n_both": 500, "worse_by": 0.05, "worse_low": 0.02, "worse_high": 0.08}
    return pd.DataFrame([row, crm])


def fitted(verdict: str) -> pd.DataFrame:
    """What a refit says."""
    return pd.DataFrame([Refit(2.4, 1.8, 3.1, 2.0, 500, 200, verdict)._asdict()])


def test_a_true_prediction_is_praised_and_held_against_the_crm() -> None:
    found = say.calibrated(judged(), fitted("keep"), "en")
    assert found.text == ("The predicted win rate comes true: 40.0% predicted, 40.0% won (n = 500); closer than the "
                          "CRM's probability")
    beaten = say.calibrated(judged(is_calibrated=False, value=0.6, brier=0.26), fitted("keep"), "en")
    assert "predicts too little" in beaten.text
    assert "always saying the average would come closer" in beaten.text
    kept = say.refitted(fitted("keep"), "en")
    assert kept.text == ("How strongly an advantage counts (γ = 2.0) agrees with what was closed "
                         "(learned from it: 2.4, 1.8 to 3.1, n = 500)")


@pytest.mark.parametrize(("changes", "verdict", "words"), [
    ({"is_calibrated": False, "predicted": 0.3}, "keep", "predicts too little"),
    ({"is_calibrated": False, "predicted": 0.5}, "keep", "figures are off"),
    ({"tells": False}, "keep", "does not tell winners from losers"),
    ({}, "not_supported", "does not tell winners from losers"),
    ({"reason": "few_closed", "n": 20}, "few_closed", "Too few closed"),
    ({"reason": "nothing_predicted", "n": 0}, "few_closed", "is not measured"),
])
def test_a_prediction_that_fails_is_told_so(changes: dict[str, object], verdict: str, words: str) -> None:
    assert words in say.calibrated(judged(**changes), fitted(verdict), "en").text


@pytest.mark.parametrize(("verdict", "words"), [
    ("few_closed", "stays at 2.0"), ("not_supported", "no value is supported"), ("change", "support 2.4 (1.8 to 3.1"),
    ("keep", "agrees")])
def test_a_refit_says_what_to_do(verdict: str, words: str) -> None:
    assert words in say.refitted(fitted(verdict), "en").text
    assert say.refitted(fitted(verdict), "zh").text


def close(z: float, *cells: tuple[int, int, int]) -> say.Finding:
    """(points, closed, won) per level of closeness and the test's score in standard errors, as a sentence."""
    counts = pd.DataFrame([("project", *cell) for cell in cells], columns=["source", "percent", "n", "won"])
    trend = pd.DataFrame({"source": ["project"], "clusters": [200], "score": [z], "variance": [1.0]})
    return say.predicts(bands(counts, (30, 50, 70)), verdicts(counts, trend), "project", "en")


def test_closeness_predicts_or_does_not_or_points_the_wrong_way() -> None:
    yes = close(6.0, (20, 100, 10), (60, 100, 60))
    assert yes.text == ("Closeness to the deciders predicts winning here: 10.0% won at 0–30 points, 60.0% at 50–70 "
                        "(n = 200); more than chance explains")
    no = close(0.4, (20, 100, 38), (60, 100, 40))
    assert no.text == ("Closeness to the deciders does not predict winning here: 38.0% won at 0–30 points, 40.0% at "
                       "50–70 (n = 200), which can be chance")
    assert no.strength == "unclear"
    assert "points the wrong way" in close(-6.0, (20, 100, 60), (60, 100, 10)).text
    assert close(6.0, (20, 10, 1), (60, 10, 9)).strength == "too_few"
    assert "not measured" in close(0.0, (-1, 10, 5)).text
