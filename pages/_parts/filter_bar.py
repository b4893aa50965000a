"""The sidebar: what decides which numbers are shown, in the order in which people ask. Gives the `View`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import streamlit as st

from analytics import format as fmt
from analytics import i18n, periods, view_words
from analytics.charts.style import columns_of
from analytics.view import Compare, Days, View
from analytics.view_words import ALL_TIME, FILTERS, LAST_YEAR, last_year
from data.errors import LANGUAGES, MvpodError
from data.scope import UNKNOWN, Filters, Scope
from pages._parts import cache, context, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

#: so many of the filters are always in sight
_IN_SIGHT = 2
#: Latin characters that the buttons of one switch may take together
_SWITCH_COLUMNS = 24
COMPARE: tuple[Compare, ...] = ("previous", "last_year", "none")
DAYS: tuple[Days, ...] = ("calendar", "working")
THEMES = ("system", "light", "dark")
DEFAULT_PERIOD, EVERY_SEGMENT = LAST_YEAR, "all"

Options = Mapping[str, list[tuple[str, int]]]


def choose_language(default: str) -> str:
    """The language of this run, before anything is written: the URL's, else the organisation's."""
    lang = view_state.one("lang", LANGUAGES, default)
    view_state.keep("lang", lang)  # always in the URL: a link reads the same everywhere, and is never empty
    return lang


def filter_bar(bounds: tuple[date, date], options: Any, names: Mapping[str, str]) -> View:
    """Draw the sidebar and give the view. `options(view)` lists what the viewer may choose as of the view's day;
    `names` says what owners are called (key -> name)."""
    scope = context.now().scope
    bar = st.sidebar
    segment_place = bar.container()
    as_of = _as_of(bar, bounds)
    choice: Options = options(View(as_of=as_of, scope=scope))
    segments = _segment(segment_place, choice)
    period = _period(bar, as_of, bounds[0])
    compare = view_state.choose("compare", t("filter.compare"), list(COMPARE), COMPARE[0],
                                {c: t(f"filter.compare.{c}") for c in COMPARE}, where=bar)
    days = view_state.choose("days", t("filter.days"), list(DAYS), DAYS[0], {d: t(f"filter.days.{d}") for d in DAYS},
                             where=bar, kind="segments", width="stretch")
    chosen = _dimensions(bar, choice, names)
    if segments:
        chosen["segment"] = segments
    return View(as_of=as_of, start=period.start if period else None, end=period.end if period else None,
                compare=cast(Compare, compare), days=cast(Days, days), filters=Filters.of(chosen), scope=scope)


def first_view(as_of: date, scope: Scope) -> View:
    """The view of a viewer who has chosen nothing."""
    period = last_year(as_of)
    return View(as_of, period.start, period.end, COMPARE[0], DAYS[0], scope=scope)


def look_and_language() -> str:
    """Language and theme, below the filters; gives "system", "light" or "dark"."""
    bar = st.sidebar
    bar.divider()
    view_state.choose("lang", t("filter.language"), list(LANGUAGES), "", {"en": "English", "zh": "中文"}, where=bar,
                      kind="segments", width="stretch")
    names = {theme: t(f"filter.theme.{theme}") for theme in THEMES}
    return view_state.choose("theme", t("filter.theme"), list(THEMES), "system", names, where=bar, kind="segments",
                             width="stretch")


def _segment(place: Any, choice: Options) -> list[str]:
    keys = [value for value, _ in choice.get("segment", []) if value != UNKNOWN]
    names = i18n.labels("segment", keys, context.lang(), context.now().settings) | {EVERY_SEGMENT: t("filter.all")}
    if sum(columns_of(name) for name in names.values()) > _SWITCH_COLUMNS:  # one line of buttons: keys are short
        names |= {key: key for key in keys}
    shown = {key: md_escape(name) for key, name in names.items()}
    chosen = view_state.choose("segment", t("dimension.segment"), [EVERY_SEGMENT, *keys], EVERY_SEGMENT, shown,
                               where=place, kind="segments", width="stretch")
    return [] if chosen == EVERY_SEGMENT else [chosen]


def _as_of(bar: Any, bounds: tuple[date, date]) -> date:
    first, last = bounds
    asked = (view_state.values("as_of") or ("",))[0]
    try:
        chosen = min(max(date.fromisoformat(asked), first), last)
    except ValueError:
        chosen = last
    view_state.keep("as_of", *([chosen.isoformat()] if chosen != last else []))
    key = "url_as_of"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    bar.date_input(t("filter.as_of"), min_value=first, max_value=last, key=key, format="YYYY-MM-DD",
                   on_change=_day_chosen, args=(key, last), help=t("filter.as_of.help"))
    return chosen


def _day_chosen(key: str, last: date) -> None:
    chosen = st.session_state[key]
    view_state.keep("as_of", *([chosen.isoformat()] if chosen and chosen != last else []))
    view_state.touched()


def _period(bar: Any, as_of: date, first: date) -> periods.Period | None:
    start_month = context.now().settings.organisation.fiscal_year_start
    known = {DEFAULT_PERIOD: last_year(as_of)} | _calendar(first, as_of, start_month)
    asked = (view_state.values("period") or (DEFAULT_PERIOD,))[0]
    if asked not in known and asked != ALL_TIME:
        known |= _parsed(asked, as_of, start_month)
    names = {key: fmt.period(p, context.lang()) for key, p in known.items()}
    names |= {DEFAULT_PERIOD: t("filter.period.12m"), ALL_TIME: t("filter.period.all")}
    chosen = view_state.choose("period", t("filter.period"), [*known, ALL_TIME], DEFAULT_PERIOD, names, where=bar)
    return known.get(chosen)


def _calendar(first: date, as_of: date, start_month: int) -> dict[str, periods.Period]:
    """Fiscal quarters of the last three years and fiscal years, newest first."""
    since = max(first, periods.add_months(as_of, -36))
    quarters = list(periods.between(since, as_of, "quarter", start_month))[::-1]
    years = list(periods.between(since, as_of, "year", start_month))[::-1]
    return {p.name: p for p in [*quarters, *years]}


def _parsed(asked: str, as_of: date, start_month: int) -> dict[str, periods.Period]:
    try:
        period = periods.parse(asked, start_month)
    except MvpodError:
        return {}
    return {asked: period} if period.start <= as_of else {}


def _dimensions(bar: Any, choice: Options, names: Mapping[str, str]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    present = [(name, dim) for name, dim in FILTERS.items() if choice.get(dim) or view_state.values(name)]
    for name, dim in present[:_IN_SIGHT]:
        chosen[dim] = _dimension(bar, name, dim, choice, names)
    rest = present[_IN_SIGHT:]
    if rest:
        used = sum(bool(view_state.some(name, [v for v, _ in choice.get(dim, [])])) for name, dim in rest)
        more = bar.expander(t("filter.more", n=used) if used else t("filter.more.none"), expanded=bool(used))
        for name, dim in rest:
            chosen[dim] = _dimension(more, name, dim, choice, names)
    return chosen


def _dimension(place: Any, name: str, dimension: str, choice: Options, names: Mapping[str, str]) -> list[str]:
    counts = dict(choice.get(dimension, []))
    here = context.now()
    labels = i18n.labels(dimension, counts, here.lang, here.settings)
    if dimension == "owner_id":
        labels = {key: names.get(key, label) for key, label in labels.items()}
    return view_state.choose_some(name, i18n.dimension_label(dimension, here.lang), list(counts), labels, where=place,
                                  placeholder=t("filter.any"))


def in_words(view: View) -> str:
    """The view as one line for people, in the viewer's language (plain text)."""
    here = context.now()
    return cache.ask().remembered(("words", view, here.lang), lambda: view_words.in_words(
        view, here.lang, here.settings, cache.owner_names()))


def period_words(view: View) -> str:
    """The period of a view in words, with its dates."""
    return view_words.period_words(view, context.lang())
