"""Bring exports in with a preview, see the loads and what was rejected, go back to an earlier state."""

from __future__ import annotations

import streamlit as st

from analytics.view import View
from pages._parts import context, import_form, loads, states, watched


def render(view: View) -> None:
    """Draw the page: loads count all rows, and rejects are shown as they came, so it is for who may see everything."""
    if context.now().scope.allowed:
        states.nothing(context.t("data.loads"), context.t("data.restricted"), key="data_restricted")
        return
    with st.container(border=True, key="data_import"), states.guard("data_import"):
        import_form.draw()
    with st.container(border=True, key="data_watch"), states.guard("data_watch"):
        watched.draw()
    with st.container(border=True, key="data_loads"), states.guard("data_loads"):
        loads.draw()


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
