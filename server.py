"""The dashboard as `mvpod serve` runs it: app.py, made ready while the first viewer's browser is still opening.

The first page's questions are asked for the view that it opens with; a viewer who comes meanwhile waits for the answers
that are being worked out instead of beginning anew.

`streamlit run app.py` shows the same; the first viewer then waits for what is prepared here.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from threading import Thread

import streamlit as st

from data import sample

#: Who comes back from DuckDB waits for its turn among the threads: by default 5 ms each time, hundreds of times a page.
sys.setswitchinterval(0.0005)


@asynccontextmanager
async def _ready(_app: st.App) -> AsyncIterator[None]:
    Thread(target=_prepare, daemon=True).start()
    yield


def _prepare() -> None:
    """Build the sample company if there is nothing to show, import what a page needs, ask what the first page shows."""
    from data.errors import MvpodError

    try:
        home = sample.store_path()
    except MvpodError:  # the first viewer is told
        return
    beside = sample.sample_store(home)
    if not home.exists() and not beside.exists():  # surely nothing to show yet: what takes longest begins first
        sample.begin(beside)
    import app as door
    from analytics import i18n
    from pages._parts import cache

    with suppress(MvpodError):  # the first viewer is told what is wrong
        shown = door.shown(home)
        if shown is None:
            sample.begin(beside)
        overview = import_module("pages.overview")
        import_module("streamlit.emojis")  # else with the first button
        i18n.catalogue()
        if shown is None:
            sample.wait(beside)
            shown = door.shown(home)
        if shown is not None:
            store, load = str(shown[0]), shown[1].load_id
            overview.prepare(store, load, door.viewer_scope(cache.company(store, load).settings))
    gc.collect()
    gc.freeze()  # modules and what is always known need not be looked through again


app = st.App("app.py", lifespan=_ready)
