"""Which profile fits a folder of files: by file names and column names, for every profile in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from data.contracts import TABLES
from data.errors import MvpodError
from data.mapping.columns import Columns
from data.mapping.matching import by_name, files_of, is_fed, lacking, matched, may_be_empty, taken, understood
from data.mapping.profile import Profile, TableSpec, builtin_profiles, load_profile
from data.reading.readers import read_header, shown
from data.settings import Import

#: A runner-up that understands this share of what the best one does leaves it open which of them made the export.
NEAR = 0.9

Certainty = Literal["sure", "several", "none"]


@dataclass(frozen=True)
class Feed:
    """One file for one table: how many of the file's `columns` the profile understands, which canonical columns that
    feeds, which required ones it lacks (or, `problem`, that two of its columns are called alike: then the file is of no
    use), and whether columns told it or its name. `share`: of what could be understood, that is of the file's columns
    or of those that the table can hold. `stops`: an import of these files stops here, as the file is of no use and not
    left out."""

    file: str
    target: str
    columns: int
    understood: int
    share: float
    fed: frozenset[str]
    lacking: tuple[str, ...]
    by_columns: bool
    problem: MvpodError | None = None
    stops: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether rows can come out of it."""
        return not self.lacking and self.problem is None

    def __str__(self) -> str:
        return f"{self.file} → {self.target} ({self.understood}/{self.columns})"


@dataclass(frozen=True)
class Fit:
    """How well a profile fits. `score` 0 to 1: the mean over all files of the share that is understood. `is_fit`: every
    table that is not optional has its file with all required columns. `unused`: files that feed nothing; `missing`:
    tables that the profile knows and no file brings; `unread`: files that the profile wants and that cannot be read."""

    profile: str
    #: name or file, for `load_profile`
    source: str | Path
    score: float
    is_fit: bool
    feeds: tuple[Feed, ...]
    unused: tuple[str, ...]
    missing: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[str, ...]:
        """The files at which an import stops: to be mended or left out first."""
        return tuple(dict.fromkeys((*(feed.file for feed in self.feeds if feed.stops), *self.unread)))

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
    def is_ready(self) -> bool:
        """Whether an import takes the files as they are: one profile is meant, and of use is all that it wants."""
        return self.certainty == "sure" and self.fits[0].is_fit and not self.fits[0].stops

    @property
    def best(self) -> Fit | None:
        """The best fit, None where no profile fits."""
        return self.fits[0] if self.fits and self.fits[0].is_fit else None


def recognised(paths: Sequence[Path | str], limits: Import | None = None,
               more: Sequence[Path] = ()) -> Recognised:
    """What the built-in profiles, and those in the files `more`, make of files and folders.
    E_NO_FILE, E_FILE_MISSING."""
    headers: dict[Path, Columns] = {}
    unread: dict[Path, MvpodError] = {}
    for path in files_of(paths):
        try:
            headers[path] = Columns(read_header(path, limits), shown(path.name))
        except MvpodError as error:
            unread[path] = error
    sources: list[str | Path] = [*builtin_profiles(), *more]
    fits = [fit(load_profile(source), headers, source, unread) for source in sources]
    return Recognised(tuple(sorted(fits, key=lambda f: (-f.is_fit, -f.is_own, -f.score, f.profile))),
                      tuple((shown(path.name), error) for path, error in unread.items()))


def recognise(paths: Sequence[Path | str], limits: Import | None = None) -> list[Fit]:
    """The built-in profiles, best fit first. Files that cannot be read count for no profile. E_NO_FILE."""
    return list(recognised(paths, limits).fits)


def fit(profile: Profile, headers: Mapping[Path, Columns], source: str | Path = "",
        unread: Mapping[Path, MvpodError] | None = None) -> Fit:
    """How well one profile fits files of which the columns are known; `source`: where the profile comes from; `unread`:
    files that lie beside them and cannot be read, and why."""
    pairs, told = matched(headers, profile)
    wanted = by_name(list(unread or {}), profile)
    lists = {spec.list for spec, _ in pairs + wanted}
    counted = [(spec, path, _feed(spec, headers[path], lists, by_columns=(spec, path) in told)) for spec, path in pairs]
    counted = [(spec, path, replace(feed, stops=not feed.is_usable and spec in _taken(path, counted)))
               for spec, path, feed in counted]
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
               tuple(t for t in TABLES if t in {s.target for s in profile.tables} - fed),
               tuple(dict.fromkeys(shown(path.name) for spec, path in wanted
                                   if unread and not may_be_empty(unread[path], [s for s, p in wanted if p == path]))))


def _taken(path: Path, counted: Sequence[tuple[TableSpec, Path, Feed]]) -> list[TableSpec]:
    """The tables that an import reads of a file."""
    mine = [(spec, feed) for spec, p, feed in counted if p == path]
    lacks = {id(spec): () if feed.is_usable else feed.lacking or ("?",) for spec, feed in mine}
    return taken([spec for spec, _ in mine], lacks)


def _feed(spec: TableSpec, columns: Columns, lists: set[str], *, by_columns: bool) -> Feed:
    found, lacks, problem = frozenset[str](), tuple[str, ...](), None
    try:
        found = frozenset(name for name in spec.fed() if is_fed(spec, name, columns))
        lacks = lacking(spec, columns, lists)
    except MvpodError as error:
        problem = error
    count = understood(spec, columns) or 0
    share = min(1.0, count / min(len(columns.names), len(spec.fed())))
    return Feed(columns.file, spec.target, len(columns.names), count, share, found, lacks, by_columns, problem)
