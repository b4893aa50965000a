"""What a metric means, one click away: the registry's own words."""

from __future__ import annotations

import streamlit as st

from analytics.metrics import registry
from pages._parts import context
from pages._parts.context import t
from pages._parts.escape import md_escape


@st.fragment
def button(key: str, within: str) -> None:
    """The metric's definition behind a button of the card `within`."""
    behind(key, within)


def behind(key: str, within: str) -> None:
    """The same for who is a fragment himself: the words are sent when somebody opens them, most visits never do."""
    shown = st.popover(t("card.definition"), icon=":material/help:", type="tertiary", key=f"{within}_definition",
                       on_change="rerun")
    if shown.open:
        with shown:
            explain(key)


def explain(key: str) -> None:
    """Label, definition, formula, population, direction, smallest n and source of one metric."""
    metric, lang = registry.get(key), context.lang()
    st.markdown(f"**{md_escape(metric.label[lang])}**")
    st.text(metric.definition[lang])
    for name, value in (("formula", metric.formula[lang]), ("population", metric.population[lang]),
                        ("direction", t(f"definition.direction.{metric.direction}")), ("source", metric.source)):
        st.caption(md_escape(t("common.named", name=t(f"definition.{name}"), said=value)))
    st.caption(md_escape(f"{key} · {t('definition.minimum', n=metric.minimum)}"))
