"""Stage names of an export as stage keys of the settings, and what a stage says of the status.

A name is a stage's key, label or alias, in any case. The pipeline is the one that the row names, else the one that
the opportunity is known to be in, else the only one that has this stage. Where several have it under the same key
(every pipeline has a "won"), the stage is known and the pipeline stays open until the account's segment decides.
Names that no pipeline knows are collected and refused together, with the lines to add to mvpod.toml.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import CLOSING_KINDS
from data.errors import MvpodError
from data.notes import EXAMPLES, Note, Said
from data.settings import Pipeline, Settings, Stage

_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Stages:
    """The pipelines of the settings, by the names under which exports know them."""

    settings: Settings

    @cached_property
    def _pipelines(self) -> dict[str, Pipeline]:
        return {name.casefold(): p for p in self.settings.pipelines for name in (p.key, *p.label.values())}

    @cached_property
    def _stages(self) -> dict[str, dict[str, Stage]]:
        return {p.key: {n.casefold(): s for s in p.stages for n in (*s.label.values(), *s.aliases, s.key)}
                for p in self.settings.pipelines}

    def pipeline(self, name: str | None) -> Pipeline | None:
        """The pipeline of that key or label, None if there is none."""
        return self._pipelines.get((name or "").casefold())

    def find(self, pipeline: str | None, stage: str) -> tuple[str | None, str | None]:
        """(pipeline key, stage key) of a stage name; (None, key) where several pipelines share the key,
        (None, None) where no pipeline, or several under different keys, have the name."""
        own = self.pipeline(pipeline)
        if own is not None:
            found = self._stages[own.key].get(stage.casefold())
            return (own.key, found.key) if found else (None, None)
        hits = [(p, stages[stage.casefold()].key) for p, stages in self._stages.items() if stage.casefold() in stages]
        if len(hits) == 1:
            return hits[0]
        return (None, hits[0][1]) if len({key for _, key in hits}) == 1 else (None, None)

    def keys_of(self, name: str) -> set[str]:
        """The keys of the stages that any pipeline knows under a name."""
        return {stages[name.casefold()].key for stages in self._stages.values() if name.casefold() in stages}

    def homes(self, stage: str) -> list[str]:
        """The pipelines that have a stage of this key, in the order of the settings."""
        return [p.key for p in self.settings.pipelines if any(s.key == stage for s in p.stages)]

    def kind(self, pipeline: str | None, stage: str) -> str | None:
        """The kind of a stage; without a pipeline the one on which all pipelines that have the stage agree."""
        homes = [pipeline] if pipeline else self.homes(stage)
        kinds = {s.kind for p in self.settings.pipelines if p.key in homes for s in p.stages if s.key == stage}
        return kinds.pop() if len(kinds) == 1 else None


class Unknown:
    """Stage and pipeline names that the settings do not know, gathered over all files of an import."""

    def __init__(self) -> None:
        self.stages: dict[tuple[str, str], int] = defaultdict(int)
        self.pipelines: dict[str, int] = defaultdict(int)
        #: names that stand for different stages in several pipelines, where nothing says which pipeline
        self.ambiguous: dict[str, int] = defaultdict(int)

    def __bool__(self) -> bool:
        return bool(self.pipelines or self.stages)

    def refuse(self, order: Said | None = None) -> None:
        """E_PIPELINE_UNKNOWN, E_STAGE_UNKNOWN (with all names found and the lines to add) or E_STAGE_AMBIGUOUS, if any;
        `order`: the suggested pipelines in words, where they can be accepted."""
        how = Note.of("N_STAGES_SUGGESTED", order=order) if order else ""
        if self.pipelines:
            names = sorted(self.pipelines)
            lines = "\n".join(map(_pipeline_lines, names))
            raise MvpodError("E_PIPELINE_UNKNOWN", names=names, lines=lines, how=how)
        if self.stages:
            names = list(dict.fromkeys(stage for _, stage in sorted(self.stages)))
            raise MvpodError("E_STAGE_UNKNOWN", names=names, count=sum(self.stages.values()),
                             lines="\n".join(map(_stage_lines, names)), how=how)
        if self.ambiguous:
            raise MvpodError("E_STAGE_AMBIGUOUS", names=sorted(self.ambiguous), count=sum(self.ambiguous.values()))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


#: Words of a stage's name that speak of its kind, the stronger first: "not won" and "lost" before "won".
_KIND_WORDS = (
    ("void", ("cancel", "void", "withdrawn", "duplicate", "作废", "取消", "终止")),
    ("no_decision", ("no decision", "no-decision", "未决", "无决策")),
    ("lost", ("lost", "not won", "输", "丢", "失单", "流失")),
    ("won", ("won", "赢", "签约", "成交", "中标")),
)


def guessed_kind(name: str) -> str:
    """What kind of stage a name speaks of, as far as its words tell; else open."""
    words = " " + "".join(c if c.isalnum() else " " for c in name.casefold()) + " "
    for kind, marks in _KIND_WORDS:
        if any(m in words if not m.isascii() or m == "cancel" else f" {m.replace('-', ' ')} " in words for m in marks):
            return kind
    return "open"


def _stage_lines(name: str) -> str:
    key = "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split()) or "stage"
    return (f"[[pipeline.stage]]\nkey = {_quoted(key)}\nlabel = {{ en = {_quoted(name)}, zh = {_quoted(name)} }}\n"
            f'kind = "{guessed_kind(name)}"')


def _pipeline_lines(name: str) -> str:
    key = "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split()) or "pipeline"
    return f"[[pipeline]]\nkey = {_quoted(key)}\nlabel = {{ en = {_quoted(name)}, zh = {_quoted(name)} }}"


def resolve(table: pa.Table, stage_column: str, stages: Stages, unknown: Unknown, *, is_sure: bool = True) -> pa.Table:
    """`table` with the keys of `pipeline` and `stage_column` (null stages stay null); misses go to `unknown`.

    `is_sure`: the row itself names its pipeline. Otherwise (the pipeline is that of the opportunity today) a stage
    that this pipeline lacks may be one of another: opportunities change pipelines.
    """
    pipeline = table.column("pipeline").cast(pa.string())
    joined = pc.binary_join_element_wise(pipeline, table.column(stage_column).cast(pa.string()), _SEPARATOR,
                                         null_handling="replace", null_replacement="")
    encoded = pc.dictionary_encode(joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined)
    names = [tuple(n.split(_SEPARATOR, 1)) for n in encoded.dictionary.to_pylist()]
    counts = pc.value_counts(encoded.indices).to_pylist()
    rows = {c["values"]: c["counts"] for c in counts}
    found = [_found(name, rows.get(i, 0), stages, unknown, is_sure) for i, name in enumerate(names)]
    new_pipeline = pa.array([p for p, _ in found], pa.string()).take(encoded.indices)
    new_stage = pa.array([s for _, s in found], pa.string()).take(encoded.indices)
    table = table.set_column(table.column_names.index("pipeline"), "pipeline", new_pipeline)
    return table.set_column(table.column_names.index(stage_column), stage_column, new_stage)


def _found(name: tuple[str, ...], count: int, stages: Stages, unknown: Unknown,
           is_sure: bool) -> tuple[str | None, str | None]:
    pipeline, stage = name
    if pipeline and stages.pipeline(pipeline) is None:
        unknown.pipelines[pipeline] += count
        return None, None
    if not stage:
        own = stages.pipeline(pipeline)
        return (own.key if own else None), None
    found = stages.find(pipeline or None, stage)
    if found[1] is None and not is_sure:
        found = stages.find(None, stage)
    if found[1] is None and not pipeline and len(stages.keys_of(stage)) > 1:
        unknown.ambiguous[stage] += count
    elif found[1] is None:
        unknown.stages[(pipeline, stage)] += count
    return found


def with_status(table: pa.Table, stages: Stages) -> tuple[pa.Table, list[Note]]:
    """Fills an empty status from the stage's kind; a closing stage overrules a status that says otherwise (told).

    `closed_on` stays only where the opportunity is closed: several CRMs keep the expected and the actual close date
    in one column.
    """
    keys = pc.binary_join_element_wise(table.column("pipeline").cast(pa.string()), table.column("stage"), _SEPARATOR,
                                       null_handling="replace", null_replacement="")
    encoded = pc.dictionary_encode(keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys)
    kinds = [stages.kind(p or None, s) if s else None
             for p, s in (n.split(_SEPARATOR, 1) for n in encoded.dictionary.to_pylist())]
    kind = pa.array(kinds, pa.string()).take(encoded.indices)
    status = table.column("status")
    closing = pc.fill_null(pc.is_in(kind, pa.array(CLOSING_KINDS)), False)
    overruled = pc.and_(closing, pc.fill_null(pc.not_equal(status, kind), False))
    new = pc.if_else(closing, kind, pc.coalesce(status, kind))
    notes = []
    count = pc.sum(overruled).as_py() or 0
    if count:
        ids = table.column("opportunity_id").filter(overruled).slice(0, EXAMPLES).to_pylist()
        notes.append(Note.of("N_STATUS_OVERRULED", count=count, examples=ids))
    closed = pc.fill_null(pc.is_in(new, pa.array(CLOSING_KINDS)), False)
    closed_on = pc.if_else(closed, table.column("closed_on"), pa.scalar(None, pa.date32()))
    table = table.set_column(table.column_names.index("status"), "status", new)
    return table.set_column(table.column_names.index("closed_on"), "closed_on", closed_on), notes
