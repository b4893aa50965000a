"""A view in words, for people, and as the parameters of an address, for a link that opens it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

from analytics import format as fmt
from analytics import i18n, periods
from analytics.view import View
from data.settings import Settings

#: name in an address -> dimension, in the order of the sidebar; the segment is a switch of its own.
FILTERS = {
    "team": "team", "owner": "owner_id", "region": "region", "industry": "industry", "ownership": "ownership",
    "type": "type", "mode": "sales_mode", "product_line": "product_line", "pipeline": "pipeline",
}
#: How an address names the two periods that have no dates of their own.
LAST_YEAR, ALL_TIME = "12m", "all"


def last_year(as_of: date) -> periods.Period:
    """The twelve months that end with the as-of day: long enough for a KA sale, recent enough to act on."""
    return periods.range_(periods.add_months(as_of, -12) + timedelta(days=1), as_of)


def in_words(view: View, lang: str, settings: Settings, owners: Mapping[str, str]) -> str:
    """As-of day, period, comparison and filters in one line (plain text); `owners` says what owner ids are called."""
    parts = [i18n.t("view.as_of", lang, day=fmt.day(view.as_of, lang)),
             i18n.t("view.period", lang, period=period_words(view, lang))]
    if view.compare != "none":
        parts.append(i18n.t(f"view.compare.{view.compare}", lang))
    if view.days == "working":
        parts.append(i18n.t("view.working_days", lang))
    for dimension, keys in view.filters.chosen:
        labels = i18n.labels(dimension, keys, lang, settings)
        shown = [owners.get(k, str(v)) if dimension == "owner_id" else str(v) for k, v in labels.items()]
        parts.append(i18n.t("common.named", lang, name=i18n.dimension_label(dimension, lang),
                            said=i18n.t("view.and", lang).join(shown)))
    return " · ".join(parts)


def period_words(view: View, lang: str) -> str:
    """The period of a view in words, with its dates."""
    if view.start is None or view.end is None:
        return i18n.t("filter.period.all", lang)
    dates = f"{fmt.day(view.start, lang)} – {fmt.day(view.end, lang)}"
    if (view.start, view.end) == (last_year(view.as_of).start, view.as_of):
        return f"{i18n.t('filter.period.12m', lang)} ({dates})"
    return dates


def address(page: str, view: View, lang: str, fiscal_year_start: int = 1, **more: str) -> str:
    """Page and parameters that open the view again, without the host: `funnel?as_of=2026-09-30&segment=KA`.

    Dimensions that the sidebar does not offer are left out; the words beside the link name them.
    """
    params = [("as_of", view.as_of.isoformat()), ("period", period_name(view, fiscal_year_start)),
              ("compare", view.compare), ("days", view.days), ("lang", lang)]
    names = {dimension: name for name, dimension in FILTERS.items()} | {"segment": "segment"}
    for dimension, keys in view.filters.chosen:
        params += [(names[dimension], key) for key in keys if dimension in names]
    return f"{page}?{urlencode(sorted([*params, *more.items()]))}"


def period_name(view: View, fiscal_year_start: int = 1) -> str:
    """The period of a view as addresses and packs name it; ALL_TIME where it has no bounds."""
    if view.start is None or view.end is None:
        return ALL_TIME
    period = periods.range_(view.start, view.end)
    quarter = periods.period_of(view.end, "quarter", fiscal_year_start)
    year = periods.period_of(view.end, "year", fiscal_year_start)
    named = next((p for p in (quarter, year) if (p.start, p.end) == (view.start, view.end)), None)
    return named.name if named else f"{period.start.isoformat()}..{period.end.isoformat()}"
