"""The first rows of a file as an import would store them: for who is still telling its columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data.engine import connect
from data.intake.gathering import gather
from data.intake.report import RuleReport, rules_of
from data.mapping.mapping import FILE, ROW
from data.mapping.profile import Profile
from data.notes import Note
from data.settings import Settings

#: Rows that are shown.
ROWS = 50


@dataclass(frozen=True)
class Preview:
    """`rows`: the first sound rows, canonical columns in order (those without a source left out); `read`, `refused`:
    rows of the whole file; `rules`: why; `notes`: what was decided."""

    rows: pa.Table
    read: int
    refused: int
    rules: tuple[RuleReport, ...]
    notes: tuple[Note, ...]


def preview(path: Path, profile: Profile, settings: Settings, as_of: date) -> Preview:
    """One file under a profile with one table. The errors of `readers` and `mapping`."""
    spec = profile.tables[0]
    with connect([]) as con:
        gathered = gather([(spec, path)], settings, as_of, con, lambda step, share: None)
    found = gathered.mapped[spec.target][0]
    fed = spec.fed()
    shown = [name for name in found.table.column_names if name in fed and name not in (ROW, FILE)]
    return Preview(found.table.select(shown).slice(0, ROWS), found.read - found.filtered, found.quarantined,
                   rules_of(found.rejects), tuple(gathered.decisions))
