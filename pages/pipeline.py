"""Is the pipeline healthy? What moved it, who pushes it, is it enough, how old is it, what do its records lack."""

from __future__ import annotations

import streamlit as st

from analytics import cards, i18n
from analytics.cards.pipeline import PUSHED_BY, WEIGHTS, stock_of, weights
from analytics.view import View
from pages._parts import cache, context, side_by_side, states, view_state
from pages._parts.context import t


def render(view: View) -> None:
    """Draw the page: what moved the pipeline first, then what it is made of and what is wrong with it."""
    ask, look, made = cache.ask(), context.look(), cards.pipeline
    if not stock_of(ask, view)["n"].any() and not ask.bridge(view)["n"].any():
        states.empty()
        return
    weight = _weight(view)
    with states.guard("pipeline_bridge"):
        side_by_side.draw(made.bridge(ask, view, look, weight))
    with states.guard("pipeline_stock"):
        side_by_side.draw(made.stock(ask, view, look, weight))
    with states.guard("pipeline_pushes"):
        by = _pushed_by()
        side_by_side.draw(made.pushes(ask, view, look, by))
        side_by_side.draw(made.push_weeks(ask, view, look, by))
    for make in (made.coverage, made.ageing, made.grades, made.hygiene, made.split, made.concentration):
        with states.guard(f"pipeline_{make.__name__}"):
            side_by_side.draw(make(ask, view, look))


def _weight(view: View) -> str:
    """Amounts or numbers; numbers alone where no amount is known."""
    if len(weights(cache.ask(), view)) == 1:
        return "count"
    return view_state.choose("weight", t("pipeline.weight"), list(WEIGHTS), WEIGHTS[0],
                             {w: t(f"pipeline.weight.{w}") for w in WEIGHTS}, kind="segments")


def _pushed_by() -> str:
    return view_state.choose("pushed_by", t("pipeline.pushed_by"), list(PUSHED_BY), PUSHED_BY[0],
                             {d: i18n.dimension_label(d, context.lang()) for d in PUSHED_BY}, kind="segments")


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
