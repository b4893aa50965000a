"""What stands above every page: its name, its question, the view in words, and what must be known of the data."""

from __future__ import annotations

import streamlit as st

from analytics.view import View
from pages import Page
from pages._parts import context, filter_bar, watched
from pages._parts.context import t
from pages._parts.escape import md_escape


def heading(page: Page, view: View) -> None:
    """Name of the page, its question, the view in words; a notice where the data are not real."""
    here = context.now()
    st.title(t(f"page.{page.key}"), anchor=False)
    st.caption(t(f"page.{page.key}.lead"))
    organisation = here.settings.organisation
    words = filter_bar.in_words(view)
    begun = [organisation.name, words] if organisation.name else [words[:1].upper() + words[1:]]
    st.caption(md_escape(" · ".join([*begun, t("view.load", load=here.load_id)])))
    notice = organisation.notice.get(here.lang) or organisation.notice.get("en")
    if notice:
        st.badge(md_escape(notice), icon=":material/science:", color="orange")
    watched.warn()
