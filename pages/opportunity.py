"""Find an opportunity, and read its story on one time axis; what needs attention, the win rate, who decides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_comparison, i18n, story
from analytics import format as fmt
from analytics.charts import parties, timeline, waterfall
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.view import View
from pages._parts import attention_parts, cache, closeness_parts, context, show, states, table, view_state
from pages._parts.chart_card import BEHIND, chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import table_card

_VISITS = ("stage", "entered_on", "exited_on", "exit_kind", "days", "time_source", "owner_name")
_CHANGES = ("changed_on", "field", "old_value", "new_value")
_ACTIVITIES = ("occurred_on", "kind", "direction", "minutes", "owner_name")
_FACTS = ("account_name", "segment", "owner_name", "team", "stage", "status", "amount_base", "created_on",
          "expected_close_on", "closed_on", "region", "industry", "product_line", "type", "sales_mode")
#: told where they are known
_MORE_FACTS = ("grade", "main_competitor", "loss_reason", "wake_on")


#: how the list may be ordered
_ORDERS = ("open", "due", "still", "changed")
_WEEKS = ("week", "p", "p_us", "g", "delta", "need_us", "closeness_us", "rival", "need_rival", "closeness_rival",
          "p_rival")
_WEEK_KINDS = dict.fromkeys(("p", "p_us", "g", "delta", "p_rival", "party_share", "overall"), "rate") | {"week": "date"}
_RIVAL = {"rival_1": "rival", "need_1": "need_rival", "closeness_1": "closeness_rival", "p_1": "p_rival"}


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
    search, sort = st.columns([3, 2])
    words = view_state.write("q", t("opportunity.search"), icon=":material/search:", where=search)
    order = view_state.choose("order", t("opportunity.order"), list(_ORDERS), _ORDERS[0],
                              {o: t(f"opportunity.order.{o}") for o in _ORDERS}, where=sort)
    found = cache.ask().find(view, words, order=order)
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
    is_closed = opportunity.get("status") in timeline.CLOSING
    attention_parts.of_one(view, chosen, is_closed=is_closed)
    more = cache.ask().story_more(view, chosen) | {"shares": cache.ask().win_story(view, chosen)["curves"]}
    told = story.told(parts | more, opportunity["seen_on"])
    figure = timeline.story(told, Names(here.lang, here.settings), here.theme)
    said = story.said(parts, here.lang, stage=lambda key: _fact("stage", {**opportunity, "stage": key}),
                      status=_fact("status", opportunity))
    as_of = t("view.as_of", day=fmt.day(opportunity["seen_on"], here.lang))
    chart_card(said or t("opportunity.story"), figure, parts["visits"], key="opportunity_story", view=view, drill=False,
               with_period=False, measured=t("opportunity.story.measured", as_of=as_of), columns=list(_VISITS))
    with states.guard("opportunity_win"):
        _win(view, chosen, is_closed=is_closed)
    closeness_parts.decision_chain(view, chosen)
    _tables(parts)


def _facts(opportunity: dict[str, Any], title: str) -> None:
    with st.container(border=True, key="opportunity_facts", gap="xsmall"):
        st.header(md_escape(title), anchor=False)
        st.caption(md_escape(opportunity["opportunity_id"]))
        if opportunity["is_gone"]:
            st.warning(t("opportunity.gone"), icon=":material/delete:")
        elif not pd.isna(opportunity["left_on"]):
            day = fmt.day(opportunity["left_on"], context.lang())
            st.warning(t("opportunity.left", day=day), icon=":material/lock:")
        known = [name for name in _MORE_FACTS if not pd.isna(opportunity.get(name)) and opportunity[name] != "nan"]
        with st.container(horizontal=True):
            for name in (*_FACTS, *known):
                with st.container(width=150, gap=None):
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


def _win(view: View, chosen: str, *, is_closed: bool) -> None:
    """The comparison with the rivals: shares of all parties, what moved ours, what happened, and its own numbers."""
    parts = cache.ask().win_story(view, chosen)
    here, weeks = context.now(), parts["weeks"]
    if weeks.empty:
        with st.container(border=True, key="opportunity_win", gap="xsmall"):
            st.header(t("opportunity.win"), anchor=False)
            states.not_measured("win_rate.comparison")
        return
    now = parts["standing"]
    assessor = cache.owner_names().get(str(now["assessor"]), now["assessor"])
    sources = fmt.number(now["source_count"]) if fmt.is_known(now["source_count"]) else fmt.UNKNOWN
    assessed = t("opportunity.win.assessed", n=sources, day=fmt.day(now["assessed_week"], here.lang),
                 assessor=assessor if isinstance(assessor, str) and assessor != "nan" else fmt.UNKNOWN)
    figure = parties.chart(parts["curves"], weeks, Names(here.lang, here.settings), here.theme)
    said, more = findings_comparison.standing(now, here.lang, as_of=view.as_of, is_closed=is_closed,
                                              silent_days=here.settings.win_rate.silent_days)
    chart_card(said, figure, weeks.rename(columns=_RIVAL), key="opportunity_win", view=view,
               measured=" · ".join([t("opportunity.win.measured"), assessed, *more]), with_period=False, drill=False,
               columns=list(_WEEKS), kinds=_WEEK_KINDS)
    _why(view, parts["why"])
    _happened(parts["events"])
    _formula(parts["formula"])


def _why(view: View, drivers: pd.DataFrame) -> None:
    first, last = drivers.attrs["from"], drivers.attrs["to"]
    if first is None or drivers.empty:
        return
    here = context.now()
    days = [fmt.day(date.fromisoformat(end["week"]), here.lang) for end in (first, last)]
    words = [findings_comparison.driver(row, here.lang) for row in drivers.to_dict("records")]
    shown = drivers.assign(driver=pd.Series(words, index=drivers.index, dtype="str"))
    figure = waterfall.drivers(shown, Names(here.lang, here.settings), here.theme, before=first["p"], after=last["p"],
                               ends=(t("opportunity.win.week", day=days[0]), t("opportunity.win.week", day=days[1])),
                               title=lambda row: label(row["driver"], 48))
    chart_card(t("opportunity.win.why", before=fmt.rate(first["p"]), after=fmt.rate(last["p"])), figure, shown,
               key="opportunity_why", view=view, with_period=False, drill=False, columns=["driver", "points"],
               measured=t("opportunity.win.why.measured", first=days[0], last=days[1]))


def _happened(events: pd.DataFrame) -> None:
    if events.empty:
        return
    named = events.assign(event=[t(f"comparison.event.{code}") for code in events["event"]])
    with st.container(border=True, key="opportunity_events", gap="xsmall"):
        st.header(t("opportunity.win.events"), anchor=False)
        table.show(named.iloc[::-1], ["week", "event", "before", "after", "detail"], alt=t("opportunity.win.events"),
                   kinds={"week": "date", "before": "rate", "after": "rate"}, key="opportunity_events_table")


def _formula(formula: pd.DataFrame) -> None:
    here = context.now()
    rules = here.settings.win_rate
    says = t("opportunity.win.formula.says", wn=fmt.number(rules.need_weight, digits=2),
             wr=fmt.number(rules.closeness_weight, digits=2), gamma=fmt.number(rules.gamma, digits=1))
    named = formula.assign(party=[findings_comparison.party(name, here.lang) for name in formula["party"]])
    scores = dict.fromkeys(("need_fit", "closeness", "weight"), "number")
    table_card(t("opportunity.win.formula"), says, named.rename(columns={"share": "party_share"}),
               key="opportunity_formula", kinds=_WEEK_KINDS | scores)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
