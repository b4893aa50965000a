"""Small helpers that every metric shares: adding groups up, completing stages, ordering rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analytics.cells import row_keys, taken
from data.scope import UNKNOWN
from data.settings import Settings

#: Columns of an answer that are not added up when groups are joined.
_FIRST, _MAX = ("stage_order",), ("days_max", "days_max_advanced")
#: Up to so many rows it takes less to see that no key comes twice than to add up.
_FEW = 1000


@dataclass(frozen=True)
class Context:
    """What a calculation knows besides its counts: whose settings, which days, which options."""

    settings: Settings
    as_of: date
    start: date | None = None
    until: date | None = None
    days: str = "calendar"
    options: dict[str, int] = field(default_factory=dict)
    #: last day of the period, also where it has not come yet
    end: date | None = None


def ladder(settings: Settings) -> pd.DataFrame:
    """The steps of every pipeline: pipeline, stage, stage_order, next_stage (the won stage after the last one)."""
    rows = tuple((pipeline, *step) for pipeline, steps in _steps(settings).items() for step in steps)
    return _ladder(rows).copy(deep=False)


def _steps(settings: Settings) -> dict[str, list[tuple[str, int, str]]]:
    """Per pipeline its open stages in order: stage, stage_order, next_stage."""
    found = {}
    for pipeline in settings.pipelines:
        steps = [s.key for s in pipeline.stages if s.kind == "open"]
        won = next((s.key for s in pipeline.stages if s.kind == "won"), "won")
        found[pipeline.key] = [(a, pipeline.order(a), b) for a, b in zip(steps, [*steps[1:], won], strict=True)]
    return found


@lru_cache(maxsize=16)
def _ladder(rows: tuple[tuple[str, str, int, str], ...]) -> pd.DataFrame:
    """The steps as a frame: asked for with every metric of stages, and as long as the settings hold it is the same."""
    return pd.DataFrame(rows, columns=["pipeline", "stage", "stage_order", "next_stage"]).astype(
        {"pipeline": "str", "stage": "str", "next_stage": "str", "stage_order": "int64"})


def added_up(counts: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """One row per combination of `keys`, counts and sums added; a sum of unknowns stays unknown (never 0)."""
    if not keys:
        return counts
    kinds = {name: kind for name, kind in counts.dtypes.items()
             if name not in keys and pd.api.types.is_numeric_dtype(kind)}
    values = list(kinds)
    if not values:
        return counts[list(keys)].drop_duplicates(ignore_index=True)
    # groups of no rows are text columns that pandas cannot merge by; most queries have added up already
    if counts.empty or (len(counts) <= _FEW and all(kind in ("int64", "float64") for kind in kinds.values())
                        and len(set(row_keys(counts, keys))) == len(counts)):
        frame = counts[[*keys, *values]].reset_index(drop=True)
    else:
        grouped = counts.groupby(list(keys), sort=False, dropna=False, observed=True)
        summed = [c for c in values if c not in (*_FIRST, *_MAX)]
        frame = grouped[summed].sum(min_count=1)
        for name in (c for c in values if c not in summed):
            frame[name] = grouped[name].first() if name in _FIRST else grouped[name].max()
        frame = frame.reset_index()[[*keys, *values]]
    for name in (c for c in values if "amount" in c and "square" not in c):
        frame[name] = frame[name].round(2)  # money has two decimals
    return frame


def per_stage(counts: pd.DataFrame, context: Context, by: Sequence[str], zeros: Sequence[str]) -> pd.DataFrame:
    """Counts added up per group, pipeline and stage, with a row for every stage of a pipeline that has any row.

    `zeros` are the columns that are 0 where nobody came (sums of money stay unknown). Stages that the settings do
    not know keep their own order and have no next stage.
    """
    keys = [*by, "pipeline", "stage"]
    counts = added_up(counts, keys)
    if counts.empty:
        return counts.assign(next_stage=pd.Series(dtype="str"))
    places = {key: place for place, key in enumerate(row_keys(counts, keys))}
    steps, groups = _steps(context.settings), {key[:-1]: place for key, place in places.items()}
    # of each row: where its group stands in the counts, where it stands itself (-1: nobody came), its step
    rows: list[tuple[Any, ...]] = [(of, places.pop((*group, step[0]), -1), *step)
                                   for group, of in groups.items() for step in steps.get(group[-1], ())]
    orders = counts["stage_order"].tolist()
    rows += [(place, place, key[-1], orders[place], None) for key, place in places.items()]  # stages of no pipeline
    of, place, stage, order, following = zip(*rows, strict=True)
    columns: dict[str, Any] = {name: taken(counts[name], of) for name in (*by, "pipeline")}
    columns |= {"stage": pd.array(stage, dtype="str"), "stage_order": np.array(order),
                "next_stage": pd.array(following, dtype="str")}
    for name in (c for c in counts.columns if c not in (*keys, "stage_order")):
        columns[name] = taken(counts[name], place)
    for name in zeros:
        columns[name] = np.nan_to_num(columns[name]).astype("int64")
    return ordered(pd.DataFrame(columns), context, by)


def ordered(frame: pd.DataFrame, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Rows in the order people expect: pipelines and segments as in the settings, groups by name, then stages."""
    groups = [n for n in by if n != "stage"]  # stages follow their own order, not the alphabet
    names = [n for n in ("pipeline", *groups, "stage_order", "stage") if n in frame.columns]
    names = list(dict.fromkeys(names))
    if not names or len(frame) < 2:
        return frame.reset_index(drop=True)
    order = np.lexsort([_rank(frame[n], n, context.settings) for n in reversed(names)])
    return frame.iloc[order].reset_index(drop=True)


def _rank(column: pd.Series, name: str, settings: Settings) -> np.ndarray:
    """Sort keys: position in the settings, else text order; what is not known comes last."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(float, na_value=np.nan)
    lists = {"pipeline": [p.key for p in settings.pipelines], "segment": list(settings.segment_keys)}
    codes, found = pd.factorize(column)  # -1: missing
    values = sorted(found, key=lambda v: (v == UNKNOWN, _position(lists.get(name, []), v), v))
    position = {v: i for i, v in enumerate(values)}
    return np.array([*(position[v] for v in found), len(values)])[codes]


def _position(known: list[str], value: str) -> int:
    return known.index(value) if value in known else len(known)


def ratio(top: Any, bottom: Any) -> np.ndarray:
    """top / bottom; NaN where the bottom is 0 or unknown: a share of nothing is not known, it is not zero."""
    x, n = (part.to_numpy(float, na_value=np.nan) if isinstance(part, pd.Series) else np.asarray(part, dtype=float)
            for part in (top, bottom))
    return np.divide(x, n, out=np.full_like(x, np.nan), where=n > 0)


def steady(values: pd.Series) -> pd.Series:
    """Floating sums to ten significant digits: the order in which they were added must not show."""
    known = values.to_numpy(float, na_value=np.nan).tolist()
    return pd.Series([float(f"{v:.10g}") for v in known], values.index, dtype="float64", name=values.name)


def plain(value: Any) -> Any:
    """A cell as JSON knows it: NaN, NaT and NA are null, whole counts are integers, days are ISO dates."""
    if pd.isna(value) or value == "":
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    return value.item() if hasattr(value, "item") else value
