"""A small sample company on disk, and the dashboard opened on it without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from data import demo

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a small sample company; tests read it and never write it."""
    path = tmp_path_factory.mktemp("company") / "store"
    demo.create(path, accounts=150, opportunities=900, weeks=80)
    return path


@pytest.fixture
def open_page(store: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page of app.py as a link would: `open_page("funnel", lang="zh", segment="KA")`."""
    monkeypatch.setenv("MVPOD_STORE", str(store))

    def run(page: str, **params: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        app._page_hash = calc_hash(page)  # pages are functions; AppTest.switch_page only knows files
        for name, value in params.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].value
        return app

    return run
