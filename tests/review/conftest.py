"""A small company of files, imported once, and imported again with one figure restated."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from data.intake.importing import import_paths

AS_OF = date(2026, 3, 31)
_WAY = ("contact", "need", "quote", "signing")


def rows(count: int = 24) -> list[list[str]]:
    """Small deals; every third is won, every fourth lost, the others stand where they came to."""
    told = []
    for number in range(count):
        fate = "won" if number % 3 == 0 else "lost" if number % 4 == 0 else _WAY[number % 3]
        told.append([f"o{number:02d}", "smb", fate, str(1000 + 10 * number), "CNY", "2025-11-05",
                     f"2026-02-1{number % 10}" if fate in ("won", "lost") else "", f"Deal {number}"])
    return told


def write(folder: Path, opportunities: Sequence[Sequence[str]]) -> Path:
    """The export: opportunities, and the days on which each came to its stages."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "opportunity_id,pipeline,stage,amount,currency,created_on,closed_on,name"
    lines = [",".join(row) for row in opportunities]
    (folder / "opportunity.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    events = ["opportunity_id,changed_at,to_stage"]
    for number, row in enumerate(opportunities):
        way = [*_WAY[:3], row[2]] if row[2] in ("won", "lost") else _WAY[:_WAY.index(row[2]) + 1]
        for step, stage in enumerate(way):
            on = date(2026, 1, 5) + timedelta(days=number % 5 + 8 * step)
            events.append(f"{row[0]},{row[6] if stage in ('won', 'lost') else on},{stage}")
    (folder / "stage_change.csv").write_text("\n".join(events) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Load 1 of the company, for everybody."""
    folder = tmp_path_factory.mktemp("review")
    import_paths([write(folder / "export", rows())], folder / "store", profile="canonical", as_of=AS_OF)
    return folder / "store"


@pytest.fixture(scope="session")
def restated(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with load 2, which says of the same day that the second deal was worth more and had come further."""
    folder = tmp_path_factory.mktemp("restated")
    shutil.copytree(imported, folder / "store")
    changed = rows()
    changed[1][2:4] = ["signing", "99999"]
    import_paths([write(folder / "export", changed)], folder / "store", profile="canonical", as_of=AS_OF)
    return folder / "store"
