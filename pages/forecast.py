"""What will be won this quarter, by four methods side by side, and how far off each was in quarters that are over."""

from __future__ import annotations

from functools import partial
from typing import cast

import streamlit as st

from analytics import cards, forecast_periods, forecast_simulation
from analytics import format as fmt
from analytics.cards.forecast import AHEAD, KINDS, LEADS, MEASURES, TABLE, lead_days, table, told
from analytics.forecast_replay import Measure
from analytics.periods import parse
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

_ACCURACY = {"segment": "segment", "method": "method", "quarters": "quarters", "value": "mape", "bias": "bias",
             "count_mape": "count_mape", "coverage": "inside", "worse_by": "forecast_worse", "p": "by_chance",
             "reason": "reason"}


def render(view: View) -> None:
    """Draw the page: the forecasts, what they were worth in the past, and both in figures."""
    ahead, measure, lead = _switches(view)
    ask, look = cache.ask(), context.look()
    frame = ask.forecast(view, ahead=int(ahead))
    if frame.empty:
        states.empty()
        return
    measure = told(frame, measure)
    with states.guard("forecast_outlook"):
        side_by_side.draw(cards.forecast.outlook(ask, view, look, ahead, measure, lead))
    if ask.is_one_export(view):
        st.caption(md_escape(t("forecast.one_export")))
    with states.guard("forecast_replay"):
        side_by_side.draw(cards.forecast.replay(ask, view, look, ahead, measure, lead))
    said = t("forecast.table.why", seed=forecast_simulation.SEED)
    side_by_side.table_card(t("forecast.table"), said, table(frame, TABLE, look), key="forecast_table", kinds=KINDS)
    accuracy = ask.forecast_replay(view, ahead=int(ahead), lead=lead_days(lead), measure=measure)["accuracy"]
    said = t("forecast.accuracy.why", measure=t(f"forecast.measure.{measure}").lower())
    side_by_side.table_card(t("forecast.accuracy"), said, table(accuracy, _ACCURACY, look), key="forecast_accuracy",
                            kinds=KINDS, nothing=t("forecast.accuracy.none"))


def _switches(view: View) -> tuple[str, Measure, str]:
    """Which quarter, amount or number, and how early the past forecasts were made."""
    places = st.columns([2, 2, 3])
    fiscal = context.now().settings.organisation.fiscal_year_start
    quarters = {a: forecast_periods.moments(view.as_of, int(a), fiscal)[0].name for a in AHEAD}
    shown = {a: fmt.period(parse(name, fiscal), context.lang()) for a, name in quarters.items()}
    choose = partial(view_state.choose, kind="segments")
    ahead = choose("ahead", t("forecast.quarter"), list(AHEAD), AHEAD[0], shown, where=places[0])
    measure = choose("measure", t("forecast.measure"), list(MEASURES), MEASURES[0],
                     {m: t(f"forecast.measure.{m}") for m in MEASURES}, where=places[1])
    lead = choose("lead", t("forecast.lead"), list(LEADS), LEADS[0], {x: t(f"forecast.lead.{x}") for x in LEADS},
                  where=places[2])
    return ahead, cast(Measure, measure), lead


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
