"""Forecasts: figures made by hand, a naive loop as the authority for the counts, and nothing that was not known
then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import numpy as np
import pandas as pd
import pytest

from analytics import findings_forecast as say
from analytics.ask import Ask
from analytics.cards.card import Look
from analytics.cards.forecast import replay as replay_cards
from analytics.cells import Cells
from analytics.forecast_counts import LEVELS
from analytics.forecast_methods import chances, of_cells
from analytics.forecast_periods import Moment, learned_from, moments
from analytics.forecast_replay import judged, sign_flip_p
from analytics.forecast_simulation import Later, simulate
from analytics.view import View
from data import queries
from data.queries import Slice
from data.scope import Filters, Scope
from tests.journeys import DAY_0, SALES, Journey, asked, day, view

#: 30 Sep 2026: the quarter to come is Q4, and the same day before the end of Q2 and Q3 was 30 Mar and 30 Jun
TODAY = 272
ORIGINS = (88, 180)


def quarter(origin: int, won: int, lost: int, later: int, segment: str = "KA") -> list[Journey]:
    """What was open on the day of a past forecast, how it ended within the quarter, and what was won without it."""
    ends = ["won"] * won + ["lost"] * lost
    stock = [Journey([(origin - 5, "lead"), (origin + 20 + i, end)], columns={"segment": segment})
             for i, end in enumerate(ends)]
    return stock + [Journey([(origin + 10, "lead"), (origin + 30 + i, "won")], columns={"segment": segment})
                    for i in range(later)]


def now(count: int, due: int | None = None, **columns: object) -> list[Journey]:
    """What is open today, in the first stage for five days."""
    more = {"segment": "KA", "expected_close_on": None if due is None else day(due), **columns}
    return [Journey([(TODAY - 5, "lead")], columns=more) for _ in range(count)]


def one(company: Ask, method: str, by: tuple[str, ...] = (), **filters: list[str]) -> pd.Series:
    """The one row of a forecast."""
    (_, row), = company.metric(f"forecast.{method}", view(TODAY, **filters), by).iterrows()
    return row


#: Lost long before: the data reach back far enough for all the quarters learned from
OLD = Journey([(-300, "lead"), (-299, "lost")], columns={"segment": "KA"})
PAST = [OLD, *quarter(ORIGINS[0], won=1, lost=3, later=1), *quarter(ORIGINS[1], won=1, lost=3, later=3)]


def test_own_history_made_by_hand() -> None:
    row = one(asked([*PAST, *now(4)], today=TODAY), "historical")
    assert (row["period"], row["learned"], row["n"], row["used"], row["won"]) == ("2026Q4", 2, 4, 4, 0)
    assert row["expected"] == pytest.approx(4 * 2 / 8), "2 of 8 were won in the quarter"
    assert row["later"] == pytest.approx((1 + 3) / 2)
    assert row["count"] == pytest.approx(3)
    assert row["value"] == pytest.approx(300), "each at 100"
    assert row["count_low"] <= row["count_mid"] <= row["count_high"]
    assert row["low"] < row["value"] < row["high"]


def test_the_stage_promise_counts_what_is_due_in_the_quarter_only() -> None:
    stock = [*now(4, due=TODAY + 30), *now(3, due=TODAY + 120), *now(2, due=TODAY - 1), *now(1)]
    company = asked([*PAST, *stock], today=TODAY)
    row = one(company, "weighted")
    assert (row["n"], row["used"]) == (10, 4)
    assert row["expected"] == pytest.approx(4 * 0.1)
    assert row["value"] == pytest.approx(4 * 0.1 * 100)
    assert row["later"] == 0


def test_the_crm_is_taken_at_its_word() -> None:
    company = asked([*PAST, *now(4, due=TODAY + 30, probability=0.7), *now(2, due=TODAY + 30)], today=TODAY)
    row = one(company, "crm")
    assert (row["used"], row["value"]) == (4, pytest.approx(4 * 70))


def test_the_crm_had_said_nothing_of_what_was_recorded_later() -> None:
    """Weekly exports; one deal was shown from the beginning, the other after the day that is asked for."""
    hoped = {"segment": "KA", "expected_close_on": day(TODAY + 30), "probability": 0.7}
    stock = [Journey([(TODAY - 40, "lead")], columns=hoped, shown_from=shown) for shown in (0, TODAY + 7)]
    company = asked([*PAST, *stock], today=TODAY + 14, weekly=True)
    row = one(company, "crm")
    assert (row["n"], row["used"], row["value"]) == (2, 1, pytest.approx(70))


@pytest.mark.parametrize(("method", "rows", "reason"), [
    ("historical", now(4, due=TODAY + 9), "no_history"),
    ("historical", [OLD, *quarter(88, 0, 4, 0), *quarter(180, 0, 4, 0), *now(4)], "no_wins"),
    ("comparison", [*PAST, *now(4)], "not_compared"),
    ("weighted", [*PAST, *now(4)], "no_due_dates"),
    ("crm", [*PAST, *now(4, due=TODAY + 9)], "no_probability"),
    ("weighted", PAST, "nothing_open"),
])  # fmt: skip
def test_what_cannot_be_known_is_said_and_is_never_zero(method: str, rows: list[Journey], reason: str) -> None:
    row = one(asked(rows, today=TODAY), method)
    assert row["reason"] == reason
    assert pd.isna(row["value"])
    assert pd.isna(row["count"])


def test_without_amounts_the_number_is_known_and_the_amount_is_not() -> None:
    nameless = [Journey(j.steps, None, columns=j.columns) for j in now(4)]
    row = one(asked([*PAST, *nameless], today=TODAY), "historical")
    assert row["reason"] == "no_amounts"
    assert pd.isna(row["value"])
    assert row["count"] == pytest.approx(3)


def test_what_is_won_already_is_certain() -> None:
    past = [OLD, *quarter(ORIGINS[0] + 30, 1, 3, 1), *quarter(ORIGINS[1] + 30, 1, 3, 3)]
    company = asked([*past, *now(4), Journey([(TODAY - 30, "lead"), (TODAY + 20, "won")], columns={"segment": "KA"})],
                    today=TODAY + 30)
    row = company.metric("forecast.historical", view(TODAY + 30)).iloc[0]
    assert (row["period"], row["won"], row["won_amount"]) == ("2026Q4", 1, 100)
    assert row["count_low"] >= 1
    assert row["count"] == pytest.approx(1 + row["expected"] + row["later"])


def test_segments_learn_from_their_own_past_only() -> None:
    smb = [*quarter(88, 4, 0, 0, "SMB"), *quarter(180, 4, 0, 0, "SMB"), *now(4, segment="SMB")]
    frame = asked([*PAST, *now(4), *smb], today=TODAY).metric("forecast.historical", view(TODAY), ["segment"])
    assert frame.set_index("segment")["expected"].to_dict() == pytest.approx({"KA": 1.0, "SMB": 4.0})
    assert one(asked([*PAST, *now(4), *smb], today=TODAY), "historical")["expected"] == pytest.approx(5.0)


def test_what_comes_later_changes_no_forecast_and_no_replay() -> None:
    told = [*PAST, *now(6, due=TODAY + 20)]
    ended = [Journey([*j.steps, (TODAY + 15, "won")], j.amount, columns=j.columns) if i >= len(PAST) else j
             for i, j in enumerate(told)]
    after = [*ended, *(Journey([(TODAY + 5, "lead"), (TODAY + 40, "won")]) for _ in range(9))]
    named = [[Journey(j.steps, j.amount, f"x{i:03d}", j.columns) for i, j in enumerate(rows)] for rows in (told, after)]
    before, knowing = asked(named[0], today=TODAY), asked(named[1], today=364)
    pd.testing.assert_frame_equal(before.forecast(view(TODAY)), knowing.forecast(view(TODAY)))
    one_, other = (company.forecast_replay(view(TODAY)) for company in (before, knowing))
    for part in ("rows", "accuracy"):
        pd.testing.assert_frame_equal(one_[part], other[part])


def test_quarters_to_which_the_data_do_not_reach_back_are_not_learned_from() -> None:
    """The first created one is of day 83 and nine of ten closings come within 28 days: complete from day 111."""
    young = asked([*PAST[1:], *now(4)], today=TODAY)
    assert young._horizon(view(TODAY)).complete_from == day(83 + 28), "as on the page Win rate"
    row = one(young, "historical")
    assert (row["learned"], row["reason"]) == (1, "no_history")
    assert young.forecast_replay(view(TODAY))["rows"]["period"].unique().tolist() == []
    assert one(asked([*PAST, *now(4)], today=TODAY), "historical")["learned"] == 2


def unnamed(count: int, start: int = TODAY - 5) -> list[Journey]:
    """Open today, of no known segment."""
    return [Journey([(start, "lead")]) for _ in range(count)]


@pytest.mark.parametrize(("more", "reason"), [
    (unnamed(1), ""), (unnamed(2), "no_segments"), (unnamed(4, start=ORIGINS[1] - 1), "no_segments")])
def test_a_segment_is_not_spoken_of_where_many_have_none(more: list[Journey], reason: str) -> None:
    """Of four key accounts and one or two of nobody knows whom: up to one of five says nothing against the rest."""
    company = asked([*PAST, *now(4, due=TODAY + 9), *more], today=TODAY)
    rows = company.forecast(view(TODAY)).set_index(["segment", "method"])
    for method in ("historical", "weighted"):
        row = rows.loc[("KA", method)]
        assert (row["reason"], row["count"] > 0) == (reason, not reason)
        assert one(company, method, segment=["KA"])["reason"] == reason, "whoever filters learns the same"
        assert one(company, method, by=("segment",), segment=["KA"])["reason"] == reason
    assert "no_segments" not in rows.loc["(unknown)", "reason"].tolist(), "they are all there"
    assert one(company, "weighted", segment=["(unknown)"])["reason"] == rows.loc[("(unknown)", "weighted"), "reason"]
    whole = company.forecast(view(TODAY), ()).set_index("method").loc["historical", "reason"]
    assert whole == ("no_wins" if reason else ""), "of all of them together it counts on how many have a past"


def test_a_past_without_segments_teaches_none() -> None:
    lost = [Journey([(ORIGINS[1] - 5, "lead"), (ORIGINS[1] + 50, "lost")]) for _ in range(3)]
    rows = asked([*PAST, *lost, *now(4, due=TODAY + 9)], today=TODAY).forecast(view(TODAY)).set_index(
        ["segment", "method"])
    assert rows.loc[("KA", "historical"), "reason"] == "past_segments", "three of eleven"
    assert rows.loc[("KA", "weighted"), "reason"] == "", "a promise learns nothing"


def test_why_a_segment_is_not_spoken_of_is_said_in_the_title() -> None:
    company = asked([*PAST, *now(4), *unnamed(4)], today=TODAY)
    rows = company.forecast(view(TODAY))
    why = say.refused(rows[rows["segment"] == "KA"])
    assert say.outlook(None, "en", what="KA", why=why).text == (
        "KA: what will be won cannot be known, because more than one of five open opportunities have no known segment")
    assert "客户类型未知" in say.outlook(None, "zh", what="KA", why=why).text
    accuracy = pd.DataFrame({"value": [float("nan")], "reason": [why]})
    assert "how far off a forecast is cannot be known" in say.proven(accuracy, "en", what="KA").text


def test_scope_and_filters_bound_what_is_learned_and_what_is_forecast() -> None:
    smb = [*quarter(88, 4, 0, 2, "SMB"), *quarter(180, 4, 0, 2, "SMB"), *now(4, segment="SMB")]
    company = asked([*PAST, *now(4), *smb], today=TODAY)
    alone = asked([*PAST, *now(4)], today=TODAY)
    for mine in (View(day(TODAY), scope=Scope.of(segment=["KA"])),
                 View(day(TODAY), filters=Filters.of(segment=["KA"]))):
        pd.testing.assert_frame_equal(company.forecast(mine), alone.forecast(view(TODAY)))


def test_the_counts_are_those_of_a_patient_loop() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for i in range(120):
        start = int(rng.integers(0, 250))
        steps = [(start, "lead"), (start + int(rng.integers(1, 40)), "meeting")]
        if rng.random() < 0.7:
            steps.append((steps[-1][0] + int(rng.integers(1, 90)), str(rng.choice(["won", "lost"]))))
        rows.append(Journey([s for s in steps if s[0] <= TODAY], float(rng.integers(10, 99)), f"o{i:03d}"))
    company = asked(rows, today=TODAY)
    days = [m[1:] for m in moments(day(TODAY))[:3]]
    opened = queries.forecast_open(company.company.cursor(), Slice(day(TODAY)), moments=days, promised=[])
    others = queries.forecast_won(company.company.cursor(), Slice(day(TODAY)), moments=days)
    for origin, first, last in days:
        was_open = {j.id for j in rows if _stood(j, origin) in ("lead", "meeting")}
        won_in = {j.id for j in rows if j.steps[-1][1] == "won" and first <= day(j.steps[-1][0]) <= last}
        here = opened[opened["origin"] == pd.Timestamp(origin)]
        assert here["n"].sum() == len(was_open)
        assert here["amount"].sum() == sum(j.amount for j in rows if j.id in was_open)
        over = last <= day(TODAY)
        after = {i for i in won_in if _won_on(rows, i) > origin} if over else set()
        assert here["won"].sum() == len(after & was_open)
        parts = others[others["origin"] == pd.Timestamp(origin)].groupby("part")["n"].sum().to_dict()
        assert parts.get("so_far", 0) == len([i for i in won_in if _won_on(rows, i) <= origin])
        assert parts.get("later", 0) == len(after - was_open)


def _stood(journey: Journey, on: date) -> str:
    """The stage on a day, "" before the beginning."""
    return next((stage for n, stage in reversed(journey.steps) if day(n) <= on), "")


def _won_on(rows: list[Journey], id_: str) -> date:
    return next(day(j.steps[-1][0]) for j in rows if j.id == id_)


def cells(**columns: list[object]) -> Cells:
    """Cells of one segment, told by hand; all share stage, age and expected close unless said otherwise."""
    frame = pd.DataFrame(columns)
    for name in ("at_stratum", *(f"at_{level}" for level in LEVELS), "at_close"):
        if name not in frame:
            frame[name] = 0
    return Cells.of(frame)


def test_a_rare_cell_is_drawn_towards_its_parent() -> None:
    past = cells(n=[100, 2], won=[20, 2], at_stage=[0, 1], at_age=[0, 1], at_due=[0, 1])
    parent = 22 / 102
    stage = (2 + 10 * parent) / 12
    age = (2 + 10 * stage) / 12
    assert chances(past, past.where(np.array([False, True])), 10)[0] == pytest.approx((2 + 10 * age) / 12)


def test_amounts_are_what_won_ones_brought_of_theirs() -> None:
    """The known ones bring 80 %, the unknown one 30."""
    past = cells(n=[10], won=[5], won_amount=[350.0], won_amount_known=[320.0], won_open_amount=[400.0],
                 won_missing=[1])
    here = cells(n=[4], amount=[600.0], amount_square=[120_000.0], amount_missing=[1])
    told = of_cells(here, past, "historical", 10)
    assert told["p"] == pytest.approx(0.5)
    assert told["per_win"] * 4 == pytest.approx(600 * 320 / 400 + 1 * 30)
    assert told["spread"] == pytest.approx((120_000 / 3 - 200**2) * 0.8**2)


def test_the_comparison_counts_by_the_share_of_its_promises_that_came_in_time() -> None:
    money = {"won_amount": [100.0], "won_amount_known": [100.0], "won_open_amount": [100.0], "won_missing": [0]}
    past = cells(n=[20], won=[4], compared_won=[4], p_sum=[10.0], **money)
    here = cells(n=[10], amount=[1000.0], amount_square=[100_000.0], amount_missing=[0], n_compared=[6], p_sum=[3.0],
                 p_amount=[300.0], compared_amount=[600.0])
    told = of_cells(here, past, "comparison", 10)
    inside = (4 + 10 * 0.4) / (10 + 10)
    assert told["p"] * 10 == pytest.approx(inside * 3 + 4 * 0.2)
    assert told["per_win"] * told["p"] * 10 == pytest.approx(inside * 300 + 0.2 * 400)


def test_the_simulated_number_of_wins_is_poisson_binomial() -> None:
    chance = [0.1, 0.4, 0.8, 0.8]
    exact = np.zeros(5)
    for outcome in product((0, 1), repeat=4):
        exact[sum(outcome)] += np.prod([p if won else 1 - p for p, won in zip(chance, outcome, strict=True)])
    frame = cells(trials=[1, 1, 2], p=[0.1, 0.4, 0.8], per_win=[1.0, 1.0, 1.0], spread=[0.0, 0.0, 0.0])
    found = simulate(frame, draws=20_000)
    quantiles = {"low": 0.1, "mid": 0.5, "high": 0.9}
    assert found.counts == {name: float(np.searchsorted(exact.cumsum(), q)) for name, q in quantiles.items()}
    assert found.counts == found.amounts


def test_the_same_figures_give_the_same_interval_and_a_quarters_own_effect_widens_it() -> None:
    frame = cells(trials=[200], p=[0.3], per_win=[10.0], spread=[25.0])
    assert simulate(frame) == simulate(frame)
    narrow, wide = simulate(frame).amounts, simulate(frame, effects={0: 0.09}).amounts
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])
    assert (narrow["high"] + narrow["low"]) / 2 == pytest.approx(600, rel=0.03)


def test_the_interval_of_amounts_has_the_variance_of_drawn_deals() -> None:
    """Of 50 deals (mean 10, variance 64) about half are won: Var = N p (1-p) mean² + p N variance (1 - p N / N),
    nearly."""
    found = simulate(cells(trials=[50], p=[0.5], per_win=[10.0], spread=[64.0]), draws=20_000).amounts
    sd = np.sqrt(12.5 * 100 + 25 * 64 * 0.5)
    assert (found["high"] - found["low"]) / (2 * 1.2816) == pytest.approx(sd, rel=0.05)


def test_what_is_not_there_yet_is_poisson_beyond_which_quarters_differ() -> None:
    plain = simulate(cells(trials=[], p=[], per_win=[], spread=[]), [Later(40, 1, 0, 0)], draws=20_000).counts
    assert (plain["high"] - plain["low"]) / (2 * 1.2816) == pytest.approx(np.sqrt(40), rel=0.08)


def test_only_quarters_that_were_over_on_the_day_are_learned_from() -> None:
    asked_, *past = moments(date(2026, 8, 12), ahead=1)
    assert (asked_.name, past[0].name) == ("2026Q4", "2026Q3")
    assert [m.name for m in learned_from(asked_, past)][:2] == ["2026Q2", "2026Q1"]
    assert all((m.last - m.origin) == (asked_.last - asked_.origin) for m in past)


def test_fiscal_quarters_and_a_lead_of_weeks() -> None:
    asked_, before, *_ = moments(date(2026, 2, 10), 0, 4, lead=28)
    assert asked_ == Moment("2026Q4", date(2026, 2, 10), date(2026, 1, 1), date(2026, 3, 31))
    assert before == Moment("2026Q3", date(2025, 12, 31) - timedelta(days=28), date(2025, 10, 1), date(2025, 12, 31))


@pytest.mark.parametrize("first", [TODAY - 1, ORIGINS[1], ORIGINS[0]])
def test_hindsight_is_a_matter_of_the_first_export_not_of_their_number(first: int) -> None:
    """Two exports each time; the last two quarters are replayed as of ORIGINS."""
    before = [journey for origin in (-185, -93, -3) for journey in quarter(origin, 1, 3, 1)]
    company = asked([*before, *PAST, *now(4)], today=TODAY)
    company.company = replace(company.company, dates=(day(first), day(TODAY)))
    rows = company.forecast_replay(view(TODAY), measure="count")["rows"]
    seen = rows.drop_duplicates("origin").set_index("origin")["is_seen"].to_dict()
    assert {day_: is_seen for day_, is_seen in seen.items() if day_ >= pd.Timestamp(DAY_0)} == {
        pd.Timestamp(day(n)): n >= first for n in ORIGINS}
    unseen = sum(n < first for n in ORIGINS)
    card, = replay_cards(company, view(TODAY), Look("en", SALES))
    told = [note for note in card.notes if "before the first export" in note]
    assert told == ([note for note in card.notes if note.startswith(f"{unseen} of the 2")] if unseen else [])
    assert len(told) == (unseen > 0)


def replay_rows(errors: dict[str, list[float]]) -> pd.DataFrame:
    """Past forecasts with these errors."""
    return pd.DataFrame([{"period": f"Q{i}", "method": method, "error": e, "count_error": e, "is_inside": abs(e) < 0.2,
                          "reason": ""} for method, found in errors.items() for i, e in enumerate(found)])  # fmt: skip


def test_the_best_method_is_the_one_least_off_and_sure_only_beyond_chance() -> None:
    good, bad = [0.1, -0.1] * 4, [0.9, 1.1] * 4
    frame = judged(replay_rows({"historical": good, "weighted": bad}), ()).set_index("method")
    best, worse = frame.loc["historical"], frame.loc["weighted"]
    assert (best["value"], best["bias"], best["coverage"], best["is_best"]) == (pytest.approx(0.1), 0, 1, True)
    assert (worse["worse_by"], worse["p"], worse["is_sure"]) == (pytest.approx(0.9), 2 / 2**8, True)
    assert frame.loc["crm", "reason"] == "no_history"
    few = judged(replay_rows({"historical": good[:4], "weighted": bad[:4]}), ()).set_index("method")
    assert not few["is_sure"].any(), "four quarters can never be beyond chance: p = 2 / 16"


def test_the_best_is_chosen_on_the_quarters_that_all_compared_share() -> None:
    """The comparison knows only the four quiet quarters; there own history was less far off than it."""
    nan = float("nan")
    history, other = [0.5] * 4 + [0.02] * 4, [nan] * 4 + [0.1] * 4
    frame = judged(replay_rows({"historical": history, "comparison": other}), ()).set_index("method")
    assert frame["is_best"].to_dict() == {"historical": True, "comparison": False, "crm": False, "weighted": False}
    assert frame.loc["historical", ["quarters", "shared"]].tolist() == [8, 4]
    assert frame.loc["historical", ["value", "shared_value"]].tolist() == pytest.approx([0.26, 0.02])
    said = say.proven(frame.reset_index(), "en", what="KA").text
    assert said.startswith("KA: Own history had the smallest error, 2% on average in 4 quarters")


def test_a_few_quarters_do_not_decide_for_the_methods_that_have_many() -> None:
    nan = float("nan")
    few = {"historical": [0.1] * 8, "weighted": [0.2] * 8, "comparison": [nan] * 6 + [0.01] * 2}
    frame = judged(replay_rows(few), ()).set_index("method")
    assert frame["shared"].to_dict() == {"historical": 8, "comparison": 0, "crm": 0, "weighted": 8}
    assert frame["is_best"].idxmax() == "historical"
    assert (frame.loc["comparison", "quarters"], frame.loc["comparison", "value"]) == (2, pytest.approx(0.01))
    apart = {"historical": [0.1] * 4 + [nan] * 3, "weighted": [nan] * 3 + [0.2] * 4}
    alone = judged(replay_rows(apart), ()).set_index("method")
    assert alone["shared"].to_dict() == {"historical": 4, "comparison": 0, "crm": 0, "weighted": 0}, "one is shared"
    assert "no other method can be judged" in say.proven(alone.reset_index(), "en", what="KA").text


def test_where_amounts_are_unknown_the_number_is_judged_all_the_same() -> None:
    rows = replay_rows({"historical": [0.1, 0.3]}).assign(error=float("nan"), is_count_inside=[True, False])
    assert judged(rows, ()).set_index("method").loc["historical", "quarters"] == 0
    by_number = judged(rows, (), measure="count").set_index("method").loc["historical"]
    assert (by_number["quarters"], by_number["value"], by_number["coverage"]) == (2, pytest.approx(0.2), 0.5)


def test_the_sign_flip_test_made_by_hand() -> None:
    assert sign_flip_p([1, 1, 1]) == 2 / 8
    assert sign_flip_p([3, -1, 1]) == 6 / 8, "±3 ±1 ±1 gives 5, 3, 3, 1 with either sign: six of eight are at least 3"


def test_a_title_claims_nothing_that_the_quarters_do_not_support() -> None:
    good, bad = [0.1, -0.1] * 4, [0.9, 1.1] * 4
    sure = judged(replay_rows({"historical": good, "weighted": bad}), ())
    unsure = judged(replay_rows({"historical": good[:3], "weighted": bad[:3]}), ())
    assert say.proven(sure, "en", what="KA").strength == "clear"
    assert "no difference beyond chance" in say.proven(unsure, "en", what="KA").text
    alone = judged(replay_rows({"historical": good}), ())
    assert "no other method can be judged" in say.proven(alone, "en", what="KA").text
    assert say.held(sure, "zh") == "最佳方法的区间在 8 个季度中有 8 个涵盖实际值（理想为 80%）。"
    assert "too narrow" in say.held(judged(replay_rows({"crm": bad}), ()), "en")
    odd = replay_rows({"crm": [0.1] * 6}).assign(error=[0.1] * 5 + [float("nan")], is_inside=[True] * 5 + [False])
    assert "in 5 of 6 quarters" in say.held(judged(odd, ()), "en"), "one in which nothing was won has no error"


@pytest.mark.parametrize(("target", "key", "strength"), [
    (50, "exceed", "clear"), (100, "inside", "unclear"), (200, "is out of reach", "clear"),
    (None, "8 of 10", "unclear")])
def test_a_target_is_out_of_reach_only_beyond_the_interval(target: float | None, key: str, strength: str) -> None:
    row = {"period": "2026Q4", "method": "historical", "value": 100.0, "low": 80.0, "high": 120.0, "count": 3,
           "target": target}
    found = say.outlook(row, "en", what="KA")
    assert key in found.text
    assert found.strength == strength


def test_promises_of_which_none_is_for_the_quarter_are_no_forecast_of_nothing() -> None:
    row = {"period": "2026Q4", "method": "weighted", "value": 0.0, "low": 0.0, "high": 0.0, "count": 0.0, "n": 9,
           "used": 0, "won": 0, "target": 50}
    assert say.outlook(row, "en", what="KA").text == "KA: none of the 9 open ones is expected to close in Q4 2026"
    assert "is out of reach" in say.outlook(row | {"won": 2}, "en", what="KA").text, "what is won already counts"
    assert "is out of reach" in say.outlook(row | {"method": "historical"}, "en", what="KA").text, "learned"


def test_day_zero_of_the_journeys_is_the_first_day_of_a_quarter() -> None:
    assert (DAY_0, day(TODAY)) == (date(2026, 1, 1), date(2026, 9, 30))
