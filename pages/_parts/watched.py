"""The folder that is watched for exports: how old the data are, what came in by itself, what was refused and why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from analytics import format as fmt
from data.intake import watch
from data.storage.store import Load, Store
from pages._parts import cache, context, table
from pages._parts.context import t
from pages._parts.escape import md_escape

_SHOWN = 20


def warn() -> None:
    """On every page: the latest export was refused, so these are older data. Why is told on page Data only."""
    if (found := _record()) is None or (failed := found.last_failure()) is None:
        return
    load = Store.open(Path(context.now().home)).current()
    if load is not None and failed.at <= load.loaded_at:
        return
    age = _age(load) if load else t("watch.warning.nothing")
    st.warning(md_escape(t("watch.warning", day=fmt.day(failed.at, context.lang()), age=age)),
               icon=":material/sync_problem:")


def draw() -> None:
    """The age of the data, the last look at the folder, and what became of what lay there, latest first."""
    lang, load = context.lang(), cache.current_load(Path(context.now().home))
    st.header(t("watch.head"), anchor=False)
    if load is not None:
        st.caption(md_escape(_age(load)))
    if (found := _record()) is None:
        st.caption(t("watch.none"))
        return
    st.caption(md_escape(t("watch.looked", at=f"{found.looked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")))
    if failed := found.last_failure():
        st.error(md_escape(t("watch.failed", name=failed.name, reason=failed.text(lang))), icon=":material/error:")
    outcomes = sorted(found.outcomes.values(), key=lambda o: o.at, reverse=True)[:_SHOWN]
    if outcomes:
        table.show(pd.DataFrame([_row(outcome, lang) for outcome in outcomes]), alt=t("watch.head"),
                   key="data_watch_table", kinds={"load_id": "text", "at": "instant"})


def _row(outcome: watch.Outcome, lang: str) -> dict[str, object]:
    return {"file": outcome.name, "outcome": t(f"watch.state.{outcome.state}"), "load_id": str(outcome.load or ""),
            "at": outcome.at, "why": outcome.text(lang)}


def _record() -> watch.Record | None:
    return watch.record(Path(context.now().home))


def _age(load: Load) -> str:
    """Up to which day the data tell, and how long ago that was."""
    day = load.as_of or load.loaded_at.date()
    days = max((datetime.now(UTC).date() - day).days, 0)
    said = "watch.age" if days else "watch.age.today"
    return t(said, day=fmt.day(day, context.lang()), load=load.load_id, n=fmt.number(days))
