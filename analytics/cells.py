"""Columns of the same length as plain arrays: for sums over small tables that are made by the hundred, where choosing
rows of a frame costs more than the sums. Rows of such tables as plain values, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


class Cells:
    """Named columns, never changed; a number that is not known is 0 (the counts of those are columns of their own)."""

    def __init__(self, columns: Mapping[str, np.ndarray], size: int) -> None:
        self._columns, self._size = columns, size

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Cells:
        """The columns of a frame: numbers as floats, whole ones as integers, others as they are."""
        return cls({str(name): _plain(frame[name]) for name in frame.columns}, len(frame))

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def where(self, is_kept: np.ndarray) -> Cells:
        """The rows that a mask keeps."""
        return Cells({name: values[is_kept] for name, values in self._columns.items()}, int(is_kept.sum()))

    def assign(self, **more: np.ndarray) -> Cells:
        """The same with further columns, or others for those of the same name."""
        return Cells({**self._columns, **more}, self._size)


def row_keys(frame: pd.DataFrame, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """What some columns say of each row: what a row of another frame is looked up by."""
    return list(zip(*(frame[name].tolist() for name in names), strict=True))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as pandas gives them (`to_dict("records")`), in a fifth of the time."""
    names = list(frame.columns)
    return [dict(zip(names, row, strict=True)) for row in row_keys(frame, names)]


def typed(rows: Sequence[Sequence[Any]], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Rows as columns of the given names and dtypes, also where there is no row or nothing is known."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(kinds)
    return {name: np.array(column, dtype=kind) if kind in ("float64", "int64", "bool") else pd.array(column, dtype=kind)
            for (name, kind), column in zip(kinds.items(), columns, strict=True)}


def beside(frame: pd.DataFrame, other: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The frame with what `other`, which has each key at most once, says of its rows: a left join of few rows."""
    places = {key: place for place, key in enumerate(row_keys(other, keys))}
    rows = np.array([places.get(key, -1) for key in row_keys(frame, keys)], dtype="int64")
    return frame.assign(**{name: taken(other[name], rows) for name in other.columns if name not in keys})


def taken(column: pd.Series, places: Sequence[int] | np.ndarray) -> Any:
    """The values at some places of a column; place -1 is not known."""
    return pd.api.extensions.take(column.values, np.asarray(places, dtype="int64"), allow_fill=True)


def _plain(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans:
        return column.to_numpy("int64")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.nan_to_num(column.to_numpy(float, na_value=np.nan))
    return column.to_numpy()
