"""Metrics of what stands on a day, asked of a small sample company: each against one account or deal at a time."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analytics import stock_scores
from analytics.ask import Ask
from analytics.metrics.frames import Context
from analytics.view import View
from data.scope import Filters, Scope
from tests.journeys import SALES, Journey
from tests.journeys import asked as told
from tests.journeys import view as day_view

KEYS = ("closeness.account", "closeness.depth", "closeness.breadth", "closeness.transparency", "trust",
        "closeness.person_dependence", "closeness.project", "chain_coverage", "win_rate.comparison")  # fmt: skip
STEPS = ("acquainted", "known", "trusted", "interdependent")
every = pytest.mark.parametrize("key", KEYS)


def test_closeness_of_an_account_and_its_parts_are_those_of_its_formula(asked: Ask, view: View) -> None:
    parts = {part: asked.metric(f"closeness.{part}", view, ["account"]).set_index("account")
             for part in ("account", "depth", "breadth", "transparency", "person_dependence")}  # fmt: skip
    assert parts["account"]["n"].sum() > 40
    for account in list(parts["account"].index)[:15]:
        case = asked._case(view, account).result
        wanted = (case.closeness, case.depth, case.breadth, case.transparency, case.person_dependence)
        assert [parts[p].loc[account, "value"] for p in parts] == pytest.approx(list(wanted), abs=2e-4, nan_ok=True)


def test_trust_is_the_mean_of_what_each_contact_is_judged_one_by_one(asked: Ask, view: View) -> None:
    rows = asked.metric("trust", view, ["account"]).set_index("account")
    for account in list(rows.index)[:12]:
        people = asked.trust(view, account)
        assert rows.loc[account, "value"] == pytest.approx(people["score"].mean(), abs=1e-5)
        assert [rows.loc[account, s] for s in STEPS] == [(people["step"] == s).sum() for s in STEPS]


def test_the_deciders_are_those_of_each_deal_one_by_one(asked: Ask, view: View) -> None:
    found = asked.opportunities(view, {"question": "chain_coverage"})
    deals = [(row["owner_id"], asked.chain_coverage(view, row["opportunity_id"])) for row in found.to_dict("records")]
    coverage, project = (asked.metric(k, view, ["owner"]).set_index("owner")
                         for k in ("chain_coverage", "closeness.project"))  # fmt: skip
    for owner in set(found["owner_id"]):
        named = [chain for who, chain in deals if who == owner and len(chain["people"])]
        known = pd.Series([chain["closeness"] for chain in named]).dropna()
        assert (coverage.loc[owner, "n"], project.loc[owner, "n"]) == (len(named), len(known))
        assert coverage.loc[owner, "opposed"] == sum(chain["is_opposed"] for chain in named)
        assert coverage.loc[owner, "value"] == pytest.approx(pd.Series([c["share"] for c in named]).mean(), abs=1e-6)
        assert project.loc[owner, "value"] == pytest.approx(known.mean(), abs=1e-6, nan_ok=True)


def test_the_comparison_expects_what_the_portfolio_expects(asked: Ask, view: View) -> None:
    whole = asked.win_portfolio(view).iloc[-1]
    row = asked.metric("win_rate.comparison", view).iloc[0]
    assert (row["n"], row["n"] + row["unmeasured"]) == (whole["compared"], whole["n"])
    assert row["n"] * row["value"] == pytest.approx(whole["expected"])
    assert row["n"] * row["if_it_goes_ahead"] == pytest.approx(whole["expected_if"])
    for name in ("leading", "phantom", "g_unknown"):
        assert row[name] == whole[name]


@every
def test_a_month_says_how_things_stood_on_its_last_day(asked: Ask, view: View, key: str) -> None:
    months = asked.metric(key, view, ["month"]).set_index("month")
    quarters = asked.metric(key, view, ["quarter"]).set_index("quarter")
    pd.testing.assert_series_equal(months.loc["2026-06"], quarters.loc["2026Q2"], check_names=False)
    then = asked.metric(key, view.with_(as_of=date(2026, 6, 30))).iloc[0]
    assert then["n"] > 20
    pd.testing.assert_series_equal(months.loc["2026-06"], then, check_names=False, check_dtype=False)


@every
def test_groups_add_up_to_the_whole_and_a_group_is_what_its_filter_shows(asked: Ask, view: View, key: str) -> None:
    whole = asked.metric(key, view).iloc[0]
    for dimension in ("segment", "owner", "region"):
        parts = asked.metric(key, view, [dimension])
        assert (parts["n"].sum(), parts["unmeasured"].sum()) == (whole["n"], whole["unmeasured"])
    for segment in ("KA", "SMB"):
        row = asked.metric(key, view, ["segment"]).set_index("segment").loc[segment]
        filtered, scoped = Filters.of(segment=[segment]), Scope.of(segment=[segment])
        for narrow in (view.with_(filters=filtered), view.with_(scope=scoped)):
            pd.testing.assert_series_equal(asked.metric(key, narrow).iloc[0], row, check_names=False, check_dtype=False)


@every
def test_with_only_opportunities_loaded_nothing_is_measured_and_the_reason_is_told(key: str) -> None:
    row = told([Journey([(0, "lead")]), Journey([(3, "lead")])]).metric(key, day_view(60)).iloc[0]
    assert row["n"] == 0
    assert pd.isna(row["value"])
    wanted = {"win_rate.comparison": "not_compared", "closeness.project": "no_chain", "chain_coverage": "no_chain"}
    assert row["reason"] == wanted.get(key, "no_contacts")
    assert row["unmeasured"] == (2 if key in wanted else 0)


@every
def test_where_nothing_was_ever_recorded_there_is_no_month_to_tell_of(key: str) -> None:
    assert told([Journey([(0, "lead")])]).metric(key, day_view(60), ["month"]).empty


def account_scores(*rows: tuple[str, int, int, float, float, int]) -> pd.DataFrame:
    """Rows of account_scores.sql about closeness: owner, population, known ones, sum, squares, those without a map."""
    names = ["owner_id", "population", "score_n", "score_sum", "score_squares", "unmapped"]
    zeros = dict.fromkeys(("short", "no_attitude", "no_key", "untouched", "dependent"), 0)
    return pd.DataFrame(rows, columns=names).assign(part="closeness", as_of_on=pd.Timestamp("2026-06-28"), **zeros)


def test_the_mean_has_students_limits_and_the_unmeasured_stand_beside_it() -> None:
    # 40, 50 and 60: mean 50, standard deviation 10, t(2) = 4.303
    counts = account_scores(("a", 4, 3, 150, 7700, 1), ("b", 2, 0, float("nan"), float("nan"), 2))
    frame = stock_scores.closeness({"account_scores": counts}, Context(SALES, date(2026, 6, 30)), ["owner_id"])
    known, unknown = frame.to_dict("records")
    assert (known["n"], known["unmeasured"], known["value"], known["reason"]) == (3, 1, 50, "")
    half = 4.3027 * 10 / 3**0.5
    assert (known["low"], known["high"]) == pytest.approx((50 - half, 50 + half), abs=0.01)
    assert (unknown["n"], unknown["unmeasured"], unknown["reason"]) == (0, 2, "no_org_map")
    assert pd.isna(unknown["value"])
