"""How answers are printed: tables for reading, CSV, JSON, notes, the progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from analytics.i18n import has, t

if TYPE_CHECKING:
    import pandas as pd

    from data.notes import Note

#: Columns that may run over several lines.
_LONG = ("definition", "files", "sources", "example", "rule", "reason", "value", "label", "state", "lost_metrics")


def console() -> Console:
    """Stdout, as wide as the terminal; as wide as it takes where it is a file or a pipe."""
    out = Console()
    return out if out.is_terminal else Console(width=1000)


def grid(lang: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose cells are shown literally; numbers to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    content = [list(row) for row in rows]
    for i, name in enumerate(columns):
        numeric = bool(content) and all(isinstance(row[i], (int, float)) or _is_figure(row[i]) for row in content)
        table.add_column(_heading(name, lang), justify="right" if numeric else "left", overflow="fold",
                         no_wrap=name not in _LONG)
    for row in content:
        table.add_row(*(Text(f"{cell:,}" if type(cell) is int else str(cell)) for cell in row))
    return table


def _is_figure(cell: object) -> bool:
    return str(cell).strip("–−+-%.,0123456789KMB万亿 ") == ""


def _heading(name: str, lang: str) -> str:
    for key in (f"cli.column.{name}", f"dimension.{dimension(name)}", f"column.{name}"):
        if has(key):
            return t(key, lang)
    return name


def dimension(name: str) -> str:
    """The dimension that a group's column shows, whatever short name it was asked by."""
    from analytics.ask import ALIASES

    return name if has(f"dimension.{name}") else ALIASES.get(name, name)


def table_name(table: str, lang: str) -> str:
    """A canonical table in words."""
    return t(f"cli.table.{table}", lang) if has(f"cli.table.{table}") else table


def say_json(answer: Any) -> None:
    """For programs: keys and numbers as they are, whatever the language."""
    print(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))


def say_frame(frame: pd.DataFrame, format_: str, lang: str) -> None:
    """A table as it is asked for: csv, json, or for reading."""
    if format_ == "csv":
        from analytics.export.csv import csv_bytes

        sys.stdout.write(csv_bytes(frame).decode("utf-8-sig").replace("\r\n", "\n"))
    elif format_ == "json":
        say_json(json.loads(frame.to_json(orient="records")))
    else:
        known = frame.astype(object).where(frame.notna(), "")
        console().print(grid(lang, list(frame.columns), list(known.itertuples(index=False))))


def say_notes(decisions: Iterable[Note], warnings: Iterable[Note], lang: str) -> None:
    """Decisions with their kind, by which `--refuse` knows them, then what else was noticed."""
    out = console()
    for note in decisions:
        out.print(Text(f"· {note.text(lang)}" + (f"  [{note.kind}]" if note.kind else "")))
    for note in warnings:
        out.print(Text(f"! {note.text(lang)}", style="bold yellow"))


@contextmanager
def bar(lang: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on the terminal; silent where stderr is not one."""
    out = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as shown:
        task = shown.add_task("", total=1.0)

        def progress(step: str, share: float) -> None:
            text = t(f"cli.step.{step}", lang) if has(f"cli.step.{step}") else step
            shown.update(task, description=text, completed=share)

        yield progress
