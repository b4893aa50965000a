"""The engine: locked down, one published load, dtypes that do not depend on the rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from data import filling
from data.contracts import MARTS, TABLES
from data.engine import Company, company_of, connect, frame, open_company
from data.errors import MvpodError
from data.marts.history import rebuild_marts
from data.scope import Filters, Scope, where
from data.settings import Pipeline, Settings, Stage
from data.storage.store import Store

SETTINGS_TEXT = """
[[pipeline]]
key = "p"
[[pipeline.stage]]
key = "lead"
[[pipeline.stage]]
key = "won"
kind = "won"
"""
VISIT = {
    "opportunity_id": "a",
    "visit_no": 1,
    "stage_visit_no": 1,
    "stage": "lead",
    "stage_order": 1,
    "stage_kind": "open",
    "entered_on": date(2026, 1, 5),
    "is_entry_known": True,
    "time_source": "history",
    "segment": "KA",
    "entered_at": datetime(2026, 1, 5, 3, tzinfo=UTC),
    "amount_base": Decimal("12.50"),
    "pauses": [],
}


def company(*visits: dict) -> Company:
    return company_of({"stage_visit": pa.Table.from_pylist(list(visits), MARTS["stage_visit"].schema())}, Settings())


@pytest.fixture
def con(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A locked connection that may read tmp_path/store."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "in.csv").write_text("a\n1\n")
    (tmp_path / "store2").mkdir()
    (tmp_path / "store2" / "out.csv").write_text("a\n1\n")
    (tmp_path / "store" / "link.csv").symlink_to(tmp_path / "store2" / "out.csv")
    return connect([tmp_path / "store"])


# --- locked down ---------------------------------------------------------------------------------------------------


def test_files_of_the_store_can_be_read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert con.execute("SELECT a FROM read_csv($f)", {"f": str(tmp_path / "store" / "in.csv")}).fetchall() == [(1,)]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{tmp}/store2/out.csv", "{tmp}/store/../store2/out.csv", "{tmp}/store/link.csv"]
)
def test_nothing_else_can_be_read(con: duckdb.DuckDBPyConnection, tmp_path: Path, path: str) -> None:
    with pytest.raises(duckdb.Error):
        con.execute("SELECT * FROM read_text($f)", {"f": path.format(tmp=tmp_path)}).fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "SET memory_limit='100GB'",
        "SET enable_external_access=true",
        "SET allowed_directories=['/']",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/mvpod-test.db' AS elsewhere",
        "COPY (SELECT 1) TO '/tmp/mvpod-test.csv'",
    ],
)
def test_it_cannot_be_reconfigured_nor_write_elsewhere(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        con.execute(statement)


def test_a_python_variable_is_not_a_table(con: duckdb.DuckDBPyConnection) -> None:
    secret = pa.table({"a": [1]})
    with pytest.raises(duckdb.Error):
        con.execute("SELECT * FROM secret").fetchall()
    assert secret.num_rows == 1


# --- a company in memory -------------------------------------------------------------------------------------------


def test_absent_tables_are_empty_and_typed() -> None:
    shown = frame(company(VISIT).cursor(), "SELECT * FROM opportunity")
    assert list(shown.columns) == TABLES["opportunity"].schema().names
    assert len(shown) == 0
    assert str(shown["stage"].dtype) == "str"
    assert str(shown["created_on"].dtype) == "datetime64[us]"


@pytest.mark.parametrize(
    "rows", [[], [VISIT], [VISIT, {**VISIT, "opportunity_id": "b", "segment": None, "amount_base": None}]]
)
def test_dtypes_do_not_depend_on_the_rows(rows: list[dict]) -> None:
    shown = frame(
        company(*rows).cursor(),
        """
        SELECT segment, region, amount_base, entered_on, exited_on, is_entry_known, count(*) AS n,
               sum(visit_no) AS total
        FROM stage_visit GROUP BY ALL""",
    )
    assert {name: str(kind) for name, kind in shown.dtypes.items()} == {
        "segment": "str", "region": "str", "amount_base": "float64", "entered_on": "datetime64[us]",
        "exited_on": "datetime64[us]", "is_entry_known": "bool", "n": "int64", "total": "int64"}


def test_what_is_not_known_is_so_in_every_kind_of_column() -> None:
    known = """SELECT 'a' AS text, 'KA'::ENUM('KA') AS coded, 1::UTINYINT AS small, 2::HUGEINT AS total, 1.5 AS money,
        true AS flag, DATE '2026-01-02' AS day, TIMESTAMPTZ '2026-01-02 10:00:00+02' AS instant, ['x', 'y'] AS list"""
    both = frame(company(VISIT).cursor(), f"SELECT * FROM ({known}) UNION ALL SELECT {', '.join(['NULL'] * 9)}")
    kinds = {"text": "str", "coded": "str", "small": "float64", "total": "float64", "money": "float64",
             "flag": "boolean", "day": "datetime64[us]", "instant": "datetime64[us, UTC]", "list": "object"}
    assert {name: str(kind) for name, kind in both.dtypes.items()} == kinds
    assert both.iloc[1].isna().all()
    assert list(both.at[0, "list"]) == ["x", "y"]
    assert both.iloc[0, :8].tolist() == ["a", "KA", 1.0, 2.0, 1.5, True, pd.Timestamp("2026-01-02"),
                                         pd.Timestamp("2026-01-02 08:00", tz="UTC")]


def test_a_filter_on_a_value_that_no_row_has_gives_no_rows_and_no_error() -> None:
    predicate = where(Scope.everything(), Filters.of(segment=["nobody's"]))
    shown = frame(company(VISIT).cursor(), f"SELECT * FROM stage_visit WHERE {predicate.sql}", predicate.params)
    assert len(shown) == 0
    assert len(frame(company(VISIT).cursor(), "SELECT * FROM stage_visit WHERE segment = $s", {"s": "nobody's"})) == 0


@pytest.mark.parametrize("most", [1, 5_000])
def test_columns_of_many_values_answer_as_those_of_few(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "MANY_VALUES", most)  # with more than that a column stays text
    owners = {"a": "Wu", "b": "An", "c": None, "d": "Li"}
    one = company(*({**VISIT, "opportunity_id": i, "owner_id": owner} for i, owner in owners.items()))
    kinds = one.cursor().sql("SELECT owner_id FROM stage_visit").types
    assert str(kinds[0]).startswith("ENUM" if most > 1 else "VARCHAR")
    ordered = frame(one.cursor(), "SELECT owner_id FROM stage_visit ORDER BY owner_id NULLS LAST")["owner_id"]
    assert list(ordered.dropna()) == ["An", "Li", "Wu"]
    cases = {("Li", "nobody"): ["d"], ("(unknown)",): ["c"], ("An", "(unknown)"): ["b", "c"], ("nobody",): []}
    for chosen, ids in cases.items():
        predicate = where(Scope.of(owner_id=chosen), Filters())
        sql = f"SELECT opportunity_id FROM stage_visit WHERE {predicate.sql} ORDER BY 1"
        assert list(frame(one.cursor(), sql, predicate.params)["opportunity_id"]) == ids


def test_a_value_with_a_quote_stays_a_value() -> None:
    odd = "O'Brien'); DROP TABLE stage_visit; --"
    shown = frame(
        company({**VISIT, "owner_id": odd}).cursor(), "SELECT owner_id FROM stage_visit WHERE owner_id = $o", {"o": odd}
    )
    assert list(shown["owner_id"]) == [odd]


def test_every_thread_takes_its_own_cursor() -> None:
    one = company(VISIT)
    with ThreadPoolExecutor(8) as pool:
        counts = list(
            pool.map(lambda _: frame(one.cursor(), "SELECT count(*) AS n FROM stage_visit")["n"][0], range(200))
        )
    assert set(counts) == {1}


# --- a company in a store ------------------------------------------------------------------------------------------


def publish(path: Path, days: list[date]) -> None:
    """One load per day: opportunity a is a lead and wins on the last day."""
    store = Store.open(path, create=True)
    for i, day in enumerate(days):
        stage = "won" if i == len(days) - 1 else "lead"
        row = {"opportunity_id": "a", "snapshot_date": day, "stage": stage, "pipeline": "p", "created_on": days[0],
               "status": "won" if stage == "won" else "open", "segment": "KA"}
        with store.writing() as w:
            w.replace_dates("opportunity", pa.Table.from_pylist([row], TABLES["opportunity"].schema()), [day])
            rebuild_marts(w, Settings(pipelines=(Pipeline("p", stages=(Stage("lead"), Stage("won", kind="won"))),)))
            w.publish(kind="import", as_of=day, settings_text=SETTINGS_TEXT)


def test_a_company_is_what_one_load_published(tmp_path: Path) -> None:
    days = [date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)]
    publish(tmp_path / "store", days)
    latest, earlier = open_company(tmp_path / "store"), open_company(tmp_path / "store", load_id=2)
    asked = "SELECT stage FROM opportunity_state WHERE valid_to IS NULL"
    assert list(frame(latest.cursor(), asked)["stage"]) == ["won"]
    assert list(frame(earlier.cursor(), asked)["stage"]) == ["lead"]
    assert (latest.load_id, latest.dates, latest.first_day, latest.last_day) == (3, tuple(days), days[0], days[-1])
    assert earlier.dates == tuple(days[:2])
    assert latest.settings.pipeline("p").open_stages[0].key == "lead"
    assert (
        list(frame(latest.cursor(), "SELECT DISTINCT snapshot_date AS d FROM opportunity ORDER BY d")["d"].dt.date)
        == days
    )


def test_a_store_without_a_load_says_so(tmp_path: Path) -> None:
    Store.open(tmp_path / "store", create=True)
    with pytest.raises(MvpodError) as error:
        open_company(tmp_path / "store")
    assert error.value.code == "E_NO_LOAD"


def test_the_running_count_of_working_days_covers_the_known_days() -> None:
    shown = frame(company(VISIT).cursor(), """
        SELECT b.number - a.number AS days FROM workday a, workday b WHERE a.day = $from AND b.day = $to""",
                  {"from": date(2026, 1, 9), "to": date(2026, 1, 12)})
    assert list(shown["days"]) == [1]


def test_a_pattern_says_what_its_rows_have_in_common() -> None:
    later = VISIT | {"opportunity_id": "b", "exit_kind": "lost", "entered_on": date(2026, 2, 1)}
    again = VISIT | {"visit_no": 2, "stage_visit_no": 2, "entered_on": date(2026, 3, 1), "exit_kind": "lost"}
    unknown = VISIT | {"opportunity_id": "c", "is_entry_known": False}
    with company(VISIT, later, again, unknown).cursor()._con as con:
        assert con.execute("SELECT count(*) FROM visit_pattern").fetchall() == [(3,)]
        rows = con.execute("""SELECT v.opportunity_id, visit_no, begun_on, p.exit_kind::VARCHAR, p.is_entry_known
            FROM stage_visit v JOIN visit_pattern p USING (pattern) ORDER BY 1, 2""").fetchall()
    assert rows == [("a", 1, date(2026, 1, 5), None, True), ("a", 2, date(2026, 1, 5), "lost", True),
                    ("b", 1, date(2026, 2, 1), "lost", True), ("c", 1, None, None, False)]
