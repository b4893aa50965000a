"""The quarterly review: which charts, in which order, with which comments; saved, opened again, and taken along."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics import format as fmt
from analytics import periods
from analytics.cards import CARDS
from analytics.review.default import usual_quarter
from analytics.review.pack import Item, Pack, called
from analytics.review.slides import slides
from analytics.view import View
from pages._parts import (
    cache,
    context,
    review_files,
    review_pack,
    review_saved,
    review_template,
    side_by_side,
    states,
    view_state,
)
from pages._parts.context import t
from pages._parts.escape import md_escape

LANGUAGES = ("en", "zh", "both")


def render(view: View) -> None:
    """Draw the page."""
    pack = _chosen(view)
    with st.container(border=True, key="review_take"), states.guard("review_take"):
        st.header(t("review.take"), anchor=False)
        st.caption(t("review.take.says"))
        review_files.draw(pack)
        review_template.draw()
        review_saved.draw(pack)
    st.header(t("review.entries", n=len(pack.items)), anchor=False)
    if not pack.items:
        st.info(t("review.empty"))
    for place, item in enumerate(pack.items):
        with st.container(border=True, key=f"review_entry_{place}"), states.guard("review_entry"):
            _entry(pack, place, item)
    _more()


def _chosen(view: View) -> Pack:
    """The pack with its title, quarter and language."""
    title_place, quarter_place, lang_place = st.columns([2, 1, 1])
    start = context.now().settings.organisation.fiscal_year_start
    known = {p.name: fmt.period(p, context.lang()) for p in cache.ask().periods() if p.start <= view.as_of}
    usual = usual_quarter(view.as_of, start)
    known |= {} if usual in known else {usual: fmt.period(periods.parse(usual, start), context.lang())}
    quarter = view_state.choose("quarter", t("review.quarter"), list(known), usual, known, where=quarter_place)
    lang = view_state.choose("pack_lang", t("review.language"), list(LANGUAGES), context.lang(),
                             {"en": "English", "zh": "中文", "both": t("review.both")}, where=lang_place)
    _title(title_place)
    return review_pack.shown(view, quarter, lang)


def _title(place: DeltaGenerator) -> None:
    key, title = "review_title", review_pack.kept().title
    if st.session_state.get(key) != title:
        st.session_state[key] = title

    def write() -> None:
        review_pack.keep(review_pack.kept().with_(title=st.session_state[key]))

    with place:
        st.text_input(t("review.title"), key=key, max_chars=120, on_change=write, placeholder=t("pack.title"))


def _entry(pack: Pack, place: int, item: Item) -> None:
    """Name, order, comment and preview of one entry."""
    last = len(pack.items) - 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = called(item, context.lang(), context.now().settings)
        st.subheader(md_escape(f"{place + 1}. {name}"), anchor=False, width="stretch")
        with st.container(horizontal=True, width="content", gap="small"):  # on a phone all three stay in one line
            for what, sign, is_off in (("up", "↑", place == 0), ("down", "↓", place == last), ("away", "✕", False)):
                st.button(sign, key=f"review_{what}_{place}", help=t(f"review.{what}"), disabled=is_off,
                          on_click=_change, args=(what, place), type="tertiary")
    if item.previous:
        st.caption(t("review.before"))
        st.text(item.previous)
    review_pack.comment(place, item)
    _preview(pack, item)


def _change(what: str, place: int) -> None:
    pack = review_pack.kept()
    review_pack.keep(pack.without(place) if what == "away" else pack.moved(place, -1 if what == "up" else 1))


@st.fragment
def _preview(pack: Pack, item: Item) -> None:
    """The slides of one entry, made only when somebody wants to see them."""
    own = review_pack.identity(item)
    fold = st.expander(t("review.preview"), on_change="rerun", key=f"review_preview_{own}")
    if not fold.open:
        return
    here, ask = context.now(), cache.ask()
    with fold, states.guard("review_preview"):
        day = cache.company(here.store, here.load_id).last_day
        view = pack.view(day, here.settings.organisation.fiscal_year_start, here.scope)
        for slide in slides(ask, pack.with_(items=(item,)), view, context.look()):
            if slide.missing:
                st.info(md_escape(slide.missing), icon=":material/database_off:")
            side_by_side.draw(slide.cards, f"review_{own}_")


def _more() -> None:
    """Add from the list of all cards."""
    here = context.now()
    names = {key: called(Item(key), here.lang, here.settings) for key in CARDS}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(t("review.more"), list(CARDS), format_func=lambda key: names.get(key, key),
                              key="review_more")
        st.button(t("review.more.do"), key="review_more_do", on_click=_add, icon=":material/add:")
    st.caption(t("review.more.says") if chosen else "")


def _add() -> None:
    review_pack.keep(review_pack.kept().added(Item(str(st.session_state["review_more"]))))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
