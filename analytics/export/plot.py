"""A card's frame as categories and series, for programs that draw charts of their own: one reading for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analytics import columns
from analytics.cards import Card, Look
from analytics.cards.card import Form, Native, Role


@dataclass(frozen=True)
class Line:
    """One series: plain name, notation, one value per category (None = unknown: a gap)."""

    name: str
    role: Role
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Plot:
    """What a native chart draws. `number`: rate | days | amount | number."""

    form: Form
    categories: tuple[str, ...]
    lines: tuple[Line, ...]
    number: str


def plot_of(card: Card, look: Look) -> Plot | None:
    """The native chart of a card; None where it can only be a picture, or where nothing is known."""
    native = card.native
    if native is None or native.form == "picture" or card.frame.empty:
        return None
    rows = card.frame[card.frame[native.split] != native.but] if native.but else card.frame
    rows = rows.head(native.most) if native.most else rows
    frame = columns.prepared(rows, look.lang, look.settings)
    categories = tuple(_word(v) for v in frame[native.category])
    if native.split:
        categories = tuple(dict.fromkeys(categories))
    lines = _split(frame, native, categories) if native.split else _side_by_side(frame, native)
    known = [line for line in lines if any(v is not None for v in line.values)]
    return Plot(native.form, categories, tuple(known), native.number) if known else None


def _side_by_side(frame: pd.DataFrame, native: Native) -> list[Line]:
    """One series per column, a category per row: two of one name stay two."""
    return [Line(s.name, s.role, tuple(map(_known, frame[s.column]))) for s in native.series]


def _split(frame: pd.DataFrame, native: Native, categories: tuple[str, ...]) -> list[Line]:
    """One series per value of the column `split`, after the series that say the same for all of them."""
    places = [_word(v) for v in frame[native.category]]
    only, *shared = native.series
    lines = [Line(s.name, s.role, _values(places, frame[s.column], categories)) for s in shared]
    for name, part in frame.groupby(native.split, sort=False, observed=True):
        places = [_word(v) for v in part[native.category]]
        lines.append(Line(str(name), only.role, _values(places, part[only.column], categories)))
    return lines


def _values(places: list[str], values: pd.Series, categories: tuple[str, ...]) -> tuple[float | None, ...]:
    found = dict(zip(places, map(_known, values), strict=True))
    return tuple(found.get(category) for category in categories)


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _word(value: object) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
