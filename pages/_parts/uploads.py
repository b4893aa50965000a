"""Uploaded files as files on the disk, as long as somebody reads them."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def on_disk(files: Sequence[Any]) -> Iterator[list[Path]]:
    """The uploads, each in a folder of its own, for the time of the block. Names only serve to find the table."""
    folder = Path(tempfile.mkdtemp(prefix="mvpod-import-"))
    try:
        yield [_saved(file, folder / str(number)) for number, file in enumerate(files)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ids(files: Sequence[Any]) -> tuple[str, ...]:
    """What tells these uploads from others."""
    return tuple(file.file_id for file in files)


def _saved(file: Any, folder: Path) -> Path:
    folder.mkdir()
    path = folder / plain_name(file.name)
    with path.open("wb") as target:
        file.seek(0)
        shutil.copyfileobj(file, target)
    return path


def plain_name(name: str) -> str:
    """The last part of an uploaded name with letters, digits, dots, dashes and blanks only.

    >>> plain_name("../../etc/pass wd.csv"), plain_name("..\\\\..\\\\x.csv"), plain_name("商机 2026.xlsx")
    ('pass wd.csv', 'x.csv', '商机 2026.xlsx')
    """
    last = re.split(r"[/\\:]", unicodedata.normalize("NFC", name))[-1]
    kept = re.sub(r"[^\w.\- ()]", "_", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}" if stem else kept[:100] or "upload"
