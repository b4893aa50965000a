"""What will be won this quarter, by four methods side by side, and how far off each was in quarters that are over."""

from __future__ import annotations

from functools import partial
from typing import cast

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics import cards, forecast_periods, forecast_simulation
from analytics import format as fmt
from analytics.cards.forecast import AHEAD, BY_NUMBER, KINDS, LEADS, MEASURES, TABLE, lead_days, table, told
from analytics.forecast_replay import Measure
from analytics.periods import parse
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, view_state
from pages._parts.context import t

_choose = partial(view_state.choose, kind="segments")
_ACCURACY = {"segment": "segment", "method": "method", "value": "mape", "bias": "bias", "quarters": "quarters",
             "coverage": "inside", "ranged": "ranged", "shared": "shared", "shared_value": "shared_mape",
             "worse_by": "forecast_worse", "p": "by_chance",
             "count_mape": "count_mape", "reason": "reason"}


def render(view: View) -> None:
    """Draw the page: the forecasts, what they were worth in the past, and both in figures."""
    places = st.columns([2, 2, 3])
    ahead = _quarter(view, places[0])
    ask, look = cache.ask(), context.look()
    frame = ask.forecast(view, ahead=int(ahead))
    if frame.empty:
        states.empty()
        return
    measure = _measure(frame, places[1])
    lead = _choose("lead", t("forecast.lead"), list(LEADS), LEADS[0], {x: t(f"forecast.lead.{x}") for x in LEADS},
                   where=places[2])
    with states.guard("forecast_outlook"):
        side_by_side.draw(cards.forecast.outlook(ask, view, look, ahead, measure, lead))
    with states.guard("forecast_replay"):
        side_by_side.draw(cards.forecast.replay(ask, view, look, ahead, measure, lead))
    said = t("forecast.table.why", seed=forecast_simulation.SEED)
    columns = TABLE if measure == "amount" else BY_NUMBER
    side_by_side.table_card(t("forecast.table"), said, table(frame, columns, look), key="forecast_table", kinds=KINDS)
    accuracy = ask.forecast_replay(view, ahead=int(ahead), lead=lead_days(lead), measure=measure)["accuracy"]
    said = t("forecast.accuracy.why", measure=t(f"forecast.measure.{measure}").lower())
    side_by_side.table_card(t("forecast.accuracy"), said, table(accuracy, _ACCURACY, look), key="forecast_accuracy",
                            kinds=KINDS, nothing=t("forecast.accuracy.none"))


def _quarter(view: View, where: DeltaGenerator) -> str:
    """Which quarter is forecast."""
    fiscal = context.now().settings.organisation.fiscal_year_start
    quarters = {a: forecast_periods.moments(view.as_of, int(a), fiscal)[0].name for a in AHEAD}
    shown = {a: fmt.period(parse(name, fiscal), context.lang()) for a, name in quarters.items()}
    return _choose("ahead", t("forecast.quarter"), list(AHEAD), AHEAD[0], shown, where=where)


def _measure(frame: pd.DataFrame, where: DeltaGenerator) -> Measure:
    """Amount or number; nothing to choose where no amount is known."""
    if told(frame, "amount") == "count":
        return "count"
    return cast(Measure, _choose("measure", t("forecast.measure"), list(MEASURES), MEASURES[0],
                                 {m: t(f"forecast.measure.{m}") for m in MEASURES}, where=where))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
