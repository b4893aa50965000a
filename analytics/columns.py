"""What the columns of a table are called, and how their values are shown: the same on a page, a slide and a sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analytics import format as fmt
from analytics import i18n
from data.settings import Settings

#: column -> how its values are shown; a column that is not here is shown as text (or as a plain number)
KINDS = {
    "n": "number", "reached": "number", "lost": "number", "won": "number", "open": "number", "regressed": "number",
    "events": "number", "censored": "number", "no_decision": "number", "rows": "number", "entered": "number",
    "value": "rate", "low": "rate", "high": "rate", "share": "rate", "cumulative": "rate", "probability": "rate",
    "skip_rate": "rate", "regress_rate": "rate", "amount_value": "rate",
    "amount": "amount", "amount_n": "amount", "amount_base": "amount", "won_amount": "amount", "lost_amount": "amount",
    "weighted": "amount", "days_in_stage": "days", "days": "days",
    "as_of": "date", "created_on": "date", "closed_on": "date", "entered_on": "date", "exited_on": "date",
    "expected_close_on": "date", "occurred_on": "date", "changed_on": "date", "valid_from": "date", "minutes": "number",
    "row": "number",
}
LABELLED = ("segment", "pipeline", "stage", "next_stage", "from_stage", "to_stage", "status", "type", "sales_mode",
             "exit_kind", "region", "team", "industry", "ownership", "product_line", "owner_id", "quality",
             "time_source", "kind", "direction")


def label(name: str, lang: str) -> str:
    """What a column is called; a column without a name of its own keeps its key."""
    for key in (f"column.{name}", f"dimension.{name}"):
        if i18n.has(key):
            return i18n.t(key, lang)
    return name


def kind(name: str, kinds: Mapping[str, str] | None = None) -> str:
    """How a column is shown: number, points (one decimal), score (three), signed (one decimal, with its sign),
    pp (a difference of shares, in percentage points), rate, times (a share up to 200 %, times beyond), days,
    amount, date, year, instant, text or "" (as it is)."""
    return (kinds or {}).get(name) or KINDS.get(name, "")


def prepared(frame: pd.DataFrame, lang: str, settings: Settings) -> pd.DataFrame:
    """The frame with its keys (stages, segments, statuses …) replaced by what they are called."""
    shown = frame.copy()
    for name in shown.columns:
        if name == "reason":
            shown[name] = shown[name].map(lambda code: i18n.t(f"reason.{code}", lang) if code else "")
        elif name in LABELLED:
            names = i18n.labels(name, shown[name].drop_duplicates(), lang, settings)
            shown[name] = shown[name].map(lambda value, names=names: names.get(value, value))
    return shown


def formatter(kind: str, values: pd.Series[Any], lang: str) -> Callable[[Any], str] | None:
    """How a value of a column of some kind is written for people; None where that is left to who shows it."""
    if kind == "year":
        return lambda v: str(int(v)) if fmt.is_known(v) else fmt.UNKNOWN
    if kind == "instant":
        return lambda v: f"{v:%Y-%m-%d %H:%M}" if pd.notna(v) else fmt.UNKNOWN
    if kind == "date":
        return lambda v: fmt.day(v, lang)
    if not pd.api.types.is_numeric_dtype(values):
        return (lambda v: v if isinstance(v, str) else fmt.UNKNOWN) if kind in ("", "text") else None
    if kind == "rate":
        return lambda v: fmt.rate(v, lang)
    if kind == "times":
        return lambda v: fmt.share_or_times(v, lang)
    if kind == "days":
        return lambda v: fmt.days(v, lang)
    if kind == "amount":
        scale = fmt.scale_of_all(values, lang)
        return lambda v: fmt.amount(v, lang, scale=scale)
    if kind == "pp":
        return lambda v: fmt.points(v, lang)
    if kind in ("points", "signed"):
        return lambda v: fmt.number(v, lang, digits=1, signed=kind == "signed")
    digits = 3 if kind == "score" else 0 if kind == "number" or pd.api.types.is_integer_dtype(values) else 2
    return lambda v: fmt.number(v, lang, digits=digits)
