"""Page overview."""

from __future__ import annotations

import streamlit as st

from analytics.view import View


def render(view: View) -> None:
    """Draw the page."""
    st.text(repr(view))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
