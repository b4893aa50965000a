"""The value indicators on a few opportunities whose worth can be counted by hand (METHOD B18)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pandas as pd
import pytest

from analytics import value
from analytics.ask import Ask
from analytics.metrics.frames import Context
from analytics.statistics.intervals import weighted_share, wilson
from analytics.value_cost import costs
from data.engine import company_of
from data.errors import MvpodError
from data.marts.history import marts_of
from data.settings import Organisation, Settings
from tests.journeys import SALES, Journey, _events, _row, _table, asked, day, view


def won(on: int, amount: float | None = 100, *, after: int = 0, **columns: object) -> Journey:
    """Created on day `on - after` and won on day `on`."""
    return Journey([(on - after, "lead"), (on, "won")], amount, columns=columns)


def lost(on: int, **columns: object) -> Journey:
    """Lost after ten days."""
    return Journey([(on - 10, "lead"), (on, "lost")], columns=columns)


def still_open(amount: float | None = 100, **columns: object) -> Journey:
    """Open since day 0."""
    return Journey([(0, "lead")], amount, columns=columns)


def only(ask: Ask, key: str, *args: object, **named: object) -> dict[str, object]:
    """The one row of a metric."""
    (row,) = ask.metric(key, view(*args, **named)).to_dict("records")  # type: ignore[arg-type]
    return row


def test_repeat_share_is_the_amount_of_renewal_and_resale_among_wins_of_known_type() -> None:
    ask = asked(
        [
            won(20, 300, type="new"),
            won(21, 60, type="renewal"),
            won(22, 40, type="resale"),
            won(23, 999),
            lost(24, type="renewal"),
        ]
    )
    row = only(ask, "value.repeat_share", 100, 0, 90)
    expected = weighted_share(100, 300, 60**2 + 40**2, 300**2)
    assert (row["value"], row["low"], row["high"]) == pytest.approx((0.25, expected.low, expected.high))
    assert (row["n"], row["unmeasured"], row["events"]) == (3, 1, 2)


def test_shares_of_amounts_that_are_mostly_unknown_are_unknown() -> None:
    three = [won(20, 300, type="new"), won(21, None, type="renewal"), won(22, 40, type="resale")]
    row = only(asked(three), "value.repeat_share", 100, 0, 90)
    assert (pd.isna(row["value"]), row["reason"], row["won_amount_missing"]) == (True, "amounts_missing", 1)
    row = only(asked([won(20, None, type="new")]), "value.repeat_share", 100, 0, 90)
    assert row["reason"] == "no_amounts"


def test_where_nobody_recorded_the_field_the_share_is_not_zero() -> None:
    ask = asked([won(20), won(30)])
    assert only(ask, "value.repeat_share", 100, 0, 90)["reason"] == "no_type"
    assert only(ask, "value.partner_share", 100, 0, 90)["reason"] == "no_mode"
    assert only(ask, "value.partner_win_rate", 100, 0, 90)["reason"] == "no_mode"
    assert only(ask, "value.repeat_share", 100, 40, 90)["reason"] == "nothing_won"


def test_partners_are_channel_and_mixed_and_direct_stands_beside() -> None:
    ask = asked(
        [
            won(20, 100, sales_mode="channel"),
            won(21, 50, sales_mode="mixed"),
            won(22, 450, sales_mode="direct"),
            lost(23, sales_mode="channel"),
            lost(24, sales_mode="mixed"),
            lost(25, sales_mode="direct"),
            lost(26, sales_mode="direct"),
            lost(27),
        ]
    )
    assert only(ask, "value.partner_share", 100, 0, 90)["value"] == pytest.approx(0.25)
    row = only(ask, "value.partner_win_rate", 100, 0, 90)
    assert (row["value"], row["low"], row["high"]) == pytest.approx(tuple(vars(wilson(2, 4)).values()))
    assert (row["n"], row["won"], row["lost"], row["unmeasured"], row["direct_n"]) == (4, 2, 2, 1, 3)
    assert row["direct_value"] == pytest.approx(1 / 3)
    assert only(asked([won(20, sales_mode="direct")]), "value.partner_win_rate", 100, 0, 90)["reason"] == "no_partner"


def test_velocity_is_open_times_win_rate_times_mean_amount_per_day_of_the_cycle() -> None:
    """3 open x 5/8 x 200 / 25 days = 15 a day; the win of two years ago does not count."""
    wins = [
        won(300 + i, 100 * (i + 1) - 100 * (i == 4), after=25, segment="KA") for i in range(5)
    ]  # 100 200 300 400 400
    wins[4] = won(304, 0, after=25, segment="KA")
    ask = asked(
        [*wins, *(lost(310 + i, segment="KA") for i in range(3)), *(still_open(segment="KA") for _ in range(3))]
    )
    row = only(ask, "value.velocity", 364)
    assert (row["n"], row["won"], row["lost"], row["won_amount"]) == (3, 5, 3, 1000)
    assert (row["win_rate"], row["mean_amount"], row["cycle_days"]) == (5 / 8, 200, 25)
    assert row["value"] == pytest.approx(3 * 5 / 8 * 200 / 25) == pytest.approx(15)


def test_velocity_looks_back_twelve_months_from_the_last_day_of_each_quarter() -> None:
    ask = asked(
        [
            *(won(40 + i, after=10, segment="KA") for i in range(5)),
            *(won(200 + i, after=10, segment="KA") for i in range(5)),
            still_open(segment="KA"),
        ],
        today=500,
    )
    frame = ask.metric("value.velocity", view(500, 0, 500), ["quarter"]).set_index("quarter")
    assert frame["won"].to_dict() == {"2026Q1": 5, "2026Q2": 5, "2026Q3": 10, "2026Q4": 10, "2027Q1": 5, "2027Q2": 5}


def test_velocity_never_mixes_segments_and_wants_five_wins() -> None:
    company = [
        *(won(50 + i, after=10, segment="KA") for i in range(5)),
        *(won(60 + i, after=5, segment="SMB") for i in range(4)),
        still_open(segment="KA"),
        still_open(segment="SMB"),
    ]
    ask = asked(company)
    assert only(ask, "value.velocity", 100)["reason"] == "mixed_segments"
    parts = ask.metric("value.velocity", view(100), ["segment"]).set_index("segment")
    assert parts["reason"].to_dict() == {"KA": "", "SMB": "few_won"}
    assert parts.loc["KA", "value"] == pytest.approx(1 * 1 * 100 / 10)
    same_day = asked([won(50 + i, segment="KA") for i in range(5)] + [still_open(segment="KA")])
    assert only(same_day, "value.velocity", 100)["reason"] == "no_cycle"


@pytest.mark.parametrize(("unnamed", "reason"), [(1, ""), (2, "no_segments")])
def test_no_velocity_of_a_segment_where_more_than_one_in_five_open_ones_have_none(unnamed: int, reason: str) -> None:
    wins = [won(50 + i, after=10, segment="KA") for i in range(5)]
    ask = asked([*wins, *(still_open(segment="KA") for _ in range(4)), *(still_open() for _ in range(unnamed))])
    by_segment = ask.metric("value.velocity", view(100), ["segment"]).set_index("segment").loc["KA"]
    filtered = ask.metric("value.velocity", view(100, segment=["KA"])).iloc[0]
    for row in (by_segment, only(ask, "value.velocity", 100), filtered):
        assert row["open_unnamed"] == unnamed
        assert row["reason"] == reason
        assert pd.isna(row["value"]) == bool(reason)


def test_velocity_of_a_company_without_segments_is_that_of_all() -> None:
    row = only(asked([*(won(50 + i, after=10) for i in range(5)), still_open()]), "value.velocity", 100)
    assert (row["reason"], row["value"]) == ("", pytest.approx(10))


def _cost(rows: list[tuple[str, float, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["period", "amount", "currency"])


def _context(start: date, until: date, as_of: date = date(2026, 12, 31), fiscal: int = 1) -> Context:
    rates = {"USD": 7.0}
    settings = Settings(organisation=Organisation(base_currency="CNY", rates=rates, fiscal_year_start=fiscal))
    return Context(settings, as_of, start, until)


def test_costs_count_only_where_their_periods_fill_the_asked_one() -> None:
    half = _context(date(2026, 1, 1), date(2026, 6, 30))
    given = _cost([("2026Q1", 100, "CNY"), ("2026Q1", 10, "USD"), ("2026Q2", 50, "CNY"), ("2026Q3", 999, "CNY")])
    assert costs(given, half, [])["cost"].tolist() == [100 + 70 + 50]
    assert costs(given[:2], half, [])["cost"].isna().all()  # the second quarter is missing
    assert costs(_cost([("2026", 900, "CNY")]), half, [])["cost"].isna().all()  # a year is not split
    assert (
        costs(_cost([("2026Q1", 1, "CNY"), ("2026Q2", 1, "CNY"), ("2026-06", 1, "CNY")]), half, [])["cost"].isna().all()
    )
    not_over = _context(date(2026, 1, 1), date(2026, 6, 30), as_of=date(2026, 6, 20))
    assert costs(given, not_over, [])["cost"].isna().all()


def test_costs_by_quarter_are_those_of_fiscal_quarters() -> None:
    given = _cost(
        [
            ("2027Q1", 100, ""),
            ("2026-07", 10, "CNY"),
            ("2026-08", 20, "CNY"),
            ("2026-09", 30, "CNY"),
            ("2026-10", 5, "CNY"),
            ("next", 7, "CNY"),
        ]
    )
    found = costs(given.assign(quarter="?"), _context(date(2026, 4, 1), date(2026, 12, 31), fiscal=4), ["quarter"])
    assert found.set_index("quarter")["cost"].to_dict() == {
        "2027Q1": 100,
        "2027Q2": 60,
    }  # October alone fills no quarter


def test_efficiency_is_won_amount_over_cost_and_unknown_without_costs() -> None:
    counts = pd.DataFrame(
        {"segment": ["KA", "SMB"], "won": [2, 0], "won_amount": [500.0, None], "won_amount_missing": [0, 0]}
    )
    given = _cost([("2026Q1", 200, "CNY"), ("2026Q1", 40, "CNY")]).assign(segment=["KA", "SMB"])
    context = _context(date(2026, 1, 1), date(2026, 3, 31))
    found = value.efficiency({"closings": counts, "value_cost": given}, context, ["segment"])
    assert found.set_index("segment")["value"].to_dict() == {"KA": 2.5, "SMB": 0.0}
    ask = asked([won(20)])
    assert only(ask, "value.efficiency", 100, 0, 90)["reason"] == "no_costs"
    assert only(ask, "value.efficiency", 100)["reason"] == "no_period"


def test_seller_months_are_owners_with_something_open_at_the_end_of_each_month() -> None:
    """January: A and B; February: A alone, the half of it: 2 + 14 / 28 seller-months."""
    ask = asked(
        [
            Journey([(0, "lead"), (40, "won")], 500, columns={"owner_id": "A"}),
            still_open(owner_id="A"),
            Journey([(5, "lead"), (33, "won")], 100, columns={"owner_id": "B"}),
        ]
    )
    row = only(ask, "value.won_per_seller_month", 100, 0, 31 + 13)
    assert row["seller_months"] == pytest.approx(2.5)
    assert row["value"] == pytest.approx(600 / 2.5)
    assert only(asked([won(20)]), "value.won_per_seller_month", 100, 0, 90)["reason"] == "no_sellers"


def test_coverage_is_the_share_of_touched_targets_and_early_weeks_cannot_tell() -> None:
    counts = pd.DataFrame(
        {
            "as_of_on": pd.to_datetime(["2026-03-29", "2026-03-29", "2026-02-22"]),
            "tier": ["A", "B", "A"],
            "n": [8, 2, 7],
            "events": [6, 1, 0],
            "short": [0, 0, 7],
        }
    )
    context = _context(date(2026, 1, 1), date(2026, 3, 31))
    (row,) = value.coverage({"value_coverage": counts}, context, []).to_dict("records")
    assert (row["n"], row["events"], row["value"]) == (10, 7, pytest.approx(0.7))
    (early,) = value.coverage({"value_coverage": counts[2:]}, context, []).to_dict("records")
    assert (pd.isna(early["value"]), early["reason"]) == (True, "short_history")


def _with_codes(journeys: list[Journey], codes: dict[str, str], today: int = 100) -> Ask:
    """A company whose accounts carry company codes."""
    named = [(f"o{i}", j) for i, j in enumerate(journeys)]
    opportunity = _table("opportunity", [row for name, j in named if (row := _row(name, j, today))])
    changes = _table("stage_change", [row for name, j in named for row in _events(name, j)])
    rows = [{"account_id": a, "uscc": code, "snapshot_date": day(today)} for a, code in codes.items()]
    tables = {"opportunity": opportunity, "stage_change": changes, "account": _table("account", rows)}
    return Ask(company_of({**tables, **marts_of(opportunity, changes, SALES)}, SALES))


def test_a_conflict_is_one_company_sold_to_directly_and_through_the_channel_at_once() -> None:
    code = "91350100M000100Y43"
    journeys = [
        still_open(10, account_id="a", sales_mode="direct"),
        still_open(20, account_id="b", sales_mode="channel"),
        still_open(40, account_id="b", sales_mode="channel"),
        still_open(80, account_id="c", sales_mode="direct"),
        still_open(80, account_id="d", sales_mode="channel"),
        still_open(80, account_id="d", sales_mode="mixed"),
        still_open(80, account_id="e"),
        lost(50, account_id="c", sales_mode="channel"),
    ]
    codes = {"a": code, "b": f" {code[:9].lower()}-{code[9:]}", "c": "", "d": "无", "e": "无"}
    row = only(_with_codes(journeys, codes), "value.channel_conflict", 100)
    assert (row["n"], row["unmeasured"], row["events"], row["companies"], row["pairs"]) == (6, 1, 3, 1, 2)
    assert (row["amount"], row["value"]) == (70, pytest.approx(3 / 6))
    assert only(asked([still_open()]), "value.channel_conflict", 100)["reason"] == "no_mode"


def test_the_mix_of_modes_adds_up_to_one_per_region_and_names_every_mode() -> None:
    ask = asked(
        [
            won(20, 100, region="North", sales_mode="direct"),
            won(21, 300, region="North", sales_mode="channel"),
            won(22, None, region="South", sales_mode="direct"),
            won(23, 5, region="South"),
        ]
    )
    found = ask.mode_mix(view(100, 0, 90))
    north = found[found["region"] == "North"].set_index("sales_mode")
    assert north["value"].to_dict() == {"direct": 0.25, "mixed": 0.0, "channel": 0.75}
    assert north["n_all"].tolist() == [2, 2, 2]
    south = found[found["region"] == "South"]
    assert (south["value"].isna().all(), set(south["reason"]), int(south["n"].sum())) == (True, {"no_amounts"}, 1)
    assert Decimal(str(north["amount"].sum())) == 400
    assert ask.mode_mix(view(100, 0, 90), "quarter")["quarter"].unique().tolist() == ["2026Q1"]
    for mode in ("mode", "sales_mode"):
        with pytest.raises(MvpodError, match="E_GROUP"):  # each mode is all of its own group
            ask.mode_mix(view(100, 0, 90), mode)
