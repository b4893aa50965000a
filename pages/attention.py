"""What needs somebody this week: who stands out, each rule with its list, review pack, calendar, control points."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import cards, findings_attention, findings_facts, i18n
from analytics import format as fmt
from analytics.attention import RULES
from analytics.attention_questions import CHANCES, LANDMARK
from analytics.cards.attention import (
    ASLEEP,
    in_words,
    learned,
    meant_limits,
    pack_in_words,
    pack_rows,
    totals,
    unmeasured_rules,
)
from analytics.charts import facets
from analytics.view import View
from pages._parts import attention_parts, cache, context, side_by_side, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import table_card

_SHOWN, _OWNERS = 25, 15
_PACK = ["name", "amount_base", "why_words", "happened_words", "chance", "chance_words",
         "next_on", "account_name", "stage", "owner_name", "team"]
_ASLEEP = ["name", "wake_on", "amount_base", "waits_for", "account_name", "stage", "owner_name", "team", "segment"]
_LIMITS = ["pipeline", "stage", "segment", "n", "events", "median_days", "stock_days", "limit_days", "review_days",
           "remind_days", "warn_days", "recycle_days", *CHANCES]
_LIMITS_KINDS = dict.fromkeys(("median_days", "stock_days", "limit_days", "review_days", "remind_days", "warn_days",
                               "recycle_days"), "days") | dict.fromkeys(CHANCES, "rate")
_LIFT = ["pipeline", "item_name", "n_with", "n_without", "lift", "lift_low", "lift_high"]
_DUE = ["pipeline", "stage", "n", "known", "met", "met_share", "low", "high", "control"]
_POINTS_KINDS = (dict.fromkeys(("known", "met", "control", "n_with", "n_without"), "number")
                 | dict.fromkeys(("lift", "lift_low", "lift_high"), "pp") | {"met_share": "rate"})
_WARNED = ["segment", "pipeline", "warned", "low_warned", "high_warned", "n_warned", "others", "low_others",
           "high_others", "n_others"]
_WARNED_KINDS = (dict.fromkeys(("warned", "low_warned", "high_warned", "others", "low_others", "high_others"), "rate")
                 | {"n_warned": "number", "n_others": "number"})


def render(view: View) -> None:
    """Draw the page."""
    ask, look, made = cache.ask(), context.look(), cards.attention
    rules = learned(ask, view)
    found = ask.attention_rates(view, learned=rules)
    rates = found["rules"]
    if rates.empty or not rates["n"].any():
        states.empty()
        return
    _head(view, found["shifts"], rules)
    side_by_side.not_shown(facets.left_out(rates, look.settings))
    if unknown := unmeasured_rules(rates, look):
        st.info(md_escape(t("attention.rules.unmeasured", names=t("attention.list").join(unknown))),
                icon=":material/database_off:")
    with states.guard("attention_rules"):
        side_by_side.draw(made.rules(ask, view, look))
    _lists(totals(rates), view, rules)
    _owners(found["owners"])
    with states.guard("attention_pack"):
        drawn = made.pack(ask, view, look)
        side_by_side.draw(drawn)
        rows = pack_in_words(pack_rows(ask, view), look)
        if len(rows):
            with st.container(border=True, key="attention_pack_rows"):
                _chosen(rows, _PACK, attention_parts.KINDS, drawn[0].title, "attention_pack_list")
    with states.guard("attention_waiting"):
        side_by_side.draw(made.waiting(ask, view, look))
        asleep = ask.attention_waiting(view, limit=ASLEEP)
        if len(asleep["months"]):
            with st.container(border=True, key="attention_asleep_rows", gap="xsmall"):
                said = t("attention.calendar.list.alt")
                st.caption(said)
                _chosen(asleep["list"], _ASLEEP, {"wake_on": "date"}, said, "attention_asleep")
    _points(view)
    _warned(view)
    _limits(view)


def _chosen(frame: pd.DataFrame, columns: list[str], kinds: dict[str, str], alt: str, key: str) -> None:
    """A list of opportunities; a row leads to its story. What is known of none has no column."""
    columns = [c for c in columns if c == "name" or c not in frame or (frame[c].notna() & (frame[c] != "")).any()]
    chosen = table.show(frame, columns, kinds=kinds, alt=alt, key=key, select=True)
    if chosen is not None:
        view_state.go("opportunity", id=str(frame.iloc[chosen]["opportunity_id"]))


def _head(view: View, shifts: pd.DataFrame, rules: dict[str, Any]) -> None:
    """The sentences that name who stands out, whatever is filtered."""
    with st.container(border=True, key="attention_head", gap="xsmall"), states.guard("attention_head"):
        st.header(t("attention.head"), anchor=False)
        for said in attention_parts.sentences(view, shifts, rules):
            st.markdown(f"- {md_escape(said.text)}")


def _lists(broken: pd.DataFrame, view: View, rules: dict[str, Any]) -> None:
    """The opportunities behind one rule, most at stake first."""
    look = context.look()
    named = {rule: f"{t(f'attention.rule.{rule}')} {_count(broken.loc[rule])}" for rule in RULES}
    first = next((rule for rule in RULES if broken.loc[rule, "events"] > 0), RULES[0])
    with st.container(border=True, key="attention_list", gap="xsmall"), states.guard("attention_list"):
        rule = view_state.choose("rule", t("attention.which"), list(RULES), first, named, kind="segments")
        found = cache.ask().attention(view, (rule,), limit=_SHOWN, learned=rules)
        stake = broken.loc[rule, "amount_events"]
        said = t("attention.group" if fmt.is_known(stake) else "attention.group.no_amount",
                 rule=t(f"attention.rule.{rule}"), n=_count(broken.loc[rule]),
                 amount=fmt.amount(stake, look.lang, currency=look.currency))
        st.header(md_escape(said), anchor=False)
        st.caption(md_escape(attention_parts.says(rule)))
        if found.empty:
            st.info(t("attention.none"), icon=":material/check:")
            return
        st.caption(t(attention_parts.order(rule, found), n=fmt.number(len(found))))
        _chosen(in_words(found, look), attention_parts.columns(rule), attention_parts.kinds(rule),
                t("attention.list.alt"), f"attention_list_{rule}")


def _count(row: pd.Series) -> str:
    """How many break a rule; what can be asked of none is not zero."""
    return fmt.number(row["events"] if row["n"] else None)


def _owners(owners: pd.DataFrame) -> None:
    with states.guard("attention_owners"):
        rules = {rule: f"rule_{rule}" for rule in RULES}
        table_card(findings_facts.most_to_decide(owners, context.lang()) or t("attention.owners"),
                   t("attention.owners.measured"),
                   owners.head(_OWNERS).rename(columns={"any": "any_rule", **rules}), key="attention_owners",
                   columns=["owner_name", "team", "n", "any_rule", "amount", *rules.values()],
                   kinds=dict.fromkeys(("any_rule", *rules.values()), "number"))


def _points(view: View) -> None:
    """Control points: what is due and missing, and what goes with winning."""
    with states.guard("attention_points"):
        look, found = context.look(), cache.ask().attention_points(view)
        rules, gaps, lift = look.settings.attention, found["gaps"], found["lift"]
        due = gaps[(gaps["due"] != "") & (gaps["known"] > 0)] if len(gaps) else gaps
        said = findings_attention.due(gaps, look.lang, stage=partial(look.called, "stage"))
        caption = t("attention.due.measured", early=rules.early_from_stage, late=rules.late_from_stage)
        _card(said.text, caption, due.rename(columns={"value": "met_share"}), "attention_due", _DUE)
        said = findings_attention.points(lift, look.lang, item=_item)
        rows = lift.assign(item_name=[_item(i) for i in lift["item"]]).rename(
            columns={"value": "lift", "low": "lift_low", "high": "lift_high"})
        _card(said.text, t("attention.points.measured"), rows, "attention_points", _LIFT)


def _card(said: str, caption: str, frame: pd.DataFrame, key: str, columns: list[str]) -> None:
    """A card that is a table; where there are no rows the title alone says why."""
    if len(frame):
        table_card(said, caption, frame, key=key, columns=columns, kinds=_POINTS_KINDS)
    else:
        states.nothing(said, key=key)


def _item(item: str) -> str:
    key = f"attention.item.{item}"
    return t(key) if i18n.has(key) else item


def _warned(view: View) -> None:
    """Do warnings mean anything? What was ever warned of against the rest."""
    with states.guard("attention_warned"):
        look, found = context.look(), cache.ask().attention_outcomes(view)
        said = findings_attention.warned(found, look.lang, segment=partial(look.called, "segment"))
        days = fmt.number(look.settings.attention.history_days)
        with st.container(border=True, key="attention_warned", gap="xsmall"):
            for finding in said[:1]:
                st.header(md_escape(finding.text), anchor=False)
            for finding in said[1:]:
                st.markdown(f"**{md_escape(finding.text)}**")
            st.caption(t("attention.warned.measured", days=days, times=LANDMARK))
            if len(found):
                table.show(found, _WARNED, kinds=_WARNED_KINDS, alt=said[0].text, key="attention_warned_table")


def _limits(view: View) -> None:
    rules = context.now().settings.attention
    with states.guard("attention_limits"):
        found = cache.ask().attention_limits(View(view.as_of))
        said = t("attention.limits.measured", times=fmt.number(rules.stage_times, digits=1),
                 share=fmt.rate(rules.stage_share, digits=0),
                 days=fmt.number(rules.history_days))
        table_card(t("attention.limits"), said, meant_limits(found, context.now().settings), key="attention_limits",
                   columns=_LIMITS, kinds=_LIMITS_KINDS)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
