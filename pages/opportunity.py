"""Find an opportunity, and read its story: stages, amount, promised dates and activities on one time axis."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics import i18n, story
from analytics.charts import timeline
from analytics.charts.names import Names
from analytics.view import View
from pages._parts import cache, context, show, states, table, view_state
from pages._parts.chart_card import BEHIND, chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape

_VISITS = ("stage", "entered_on", "exited_on", "exit_kind", "days", "time_source", "owner_name")
_CHANGES = ("changed_on", "field", "old_value", "new_value")
_ACTIVITIES = ("occurred_on", "kind", "direction", "minutes", "owner_name")
_FACTS = ("account_name", "segment", "owner_name", "team", "stage", "status", "amount_base", "created_on",
          "expected_close_on", "closed_on", "region", "industry", "product_line", "type", "sales_mode")


def render(view: View) -> None:
    """Draw the page: the story of the chosen opportunity, or the list to choose from."""
    chosen = (view_state.values("id") or ("",))[0]
    if chosen:
        with states.guard("opportunity_story"):
            _story(view, chosen)
    else:
        with st.container(border=True, key="opportunity_list", gap="xsmall"), states.guard("opportunity_list"):
            _list(view)


def _list(view: View) -> None:
    words = view_state.write("q", t("opportunity.search"), icon=":material/search:")
    found = cache.ask().find(view, words)
    total = found.attrs.get("total", len(found))
    st.header(t("opportunity.list", n=fmt.number(total, context.lang())), anchor=False)
    if found.empty:
        states.empty()
        return
    if total > len(found):
        st.caption(t("card.behind.first", n=fmt.number(len(found), context.lang())))
    st.caption(t("card.behind.hint"))
    row = table.show(found, ["opportunity_id", *BEHIND], alt=t("opportunity.list.alt"), key="opportunity_found",
                     select=True)
    if row is not None:
        view_state.go("opportunity", id=str(found.iloc[row]["opportunity_id"]))


def _story(view: View, chosen: str) -> None:
    if st.button(t("opportunity.back"), icon=":material/arrow_back:", type="tertiary"):
        view_state.go("opportunity", id="")
    parts = cache.ask().story(view, chosen)
    opportunity = parts["opportunity"]
    here = context.now()
    name = opportunity.get("name")
    title = name if isinstance(name, str) and name and name != "nan" else t("opportunity.chosen", id=chosen)
    _facts(opportunity, title)
    figure = timeline.story(story.told(parts, view.as_of), Names(here.lang, here.settings), here.theme)
    chart_card(t("opportunity.story"), figure, parts["visits"], key="opportunity_story", view=view, drill=False,
               with_period=False, measured=t("view.as_of", day=fmt.day(view.as_of, here.lang)), columns=list(_VISITS))
    _tables(parts)


def _facts(opportunity: dict[str, Any], title: str) -> None:
    with st.container(border=True, key="opportunity_facts", gap="xsmall"):
        st.header(md_escape(title), anchor=False)
        st.caption(md_escape(opportunity["opportunity_id"]))
        if opportunity["is_gone"]:
            st.warning(t("opportunity.gone"), icon=":material/delete:")
        with st.container(horizontal=True):
            for name in _FACTS:
                with st.container(width=180, gap=None):
                    st.caption(md_escape(table.column_label(name)))
                    st.text(_fact(name, opportunity))


def _fact(name: str, opportunity: dict[str, Any]) -> str:
    value, here = opportunity.get(name), context.now()
    if name == "amount_base":
        return show.value(value, "money")
    if name.endswith("_on"):
        return fmt.day(value, here.lang)
    if name == "stage":
        return here.settings.stage_label(str(opportunity.get("pipeline")), str(value), here.lang)
    return i18n.label(name, None if pd.isna(value) or value == "nan" else str(value), here.lang, here.settings)


def _tables(parts: dict[str, Any]) -> None:
    parts = parts | {"changes": _readable(parts["changes"], parts["opportunity"])}
    for name, columns in (("changes", _CHANGES), ("activities", _ACTIVITIES)):
        with st.container(border=True, key=f"opportunity_{name}", gap="xsmall"), states.guard(f"opportunity_{name}"):
            st.header(t(f"opportunity.{name}"), anchor=False)
            if parts[name].empty:
                states.not_measured(f"opportunity.{name}.table")
            else:
                table.show(parts[name], list(columns), alt=t(f"opportunity.{name}"), key=f"opportunity_{name}_table")


def _readable(changes: pd.DataFrame, opportunity: dict[str, Any]) -> pd.DataFrame:
    """Field names and values as people know them; the stored values are texts."""
    names = cache.owner_names()

    def word(field: str, value: Any) -> str:
        if not isinstance(value, str) or value == "nan":
            return fmt.UNKNOWN
        if field == "owner_id":
            return names.get(value, value)
        if field == "amount":  # in the opportunity's own currency
            return fmt.amount(Decimal(value), context.lang(), currency=str(opportunity.get("currency") or ""))
        return _fact(field, {**opportunity, field: date.fromisoformat(value) if field.endswith("_on") else value})

    rows = [{**row, "field": table.column_label(row["field"]), "old_value": word(row["field"], row["old_value"]),
             "new_value": word(row["field"], row["new_value"])} for row in changes.to_dict("records")]
    return pd.DataFrame(rows, columns=list(changes.columns))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
