"""Which built-in profile fits a folder of files, by file names and column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.columns import Columns
from data.matching import by_columns, by_name, files_of, headers_of, understood
from data.profile import Profile, builtin_profiles, load_profile
from data.readers import shown
from data.settings import Import


@dataclass(frozen=True)
class Fit:
    """How well a profile fits. `score` 0 to 1: the share of the columns of all files that the profile understands;
    `reasons` say which file feeds what with how many of its columns. `is_fit`: every table that is not optional has
    its file with all required columns."""

    profile: str
    score: float
    is_fit: bool
    reasons: tuple[str, ...]


def recognise(paths: Sequence[Path | str], limits: Import | None = None) -> list[Fit]:
    """The built-in profiles, best fit first. Files that cannot be read count for no profile. E_NO_FILE."""
    headers = headers_of(files_of(paths), limits)
    fits = [fit(load_profile(name), headers) for name in builtin_profiles()]
    return sorted(fits, key=lambda f: (-f.is_fit, -f.score, f.profile))


def fit(profile: Profile, headers: dict[Path, Columns]) -> Fit:
    """How well one profile fits files of which the columns are known."""
    pairs = by_name(list(headers), profile) or by_columns(headers, profile)
    counted = [(spec, path, understood(spec, headers[path])) for spec, path in pairs]
    usable = [(spec, path, count) for spec, path, count in counted if count is not None]
    fed = {spec.target for spec, _, _ in usable}
    used = {path for _, path, _ in usable}
    is_complete = all(spec.optional or any(spec is s for s, _, _ in usable) for spec in profile.tables)
    shares = [count / len(headers[path].names) for _, path, count in usable]
    coverage = len(used) / len(headers) if headers else 0.0
    score = coverage * sum(shares) / len(shares) if shares else 0.0
    # a folder of which one odd file happens to fit is not an export under this profile
    is_fit = is_complete and bool(used) and (bool(fed & {"opportunity", "stage_change"}) or coverage >= 0.5)
    reasons = tuple(f"{shown(path.name)} → {spec.target} ({count}/{len(headers[path].names)})"
                    for spec, path, count in usable)
    return Fit(profile.name, round(score, 3), is_fit, reasons)
