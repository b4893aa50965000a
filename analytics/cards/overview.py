"""Cards of the value board: how customers are sold to by region, and how wins move; and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from analytics import findings_support, findings_value, findings_win, periods
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, catalogued
from analytics.cards.who import narrowed, segments
from analytics.charts import mix as mix_chart
from analytics.charts import trend
from analytics.charts.style import label
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN

#: quarters of the win rate card: a trend needs its past, whatever the period
_TREND_QUARTERS = 12
_MODES = ("direct", "mixed", "channel")
_RESPONSE, _HOURS, _VELOCITY = "support.response_days", "support.hours", "value.velocity"

Row = Mapping[Any, Any]


def several(ask: Ask, view: View) -> list[str]:
    """The segments of the view, if there are several."""
    shown = segments(ask, view)
    return shown if len(shown) > 1 else []


def board_of(ask: Ask, view: View) -> list[Row]:
    """The rows of all tiles (ask.headline), a row per segment where there are several."""
    shown = several(ask, view)
    rows: list[Row] = (ask.headline(view, ("segment",)) if shown else ask.headline(view)).to_dict("records")
    return [row for row in rows if not shown or row["segment"] in shown]


def sentence(line: str, rows: Sequence[Row], look: Look) -> str:
    """What matters on one line of the board."""
    return findings_value.line(line, rows, look.lang, name=partial(named, look=look), value=partial(written, look=look),
                               change=partial(changed, look=look)).text


@catalogued
def mix(ask: Ask, view: View, look: Look) -> list[Card]:
    """Sales modes by region, each segment on its own; nothing where no mode is recorded."""
    cards, region = [], partial(look.called, "region")
    for key in several(ask, view) or [""]:
        of = narrowed(view, key)
        frame = ask.mode_mix(of)
        if frame.empty:
            continue
        partners = ask.metric("value.partner_share", of, ("region",))
        said = findings_value.mixed(frame, partners[partners["region"] != UNKNOWN], look.lang, by="region",
                                    what=_who(of, look), name=region)
        figure = mix_chart.bars_of_100(frame, look.names, look.theme, by="region", part="sales_mode", parts=_MODES,
                                       title=lambda value: label(region(value)), segment=key or None)
        cards.append(Card(
            f"overview_mix_{key or 'all'}", said.text, look.t("value.mix.measured"), figure, frame, of,
            definition_key="value.partner_share", columns=["region", "sales_mode", "n", "amount", "value"], drill=False,
            segment=key or None, native=Native("stacked", "region", look.series("value"), split="sales_mode",
                                               number="rate")))
    return cards


def _who(view: View, look: Look) -> str:
    """Whose figures these are: the segments that are chosen, or all customers."""
    names = [look.called("segment", key) for key in view.filters.get("segment")]
    return look.t("view.and").join(names) or look.t("value.everybody")


@catalogued
def wins(ask: Ask, view: View, look: Look) -> list[Card]:
    """Win rate by quarter and segment, whatever the period."""
    frame = ask.metric("win_rate.count", _long(view, look), ("segment", "quarter"))
    frame = frame[frame["n"] > 0]
    known = frame[frame["segment"] != UNKNOWN]  # a handful without an account: in the table, not a line of its own
    drawn, but = (known, UNKNOWN) if len(known) else (frame, "")
    return [Card("overview_wins", _wins_title(ask, view, look), look.t("overview.wins.measured"),
                 trend.line(drawn, look.names, look.theme, x="quarter"), frame, view, definition_key="win_rate.count",
                 columns=["segment", "quarter", "n", "won", "lost", "value", "low", "high"], question="win_rate.count",
                 with_period=False,
                 native=Native("line", "quarter", look.series("value"), split="segment", number="rate", but=but))]


def _long(view: View, look: Look) -> View:
    """The same view over the last quarters up to the as-of day."""
    start_month = look.settings.organisation.fiscal_year_start
    quarters = periods.last(_TREND_QUARTERS, "quarter", view.as_of, start_month)
    return view.with_(start=quarters[0].start, end=view.as_of)


def _wins_title(ask: Ask, view: View, look: Look) -> str:
    """The finding: has the win rate left its level? Of each segment on its own, where there are several."""
    what = registry.get("win_rate.count").label[look.lang]

    def found(of: View, name: str) -> str:
        return findings_win.whole_shift(ask.win_shifts(of, dimensions=()), look.lang, what=name).text
    each = {key: look.t("overview.of", segment=look.called("segment", key), what=what) for key in several(ask, view)}
    said = [found(narrowed(view, key), name) for key, name in each.items()]
    return look.t("overview.sentences").join(said) or found(view, what)


def written(row: Row, number: Any, look: Look) -> str:
    """A value of the row's metric as it is read on the board (rows of ask.headline)."""
    if not fmt.is_known(number):
        return fmt.UNKNOWN
    if row["key"] == _RESPONSE:
        return findings_support.hours(number, look.lang)
    if row["key"] == _HOURS:
        return look.t("value.hour", n=fmt.number(number, look.lang, digits=1))
    if row["key"] == _VELOCITY:
        return look.t("value.per_day", amount=look.value(number, "money"))
    if row["unit"] == "ratio":
        return fmt.number(number, look.lang, digits=1) + fmt.TIMES
    return fmt.number(number, look.lang, digits=1) if row["unit"] == "points" else look.value(number, row["unit"])


def changed(row: Row, look: Look) -> str:
    """How the row's value differs from the one compared with, with its sign; "" where either is unknown."""
    gap = row["change"]
    if not fmt.is_known(gap):
        return ""
    if row["key"] == _RESPONSE:
        return fmt.days(gap, look.lang, signed=True, hours=True, digits=0)
    if row["unit"] in ("points", "number", "ratio"):
        return fmt.number(gap, look.lang, digits=1, signed=True) + (fmt.TIMES if row["unit"] == "ratio" else "")
    return look.difference(row["value"], row["other_value"], row["unit"])


def named(row: Row, look: Look) -> str:
    """The metric of a row, and of which segment it is."""
    name = registry.get(row["key"]).label[look.lang]
    if "segment" not in row:
        return name
    return look.t("overview.of", segment=look.called("segment", row["segment"]), what=name)
