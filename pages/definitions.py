"""Every metric with its definition, formula and source, and every standard with its quality."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analytics import standards
from analytics.metrics import registry
from analytics.view import View
from pages._parts import cache, context, definition, restated, show, states, table, view_state
from pages._parts.context import t

_REGISTRY = ("label", "key", "unit", "good_direction", "formula", "source")
_OWN = ("metric", "figure", "segment", "stage", "year", "definition", "quality", "source_url")
#: the figure stands before its long title: a phone shows the first columns only
_STANDARDS = ("figure", "title", "segment", "year", "quality", "definition", "source_url")


def render(view: View) -> None:
    """Draw the page."""
    with st.container(border=True, key="definitions_metrics"), states.guard("definitions_metrics"):
        metric = _metrics()
    with st.container(border=True, key="definitions_restated"), states.guard("definitions_restated"):
        restated.draw(view, metric)
    with st.container(border=True, key="definitions_standards"), states.guard("definitions_standards"):
        _standards()
    with st.container(border=True, key="definitions_own"), states.guard("definitions_own"):
        _own_standards(view)


def _metrics() -> str:
    """Draw the chosen metric and all; gives the chosen one."""
    st.header(t("definitions.metrics"), anchor=False)
    lang = context.lang()
    keys = list(registry.REGISTRY)
    key = view_state.choose("metric", t("definitions.choose"), keys, keys[0],
                            {k: f"{m.label[lang]} ({k})" for k, m in registry.REGISTRY.items()})
    definition.explain(key)
    rows = [{"label": m.label[lang], "key": m.key, "unit": t(f"definition.unit.{m.unit}"), "formula": m.formula[lang],
             "good_direction": t(f"definition.direction.{m.direction}"), "source": m.source}
            for m in registry.REGISTRY.values()]
    with st.expander(t("definitions.all", n=len(rows))):
        table.show(pd.DataFrame(rows), _REGISTRY, alt=t("definitions.metrics"), key="definitions_registry")
    return key


def _standards() -> None:
    st.header(t("definitions.standards"), anchor=False)
    st.caption(t("definitions.standards.lead"))
    lang = context.lang()
    shipped = standards.shipped()
    shipped = shipped.assign(title=shipped[f"title_{lang}"], definition=shipped[f"definition_{lang}"],
                             figure=[show.standard(row) for row in shipped.to_dict("records")])
    table.show(shipped, _STANDARDS, alt=t("definitions.standards"), key="definitions_standards_table",
               kinds={"figure": "text", "year": "year"})


def _own_standards(view: View) -> None:
    """What the organisation itself has set (table `standard`)."""
    st.header(t("definitions.own"), anchor=False)
    own = cache.ask().own_standards(view)
    if own.empty:
        states.not_measured("definitions.own.table")
    else:
        table.show(_in_words(own), _OWN, alt=t("definitions.own"), key="definitions_own_table",
                   kinds={"figure": "text", "year": "year"})


def _in_words(own: pd.DataFrame) -> pd.DataFrame:
    """Metrics by their names and in the registry's order, stages in that of their pipeline, values in their unit."""
    here = context.now()
    keys, stages = list(registry.REGISTRY), [s.key for p in here.settings.pipelines for s in p.stages]
    rows = sorted(own.to_dict("records"), key=lambda row: (
        _place(row["metric"], keys), str(row["segment"]), _place(row["stage"], stages)))
    for row in rows:
        metric = registry.REGISTRY.get(row["metric"])
        row["figure"] = show.value(row["value"], metric.unit if metric else "")
        row["metric"] = metric.label[here.lang] if metric else row["metric"]
        if not isinstance(row["source_url"], str) or not row["source_url"]:  # nobody's publication: nothing to grade
            row["quality"] = t("definitions.own.aim")
    return pd.DataFrame(rows)


def _place(key: Any, order: list[str]) -> int:
    return order.index(key) if key in order else len(order)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
