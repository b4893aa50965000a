"""What will be won this quarter, by four methods side by side, and how far off each was in quarters that are over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, cast

import pandas as pd
import streamlit as st

from analytics import findings_forecast, forecast_periods, forecast_simulation, i18n
from analytics import format as fmt
from analytics.charts import forecast
from analytics.charts.names import Names
from analytics.forecast_replay import Measure
from analytics.periods import parse
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, states, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import A_ROW, table_card

MEASURES = ("amount", "count")
AHEAD = ("0", "1")
LEADS = ("same", "13", "8", "4")
#: column of Ask.forecast -> what it is called here
_TABLE = {"segment": "segment", "method": "method", "n": "n", "used": "used", "won_amount": "forecast_won",
          "expected_amount": "forecast_open", "later_amount": "forecast_later", "value": "forecast_value",
          "low": "forecast_low", "high": "forecast_high", "count": "count", "learned": "learned", "reason": "reason"}
_REPLAY = {"period": "period", "origin": "origin", "method": "method", "n": "n", "count": "count", "actual": "actual",
           "count_error": "count_error", "value": "forecast_value", "low": "forecast_low", "high": "forecast_high",
           "actual_amount": "actual_amount", "error": "error", "reason": "reason"}
_ACCURACY = {"segment": "segment", "method": "method", "quarters": "quarters", "value": "mape", "bias": "bias",
             "count_mape": "count_mape", "coverage": "inside", "worse_by": "forecast_worse", "p": "by_chance",
             "reason": "reason"}
_KINDS = {
    **dict.fromkeys((*(f"forecast_{c}" for c in ("won", "open", "later", "value", "low", "high")), "actual_amount"),
                    "amount"),
    **dict.fromkeys(("used", "learned", "actual", "quarters"), "number"), "count": "points", "origin": "date",
    **dict.fromkeys(("mape", "count_mape", "bias", "error", "count_error", "inside", "forecast_worse", "by_chance"),
                    "rate"),
}  # fmt: skip


def render(view: View) -> None:
    """Draw the page: the forecasts, what they were worth in the past, and both in figures."""
    ahead, measure, lead = _switches(view)
    ask = cache.ask()
    frame = ask.forecast(view, ahead=ahead)
    if frame.empty:
        states.empty()
        return
    found = ask.forecast_replay(view, ahead=ahead, lead=lead, measure=measure)
    segments = _segments(frame)
    for number, segment in _placed(segments):
        _outlook(number, _of(frame, segment), _of(found["accuracy"], segment), view, measure)
    _not_drawn(frame, segments)
    if ask.is_one_export(view):
        st.caption(md_escape(t("forecast.one_export")))
    for number, segment in _placed(segments):
        _replay(number, segment, _of(found["rows"], segment), _of(found["accuracy"], segment), view, measure)
    said = t("forecast.table.why", seed=forecast_simulation.SEED)
    table_card(t("forecast.table"), said, _table(frame, _TABLE), key="forecast_table", kinds=_KINDS)
    said = t("forecast.accuracy.why", measure=t(f"forecast.measure.{measure}").lower())
    scored = _table(found["accuracy"], _ACCURACY)
    table_card(t("forecast.accuracy"), said, scored, key="forecast_accuracy", kinds=_KINDS)


def _switches(view: View) -> tuple[int, Measure, int | None]:
    """Which quarter, amount or number, and how early the past forecasts were made (None: as early as today's)."""
    places = st.columns([2, 2, 3])
    fiscal = context.now().settings.organisation.fiscal_year_start
    quarters = {a: forecast_periods.moments(view.as_of, int(a), fiscal)[0].name for a in AHEAD}
    shown = {a: fmt.period(parse(name, fiscal), context.lang()) for a, name in quarters.items()}
    choose = partial(view_state.choose, kind="segments")
    ahead = choose("ahead", t("forecast.quarter"), list(AHEAD), AHEAD[0], shown, where=places[0])
    measure = choose("measure", t("forecast.measure"), list(MEASURES), MEASURES[0],
                     {m: t(f"forecast.measure.{m}") for m in MEASURES}, where=places[1])  # fmt: skip
    lead = choose("lead", t("forecast.lead"), list(LEADS), LEADS[0], {x: t(f"forecast.lead.{x}") for x in LEADS},
                  where=places[2])  # fmt: skip
    return int(ahead), cast(Measure, measure), None if lead == "same" else int(lead) * 7


def _segments(frame: pd.DataFrame) -> list[str]:
    """The segments that are drawn: those that are known, or the unknown one where there is no other. All are in the
    tables."""
    found = list(dict.fromkeys(frame["segment"]))
    return [s for s in found if s != UNKNOWN] or found


def _placed(segments: list[str]) -> Iterator[tuple[int, str]]:
    for start in range(0, len(segments), A_ROW):
        shown = segments[start : start + A_ROW]
        for number, (place, segment) in enumerate(zip(st.columns(len(shown)), shown, strict=True), start):
            with place:
                yield number, segment


def _not_drawn(frame: pd.DataFrame, segments: list[str]) -> None:
    """Who stands in the tables only, and how many they are."""
    rest = frame[~frame["segment"].isin(segments)].drop_duplicates("segment").to_dict("records")
    if rest:
        names = [t("facets.one", name=_called(r["segment"]), n=fmt.number(r["n"])) for r in rest]
        st.caption(md_escape(t("facets.left_out", names=t("view.and").join(names))))


def _of(frame: pd.DataFrame, segment: str) -> pd.DataFrame:
    return frame[frame["segment"] == segment].reset_index(drop=True)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _called(segment: str) -> str:
    return i18n.label("segment", segment, context.lang(), context.now().settings)


def _outlook(number: int, rows: pd.DataFrame, accuracy: pd.DataFrame, view: View, measure: Measure) -> None:
    """The quarter of one segment: what each method says, and what the best of them says in words."""
    with states.guard("forecast_outlook"):
        lang, segment = context.lang(), rows["segment"].iloc[0]
        best = findings_forecast.chosen(accuracy, rows)
        row = rows[rows["method"] == best].iloc[0].to_dict() if best else None
        said = findings_forecast.outlook(row, lang, what=_called(segment), amount=measure == "amount")
        fiscal = context.now().settings.organisation.fiscal_year_start
        fields = {"period": fmt.period(parse(rows["period"].iloc[0], fiscal), lang), "currency": _currency(),
                  "day": fmt.day(view.as_of, lang)}  # fmt: skip
        chart_card(
            said.text,
            forecast.methods(rows, _names(), context.theme(), measure=measure),
            _table(rows, _TABLE),
            key=f"forecast_outlook_{number}",
            view=view,
            measured=t(f"forecast.measured.{measure}", **fields),
            definition_key=f"forecast.{best or 'historical'}",
            n=int(rows["n"].iloc[0]),
            kinds=_KINDS,
            question="forecast",
            with_period=False,
        )
        _cannot(rows)


def _cannot(rows: pd.DataFrame) -> None:
    """What cannot be known, and why."""
    reasons = [t("forecast.cannot.one", method=t(f"charts.forecast_{r['method']}"), reason=t(f"reason.{r['reason']}"))
               for r in rows.to_dict("records") if r["reason"]]  # fmt: skip
    if reasons:
        st.caption(md_escape(t("forecast.cannot", reasons=t("view.and").join(reasons))))


def _replay(number: int, segment: str, rows: pd.DataFrame, accuracy: pd.DataFrame, view: View,
            measure: Measure) -> None:
    """Past forecasts of one segment against what came."""
    with states.guard("forecast_replay"):
        lang = context.lang()
        best = accuracy[accuracy["is_best"]]["method"].tolist()
        said = findings_forecast.proven(accuracy, lang, what=_called(segment))
        days = int((rows["end"] - rows["origin"]).dt.days.iloc[0]) if len(rows) else 0
        chart_card(
            said.text,
            forecast.replay(rows, _names(), context.theme(), best=best[0] if best else "", measure=measure),
            _table(rows, _REPLAY),
            key=f"forecast_replay_{number}",
            view=view,
            measured=t(f"forecast.replay.measured.{measure}", days=fmt.number(days), currency=_currency()),
            definition_key="forecast.accuracy",
            kinds=_KINDS,
            drill=False,
            with_period=False,
        )
        if words := findings_forecast.held(accuracy, lang):
            st.caption(md_escape(words))


def _table(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The rows as they are shown and downloaded: methods by their names."""
    shown: Any = frame[[c for c in columns if c in frame]].rename(columns=columns)
    return cast(pd.DataFrame, shown.assign(method=[t(f"charts.forecast_{m}") for m in shown["method"]]))


def _currency() -> str:
    return context.now().settings.organisation.base_currency


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
