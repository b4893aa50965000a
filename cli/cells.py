"""One value of an answer in words: names instead of keys, numbers by their unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.i18n import has, t
from cli.printing import dimension

if TYPE_CHECKING:
    from data.settings import Settings


def cell(unit: str, name: str, row: dict[Any, Any], lang: str, settings: Settings) -> str:
    """The value of the column `name` of a row of an answer whose metric has the unit `unit`."""
    from analytics import format as form
    from analytics.i18n import label

    value = row[name]
    if name == "reason" and value and has(f"reason.{value}"):
        return t(f"reason.{value}", lang)
    of = dimension(name)
    if isinstance(value, str) or (value is None and has(f"dimension.{of}")):
        if name in ("stage", "next_stage") and value and row.get("pipeline"):
            return settings.stage_label(row["pipeline"], value, lang)
        return label(of, value, lang, settings) if has(f"dimension.{of}") else value or ""
    if name in ("value", "low", "high"):
        if unit in ("share", "ratio"):
            return form.rate(value, lang)
        if unit in ("points", "number"):
            return form.number(value, lang, digits=1)
        return form.amount(value, lang) if unit == "money" else form.days(value, lang)
    if hasattr(value, "isoformat"):
        return form.day(value, lang)
    if name.endswith(("amount", "amount_value", "weighted")):
        return form.amount(value, lang)
    return form.number(value, lang) if value is None or float(value) != value or float(value).is_integer() \
        else form.number(value, lang, digits=3)
