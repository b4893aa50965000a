"""What an import reports: counts per table, rules with examples, decisions and warnings, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import sentence
from data.notes import EXAMPLES, Note


@dataclass(frozen=True)
class TableReport:
    """One canonical table: `rows_in` = `loaded` + `quarantined` + `deduplicated`; `filtered` rows of the files were
    left out by the profile (or empty) and are not counted in."""

    target: str
    files: tuple[str, ...]
    rows_in: int
    loaded: int
    quarantined: int = 0
    deduplicated: int = 0
    filtered: int = 0


@dataclass(frozen=True)
class Example:
    """One refused cell."""

    file: str
    row: int
    value: str | None


@dataclass(frozen=True)
class RuleReport:
    """One broken rule of one column, and the first cells that broke it."""

    target: str
    column: str
    rule: str
    count: int
    examples: tuple[Example, ...]

    def text(self, lang: str = "en") -> str:
        """What the rule says, in `lang`."""
        return sentence(f"R_{self.rule.upper()}", lang, column=self.column)


@dataclass(frozen=True)
class ImportReport:
    """The outcome of an import. `load_id` is None for a dry run and for an import that changed nothing."""

    profile: str
    as_of: date
    tables: tuple[TableReport, ...]
    rules: tuple[RuleReport, ...] = ()
    decisions: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    sources: tuple[dict[str, str], ...] = ()
    dates: tuple[date, ...] = ()
    load_id: int | None = None
    is_dry_run: bool = False
    is_unchanged: bool = False

    @property
    def rows_in(self) -> int:
        """Rows that were to be loaded, over all tables."""
        return sum(t.rows_in for t in self.tables)

    @property
    def loaded(self) -> int:
        """Rows loaded, over all tables."""
        return sum(t.loaded for t in self.tables)

    @property
    def quarantined(self) -> int:
        """Rows refused, over all tables."""
        return sum(t.quarantined for t in self.tables)

    @property
    def deduplicated(self) -> int:
        """Repetitions dropped, over all tables."""
        return sum(t.deduplicated for t in self.tables)

    def table(self, target: str) -> TableReport | None:
        """The report of one canonical table, None if the import did not bring it."""
        return next((t for t in self.tables if t.target == target), None)


def rules_of(rejects: pa.Table) -> tuple[RuleReport, ...]:
    """Rejected cells (columns target, file, row, column, rule, value) by rule, the most frequent first."""
    if rejects.num_rows == 0:
        return ()
    grouped = rejects.group_by(["target", "column", "rule"], use_threads=False)
    groups = grouped.aggregate([([], "count_all")]).to_pylist()
    reports = []
    for group in groups:
        mask = pc.and_(pc.and_(pc.equal(rejects.column("target"), group["target"]),
                               pc.equal(rejects.column("column"), group["column"])),
                       pc.equal(rejects.column("rule"), group["rule"]))
        first = rejects.filter(mask).slice(0, EXAMPLES).to_pylist()
        examples = tuple(Example(r["file"], r["row"], r["value"]) for r in first)
        reports.append(RuleReport(group["target"], group["column"], group["rule"], group["count_all"], examples))
    return tuple(sorted(reports, key=lambda r: (-r.count, r.target, r.column, r.rule)))
