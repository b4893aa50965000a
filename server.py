"""The dashboard as `mvpod serve` runs it: app.py, made ready while the first viewer's browser is still opening.

`streamlit run app.py` shows the same; the first viewer then waits for what is prepared here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from threading import Thread

import streamlit as st

from data.errors import MvpodError


@asynccontextmanager
async def _ready(_app: st.App) -> AsyncIterator[None]:
    Thread(target=_prepare, daemon=True).start()
    yield


def _prepare() -> None:
    """Import what a page needs, build the sample company if there is nothing to show, open what there is."""
    import app as door
    from pages._parts import cache, sample

    home = door.store_path()
    with suppress(MvpodError):  # the first viewer is told what is wrong
        shown = door.shown(home)
        if shown is None:
            sample.begin(door.sample_store(home))
        import_module("pages.overview")
        if shown is not None:
            cache.company(str(shown[0]), shown[1].load_id)


app = st.App("app.py", lifespan=_ready)
