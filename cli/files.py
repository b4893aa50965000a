"""Files that a command reads or writes as a whole."""

from __future__ import annotations

from pathlib import Path

from data.errors import MvpodError


def read(path: Path) -> bytes:
    """MvpodError E_OUTPUT if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise MvpodError("E_OUTPUT", file=str(path), found=error.strerror) from error


def write(path: Path, data: bytes) -> None:
    """A whole file or none: a scheduler must never send half of one."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MvpodError("E_OUTPUT", file=str(path), found=error.strerror) from error
