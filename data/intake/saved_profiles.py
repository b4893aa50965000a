"""Profiles that an organisation has made: TOML files in the folder `profiles` of a store, beside its tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from data.errors import MvpodError
from data.mapping.profile import builtin_profiles, parse_profile
from data.mapping.proposing import Draft
from data.storage.kept import here, keep
from data.storage.packs import slug
from data.storage.store import Store

FOLDER, SUFFIX = "profiles", ".toml"


def listed(store: Path) -> list[Path]:
    """The files of all saved profiles, by name."""
    folder = here(store) / FOLDER
    return sorted(f for f in folder.glob(f"*{SUFFIX}") if f.is_file()) if folder.is_dir() else []


def found(store: Path, name: str | Path) -> str | Path:
    """The file of a saved profile of that name; any other name or path as it is."""
    return next((file for file in listed(store) if file.stem == str(name)), name)


def save(store: Path, name: str, text: str) -> str:
    """Keeps a profile, in place of one of the same name; gives the name. A store is founded where there is none yet.

    E_PROFILE, E_PROFILE_KEY (not a profile), E_PROFILE_NAME (no letters, or a built-in one's), E_STORE_READONLY.
    """
    kept = name_of(name)
    parse_profile(text, kept)
    Store.open(store, create=True)
    keep(store, f"{FOLDER}/{kept}{SUFFIX}", text)
    return kept


def name_of(name: str) -> str:
    """The name under which a profile is kept: letters and digits of any script, in lower case; E_PROFILE_NAME."""
    try:
        kept = slug(name)
    except MvpodError as error:
        raise MvpodError("E_PROFILE_NAME", found=name, known=builtin_profiles()) from error
    if kept in builtin_profiles():
        raise MvpodError("E_PROFILE_NAME", found=name, known=builtin_profiles())
    return kept


def profile_text(name: str, drafts: Sequence[Draft]) -> str:
    """Drafts as the text of a profile. Files are known by their names without the numbers and dates in them."""
    return "\n".join([f"name = {_quoted(name)}\n", *map(_table, drafts)])


def _table(draft: Draft) -> str:
    lines = ["[[table]]", f"target = {_quoted(draft.target)}", f"file = {_quoted(pattern_of(draft.file))}",
             'optional = true' if draft.target != "opportunity" else ""]
    lines += [f"date_format = [{', '.join(map(_quoted, draft.date_formats))}]"] if draft.date_formats else []
    lines += [f"decimal = {_quoted(draft.decimal)}", f"thousands = {_quoted(draft.thousands)}"]
    lines += ["[table.columns]", *(f"{name} = {_quoted(source)}" for name, source in draft.columns.items()
                                   if name not in draft.values)]
    lines += ["[table.scale]", *(f"{name} = {factor}" for name, factor in draft.scale.items())] if draft.scale else []
    if draft.values:
        lines += ["[table.values]", *(
            f"{name} = {{ from = {_quoted(draft.columns[name])}, map = {{ "
            + ", ".join(f"{_quoted(word)} = {_quoted(ours)}" for word, ours in words.items()) + " } }"
            for name, words in draft.values.items())]
    return "\n".join(filter(None, lines)) + "\n"


def pattern_of(file: str) -> str:
    """The files of next week are called alike, but for numbers and dates.

    >>> pattern_of("deals 2026-01-05.csv"), pattern_of("商机清单.xlsx"), pattern_of("2026Q1_export[1].csv")
    ('deals*.*', '商机清单*.*', '*Q*export[[]*]*.*')
    """
    stem = file.rpartition(".")[0] or file
    plain = re.sub(r"[\[*?]", lambda m: f"[{m[0]}]", stem)
    return re.sub(r"[\s_.(-]*\d[\d\s_.)-]*", "*", plain).rstrip("*") + "*.*"


def _quoted(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in text.replace("\\", "\\\\"))
    return '"' + escaped.replace('"', '\\"') + '"'
