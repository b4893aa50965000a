"""Which built-in profile fits a folder of files, by file names and column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.checking import files_of
from data.columns import Columns
from data.errors import MvpodError
from data.profile import Profile, TableSpec, builtin_profiles, load_profile
from data.readers import read_header, shown
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
    headers: dict[Path, Columns] = {}
    for path in files_of(paths):
        try:
            headers[path] = Columns(read_header(path, limits), shown(path.name))
        except MvpodError:
            continue
    fits = [fit(load_profile(name), headers) for name in builtin_profiles()]
    return sorted(fits, key=lambda f: (-f.is_fit, -f.score, f.profile))


def fit(profile: Profile, headers: dict[Path, Columns]) -> Fit:
    """How well one profile fits files of which the columns are known."""
    reasons, scores, used, fed = [], [], set(), set()
    is_complete = True
    for spec in profile.tables:
        found = [(_present(spec, columns), path) for path, columns in headers.items() if spec.matches(path.name)]
        usable = [(share, path) for share, path in found if share is not None]
        if not usable:
            is_complete = is_complete and spec.optional
            continue
        understood, path = max(usable, key=lambda f: f[0])
        used.add(path)
        fed.add(spec.target)
        scores.append(understood / len(headers[path].names))
        reasons.append(f"{shown(path.name)} → {spec.target} ({understood}/{len(headers[path].names)})")
    coverage = len(used) / len(headers) if headers else 0.0
    score = coverage * sum(scores) / len(scores) if scores else 0.0
    # a folder of which one odd file happens to fit is not an export under this profile
    is_fit = is_complete and bool(used) and (bool(fed & {"opportunity", "stage_change"}) or coverage >= 0.5)
    return Fit(profile.name, round(score, 3), is_fit, tuple(reasons))


def _present(spec: TableSpec, columns: Columns) -> int | None:
    """How many columns of a file a table of the profile understands; None if a required one is missing."""
    wanted = {name: spec.sources_of(name) for name in spec.fed() if name not in spec.constants}
    wanted = {name: sources for name, sources in wanted.items() if sources}
    if spec.unpivot:
        wanted = {**{n: s for n, s in wanted.items() if n not in ("changed_at", "to_stage")},
                  "changed_at": tuple(spec.unpivot)}
    try:
        found = {name: columns.find_all(sources) for name, sources in wanted.items()}
        conditions = {name for w in spec.where if (name := columns.find(w))}
    except MvpodError:
        return None
    required = {c.name for c in spec.table.columns if c.required} & set(wanted)
    has_conditions = all(columns.find(w) is not None or "" in allowed for w, allowed in spec.where.items())
    if not has_conditions or not all(found[name] for name in required):
        return None
    return len({source for sources in found.values() for source in sources} | conditions)
