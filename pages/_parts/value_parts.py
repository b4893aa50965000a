"""Who stands out on the other pages: sentences for the value board, with a way to each."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

import streamlit as st

from analytics import findings_closeness, findings_pipeline, findings_support, findings_win, i18n
from analytics import format as fmt
from analytics.ask import Ask
from analytics.findings import Finding
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import attention_parts, cache, context, states, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

#: lines of the card
_SHOWN = 8


def standing_out(view: View) -> None:
    """Who and where stands out by more than chance, whatever is filtered: a sentence each, with the way to its page."""
    with st.container(border=True, key="overview_named", gap="xsmall"), states.guard("overview_named"):
        st.header(t("value.named"), anchor=False)
        found = [(page, said) for page, said in _findings(view) if said.strength == "clear"]
        if not found:
            st.text(t("value.named.nothing"))
        for number, (page, said) in enumerate(found[:_SHOWN]):
            sentence, way = st.columns([6, 1], vertical_alignment="center", gap="small")
            sentence.markdown(f"- {md_escape(said.text)}")
            if way.button(t(f"page.{page}"), key=f"overview_named_{number}", type="tertiary",
                          icon=":material/arrow_forward:"):
                view_state.go(page)


def prepare(ask: Ask, view: View) -> None:
    """Ask what the sentences need, last ones first: a viewer who is here already asks from the other end."""
    learned = ask.attention_rules(View(view.as_of))
    ask.attention_rates(view, learned=learned)
    if ask.support_measured(view):
        ask.support_conditions(view)
        ask.support_shifts(view)
    ask.chains(view)
    ask.closeness_shifts(view)
    ask.win_shifts(view)
    ask.pushes(view, "team")


def _findings(view: View) -> Iterator[tuple[str, Finding]]:
    """What each page finds, one question after the other: a failing one never takes the others with it. What two pages
    find is told once, by the one that says more of it."""
    clear: set[str] = set()
    for page, ask in (("pipeline", _pushes), ("win_rate", _wins), ("closeness", _losses), ("closeness", _threads),
                      ("support", _response), ("support", _conditions), ("attention", partial(_attention, told=clear))):
        with states.guard(f"overview_named_{page}"):
            for said in ask(view):
                if said.strength == "clear" and ask in (_threads, _conditions):
                    clear.add(_SAME[ask])
                yield page, said


def _pushes(view: View) -> list[Finding]:
    frame = cache.ask().pushes(view, "team")
    return [findings_pipeline.pushes(frame, "team", context.lang(), name=partial(_label, "team"),
                                     segment=partial(_label, "segment"))]


def _wins(view: View) -> list[Finding]:
    what = registry.get("win_rate.count").label[context.lang()]
    return [findings_win.group_shift(cache.ask().win_shifts(view), context.lang(), what=what, group=_group)]


def _losses(view: View) -> list[Finding]:
    here, shifts = context.now(), cache.ask().closeness_shifts(view)
    since = fmt.day(view.start, here.lang) if view.start else t("filter.period.all")
    return [findings_closeness.who_loses(shifts, here.lang, since=since, settings=here.settings)]


def _threads(view: View) -> list[Finding]:
    frame = cache.ask().chains(view)
    known = frame[frame["team"] != UNKNOWN]
    said = findings_closeness.chains(known, context.lang(), name=partial(_label, "team"))
    is_said = len(known) and bool((known.loc[known["named"] >= 5, "single_share"] > 0.5).any())
    return [said] if is_said else []


def _response(view: View) -> list[Finding]:
    measured = cache.ask().support_measured(view)
    return [findings_support.team_shift(cache.ask().support_shifts(view), context.lang())] if measured else []


def _conditions(view: View) -> list[Finding]:
    here = context.now()
    if not cache.ask().support_measured(view):
        return []
    return [findings_support.conditions(cache.ask().support_conditions(view), here.lang, here.settings)]


def _attention(view: View, told: Collection[str]) -> list[Finding]:
    """What has been told is left out (a rule by its name, presales spend)."""
    learned = cache.ask().attention_rules(View(view.as_of))
    shifts = cache.ask().attention_rates(view, learned=learned)["shifts"]
    return attention_parts.sentences(view, shifts[~shifts["metric"].isin(told)], learned, spend="spend" not in told)


#: what Attention finds as well
_SAME = {_threads: "single_threaded", _conditions: "spend"}


def _group(dimension: str, value: str) -> str:
    """A group with what it is, where grammar asks: "Segment Key accounts" is one, "Key accounts" are many."""
    return t("value.named.group", dimension=i18n.dimension_label(dimension, context.lang()),
             name=_label(dimension, value))


def _label(dimension: str, value: str) -> str:
    here = context.now()
    if dimension == "owner_id":
        return cache.owner_names().get(value, value)
    return i18n.label(dimension, value, here.lang, here.settings)


