"""What an exported file shows, as tables of plain cells: what should stand there, and what does.

Every module of analytics/export whose files can be verified has three functions:

    written(card, look)    the table that it writes of one card (`cells` of it); None where it writes a picture only
    read_stamp(data)       the Stamp of a file; ValueError or KeyError where there is none
    read_figures(data)     number of the card (its place in stamp.cards, from 0) -> the table that stands in the file

Both tables name their columns alike and hold text in the form of `stamp.plain`, so that they are the same, cell for
cell, unless somebody changed the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pandas as pd

from analytics.review.stamp import plain

#: Programs keep 15 digits of a number; what differs less is the same figure.
_SAME = 1e-12
#: Rows that four columns of words do not tell apart are told apart by their places.
_MOST_KEYS = 4

Row = dict[Any, str]


@dataclass(frozen=True)
class Cell:
    """One cell that differs: the words of its row, its column, and both values ("" = nothing stands there)."""

    row: str
    column: str
    left: str
    right: str


def cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with every cell as text, without losing a digit."""
    rows = [[plain(value) for value in row] for row in frame.itertuples(index=False)]
    return pd.DataFrame(rows, columns=[str(name) for name in frame.columns], dtype="object")


def differing(left: pd.DataFrame, right: pd.DataFrame) -> list[Cell]:
    """The cells in which two tables of plain cells differ; what one of them lacks is empty there.

    Rows belong together by their words (see `_keys`), so that a row more does not make all later ones differ; a row
    that only one table has is one cell. Where words do not tell rows apart, they belong together by their places.
    """
    columns = list(dict.fromkeys([*left.columns, *right.columns]))
    one, two = (table.reindex(columns=columns, fill_value="").to_dict("records") for table in (left, right))
    keys = _keys(left, right)
    if keys:
        mine, others = ({tuple(row[k] for k in keys): row for row in rows} for rows in (one, two))
        pairs = [(mine.get(key), others.get(key)) for key in dict.fromkeys([*mine, *others])]
    else:
        pairs = list(zip_longest(one, two))
    return [cell for a, b in pairs for cell in _of_row(a, b, keys or columns[:1], columns)]


def _of_row(left: Row | None, right: Row | None, keys: Sequence[str], columns: Sequence[str]) -> list[Cell]:
    if left is None or right is None:
        row = left or right or {}
        words = " · ".join(row[k] for k in keys)
        return [Cell(_words(row, ""), keys[-1], words if left else "", words if right else "")]
    return [Cell(_words(left, name), name, left[name], right[name]) for name in columns
            if not _is_same(left[name], right[name])]


def _keys(left: pd.DataFrame, right: pd.DataFrame) -> list[str]:
    """The first few columns of words that tell the rows of both tables apart; [] where none do."""
    found: list[str] = []
    for name in left.columns:
        if name not in right.columns or not any(v and _number(v) is None for v in left[name]):
            continue
        found.append(name)
        if not left.duplicated(found).any() and not right.duplicated(found).any():
            return found
        if len(found) == _MOST_KEYS:
            break
    return []


def _words(row: Row, but: str) -> str:
    """What a row is about: its first texts."""
    return " · ".join([v for name, v in row.items() if name != but and v and _number(v) is None][:3])


def _is_same(left: str, right: str) -> bool:
    if left == right:
        return True
    one, two = _number(left), _number(right)
    return one is not None and two is not None and abs(one - two) <= _SAME * max(abs(one), abs(two))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
