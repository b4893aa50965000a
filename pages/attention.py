"""What needs somebody this week: who stands out, each rule with its list, review pack, calendar, control points."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_attention, i18n
from analytics import format as fmt
from analytics.attention import RULES
from analytics.attention_pack import ELEMENTS
from analytics.attention_questions import LANDMARK
from analytics.charts import calendar, facets, shares, strip
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.view import View
from pages._parts import attention_parts, cache, context, side_by_side, states, table, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import placed, table_card

_SHOWN, _OWNERS, _PACK, _ASLEEP, _REASONS = 25, 15, 12, 25, 5
_WHO = ["name", "account_name"]
_PACK_COLUMNS = [
    *_WHO,
    "amount_base",
    "why_words",
    "happened_words",
    "chance",
    "next_on",
    "stage",
    "owner_name",
    "team",
]
_ASLEEP_COLUMNS = [*_WHO, "wake_on", "amount_base", "waits_for", "stage", "owner_name", "team", "segment"]
_LIMITS = [
    "pipeline",
    "stage",
    "segment",
    "n",
    "events",
    "median_days",
    "limit_days",
    "review_days",
    "remind_days",
    "warn_days",
    "recycle_days",
    "chance",
]
_LIFT = ["pipeline", "item_name", "n_with", "n_without", "value", "low", "high"]
_DUE = ["pipeline", "stage", "n", "known", "met", "value", "low", "high", "control"]
_WARNED = [
    "segment",
    "pipeline",
    "warned",
    "low_warned",
    "high_warned",
    "n_warned",
    "others",
    "low_others",
    "high_others",
    "n_others",
]


def render(view: View) -> None:
    """Draw the page."""
    learned = cache.ask().attention_rules(View(view.as_of))
    found = cache.ask().attention_rates(view, learned=learned)
    rates = found["rules"]
    if rates.empty or not rates["n"].any():
        states.empty()
        return
    _head(view, found["shifts"], learned)
    _rules(rates, view)
    _lists(rates, view, learned)
    _owners(found["owners"])
    _pack(view, learned)
    _waiting(view)
    _points(view)
    _warned(view)
    _limits(view)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _called(dimension: str, value: str) -> str:
    here = context.now()
    return i18n.label(dimension, value, here.lang, here.settings)


def _head(view: View, shifts: pd.DataFrame, learned: dict[str, Any]) -> None:
    """The sentences that name who stands out, whatever is filtered."""
    with st.container(border=True, key="attention_head", gap="xsmall"), states.guard("attention_head"):
        st.header(t("attention.head"), anchor=False)
        for said in attention_parts.sentences(view, shifts, learned):
            st.markdown(f"- {md_escape(said.text)}")


def _rules(rates: pd.DataFrame, view: View) -> None:
    """How many break each rule, segment beside segment on one scale."""
    here = context.now()
    shown = facets.facets(rates, here.settings)
    side_by_side.not_shown(facets.left_out(rates, here.settings))
    every = rates[rates["rule"] != "any"]
    known = every.groupby("rule")["n"].sum()
    unknown = [t(f"attention.rule.{rule}") for rule in RULES if not known[rule]]
    if unknown:
        st.info(
            md_escape(t("attention.rules.unmeasured", names=t("attention.list").join(unknown))),
            icon=":material/database_off:",
        )
    extent = shares.widest(every)
    for number, facet in placed(shown):
        with states.guard("attention_rules"):
            part = facet.of(rates)
            rows, whole = part[part["rule"] != "any"], part[part["rule"] == "any"].iloc[0]
            figure = shares.rows(
                rows,
                _names(),
                here.theme,
                title=partial(_rule_said, facet=facet),
                mark=("rule",),
                segment=facet.segment,
                extent=extent,
            )
            said = t("attention.rules", n=fmt.number(whole["events"]), of=fmt.number(whole["n"]))
            chart_card(
                f"{facet.name(here.lang, here.settings)} · {said}",
                figure,
                rows.assign(rule_name=[t(f"attention.rule.{r}") for r in rows["rule"]]),
                key=f"attention_rules_{number}",
                view=view,
                drill=False,
                with_period=False,
                definition_key="attention.any",
                measured=t("attention.rules.measured"),
                columns=[
                    "rule_name",
                    "events",
                    "n",
                    "value",
                    "low",
                    "high",
                    "amount_events",
                    "amount_n",
                    "amount_value",
                    "amount_missing",
                ],
                kinds={"amount_events": "amount", "amount_missing": "number"},
            )


def _rule_said(row: dict[Any, Any], facet: facets.Facet) -> str:
    return label(t(f"attention.rule.{row['rule']}"))


def _lists(rates: pd.DataFrame, view: View, learned: dict[str, Any]) -> None:
    """The opportunities behind one rule, most at stake first; a row leads to its story."""
    totals = rates.groupby("rule")[["events", "amount_events"]].sum(min_count=1)
    named = {rule: f"{t(f'attention.rule.{rule}')} {fmt.number(totals.loc[rule, 'events'])}" for rule in RULES}
    first = next((rule for rule in RULES if totals.loc[rule, "events"] > 0), RULES[0])
    with st.container(border=True, key="attention_list", gap="xsmall"), states.guard("attention_list"):
        rule = view_state.choose("rule", t("attention.which"), list(RULES), first, named, kind="segments")
        found = cache.ask().attention(view, (rule,), limit=_SHOWN, learned=learned)
        said = t(
            "attention.group",
            rule=t(f"attention.rule.{rule}"),
            n=fmt.number(totals.loc[rule, "events"]),
            amount=fmt.amount(
                totals.loc[rule, "amount_events"],
                context.lang(),
                currency=context.now().settings.organisation.base_currency,
            ),
        )
        st.header(md_escape(said), anchor=False)
        st.caption(md_escape(attention_parts.says(rule)))
        if found.empty:
            st.info(t("attention.none"), icon=":material/check:")
            return
        st.caption(t("attention.first", n=fmt.number(len(found))))
        chosen = table.show(
            attention_parts.in_words(found),
            attention_parts.columns(rule),
            kinds=attention_parts.KINDS,
            alt=t("attention.list.alt"),
            key=f"attention_list_{rule}",
            select=True,
        )
        if chosen is not None:
            view_state.go("opportunity", id=str(found.iloc[chosen]["opportunity_id"]))


def _owners(owners: pd.DataFrame) -> None:
    with states.guard("attention_owners"):
        found = owners.head(_OWNERS).rename(columns={"any": "any_rule"})
        rules = {rule: f"rule_{rule}" for rule in RULES}
        table_card(
            t("attention.owners"),
            t("attention.owners.measured"),
            found.rename(columns=rules),
            key="attention_owners",
            columns=["owner_name", "team", "n", "any_rule", "amount", *rules.values()],
            kinds=dict.fromkeys(("any_rule", *rules.values()), "number"),
        )


def _pack(view: View, learned: dict[str, Any]) -> None:
    """The review pack: a strip of lights and the list, a row of which leads to its story."""
    with states.guard("attention_pack"):
        found = cache.ask().attention_pack(view, limit=_PACK, learned=learned)
        if found.empty:
            title = t("attention.pack.nothing")
        else:
            title = t("attention.pack", shown=fmt.number(len(found)), n=fmt.number(found.attrs["total"]))
        elements = {name: t(f"attention.light.{name.removeprefix('light_')}") for name in ELEMENTS}
        lamps = {lamp: t(f"attention.lamp.{lamp}") for lamp in ("good", "look", "act", "unknown")}
        figure = strip.lights(found, _names(), context.theme(), elements=elements, lamps=lamps)
        words = attention_parts.in_words(found).assign(
            why_words=[
                t("attention.list").join(t(f"attention.why.{w}") for w in why.split(",") if w) for why in found["why"]
            ],
            **{name: found[name].map(lamps) for name in ELEMENTS},
        )
        chart_card(
            title,
            figure,
            words,
            key="attention_pack",
            view=view,
            drill=False,
            with_period=False,
            measured=t("attention.pack.measured"),
            columns=["name", *ELEMENTS],
        )
        if len(found):
            chosen = table.show(
                words, _PACK_COLUMNS, kinds=attention_parts.KINDS, alt=title, key="attention_pack_list", select=True
            )
            if chosen is not None:
                view_state.go("opportunity", id=str(found.iloc[chosen]["opportunity_id"]))


def _waiting(view: View) -> None:
    """What is put off: the calendar of waking, and the list."""
    with states.guard("attention_waiting"):
        found = cache.ask().attention_waiting(view, limit=_ASLEEP)
        months, listed, lang = found["months"], found["list"], context.lang()
        if months.empty:
            _card(t("attention.calendar.nothing"), "", months, "attention_calendar", [], {})
            return
        due = months.loc[months["is_due"].astype(bool), "n"].sum()
        currency = context.now().settings.organisation.base_currency
        amount = fmt.amount(months["amount"].sum(min_count=1), lang, currency=currency)
        title = t("attention.calendar", n=fmt.number(months["n"].sum()), amount=amount, due=fmt.number(due))
        chart_card(
            title,
            calendar.wakeups(months, _names(), context.theme()),
            months,
            key="attention_calendar",
            view=view,
            drill=False,
            with_period=False,
            measured=t("attention.calendar.measured"),
            kinds={"wakes": "date", "amount_missing": "number"},
        )
        st.caption(md_escape(_reasons(months)))
        chosen = table.show(
            listed,
            _ASLEEP_COLUMNS,
            kinds={"wake_on": "date"},
            alt=t("attention.calendar.list.alt"),
            key="attention_asleep",
            select=True,
        )
        if chosen is not None:
            view_state.go("opportunity", id=str(listed.iloc[chosen]["opportunity_id"]))


def _reasons(months: pd.DataFrame) -> str:
    """Why they wait, the most frequent first, as recorded."""
    counts = months.groupby("waits_for")["n"].sum().sort_values(ascending=False, kind="stable")
    if counts.empty:
        return t("attention.calendar.no_reason")
    said = [
        t("attention.calendar.reason", reason=reason, n=fmt.number(n)) for reason, n in counts.head(_REASONS).items()
    ]
    return t("attention.calendar.reasons", reasons=t("attention.list").join(said))


def _points(view: View) -> None:
    """Control points: what is due and missing, and what goes with winning."""
    with states.guard("attention_points"):
        here, found = context.now(), cache.ask().attention_points(view)
        rules, gaps, lift = here.settings.attention, found["gaps"], found["lift"]
        due = gaps[(gaps["due"] != "") & (gaps["known"] > 0)] if len(gaps) else gaps
        said = findings_attention.due(gaps, here.lang, stage=partial(_called, "stage"))
        caption = t("attention.due.measured", early=rules.early_from_stage, late=rules.late_from_stage)
        kinds = {"known": "number", "met": "number", "control": "number", "n_with": "number", "n_without": "number"}
        _card(said.text, caption, due, "attention_due", _DUE, kinds)
        said = findings_attention.points(lift, here.lang, item=_item)
        rows = lift.assign(item_name=[_item(i) for i in lift["item"]])
        _card(said.text, t("attention.points.measured"), rows, "attention_points", _LIFT, kinds)


def _card(said: str, caption: str, frame: pd.DataFrame, key: str, columns: list[str], kinds: dict[str, str]) -> None:
    """A card that is a table; where there are no rows the title alone says why."""
    if len(frame):
        table_card(said, caption, frame, key=key, columns=columns, kinds=kinds)
        return
    with st.container(border=True, key=key):
        st.header(md_escape(said), anchor=False)


def _item(item: str) -> str:
    key = f"attention.item.{item}"
    return t(key) if i18n.has(key) else item


def _warned(view: View) -> None:
    """Do warnings mean anything? What was ever warned of against the rest."""
    with states.guard("attention_warned"):
        here, found = context.now(), cache.ask().attention_outcomes(view)
        said = findings_attention.warned(found, here.lang, segment=partial(_called, "segment"))
        days = fmt.number(here.settings.attention.history_days)
        kinds = dict.fromkeys(("warned", "low_warned", "high_warned", "others", "low_others", "high_others"), "rate")
        with st.container(border=True, key="attention_warned", gap="xsmall"):
            for finding in said[:1]:
                st.header(md_escape(finding.text), anchor=False)
            for finding in said[1:]:
                st.markdown(f"**{md_escape(finding.text)}**")
            st.caption(t("attention.warned.measured", days=days, times=LANDMARK))
            if len(found):
                table.show(
                    found,
                    _WARNED,
                    kinds=kinds | {"n_warned": "number", "n_others": "number"},
                    alt=said[0].text,
                    key="attention_warned_table",
                )


def _limits(view: View) -> None:
    rules = context.now().settings.attention
    with states.guard("attention_limits"):
        found = cache.ask().attention_limits(View(view.as_of))
        days = dict.fromkeys(
            ("median_days", "limit_days", "review_days", "remind_days", "warn_days", "recycle_days"), "days"
        )
        table_card(
            t("attention.limits"),
            t(
                "attention.limits.measured",
                times=fmt.number(rules.stage_times, digits=1),
                days=fmt.number(rules.history_days),
            ),
            found[found["segment"] != ""],
            key="attention_limits",
            columns=_LIMITS,
            kinds=days | {"chance": "rate"},
        )


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
