"""Saved packs: keep this one under a name, open one again, or carry it on to the next quarter."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analytics import format as fmt
from analytics.review.default import default_pack
from analytics.review.pack import Pack, from_text, next_quarter, to_text
from data.errors import MvpodError
from data.storage import packs
from pages._parts import context, review_pack
from pages._parts.context import t
from pages._parts.escape import md_escape

_NAME, _CHOSEN, _ERROR = "review_name", "review_saved", "review_error"


def draw(pack: Pack) -> None:
    """Save and open; what went wrong in a callback is said here until the next try."""
    error = st.session_state.get(_ERROR)
    if isinstance(error, MvpodError):
        st.error(md_escape(error.text(context.lang())), icon=":material/error:")
    save, open_ = st.columns(2)
    with save.popover(t("review.save"), icon=":material/save:", width="stretch"):
        st.text_input(t("review.name"), key=_NAME, max_chars=packs.MAX_NAME, placeholder=pack.quarter)
        st.button(t("review.save.do"), key="review_save", on_click=_save, args=(pack,), width="stretch")
        st.caption(t("review.save.says"))
    with open_.popover(t("review.open"), icon=":material/folder_open:", width="stretch"):
        _open(pack)


def _open(pack: Pack) -> None:
    found = packs.listed(_store())
    if found:
        days = {saved.name: fmt.day(saved.saved_at, context.lang()) for saved in found}
        st.selectbox(t("review.saved"), [saved.name for saved in found], key=_CHOSEN,
                     format_func=lambda name: f"{md_escape(name)} · {days.get(name, '')}")
        for what in ("open", "next", "remove"):
            st.button(t(f"review.{what}.do"), key=f"review_{what}", on_click=_act, args=(what,), width="stretch")
    else:
        st.caption(t("review.saved.none"))
    st.button(t("review.default.do"), key="review_default", width="stretch", on_click=review_pack.keep,
              args=(default_pack(pack.quarter, pack.lang),))


def _save(pack: Pack) -> None:
    name, st.session_state[_ERROR] = str(st.session_state[_NAME] or pack.quarter), None
    try:
        st.toast(t("review.saved.as", name=md_escape(packs.save(_store(), name, to_text(pack)))))
    except MvpodError as error:
        st.session_state[_ERROR] = error


def _act(what: str) -> None:
    name, st.session_state[_ERROR] = str(st.session_state[_CHOSEN]), None
    try:
        if what == "remove":
            packs.remove(_store(), name)
            return
        pack = from_text(packs.load(_store(), name))
        start = context.now().settings.organisation.fiscal_year_start
        review_pack.opened(pack if what == "open" else next_quarter(pack, start))
    except MvpodError as error:
        st.session_state[_ERROR] = error


def _store() -> Path:
    return Path(context.now().store)
