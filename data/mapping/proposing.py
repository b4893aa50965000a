"""A file of an unknown system: which table it could be and which of its columns means what, as a proposal.

By name first (the names that the built-in profiles know, and data/synonyms.toml, in English and Chinese), then by type:
a column of words is no date, whatever it is called; then by content, for what must be there. The user decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from tomllib import loads
from typing import Any

from data.contracts import TABLES, Column
from data.mapping.columns import squeezed
from data.mapping.content import FEW_VALUES, Content, content_of, number_marks
from data.mapping.profile import builtin_profiles, load_profile
from data.mapping.stages import guessed_kind
from data.reading.readers import RawTable
from data.settings import Settings

#: How near a name must be to one that is known (difflib), and how long one that is only contained in it.
NEAR, CONTAINED = 0.86, 3
#: With less than this share of its columns known a file is proposed for no table.
LIKELY = 0.34


@dataclass(frozen=True)
class Draft:
    """One table of a profile in the making: canonical column -> source column, and how cells are to be read."""

    file: str
    target: str
    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    thousands: str = ""
    date_formats: tuple[str, ...] = ()
    scale: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """The required columns that have no source yet."""
        return tuple(c.name for c in TABLES[self.target].columns if c.required and not self.columns.get(c.name))


@dataclass(frozen=True)
class Sample:
    """What is known of a file: its columns in order with their content."""

    file: str
    columns: Mapping[str, Content]
    excel_epoch: int | None = None

    @classmethod
    def of(cls, raw: RawTable) -> Sample:
        """The sample of a file that was read."""
        return cls(raw.name, {name: content_of(raw.table.column(name)) for name in raw.table.column_names},
                   raw.excel_epoch)


def proposed(sample: Sample, settings: Settings) -> Draft | None:
    """The table that the file's columns and name speak for most; None where nothing says what it could be."""
    drafts = [draft for target in TABLES if not (draft := proposed_as(sample, target, settings)).missing]
    best = max(drafts, key=lambda draft: _weight(sample, draft), default=None)
    return best if best and _weight(sample, best) >= LIKELY else None


def proposed_as(sample: Sample, target: str, settings: Settings) -> Draft:
    """The columns of one table, and how their cells are to be read."""
    found = _by_content(_named(sample, target), sample, target, settings)
    if target == "opportunity" and "expected_close_on" in found and "closed_on" not in found:
        found["closed_on"] = found["expected_close_on"]  # one column for both, as in most systems
    columns = {c.name: found[c.name] for c in importable(target) if c.name in found}
    return read_as(sample, Draft(sample.file, target, columns))


def read_as(sample: Sample, draft: Draft) -> Draft:
    """The draft with number marks, factors and value maps as the content of its columns shows them."""
    of = {c.name: c for c in importable(draft.target)}
    texts = [v for name, source in draft.columns.items() if of[name].type in ("money", "number", "integer")
             and not sample.columns[source].is_typed for v in sample.columns[source].values]
    decimal, thousands = number_marks(texts)
    chance = sample.columns[draft.columns["probability"]].values if "probability" in draft.columns else ()
    is_percent = any(_number(v, decimal) > 1 for v in chance if "%" not in v)
    values = {name: worded for name, source in draft.columns.items()
              if (worded := _worded(name, of[name], sample.columns[source].values))}
    return Draft(draft.file, draft.target, draft.columns, decimal, thousands, draft.date_formats,
                 {"probability": 0.01} if is_percent else {}, values)


def importable(target: str) -> tuple[Column, ...]:
    """The columns of a table that a file can bring."""
    own = TABLES[target].columns
    return (*own, Column("snapshot_date", "date")) if TABLES[target].kind == "state" else own


@cache
def _synonyms() -> dict[str, Any]:
    return loads((Path(__file__).parent / "synonyms.toml").read_text(encoding="utf-8"))


@cache
def names_of(target: str) -> dict[str, tuple[str, ...]]:
    """Canonical column -> the names under which files know it (squeezed), the likeliest first."""
    known: dict[str, list[str]] = {c.name: [c.name] for c in importable(target)}
    for name in known:
        known[name] += _synonyms()["column"].get(name, ())
    for profile in builtin_profiles():
        for spec in load_profile(profile).tables:
            for name in known if spec.target == target else ():
                sources = spec.sources_of(name)
                is_joined = name in spec.values and len(spec.values[name].sources) > 1  # none of them says it alone
                known[name] += [s for s in sources if not is_joined and squeezed(s) != "id"]
    ids = [c for c in TABLES[target].key if c.endswith("_id")]
    if len(TABLES[target].key) == 1 and ids:  # a bare id is the row's own
        known[ids[0]] += ["id", "no", "number", "编号", "编码", "序号"]
    return {name: tuple(dict.fromkeys(map(squeezed, names))) for name, names in known.items()}


def _named(sample: Sample, target: str) -> dict[str, str]:
    """Canonical column -> source column by name and type: the best pairs first, each source once."""
    columns = {c.name: c for c in importable(target)}
    pairs = sorted(((-score, not columns[name].required, i, name, source)
                    for i, source in enumerate(sample.columns)
                    for name, score in _scores(source, target).items()
                    if sample.columns[source].fits(columns[name], sample.excel_epoch)), key=lambda p: p[:3])
    found: dict[str, str] = {}
    for _, _, _, name, source in pairs:
        if name not in found and source not in found.values():
            found[name] = source
    return found


def _scores(source: str, target: str) -> dict[str, float]:
    """How well a source name speaks for canonical columns: 1 for a known name, less for one that is near or longer."""
    word, known = squeezed(source), names_of(target)
    exact = {name: 1.0 - 0.001 * words.index(word) for name, words in known.items() if word in words}
    if exact:
        return exact
    scores: dict[str, float] = {}
    for name, words in known.items():
        inside = max((len(w) for w in words if len(w.encode()) >= 2 * CONTAINED and w in word), default=0)
        if inside:
            scores[name] = 0.4 + 0.4 * inside / len(word)
        elif get_close_matches(word, words, n=1, cutoff=NEAR):
            scores[name] = 0.8
    return scores


def _by_content(found: dict[str, str], sample: Sample, target: str, settings: Settings) -> dict[str, str]:
    """With what must be there and no name tells: a key differs in every row, stages are words that pipelines know."""
    free = {s: content for s, content in sample.columns.items() if s not in found.values()}
    if target == "opportunity" and "stage" not in found:
        words = {n.casefold() for p in settings.pipelines for s in p.stages
                 for n in (s.key, *s.aliases, *s.label.values())}
        if stage := next((s for s, content in free.items() if _are_stages(content.values, words)), None):
            found = {**found, "stage": stage}
    key = TABLES[target].key
    own = next((s for s, content in free.items() if content.is_key and content.is_name), None)
    return {**found, key[0]: own} if own and len(key) == 1 and key[0] not in found else found


def _are_stages(values: Sequence[str], words: set[str]) -> bool:
    told = sum(v.casefold() in words or guessed_kind(v) != "open" for v in values)
    return 2 <= len(values) <= FEW_VALUES and told >= 2


def _weight(sample: Sample, draft: Draft) -> float:
    """What speaks for a table: the share of the file's columns whose names it knows, and the file's own name."""
    name = squeezed(sample.file.rpartition(".")[0])
    words = [squeezed(w) for w in _synonyms()["table"][draft.target]]
    named = max((len(w) for w in words if w in name), default=0) / max(len(name), 1)
    sure = sum(_scores(source, draft.target).get(column, 0.0) for column, source in draft.columns.items())
    return sure / len(sample.columns) + named


def _worded(name: str, column: Column, values: Sequence[str]) -> dict[str, str]:
    """Words of the export -> our values, for a column that allows only some."""
    if not column.allowed or set(values) <= set(column.allowed):
        return {}
    words = {w.casefold(): ours for ours, own in _synonyms()["value"].get(name, {}).items() for w in own}
    told = {v: words.get(v.casefold()) or (_closing(v) if name == "status" else None) for v in values}
    return {v: ours for v, ours in told.items() if ours}


def _closing(word: str) -> str | None:
    kind = guessed_kind(word)
    return kind if kind != "open" else None


def _number(text: str, decimal: str) -> float:
    digits = "".join(c for c in text if c.isdigit() or c == decimal).replace(decimal, ".")
    try:
        return float(digits)
    except ValueError:
        return 0.0
