"""The sample company in full, built once for all tests here: they read the store and change only what they opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.ask import Ask
from data import demo
from data.engine import open_company


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its store; nobody writes to it."""
    path = tmp_path_factory.mktemp("sample") / "store"
    demo.create(path)
    return path


@pytest.fixture(scope="module")
def ask(store: Path) -> Iterator[Ask]:
    """The company as it is."""
    company = open_company(store)
    yield Ask(company)
    company.close()
