"""Figures as CSV and Parquet: the frame to the digit, nothing that runs, nothing that a frame drags along."""

from __future__ import annotations

import io
import zipfile
from types import ModuleType

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analytics.cards import Card
from analytics.export import csv, parquet
from analytics.review import figures
from analytics.review.stamp import plain
from tests.export.small_pack import HOSTILE, LOOK, NUMBERS, bridge, card, curve, hostile, slides, stamp, typed

BOTH = pytest.mark.parametrize("kind", [csv, parquet], ids=["csv", "parquet"])


def made(kind: ModuleType, *cards: Card) -> bytes:
    make = {csv: csv.csv_zip, parquet: parquet.parquet_zip}[kind]
    data: bytes = make(slides(*cards), stamp(*cards))
    return data


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@BOTH
def test_what_is_read_back_is_the_frame_to_the_digit(kind: ModuleType) -> None:
    cards = [typed(), hostile(), bridge(), curve()]
    data = made(kind, *cards)
    found = kind.read_figures(data)
    assert kind.read_stamp(data) == stamp(*cards)
    assert list(found) == [0, 1, 2, 3]
    for place, each in enumerate(cards):
        assert found[place].equals(kind.written(each, LOOK)), each.key
    assert list(found[0]["value"]) == [plain(value) for value in NUMBERS]


@BOTH
def test_a_changed_value_is_found(kind: ModuleType) -> None:
    before, after = bridge(), card("bridge", bridge().frame.replace({"effect": {5.0: 5.000001}}))
    found = figures.differing(kind.read_figures(made(kind, before))[0], kind.read_figures(made(kind, after))[0])
    assert [(cell.row, cell.column, cell.left, cell.right) for cell in found] == [("in", "effect", "5", "5.000001")]


@BOTH
def test_files_are_called_by_number_and_plain_letters_whatever_a_card_is_called(kind: ModuleType) -> None:
    ending = "csv" if kind is csv else "parquet"
    assert list(files(made(kind, hostile(), typed()))) == [f"01-evil-key.{ending}", f"02-typed.{ending}",
                                                           "provenance.json"]


@BOTH
def test_a_file_without_a_stamp_has_none(kind: ModuleType) -> None:
    for data in (b"", b"PK\x03\x04", b"a,b\r\n1,2\r\n"):
        with pytest.raises((ValueError, KeyError)):
            kind.read_stamp(data)


@BOTH
def test_equal_packs_give_equal_bytes(kind: ModuleType) -> None:
    assert made(kind, typed(), bridge()) == made(kind, typed(), bridge())


def test_a_csv_is_a_table_and_nothing_else() -> None:
    data = files(made(csv, bridge()))["01-bridge.csv"]
    assert data.decode("utf-8-sig") == "part,effect\r\nstart,10\r\nin,5\r\nout,-18\r\nend,-3\r\n"
    assert pd.read_csv(io.BytesIO(data)).to_dict("list") == bridge().frame.to_dict("list")


def test_a_csv_opens_in_chinese() -> None:
    data = csv.csv_bytes(pd.DataFrame({"客户": ["北方公司"]}))
    assert data.startswith(b"\xef\xbb\xbf"), "without it Excel reads GBK"
    assert "北方公司" in data.decode("utf-8-sig")


def test_no_cell_of_a_csv_begins_like_a_formula() -> None:
    lines = files(made(csv, hostile()))["01-evil-key.csv"].decode("utf-8-sig").splitlines()[1:]
    assert len(lines) == len(HOSTILE)
    assert not [line for line in lines if line.lstrip(" \"")[:1] in tuple("=+-@＝＋－＠\t")]


def test_parquet_keeps_types_and_every_digit() -> None:
    each = typed()
    found = pq.read_table(io.BytesIO(parquet.parquet_bytes(each, 0, stamp(each))))
    types = {field.name: str(field.type) for field in found.schema}
    assert types["n"] == "int64"
    assert types["value"] == "double"
    assert types["is_open"] == "bool"
    assert types["closed_on"] == "date32[day]"
    assert types["seen_at"].startswith("timestamp")
    assert found["value"].to_pylist() == list(each.frame["value"])
    assert found["days"].to_pylist()[1] is None, "unknown is nothing, never zero"


def test_a_single_parquet_file_carries_the_stamp_and_its_place() -> None:
    cards = [bridge(), typed()]
    data = parquet.parquet_bytes(cards[1], 1, stamp(*cards))
    assert parquet.read_stamp(data) == stamp(*cards)
    assert list(parquet.read_figures(data)) == [1]


def test_values_that_nobody_chose_do_not_travel_with_a_category() -> None:
    """A column read from DuckDB knows all segments of the company, also when only one is in the rows."""
    each = typed()
    each.frame.attrs["total"] = "never seen either"
    data = parquet.parquet_bytes(each, 0, stamp(each))
    table = pq.read_table(io.BytesIO(data), read_dictionary=["first"])
    assert set(table["first"].combine_chunks().dictionary.to_pylist()) == {"x", "y"}
    assert b"never seen" not in b"".join((pq.read_schema(io.BytesIO(data)).metadata or {}).values())


def test_a_column_of_mixed_values_is_written_as_text() -> None:
    each = card("mixed", pd.DataFrame({"old": [1, "two", None]}, dtype="object"))
    assert parquet.read_figures(parquet.parquet_bytes(each, 0, stamp(each)))[0].equals(parquet.written(each, LOOK))
