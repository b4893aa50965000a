"""The dashboard opened without a browser, and everything that it sent to the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

ROOT = Path(__file__).resolve().parents[2]


def open_page(page: str, **params: str) -> AppTest:
    """A page of app.py, opened as a link would; an exception that no card has caught is raised."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=200)
    app._page_hash = calc_hash(page)  # pages are functions; AppTest.switch_page only knows files
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def shown(app: AppTest) -> list[str]:
    """Texts, labels, options, tables and the numbers and words of charts, as they went to the browser."""
    drawn: list[Any] = [*app.main, *app.sidebar]
    return [*(str(node.proto) for node in drawn if getattr(node, "proto", None) is not None),
            *(table.value.to_csv() for table in app.dataframe)]
