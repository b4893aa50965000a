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
    """How a target is blended from own history and industry (METHOD B14)."""

    industry_weight: float = 30.0
    history_months: int = 12
    amber: float = 0.8
    min_events: int = 5


@dataclass(frozen=True)
class WinRate:
    """How win rates are compared (METHOD B6 to B8). Points are percentage points, 0 to 100."""

    #: strength of a party = need_fit ^ need_weight x closeness ^ closeness_weight, each score at least `floor`
    need_weight: float = 0.5
    closeness_weight: float = 0.5
    floor: float = 1.0
    #: how decisive a lead in strength is: share = strength ^ gamma / sum of all parties
    gamma: float = 2.0
    #: an assessment stands for so many further weeks, marked stale
    carry_weeks: int = 2
    #: the project goes ahead with probability condition_base + condition_span x share of necessary conditions met
    condition_base: float = 0.20
    condition_span: float = 0.75
    #: the control point that must be answered with 1 before a single-source tender counts as one; "" = none needed
    single_source_item: str = "award_mode_known"
    #: volatility = standard deviation of the last changes, from so many on
    volatility_weeks: int = 8
    volatility_minimum: int = 4
    #: what counts as an event
    event_points: float = 10.0
    silent_days: int = 14
    doomed_below: float = 0.3
    doomed_from_stage: int = 6
    #: strategy hint by the ratio of our strength to the top rival's
    frontal_from: float = 1.5
    flanking_from: float = 0.8
    fragment_from: float = 0.5
    #: forecasts are judged by what they said so many days before the close; gamma is refitted from so many closed
    judged_days_before: int = 28
    refit_minimum: int = 100
    #: win rate by stage reached: weight of the parent's rate; fewer closed than this are not shown
    shrinkage: float = 10.0
    shown_minimum: int = 5


#: Weights of activities and of decision roles where the settings name no others (METHOD B2, B5).
ACTIVITY_WEIGHTS = {
    "visit": 1.0, "workshop": 1.0, "company_tour": 1.0, "meeting": 1.0, "meeting_online": 0.7, "call": 0.5,
    "event": 0.5, "message": 0.2, "greeting": 0.2,
}
ROLE_WEIGHTS = {
    "approver": 5.0, "decision_maker": 5.0, "technical_evaluator": 3.0, "procurement": 3.0, "user": 2.0,
    "adviser": 2.0, "coach": 2.0,
}


@dataclass(frozen=True)
class Closeness:
    """How close we are to people and accounts (METHOD B2 to B5, B11). Scores are 0 to 100."""

    #: what one activity is worth, on top of ACTIVITY_WEIGHTS; a kind that neither names is worth `other_activity`
    activities: Mapping[str, float] = field(default_factory=dict)
    other_activity: float = 0.2
    #: kinds of which only one per contact counts within `capped_days` days
    capped: tuple[str, ...] = ("message", "greeting")
    capped_days: int = 7
    #: an activity is worth half as much after so many days
    half_life_days: float = 45.0
    #: days between two touches that we expect, by importance 1 to 5, and for contacts of unknown importance
    cadence_days: tuple[int, ...] = (60, 45, 30, 21, 14)
    unknown_cadence_days: int = 30
    #: "reached" = an activity within so many days
    reached_days: int = 90
    #: what the attitude of a contact counts whose attitude is not known (0 opposes, 1 mentor)
    unknown_attitude: float = 0.25
    #: contacts of this importance or more are key; a department without a target should have so many contacts
    key_importance: int = 3
    target_contacts: int = 2
    #: closeness = depth_weight x depth + breadth_weight x breadth + transparency_weight x transparency
    depth_weight: float = 0.4
    breadth_weight: float = 0.3
    transparency_weight: float = 0.3
    #: transparency = trust_weight x share of key contacts that support us + (1 - trust_weight) x what we know of them
    trust_weight: float = 0.7
    #: lower bounds of the bands contact, trusted, partner
    bands: tuple[int, ...] = (30, 50, 70)
    #: alerts: closeness falls by so many points within so many weeks; an important contact by so many levels
    drop_points: float = 10.0
    drop_weeks: int = 8
    drop_levels: int = 2
    drop_importance: int = 4
    #: one person holds this share of the relationship, or more
    dependence_from: float = 0.8
    #: what a decision role weighs, on top of ROLE_WEIGHTS; a role that neither names, or none, weighs `other_role`
    roles: Mapping[str, float] = field(default_factory=dict)
    other_role: float = 2.0
    #: trust (METHOD B11): kinds that show expertise and kinds in person, within so many days, and how many are full
    trust_days: int = 180
    expert_kinds: tuple[str, ...] = ("workshop", "expert_session", "knowledge_share", "company_tour")
    expert_full: int = 4
    personal_kinds: tuple[str, ...] = ("visit", "workshop", "company_tour", "meeting")
    personal_full: int = 6
    length_months: int = 36
    #: lower bounds of the steps known, trusted, interdependent
    ladder: tuple[int, ...] = (25, 50, 75)

    @cached_property
    def activity_weights(self) -> Mapping[str, float]:
        """Kind of activity -> what it is worth."""
        return {**ACTIVITY_WEIGHTS, **{str(k).lower(): float(v) for k, v in self.activities.items()}}

    @cached_property
    def role_weights(self) -> Mapping[str, float]:
        """Decision role -> its weight."""
        return {**ROLE_WEIGHTS, **{str(k).lower(): float(v) for k, v in self.roles.items()}}


@dataclass(frozen=True)
class Support:
    """How the support line is judged (METHOD B8, B18)."""

    #: a request should be answered within so many hours
    sla_hours: float = 48.0
    #: below this score (0 to 100) an opportunity lacks the necessary conditions
    weak_conditions: float = 40.0
    #: with and without support are compared among opportunities that came at least to this stage of their pipeline
    compared_from_stage: int = 3
    #: a change of response times is looked for within so many quarters, and with so many answers on either side
    quarters: int = 8
    shown_minimum: int = 20


@dataclass(frozen=True)
class Value:
    """What the value board compares with (METHOD B18)."""

    #: the period before it all began, by name ("2024Q4", "2024"); "": the first fiscal year with all its closings
    baseline: str = ""


@dataclass(frozen=True)
class Attention:
    """Whom to look at this week (METHOD B8, B10, B15). By segment; "other" speaks for every segment not named."""

    #: days without a valid activity or an advance until we remind, warn, and suggest to recycle
    idle_days: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: {"SMB": (7, 14, 21), "other": (14, 30, 45)})
    #: no stage limit is shorter than so many days
    stage_days: Mapping[str, int] = field(default_factory=lambda: {"SMB": 30, "other": 60})
    #: a stage limit is so many times the median days that the pipeline, stage and segment took in `history_days` days
    stage_times: float = 2.0
    history_days: int = 730
    #: nor shorter than the age that only this share of what stands in the stage exceeds when inflow and pace are steady
    stage_share: float = 0.2
    #: of these grades nothing is recycled and the stage limit knows no minimum: the manager decides
    kept_grades: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"SMB": ("S",), "other": ("S", "A")})
    #: grade of what carries none, by the amount in base currency that it needs; less is grade C
    grade_amounts: Mapping[str, float] = field(default_factory=lambda: {"S": 10e6, "A": 3e6, "B": 0.5e6})
    #: a pause is respected for so many days
    paused_days: int = 90
    #: stages in which a result is waited for: exempt until the expected close
    tender_stages: tuple[str, ...] = ("bidding",)
    #: presales hours without necessary conditions (support.weak_conditions) are looked at from this stage on
    unconditioned_from_stage: int = 4
    #: control points due before the tender is prepared and before the bid, and the stages from which they are
    early_points: tuple[str, ...] = ("pre_tender_time", "asked_when_budgeting", "asked_when_drafting")
    late_points: tuple[str, ...] = ("award_mode_known", "scoring_known", "award_rule_known")
    early_from_stage: int = 5
    late_from_stage: int = 6
    #: ranking: amount x chance x how many times over the limit, up to `excess_cap`; past due counts in `due_days`
    excess_cap: float = 3.0
    due_days: int = 30
    #: the weekly review pack keeps so many of each team, those with most at stake
    pack_per_team: int = 20

    def of(self, rule: str, segment: str) -> Any:
        """What `rule` (idle_days, stage_days, kept_grades) says for a segment."""
        given = getattr(self, rule)
        return given.get(segment, given["other"])


#: What each group of fields weighs, and from which stage on (number in its pipeline) it is asked for (METHOD B17).
FIELD_WEIGHTS = {"amount": 2.0, "close_date": 2.0, "organisation": 1.0, "key_people": 1.0, "rivals": 1.0,
                 "conditions": 2.0, "chain": 1.0, "questionnaire": 1.0, "assessment": 1.0}
FIELD_STAGES = {"amount": 2, "close_date": 1, "organisation": 2, "key_people": 3, "rivals": 4, "conditions": 3,
                "chain": 4, "questionnaire": 4, "assessment": 4}


@dataclass(frozen=True)
class Quality:
    """How the quality of the data is judged (METHOD B16, B17)."""

    #: on top of FIELD_WEIGHTS and FIELD_STAGES: what a group of fields weighs, from which stage on it is asked for
    weights: Mapping[str, float] = field(default_factory=dict)
    required_from: Mapping[str, int] = field(default_factory=dict)
    #: what people write who do not know (counts half) and who have to write something (counts nothing), in lower case
    unknown_words: tuple[str, ...] = ("unknown", "n/a", "未知", "不详", "不清楚")
    placeholder_words: tuple[str, ...] = ("-", "?", "x", "xx", "xxx", "tbd", "test", "none", "无", "待定", "测试")
    #: names of companies this similar (0 to 1) may be the same; compared in blocks of up to so many
    similarity: float = 0.92
    largest_block: int = 200
    #: an open opportunity in which nothing changed for so many days, and a source this old, are not fresh
    fresh_days: int = 30
    stale_days: int = 35

    @cached_property
    def field_weights(self) -> Mapping[str, float]:
        """Group of fields -> weight."""
        return {**FIELD_WEIGHTS, **{k: float(v) for k, v in self.weights.items()}}

    @cached_property
    def field_stages(self) -> Mapping[str, int]:
        """Group of fields -> first stage that asks for it."""
        return {**FIELD_STAGES, **{k: int(v) for k, v in self.required_from.items()}}


@dataclass(frozen=True)
class Access:
    """What a viewer may see besides the rows."""

    #: the full names of contacts; without it their first characters (METHOD B20)
    show_contact_names: bool = False


@dataclass(frozen=True)
class Settings:
    """Everything that is the organisation's own decision."""

    organisation: Organisation = Organisation()
    segments: tuple[SegmentRule, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    calendar: Calendar = Calendar()
    limits: Import = Import()
    standards: Standards = Standards()
    win_rate: WinRate = WinRate()
    closeness: Closeness = Closeness()
    access: Access = Access()
    attention: Attention = Attention()
    support: Support = Support()
    value: Value = Value()
    quality: Quality = Quality()
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
        raise MvpodError("E_SETTINGS", file=path.name, key="-", found=str(error),
                         expected="a readable UTF-8 file") from error
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
    "win_rate": ("win_rate", WinRate, False),
    "closeness": ("closeness", Closeness, False),
    "access": ("access", Access, False),
    "attention": ("attention", Attention, False),
    "support": ("support", Support, False),
    "value": ("value", Value, False),
    "quality": ("quality", Quality, False),
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


#: values of mappings that are checked here; those of others by the section's own check
_CHECKED: tuple[Any, ...] = (tuple[int, ...], tuple[str, ...], int)


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
            inner = get_args(hint)[1]
            return {k: _value(inner, v, name, f"{where}.{k}") if inner in _CHECKED else v for k, v in value.items()}
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
    _check_win_rate(settings.win_rate, refuse)
    _check_closeness(settings.closeness, refuse)
    _check_attention(settings.attention, refuse)
    _check_limits("support", settings.support, _SUPPORT_LIMITS, refuse)
    _check_quality(settings.quality, refuse)


#: key -> lowest and highest value that make sense
_WIN_RATE_LIMITS = {
    "need_weight": (0, 10), "closeness_weight": (0, 10), "floor": (0.01, 100), "gamma": (0.1, 20),
    "carry_weeks": (0, 52), "condition_base": (0, 1), "condition_span": (0, 1),
    "volatility_weeks": (2, 104), "volatility_minimum": (2, 104),
    "event_points": (0, 100), "silent_days": (1, 3650), "doomed_below": (0, 1), "doomed_from_stage": (1, 100),
    "judged_days_before": (0, 3650), "refit_minimum": (10, 10**6), "shrinkage": (0, 10**6), "shown_minimum": (1, 10**6),
}
_CLOSENESS_LIMITS = {
    "other_activity": (0, 100), "capped_days": (1, 365), "half_life_days": (7, 3650), "unknown_cadence_days": (1, 3650),
    "reached_days": (1, 3650), "unknown_attitude": (0, 1), "key_importance": (1, 5), "target_contacts": (1, 10**6),
    "depth_weight": (0, 1), "breadth_weight": (0, 1), "transparency_weight": (0, 1), "trust_weight": (0, 1),
    "drop_points": (0, 100), "drop_weeks": (1, 104), "drop_levels": (1, 4), "drop_importance": (1, 5),
    "dependence_from": (0, 1), "other_role": (0, 100), "trust_days": (1, 3650), "expert_full": (1, 10**6),
    "personal_full": (1, 10**6), "length_months": (1, 1200),
}

_SUPPORT_LIMITS = {
    "sla_hours": (0, 8760), "weak_conditions": (0, 100), "compared_from_stage": (1, 100), "quarters": (2, 40),
    "shown_minimum": (5, 10**6),
}
_QUALITY_LIMITS = {
    "similarity": (0.5, 1), "largest_block": (2, 10_000), "fresh_days": (1, 3650), "stale_days": (1, 3650),
}


def _check_quality(rules: Quality, refuse: Any) -> None:
    _check_limits("quality", rules, _QUALITY_LIMITS, refuse)
    for name, values, kind in (("weights", rules.weights, (int, float)), ("required_from", rules.required_from, int)):
        for key, value in values.items():
            if key not in FIELD_WEIGHTS:
                refuse(f"quality.{name}.{key}", key, " or ".join(FIELD_WEIGHTS))
            if isinstance(value, bool) or not isinstance(value, kind) or not value >= 0:
                refuse(f"quality.{name}.{key}", value, "a number of at least 0")


def _check_limits(section: str, values: Any, limits: Mapping[str, tuple[float, float]], refuse: Any) -> None:
    for key, (low, high) in limits.items():
        if not low <= getattr(values, key) <= high:
            refuse(f"{section}.{key}", getattr(values, key), f"{low} to {high}")


def _check_win_rate(rules: WinRate, refuse: Any) -> None:
    _check_limits("win_rate", rules, _WIN_RATE_LIMITS, refuse)
    if rules.need_weight + rules.closeness_weight <= 0:
        refuse("win_rate.need_weight", rules.need_weight, "need_weight and closeness_weight together above 0")
    if rules.condition_base + rules.condition_span > 1:
        refuse("win_rate.condition_span", rules.condition_span, "condition_base + condition_span of at most 1")
    if not rules.frontal_from > rules.flanking_from > rules.fragment_from > 0:
        refuse("win_rate.frontal_from", rules.frontal_from, "frontal_from > flanking_from > fragment_from > 0")


def _check_closeness(rules: Closeness, refuse: Any) -> None:
    _check_limits("closeness", rules, _CLOSENESS_LIMITS, refuse)
    parts = rules.depth_weight + rules.breadth_weight + rules.transparency_weight
    if abs(parts - 1) > 1e-9 or rules.depth_weight + rules.breadth_weight <= 0:
        refuse("closeness.depth_weight", parts,
               "depth, breadth and transparency_weight that add to 1, not all in the last")
    if len(rules.cadence_days) != 5 or min(rules.cadence_days) < 1:
        refuse("closeness.cadence_days", list(rules.cadence_days), "five numbers of days, for importance 1 to 5")
    for key in ("bands", "ladder"):
        steps = getattr(rules, key)
        if len(steps) != 3 or not 0 < steps[0] < steps[1] < steps[2] < 100:
            refuse(f"closeness.{key}", list(steps), "three rising numbers between 0 and 100")
    for key in ("activities", "roles"):
        for name, value in getattr(rules, key).items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
                refuse(f"closeness.{key}.{name}", value, "0 to 100")


_ATTENTION_LIMITS = {
    "stage_times": (0.1, 100), "stage_share": (0.01, 1), "pack_per_team": (1, 1000), "history_days": (30, 36500),
    "paused_days": (0, 3650),
    "unconditioned_from_stage": (1, 100),
    "early_from_stage": (1, 100), "late_from_stage": (1, 100), "excess_cap": (1, 1000),
    "due_days": (1, 3650),
}


def _check_attention(rules: Attention, refuse: Any) -> None:
    _check_limits("attention", rules, _ATTENTION_LIMITS, refuse)
    for key in ("idle_days", "stage_days", "kept_grades"):
        if "other" not in getattr(rules, key):
            refuse(f"attention.{key}", sorted(getattr(rules, key)), "a key other")
    for segment, steps in rules.idle_days.items():
        if len(steps) != 3 or not 0 < steps[0] <= steps[1] <= steps[2]:
            refuse(f"attention.idle_days.{segment}", list(steps), "three rising numbers of days")
    for segment, days in rules.stage_days.items():
        if not 0 <= days <= 36500:
            refuse(f"attention.stage_days.{segment}", days, "0 to 36500")
    amounts = list(rules.grade_amounts.values())
    if not amounts or min(amounts) < 0 or amounts != sorted(amounts, reverse=True):
        refuse("attention.grade_amounts", dict(rules.grade_amounts), "falling amounts, the highest grade first")


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
