"""Pipelines out of an export: its stages in order, won and lost told by what the export says of them.

A suggestion, never a decision: an import with stages that the settings do not know is refused with it, and puts it in
force only where it is told to (`accept_stages`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import pandas as pd
import pyarrow as pa

from data.contracts import CLOSING_KINDS
from data.enrich import conform
from data.errors import LANGUAGES
from data.mapping.stages import Stages, guessed_kind
from data.notes import Said
from data.sections import merged_sections
from data.settings import Pipeline, Settings, Stage, parse_settings

_END = {"won": Stage("won", {"en": "Won", "zh": "赢单"}, kind="won", probability=1.0),
        "lost": Stage("lost", {"en": "Lost", "zh": "输单"}, kind="lost", probability=0.0)}
#: What stands for an empty status where others are told: some exports name only the closed ones.
NOT_CLOSED = "not closed"
_ONLY = Pipeline("sales", {"en": "Sales", "zh": "销售"})


@dataclass
class Seen:
    """What an export says of one stage of one pipeline. `position`: its place where the export lists the stages;
    `place`: where events put it on the way, 0 (first) to 1 (last); `chance`: probability of what
    stands in it, `share`: of all that is in it, closed ones included."""

    name: str
    alias: str | None = None
    position: float | None = None
    place: float | None = None
    chance: float | None = None
    share: float | None = None
    is_won: bool | None = None
    is_closed: bool | None = None
    statuses: set[str] = field(default_factory=set)


def suggested(tables: Mapping[str, pa.Table], stage_list: Sequence[pa.Table], settings: Settings, *, is_new: bool,
              con: duckdb.DuckDBPyConnection) -> Settings:
    """Settings whose pipelines have every stage of an export.

    `tables`: checked rows of `opportunity` and `stage_change` under the names of the export; `stage_list`: where the
    export lists its stages (`table_spec.HELPERS["stage"]`). `is_new`: the pipelines are those of the export, unless it
    lists no stages and the settings know half of them; otherwise those of the settings stay, and what they lack is put
    where it belongs.
    """
    seen = {name: list(of.values()) for name, of in _seen(tables, stage_list, con).items()}
    stages = Stages(settings)
    known = sum(stages.find(name, s.name)[1] is not None for name, of in seen.items() for s in of)
    is_new = is_new and (bool(stage_list) or 2 * known < sum(map(len, seen.values())))
    found = [_pipeline(name, of, stages, is_new=is_new) for name, of in seen.items()]
    if not is_new:
        changed = {p.key: p for p in found}
        found = [changed.pop(p.key, p) for p in settings.pipelines] + list(changed.values())
    return parse_settings(merged_sections(settings.text, "\n".join(map(pipeline_text, found))))


def in_words(settings: Settings, between: str = "\n") -> Said:
    """The pipelines one after the other: their stages in order, and of what kind those are that close. A stage is
    called as the settings call it in either language, a new one as the export does."""
    return Said(*(between.join(_in_words(p, lang) for p in settings.pipelines) for lang in LANGUAGES))


def _in_words(pipeline: Pipeline, lang: str) -> str:
    colon, kinds = ("：", _KINDS) if lang == "zh" else (": ", {kind: f" ({kind})" for kind in _KINDS})
    stages = [_shown(s, lang) + kinds.get(s.kind, "") for s in pipeline.stages]
    return f"{_shown(pipeline, lang)}{colon}" + " → ".join(stages)


#: What a stage's kind is called in Chinese; in English its key is a word. Of an open one nothing is said.
_KINDS = {"won": "（赢单）", "lost": "（输单）", "no_decision": "（未决策）", "void": "（作废）",
          "paused": "（暂停）", "future": "（延后）"}


def _shown(thing: Pipeline | Stage, lang: str) -> str:
    return thing.label.get(lang) or thing.key


def _seen(tables: Mapping[str, pa.Table], stage_list: Sequence[pa.Table],
          con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Seen]]:
    """Pipeline -> stage (both in small letters) -> what is known of it."""
    seen: dict[str, dict[str, Seen]] = {}
    names: dict[str, str] = {}
    for row in (r for t in stage_list for r in t.to_pylist()):
        of = seen.setdefault(row["pipeline"] or "", {})
        of[row["stage"].casefold()] = Seen(row["stage"], row["alias"], row["position"], chance=row["probability"],
                                           is_won=row["is_won"], is_closed=row["is_closed"])
        names |= {row["alias"].casefold(): row["stage"].casefold()} if row["alias"] else {}
    for row in _counted(tables, con).to_dict("records"):
        pipeline = row["pipeline"] or ""
        if pipeline not in seen and not pipeline and len(seen) == 1:
            pipeline = next(iter(seen))
        key = names.get(row["stage"].casefold(), row["stage"].casefold())
        stage = seen.setdefault(pipeline, {}).setdefault(key, Seen(row["stage"]))
        stage.statuses |= set(row["statuses"])
        stage.share = row["share"] if pd.notna(row["share"]) else None
        stage.place = row["place"] if stage.place is None and pd.notna(row["place"]) else stage.place
        stage.chance = row["chance"] if stage.chance is None and pd.notna(row["chance"]) else stage.chance
    if len(seen) > 1 and (shared := seen.pop("", None)):  # stages of no pipeline are those of all that have them
        anywhere = {key for of in seen.values() for key in of}
        for of in seen.values():
            for key, stage in shared.items():
                if key in of:
                    of[key] = replace(of[key], alias=stage.alias, position=stage.position, is_won=stage.is_won,
                                      is_closed=stage.is_closed, chance=of[key].chance or stage.chance)
                elif key not in anywhere and stage.statuses:
                    of[key] = stage
    return seen


_COUNTED = """
WITH o AS (SELECT opportunity_id, coalesce(pipeline, '') AS pipeline, stage, probability,
                  CASE WHEN count(status) OVER () > 0 THEN coalesce(status, 'not closed') END AS status
           FROM said_opportunity
           QUALIFY row_number() OVER (PARTITION BY opportunity_id ORDER BY snapshot_date DESC) = 1),
numbered AS (
    SELECT *, row_number() OVER w AS i, count(*) OVER (PARTITION BY opportunity_id) AS n FROM said_change
    WINDOW w AS (PARTITION BY opportunity_id ORDER BY changed_at, file_order)),
moved AS (
    SELECT opportunity_id, to_stage AS stage, (i - 0.5) / n AS place FROM numbered
    UNION ALL SELECT opportunity_id, from_stage, (i - 1.5) / n FROM numbered WHERE from_stage IS NOT NULL),
told AS (
    SELECT pipeline, stage, status, probability, NULL::DOUBLE AS place FROM o
    UNION ALL SELECT o.pipeline, m.stage, NULL, NULL, m.place FROM moved m LEFT JOIN o USING (opportunity_id))
SELECT coalesce(pipeline, '') AS pipeline, stage, avg(place) AS place, count(*) AS rows, avg(probability) AS share,
       avg(probability) FILTER (coalesce(status, 'open') NOT IN ('won', 'lost')) AS chance,
       coalesce(list(DISTINCT status) FILTER (status IS NOT NULL), []) AS statuses
FROM told WHERE stage IS NOT NULL GROUP BY ALL ORDER BY 1, rows DESC, 2
"""


def _counted(tables: Mapping[str, pa.Table], con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    for name, target in (("said_opportunity", "opportunity"), ("said_change", "stage_change")):
        con.register(name, conform(tables[target] if target in tables else pa.table({}), target))
    try:
        return con.sql(_COUNTED).df()
    finally:
        con.unregister("said_opportunity")
        con.unregister("said_change")


def _pipeline(name: str, seen: list[Seen], stages: Stages, *, is_new: bool) -> Pipeline:
    """A pipeline of the export: the stages that the settings know keep their keys and labels."""
    known = stages.pipeline(name) if name else _nearest(seen, stages, is_new=is_new)
    own = _by_name(known)
    if not name and not is_new:  # which of our pipelines a row goes through is decided later: elsewhere is known too
        seen = [s for s in seen if s.name.casefold() in own or stages.find(None, s.name)[1] is None]
    # where one stage holds both won and lost, or open and closed ones, closing is no matter of stages here
    is_apart = any(len(s.statuses & {"open", NOT_CLOSED, "won", "lost"}) > 1 for s in seen)
    made: dict[str, Stage] = {}
    for each in sorted(seen, key=_order(seen)):
        stage = own.get(each.name.casefold()) or own.get((each.alias or "").casefold())
        stage = stage or _stage(each, is_apart, stages)
        twin = made.get(stage.key)  # names that differ in nothing but blanks and marks
        made[stage.key] = replace(twin, aliases=(*twin.aliases, each.name)) if twin and twin != stage else stage
    ordered = _placed(list(known.stages), list(made.values())) if known and not is_new else list(made.values())
    ours = known or (Pipeline(_key(name), {"en": name, "zh": name}) if name else _ONLY)
    return replace(ours, stages=_ended(ordered, own))


def _by_name(pipeline: Pipeline | None) -> dict[str, Stage]:
    return {n.casefold(): s for s in (pipeline.stages if pipeline else ())
            for n in (s.key, *s.label.values(), *s.aliases)}


def _nearest(seen: list[Seen], stages: Stages, *, is_new: bool) -> Pipeline | None:
    """The pipeline of the settings for an export that names none: the one that knows most of its stages."""
    pipelines = stages.settings.pipelines
    if is_new and len(pipelines) != 1:
        return None
    return max(pipelines, key=lambda p: sum(s.name.casefold() in _by_name(p) for s in seen), default=None)


def _ended(stages: list[Stage], own: Mapping[str, Stage]) -> tuple[Stage, ...]:
    """The open stages, then the closing ones; won and lost are added where none is, because a status may tell them."""
    open_, closing = ([s for s in stages if (s.kind in CLOSING_KINDS) is is_end] for is_end in (False, True))
    taken = {name for s in stages for name in _by_name(Pipeline("", stages=(s,)))}
    for kind, end in _END.items():
        mine = next((s for s in own.values() if s.kind == kind), end)
        if not any(s.kind == kind for s in closing) and not taken & set(_by_name(Pipeline("", stages=(mine,)))):
            closing.append(mine)
    return (*open_, *sorted(closing, key=lambda s: CLOSING_KINDS.index(s.kind)))


def _order(seen: list[Seen]) -> Callable[[Seen], tuple[float, float, float]]:
    """How stages are put in order: as the export lists them, else by the number before their names, else by the chance
    of what stands in them, else by the way that opportunities took."""
    numbers = {s.name: re.match(r"\s*(\d+)", s.name) for s in seen}
    by_number = sum(m is not None for m in numbers.values()) > len(seen) / 2
    by_chance = len({s.chance for s in seen if s.chance is not None}) > len(seen) / 2

    def rank(stage: Seen) -> tuple[float, float, float]:
        number = numbers[stage.name]
        place = 0.5 if stage.place is None else stage.place
        inner = float(number[1]) if by_number and number else (
            stage.chance if by_chance and stage.chance is not None else place)
        return (float("inf") if stage.position is None else stage.position, inner, place)
    return rank


def _stage(seen: Seen, is_apart: bool, stages: Stages) -> Stage:
    """A stage that its pipeline does not know yet; one that another pipeline knows lends its key and labels."""
    kind = _kind(seen, is_apart)
    if seen.name.casefold() == kind and kind in _END:  # the word of a status, not the name of a stage
        return _END[kind]
    key = stages.find(None, seen.name)[1]
    twin = next((s for p in stages.settings.pipelines for s in p.stages if s.key == key), None) if key else None
    chance = {"won": 1.0, "lost": 0.0}.get(kind, seen.chance if seen.position is not None or not is_apart else None)
    label = dict(twin.label) if twin and seen.name in twin.label.values() else {"en": seen.name, "zh": seen.name}
    alias = (seen.alias,) if seen.alias and seen.alias.casefold() not in {n.casefold() for n in label.values()} else ()
    key = twin.key if twin and twin.kind == kind else _key(seen.name)
    return Stage(key, label, alias, kind, None if chance is None else round(chance, 2))


def _kind(seen: Seen, is_apart: bool) -> str:
    """What the export's own list says, else that what is open is open, else the words of the name, else what became
    of all that stands in the stage, if its probability agrees."""
    guess = guessed_kind(seen.name)
    if seen.is_won or (seen.is_closed and guess == "won" and seen.is_won is None):
        return "won"
    if seen.is_closed:
        return guess if guess in CLOSING_KINDS and guess != "won" else "lost"
    if seen.is_closed is not None or (seen.is_won is not None and guess == "won"):
        return "open"
    is_sure = seen.chance is None or seen.chance == {"won": 1.0}.get(guess, 0.0)
    if "open" in seen.statuses or (NOT_CLOSED in seen.statuses and not is_sure):
        return "open"
    if guess != "open":
        return guess
    only = next(iter(seen.statuses)) if len(seen.statuses) == 1 and not is_apart and seen.position is None else "open"
    return only if seen.share == {"won": 1.0, "lost": 0.0}.get(only, -1.0) else "open"


def _placed(ours: list[Stage], theirs: list[Stage]) -> list[Stage]:
    """Our stages with those of theirs that we lack, each after the one it follows there."""
    place = 0
    for stage in theirs:
        keys = [s.key for s in ours]
        if stage.key in keys:
            place = keys.index(stage.key) + 1
        else:
            ours.insert(place, stage)
            place += 1
    return ours


def _key(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split()) or "stage"


def pipeline_text(pipeline: Pipeline) -> str:
    """A pipeline as the lines of a mvpod.toml."""
    lines = ["[[pipeline]]", f"key = {_quoted(pipeline.key)}", f"label = {_labels(pipeline.label)}"]
    lines += [f"segments = {_texts(pipeline.segments)}"] if pipeline.segments else []
    for stage in pipeline.stages:
        lines += ["[[pipeline.stage]]", f"key = {_quoted(stage.key)}", f"label = {_labels(stage.label)}"]
        lines += [f"aliases = {_texts(stage.aliases)}"] if stage.aliases else []
        lines += [f'kind = "{stage.kind}"'] if stage.kind != "open" else []
        lines += [f"probability = {stage.probability}"] if stage.probability is not None else []
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{_quoted(lang)} = {_quoted(text)}" for lang, text in labels.items()) + " }"


def _texts(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"


def _quoted(text: str) -> str:
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in text.replace("\\", "\\\\"))
    return '"' + escaped.replace('"', '\\"') + '"'
