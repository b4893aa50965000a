"""Is the win rate really moving, and why? Limits, mix and rate, rivals, movers, and whether the prediction is true."""

from __future__ import annotations

from typing import cast

import pandas as pd
import streamlit as st

from analytics import cards, findings_win, i18n
from analytics import format as fmt
from analytics.cards.who import caller
from analytics.cards.win_rate import (
    GRAINS,
    MEASURES,
    MOVERS_KINDS,
    PREDICTED_KINDS,
    measure_label,
    moved_in_words,
    sources_in_words,
)
from analytics.view import View
from analytics.win_questions import LOOKED_AT
from analytics.win_trend import Grain, Measure
from pages._parts import cache, context, definition, side_by_side, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

_EVENTS = ["name", "account_name", "stage", "amount_base", "happened", "p_before", "p", "rival", "assessed_week",
           "owner_name"]
_RIVALS = ["rival", "n", "leading", "amount", "p_us", "p_rival", "need_us", "need_rival", "closeness_us",
           "closeness_rival"]
_SCORES = ["source", "n", "won", "predicted", "share_won", "brier", "reference", "auc", "worse_by"]
_SCORES_KINDS = PREDICTED_KINDS | {"share_won": "rate"} | dict.fromkeys(("brier", "reference", "worse_by"), "score")


def render(view: View) -> None:
    """Draw the page: what can be said first, then the charts that it rests on."""
    grain, measure = _switches()
    whole = cache.ask().win_trend(view, grain, measure=measure)
    if whole.empty or not whole["n"].any():
        states.empty()
        return
    ask, look, made = cache.ask(), context.look(), cards.win_rate
    with states.guard("win_findings"):
        _findings(view, whole, grain, measure)
    with states.guard("win_trend"):
        side_by_side.draw(made.trend(ask, view, look, grain, measure))
        side_by_side.draw(made.trend_by_segment(ask, view, look, grain, measure))
    _why(view, measure)
    _comparison(view)
    with states.guard("win_calibration"):
        side_by_side.draw(made.calibration(ask, view, look))
        _scores(view)
    with states.guard("win_stages"):
        side_by_side.draw(made.stages(ask, view, look))


def _switches() -> tuple[Grain, Measure]:
    grain, measure = (
        view_state.choose(name, t(f"win_rate.{name}"), list(options), options[0],
                          {o: t(f"win_rate.{name}.{o}") for o in options}, where=place, kind="segments")
        for name, options, place in zip(("grain", "measure"), (GRAINS, MEASURES), st.columns(2), strict=True))
    st.caption(md_escape(t(f"win_rate.measure.{measure}.says")))
    return cast(Grain, grain), cast(Measure, measure)


def _findings(view: View, whole: pd.DataFrame, grain: Grain, measure: Measure) -> None:
    """The sentence that matters most as the title, then the others: what is certain before what is not."""
    ask, look = cache.ask(), context.look()
    shifts = ask.win_shifts(view)
    found = findings_win.above_the_charts(
        shifts, ask.win_losses(view, shifts=shifts), ask.win_splits(view, "segment", measure=measure), whole, look.lang,
        late=whole if measure == "count" else ask.win_trend(view, grain),
        what=measure_label(measure, look), counted=measure_label("count", look), called=caller(ask, view, look),
        stage=look.stage)
    clear = [f.text for f in found if f.strength == "clear"]
    rest = list(dict.fromkeys(f.text for f in found if f.strength != "clear"))  # two questions may end the same way
    first, others = (clear[0], clear[1:]) if clear else (rest[0], [])
    with st.container(border=True, key="win_findings", gap="xsmall"):
        st.header(md_escape(first), anchor=False)
        for text in others:
            st.markdown(f"- {md_escape(text)}")
        left = rest if clear else rest[1:]
        if left:
            st.caption(t("win_rate.findings.unclear"))
            for text in left:
                st.caption(f"- {md_escape(text)}")


def _why(view: View, measure: Measure) -> None:
    """Why it changed, and who differs: one dimension for both, and the rivals where several are left."""
    ask, look, made = cache.ask(), context.look(), cards.win_rate
    several = _several(view)
    if not several:
        return
    by = view_state.choose("by", t("win_rate.by"), several, several[0],
                           {d: i18n.dimension_label(d, look.lang) for d in several})
    with states.guard("win_split"):
        side_by_side.draw(made.split(ask, view, look, by, measure))
    if by == "segment":
        with states.guard("win_simpson"):
            side_by_side.draw(made.simpson(ask, view, look, measure))
    for dimension in dict.fromkeys(d for d in (by, "main_competitor") if d in several):
        with states.guard(f"win_groups_{dimension}"):
            side_by_side.draw(made.groups(ask, view, look, dimension, measure))


def _several(view: View) -> list[str]:
    """The dimensions of which the filters leave several groups: one explains nothing."""
    return [d for d in LOOKED_AT if len(view.filters.get(d) or ()) != 1]


def _comparison(view: View) -> None:
    """What the comparison with the rivals says of what is open."""
    ask, look, made = cache.ask(), context.look(), cards.win_rate
    with states.guard("win_expected"):
        found = made.expected(ask, view, look)
        side_by_side.draw(found)
        if found[0].missing:
            return
        with states.guard("win_movers"):
            side_by_side.draw(made.movers(ask, view, look))
        _events(view)
        _rivals(view)
        for make in (made.strategies, made.ratio):
            with states.guard(f"win_{make.__name__}"):
                side_by_side.draw(make(ask, view, look))


def _events(view: View) -> None:
    with st.container(border=True, key="win_events", gap="xsmall"), states.guard("win_events"):
        counts = cache.ask().win_events(view)
        n = int(counts["n"].iloc[-1])
        st.header(md_escape(t("win_rate.events", n=fmt.number(n, context.lang()))), anchor=False)
        st.caption(md_escape(t("win_rate.events.says")))
        definition.button("win_rate.comparison", "win_events")
        if not n:
            st.text(t("win_rate.events.none"))
            return
        only = _event_counts(counts)
        frame = cache.ask().win_movers(view, only=only, limit=50)
        row = table.show(moved_in_words(frame, context.look()), _EVENTS, kinds=MOVERS_KINDS, key="win_events_table",
                         alt=t("win_rate.events", n=n), select=True, height=320)
        if row is not None:
            view_state.go("opportunity", id=str(frame.iloc[row]["opportunity_id"]))


def _event_counts(counts: pd.DataFrame) -> str:
    """How often each event happened, by segment; a chosen row leaves only its opportunities in the list below."""
    st.caption(md_escape(t("win_rate.events.counts")))
    words = [t(f"comparison.event.{event}" if event else "win_rate.events.any") for event in counts["event"]]
    called = {name: context.look().called("segment", name[2:]) for name in counts.columns if name.startswith("n:")}
    segments = {name: said if said not in counts else name for name, said in called.items()}
    shown = counts.assign(event_name=words).rename(columns=segments)
    chosen = table.show(shown, ["event_name", *segments.values(), "n", "amount"],
                        kinds=dict.fromkeys(segments.values(), "number"), alt=t("win_rate.events.says"),
                        key="win_event_counts", select=True)
    return (counts["event"].iloc[chosen] if chosen is not None else "") or "events"


def _rivals(view: View) -> None:
    met = cache.ask().win_rivals(view)
    if not met.empty:
        most = met.iloc[0]  # most met first
        title = t("fact.rival", name=most["rival"], n=fmt.number(most["n"]), leading=fmt.number(most["leading"]))
        side_by_side.table_card(title, t("win_rate.rivals.says"), met, key="win_rivals",
                                definition_key="win_rate.comparison", columns=_RIVALS,
                                kinds={"p_us": "rate", "p_rival": "rate", "leading": "number",
                                       **dict.fromkeys(_RIVALS[6:], "points")})


def _scores(view: View) -> None:
    """How good each prediction was, and whether the settings should change."""
    found = cache.ask().calibration(view)
    if found["bins"].empty:
        return
    scores = found["scores"][found["scores"]["n"] > 0].reset_index(drop=True)
    scores["worse_by"] = scores["worse_by"].where(scores["source"] != "comparison")  # it is not above itself
    scores = sources_in_words(scores, context.look())
    scores = scores.rename(columns={"value": "share_won"})
    caption = t("text.two", first=findings_win.refitted(found["refit"], context.lang()).text,
                second=t("win_rate.scores.says"))
    side_by_side.table_card(t("win_rate.scores"), caption, scores, key="win_scores",
                            definition_key="win_rate.comparison", columns=_SCORES, kinds=_SCORES_KINDS)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
