"""What an import tells besides errors: a code and fields, and a sentence in each language (data/messages/*.toml).

Notes that tell a decision have a kind (`DECISIONS`), and a kind can be refused: then the import stops.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data.errors import MvpodError, nearest, sentence

#: Kind of decision -> the notes that tell one. Messages K_… say what a kind is, W_… what to do without it.
DECISIONS: dict[str, tuple[str, ...]] = {
    "profile": ("N_PROFILE_RECOGNISED",),
    "columns": ("N_BY_COLUMNS",),
    "encoding": ("N_ENCODING",),
    "dates": ("N_DATE_ORDER",),
    "as_of": ("N_AS_OF_FILE",),
    "sheets": ("N_XLSX_SHEETS", "N_XLSX_HIDDEN"),
    "cells": ("N_XLSX_ERRORS",),
    "report": ("N_REPORT",),
    "left_out": ("N_LEFT_OUT",),
    "spelling": ("N_REPLACED", "N_BLANKED"),
    "duplicates": ("N_DUPLICATES", "N_KEPT_ONE"),
    "history": ("N_COLLAPSED",),
    "stages": ("N_STAGES_ACCEPTED",),
    "status": ("N_STATUS_OVERRULED",),
    "pipeline": ("N_PIPELINE_ASSUMED",),
    "events_only": ("N_SYNTHESISED",),
}
#: Where the notes of a load stand among its counts.
DECIDED, WARNED = "decisions", "warnings"
#: Examples that are kept of each broken rule and each decision.
EXAMPLES = 5
_KIND = {code: kind for kind, codes in DECISIONS.items() for code in codes}


@dataclass(frozen=True)
class Said:
    """A part of a sentence that has its own words in either language."""

    en: str
    zh: str

    def text(self, lang: str = "en") -> str:
        """Its words in `lang` ('en' or 'zh')."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Note:
    """Something that was decided or noticed: `code` is stable, `fields` fill the sentence."""

    code: str
    fields: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, code: str, **fields: Any) -> Note:
        """A note; lists become tuples, so that notes stay hashable; the order of the fields does not matter."""
        return cls(code, tuple((k, tuple(v) if isinstance(v, (list, set)) else v) for k, v in sorted(fields.items())))

    @classmethod
    def kept(cls, row: Mapping[str, Any]) -> Note:
        """A note out of the record of a load."""
        fields = {k: Said(**v) if isinstance(v, dict) else v for k, v in row["fields"].items()}
        return cls.of(str(row["code"]), **fields)

    def row(self) -> dict[str, Any]:
        """As it is kept with a load: nothing but texts (or tables of both languages), numbers and lists of these."""
        return {"code": self.code, "fields": {k: _plain(v) for k, v in self.fields}}

    @property
    def kind(self) -> str:
        """Which kind of decision it tells, '' for what was merely noticed."""
        return _KIND.get(self.code, "")

    def __str__(self) -> str:
        return self.text()

    def text(self, lang: str = "en") -> str:
        """The sentence in `lang` ('en' or 'zh'); code and fields for a note that another version has written."""
        try:
            return sentence(self.code, lang, **dict(self.fields))
        except KeyError:
            return f"{self.code} {dict(self.fields)}"


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Said):
        return {"en": value.en, "zh": value.zh}
    return value if isinstance(value, (str, int, float)) or value is None else str(value)


def kinds(names: Iterable[str]) -> tuple[str, ...]:
    """Checked kinds of decisions, 'all' for every one of them; MvpodError E_DECISION_KIND with the nearest name."""
    found: list[str] = []
    for name in names:
        if name != "all" and name not in DECISIONS:
            raise MvpodError("E_DECISION_KIND", found=name, hint=nearest(name, list(DECISIONS)),
                             known=[*DECISIONS, "all"])
        found += DECISIONS if name == "all" else [name]
    return tuple(dict.fromkeys(found))


def refuse_decisions(notes: Iterable[Note], refused: Collection[str]) -> None:
    """E_DECISION_REFUSED with every decision of the refused kinds and what to do without it, if there are any."""
    found = [note for note in dict.fromkeys(notes) if note.kind in refused]
    if found:
        hit = dict.fromkeys(note.kind for note in found)
        raise MvpodError("E_DECISION_REFUSED", kinds=[Note.of(f"K_{kind.upper()}") for kind in hit], decisions=found,
                         instead=[Note.of(f"W_{kind.upper()}") for kind in hit])
