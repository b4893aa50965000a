"""Columns of the same length as plain arrays: for sums over small tables that are made by the hundred, where choosing
rows of a frame costs more than the sums. Pure."""

from __future__ import annotations

from collections.abc import Mapping

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


def _plain(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_integer_dtype(column.dtype) and not column.hasnans:
        return column.to_numpy("int64")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.nan_to_num(column.to_numpy(float, na_value=np.nan))
    return column.to_numpy()
