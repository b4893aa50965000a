"""The value board: four lines with a sentence and tiles each, who stands out, baseline against now, how wins move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_value, findings_win, i18n, periods
from analytics import format as fmt
from analytics.charts import mix, spark, trend
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.headline import LINES
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, states, table
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import Figure, kpi_tile
from pages._parts.side_by_side import A_ROW
from pages._parts.value_parts import called, changed, named, standing_out, written

#: quarters of the win rate card: a trend needs its past, whatever the period
_TREND_QUARTERS = 12
#: tiles side by side
_A_LINE = 4
_MODES = ("direct", "mixed", "channel")
_BASELINE = ["line", "indicator", "segment", "baseline_said", "now_said", "change_said", "verdict"]

Row = Mapping[Any, Any]


def render(view: View) -> None:
    """Draw the page: what matters on each line in a sentence, the tiles, then who and where, then the long view."""
    segments = _segments(view)
    with states.guard("overview_board"):
        board = _board(view, segments)
        _short(board, view)
        for line, keys in LINES.items():
            _line(line, keys, board)
        _not_named(view, segments)
    standing_out(view)
    with states.guard("overview_baseline"):
        _baseline(view, segments)
    with states.guard("overview_mix"):
        _mix(view, segments)
    with states.guard("overview_wins"):
        _wins(view)


def _segments(view: View) -> list[str]:
    """The customer segments that stand in this view, if there are several: they are never pooled in silence."""
    chosen = view.filters.get("segment")
    known = [key for key, _ in cache.ask().options(view).get("segment", []) if key != UNKNOWN]
    shown = [key for key in known if not chosen or key in chosen]
    return shown if len(shown) > 1 else []


def _of(view: View, segment: str) -> View:
    return view.with_(filters=view.filters.with_(segment=[segment])) if segment else view


def _board(view: View, segments: Sequence[str]) -> list[Row]:
    """The rows of all tiles, a row per segment where there are several."""
    frame = cache.ask().headline(view, ("segment",)) if segments else cache.ask().headline(view)
    rows: list[Row] = frame.to_dict("records")
    return [row for row in rows if not segments or row["segment"] in segments]


def _short(board: Sequence[Row], view: View) -> None:
    """What matters on each line, one sentence each."""
    lang = context.lang()
    with st.container(border=True, key="overview_short", gap="xsmall"):
        st.header(t("value.short"), anchor=False)
        for line, keys in LINES.items():
            rows = [row for row in board if row["key"] in keys]
            said = findings_value.line(line, rows, lang, name=named, value=written, change=changed)
            st.markdown(f"**{md_escape(t(f'value.line.{line}'))}** · {md_escape(said.text)}")
        if view.compare != "none" and not any(fmt.is_known(row["change"]) for row in board):
            st.text(t("overview.changes.nothing"))


def _line(line: str, keys: Sequence[str], board: Sequence[Row]) -> None:
    """The tiles of one line: side by side on wide screens, each in the full width on narrow ones."""
    st.subheader(t(f"value.line.{line}"), anchor=False)
    if not any(fmt.is_known(row["value"]) for row in board if row["key"] in keys):
        st.info(md_escape(t(f"value.line.{line}.unmeasured")), icon=":material/database_off:")
        return
    for place, key in zip(st.columns(_A_LINE), keys, strict=False):
        with place:
            _tile(key, [row for row in board if row["key"] == key])


def _tile(key: str, rows: Sequence[Row]) -> None:
    """One metric: each segment on its own, or the one that is shown; once for all where nothing of it is measured."""
    if not any(row["n"] for row in rows) and len({row["reason"] for row in rows}) == 1:
        rows = [{name: value for name, value in rows[0].items() if name != "segment"}]
    name = registry.get(key).label[context.lang()]
    kpi_tile(name, [_figure(row, name) for row in rows], key=f"overview_{key.replace('.', '_')}", definition_key=key)


def _figure(row: Row, name: str) -> Figure:
    segment = row.get("segment")
    course = pd.DataFrame(row["trend"], columns=["period", "value", "n"])
    change = changed(row)
    return Figure(
        called(segment) if segment else name, written(row, row["value"]), _note(row), change,
        is_up=None if not change or not row["change"] else row["change"] > 0,
        is_good=None if row["is_real"] is False else row["is_good"],  # chance is neither good nor bad
        trend=spark.line(course, context.theme(), segment=segment),
        trend_alt=t("overview.trend.alt", what=named(row), values=t("view.and").join(
            f"{p} {written(row, v)}" for p, v in zip(course["period"], course["value"], strict=True))))


def _note(row: Row) -> str:
    """n, the interval, the standard, and whether the change is more than chance; or why there is no value."""
    lang = context.lang()
    n = t("common.n", n=fmt.number(row["n"], lang))
    if row["reason"]:
        said = t("value.unmeasured", reason=t("reason." + row["reason"]))
        return f"{said} · {n}" if row["n"] else said
    parts = [n]
    if fmt.is_known(row["low"]) and fmt.is_known(row["high"]):
        parts.append(t("common.range", low=written(row, row["low"]), high=written(row, row["high"])))
    if fmt.is_known(row["target"]):
        key = "value.standard.met" if row["status"] == "green" else "value.standard"
        parts.append(t(key, target=written(row, row["target"])))
    if fmt.is_known(row["change"]):
        verdict = {None: "value.untested", True: "overview.real", False: "overview.chance"}[row["is_real"]]
        parts.append(t(verdict))
    return " · ".join(parts)


def _not_named(view: View, segments: Sequence[str]) -> None:
    """How many open opportunities belong to no known segment: nobody is left out in silence."""
    if not segments or view.filters.get("segment"):
        return
    frame = cache.ask().metric("pipeline.open", view, ("segment",))
    for n in frame.loc[(frame["segment"] == UNKNOWN) & (frame["n"] > 0), "n"]:
        st.caption(md_escape(t("value.not_named", n=fmt.number(n, context.lang()))))


@st.fragment
def _baseline(view: View, segments: Sequence[str]) -> None:
    """Each indicator in the baseline and now, worked out only when somebody unfolds it: it judges years, not weeks."""
    with st.container(border=True, key="overview_baseline", gap="xsmall"):
        st.header(t("value.baseline.card"), anchor=False)
        fold = st.expander(t("value.baseline.unfold"), on_change="rerun", key="overview_baseline_fold")
        if fold.open:
            with fold, states.guard("overview_baseline"):
                _compared(view, segments)


def _compared(view: View, segments: Sequence[str]) -> None:
    lang = context.lang()
    frame = cache.ask().value_baseline(view, ("segment",)) if segments else cache.ask().value_baseline(view)
    if segments:
        frame = frame[frame["segment"].isin(segments)]
    said = findings_value.baseline(frame, lang)
    st.text(said.text)
    if frame.empty:
        return
    period = fmt.period(periods.parse(frame["baseline"].iloc[0]), lang)
    st.caption(md_escape(t("value.baseline.measured", period=period)))
    lines = {key: line for line, keys in LINES.items() for key in keys}
    rows = [{"line": t(f"value.line.{lines[row['key']]}"), "indicator": registry.get(row["key"]).label[lang],
             "segment": row.get("segment", ""), "baseline_said": written(row, row["other_value"]),
             "now_said": written(row, row["value"]), "change_said": changed(row) or fmt.UNKNOWN,
             "verdict": t(f"value.verdict.{_verdict(row)}")} for row in frame.to_dict("records")]
    table.show(pd.DataFrame(rows), _BASELINE if segments else [c for c in _BASELINE if c != "segment"], alt=said.text,
               key="overview_baseline_table", height="content")


def _verdict(row: Row) -> str:
    if not fmt.is_known(row["change"]):
        return "unknown"
    if not row["is_real"]:
        return "untested" if row["is_real"] is None else "chance"
    return {True: "better", False: "worse", None: "changed"}[row["is_good"]]


def _mix(view: View, segments: Sequence[str]) -> None:
    """Sales modes by region, each segment on its own; nothing where no mode is recorded."""
    here, names = context.now(), Names(context.lang(), context.now().settings)
    found = {key: cache.ask().mode_mix(_of(view, key)) for key in segments or [""]}
    shown = [key for key, frame in found.items() if len(frame)]
    for start in range(0, len(shown), A_ROW):
        for place, key in zip(st.columns(A_ROW if len(shown) > 1 else 1), shown[start:start + A_ROW], strict=False):
            frame, of = found[key], _of(view, key)
            shares = cache.ask().metric("value.partner_share", of, ("region",))
            said = findings_value.mixed(frame, shares[shares["region"] != UNKNOWN], here.lang, by="region",
                                        what=_who(of),
                                        name=partial(i18n.label, "region", lang=here.lang, settings=here.settings))
            figure = mix.bars_of_100(frame, names, here.theme, by="region", part="sales_mode", parts=_MODES,
                                     title=lambda region: label(i18n.label("region", region, here.lang, here.settings)),
                                     segment=key or None)
            with place:
                chart_card(said.text, figure, frame, key=f"overview_mix_{key or 'all'}", view=of, drill=False,
                           measured=t("value.mix.measured"), definition_key="value.partner_share",
                           columns=["region", "sales_mode", "n", "amount", "value"])


def _who(view: View) -> str:
    """Whose figures these are: the segments that are chosen, or all customers."""
    return t("view.and").join(map(called, view.filters.get("segment"))) or t("value.everybody")


def _wins(view: View) -> None:
    """Win rate by quarter and segment, whatever the period: a trend needs its past."""
    here = context.now()
    frame = cache.ask().metric("win_rate.count", _long(view), ("segment", "quarter"))
    frame = frame[frame["n"] > 0]
    drawn = frame[frame["segment"] != UNKNOWN]  # a handful without an account: in the table, not a line of its own
    chart_card(_wins_title(view), trend.line(drawn, Names(here.lang, here.settings), here.theme, x="quarter"), frame,
               key="overview_wins", view=view, measured=t("overview.wins.measured"), definition_key="win_rate.count",
               question="win_rate.count", with_period=False,
               columns=["segment", "quarter", "n", "won", "lost", "value", "low", "high"])


def _long(view: View) -> View:
    """The same view over the last quarters up to the as-of day."""
    start_month = context.now().settings.organisation.fiscal_year_start
    quarters = periods.last(_TREND_QUARTERS, "quarter", view.as_of, start_month)
    return view.with_(start=quarters[0].start, end=view.as_of)


def _wins_title(view: View) -> str:
    """The finding: has the win rate left its level? Of each segment on its own, where there are several."""
    here = context.now()
    what = registry.get("win_rate.count").label[here.lang]

    def found(of: View, name: str) -> str:
        return findings_win.whole_shift(cache.ask().win_shifts(of, dimensions=()), here.lang, what=name).text
    each = {key: t("overview.of", segment=called(key), what=what) for key in _segments(view)}
    return t("overview.sentences").join(found(_of(view, key), name) for key, name in each.items()) or found(view, what)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
