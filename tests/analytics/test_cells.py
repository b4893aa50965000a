"""Rows of small tables as plain values, and back: the same as pandas gives."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.cells import beside, records, row_keys, typed

STAGES = pd.DataFrame({"pipeline": ["a", "a", "b"], "stage": ["x", "y", "x"], "n": [3, 0, 5], "share": [0.5, None, 0.2],
                       "note": ["one", None, "two"]})


def test_records_are_those_of_pandas():
    dated = STAGES.assign(day=pd.Timestamp("2026-03-31"))
    assert [list(row) for row in records(dated)] == [list(dated.columns)] * 3
    for ours, theirs in zip(records(dated), dated.to_dict("records"), strict=True):
        assert all(a == b or (pd.isna(a) and pd.isna(b)) for a, b in zip(ours.values(), theirs.values(), strict=True))
        assert [type(value) for value in ours.values()] == [type(value) for value in theirs.values()]


@pytest.mark.parametrize("rows", [[0, 1, 2], [2, 0], [0], []])
def test_beside_is_a_left_join(rows):
    other = STAGES.iloc[rows]
    ours = beside(STAGES[["pipeline", "stage"]], other, ["pipeline", "stage"])
    theirs = STAGES[["pipeline", "stage"]].merge(other, on=["pipeline", "stage"], how="left")
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=len(rows) > 0)


def test_keys_are_plain_values():
    assert row_keys(STAGES, ["stage", "n"]) == [("x", 3), ("y", 0), ("x", 5)]
    assert type(row_keys(STAGES, ["n"])[0][0]) is int


def test_columns_keep_their_types_without_rows_and_without_values():
    kinds = {"n": "int64", "low": "float64", "reason": "str", "year": "Int64", "is_clear": "bool"}
    for rows in ([], [(1, None, "", None, True)]):
        found = pd.DataFrame(typed(rows, kinds))
        assert {name: str(kind) for name, kind in found.dtypes.items()} == kinds
        assert len(found) == len(rows)
