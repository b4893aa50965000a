"""Which profile fits a folder of files: by file names and column names, for every profile in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.contracts import TABLES
from data.errors import MvpodError
from data.mapping.columns import Columns
from data.mapping.matching import files_of, matched, understood
from data.mapping.profile import Profile, TableSpec, builtin_profiles, load_profile
from data.reading.readers import read_header, shown
from data.settings import Import

#: A runner-up that understands this share of what the best one does leaves it open which of them made the export.
NEAR = 0.9

Certainty = Literal["sure", "several", "none"]


@dataclass(frozen=True)
class Feed:
    """One file for one table: how many of the file's `columns` the profile understands, which canonical columns that
    feeds, which required ones it lacks (then the file is of no use), and whether columns told it or its name.
    `share`: of what could be understood, that is of the file's columns or of those that the table can hold."""

    file: str
    target: str
    columns: int
    understood: int
    share: float
    fed: frozenset[str]
    lacking: tuple[str, ...]
    by_columns: bool

    @property
    def is_usable(self) -> bool:
        """Whether rows can come out of it."""
        return not self.lacking

    def __str__(self) -> str:
        return f"{self.file} → {self.target} ({self.understood}/{self.columns})"


@dataclass(frozen=True)
class Fit:
    """How well a profile fits. `score` 0 to 1: the mean over all files of the share that is understood. `is_fit`: every
    table that is not optional has its file with all required columns. `unused`: files that feed nothing; `missing`:
    tables that the profile knows and no file brings."""

    profile: str
    #: name or file, for `load_profile`
    source: str | Path
    score: float
    is_fit: bool
    feeds: tuple[Feed, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def is_own(self) -> bool:
        """Whether somebody made this profile for just such files; then the built-in ones stand back."""
        return isinstance(self.source, Path)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Which file feeds what with how many of its columns."""
        return tuple(str(feed) for feed in self.feeds if feed.is_usable)

    def fed(self) -> dict[str, frozenset[str]]:
        """Table -> the canonical columns that the files can fill."""
        tables = {feed.target for feed in self.feeds if feed.is_usable}
        return {t: frozenset[str]().union(*(f.fed for f in self.feeds if f.target == t and f.is_usable))
                for t in TABLES if t in tables}


@dataclass(frozen=True)
class Recognised:
    """All profiles, best fit first (of those that fit, an organisation's own before the built-in ones), and the files
    that cannot be read with the reason."""

    fits: tuple[Fit, ...]
    unread: tuple[tuple[str, MvpodError], ...] = ()

    @property
    def certainty(self) -> Certainty:
        """sure: one profile fits, or one fits clearly best; several: others fit nearly as well; none fits."""
        fitting = [fit for fit in self.fits if fit.is_fit and fit.is_own == self.fits[0].is_own]
        if not fitting:
            return "none"
        return "several" if len(fitting) > 1 and fitting[1].score >= NEAR * fitting[0].score else "sure"

    @property
    def best(self) -> Fit | None:
        """The best fit, None where no profile fits."""
        return self.fits[0] if self.fits and self.fits[0].is_fit else None


def recognised(paths: Sequence[Path | str], limits: Import | None = None,
               more: Sequence[Path] = ()) -> Recognised:
    """What the built-in profiles, and those in the files `more`, make of files and folders.
    E_NO_FILE, E_FILE_MISSING."""
    headers: dict[Path, Columns] = {}
    unread: list[tuple[str, MvpodError]] = []
    for path in files_of(paths):
        try:
            headers[path] = Columns(read_header(path, limits), shown(path.name))
        except MvpodError as error:
            unread.append((shown(path.name), error))
    sources: list[str | Path] = [*builtin_profiles(), *more]
    fits = [fit(load_profile(source), headers, source) for source in sources]
    return Recognised(tuple(sorted(fits, key=lambda f: (-f.is_fit, -f.is_own, -f.score, f.profile))), tuple(unread))


def recognise(paths: Sequence[Path | str], limits: Import | None = None) -> list[Fit]:
    """The built-in profiles, best fit first. Files that cannot be read count for no profile. E_NO_FILE."""
    return list(recognised(paths, limits).fits)


def fit(profile: Profile, headers: Mapping[Path, Columns], source: str | Path = "") -> Fit:
    """How well one profile fits files of which the columns are known; `source`: where the profile comes from."""
    pairs, told = matched(headers, profile)
    counted = [(spec, path, _feed(spec, headers[path], by_columns=(spec, path) in told)) for spec, path in pairs]
    usable = [(spec, path, feed) for spec, path, feed in counted if feed.is_usable]
    filling = [(spec, path, feed) for spec, path, feed in usable if spec.target in TABLES]  # lists fill no table
    fed, used = {spec.target for spec, _, _ in filling}, {path for _, path, _ in usable}
    is_complete = all(spec.optional or any(spec is s for s, _, _ in usable) for spec in profile.tables)
    # how much of each file is understood, by whichever of its tables understands most
    shares = {path: max(feed.share for _, p, feed in filling if p == path) for _, path, _ in filling}
    expected = len(headers) - len(used - set(shares))
    coverage = len(shares) / expected if expected else 0.0
    # a folder of which one odd file happens to fit is not an export under this profile
    is_fit = is_complete and bool(fed) and (bool(fed & {"opportunity", "stage_change"}) or coverage > 0.5)
    score = round(sum(shares.values()) / expected, 3) if expected else 0.0
    return Fit(profile.name, source or profile.name, score, is_fit,
               tuple(feed for _, _, feed in counted),
               tuple(shown(path.name) for path in headers if path not in used),
               tuple(t for t in TABLES if t in {s.target for s in profile.tables} - fed))


def _feed(spec: TableSpec, columns: Columns, *, by_columns: bool) -> Feed:
    found = {name for name in spec.fed() if _is_fed(spec, name, columns)}
    lacking = tuple(c.name for c in spec.table.columns if c.required and c.name not in found)
    count = understood(spec, columns)
    if count is None and not lacking:  # a condition of the profile asks for a column that is not there
        lacking = tuple(w for w, allowed in spec.where.items() if columns.find(w) is None and "" not in allowed)
    share = min(1.0, (count or 0) / min(len(columns.names), len(spec.fed())))
    return Feed(columns.file, spec.target, len(columns.names), count or 0, share, frozenset(found), lacking, by_columns)


def _is_fed(spec: TableSpec, name: str, columns: Columns) -> bool:
    if name in spec.constants:
        return True
    if spec.unpivot and name in ("changed_at", "to_stage"):
        return bool(spec.unpivoted(columns.names))
    try:
        return bool(columns.find_all(spec.sources_of(name)))
    except MvpodError:  # several columns fit equally well: the import will say so
        return False
