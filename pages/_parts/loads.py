"""The loads of the store: what came in when, what was rejected, and the way back to an earlier state."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from analytics import format as fmt
from analytics.recognition import table_name
from data.storage.loads import Load
from data.storage.store import Store
from pages._parts import context, import_outcome, states, table, view_state
from pages._parts.context import t

#: the counts stand before the files, whose names may fill more than the screen
_COLUMNS = ("load_id", "kind", "as_of", "rows_loaded", "rows_quarantined", "loaded_at", "profile", "sources")
_SHOWN_REJECTS = 1000


def draw() -> None:
    """List of loads, newest first; below it the chosen one with its rejects and the button that restores it."""
    here = context.now()
    store = Store.open(Path(here.store))
    known = sorted(store.loads(), key=lambda load: load.load_id, reverse=True)
    st.header(t("data.loads"), anchor=False)
    st.caption(t("data.loads.lead"))
    table.show(pd.DataFrame([_row(load) for load in known]), _COLUMNS, alt=t("data.loads"), key="data_loads_table",
               kinds={"load_id": "text", "loaded_at": "instant"})
    ids = [str(load.load_id) for load in known]
    names = {key: t("view.load", load=key) for key in ids}
    chosen = view_state.choose("load", t("data.load"), ids, ids[0], names)
    load = next(load for load in known if str(load.load_id) == chosen)
    import_outcome.warnings(load.warnings)
    import_outcome.decisions(load.decisions)
    _rejects(store, load)
    if load.load_id != known[0].load_id:
        _restore(store, load)


def _row(load: Load) -> dict[str, object]:
    counts = [c for c in load.counts.values() if isinstance(c, dict)]
    return {
        "load_id": str(load.load_id), "kind": t(f"data.kind.{load.kind}"), "loaded_at": load.loaded_at,
        "as_of": load.as_of, "profile": load.profile,
        "sources": ", ".join(str(s.get("name", s) if isinstance(s, dict) else s) for s in load.sources),
        "rows_loaded": sum(int(c.get("loaded", 0)) for c in counts),
        "rows_quarantined": sum(int(c.get("quarantined", 0)) for c in counts),
    }


def _rejects(store: Store, load: Load) -> None:
    kept = store.table("quarantine", load) if "quarantine" in load.versions else None
    rejected = None if kept is None else kept.filter(pc.equal(kept["load_id"], load.load_id))
    if rejected is None or not rejected.num_rows:
        st.caption(t("data.rejects.none"))
        return
    st.markdown(f"**{t('data.rejects', n=fmt.number(rejected.num_rows, context.lang()))}**")
    shown = rejected.slice(0, _SHOWN_REJECTS).drop_columns(["load_id"]).to_pandas()
    table.show(_in_words(shown), alt=t("data.rejects.alt"), key="data_rejects")


def _in_words(rejects: pd.DataFrame) -> pd.DataFrame:
    """Rejected cells with the table and the broken rule as people call them; where it stands first, for phones."""
    lang = context.lang()
    told = [import_outcome.rule_said(row["rule"], row["column"]) for row in rejects.to_dict("records")]
    named = rejects.assign(table=[table_name(key, lang) for key in rejects["table"]], rule=told)
    return named[["row", "value", "rule", "file", "table", "column"]]


def _restore(store: Store, load: Load) -> None:
    with st.popover(t("data.restore"), icon=":material/history:"):
        st.text(t("data.restore.explain", load=load.load_id))
        if st.button(t("data.restore.confirm"), key="data_restore", type="primary"):
            with states.guard("data_restore"):
                store.restore(load.load_id)
                view_state.keep("load")
                st.rerun()
