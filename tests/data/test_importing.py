"""Imports end to end: files in, one published load out, nothing in between, nothing lost on the way."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from data.demo import create
from data.engine import connect
from data.errors import MvpodError
from data.intake.checking import check_files
from data.intake.importing import apply_settings, import_paths, import_tables
from data.mapping.profile import load_profile
from data.settings import parse_settings
from data.storage.store import Store

DAY = date(2026, 1, 5)
TOML = """
[organisation]
base_currency = "CNY"
timezone = "Asia/Shanghai"
[organisation.rates]
USD = 7.0
[[segment]]
key = "KA"
when = { annual_revenue_min = 500 }
[[segment]]
key = "SMB"
[[pipeline]]
key = "ka"
segments = ["KA"]
[[pipeline.stage]]
key = "bid"
aliases = ["投标"]
[[pipeline.stage]]
key = "won"
kind = "won"
[[pipeline]]
key = "smb"
segments = ["SMB"]
[[pipeline.stage]]
key = "quote"
[[pipeline.stage]]
key = "won"
kind = "won"
"""
DEALS = """opportunity_id,stage,account_id,amount,created_on
A1,bid,K1,10,2026-01-01
A2,quote,K2,20,2026-01-02
A3,won,K2,30,2026-01-03
"""
ACCOUNTS = "account_id,annual_revenue\nK1,600\nK2,100\n"


class House:
    """A folder with files, a store and settings."""

    def __init__(self, folder: Path) -> None:
        self.files, self.store_path, self.config = folder / "in", folder / "store", folder / "mvpod.toml"
        self.files.mkdir()
        self.config.write_text(TOML, encoding="utf-8")

    def load(self, as_of: date = DAY, **files_or_options: Any) -> Any:
        """Imports the given files (name with `__` for the dot) as of a day."""
        options = {k: v for k, v in files_or_options.items() if "__" not in k}
        for path in self.files.iterdir():
            path.unlink()
        for name, text in files_or_options.items():
            if "__" in name:
                (self.files / name.replace("__", ".")).write_text(text, encoding="utf-8")
        config = None if (self.store_path / "mvpod.toml").exists() else self.config
        options = {"profile": "canonical", "config": config, **options}
        return import_paths([self.files], self.store_path, as_of=as_of, **options)

    def table(self, name: str) -> pa.Table:
        return Store.open(self.store_path).table(name)

    def column(self, table: str, column: str, key: str = "opportunity_id") -> dict[str, Any]:
        found = self.table(table)
        return dict(zip(found.column(key).to_pylist(), found.column(column).to_pylist(), strict=True))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refused(action: Any, code: str) -> MvpodError:
    with pytest.raises(MvpodError) as caught:
        action()
    assert caught.value.code == code
    return caught.value


def test_an_import_publishes_one_load_with_rows_enriched(house: House) -> None:
    report = house.load(opportunity__csv=DEALS, account__csv=ACCOUNTS)
    assert (report.load_id, report.rows_in, report.loaded, report.quarantined) == (1, 5, 5, 0)
    assert house.column("opportunity", "segment") == {"A1": "KA", "A2": "SMB", "A3": "SMB"}
    assert house.column("opportunity", "pipeline") == {"A1": "ka", "A2": "smb", "A3": "smb"}
    assert house.column("opportunity", "status") == {"A1": "open", "A2": "open", "A3": "won"}
    assert house.table("stage_visit").num_rows >= 3


def test_the_same_files_again_change_nothing_and_say_so(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    again = house.load(opportunity__csv=DEALS)
    assert (again.load_id, again.is_unchanged) == (None, True)
    house.load(as_of=date(2026, 1, 12), opportunity__csv=DEALS)
    assert house.load(opportunity__csv=DEALS).is_unchanged  # the week between them touched another date
    assert [load.load_id for load in Store.open(house.store_path).loads()] == [1, 2]


def test_a_replaced_date_can_be_put_back_by_the_first_file(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    house.load(opportunity__csv=DEALS.replace("A1,bid,K1,10", "A1,bid,K1,99"))
    assert house.column("opportunity", "amount")["A1"] == Decimal(99)
    assert not house.load(opportunity__csv=DEALS).is_unchanged
    assert house.column("opportunity", "amount")["A1"] == Decimal(10)


def test_a_dry_run_says_the_same_and_writes_nothing(house: House) -> None:
    report = house.load(opportunity__csv=DEALS, dry_run=True)
    assert (report.is_dry_run, report.load_id, report.loaded) == (True, None, 3)
    assert not house.store_path.exists()


def test_quarantined_rows_are_kept_with_their_reason(house: House) -> None:
    rows = "".join(f"B{i},bid,K1,1,2026-01-01\n" for i in range(30))
    report = house.load(opportunity__csv=DEALS + rows + "B99,bid,K1,ten,2026-01-01\n")
    assert (report.rows_in, report.loaded, report.quarantined) == (34, 33, 1)
    kept = house.table("quarantine").to_pylist()
    assert [(r["table"], r["file"], r["row"], r["column"], r["rule"], r["value"]) for r in kept] == [
        ("opportunity", "opportunity.csv", 35, "amount", "number", "ten")]


def test_a_refused_file_leaves_the_last_load_in_force(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    strange = DEALS.replace(",bid,", ",Somewhere,")
    refused(lambda: house.load(as_of=date(2026, 1, 12), opportunity__csv=strange), "E_STAGE_UNKNOWN")
    store = Store.open(house.store_path)
    assert [load.load_id for load in store.loads()] == [1]
    assert store.verify() == []


def test_a_snapshot_that_shrank_needs_a_confirmation(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    small = "\n".join(DEALS.splitlines()[:2]) + "\n"
    later = date(2026, 1, 12)
    error = refused(lambda: house.load(as_of=later, opportunity__csv=small), "E_SHRINK")
    assert (error.fields["found"], error.fields["before"]) == (1, 3)
    refused(lambda: house.load(as_of=later, opportunity__csv=small, dry_run=True), "E_SHRINK")
    assert house.load(as_of=later, opportunity__csv=small, accept_shrink=True).load_id == 2


def test_one_file_may_carry_many_snapshot_dates(house: House) -> None:
    report = house.load(opportunity__csv="opportunity_id,stage,snapshot_date\nA1,bid,2026-01-05\nA1,won,2026-01-12\n")
    assert (report.as_of, report.dates) == (date(2026, 1, 12), (DAY, date(2026, 1, 12)))
    assert Store.open(house.store_path).dates("opportunity") == [DAY, date(2026, 1, 12)]


def test_without_a_date_the_day_of_the_file_counts_and_is_told(house: House) -> None:
    import os

    (house.files / "opportunity.csv").write_text(DEALS, encoding="utf-8")
    moment = datetime(2026, 3, 4, 17, 0, tzinfo=UTC).timestamp()  # the 5th of March in Shanghai
    os.utime(house.files / "opportunity.csv", (moment, moment))
    report = import_paths([house.files], house.store_path, profile="canonical", config=house.config)
    assert report.as_of == date(2026, 3, 5)
    assert "N_AS_OF_FILE" in [n.code for n in report.decisions]


def test_accounts_that_come_later_for_a_date_reach_its_opportunities(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    assert set(house.column("opportunity", "segment").values()) == {None}
    house.load(account__csv=ACCOUNTS)
    assert house.column("opportunity", "segment") == {"A1": "KA", "A2": "SMB", "A3": "SMB"}
    assert house.column("stage_visit", "segment")["A1"] == "KA"


def test_events_take_the_pipeline_of_their_opportunity(house: House) -> None:
    events = "opportunity_id,changed_at,to_stage\nA1,2026-01-02T10:00:00Z,投标\nA1,2026-01-04T10:00:00Z,Won\n"
    house.load(opportunity__csv=DEALS.replace("A1,bid", "A1,won"), account__csv=ACCOUNTS, stage_change__csv=events)
    rows = house.table("stage_change").to_pylist()
    assert [(r["to_stage"], r["pipeline"]) for r in rows] == [("bid", "ka"), ("won", "ka")]


def test_an_export_of_stage_events_alone_is_enough(house: House) -> None:
    events = "opportunity_id,changed_at,to_stage\nA1,2026-01-02,bid\nA1,2026-01-04,won\nA2,2026-01-03,quote\n"
    report = house.load(stage_change__csv=events)
    assert house.column("opportunity", "status") == {"A1": "won", "A2": "open"}
    assert house.column("opportunity", "closed_on") == {"A1": date(2026, 1, 4), "A2": None}
    assert "N_SYNTHESISED" in [n.code for n in report.decisions]
    house.load(as_of=date(2026, 1, 12), stage_change__csv="opportunity_id,changed_at,to_stage\nA2,2026-01-10,won\n")
    later = [r for r in house.table("opportunity").to_pylist() if r["snapshot_date"] == date(2026, 1, 12)]
    assert {r["opportunity_id"]: r["status"] for r in later} == {"A1": "won", "A2": "won"}


def test_the_store_keeps_its_settings_and_a_change_is_a_load_of_its_own(house: House) -> None:
    house.load(opportunity__csv=DEALS, account__csv=ACCOUNTS)
    assert (house.store_path / "mvpod.toml").read_text(encoding="utf-8") == TOML
    changed = TOML.replace("annual_revenue_min = 500", "annual_revenue_min = 50")
    load = apply_settings(house.store_path, parse_settings(changed))
    assert load is not None
    assert load.kind == "settings"
    assert set(house.column("opportunity", "segment").values()) == {"KA"}
    assert apply_settings(house.store_path, parse_settings(changed)) is None
    assert (house.store_path / "mvpod.toml").read_text(encoding="utf-8") == changed


def test_another_config_on_the_command_line_is_put_in_force_first(house: House) -> None:
    house.load(opportunity__csv=DEALS, account__csv=ACCOUNTS)
    house.config.write_text(TOML.replace("annual_revenue_min = 500", "annual_revenue_min = 50"), encoding="utf-8")
    house.load(as_of=date(2026, 1, 12), opportunity__csv=DEALS, config=house.config)
    assert [load.kind for load in Store.open(house.store_path).loads()] == ["import", "settings", "import"]
    assert set(house.table("opportunity").column("segment").to_pylist()) == {"KA"}


def test_a_profile_is_recognised_and_told(house: House) -> None:
    report = house.load(opportunity__csv=DEALS, profile=None)
    assert report.profile == "canonical"
    assert report.decisions[0].code == "N_PROFILE_RECOGNISED"


def test_files_that_fit_no_profile_are_refused_with_the_known_ones(house: House) -> None:
    refused(lambda: house.load(weather__csv="", profile=None), "E_EMPTY")
    error = refused(lambda: house.load(weather__csv="day,rain\n1,2\n", profile=None), "E_PROFILE_NEEDED")
    assert "salesforce" in error.fields["known"]


def test_columns_of_which_stages_are_taken_are_not_kept_as_they_are(house: House) -> None:
    """One file, two tables: the day of each stage is an event, and nothing that the profile does not know."""
    profile = house.config.with_name("wide.toml")
    profile.write_text("""[[table]]
target = "opportunity"
file = "wide*"
columns = { opportunity_id = "id", stage = "stage", account_id = "account" }
[[table]]
target = "stage_change"
file = "wide*"
columns = { opportunity_id = "id" }
unpivot = { "Entered *" = "*" }
""", encoding="utf-8")
    report = house.load(profile=profile, wide__csv="id,stage,account,Entered bid,Entered won,Colour\n"
                                                   "A1,bid,K1,2026-01-02,,red\n")
    kept = [dict(note.fields)["columns"] for note in report.decisions if note.code == "N_EXTRA"]
    assert kept == [("Colour",)]
    assert house.column("opportunity", "extra") == {"A1": '{"Colour":"red"}'}


def test_a_path_that_does_not_exist_is_refused_though_others_exist(house: House) -> None:
    there, gone = house.files / "opportunity.csv", house.files / "account.csv"
    there.write_text(DEALS, encoding="utf-8")
    error = refused(lambda: import_paths([there, gone], house.store_path, profile="canonical", as_of=DAY,
                                         config=house.config), "E_FILE_MISSING")
    assert "account.csv" in error.text("zh")
    assert not house.store_path.exists()


def _made_up(house: House, profile: str) -> None:
    """One deal by the door through which the sample company comes."""
    tables = {"opportunity": pa.table({"opportunity_id": ["S1"], "stage": ["bid"]})}
    import_tables(house.store_path, tables, settings=parse_settings(TOML), sources=["made:1"], profile=profile,
                  as_of=DAY)


def test_real_rows_are_not_mixed_into_the_sample_company(house: House) -> None:
    _made_up(house, "sample-company")
    refused(lambda: house.load(opportunity__csv=DEALS), "E_SAMPLE_STORE")
    refused(lambda: house.load(opportunity__csv=DEALS, dry_run=True), "E_SAMPLE_STORE")
    refused(lambda: _made_up(house, "canonical"), "E_SAMPLE_STORE")
    assert house.table("opportunity").column("opportunity_id").to_pylist() == ["S1"]


def test_the_sample_company_is_not_put_over_real_rows(house: House) -> None:
    house.load(opportunity__csv=DEALS)
    refused(lambda: create(house.store_path), "E_SAMPLE_OVER_REAL")
    refused(lambda: _made_up(house, "sample-company"), "E_SAMPLE_OVER_REAL")
    assert house.table("opportunity").num_rows == 3


def test_amounts_of_a_salesforce_report_may_have_thousands_marks(house: House) -> None:
    (house.files / "Opportunity.csv").write_text(
        'Id,StageName,Amount,CloseDate\n006000000000001AAA,Prospecting,"1,234,567.50",2026-12-31\n', encoding="utf-8")
    import_paths([house.files], house.store_path, profile="salesforce", as_of=DAY)
    assert house.table("opportunity").column("amount").to_pylist() == [Decimal("1234567.50")]


def test_canonical_tables_are_imported_for_many_dates_at_once(house: House) -> None:
    tables = {
        "opportunity": pa.table({"opportunity_id": ["A1", "A1"], "stage": ["投标", "won"], "pipeline": ["ka", "ka"],
                                 "snapshot_date": pa.array([DAY, date(2026, 1, 12)])}),
        "stage_change": pa.table({"opportunity_id": ["A1"], "to_stage": ["won"], "file_order": [0],
                                  "changed_at": pa.array([datetime(2026, 1, 9, tzinfo=UTC)])})}
    report = import_tables(house.store_path, tables, settings=parse_settings(TOML), sources=["sample"],
                           profile="sample", as_of=date(2026, 1, 12))
    assert (report.load_id, report.loaded) == (1, 3)
    assert house.table("opportunity").column("stage").to_pylist() == ["bid", "won"]


@pytest.mark.parametrize(("columns", "reason"), [
    pytest.param({"stage": ["bid"], "colour": ["red"]}, "colour", id="a strange column"),
    pytest.param({"stage": pa.array([None], pa.string())}, "stage", id="an empty key"),
    pytest.param({"stage": ["bid"], "created_on": ["soon"]}, "soon", id="a wrong type"),
    pytest.param({"opportunity_id": ["A1", "A1"], "stage": ["bid", "won"]}, "repeats", id="a key twice"),
])
def test_tables_that_are_not_canonical_are_refused(columns: dict[str, Any], reason: str, house: House) -> None:
    table = pa.table({"opportunity_id": ["A1"], **columns})
    error = refused(lambda: import_tables(house.store_path, {"opportunity": table}, settings=parse_settings(TOML),
                                          sources=["x"], profile="x", as_of=DAY), "E_TABLE_INVALID")
    assert reason in error.fields["reason"]


# -- public data sets, where they are at hand -----------------------------------------------------------------------

PUBLIC = Path(__file__).parents[3] / "shared" / "data"
needs_public_data = pytest.mark.skipif(not PUBLIC.exists(), reason="the public data sets are not at ../shared/data")


@needs_public_data
def test_both_copies_of_the_maven_set_give_the_same_tables(tmp_path: Path) -> None:
    stores = []
    for name in ("maven_crm", "maven_crm/copy2"):
        path = tmp_path / name.replace("/", "_")
        report = import_paths([PUBLIC / name], path, profile="maven-crm", as_of=date(2017, 12, 31))
        repairs = {dict(n.fields)["old"]: dict(n.fields)["count"] for n in report.decisions if n.code == "N_REPLACED"}
        assert repairs == {"GTXPro": 1480, "technolgy": 12}
        stores.append(Store.open(path))
    for table in ("opportunity", "account", "owner", "stage_change"):
        one, other = (store.table(table) for store in stores)
        assert one.equals(other), table
    deals = stores[0].table("opportunity")
    status = {r["values"]: r["counts"] for r in pc.value_counts(deals.column("status")).to_pylist()}
    assert (deals.num_rows, status) == (8800, {"won": 4238, "lost": 2473, "open": 2089})
    won = deals.filter(pc.equal(deals.column("status"), "won"))
    assert pc.sum(won.column("amount")).as_py() == Decimal(10_005_534)
    assert deals.column("account_id").null_count == 1425


@needs_public_data
def test_the_salesforce_demo_keeps_deals_that_were_lost_after_they_were_won(tmp_path: Path) -> None:
    files, day = PUBLIC / "sfdc_demo_opphistory", date(2026, 3, 10)
    report = import_paths([files], tmp_path / "s", profile="salesforce", as_of=day)
    assert [(t.target, t.loaded) for t in report.tables if t.target in ("opportunity", "stage_change")] == [
        ("opportunity", 36), ("stage_change", 48)]
    visits = Store.open(tmp_path / "s").table("stage_visit")
    assert pc.sum(pc.and_(pc.equal(visits.column("stage"), "closed_won"),
                          pc.equal(visits.column("exit_kind"), "lost"))).as_py() == 7


# -- random tables ----------------------------------------------------------------------------------------------------

ODD = st.sampled_from(["", " ", "A1", "007", "1.5", "1,234.50", "(3)", "1E+15", "inf", "NaN", "2026-01-05",
                       "31/12/2026", "1/2/2026", "won", "bid", "quote", "open", "CNY", "USD", "XAU", "true", "是",
                       "\u200b", "=1+1", "'; --", "客户"])
CELL = st.one_of(ODD, st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=8))


def mostly(*sound: str, odd: str = "") -> st.SearchStrategy[str]:
    """Cells of which one in nine is odd, so that some rows of a table are sound and some are not."""
    return st.sampled_from([*(sound * 8)[:8], odd])


#: column -> cells of a table that is odd but could be an export; in a wild table any cell may stand anywhere
TAME = {"opportunity_id": mostly("A1", "A2", "A3", "A4", odd="1E+15"), "stage": mostly("bid", "投标", "won"),
        "pipeline": mostly("ka", ""), "status": mostly("", "open", "WON", odd="x"),
        "amount": mostly("10", "2.5", odd="ten"), "currency": mostly("", "CNY", "usd", odd="XAU"),
        "created_on": mostly("2026-01-05", "", odd="soon"), "closed_on": mostly("2025-12-31", "", odd="1899-01-01"),
        "account_id": CELL,
        "probability": mostly("0.5", "", odd="7"), "snapshot_date": mostly("", "2026-01-05", "2026-01-12", odd="x"),
        "custom": CELL}
WILD = dict.fromkeys(TAME, CELL)
#: What an import may say to a table that it cannot take.
NAMED = {"E_REJECTS", "E_STAGE_UNKNOWN", "E_PIPELINE_UNKNOWN", "E_DATE_AMBIGUOUS", "E_DATE_MIXED", "E_NOTHING_LEFT"}
LENIENT = parse_settings(TOML + "[import]\nreject_share = 1.0\n")


def checked_table(rows: list[tuple[str, ...]], folder: Path) -> Any:
    """What an import makes of a table with these cells; None where it refuses the file by one of its names."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([list(TAME), *rows])
    path = folder / "opportunity.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    with connect() as con:
        try:
            return check_files([path], load_profile("canonical"), LENIENT, DAY, con, lambda step, share: None)
        except MvpodError as error:
            if error.code in NAMED:
                return None
            raise


@pytest.mark.parametrize("cells", [pytest.param(TAME, id="odd cells"), pytest.param(WILD, id="any cell anywhere")])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_random_tables_are_loaded_quarantined_or_refused_by_name(cells: dict[str, st.SearchStrategy[str]], data: Any,
                                                                 tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = data.draw(st.lists(st.tuples(*cells.values()), min_size=1, max_size=12))
    checked = checked_table(rows, tmp_path_factory.mktemp("random"))
    event("refused" if checked is None else "taken")
    if checked is None:
        return
    count = checked.counts["opportunity"]
    assert count.rows_in == count.loaded + count.quarantined + count.deduplicated
    assert count.rows_in + count.filtered == len(rows)
    table = checked.tables["opportunity"]
    keys = list(zip(table.column("opportunity_id").to_pylist(), table.column("snapshot_date").to_pylist(), strict=True))
    assert len(keys) == len(set(keys)) == count.loaded
    assert len(set(checked.rejects.column("row").to_pylist())) == count.quarantined
