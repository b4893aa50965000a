"""What a metric means, one click away: the registry's own words."""

from __future__ import annotations

import streamlit as st

from analytics.metrics.registry import REGISTRY
from pages._parts import context
from pages._parts.context import t
from pages._parts.escape import md_escape


def explain(key: str) -> None:
    """Definition, formula, population, minimum n and source of one metric."""
    metric, lang = REGISTRY[key], context.lang()
    st.markdown(f"**{md_escape(metric.label[lang])}**")
    st.markdown(md_escape(metric.definition[lang]))
    for name, value in (("formula", metric.formula), ("population", metric.population), ("source", metric.source)):
        if value:
            shown = value[lang] if isinstance(value, dict) else value
            st.markdown(f"{md_escape(t(f'definition.{name}'))}: {md_escape(shown)}")
    st.caption(md_escape(f"{key} · {t('definition.minimum', n=metric.minimum_n)}"))
