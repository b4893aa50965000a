"""Readers: the same table comes out of every encoding, delimiter and file kind, cell for cell."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from data.errors import MvpodError
from data.reading import read_csv
from data.reading.readers import read_header, read_raw

CHINESE = "编号,客户名称,阶段\n001,上海客户有限公司,线索\n002,北京客户,赢单\n"
ROWS = [{"编号": "001", "客户名称": "上海客户有限公司", "阶段": "线索"},
        {"编号": "002", "客户名称": "北京客户", "阶段": "赢单"}]


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def book(path: Path, rows: list[list[object]], epoch: datetime | None = None) -> Path:
    workbook = openpyxl.Workbook()
    if epoch:
        workbook.epoch = epoch
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


@pytest.mark.parametrize(("encoding", "found"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16"),
])
def test_one_table_in_five_encodings_reads_the_same(encoding: str, found: str, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", CHINESE.encode(encoding))
    raw = read_raw(path)
    assert raw.table.to_pylist() == ROWS
    assert raw.encoding == found
    assert read_header(path) == ["编号", "客户名称", "阶段"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_large_file_waits_on_disk_and_reads_the_same(
        encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f'{i},"note {i}, of\ntwo lines",{"" if i % 3 else "编号"}' for i in range(2000)]
    path = write(tmp_path, "a.csv", ("\n".join(["id,note,mark", *lines]) + "\n").encode(encoding))
    small = read_raw(path).table
    monkeypatch.setattr(read_csv, "_LARGE", 0)
    monkeypatch.setattr(read_csv, "_BLOCK", 1 << 12)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    large = read_raw(path).table
    assert large.equals(small)
    assert large.column(0).num_chunks > 1
    assert not list((tmp_path / "temporary").iterdir())
    path.write_bytes(path.read_bytes() + b"2000,x,y,z\n")
    with pytest.raises(MvpodError) as refused:
        read_raw(path)
    assert (refused.value.code, refused.value.fields["row"]) == ("E_RAGGED", 2002)


def test_a_large_file_for_which_the_disk_has_no_room_is_read_in_memory(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(batches: object) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(read_csv, "_LARGE", 0)
    monkeypatch.setattr(read_csv, "_on_disk", full)
    assert read_raw(write(tmp_path, "a.csv", CHINESE)).table.to_pylist() == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_even_when_cells_hold_the_others(delimiter: str, tmp_path: Path) -> None:
    out = io.StringIO()
    rows = [["id", "note"], ["1", "a,b;c|d\te"], ["2", 'said "yes"'], ["3", "two\nlines"]]
    csv.writer(out, delimiter=delimiter).writerows(rows)
    raw = read_raw(write(tmp_path, "a.csv", out.getvalue()))
    assert raw.delimiter == delimiter
    assert raw.table.to_pylist() == [{"id": i, "note": n} for i, n in rows[1:]]


def test_a_file_of_one_column_has_no_delimiter_to_find(tmp_path: Path) -> None:
    assert read_raw(write(tmp_path, "a.csv", "id\n1\n2\n")).table.to_pylist() == [{"id": "1"}, {"id": "2"}]


def test_nothing_is_converted_and_empty_cells_are_null(tmp_path: Path) -> None:
    raw = read_raw(write(tmp_path, "a.csv", 'id,a,b,c\n007,NULL,"",1e5\n'))
    assert raw.table.to_pylist() == [{"id": "007", "a": "NULL", "b": None, "c": "1e5"}]


def test_a_trailing_delimiter_and_padded_names_do_no_harm(tmp_path: Path) -> None:
    raw = read_raw(write(tmp_path, "a.csv", " id ,\ufeffdeal\u00a0 name,\n1,x,\n"))
    assert raw.table.to_pylist() == [{"id": "1", "deal name": "x"}]


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    made = book(tmp_path / "real.xlsx", [["id"], ["1"]])
    assert read_raw(made.rename(tmp_path / "book.csv")).format == "xlsx"
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / "table.csv")
    assert read_raw(tmp_path / "table.csv").format == "parquet"


@pytest.mark.parametrize(("epoch", "year"), [(None, 1900), (CALENDAR_MAC_1904, 1904)])
def test_dates_of_both_excel_systems_come_out_as_typed(epoch: datetime | None, year: int, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["day", "moment"], [date(2024, 1, 1), datetime(2024, 2, 29, 13, 30)]], epoch)
    raw = read_raw(path)
    assert raw.table.to_pylist() == [{"day": "2024-01-01", "moment": "2024-02-29 13:30:00"}]
    assert raw.excel_epoch == year


def test_numbers_of_a_workbook_keep_their_digits_or_show_that_they_lost_them(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["n"], [45292.0], [0.1], [True], [1234567890123456789], ["00123"], ["#N/A"]])
    raw = read_raw(path)
    assert raw.table.column("n").to_pylist() == ["45292", "0.1", "TRUE", "1.23456789012346E+18", "00123", None]
    assert "N_XLSX_ERRORS" in [n.code for n in raw.notes]


def test_hidden_and_further_sheets_are_named_and_not_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["secret"])
    workbook.active.sheet_state = "hidden"
    for title in ("Deals", "Notes"):
        sheet = workbook.create_sheet(title)
        sheet.append(["id"])
        sheet.append([title])
    workbook.active = 1
    workbook.save(tmp_path / "a.xlsx")
    raw = read_raw(tmp_path / "a.xlsx")
    assert raw.table.to_pylist() == [{"id": "Deals"}]
    notes = {n.code: dict(n.fields) for n in raw.notes}
    assert notes["N_XLSX_HIDDEN"]["sheets"] == ("Sheet",)
    assert notes["N_XLSX_SHEETS"]["others"] == ("Notes",)


def test_rows_above_the_header_that_are_empty_are_skipped_and_counted(tmp_path: Path) -> None:
    raw = read_raw(book(tmp_path / "a.xlsx", [[], [], ["id", "n"], ["1", 2], [None, None]]))
    assert raw.table.to_pylist() == [{"id": "1", "n": "2"}]
    assert raw.first_row == 4


def test_parquet_columns_keep_their_types_and_dictionaries_become_text(tmp_path: Path) -> None:
    table = pa.table({"id": pa.array(["a", "b"]).dictionary_encode(), "n": pa.array([1.5, None]),
                      "d": pa.array([date(2026, 1, 1), None]), "l": pa.array([[1], [2]])})
    pq.write_table(table, tmp_path / "a.parquet")
    raw = read_raw(tmp_path / "a.parquet")
    assert raw.table.to_pylist() == [{"id": "a", "n": 1.5, "d": date(2026, 1, 1)}, {"id": "b", "n": None, "d": None}]
    assert raw.table.schema.field("id").type == pa.string()
    assert [dict(n.fields).get("columns") for n in raw.notes if n.code == "N_PARQUET_NESTED"] == [("l",)]
    assert read_header(tmp_path / "a.parquet") == ["id", "n", "d"]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8),
       delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_of_text_survives_the_way_through_csv(rows: list[list[str]], delimiter: str, encoding: str,
                                                        tmp_path_factory: pytest.TempPathFactory) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    path = write(tmp_path_factory.mktemp("csv"), "a.csv", out.getvalue().encode(encoding))
    got = read_raw(path)
    assert [list(r.values()) for r in got.table.to_pylist()] == [[c or None for c in row] for row in rows]
