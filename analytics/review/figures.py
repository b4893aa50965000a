"""What an exported file shows, as tables of plain cells: what should stand there, and what does.

Every module of analytics/export whose files can be verified has three functions:

    written(card, look)    the table that it writes of one card (`cells` of it); None where it writes a picture only
    read_stamp(data)       the Stamp of a file; ValueError or KeyError where there is none
    read_figures(data)     number of the card (its place in stamp.cards, from 0) -> the table that stands in the file

Both tables name their columns alike and hold text in the form of `stamp.plain`, so that they are the same, cell for
cell, unless somebody changed the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analytics.review.stamp import plain

#: Programs keep 15 digits of a number; what differs less is the same figure.
_SAME = 1e-12


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
    """The cells in which two tables of plain cells differ, row by row; what one of them lacks is empty there."""
    columns = list(dict.fromkeys([*left.columns, *right.columns]))
    one, two = (t.reindex(index=range(max(len(left), len(right))), columns=columns).fillna("") for t in (left, right))
    found = []
    for row in one.index:
        a, b = one.loc[row], two.loc[row]
        found += [Cell(_words(a if row < len(left) else b, name), name, a[name], b[name]) for name in columns
                  if not _is_same(a[name], b[name])]
    return found


def _words(row: pd.Series, but: str) -> str:
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
