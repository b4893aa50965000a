"""The organisation's own slides: a template for the decks of this session, checked when it is handed in."""

from __future__ import annotations

import streamlit as st

from data.errors import MvpodError
from pages._parts import context
from pages._parts.context import t
from pages._parts.escape import md_escape

#: megabytes
MOST = 50
_FILE, _KEPT, _ERROR = "review_template", "review_template_kept", "review_template_error"


def draw() -> None:
    """Hand one in, see which one is used, and take it back."""
    if error := st.session_state.get(_ERROR):
        st.error(md_escape(error.text(context.lang())), icon=":material/error:")
    with st.popover(t("review.template"), icon=":material/palette:"):
        st.caption(t("review.template.says"))
        st.file_uploader(t("review.template.file"), type=["pptx", "potx"], max_upload_size=MOST, key=_FILE,
                         on_change=_taken)
        if _KEPT in st.session_state:
            st.text(t("review.template.used", file=st.session_state[_KEPT][0]))
            st.button(t("review.template.back"), key="review_template_back", on_click=_forget, width="stretch")


def chosen() -> bytes | None:
    """The template of this session, None for the plain one."""
    kept: tuple[str, bytes] | None = st.session_state.get(_KEPT)
    return kept[1] if kept else None


def _taken() -> None:
    """What was handed in is kept if slides can be made of it: pages forget their files when they are left."""
    _forget()
    file = st.session_state[_FILE]
    if file is None:
        return
    from analytics.export import pptx_template  # a large library

    data = file.getvalue()
    try:
        if len(data) > MOST * 1_000_000:
            raise MvpodError("E_TEMPLATE", found=f"> {MOST} MB")
        pptx_template.opened(data)
    except MvpodError as error:
        st.session_state[_ERROR] = error
    else:
        st.session_state[_KEPT] = file.name, data


def _forget() -> None:
    st.session_state.pop(_KEPT, None)
    st.session_state[_ERROR] = None
