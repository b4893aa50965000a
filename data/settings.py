"""The organisation's own settings, `mvpod.toml`, as frozen values that are handed on as parameters.

Unknown keys are refused with the nearest known name: a misspelt threshold that is silently ignored would
make every number that depends on it wrong. Every key is documented in docs/settings.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data.contracts import CLOSING_KINDS, STAGE_KINDS
from data.errors import LANGUAGES, MvpodError, nearest


@dataclass(frozen=True)
class Organisation:
    """Who we are: name, money, time, language."""

    name: str = ""
    base_currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    fiscal_year_start: int = 1
    language: str = "en"
    #: how many units of the base currency one unit of a foreign currency is worth
    rates: Mapping[str, float] = field(default_factory=dict)
    #: said of data that are not real; shown on every page and in every export
    notice: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SegmentRule:
    """An account belongs to segment `key` when all conditions of `when` hold; the first rule that fits wins.

    Conditions: `annual_revenue_min`, `employees_min` (numbers), `tier`, `industry`, `ownership`, `region`
    (lists of values). No condition at all fits every account.
    """

    key: str
    label: Mapping[str, str] = field(default_factory=dict)
    when: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One stage of a pipeline. `aliases` are the names under which exports know it."""

    key: str
    label: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    kind: str = "open"
    probability: float | None = None


@dataclass(frozen=True)
class Pipeline:
    """An ordered list of stages. `segments` name the customer types that go through it, where it is known."""

    key: str
    label: Mapping[str, str] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    segments: tuple[str, ...] = ()

    @cached_property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages an opportunity works through, in order."""
        return tuple(s for s in self.stages if s.kind not in CLOSING_KINDS)

    def order(self, stage: str) -> int:
        """Position of a stage, from 1; closing stages come after all others."""
        return [s.key for s in self.stages].index(stage) + 1


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `base` "china" knows China's public holidays and make-up workdays."""

    base: str = "weekends"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


@dataclass(frozen=True)
class Import:
    """Limits of an import."""

    reject_share: float = 0.05
    shrink_share: float = 0.40
    max_file_mb: int = 4096
    max_columns: int = 1000
    max_cell_chars: int = 100_000


@dataclass(frozen=True)
class Standards:
    """How a target is blended from own history and industry (DOMAIN B14)."""

    industry_weight: float = 30.0
    history_months: int = 12
    amber: float = 0.8
    min_events: int = 5


@dataclass(frozen=True)
class Settings:
    """Everything that is the organisation's own decision."""

    organisation: Organisation = Organisation()
    segments: tuple[SegmentRule, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    calendar: Calendar = Calendar()
    limits: Import = Import()
    standards: Standards = Standards()
    #: the text it was read from, recorded with each load
    text: str = field(default="", compare=False, repr=False)

    def pipeline(self, key: str) -> Pipeline:
        """The pipeline called `key`; MvpodError E_PIPELINE if there is none."""
        for pipeline in self.pipelines:
            if pipeline.key == key:
                return pipeline
        keys = [p.key for p in self.pipelines]
        raise MvpodError("E_PIPELINE", found=key, known=keys, hint=nearest(key, keys))

    @cached_property
    def segment_keys(self) -> tuple[str, ...]:
        """Segment keys in the order of the rules."""
        return tuple(dict.fromkeys(rule.key for rule in self.segments))

    def stage_label(self, pipeline: str, stage: str, lang: str) -> str:
        """What a stage is called in `lang`; its key where no label is given or the pipeline is unknown."""
        for p in self.pipelines:
            if p.key == pipeline:
                for s in p.stages:
                    if s.key == stage:
                        return s.label.get(lang) or s.label.get("en") or s.key
        return stage


def read_settings(path: Path) -> Settings:
    """Settings from a TOML file; MvpodError E_SETTINGS names file, key, what was found and what is expected."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MvpodError("E_SETTINGS", file=path.name, key="-", found=str(error), expected="a readable UTF-8 file") from error
    return parse_settings(text, path.name)


def parse_settings(text: str, name: str = "mvpod.toml") -> Settings:
    """Settings from TOML text (see `read_settings`)."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MvpodError("E_SETTINGS", file=name, key="-", found=str(error), expected="valid TOML") from error
    return settings_from(raw, text, name)


#: section in the file -> field of Settings, its class, and whether the section is an array of tables
_SECTIONS: dict[str, tuple[str, type, bool]] = {
    "organisation": ("organisation", Organisation, False),
    "segment": ("segments", SegmentRule, True),
    "pipeline": ("pipelines", Pipeline, True),
    "calendar": ("calendar", Calendar, False),
    "import": ("limits", Import, False),
    "standards": ("standards", Standards, False),
}


def settings_from(raw: Mapping[str, Any], text: str, name: str) -> Settings:
    """Settings from parsed TOML; what a built-in profile brings goes through the same door as a file."""
    _refuse_unknown(raw, list(_SECTIONS), name, "")
    values: dict[str, Any] = {"text": text}
    for section, (target, cls, many) in _SECTIONS.items():
        if section not in raw:
            continue
        content = raw[section]
        if isinstance(content, list) is not many:
            raise MvpodError("E_SETTINGS", file=name, key=section, found=type(content).__name__,
                             expected=f"[[{section}]]" if many else f"[{section}]")
        build = [_build(cls, item, name, f"{section}[{i + 1}]") for i, item in enumerate(content)] if many else None
        values[target] = tuple(build) if build is not None else _build(cls, content, name, section)
    settings = Settings(**values)
    _check(settings, name)
    return settings


def _refuse_unknown(raw: Mapping[str, Any], known: list[str], name: str, where: str) -> None:
    for key in raw:
        if key not in known:
            raise MvpodError("E_SETTINGS_KEY", file=name, key=f"{where}.{key}" if where else key,
                             known=known, hint=nearest(key, known))


def _build(cls: type, raw: Any, name: str, where: str) -> Any:
    if not isinstance(raw, Mapping):
        raise MvpodError("E_SETTINGS", file=name, key=where, found=repr(raw), expected="a table of keys")
    raw = dict(raw)
    if cls is Pipeline and "stage" in raw:
        raw["stages"] = raw.pop("stage")
    known = [f.name for f in fields(cls)]
    _refuse_unknown(raw, ["stage" if k == "stages" else k for k in known] + ["stages"] * (cls is Pipeline), name, where)
    hints = get_type_hints(cls)
    for f in fields(cls):
        if f.name not in raw and f.default is MISSING and f.default_factory is MISSING:
            raise MvpodError("E_SETTINGS", file=name, key=f"{where}.{f.name}", found="nothing", expected="a value")
    return cls(**{key: _value(hints[key], value, name, f"{where}.{key}") for key, value in raw.items()})


def _value(hint: Any, value: Any, name: str, where: str) -> Any:
    """`value` as the type that the field declares; a wrong type is an error, not a conversion."""
    if hint == tuple[Stage, ...]:
        return tuple(_build(Stage, item, name, f"{where}[{i + 1}]") for i, item in enumerate(value))
    origin = getattr(hint, "__origin__", None)
    if origin is tuple:
        inner = get_args(hint)[0]
        if isinstance(value, list) and all(type(v) is inner for v in value):
            return tuple(value)
        raise MvpodError("E_SETTINGS", file=name, key=where, found=repr(value), expected=f"a list of {inner.__name__}")
    if origin is not None and issubclass(origin, Mapping):
        if isinstance(value, Mapping):
            return dict(value)
        raise MvpodError("E_SETTINGS", file=name, key=where, found=repr(value), expected="a table of keys")
    wanted = tuple(a for a in get_args(hint) or (hint,) if a is not type(None))
    if float in wanted and type(value) is int:
        return float(value)
    if type(value) in wanted:
        return value
    raise MvpodError("E_SETTINGS", file=name, key=where, found=repr(value),
                     expected=" or ".join(t.__name__ for t in wanted))


def _check(settings: Settings, name: str) -> None:
    """What a type cannot say: known zone, sane months and rates, no stage or key twice."""
    organisation = settings.organisation

    def refuse(key: str, found: Any, expected: str) -> None:
        raise MvpodError("E_SETTINGS", file=name, key=key, found=repr(found), expected=expected)

    try:
        ZoneInfo(organisation.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        refuse("organisation.timezone", organisation.timezone, "an IANA time zone such as Asia/Shanghai")
    if not 1 <= organisation.fiscal_year_start <= 12:
        refuse("organisation.fiscal_year_start", organisation.fiscal_year_start, "a month, 1 to 12")
    if organisation.language not in LANGUAGES:
        refuse("organisation.language", organisation.language, " or ".join(LANGUAGES))
    for currency, rate in organisation.rates.items():
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not rate > 0:
            refuse(f"organisation.rates.{currency}", rate, "a number above 0")
    if settings.calendar.base not in ("weekends", "china"):
        refuse("calendar.base", settings.calendar.base, "weekends or china")
    keys = [p.key for p in settings.pipelines]
    for key in keys:
        if keys.count(key) > 1:
            refuse("pipeline.key", key, "each pipeline once")
    for pipeline in settings.pipelines:
        _check_stages(pipeline, refuse)


def _check_stages(pipeline: Pipeline, refuse: Any) -> None:
    where = f"pipeline {pipeline.key}"
    if not pipeline.stages:
        refuse(where, "no stages", "at least one [[pipeline.stage]]")
    seen: dict[str, str] = {}
    for stage in pipeline.stages:
        if stage.kind not in STAGE_KINDS:
            refuse(f"{where}.{stage.key}.kind", stage.kind, " | ".join(STAGE_KINDS))
        if stage.probability is not None and not 0 <= stage.probability <= 1:
            refuse(f"{where}.{stage.key}.probability", stage.probability, "0 to 1")
        for word in {stage.key, *stage.aliases, *stage.label.values()}:
            if seen.setdefault(word.casefold(), stage.key) != stage.key:
                refuse(f"{where}.{stage.key}", word, f"a name that {seen[word.casefold()]} does not have already")
    if [s.key for s in pipeline.stages] != list(dict.fromkeys(s.key for s in pipeline.stages)):
        refuse(where, [s.key for s in pipeline.stages], "each stage once")
