"""Win rates over time as the page asks for them: what is shown, cut off, overdue, and what it is made of."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from analytics.win_trend import Grain, Horizon, grain_of, named, shown
from data.engine import open_company
from data.intake.importing import import_paths
from data.scope import Filters, Scope
from tests.journeys import Journey, asked, day, view

MAVEN = Path(__file__).resolve().parents[3] / "shared/data/maven_crm"


def ended(at: int, kind: str = "won", since: int = 0, amount: float | None = 100, **columns: object) -> Journey:
    """Closed on a day."""
    return Journey([(since, "lead"), (at, kind)], amount=amount, columns=columns)


def month(frame: pd.DataFrame, name: str) -> pd.Series:
    """The one row of a period."""
    (row,) = (r for _, r in frame.iterrows() if r["period"] == name)
    return row


def test_every_period_has_a_row_and_an_empty_one_is_unknown() -> None:
    frame = asked([ended(5), ended(9, "lost"), ended(70)]).win_trend(view(100), "month")
    assert list(frame["period"]) == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert list(frame["n"]) == [2, 0, 1, 0]
    assert frame["value"].iloc[0] == 0.5
    assert pd.isna(frame["value"].iloc[1])
    assert list(frame["reason"]) == ["", "nothing_closed", "", "nothing_closed"]


def test_weeks_months_and_quarters_hold_the_same_closings() -> None:
    company = asked([ended(n, "won" if n % 3 else "lost", segment="KA" if n % 2 else "SMB") for n in range(3, 90)])
    for grain in ("week", "month", "quarter"):
        whole = company.win_trend(view(100), grain)  # type: ignore[arg-type]
        parts = company.win_trend(view(100), grain, ["segment"])  # type: ignore[arg-type]
        assert (whole["n"].sum(), whole["won"].sum()) == (87, 58)
        assert (parts["n"].sum(), parts["won"].sum()) == (87, 58)
        assert list(parts["segment"].unique()) == ["KA", "SMB"]


def test_the_running_period_is_marked_and_what_happens_later_is_not_known() -> None:
    frame = asked([ended(5), ended(40), ended(50, "lost")]).win_trend(view(45), "month")
    february = month(frame, "2026-02")
    assert (february["n"], bool(february["is_complete"])) == (1, False)
    assert february["end"].date() == day(45)
    assert bool(month(frame, "2026-01")["is_complete"])


def test_amounts_are_judged_by_what_they_are_worth_as_evidence() -> None:
    frame = asked([ended(5, amount=900), ended(6, "lost", amount=100), ended(7, "lost", amount=None)]).win_trend(
        view(100), "month", measure="amount")
    january = month(frame, "2026-01")
    assert january["value"] == pytest.approx(0.9)
    assert january["n"] == 3
    assert january["effective_n"] == pytest.approx(1000**2 / (900**2 + 100**2))
    without = asked([ended(5, amount=None)]).win_trend(view(100), "month", measure="amount")
    assert month(without, "2026-01")["reason"] == "no_amounts"


def test_by_amount_there_is_no_rate_where_what_was_lost_has_no_amounts() -> None:
    """Exports often blank the amount of what is lost: 100 % would be no win rate. Trend and metric say the same."""
    journeys = [ended(5 + 31 * m, kind, 4 + 31 * m, 100 if "won" in kind or segment == "SMB" else None, segment=segment)
                for m in range(3) for kind in ("won", "lost") for segment in ("KA", "SMB")]
    company = asked(journeys)
    frame = company.win_trend(view(100), "month", ["segment"], measure="amount").set_index(["segment", "period"])
    for segment in ("KA", "SMB"):
        metric = company.metric("win_rate.amount", view(100, 31, 58, segment=[segment])).iloc[0]
        row = frame.loc[(segment, "2026-02")]
        assert (row["reason"], row["n"]) == (metric["reason"], metric["n"])
        assert row["value"] == pytest.approx(metric["value"], nan_ok=True)
    assert pd.isna(frame.loc[("KA", "2026-02"), "value"])
    change = company.win_split(view(100, 31, 58), measure="amount").iloc[-1]
    assert change["reason"] == "no_amounts"
    assert pd.isna(change["change"])
    known = company.win_split(view(100, 31, 58, segment=["SMB"]), measure="amount").iloc[-1]
    assert (known["reason"], known["rate"]) == ("", 0.5)
    assert set(company.win_splits(view(100), grain="month", measure="amount")["reason"]) == {"no_amounts"}


def test_a_group_without_any_amount_weighs_nothing_in_a_change_by_amount() -> None:
    """What has no grade because it has no amount is no reason to refuse the change of all others."""
    journeys = [ended(at + 31 * m, kind, amount=None if grade == "none" else 100, grade=grade)
                for m in range(2) for at, kind in ((5, "won"), (6, "lost"), (7, "lost")) for grade in ("A", "none")]
    frame = asked(journeys).win_split(view(100, 31, 58), "grade", measure="amount")
    whole = frame.iloc[-1]
    assert (whole["reason"], whole["rate"], whole["n"]) == ("", pytest.approx(1 / 3), 300)
    nobody = asked([ended(at, amount=None) for at in (5, 36)]).win_split(view(100, 31, 58), measure="amount").iloc[-1]
    assert nobody["reason"] == "no_amounts"


def test_no_decision_counts_where_it_is_asked_for() -> None:
    company = asked([ended(5), ended(6, "no_decision")])
    assert month(company.win_trend(view(100), "month"), "2026-01")["value"] == 1
    assert month(company.win_trend(view(100), "month", measure="decided"), "2026-01")["value"] == 0.5


def test_overdue_ones_are_those_open_after_their_date_at_the_end_of_each_period() -> None:
    """Due on day 20: overdue at the end of January, closed as lost in February. Due on day 50: overdue from then on."""
    company = asked([
        ended(5), Journey([(0, "lead"), (40, "lost")], columns={"expected_close_on": day(20)}),
        Journey([(0, "lead")], columns={"expected_close_on": day(50)}),
    ])
    frame = company.win_trend(view(100), "month")
    assert list(frame["open_overdue"]) == [1, 1, 1, 1]
    assert frame["with_overdue"].isna().all(), "less than a year of closings is no measure of what has piled up"
    at_once = company.metric("win_rate.count", view(100))
    assert frame["open_overdue"].iloc[-1] == at_once["open_overdue"].iloc[0]
    early = asked([Journey([(0, "lead"), (40, "lost")], columns={"expected_close_on": day(20)}), ended(5)])
    assert list(early.win_trend(view(70), "month")["open_overdue"]) == [1, 0, 0]


def test_the_rate_with_overdue_ones_is_that_of_twelve_months() -> None:
    """A win every month for a year, and one that is overdue at its end: 12 / 13, not 1 / 2."""
    wins = [ended(30 * m + 5) for m in range(13)]
    late = Journey([(300, "lead")], columns={"expected_close_on": day(330)})
    frame = asked([*wins, late]).win_trend(view(364), "month")
    last = frame.iloc[-1]
    assert (last["n_year"], last["open_overdue"]) == (12, 1)
    assert last["with_overdue"] == pytest.approx(12 / 13)
    assert frame["with_overdue"].head(6).isna().all()


@pytest.mark.parametrize("grain", ["week", "month", "quarter"])
@pytest.mark.parametrize("today", [400, 423, 424, 454])
def test_the_twelve_months_are_those_of_the_metric_whatever_the_grain_and_the_day(grain: Grain, today: int) -> None:
    """One closing a day: within a quarter the year is no sum of whole quarters, which would make it up to 15 months."""
    journeys = [ended(n, "won" if n % 3 else "lost", n - 1, segment="KA" if n % 5 else "SMB") for n in range(1, 500)]
    late = Journey([(300, "lead")], columns={"expected_close_on": day(330), "segment": "KA"})
    company = asked([*journeys, late], today=today)
    asked_for = company.metric("win_rate.count", view(today, today - 364, today)).iloc[0]
    last = company.win_trend(view(today), grain).iloc[-1]
    assert last["n_year"] == asked_for["n"] == 365
    assert last["with_overdue"] == pytest.approx(asked_for["won"] / (365 + 1))
    parts = company.win_trend(view(today), grain, ["segment"]).groupby("segment").last()
    each = company.metric("win_rate.count", view(today, today - 364, today), ["segment"]).set_index("segment")
    assert parts["n_year"].to_dict() == each["n"].to_dict()


def test_by_amount_what_is_overdue_has_no_rate() -> None:
    late = Journey([(300, "lead")], columns={"expected_close_on": day(330)})
    frame = asked([*(ended(30 * m + 5) for m in range(13)), late]).win_trend(view(364), "month", measure="amount")
    assert frame["with_overdue"].isna().all()
    assert frame["open_overdue"].iloc[-1] == 1


def test_without_any_expected_close_nobody_knows_what_is_overdue() -> None:
    frame = asked([ended(5), Journey([(0, "lead")])]).win_trend(view(100), "month")
    assert frame["open_overdue"].isna().all()
    assert frame["with_overdue"].isna().all()


def test_nothing_closed_gives_no_periods() -> None:
    frame = asked([Journey([(0, "lead")])]).win_trend(view(100))
    assert frame.empty
    assert {"period", "value", "signal", "open_overdue"} <= set(frame.columns)


def test_scope_and_filters_hold() -> None:
    company = asked([ended(5, region="East"), ended(6, "lost", region="West")])
    assert month(company.win_trend(view(100, region=["East"]), "month"), "2026-01")["n"] == 1
    mine = company.win_trend(view(100, scope=Scope.of(region=["West"])), "month")
    assert month(mine, "2026-01")["value"] == 0


def test_a_period_is_cut_off_while_the_store_reaches_back_less_than_opportunities_live() -> None:
    """Ten a day are created from day 0 on and live up to 90 days: what closes before day 81 is the short-lived part."""
    journeys = [ended(born + age, "won" if age < 30 else "lost", since=born)
                for born in range(0, 200, 2) for age in (10, 20, 40, 60, 90)]
    frame = asked(journeys).win_trend(view(300), "month")
    assert list(frame.loc[frame["is_truncated"], "period"]) == ["2026-01", "2026-02", "2026-03"]
    assert not frame.loc[frame["is_truncated"], "is_usable"].any()
    assert frame.loc[frame["is_truncated"], "signal"].eq("").all()


def test_one_stray_old_opportunity_does_not_make_the_store_reach_back_further() -> None:
    journeys = [ended(born + age, since=born) for born in range(0, 200, 2) for age in (10, 40, 90)]
    old = Journey([(10, "lead"), (12, "won")], columns={"created_on": date(2015, 1, 1)})
    assert asked([*journeys, old]).win_trend(view(300), "month")["is_truncated"].any()


def test_the_horizon_is_the_first_day_of_creation_plus_the_usual_days() -> None:
    horizon = Horizon(date(2017, 3, 1), date(2016, 11, 22), 104)
    assert horizon.complete_from == date(2017, 3, 6)
    assert horizon.cuts(named(date(2017, 1, 1), date(2017, 3, 31)))
    assert not horizon.cuts(named(date(2017, 4, 1), date(2017, 6, 30)))
    assert Horizon(None, None, None).complete_from is None


def test_what_is_shown_reaches_back_to_the_view_but_not_beyond_the_first_closing() -> None:
    horizon = Horizon(date(2024, 2, 10), date(2023, 1, 1), 90)
    assert [p.name for p in shown(horizon, "quarter", None, date(2026, 9, 30), count=2)] == ["2026Q2", "2026Q3"]
    assert shown(horizon, "month", date(2025, 1, 1), date(2026, 9, 30), count=2)[0].name == "2025-01"
    assert shown(horizon, "quarter", None, date(2026, 9, 30))[0].name == "2024Q1"
    assert shown(horizon, "quarter", None, date(2024, 2, 9)) == []


def test_a_quarter_is_judged_among_quarters_and_a_week_among_weeks() -> None:
    assert grain_of(named(date(2026, 7, 1), date(2026, 9, 30))) == "quarter"
    assert grain_of(named(date(2026, 9, 1), date(2026, 9, 30))) == "month"
    assert grain_of(named(date(2026, 9, 21), date(2026, 9, 27))) == "week"


def test_a_change_is_split_between_the_period_and_the_one_before() -> None:
    january = [ended(n, "won" if n % 2 else "lost", segment="KA") for n in range(1, 21)]
    february = [ended(31 + n, "won" if n % 4 else "lost", segment="KA" if n > 8 else "SMB") for n in range(1, 21)]
    company = asked([*january, *february])
    frame = company.win_split(view(200, 31, 58))
    whole = frame.iloc[-1]
    assert (whole["before"], whole["now"]) == ("2026-01", "2026-02")
    assert list(frame["segment"]) == ["KA", "SMB", ""]
    assert (whole["rate_before"], whole["rate"]) == (0.5, 0.75)
    assert whole["mix"] + whole["rate_effect"] == pytest.approx(whole["change"])
    by_amount = company.win_split(view(200, 31, 58), measure="amount").iloc[-1]
    assert by_amount["change"] == pytest.approx(whole["change"]), "all amounts are the same"
    assert "owner" in company.win_split(view(200, 31, 58), "owner").columns


def test_without_a_period_there_is_nothing_to_split() -> None:
    assert asked([ended(5)]).win_split(view(100)).empty


def test_consecutive_periods_are_split_one_by_one_and_agree_with_the_single_split() -> None:
    journeys = [ended(n, "won" if n % 3 else "lost", n - 1, segment="KA" if n % 2 else "SMB") for n in range(1, 119)]
    company = asked(journeys)
    frame = company.win_splits(view(200), grain="month")
    totals = frame[frame["is_total"]]
    assert list(totals["now"]) == ["2026-03", "2026-04", "2026-05", "2026-06"], "January is cut off, July is not over"
    one = company.win_split(view(200, 59, 89)).iloc[-1]
    same = totals[totals["now"] == "2026-03"].iloc[0]
    for name in ("n_before", "n", "change", "mix", "rate_effect"):
        assert same[name] == pytest.approx(one[name])


def test_groups_that_moved_are_looked_for_in_every_dimension() -> None:
    def quarter(number: int) -> list[Journey]:
        start = 91 * number
        return [ended(start + 1 + i % 89, "won" if i % 10 < (1 if region == "West" and number > 1 else 4) else "lost",
                      start + i % 89, region=region, team=f"T{i % 3}")
                for region in ("West", "East", "North") for i in range(60)]

    found = asked([j for n in range(4) for j in quarter(n)]).win_shifts(view(364))
    first = found[found["dimension"] != ""].iloc[0]
    assert (first["dimension"], first["value"], first["since"]) == ("region", "West", "2026Q3")
    assert bool(first["is_real"])
    assert not found.loc[found["dimension"] == "team", "is_real"].any()


# The public Maven sales data, held against a naive count over its files.


@pytest.fixture(scope="module")
def maven(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """The public sales data, imported with the built-in profile."""
    if not MAVEN.exists():
        pytest.skip("the public Maven data are not beside the project")
    store = tmp_path_factory.mktemp("maven") / "store"
    import_paths([MAVEN], store, profile="maven-crm", as_of=date(2017, 12, 31))
    return Ask(open_company(store))


def naive(key: Callable[[dict[str, str], str], str]) -> dict[str, tuple[int, int]]:
    """(closed, won) per key, counted row by row; the key gets the row and the region of its seller."""
    with (MAVEN / "sales_teams.csv").open(encoding="utf-8-sig") as file:
        region = {row["sales_agent"]: row["regional_office"] for row in csv.DictReader(file)}
    count: dict[str, Counter[str]] = defaultdict(Counter)
    with (MAVEN / "sales_pipeline.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["deal_stage"] in ("Won", "Lost"):
                count[key(row, region[row["sales_agent"]])][row["deal_stage"]] += 1
    return {k: (c["Won"] + c["Lost"], c["Won"]) for k, c in count.items()}


def closed_on(row: dict[str, str]) -> date:
    """The day of closing."""
    return datetime.strptime(row["close_date"], "%m/%d/%Y").date()


def manager_of() -> dict[str, str]:
    """Seller -> manager."""
    with (MAVEN / "sales_teams.csv").open(encoding="utf-8-sig") as file:
        return {row["sales_agent"]: row["manager"] for row in csv.DictReader(file)}


EVERYTHING = View(date(2017, 12, 31))


def test_maven_quarters_equal_a_naive_count(maven: Ask) -> None:
    by_quarter = naive(lambda row, _: f"{closed_on(row):%Y}Q{(closed_on(row).month + 2) // 3}")
    frame = maven.win_trend(EVERYTHING)
    assert {r["period"]: (r["n"], r["won"]) for _, r in frame.iterrows()} == by_quarter
    by_month = naive(lambda row, _: f"{closed_on(row):%Y-%m}")
    months = maven.win_trend(EVERYTHING, "month")
    assert {r["period"]: (r["n"], r["won"]) for _, r in months.iterrows()} == by_month


@pytest.mark.parametrize("by", ["region", "product_line", "team"])
def test_maven_groups_equal_a_naive_count(maven: Ask, by: str) -> None:
    managers = manager_of()
    key: dict[str, Callable[[dict[str, str], str], str]] = {
        "region": lambda _, region: region, "team": lambda row, _: managers[row["sales_agent"]],
        "product_line": lambda row, _: row["product"].replace("GTXPro", "GTX Pro")}
    frame = maven.win_trend(EVERYTHING, "quarter", [by])
    found = frame.groupby(by)[["n", "won"]].sum()
    assert {name: (int(r["n"]), int(r["won"])) for name, r in found.iterrows()} == naive(key[by])


def test_mavens_first_quarter_is_an_artefact_and_no_fall(maven: Ask) -> None:
    """82 % of March 2017: the data hold only what was created since October 2016 and closed from March on."""
    frame = maven.win_trend(EVERYTHING)
    first = month(frame, "2017Q1")
    assert round(first["value"], 2) == 0.82
    assert bool(first["is_truncated"])
    assert list(frame["is_truncated"]) == [True, False, False, False]
    assert frame["signal"].eq("").all()
    split = maven.win_split(EVERYTHING.with_(start=date(2017, 4, 1), end=date(2017, 6, 30)))
    assert bool(split["is_truncated"].iloc[-1])
    assert "2017Q1" not in set(maven.win_splits(EVERYTHING)["before"])
    assert not maven.win_shifts(EVERYTHING, dimensions=["region", "product_line", "team"])["is_real"].any()


def test_maven_filters_reach_the_trend(maven: Ask) -> None:
    frame = maven.win_trend(EVERYTHING.with_(filters=Filters.of(region=["West"])))
    assert (int(frame["n"].sum()), int(frame["won"].sum())) == naive(lambda _, region: region)["West"]
