"""Malformed inputs (docs/store.md, promise P4: no rejected row is silent): each gives its named error or quarantine.

The files are made here byte by byte; the bad byte, cell or structure stands in plain sight.
"""

from __future__ import annotations

import io
import os
import random
import tomllib
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from string import Formatter

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.engine import connect
from data.errors import MvpodError
from data.intake.checking import Checked, check_files
from data.mapping.profile import parse_profile
from data.mapping.stages import Stages, Unknown, resolve
from data.reading import readers
from data.reading.readers import read_raw
from data.settings import Import, parse_settings

MESSAGES = tomllib.loads((Path(readers.__file__).parents[1] / "messages" / "import.toml").read_text(encoding="utf-8"))
AS_OF = date(2026, 9, 30)

SETTINGS = parse_settings("""
[organisation]
base_currency = "CNY"
timezone = "America/New_York"
[organisation.rates]
USD = 7.0
[import]
reject_share = 0.5
[[pipeline]]
key = "main"
[[pipeline.stage]]
key = "lead"
[[pipeline.stage]]
key = "won"
kind = "won"
""")

PROFILE = """
name = "plain"
[[table]]
target = "opportunity"
file = "deals*"
columns = { opportunity_id = "id", stage = "stage", amount = "amount", currency = "currency", created_on = "created" }
[[table]]
target = "stage_change"
file = "events*"
optional = true
columns = { opportunity_id = "id", to_stage = "stage", changed_at = "at" }
[[table]]
target = "account"
file = "accounts*"
optional = true
columns = { account_id = "id", is_target = "target", employees = "employees" }
[[table]]
target = "contact"
file = "contacts*"
optional = true
columns = { contact_id = "id", account_id = "account", importance = "importance" }
"""

GOOD = "id,stage,amount,currency,created\nA1,lead,10,CNY,2026-01-05\nA2,won,20,CNY,2026-01-06\n"


def check(folder: Path, profile: str = PROFILE) -> Checked:
    """Runs everything that an import does before it touches a store."""
    with connect() as con:
        return check_files(sorted(folder.iterdir()), parse_profile(profile, "plain"), SETTINGS, AS_OF, con,
                           lambda step, share: None)


def refused(action: Callable[[], object], code: str) -> MvpodError:
    with pytest.raises(MvpodError) as caught:
        action()
    assert caught.value.code == code, str(caught.value)
    for sentence in MESSAGES[code].values():  # every blank of the sentence is filled
        assert {field for _, field, _, _ in Formatter().parse(sentence) if field} <= set(caught.value.fields)
    return caught.value


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def xlsx(rows: list[list[object]], **book_settings: object) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for key, value in book_settings.items():
        setattr(book, key, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rezipped(content: bytes, change: dict[str, bytes]) -> bytes:
    """The same archive with some members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member not in change:
                new.writestr(member, old.read(member))
        for member, body in change.items():
            new.writestr(member, body)
    return out.getvalue()


def parquet(**columns: list[object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, write_page_checksum=True)
    return out.getvalue()


PARQUET = parquet(id=["A1", "A2"], stage=["lead", "won"], amount=[1.0, 2.0], currency=["CNY", "CNY"],
                  created=["2026-01-05", "2026-01-06"])
BOOK = xlsx([["id", "stage", "amount", "currency", "created"], ["A1", "lead", 10, "CNY", datetime(2026, 1, 5)]])

#: name -> (file name, content, code)
FILES: dict[str, tuple[str, bytes, str]] = {
    "an empty file": ("deals.csv", b"", "E_EMPTY"),
    "only line ends": ("deals.csv", b"\n\n\n", "E_EMPTY"),
    "a header without rows": ("deals.csv", b"id,stage\n", "E_EMPTY"),
    "an empty sheet": ("deals.xlsx", xlsx([]), "E_EMPTY"),
    "a sheet with a header only": ("deals.xlsx", xlsx([["id", "stage"]]), "E_EMPTY"),
    "a Parquet file without rows": ("deals.parquet", parquet(id=pa.array([], pa.string())), "E_EMPTY"),
    "a row with a cell too few": ("deals.csv", b"id,stage\nA1,lead\nA2\n", "E_RAGGED"),
    "a row with a cell too many": ("deals.csv", b"id,stage\nA1,lead,x\n", "E_RAGGED"),
    "a sheet row wider than its header": ("deals.xlsx", xlsx([["id"], ["A1", "lead"]]), "E_RAGGED"),
    "a quote that never ends": ("deals.csv", b'id,stage\n"A1,lead\nA2,won\n', "E_RAGGED"),
    "a column name twice": ("deals.csv", b"id,stage,id\nA1,lead,B1\n", "E_HEADER_DUPLICATE"),
    "cells below no name": ("deals.csv", b"id,,stage\nA1,x,lead\n", "E_HEADER_EMPTY"),
    "a NUL byte": ("deals.csv", b"id,stage\nA\x001,lead\n", "E_CONTROL"),
    "a control character": ("deals.csv", b"id,stage\nA\x071,lead\n", "E_CONTROL"),
    "UTF-8 with one bad byte": ("deals.csv", "id,stage\n客户一,\u7ebf索\n".encode() + b"\xff\xfe,x\n", "E_ENCODING"),
    "UTF-8 and GB18030 in one file": (
        "deals.csv", "id,stage\n客户编号,线索\n".encode() + "客户,线索\n".encode("gb18030"), "E_ENCODING"),
    "UTF-16 cut in half": ("deals.csv", "id,stage\nA1,lead\n".encode("utf-16") + b"\x00", "E_ENCODING"),
    "a program called .csv": ("deals.csv", b"MZ\x90\x00" + bytes(200), "E_FORMAT"),
    "a PDF called .xlsx": ("deals.xlsx", b"%PDF-1.7\n" + bytes(200), "E_FORMAT"),
    "any ZIP archive": ("deals.xlsx", BOOK.replace(b"xl/workbook.xml", b"xl/somebook.xml"), "E_FORMAT"),
    "the first bytes of a ZIP archive": ("deals.xlsx", b"PK\x03\x04" + bytes(100), "E_CORRUPT"),
    "an old .xls": ("deals.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "E_FORMAT"),
    "a workbook under a password": (
        "deals.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "E_XLSX_ENCRYPTED"),
    "a workbook with macros": ("deals.xlsx", rezipped(BOOK, {"xl/vbaProject.bin": b"x"}), "E_XLSX_MACRO"),
    "a workbook that unpacks to 200 MB": (
        "deals.xlsx", rezipped(BOOK, {"xl/media/image1.bin": bytes(200_000_000)}), "E_XLSX_BOMB"),
    "an entity bomb": (
        "deals.xlsx", rezipped(BOOK, {"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst>&a;</sst>'}),
        "E_XLSX_XML"),
    "a formula without a stored result": (
        "deals.xlsx", xlsx([["id", "stage"], ["A1", "=UPPER(B9)"]]), "E_XLSX_FORMULA"),
    "a workbook cut short": ("deals.xlsx", BOOK[: len(BOOK) // 2], "E_CORRUPT"),
    "a workbook with a broken sheet": (
        "deals.xlsx", rezipped(BOOK, {"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}), "E_CORRUPT"),
    "a Parquet file cut short": ("deals.parquet", PARQUET[: len(PARQUET) // 2], "E_CORRUPT"),
    "a Parquet file without its footer": ("deals.parquet", PARQUET[:-8] + bytes(8), "E_CORRUPT"),
    "a Parquet file with a zeroed block": (
        "deals.parquet", PARQUET[:30] + bytes(60) + PARQUET[90:], "E_CORRUPT"),
    "text called .parquet": ("deals.parquet", b"id,stage\nA1,lead\n", "E_CORRUPT"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_read_exactly_is_refused_by_name(name: str, tmp_path: Path) -> None:
    file, content, code = FILES[name]
    path = write(tmp_path, file, content)
    error = refused(lambda: read_raw(path), code)
    assert error.fields["file"] == file


def test_the_row_that_is_ragged_is_named(tmp_path: Path) -> None:
    lines = [f"A{i},lead" for i in range(2, 5000)]
    lines[1234 - 2] = "A1234,lead,too,many"  # the header is row 1
    error = refused(lambda: read_raw(write(tmp_path, "deals.csv", "id,stage\n" + "\n".join(lines))), "E_RAGGED")
    assert (error.fields["row"], error.fields["expected"], error.fields["found"]) == (1234, 2, 4)


def test_the_byte_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    head = "id,name\nA1,客户\n".encode()
    error = refused(lambda: read_raw(write(tmp_path, "deals.csv", head + b"A2,\xff\n")), "E_ENCODING")
    assert error.fields["offset"] == len(head) + 3


@pytest.mark.parametrize(("limits", "code"), [
    pytest.param(Import(max_file_mb=0), "E_SIZE", id="bytes"),
    pytest.param(Import(max_columns=3), "E_COLUMNS", id="columns"),
    pytest.param(Import(max_cell_chars=9), "E_CELL", id="characters of a cell"),
])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_limits_hold_for_every_kind_of_file(limits: Import, code: str, kind: str, tmp_path: Path) -> None:
    cells = {"id": "A1", "stage": "lead", "amount": "1", "created": "2026-01-05"}
    content = {"csv": (",".join(cells) + "\n" + ",".join(cells.values()) + "\n").encode(),
               "xlsx": xlsx([list(cells), list(cells.values())]),
               "parquet": parquet(**{k: [v] for k, v in cells.items()})}[kind]
    refused(lambda: read_raw(write(tmp_path, f"deals.{kind}", content), limits), code)


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "secret.csv", GOOD)
    (tmp_path / "deals.csv").symlink_to(tmp_path / "secret.csv")
    refused(lambda: read_raw(tmp_path / "deals.csv"), "E_LINK")


def test_a_pipe_or_a_missing_file_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "deals.csv")
    refused(lambda: read_raw(tmp_path / "deals.csv"), "E_FILE")
    refused(lambda: read_raw(tmp_path / "absent.csv"), "E_FILE")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "deals.csv", GOOD)
    sniff = readers.sniff

    def slow_sniff(file: io.BufferedReader, name: str) -> str:
        with path.open("a") as writer:
            writer.write("A3,lead,30,CNY,2026-01-07\n")
        return sniff(file, name)

    monkeypatch.setattr(readers, "sniff", slow_sniff)
    refused(lambda: read_raw(path), "E_CHANGED")


def test_a_parquet_file_that_kills_its_reader_leaves_us_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from data.reading import read_parquet

    killer = tmp_path / "data" / "reading"
    killer.mkdir(parents=True)
    write(killer, "__init__.py", "")
    write(killer, "parquet_child.py", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(read_parquet, "_PROJECT", tmp_path)
    error = refused(lambda: read_raw(write(tmp_path, "deals.parquet", PARQUET)), "E_CORRUPT")
    assert "died" in error.fields["reason"]


@pytest.mark.parametrize("name", [
    "../../x.csv", "..\\..\\x.csv", "/etc/x.csv", "x\x00.csv", "a\u202excsv.exe", "n" * 300])
def test_a_hostile_file_name_is_shown_without_its_poison(name: str) -> None:
    shown = readers.shown(name)
    assert len(shown) <= 120
    assert not set(shown) & set("/\\\x00\u202e")


#: name -> (opportunity rows, column, rule): one good row stands beside each, so that the file is not refused whole
CELLS: dict[str, tuple[str, str, str]] = {
    "no id": (",lead,10,CNY,2026-01-05", "opportunity_id", "required"),
    "an id that a spreadsheet rounded": ("1.23E+15,lead,10,CNY,2026-01-05", "opportunity_id", "lossy_id"),
    "no stage": ("B1,,10,CNY,2026-01-05", "stage", "required"),
    "a thousands mark that nobody declared": ('B1,lead,"1,234.50",CNY,2026-01-05', "amount", "number"),
    "a decimal comma that nobody declared": ('B1,lead,"1.234,50",CNY,2026-01-05', "amount", "number"),
    "an exponent": ("B1,lead,1e5,CNY,2026-01-05", "amount", "number"),
    "a percentage as money": ("B1,lead,12%,CNY,2026-01-05", "amount", "number"),
    "words as money": ("B1,lead,about ten,CNY,2026-01-05", "amount", "number"),
    "infinity": ("B1,lead,inf,CNY,2026-01-05", "amount", "not_finite"),
    "a negative amount": ("B1,lead,(500),CNY,2026-01-05", "amount", "range"),
    "an amount beyond sixteen digits": ("B1,lead,99999999999999999,CNY,2026-01-05", "amount", "range"),
    "a currency without a rate": ("B1,lead,10,XAU,2026-01-05", "currency", "currency"),
    "the thirtieth of February": ("B1,lead,10,CNY,2026-02-30", "created_on", "date"),
    "a word as a date": ("B1,lead,10,CNY,soon", "created_on", "date"),
    "a date before the company": ("B1,lead,10,CNY,1899-12-31", "created_on", "date_range"),
    "a date in the far future": ("B1,lead,10,CNY,9999-12-31", "created_on", "date_range"),
    "a bare number as a date": ("B1,lead,10,CNY,45292", "created_on", "date"),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_bad_cell_puts_its_row_into_quarantine_and_the_rest_is_loaded(name: str, tmp_path: Path) -> None:
    row, column, rule = CELLS[name]
    write(tmp_path, "deals.csv", GOOD + row + "\n")
    checked = check(tmp_path)
    assert [(r["row"], r["column"], r["rule"]) for r in checked.rejects.to_pylist()] == [(4, column, rule)]
    report = checked.report()
    assert (report.rows_in, report.loaded, report.quarantined) == (3, 2, 1)
    for language in ("en", "zh"):
        assert report.rules[0].text(language)


def test_other_tables_have_their_rules_too(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD)
    write(tmp_path, "accounts.csv", "id,target,employees\nK1,yes,10\nK2,maybe,10\nK3,no,-1\nK4,no,5\n")
    write(tmp_path, "contacts.csv", "id,account,importance\nC1,K1,5\nC2,K1,6\nC3,K1,2.5\nC4,K2,1\n")
    found = {(r["target"], r["row"], r["column"], r["rule"]) for r in check(tmp_path).rejects.to_pylist()}
    assert found == {("account", 3, "is_target", "flag"), ("account", 4, "employees", "range"),
                     ("contact", 3, "importance", "range"), ("contact", 4, "importance", "integer")}


def test_local_times_that_never_were_or_were_twice_go_to_quarantine(tmp_path: Path) -> None:
    # New York 2024: clocks went from 02:00 to 03:00 on 10 March, and from 02:00 back to 01:00 on 3 November.
    write(tmp_path, "deals.csv", GOOD)
    write(tmp_path, "events.csv", "id,stage,at\nA1,lead,2024-03-10 02:30\nA2,lead,2024-11-03 01:30\n"
                                  "A1,won,2024-11-03T01:30:00-05:00\nA2,won,2024-03-10 03:00\n")
    rules = {(r["row"], r["rule"]) for r in check(tmp_path).rejects.to_pylist()}
    assert rules == {(2, "time_gap"), (3, "time_twice")}


def test_one_key_with_two_contents_puts_both_rows_into_quarantine(tmp_path: Path) -> None:
    contradiction = "A3,lead,1,CNY,2026-01-05\nA3,lead,2,CNY,2026-01-05\n"
    repetition = GOOD.splitlines()[1] + "\n"
    write(tmp_path, "deals.csv", GOOD + contradiction + repetition)
    checked = check(tmp_path)
    assert [(r["row"], r["rule"], r["value"]) for r in checked.rejects.to_pylist()] == [
        (4, "duplicate", "A3"), (5, "duplicate", "A3")]
    report = checked.report()
    assert (report.rows_in, report.loaded, report.quarantined, report.deduplicated) == (5, 2, 2, 1)


def test_dates_that_can_be_read_in_two_ways_refuse_the_file(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace("2026-01-05", "03/04/2026"))
    error = refused(lambda: check(tmp_path), "E_DATE_AMBIGUOUS")
    assert error.fields["example"] == "03/04/2026"


def test_dates_that_contradict_each_other_refuse_the_file(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace("2026-01-05", "13/04/2026").replace("2026-01-06", "04/13/2026"))
    refused(lambda: check(tmp_path), "E_DATE_MIXED")


def test_a_missing_required_column_names_the_nearest_one(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace("stage", "stages"))
    error = refused(lambda: check(tmp_path), "E_COLUMN_MISSING")
    assert (error.fields["column"], error.fields["hint"]) == ("stage", "stages")


def test_a_retyped_column_refuses_the_file_with_the_first_reasons(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace(",10,", ",ten,").replace(",20,", ",twenty,"))
    error = refused(lambda: check(tmp_path), "E_REJECTS")
    assert (error.fields["count"], error.fields["rows"]) == (2, 2)
    assert "'ten': amount is not a number" in error.text("en")
    assert "“ten”：amount 不是所声明格式的数字" in error.text("zh")


def test_a_refused_empty_cell_is_no_word_of_the_program(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace("A1,", ",").replace("A2,", ","))
    error = refused(lambda: check(tmp_path), "E_REJECTS")
    assert "None" not in error.text("zh")
    assert "不能为空" in error.text("zh")


@pytest.mark.parametrize(("name", "kind"), [("Closed Won", "won"), ("Closed Lost", "lost"), ("已签约", "won"),
                                            ("丢单", "lost"), ("作废", "void"), ("Cancelled", "void"),
                                            ("Not won", "lost"), ("Wonderland", "open"), ("Negotiation", "open")])
def test_the_kind_of_an_unknown_stage_is_guessed_from_its_words(name: str, kind: str, tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace(",lead,", f",{name},"))
    error = refused(lambda: check(tmp_path), "E_STAGE_UNKNOWN")
    assert f'kind = "{kind}"' in error.fields["lines"]


def test_two_columns_that_fit_one_name_refuse_the_file(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", "ID_,id ,Stage,STAGE\nA1,A1,lead,lead\n".replace("id ", "i d"))
    refused(lambda: check(tmp_path), "E_COLUMN_AMBIGUOUS")


def test_unknown_stages_are_named_together_with_the_lines_to_add(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD.replace(",lead,", ",Deal Desk,"))
    write(tmp_path, "events.csv", 'id,stage,at\nA1,"He said ""no""",2026-01-05\n')
    error = refused(lambda: check(tmp_path), "E_STAGE_UNKNOWN")
    assert set(error.fields["names"]) == {"Deal Desk", 'He said "no"'}
    added = parse_settings('[[pipeline]]\nkey = "p"\n' + error.fields["lines"])
    assert {s.label["en"] for s in added.pipelines[0].stages} == {"Deal Desk", 'He said "no"'}


def test_a_name_for_different_stages_of_several_pipelines_is_refused_as_such(tmp_path: Path) -> None:
    stages = Stages(parse_settings('[[pipeline]]\nkey = "a"\n[[pipeline.stage]]\nkey = "x"\naliases = ["Talk"]\n'
                                   '[[pipeline]]\nkey = "b"\n[[pipeline.stage]]\nkey = "y"\naliases = ["Talk"]\n'))
    rows = pa.table({"pipeline": pa.array([None, "a"], pa.string()), "stage": ["Talk", "Talk"]})
    unknown = Unknown()
    assert resolve(rows, "stage", stages, unknown).column("stage").to_pylist() == [None, "x"]
    assert refused(unknown.refuse, "E_STAGE_AMBIGUOUS").fields["names"] == ["Talk"]


def test_an_export_of_which_the_profile_leaves_nothing_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "deals.csv", GOOD)
    only_lost = PROFILE.replace('file = "deals*"\n', 'file = "deals*"\nwhere = { stage = ["lost"] }\n')
    error = refused(lambda: check(tmp_path, only_lost), "E_NOTHING_LEFT")
    assert error.fields["count"] == 2


def test_a_folder_without_the_file_that_the_profile_needs_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "accounts.csv", "id,target,employees\nK1,yes,10\n")
    refused(lambda: check(tmp_path), "E_NO_FILE")


@pytest.mark.parametrize("seed", range(12))
def test_a_parquet_file_with_changed_bytes_is_refused_or_reads_as_before(seed: int, tmp_path: Path) -> None:
    """Page checksums catch changes of the data; other changes break the structure or touch bytes without meaning."""
    dice = random.Random(seed)
    content = bytearray(PARQUET)
    for position in dice.sample(range(4, len(content) - 8), 3):
        content[position] ^= dice.randrange(1, 256)
    path = write(tmp_path, "deals.parquet", bytes(content))
    try:
        table = read_raw(path).table
    except MvpodError as error:
        if error.code in ("E_CORRUPT", "E_EMPTY", "E_HEADER_DUPLICATE", "E_HEADER_EMPTY", "E_CELL"):
            return
        raise
    sound = pq.read_table(io.BytesIO(PARQUET))
    assert [c.to_pylist() for c in table.columns] == [c.to_pylist() for c in sound.columns]
