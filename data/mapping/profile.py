"""A profile: how one CRM's export maps to the canonical tables, as data (docs/profiles.md).

Profiles are TOML files. Unknown keys are refused with the nearest known one, because a misspelt key that is
silently ignored loads wrong rows. Source columns are found in any case and spelling of blanks and underscores.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.errors import MvpodError, nearest
from data.mapping.table_spec import IDS, TARGETS, Lookup, TableSpec, ValueMap
from data.sections import merged_sections, sections
from data.settings import Settings, parse_settings

BUILT_IN = Path(__file__).parent.parent / "profiles"
DUPLICATES = ("error", "first", "last")
_TABLE_KEYS = (
    "target", "file", "optional", "date_format", "timezone", "decimal", "thousands", "duplicates", "where", "columns",
    "constants", "values", "replace", "scale", "prefixes", "lists", "ids", "unpivot", "list", "lookup",
)


@dataclass(frozen=True)
class Profile:
    """A named list of tables, and what the profile brings for a new store. `cannot` names a note (data/messages) that
    says what this system's exports do not carry."""

    name: str
    tables: tuple[TableSpec, ...]
    cannot: str = ""
    settings_text: str = ""
    text: str = field(default="", repr=False, compare=False)

    @cached_property
    def identity(self) -> str:
        """Name and content: the same file under a changed profile is another import."""
        return f"{self.name}@{sha256(self.text.encode()).hexdigest()[:12]}"

    def settings(self, fallback: str) -> Settings:
        """Settings for a new store: the profile's own sections, the others from the TOML text `fallback`."""
        return parse_settings(merged_sections(fallback, self.settings_text), f"profile {self.name}")


def load_profile(name_or_path: str | Path, saved: Sequence[str] = ()) -> Profile:
    """A built-in profile by name, or one from a TOML file. E_PROFILE_UNKNOWN (with these names and
    the `saved` ones), E_PROFILE, E_PROFILE_KEY."""
    text = str(name_or_path)
    if text in builtin_profiles():
        return _built_in(text)
    path = Path(text)
    if path.suffix != ".toml" and not path.exists():
        known = [*builtin_profiles(), *saved]
        raise MvpodError("E_PROFILE_UNKNOWN", found=text, known=known, hint=nearest(text, known))
    try:
        return parse_profile(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise MvpodError("E_PROFILE", profile=path.name, key="-", found=str(error), expected="a UTF-8 file") from error


def builtin_profiles() -> list[str]:
    """Names of the profiles that come with the project."""
    return sorted(p.stem for p in BUILT_IN.glob("*.toml"))


@cache
def _built_in(name: str) -> Profile:
    return parse_profile((BUILT_IN / f"{name}.toml").read_text(encoding="utf-8"), name)


def parse_profile(text: str, name: str) -> Profile:
    """A profile from TOML text; MvpodError E_PROFILE or E_PROFILE_KEY names the place."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MvpodError("E_PROFILE", profile=name, key="-", found=str(error), expected="valid TOML") from error
    name = raw.get("name", name)
    _known(raw, ("name", "table", "settings", "cannot"), name, "")
    items = raw.get("table", [])
    if not isinstance(items, list) or not items:
        raise MvpodError("E_PROFILE", profile=name, key="table", found="nothing", expected="at least one [[table]]")
    tables = tuple(_table(item, name, f"table[{i}]") for i, item in enumerate(items, start=1))
    lists = {spec.list for spec in tables}
    for i, spec in enumerate(tables, start=1):
        for key, lookup in spec.lookup.items():
            if lookup.list not in lists:
                raise MvpodError("E_PROFILE", profile=name, key=f"table[{i}].lookup.{key}", found=repr(lookup.list),
                                 expected="the list of a [[table]] with target lookup")
    return Profile(name, tables, raw.get("cannot", ""), _settings_text(text, raw.get("settings"), name), text)


def _known(raw: Mapping[str, Any], known: Sequence[str], profile: str, where: str) -> None:
    for key in raw:
        if key not in known:
            raise MvpodError("E_PROFILE_KEY", profile=profile, key=f"{where}.{key}" if where else key,
                             known=list(known), hint=nearest(key, list(known)))


def _table(raw: Mapping[str, Any], profile: str, where: str) -> TableSpec:
    _known(raw, _TABLE_KEYS, profile, where)

    def refuse(key: str, found: Any, expected: str) -> MvpodError:
        return MvpodError("E_PROFILE", profile=profile, key=f"{where}.{key}", found=repr(found), expected=expected)

    target = raw.get("target")
    if target not in TARGETS:
        raise refuse("target", target, f"one of {', '.join(TARGETS)}")
    files = _texts(raw.get("file"))
    if not files:
        raise refuse("file", raw.get("file"), 'a file pattern such as "deals*.csv"')
    spec = TableSpec(
        target=target, files=files, optional=bool(raw.get("optional", False)),
        columns=_columns(raw, target, refuse),
        date_formats=_texts(raw.get("date_format")), timezone=raw.get("timezone"),
        decimal=raw.get("decimal", "."), thousands=raw.get("thousands", ""), duplicates=raw.get("duplicates", "error"),
        where={k: _texts(v) for k, v in _section(raw, "where", refuse).items()},
        constants={k: _text(v) for k, v in _section(raw, "constants", refuse).items()},
        values={k: _value_map(v, k, refuse) for k, v in _section(raw, "values", refuse).items()},
        replace={k: _string_map(v, f"replace.{k}", refuse) for k, v in _section(raw, "replace", refuse).items()},
        scale=_section(raw, "scale", refuse), prefixes=_string_map(raw.get("prefixes", {}), "prefixes", refuse),
        lists=_string_map(raw.get("lists", {}), "lists", refuse),
        ids=raw.get("ids", "text"), unpivot=_string_map(raw.get("unpivot", {}), "unpivot", refuse),
        list=raw.get("list", ""),
        lookup={k: _lookup(v, k, refuse) for k, v in _section(raw, "lookup", refuse).items()})
    _check(spec, refuse)
    return spec


def _columns(raw: Mapping[str, Any], target: str, refuse: Any) -> dict[str, tuple[str, ...]]:
    """The `columns` section; without one, every canonical column goes by its own name."""
    if "columns" in raw:
        return {k: _texts(v) for k, v in _section(raw, "columns", refuse).items()}
    own = [*TARGETS[target].names, *(["snapshot_date"] if TARGETS[target].kind == "state" else [])]
    return {name: (name,) for name in own}


def _section(raw: Mapping[str, Any], key: str, refuse: Any) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, Mapping):
        raise refuse(key, value, "a table of keys")
    return dict(value)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(_text(v) for v in value) if isinstance(value, list) else (_text(value),)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _string_map(value: Any, key: str, refuse: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise refuse(key, value, "a table of texts")
    return {str(k): _text(v) for k, v in value.items()}


def _value_map(raw: Any, column: str, refuse: Any) -> ValueMap:
    if not isinstance(raw, Mapping) or "from" not in raw:
        raise refuse(f"values.{column}", raw, 'from = "Source column", map = { old = "new" }')
    if unknown := set(raw) - {"from", "map", "default"}:
        raise refuse(f"values.{column}", sorted(unknown), "only from, map and default")
    default = raw.get("default")
    mapping = _string_map(raw.get("map", {}), f"values.{column}.map", refuse)
    sources = raw["from"] if isinstance(raw["from"], list) else [raw["from"]]
    return ValueMap(tuple(map(_texts, sources)), {k.strip().lower(): v for k, v in mapping.items()},
                    None if default is None else _text(default))


def _lookup(raw: Any, column: str, refuse: Any) -> Lookup:
    if not isinstance(raw, Mapping) or {"list", "from"} != set(raw) - {"keep"}:
        raise refuse(f"lookup.{column}", raw, 'list = "name of a list", from = "Source column", keep = true | false')
    return Lookup(_text(raw["list"]), _texts(raw["from"]), raw.get("keep", True) is True)


def _check(spec: TableSpec, refuse: Any) -> None:
    """What types cannot say: canonical names, number format, zone, and columns that only fit some targets."""
    names = spec.table.names
    importable = [*names, "snapshot_date"] if spec.table.kind == "state" else names
    for section in ("columns", "constants", "values", "scale", "prefixes", "lists"):
        for column in getattr(spec, section):
            if column not in importable:
                raise refuse(f"{section}.{column}", column, f"a column of {spec.target}; nearest: "
                             f"{nearest(column, importable) or ', '.join(importable)}")
    for column, factor in spec.scale.items():
        numeric = column in names and spec.table.column(column).type in ("money", "number", "integer")
        if type(factor) not in (int, float) or not factor > 0 or not numeric:
            raise refuse(f"scale.{column}", factor, "a factor above 0 for a column of numbers")
    marks = (spec.decimal, spec.thousands)
    if marks[0] not in (".", ",") or marks[1] not in ("", ".", ",", " ", "'", "_") or marks[0] == marks[1]:
        raise refuse("decimal", marks, "two different marks out of . and , (thousands also ' _ or a blank)")
    if spec.duplicates not in DUPLICATES:
        raise refuse("duplicates", spec.duplicates, " | ".join(DUPLICATES))
    if spec.ids not in IDS:
        raise refuse("ids", spec.ids, " | ".join(IDS))
    if (spec.target == "lookup") != bool(spec.list):
        raise refuse("list", spec.list, "a name for the target lookup, and for no other")
    if spec.unpivot and spec.target != "stage_change":
        raise refuse("unpivot", spec.target, "the target stage_change")
    _check_zone(spec, refuse)
    missing = [c.name for c in spec.table.columns if c.required and c.name not in spec.fed()]
    if missing:
        raise refuse("columns", "nothing", f"a source for the required column {', '.join(missing)}")


def _check_zone(spec: TableSpec, refuse: Any) -> None:
    if spec.timezone is not None:
        try:
            ZoneInfo(spec.timezone)
        except Exception as error:  # zoneinfo raises several kinds for bad names
            raise refuse("timezone", spec.timezone, "an IANA time zone such as Asia/Shanghai") from error


def _settings_text(text: str, settings: Any, name: str) -> str:
    """The [settings.…] part of a profile as the text of a mvpod.toml."""
    if settings is None:
        return ""
    lines = re.sub(r"(?m)^(\s*\[\[?)\s*settings\.", r"\1SETTINGS_", text)
    own = [part for key, part in sections(lines).items() if key.startswith("SETTINGS_")]
    out = "\n".join(own).replace("SETTINGS_", "")
    if tomllib.loads(out) != settings:
        raise MvpodError("E_PROFILE", profile=name, key="settings", found="an unusual layout",
                         expected="sections that start with [settings.…] on a line of their own")
    parse_settings(out, f"profile {name}")
    return out
