"""What has become of a metric since an earlier load: the choice of the load, the cards, the opportunities behind."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics.cards import restatement as cards
from analytics.restatement import PARTS
from analytics.view import View
from pages._parts import cache, context, side_by_side, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

_NONE = ""
_SHOWN = 200
_COLUMNS = ("segment", "pipeline", "stage", "name", "step", "cause", "part_of_change", "top", "bottom", "status_then",
            "status_now", "closed_on_then", "closed_on_now", "segment_then", "segment_now", "amount_then", "amount_now")
_KINDS = {"closed_on_then": "date", "closed_on_now": "date", "amount_then": "amount", "amount_now": "amount"}


def draw(view: View, metric: str) -> None:
    """Nothing is worked out before a load is chosen: an earlier state of all data is opened for it."""
    st.header(t("restated.head"), anchor=False)
    st.caption(t("restated.lead"))
    lang = context.lang()
    if metric not in PARTS:
        st.info(md_escape(cards.no_ledger(context.look())), icon=":material/database_off:")
        return
    loads = {str(number): day for number, day in cache.ask().earlier_loads()}
    if not loads:
        st.info(md_escape(t("restated.one_load")), icon=":material/database_off:")
        return
    labels = {_NONE: "–"} | {n: t("restated.load", load=n, day=fmt.day(day, lang)) for n, day in loads.items()}
    load = view_state.choose("earlier", t("restated.choose"), list(labels), _NONE, labels)
    if load == _NONE:
        return
    with st.spinner(t("restated.working")):  # where settings changed, a history is made anew
        made = cards.ledger(cache.ask(), view, context.look(), metric, load)
    side_by_side.draw(made)
    _opportunities(cache.ask().restated(metric, view, int(load)).ledger, metric)


def _opportunities(ledger: pd.DataFrame, metric: str) -> None:
    if ledger.empty:
        return
    n = int(ledger["opportunity_id"].nunique())
    st.markdown(f"**{md_escape(t('restated.opportunities', n=fmt.number(n, context.lang())))}**")
    shown = ledger.head(_SHOWN)
    look = context.look()
    called = {f"{dimension}_{when}": [look.called(dimension, key) if isinstance(key, str) else None for key in
                                      shown[f"{dimension}_{when}"]]
              for dimension in ("status", "segment") for when in ("then", "now")}
    named = shown.assign(**called, cause=[t(f"restated.cause.{c}") for c in shown["cause"]],
                         step=[t(f"restated.step.{s}") for s in shown["step"]])
    chosen = table.show(named, _COLUMNS, kinds=cards.kinds(metric) | _KINDS, alt=t("restated.head"),
                        key="restated_opportunities", select=True)
    if chosen is not None:
        view_state.go("opportunity", id=str(shown.iloc[chosen]["opportunity_id"]))
