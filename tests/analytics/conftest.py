"""A small sample company for questions about relationships, built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.ask import Ask
from analytics.view import View
from data import demo
from data.engine import open_company


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its store; nobody writes to it."""
    path = tmp_path_factory.mktemp("small") / "store"
    demo.create(path, accounts=60, opportunities=300, weeks=60)
    return path


@pytest.fixture(scope="module")
def asked(small_store: Path) -> Iterator[Ask]:
    """The company, to be asked."""
    company = open_company(small_store)
    yield Ask(company)
    company.close()


@pytest.fixture
def view(asked: Ask) -> View:
    """Its last day."""
    return View(asked.company.last_day)
