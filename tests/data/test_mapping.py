"""Raw rows under a profile: what every key of a profile does, on a few rows in plain sight."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.engine import connect
from data.mapping.mapping import Mapped, map_table
from data.mapping.parsing import complete_salesforce_ids
from data.mapping.profile import parse_profile
from data.reading.readers import read_raw
from data.settings import parse_settings

AS_OF = date(2026, 9, 30)
SETTINGS = parse_settings('[organisation]\ntimezone = "Asia/Shanghai"\n')


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as connection:
        yield connection


@pytest.fixture
def mapped(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> Any:
    def run(rows: str | pa.Table, spec: str, target: str = "opportunity") -> Mapped:
        path = tmp_path / ("deals.csv" if isinstance(rows, str) else "deals.parquet")
        if isinstance(rows, str):
            path.write_text(rows, encoding="utf-8")
        else:
            pq.write_table(rows, path)
        profile = parse_profile(f'[[table]]\ntarget = "{target}"\nfile = "deals*"\n{spec}', "p")
        return map_table(read_raw(path), profile.tables[0], SETTINGS, AS_OF, con)
    return run


COLUMNS = 'columns = { opportunity_id = "id", stage = "stage", amount = "amount" }\n'


def column(found: Mapped, name: str) -> list[Any]:
    return found.table.column(name).to_pylist()


def test_columns_are_found_in_any_case_and_with_any_blanks(mapped: Any) -> None:
    found = mapped("deal ID,STAGE_NAME\nA1,lead\n",
                   'columns = { opportunity_id = "DealId", stage = ["Stage", "Stage Name"] }\n')
    assert (column(found, "opportunity_id"), column(found, "stage")) == (["A1"], ["lead"])


def test_the_first_alternative_that_is_not_empty_wins_row_by_row(mapped: Any) -> None:
    found = mapped("id,stage,done,due\nA1,s,2026-01-01,2026-02-02\nA2,s, ,2026-02-02\n",
                   'columns = { opportunity_id = "id", stage = "stage", closed_on = ["done", "due"] }\n')
    assert column(found, "closed_on") == [date(2026, 1, 1), date(2026, 2, 2)]


def test_where_keeps_the_wanted_rows_and_counts_the_others(mapped: Any) -> None:
    rows = "id,stage,amount,IsDeleted\nA1,s,1,FALSE\nA2,s,1,TRUE\nA3,s,1,\n,,,\n"
    found = mapped(rows, COLUMNS + 'where = { is_deleted = ["false"] }\n')
    assert column(found, "opportunity_id") == ["A1"]
    assert (found.read, found.filtered) == (4, 3)
    assert mapped(rows, COLUMNS + 'where = { gone = ["", "false"] }\n').table.num_rows == 3
    assert mapped(rows, COLUMNS + 'where = { IsDeleted = ["*"] }\n').table.num_rows == 2


def test_value_maps_use_their_default_only_where_nothing_fits(mapped: Any) -> None:
    found = mapped("id,stage,amount,State\nA1,s,1,GAGNÉ\nA2,s,1,perdu\nA3,s,1,autre\nA4,s,1,\n", COLUMNS + """
        [table.values]
        status = { from = "State", map = { "gagné" = "won", "Perdu" = "lost" }, default = "open" }""")
    assert column(found, "status") == ["won", "lost", "open", "open"]


def test_a_value_map_may_look_at_several_columns(mapped: Any) -> None:
    rows = "id,stage,amount,IsClosed,IsWon\nA1,s,1,TRUE,TRUE\nA2,s,1,true,false\nA3,s,1,false,false\n"
    found = mapped(rows, COLUMNS + """
        [table.values]
        status = { from = ["IsClosed", "IsWon"], map = { "true|true" = "won", "true|false" = "lost" } }""")
    assert column(found, "status") == ["won", "lost", None]


def test_spelling_repairs_are_counted(mapped: Any) -> None:
    found = mapped("id,stage,amount,Product\nA1,s,1,GTXPro\nA2,s,1, GTXPro \nA3,s,1,GTX Pro\n",
                   'columns = { opportunity_id = "id", stage = "stage", product_line = "Product" }\n'
                   '[table.replace]\nproduct = { "GTXPro" = "GTX Pro" }\n')
    assert column(found, "product_line") == ["GTX Pro"] * 3
    assert [dict(n.fields)["count"] for n in found.notes if n.code == "N_REPLACED"] == [2]


def test_numbers_follow_the_declared_format_and_the_scale(mapped: Any) -> None:
    found = mapped('id,stage,amount\nA1,s,"1.234,50"\nA2,s,"(500)"\nA3,s,"￥ 7,5"\nA4,s,１２\n',
                   COLUMNS + 'decimal = ","\nthousands = "."\n[table.scale]\namount = 1000\n')
    assert column(found, "amount") == [Decimal("1234500.00"), Decimal("7500.00"), Decimal("12000.00")]
    assert [r["rule"] for r in found.rejects.to_pylist()] == ["range"]  # minus 500: amounts are not negative


def test_a_percentage_is_a_share_with_or_without_its_sign(mapped: Any) -> None:
    found = mapped("id,stage,p\nA1,s,75\nA2,s,75%\nA3,s,\n",
                   'columns = { opportunity_id = "id", stage = "stage", probability = "p" }\n'
                   "[table.scale]\nprobability = 0.01\n")
    assert column(found, "probability") == [0.75, 0.75, None]


def test_constants_fill_and_prefixes_sort(mapped: Any) -> None:
    found = mapped("id,who\nT1,003A\nT2,00QA\n", """
        columns = { activity_id = "id", contact_id = "who" }
        constants = { kind = "call", occurred_at = "2026-01-05" }
        [table.prefixes]
        contact_id = "003\"""", "activity")
    assert (column(found, "kind"), column(found, "contact_id")) == (["call", "call"], ["003A", None])


def test_ids_are_text_and_keep_their_zeros_but_lose_what_nobody_sees(mapped: Any) -> None:
    found = mapped("id,stage,amount\n007,s,1\nA\u200b8,s,1\n 9 ,s,1\n", COLUMNS)
    assert column(found, "opportunity_id") == ["007", "A8", "9"]


SALESFORCE = Path(__file__).parents[3] / "shared" / "data" / "sfdc_demo_opphistory" / "Opportunity.csv"


@pytest.mark.skipif(not SALESFORCE.exists(), reason="the public Salesforce demo export is not at ../shared/data")
def test_salesforce_ids_of_15_characters_become_those_that_salesforce_gave() -> None:
    long = read_raw(SALESFORCE).table.column("Id").combine_chunks()
    short = pc.utf8_slice_codeunits(long, 0, 15)
    assert complete_salesforce_ids(short).equals(long)


def test_only_15_letters_and_digits_are_a_short_salesforce_id() -> None:
    ids = complete_salesforce_ids(pa.array(["ABCDEfghij00000", "006-00000000000", "006", None]))
    assert ids.to_pylist() == ["ABCDEfghij000005AA", "006-00000000000", "006", None]  # 31 = five capitals = "5"


def test_stage_date_columns_become_events_in_the_order_of_rows_and_columns(mapped: Any) -> None:
    found = mapped("id,q,p\nA1,2026-01-02 10:00,2026-01-05\nA2,,2026-01-03\n",
                   'columns = { opportunity_id = "id" }\nunpivot = { q = "Qualified", p = "Proposal" }', "stage_change")
    rows = [(r["opportunity_id"], r["to_stage"], r["is_date_only"], r["file_order"]) for r in found.table.to_pylist()]
    assert rows == [("A1", "Qualified", False, 0), ("A1", "Proposal", True, 1), ("A2", "Proposal", True, 2)]
    assert column(found, "changed_at")[0] == datetime(2026, 1, 2, 2, tzinfo=UTC)  # ten o'clock in Shanghai
    assert found.read == 3


def test_date_columns_may_be_named_by_a_pattern(mapped: Any) -> None:
    found = mapped("id,in_current,in_lead_1234567,in_bid,was_in_bid,\"At \"\"Won (East)\"\"\"\n"
                   "A1,2026-01-09,2026-01-02,2026-01-05,2026-01-06,2026-01-09\n",
                   'columns = { opportunity_id = "id" }\n[table.unpivot]\nin_current = ""\n"in_*_#" = "*"\n'
                   '"in_*" = "*"\n"was_in_*" = "*"\n\'At "* (*)"\' = "*"\n', "stage_change")
    assert column(found, "to_stage") == ["lead", "bid", "Won"]  # a stage under its old name counts once


def test_what_a_list_does_not_know_stays_or_is_empty(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    path = tmp_path / "deals.csv"
    path.write_text("id,step,owner\n{A0000000-0000-4000-8000-00000000000B},1,7\nNo Guid,9,8\n", encoding="utf-8")
    spec = parse_profile("""
        [[table]]
        target = "lookup"
        list = "names"
        file = "names"
        columns = { key = "k", value = "v" }
        [[table]]
        target = "opportunity"
        file = "deals"
        ids = "guid"
        columns = { opportunity_id = "id", stage = "name of the step", owner_id = "name of the owner" }
        [table.lookup]
        "name of the step" = { list = "names", from = "step" }
        "name of the owner" = { list = "names", from = "owner", keep = false }""", "p").tables[1]
    names = pa.table({"key": ["1", "7"], "value": ["Lead", "Li"]})
    found = map_table(read_raw(path), spec, SETTINGS, AS_OF, con, {"names": names})
    assert column(found, "opportunity_id") == ["a0000000-0000-4000-8000-00000000000b", "No Guid"]
    assert (column(found, "stage"), column(found, "owner_id")) == (["Lead", "9"], ["Li", None])


def test_columns_tell_what_a_value_map_does_not_know(mapped: Any) -> None:
    found = mapped("id,what,new\nA1,status,lost\nA2,stage,7\nA3,status,open\nA4,other,7\n", """
        columns = { opportunity_id = "id", changed_at = "at", to_stage = "new" }
        constants = { changed_at = "2026-01-05" }
        where = { "what|new" = ["stage|*", "status|lost"] }
        [table.values]
        to_stage = { from = ["what", "new"], map = { "status|*" = "gone" } }""", "stage_change")
    assert list(zip(column(found, "opportunity_id"), column(found, "to_stage"))) == [("A1", "gone"), ("A2", "7")]
    assert [dict(n.fields)["values"] for n in found.notes if n.code == "N_LEFT_OUT"] == [("status|open", "other|7")]


def test_of_a_list_in_a_cell_the_first_entry_counts(mapped: Any) -> None:
    found = mapped("id,stage,who\nA1,s,K1; K2\nA2,s,K3\nA3,s,\n",
                   'columns = { opportunity_id = "id", stage = "stage", account_id = "who" }\n'
                   'lists = { account_id = ";" }\n')
    assert column(found, "account_id") == ["K1", "K3", None]


def test_one_bad_event_of_a_row_does_not_take_the_others_along(mapped: Any) -> None:
    found = mapped("id,q,p\nA1,2026-01-02,soon\n",
                   'columns = { opportunity_id = "id" }\nunpivot = { q = "Q", p = "P" }\n', "stage_change")
    assert (found.table.num_rows, found.quarantined) == (1, 1)


def test_what_is_not_mapped_is_kept_as_json(mapped: Any) -> None:
    found = mapped('id,stage,amount,"Sou""rce",Empty\nA1,s,1,"He said ""hi""",\nA2,s,2,,\n', COLUMNS)
    assert column(found, "extra") == ['{"Sou\\"rce":"He said \\"hi\\""}', None]


def test_typed_parquet_columns_pass_through_and_follow_the_same_rules(mapped: Any) -> None:
    table = pa.table({
        "id": pa.array([1, 2, 3, 4], pa.int64()), "stage": pa.array(["s"] * 4),
        "amount": pa.array([1.005, float("nan"), float("inf"), -1.0]),
        "day": pa.array([date(2026, 1, 5), None, date(1800, 1, 1), None])})
    found = mapped(table, 'columns = { opportunity_id = "id", stage = "stage", amount = "amount", created_on = "day" }')
    assert column(found, "opportunity_id") == ["1", "2"]
    assert column(found, "amount")[1] is None  # not a number is what some tools write for "missing"
    assert {(r["row"], r["column"], r["rule"]) for r in found.rejects.to_pylist()} == {
        (3, "amount", "not_finite"), (3, "created_on", "date_range"), (4, "amount", "range")}


def test_typed_timestamps_become_business_dates_of_the_home_zone(mapped: Any) -> None:
    late = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
    table = pa.table({"id": ["A1"], "stage": ["s"], "aware": pa.array([late], pa.timestamp("ms", tz="UTC")),
                      "naive": pa.array([late.replace(tzinfo=None)], pa.timestamp("ns"))})
    found = mapped(table, 'timezone = "UTC"\ncolumns = { opportunity_id = "id", stage = "stage", created_on = "aware", '
                          'closed_on = "naive" }\n')
    assert (column(found, "created_on"), column(found, "closed_on")) == ([date(2026, 1, 6)], [date(2026, 1, 6)])


def test_the_order_of_columns_never_matters(mapped: Any) -> None:
    one = mapped("id,stage,amount\nA1,s,1\n", COLUMNS).table
    other = mapped("amount,id,stage\n1,A1,s\n", COLUMNS).table
    assert one.equals(other)


def test_many_distinct_values_take_the_same_way_as_few(mapped: Any) -> None:
    """Above a number of rows, columns whose values do not repeat are parsed as they are, without a dictionary."""
    rows = "id,stage,amount\n" + "".join(f"D{i},s,{i}.5\n" for i in range(30_000)) + "1E+15,s,1\nX,s,no\n"
    found = mapped(rows, COLUMNS)
    assert found.table.num_rows == 30_000
    assert column(found, "amount")[:2] == [Decimal("0.50"), Decimal("1.50")]
    assert [(r["row"], r["value"]) for r in found.rejects.to_pylist()] == [(30_002, "1E+15"), (30_003, "no")]
