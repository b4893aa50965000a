"""What an opportunity inherits: rates, segments, and accounts and owners as they were at the time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from data.contracts import TABLES
from data.engine import connect
from data.enrich import conform, enrich, from_events
from data.errors import MvpodError
from data.settings import Settings, parse_settings

SETTINGS = parse_settings("""
[organisation]
base_currency = "CNY"
timezone = "Asia/Shanghai"
[organisation.rates]
USD = 7.1
[[segment]]
key = "KA"
label = { zh = "大客户" }
when = { annual_revenue_min = 500, industry = ["Steel", "Energy"] }
[[segment]]
key = "MID"
when = { employees_min = 100 }
[[segment]]
key = "SMB"
[[pipeline]]
key = "ka"
segments = ["KA"]
stage = [{ key = "bid" }, { key = "won", kind = "won" }]
[[pipeline]]
key = "smb"
segments = ["SMB"]
stage = [{ key = "quote" }, { key = "won", kind = "won" }]
""")

DAY, LATER = date(2026, 1, 5), date(2026, 1, 12)


def rows(target: str, *items: dict[str, Any]) -> pa.Table:
    if not items:
        return TABLES[target].schema().empty_table()
    return conform(pa.Table.from_pylist([{"snapshot_date": DAY, **i} for i in items]), target)


def enriched(opportunities: pa.Table, accounts: pa.Table | None = None, owners: pa.Table | None = None,
             settings: Settings = SETTINGS) -> list[dict[str, Any]]:
    with connect() as con:
        con.register("acc", accounts if accounts is not None else rows("account"))
        con.register("own", owners if owners is not None else rows("owner"))
        return enrich(opportunities, "acc", "own", settings, con).to_pylist()


def deal(**values: Any) -> dict[str, Any]:
    return {"opportunity_id": "A1", "stage": "bid", "pipeline": "ka", **values}


@pytest.mark.parametrize(("amount", "currency", "base"), [
    ("100.00", None, "100.00"), ("100.00", "CNY", "100.00"), ("100.01", "USD", "710.07"), ("100.00", "XAU", None),
    (None, "USD", None),
])
def test_money_is_counted_in_the_base_currency_by_the_rates(amount: str | None, currency: str | None,
                                                            base: str | None) -> None:
    found = enriched(rows("opportunity", deal(amount=Decimal(amount) if amount else None, currency=currency)))
    assert found[0]["amount_base"] == (Decimal(base) if base else None)


@pytest.mark.parametrize(("account", "segment"), [
    pytest.param({"segment": "大客户"}, "KA", id="the account's own, by label"),
    pytest.param({"segment": "ka"}, "KA", id="the account's own, in any case"),
    pytest.param({"segment": "Public"}, "Public", id="the account's own, though no rule knows it"),
    pytest.param({"annual_revenue": 500.0, "industry": "steel"}, "KA", id="all conditions of a rule"),
    pytest.param({"annual_revenue": 500.0, "industry": "Shops", "employees": 100.0}, "MID", id="the next rule"),
    pytest.param({"annual_revenue": 499.0, "industry": "Steel"}, "SMB", id="the rule without conditions"),
    pytest.param({}, "SMB", id="nothing known of the account"),
])
def test_the_first_rule_that_fits_gives_the_segment(account: dict[str, Any], segment: str) -> None:
    found = enriched(rows("opportunity", deal(account_id="K1")), rows("account", {"account_id": "K1", **account}))
    assert found[0]["segment"] == segment


def test_without_an_account_the_segment_is_unknown_and_not_the_last_rule() -> None:
    found = enriched(rows("opportunity", deal(account_id=None), deal(opportunity_id="A2", account_id="nobody")),
                     rows("account", {"account_id": "K1"}))
    assert [r["segment"] for r in found] == [None, None]


def test_accounts_count_as_they_were_on_the_snapshot_date() -> None:
    accounts = pa.concat_tables([rows("account", {"account_id": "K1", "segment": "SMB"}),
                                 rows("account", {"account_id": "K1", "segment": "KA", "snapshot_date": LATER})])
    days = [date(2026, 1, 1), DAY, date(2026, 1, 11), LATER, date(2026, 2, 1)]
    deals = rows("opportunity", *(deal(account_id="K1", snapshot_date=d) for d in days))
    assert [r["segment"] for r in enriched(deals, accounts)] == [None, "SMB", "SMB", "KA", "KA"]


def test_region_is_the_accounts_else_the_owners_and_the_team_is_the_owners() -> None:
    accounts = rows("account", {"account_id": "K1", "region": "North"}, {"account_id": "K2"})
    owners = rows("owner", {"owner_id": "O1", "region": "South", "team": "Red"})
    deals = rows("opportunity", deal(account_id="K1", owner_id="O1"), deal(account_id="K2", owner_id="O1"),
                 deal(account_id="K1", owner_id="gone"))
    assert [(r["region"], r["team"]) for r in enriched(deals, accounts, owners)] == [
        ("North", "Red"), ("South", "Red"), ("North", None)]


def test_a_stage_of_several_pipelines_goes_to_the_segments_own_else_to_the_first() -> None:
    accounts = rows("account", {"account_id": "K1", "segment": "SMB"}, {"account_id": "K2", "segment": "KA"})
    deals = rows("opportunity", *(deal(stage="won", pipeline=None, account_id=a) for a in ("K1", "K2", None)),
                 deal(stage="won", pipeline="smb", account_id="K2"))
    assert [r["pipeline"] for r in enriched(deals, accounts)] == ["smb", "ka", "ka", "smb"]


def test_rows_keep_their_order_and_number_whatever_the_accounts_repeat() -> None:
    ids = [f"D{i}" for i in range(500, 0, -1)]
    accounts = rows("account", *({"account_id": "K1", "employees": float(i), "snapshot_date": DAY.replace(day=i)}
                                 for i in range(1, 20)))
    deals = rows("opportunity", *(deal(opportunity_id=i, account_id="K1") for i in ids))
    assert [r["opportunity_id"] for r in enriched(deals, accounts)] == ids


def test_a_condition_that_nobody_knows_is_refused() -> None:
    settings = parse_settings('[[segment]]\nkey = "KA"\nwhen = { annual_revenue_mim = 5 }\n')
    with pytest.raises(MvpodError) as caught:
        enriched(rows("opportunity", deal()), settings=settings)
    assert caught.value.fields["hint"] == "annual_revenue_min"


def test_opportunities_are_what_their_events_say_by_the_end_of_the_day() -> None:
    def event(key: str, day: int, hour: int, stage: str, before: str | None = None) -> dict[str, Any]:
        return {"opportunity_id": key, "changed_at": datetime(2026, 1, day, hour, tzinfo=UTC), "to_stage": stage,
                "from_stage": before, "pipeline": "ka", "file_order": hour}

    events = conform(pa.Table.from_pylist([
        event("A1", 1, 1, "bid"), event("A1", 5, 15, "won"),    # 23:00 on the 5th in Shanghai: has happened
        event("A2", 2, 1, "bid", before="lead"), event("A2", 5, 17, "won"),  # 01:00 on the 6th: not yet
        event("A3", 9, 1, "bid"),                                # later altogether
    ]), "stage_change")
    with connect() as con:
        con.register("ev", events)
        found = {r["opportunity_id"]: r for r in from_events("ev", DAY, SETTINGS, con).to_pylist()}
    assert set(found) == {"A1", "A2"}
    assert (found["A1"]["stage"], found["A1"]["created_on"], found["A1"]["stage_entered_on"]) == (
        "won", date(2026, 1, 1), date(2026, 1, 5))
    assert (found["A2"]["stage"], found["A2"]["created_on"]) == ("bid", None)  # it was in another stage before
