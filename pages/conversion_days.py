"""How long each step really takes, per stage, segment beside segment; and which opportunities take too long."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import cards
from analytics import format as fmt
from analytics.cards.conversion_days import MEANS
from analytics.charts import facets as parts
from analytics.charts.facets import Facet
from analytics.view import View
from pages._parts import cache, chart_card, context, side_by_side, states, table, view_state
from pages._parts.chart_card import BEHIND
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import placed

#: the days stand first: on a phone the columns behind a long name are off the screen
_SLOWER = ["days_in_stage", "name", *(c for c in BEHIND if c not in ("name", "days_in_stage"))]


def render(view: View) -> None:
    """Draw the page."""
    mean = view_state.choose("mean", t("days.mean"), list(MEANS), MEANS[0], {m: t(f"days.mean.{m}") for m in MEANS},
                             kind="segments")
    st.caption(md_escape(t(f"days.mean.{mean}.says")))
    ask, look = cache.ask(), context.look()
    medians = ask.standards("stage_days.median", view, ("segment",))
    shown = parts.facets(medians, look.settings)
    if not shown:
        states.empty()
        return
    side_by_side.not_shown(parts.left_out(medians, look.settings))
    with states.guard("days_statistics"):
        side_by_side.draw(cards.conversion_days.statistics(ask, view, look, mean))
    with states.guard("days_survival"):
        side_by_side.draw(cards.conversion_days.survival(ask, view, look))
    p75 = ask.standards("stage_days.p75", view, ("segment",))
    for number, facet in placed(shown):
        _one_stage(number, facet, facet.of(p75), view)


def _name(facet: Facet) -> str:
    return facet.name(context.lang(), context.now().settings)


def _stage_name(facet: Facet, stage: str) -> str:
    return context.look().stage(facet.pipeline, stage)


def _one_stage(number: int, facet: Facet, p75: pd.DataFrame, view: View) -> None:
    """One stage at a time, at first the one whose days changed: its trend by month of entry, and who took longer."""
    stages = list(p75["stage"])
    shifts = facet.of(cache.ask().stage_shifts(view))
    moved = [s for s in shifts.loc[shifts["is_real"].astype(bool), "stage"] if s in stages]
    stage = view_state.choose(f"stage{number}", t("days.stage", segment=_name(facet)), stages, [*moved, *stages][0],
                              {s: _stage_name(facet, s) for s in stages})
    with states.guard("days_trend"):
        chart_card.draw(cards.conversion_days.entry_trend(cache.ask(), view, context.look(), facet, stage, number))
    _slower(number, facet, stage, p75, view)


def _slower(number: int, facet: Facet, stage: str, p75: pd.DataFrame, view: View) -> None:
    """Who took longer than the days asked for; the start value is the stage's own P75."""
    with st.container(border=True, key=f"days_slower_{number}"), states.guard("days_slower"):
        st.header(md_escape(t("days.slower", stage=_stage_name(facet, stage))), anchor=False)
        limit = _limit(number, stage, p75)
        only_open = st.toggle(t("days.slower.open"), key=f"days_open_{number}")
        filters = {} if facet.segment is None else {"segment": [facet.segment]}
        found = cache.ask().slower_than(view.with_(filters=view.filters.with_(**filters)), stage, limit,
                                        pipeline=facet.pipeline, open_only=only_open)
        if found.empty:
            st.text(t("days.slower.none"))
            return
        total, shown = found.attrs.get("total", len(found)), len(found)
        said = "days.slower.more" if total > shown else "days.slower.found"
        st.caption(md_escape(t(said, n=fmt.number(total), shown=fmt.number(shown))))
        chosen = table.show(found, _SLOWER, alt=t("days.slower", stage=_stage_name(facet, stage)),
                            key=f"days_slower_table_{number}", select=True)
        if chosen is not None:
            view_state.go("opportunity", id=str(found.iloc[chosen]["opportunity_id"]))


def _limit(number: int, stage: str, p75: pd.DataFrame) -> int:
    """The days asked for, kept in the URL together with the stage that they were meant for."""
    usual = p75.loc[p75["stage"] == stage, "value"].dropna()
    name, key = f"longer{number}", f"days_limit_{number}_{stage}"
    asked_stage, _, asked = (view_state.values(name) or ("",))[0].rpartition(".")
    start = int(asked) if asked_stage == stage and asked.isdecimal() else int(usual.iloc[0]) if len(usual) else 30

    def keep() -> None:
        view_state.keep(name, f"{stage}.{st.session_state[key]}")
        view_state.touched()

    return int(st.number_input(t("days.slower.limit"), min_value=0, max_value=10_000, step=1,
                               value=min(start, 10_000), key=key, on_change=keep))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
