"""A number as people read it, by the unit of its metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analytics import format as fmt
from pages._parts import context
from pages._parts.context import t


def value(number: Any, unit: str) -> str:
    """A value of a metric: `unit` is share, days, money, ratio or count (the registry's units)."""
    return context.look().value(number, unit)


def standard(row: Mapping[str, Any]) -> str:
    """A shipped standard (columns low, value, high, unit): one figure or a range."""
    unit = row["unit"]
    figures = [_figure(row[name], unit) for name in ("low", "value", "high") if fmt.is_known(row[name])]
    return " – ".join(dict.fromkeys(figures))


def _figure(number: Any, unit: str) -> str:
    lang = context.lang()
    if unit == "points":
        return fmt.points(number, lang)
    if unit in ("rate", "days"):
        return value(number, unit)
    return t(f"unit.{unit}", n=fmt.number(number, lang, digits=0 if float(number).is_integer() else 1))
