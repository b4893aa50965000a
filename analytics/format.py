"""Numbers, dates and periods as people read them, in English and Chinese.

One function a kind of number. All take the value first and the language last-but-options, never depend on the
machine's locale, round half up (as people do by hand), write a real minus sign, and show what is not known
(None, NaN, NA, infinite) as "–", never as zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import pandas as pd

from analytics.i18n import t
from analytics.periods import Period

UNKNOWN = "–"
MINUS = "−"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Scale:
    """A unit for a whole column or axis, so that its numbers can be compared: value / divisor, then suffix."""

    divisor: int
    suffix: str
    digits: int


_SCALES = {
    "en": ((1, ""), (1_000, "K"), (1_000_000, "M"), (1_000_000_000, "B")),
    "zh": ((1, ""), (10_000, "万"), (100_000_000, "亿")),
}


def is_known(value: Any) -> bool:
    """False for None, NaN, NA, NaT and infinities."""
    if value is None:
        return False
    try:
        return math.isfinite(value)
    except (TypeError, ValueError):  # NA refuses float(), text is not a number
        return False


def number(value: Any, lang: str = "en", *, digits: int = 0, signed: bool = False) -> str:
    """A plain number with thousands separators.

    >>> number(-1234.5, digits=1), number(None), number(0.25, digits=1), number(3, signed=True)
    ('−1,234.5', '–', '0.3', '+3')
    """
    if not is_known(value):
        return UNKNOWN
    rounded = _round(value, digits)
    return _sign(rounded, signed) + f"{abs(rounded):,.{digits}f}"


def amount(value: Any, lang: str, *, currency: str = "", signed: bool = False, scale: Scale | None = None) -> str:
    """Money in three significant digits: K, M, B in English, 万 and 亿 in Chinese; `scale` fixes the unit.

    >>> amount(10_005_534, "en"), amount(10_005_534, "zh"), amount(9_999, "zh", currency="CNY")
    ('10.0M', '1,001万', '9,999 CNY')
    """
    if not is_known(value):
        return UNKNOWN
    scale = scale or scale_of([value], lang)
    if value == 0:  # nothing has no unit: neither 0万 nor 0.00亿
        scale = Scale(1, "", 0)
    scaled = _round(Decimal(str(value)) / scale.divisor, scale.digits)
    text = _sign(scaled, signed) + f"{abs(scaled):,.{scale.digits}f}{scale.suffix}"
    return f"{text} {currency}" if currency else text


def scale_of_all(values: Iterable[Any], lang: str) -> Scale:
    """The unit of a column in which small values stand beside large ones: that of the largest, with as many decimals
    (at most two) as leave the smallest two digits; else the next smaller unit. Zeros do not count.

    >>> scale_of_all([173_000_000, 130_000], "zh"), scale_of_all([128_900_000, 8_260_000], "en")
    (Scale(divisor=10000, suffix='万', digits=0), Scale(divisor=1000000, suffix='M', digits=1))
    """
    known = [abs(Decimal(str(v))) for v in values if is_known(v) and v != 0]
    scale = scale_of(known, lang)
    smaller = [(divisor, suffix) for divisor, suffix in _SCALES[lang] if divisor < scale.divisor and suffix]
    if not known:
        return scale
    enough = [digits for digits in range(scale.digits, 3) if min(known) / scale.divisor * 10**digits >= 10]
    if enough:
        return Scale(scale.divisor, scale.suffix, enough[0])
    return Scale(*smaller[-1], 0) if smaller else scale


def scale_of(values: Iterable[Any], lang: str) -> Scale:
    """The unit in which the largest of `values` is written: three significant digits, whole numbers without a unit.

    >>> scale_of([1_200, 999_950], "en"), scale_of([999_400], "en")
    (Scale(divisor=1000000, suffix='M', digits=2), Scale(divisor=1000, suffix='K', digits=0))
    """
    largest = max((abs(Decimal(str(v))) for v in values if is_known(v)), default=Decimal(0))
    scales = _SCALES[lang]
    for (divisor, suffix), (bound, _) in pairwise(scales):
        digits = _digits_left(largest / divisor) if suffix else 0
        if _round(largest / divisor, digits) * divisor < bound:  # as shown: 999,950 is 1.00M, not 1,000K
            return Scale(divisor, suffix, digits)
    divisor, suffix = scales[-1]
    return Scale(divisor, suffix, _digits_left(largest / divisor))


def _digits_left(scaled: Decimal) -> int:
    """Decimals that leave three significant digits."""
    for digits, bound in ((2, 10), (1, 100)):
        if _round(scaled, digits) < bound:
            return digits
    return 0


def rate(value: Any, lang: str = "en", *, digits: int = 1) -> str:
    """A share 0..1 as a percentage.

    >>> rate(0.6315), rate(float("nan")), rate(1, digits=0)
    ('63.2%', '–', '100%')
    """
    return UNKNOWN if not is_known(value) else number(Decimal(str(value)) * 100, digits=digits) + "%"


#: what stands behind a ratio that is said in times, with a narrow space that does not break
TIMES = "\u202f×"


def share_or_times(value: Any, lang: str = "en") -> str:
    """A ratio that can be far above 1: a percentage up to 200 %, times beyond.

    >>> share_or_times(0.42), share_or_times(1.5), share_or_times(12.242), share_or_times(None)
    ('42.0%', '150.0%', '12.2\u202f×', '–')
    """
    return number(value, digits=1) + TIMES if is_times(value) else rate(value, lang)


def is_times(value: Any) -> bool:
    """Is this ratio so large that it is said in times?"""
    return is_known(value) and bool(value > 2)


def points(difference: Any, lang: str, *, digits: int = 1) -> str:
    """A difference of two shares in percentage points, always with its sign.

    >>> points(-0.0314, "en"), points(0.05, "zh")
    ('−3.1 pp', '+5.0 个百分点')
    """
    if not is_known(difference):
        return UNKNOWN
    return t("common.points", lang, n=number(Decimal(str(difference)) * 100, digits=digits, signed=True))


def change(value: Any, before: Any, lang: str = "en", *, digits: int = 1) -> str:
    """A relative change with its sign; unknown when the value before is unknown, zero or negative.

    >>> change(120, 100), change(90, 100), change(5, 0)
    ('+20.0%', '−10.0%', '–')
    """
    if not (is_known(value) and is_known(before)) or before <= 0:
        return UNKNOWN
    return number((Decimal(str(value)) / Decimal(str(before)) - 1) * 100, digits=digits, signed=True) + "%"


def days(value: Any, lang: str, *, digits: int = 1, signed: bool = False, hours: bool = False) -> str:
    """A duration in days; `hours=True` shows hours (for a table whose values are all under one day).

    A whole number of days is written without decimals. `use_hours` decides for a whole table.

    >>> days(12.44, "en"), days(1, "en"), days(0.25, "zh", hours=True), days(None, "en")
    ('12.4 days', '1 day', '6 小时', '–')
    """
    if not is_known(value):
        return UNKNOWN
    shown = Decimal(str(value)) * (24 if hours else 1)
    text = number(shown, digits=0 if _round(shown, digits) % 1 == 0 else digits, signed=signed)
    return t("common.hours_unit" if hours else "common.days_unit", lang, n=text)


def use_hours(values: Iterable[Any]) -> bool:
    """True when all known durations are under one day and at least one is above zero: then hours say more.

    >>> use_hours([0.2, None, 0.5]), use_hours([0.2, 3]), use_hours([0, 0])
    (True, False, False)
    """
    known = [float(v) for v in values if is_known(v)]
    return bool(known) and max(known) < 1 and max(known) > 0


def sample(n: int, minimum: int, lang: str) -> str:
    """The sample size in words: "n = 120", or that it is too small to say anything.

    >>> sample(3, 5, "en"), sample(1200, 5, "en")
    ('too few (n = 3)', 'n = 1,200')
    """
    return t("common.too_few" if n < minimum else "common.n", lang, n=number(n))


def interval(low: Any, high: Any, lang: str, kind: str = "rate") -> str:
    """An interval of `kind` rate, points, days or number; "at least …" when its upper limit is not reached.

    >>> interval(0.1078, 0.6032, "en"), interval(13, None, "zh", "days"), interval(None, None, "en")
    ('10.8% to 60.3%', '不少于 13 天', '–')
    """
    show: Callable[..., str] = {"rate": rate, "points": points, "days": days, "number": number}[kind]  # type: ignore[assignment]
    if not is_known(low):
        return UNKNOWN
    if not is_known(high):
        return t("common.at_least", lang, low=show(low, lang))
    return t("common.range", lang, low=show(low, lang), high=show(high, lang))


def day(value: date | datetime | None, lang: str) -> str:
    """A date.

    >>> day(date(2026, 9, 30), "en"), day(date(2026, 9, 30), "zh"), day(None, "en")
    ('30 Sep 2026', '2026年9月30日', '–')
    """
    if value is None or pd.isna(value):
        return UNKNOWN
    if lang == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def period(value: Period, lang: str) -> str:
    """What a period is called: "Q3 2026" / "2026年第3季度"; a free range by its two dates.

    >>> from analytics.periods import parse
    >>> period(parse("2026Q3"), "en"), period(parse("2026-09"), "zh"), period(parse("2026-W39"), "en")
    ('Q3 2026', '2026年9月', 'week 39 of 2026')
    """
    if value.kind == "range":
        return f"{day(value.start, lang)} – {day(value.end, lang)}"
    year = value.name[:4] if value.kind != "year" else value.name.removeprefix("FY")
    part = value.name[5:].lstrip("QW0")
    if value.kind == "year":
        fiscal = value.name.startswith("FY")
        return (f"{year}财年" if fiscal else f"{year}年") if lang == "zh" else value.name
    if value.kind == "month":
        return f"{year}年{part}月" if lang == "zh" else f"{_MONTHS[int(part) - 1]} {year}"
    if value.kind == "week":
        return f"{year}年第{part}周" if lang == "zh" else f"week {part} of {year}"
    return f"{year}年第{part}季度" if lang == "zh" else f"Q{part} {year}"


def _round(value: Any, digits: int) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _sign(rounded: Decimal, signed: bool) -> str:
    """The sign of the number as shown: what rounds to zero has none."""
    return MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
