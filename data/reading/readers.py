"""One file in, one raw table out: every cell as text (Parquet: as typed), nothing interpreted.

What a file is, its content decides and not its name. A file is opened once, without following links, hashed
before and after, and refused when it changed in between; whatever a reader cannot read exactly is refused with
the place, never repaired. Reading is bounded by `settings.Import` (size, columns, characters of a cell).
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from data.errors import MvpodError
from data.notes import Note
from data.settings import Import

#: Characters that are invisible or turn the reading direction; a key that carries one equals no other key.
INVISIBLE = ("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
             "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff")

_CHUNK = 1 << 22
#: First bytes of files that are certainly not tables, and what they are.
_FOREIGN = (
    (b"%PDF", "PDF"), (b"\x1f\x8b", "gzip"), (b"MZ", "Windows program"), (b"\x7fELF", "Linux program"),
    (b"\x89PNG", "PNG image"), (b"\xff\xd8\xff", "JPEG image"), (b"Rar!", "RAR archive"),
    (b"7z\xbc\xaf", "7-Zip archive"), (b"SQLite format 3", "SQLite database"), (b"ARROW1", "Arrow file"),
)


@dataclass(frozen=True)
class RawTable:
    """A file as it was read. `table` has one column per source column, in order; an empty cell is null.

    `first_row` is the number of the first data row as a spreadsheet counts (the header is row 1, empty lines are
    not counted); `excel_epoch` (1900 or 1904) is set for XLSX only, where a bare number may be a date.
    """

    name: str
    format: str
    table: pa.Table
    sha256: str
    size: int
    first_row: int = 2
    encoding: str | None = None
    delimiter: str | None = None
    excel_epoch: int | None = None
    notes: tuple[Note, ...] = ()


def read_raw(path: Path | str, limits: Import | None = None) -> RawTable:
    """The table in a CSV, XLSX or Parquet file.

    Raises MvpodError: E_FILE, E_LINK, E_SIZE, E_CHANGED, E_EMPTY, E_FORMAT, E_ENCODING, E_CONTROL, E_RAGGED, E_CSV,
    E_HEADER_DUPLICATE, E_HEADER_EMPTY, E_COLUMNS, E_CELL, E_XLSX_*, E_CORRUPT.
    """
    path, limits = Path(path), limits or Import()
    with open_plain(path) as file:
        size = _checked_size(file, path.name, limits)
        before = sha256_of(file)
        raw = _read(file, path.name, size, limits)
        if sha256_of(file) != before or os.fstat(file.fileno()).st_size != size:
            raise MvpodError("E_CHANGED", file=shown(path.name))
    return RawTable(**{**raw.__dict__, "sha256": before, "size": size})


def read_header(path: Path | str, limits: Import | None = None) -> list[str]:
    """The column names of a file without reading its rows (for recognising profiles). Errors as `read_raw`."""
    from data.reading import read_csv, read_parquet, read_xlsx

    path, limits = Path(path), limits or Import()
    with open_plain(path) as file:
        size = _checked_size(file, path.name, limits)
        kind = sniff(file, path.name)
        readers: dict[str, Callable[..., Sequence[str | None]]] = {
            "csv": read_csv.header, "xlsx": read_xlsx.header, "parquet": read_parquet.header}
        reader = readers[kind]
        return clean_header(reader(file, shown(path.name), size, limits), shown(path.name), limits)


def _read(file: BinaryIO, name: str, size: int, limits: Import) -> RawTable:
    from data.reading import read_csv, read_parquet, read_xlsx

    kind = sniff(file, name)
    reader = {"csv": read_csv.read, "xlsx": read_xlsx.read, "parquet": read_parquet.read}[kind]
    file.seek(0)
    raw = reader(file, shown(name), size, limits)
    if raw.table.num_rows == 0:
        raise MvpodError("E_EMPTY", file=shown(name))
    _check_cells(raw, limits)
    return raw


def open_plain(path: Path) -> BinaryIO:
    """The file opened for reading; E_LINK for a symbolic link, E_FILE for anything but a regular readable file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        if path.is_symlink():
            raise MvpodError("E_LINK", file=shown(path.name)) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise MvpodError("E_FILE", file=shown(path.name), reason=reason) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MvpodError("E_FILE", file=shown(path.name), reason="not a regular file")
    return os.fdopen(descriptor, "rb")


def _checked_size(file: BinaryIO, name: str, limits: Import) -> int:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise MvpodError("E_EMPTY", file=shown(name))
    if size > limits.max_file_mb * 1_000_000:
        raise MvpodError("E_SIZE", file=shown(name), found=f"{size / 1e6:.1f}", limit=limits.max_file_mb)
    return size


def sha256_of(file: BinaryIO) -> str:
    """The sha256 of an open file, as hexadecimal text; the position is at the start again afterwards."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def sniff(file: BinaryIO, name: str) -> str:
    """'csv', 'xlsx' or 'parquet' by the first bytes; E_FORMAT or E_XLSX_ENCRYPTED for what is none of them."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PARE"):
        raise MvpodError("E_FORMAT", file=shown(name), found="encrypted Parquet")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        encrypted = "EncryptedPackage".encode("utf-16-le") in file.read(1 << 20)
        file.seek(0)
        if encrypted:
            raise MvpodError("E_XLSX_ENCRYPTED", file=shown(name))
        raise MvpodError("E_FORMAT", file=shown(name), found="old Excel (.xls)")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise MvpodError("E_FORMAT", file=shown(name), found=what)
    if name.lower().endswith((".parquet", ".xlsx", ".xlsm")):
        raise MvpodError("E_CORRUPT", file=shown(name), reason="the first bytes are not those of its kind")
    return "csv"


def clean_header(names: Sequence[str | None], file: str, limits: Import) -> list[str]:
    """Column names without padding and invisible characters; refuses too many, empty and repeated ones."""
    if len(names) > limits.max_columns:
        raise MvpodError("E_COLUMNS", file=file, found=len(names), limit=limits.max_columns)
    cleaned = [re.sub(r"\s+", " ", visible(n or "")).strip() for n in names]
    twice = [n for n, count in Counter(n for n in cleaned if n).items() if count > 1]
    if twice:
        raise MvpodError("E_HEADER_DUPLICATE", file=file, columns=twice)
    return cleaned


def with_header(table: pa.Table, names: list[str], file: str) -> pa.Table:
    """`table` under its cleaned names, without rows that are empty altogether at its end.

    A column without a name is dropped when it holds nothing (a trailing delimiter) and refused otherwise.
    """
    keep = [i for i, name in enumerate(names) if name]
    for i, name in enumerate(names):
        if not name and table.column(i).null_count < table.num_rows:
            raise MvpodError("E_HEADER_EMPTY", file=file, column=i + 1)
    if not keep:
        raise MvpodError("E_EMPTY", file=file)
    return table.select(keep).rename_columns([names[i] for i in keep])


def _check_cells(raw: RawTable, limits: Import) -> None:
    import pyarrow.compute as pc

    for name, column in zip(raw.table.column_names, raw.table.columns, strict=True):
        if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        if column.nbytes <= limits.max_cell_chars:
            continue
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if longest > limits.max_cell_chars:
            raise MvpodError("E_CELL", file=raw.name, column=name, found=longest, limit=limits.max_cell_chars)


def visible(text: str) -> str:
    """`text` without invisible and direction-turning characters."""
    return text.translate(dict.fromkeys(map(ord, INVISIBLE)))


def shown(name: str) -> str:
    """A file name as it may be shown: its last part only, no control or direction characters, at most 120 long."""
    last = re.split(r"[\\/]", name)[-1]
    clean = "".join(c for c in visible(last) if unicodedata.category(c) not in ("Cc", "Cs"))
    return clean if len(clean) <= 120 else clean[:117] + "..."
