"""Does a file still say what the data say? Figure by figure, and why not.

Three things are compared: what stands in the file, the same figures made anew of the load that its stamp names, and
those of the load that is published now. What differs is

    edited      the file shows something else than its own stamp says
    definition  the metric is defined in other words, or the program calculates it in another way, than at the time
    restated    later loads say something else about the same day
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from types import ModuleType
from typing import Literal

import pandas as pd

from analytics.ask import Ask
from analytics.cards import Card, Look
from analytics.columns import label
from analytics.export.csv import is_stamped
from analytics.i18n import t
from analytics.metrics.registry import REGISTRY
from analytics.remembering import Remembering
from analytics.review import pack as packs
from analytics.review.assemble import Assembled, assemble
from analytics.review.figures import Cell, cells, differing
from analytics.review.stamp import Stamp, fingerprint
from data.errors import MvpodError
from data.scope import Scope

Why = Literal["edited", "definition", "restated"]
#: How files begin, or what a zip holds, and which module of analytics/export reads them: names may have been changed.
_BEGINS = {b"%PDF": "pdf", b"PAR1": "parquet", b"\x89PNG": "images", b"<svg": "images", b"<?xml": "images"}
_HOLDS = {"ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx", ".csv": "csv", ".parquet": "parquet",
          ".png": "images", ".svg": "images", "provenance.json": "csv"}


@dataclass(frozen=True)
class Difference:
    """What differs: the card (its title), the cell (None: the card as a whole), and why."""

    card: str
    why: Why
    cell: Cell | None = None


@dataclass(frozen=True)
class FileRead:
    """What a file says of itself."""

    stamp: Stamp
    figures: Mapping[int, pd.DataFrame]
    exporter: ModuleType


@dataclass(frozen=True)
class Verdict:
    """The answer: no difference = the same. `was_gone`: the stamped load exists no more, so that only the present one
    could be asked."""

    differences: tuple[Difference, ...]
    stamp: Stamp
    was_gone: bool


def read(data: bytes, name: str) -> FileRead:
    """A file's stamp and figures; MvpodError E_STAMP if it carries none, or one that was changed."""
    try:
        exporter = import_module(f"analytics.export.{_kind(data)}")
        figures = {} if exporter.__name__.endswith(".images") else exporter.read_figures(data)
        return FileRead(exporter.read_stamp(data), figures, exporter)
    except Exception as error:  # a damaged file breaks its reader in any way
        raise MvpodError("E_STAMP", file=name, found=f"{type(error).__name__}: {error}"[:200]) from error


def _kind(data: bytes) -> str:
    """The module that reads a file; ValueError for a file of another kind."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.namelist()
        found = [kind for end, kind in _HOLDS.items() if any(name.endswith(end) for name in names)]
    else:
        found = [kind for begin, kind in _BEGINS.items() if data.startswith(begin)]
        found += ["csv"] if is_stamped(data) else []
    if not found:
        raise ValueError("PPTX, XLSX, PDF, Parquet, PNG, SVG, CSV or a zip of these expected")
    return found[0]


def verify(file: FileRead, then: Ask | None, now: Ask) -> Verdict:
    """Compares a file with the load of its stamp (`then`; None where it is gone) and with the present one.

    Raises what `assemble` raises where the present data cannot answer the file's view at all.
    """
    today = _anew(file.stamp, now)
    was = today if then is None or then.company.load_id == now.company.load_id else _anew(file.stamp, then)
    found = [d for place in range(len(file.stamp.cards)) for d in _of_card(file, place, was, today, then is not None)]
    return Verdict(tuple(found), file.stamp, then is None)


def words(found: Difference, lang: str) -> str:
    """One difference as a line: which figure, what the file says, what it should say, why."""
    why = t(f"review.why.{found.why}", lang)
    if found.cell is None:
        return t("review.differs.card", lang, card=found.card, why=why)
    cell, nothing = found.cell, t("review.nothing", lang)
    return t("review.differs.cell", lang, card=found.card, row=cell.row, column=label(cell.column, lang),
             left=cell.left or nothing, right=cell.right or nothing, why=why)


def _anew(stamp: Stamp, ask: Ask) -> Assembled:
    """The file's pack made anew, in its language, of its day and within the scope of its maker."""
    pack = packs.from_text(stamp.pack).with_(as_of=date.fromisoformat(stamp.as_of))
    scope = replace(Scope.of(**stamp.scope), show_names=stamp.show_names)
    return assemble(Remembering(ask, anew=True), pack, pack.lang, scope=scope)


def _of_card(file: FileRead, place: int, was: Assembled, today: Assembled, is_known: bool) -> list[Difference]:
    """All differences of one card."""
    said = file.stamp.cards[place]
    (before, before_sha), (after, after_sha) = _card(was, said), _card(today, said)
    is_redefined = _is_redefined(file.stamp, said)
    found: list[Found] = []
    if before and before_sha == said["sha256"]:
        found += _edited(file, place, before, was.look)
        if after_sha != before_sha:
            found += _restated(before, after)
    elif after_sha == said["sha256"] and after:
        found += _edited(file, place, after, today.look)
    else:  # of one and the same load other figures can only come from another calculation; a gone load is not known
        found += _unlike(file, place, after, today.look, "definition" if is_known or is_redefined else "restated")
    if is_redefined and not any(why == "definition" for _, why in found):
        found.append((None, "definition"))
    return [Difference(str(said["title"]), why, cell) for cell, why in found]


Found = tuple[Cell | None, Why]


def _edited(file: FileRead, place: int, card: Card, look: Look) -> list[Found]:
    """What the file shows otherwise than its own stamp says; nothing for a picture, which shows no cells."""
    written = file.exporter.written(card, look)
    if written is None:
        return []
    if place not in file.figures:
        return [(None, "edited")]
    return [(cell, "edited") for cell in differing(file.figures[place], written)]


def _unlike(file: FileRead, place: int, card: Card | None, look: Look, why: Why) -> list[Found]:
    """What the file shows otherwise than the data say now."""
    written = file.exporter.written(card, look) if card else None
    if written is None or place not in file.figures:
        return [(None, why)]
    return [(cell, why) for cell in differing(file.figures[place], written)] or [(None, why)]


def _restated(before: Card, after: Card | None) -> list[Found]:
    """The figures behind a card at the stamped load and now, cell by cell: a slide may show less of them."""
    if after is None:
        return [(None, "restated")]
    return [(cell, "restated") for cell in differing(cells(before.frame), cells(after.frame))] or [(None, "restated")]


def _card(made: Assembled, said: Mapping[str, object]) -> tuple[Card | None, str]:
    """The card of the same entry and key, and the hash of its figures."""
    for card, stamp in zip(made.cards, made.stamp.cards, strict=True):
        if (stamp["of"], stamp["key"]) == (said["of"], said["key"]):
            return card, str(stamp["sha256"])
    return None, ""


def _is_redefined(stamp: Stamp, said: Mapping[str, object]) -> bool:
    key = str(said["metric"])
    return bool(key) and (key not in REGISTRY or stamp.metrics.get(key) != fingerprint(REGISTRY[key]))
