"""Parquet: read in a child process, because a crafted file may kill or bloat the process that parses it.

The child turns the file into an Arrow file of plain columns, fully validated; if it dies, only the child is gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from data.errors import MvpodError
from data.notes import Note
from data.reading.readers import RawTable, clean_header, with_header
from data.settings import Import

#: A sound file of the largest allowed size is read in far less.
TIMEOUT_SECONDS = 600
_PROJECT = Path(__file__).resolve().parents[2]


def read(file: BinaryIO, name: str, size: int, limits: Import) -> RawTable:
    """The rows of the Parquet file, typed. Errors: see `readers.read_raw`."""
    with tempfile.TemporaryDirectory(prefix="mvpod-") as folder:
        table, dropped = _through_child(file, name, Path(folder), "rows", limits)
    names = clean_header(table.column_names, name, limits)
    notes = [Note.of("N_PARQUET", file=name)]
    if dropped:
        notes.append(Note.of("N_PARQUET_NESTED", file=name, columns=dropped))
    return RawTable(name, "parquet", with_header(table, names, name), "", size, first_row=1, notes=tuple(notes))


def header(file: BinaryIO, name: str, size: int, limits: Import) -> list[str]:
    """The column names."""
    with tempfile.TemporaryDirectory(prefix="mvpod-") as folder:
        return _through_child(file, name, Path(folder), "header", limits)[0].column_names


def _through_child(file: BinaryIO, name: str, folder: Path, what: str, limits: Import) -> tuple[pa.Table, list[str]]:
    target = folder / "table.arrow"
    command = [sys.executable, "-m", "data.reading.parquet_child", str(target), what, str(limits.max_columns)]
    environment = {**os.environ, "PYTHONPATH": str(_PROJECT)}
    try:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=TIMEOUT_SECONDS, cwd=folder,
                              env=environment, check=False)
    except subprocess.TimeoutExpired as error:
        raise MvpodError("E_CORRUPT", file=name, reason="reading it does not end") from error
    if done.returncode == 3:
        raise MvpodError("E_COLUMNS", file=name, found=done.stdout.decode(), limit=limits.max_columns)
    if done.returncode != 0:
        died = f"the reader process died of signal {-done.returncode}"
        reason = died if done.returncode < 0 else "not readable as Parquet"
        raise MvpodError("E_CORRUPT", file=name, reason=reason)
    with pa.memory_map(str(target)) as source:
        table = pa.ipc.open_file(source).read_all()
    return table, [c for c in done.stdout.decode().split("\x1f") if c]
