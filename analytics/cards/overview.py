"""Cards of the value board: its lines, how customers are sold to by region, how wins move; how its numbers are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from analytics import findings_support, findings_value, periods
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, alone, catalogued
from analytics.cards.who import narrowed, segments
from analytics.charts import indicators, trend
from analytics.charts import mix as mix_chart
from analytics.charts.rows import FEW
from analytics.charts.style import label
from analytics.findings import Finding
from analytics.headline import LINES
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


def only(view: View) -> str | None:
    """The one segment that is chosen: what is drawn of it keeps its colour."""
    chosen = view.filters.get("segment")
    return chosen[0] if len(chosen) == 1 else None


def board_of(ask: Ask, view: View) -> list[Row]:
    """The rows of all tiles (ask.headline), a row per segment where there are several; `of`: whose colour they have."""
    shown = several(ask, view)
    rows = (ask.headline(view, ("segment",)) if shown else ask.headline(view)).to_dict("records")
    return [row | {"of": row.get("segment", only(view))} for row in rows if not shown or row["segment"] in shown]


def ahead_of(ask: Ask, view: View) -> list[Row]:
    """The same of the quarter that is not over yet (ask.headline_ahead)."""
    shown = several(ask, view)
    rows = (ask.headline_ahead(view, ("segment",)) if shown else ask.headline_ahead(view)).to_dict("records")
    return [row | {"of": row.get("segment", only(view))} for row in rows if not shown or row["segment"] in shown]


def sentence(line: str, rows: Sequence[Row], look: Look) -> str:
    """What matters on one line of the board."""
    return findings_value.line(line, rows, look.lang, name=partial(named, look=look), value=partial(written, look=look),
                               change=partial(changed, look=look)).text


@catalogued
def lines(ask: Ask, view: View, look: Look) -> list[Card]:
    """The value board: what matters on each line, and its indicators."""
    board = board_of(ask, view)
    ahead = {"order": ahead_of(ask, view)}
    return [_line(line, [row for row in board if row["key"] in keys], ahead.get(line, []), view, look)
            for line, keys in LINES.items()]


def _line(line: str, rows: Sequence[Row], ahead: Sequence[Row], view: View, look: Look) -> Card:
    """One line of the board, without the indicators of which nothing is measured."""
    key, name = f"overview_line_{line}", look.t(f"value.line.{line}")
    shown = [row for row in (*rows, *ahead) if fmt.is_known(row["value"])]
    if not shown:
        return alone(key, name, view, look.t(f"value.line.{line}.unmeasured"))
    numbers = ("value", "low", "high", "n", "other_value", "change", "target")
    frame = pd.DataFrame([{
        "indicator": named(row, look), "segment": row["of"], "now_said": written(row, row["value"], look),
        "change_said": changed(row, look) or fmt.UNKNOWN, "verdict": look.t(f"value.verdict.{verdict(row)}"),
        "judged": row["is_good"] if row["is_real"] else None, "course": [point[1] for point in row["trend"]],
        **{column: row[column] for column in numbers}} for row in shown])
    return Card(key, f"{name} · {sentence(line, rows, look)}", look.t("value.lines.measured"),
                indicators.rows(frame, look.names, look.theme), frame.drop(columns="judged"), view,
                columns=["indicator", "now_said", "change_said", "verdict", "n"], drill=False, native=Native("picture"),
                kinds=dict.fromkeys(numbers, "text"))


def verdict(row: Row) -> str:
    """What a change is: better, worse, changed (no direction is good), chance, untested or unknown."""
    if not fmt.is_known(row["change"]):
        return "unknown"
    if not row["is_real"]:
        return "untested" if row["is_real"] is None else "chance"
    return {True: "better", False: "worse", None: "changed"}[row["is_good"]]


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
                                       title=lambda value: label(region(value)), segment=key or only(view))
        measured = look.t("value.mix.measured", few=fmt.number(FEW))
        cards.append(Card(
            f"overview_mix_{key or 'all'}", said.text, measured, figure, frame, of,
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
    def found(of: View, who: str) -> Finding:
        return findings_value.wins(ask.win_shifts(of, dimensions=()), look.lang, who=who,
                                   first=ask.win_judged_since(of))
    each = several(ask, view)
    said = ([found(narrowed(view, key), look.called("segment", key)) for key in each] if each
            else [found(view, _who(view, look))])
    if all(one.strength == "too_few" for one in said):
        return look.t("overview.wins.few")
    return look.t("overview.wins.title", said=look.t("value.listed").join(one.text for one in said))


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
    if row["unit"] == "points":
        return fmt.number(gap, look.lang, digits=1, signed=True)
    if row["unit"] in ("number", "ratio"):  # multiples and hours per million: a difference of these says nothing
        return fmt.change(row["value"], row["other_value"], look.lang)
    return look.difference(row["value"], row["other_value"], row["unit"])


def named(row: Row, look: Look) -> str:
    """The metric of a row, and of which segment it is."""
    name = registry.get(row["key"]).label[look.lang]
    if "segment" not in row:
        return name
    return of_segment(name, row["segment"], look)


def of_segment(what: str, segment: str, look: Look) -> str:
    """What a metric of one segment is called within a sentence: "KA win rate"."""
    return look.t("overview.of", segment=look.called("segment", segment), what=what[:1].lower() + what[1:])
