"""A real server on a small sample company, and the system's Chromium looking at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.browser import browser, chromium_path, running_app, wait_painted
from data import demo


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a small sample company; tests read it and never write it."""
    path = tmp_path_factory.mktemp("company") / "store"
    demo.create(path, accounts=150, opportunities=900, weeks=80)
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's browser."""
    if chromium_path() is None:
        pytest.skip("Chromium is not installed")
    with browser() as found:
        yield found


@pytest.fixture(scope="session")
def server(store: Path) -> Iterator[str]:
    """The address of a running dashboard."""
    with running_app(store) as url:
        yield url


class Tab:
    """A browser tab with its own session, and what it asked of others."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.page: Page = context.new_page()
        self.outside: list[str] = []
        self.dialogs: list[str] = []
        self.page.on("request", self._note)
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def _note(self, request: object) -> None:
        address = str(getattr(request, "url", ""))
        if not address.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(address)

    def open(self, path: str) -> Page:
        """Open a path of the dashboard and wait until it is painted."""
        self.page.goto(self.url + path)
        return self.settle()

    def settle(self) -> Page:
        """Wait until what was asked for is on the screen."""
        self.page.wait_for_timeout(250)
        wait_painted(self.page)
        return self.page

    @property
    def path(self) -> str:
        """Path and parameters in the address bar."""
        return self.page.url.removeprefix(self.url)


@pytest.fixture
def tab(chromium: Browser, server: str) -> Iterator[Tab]:
    """A fresh tab on the running dashboard, 1280 pixels wide."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    yield Tab(context, server)
    context.close()


@pytest.fixture
def new_tab(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Further tabs, each a browser of its own: `new_tab(url, width=390, scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def make(url: str, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Tab:
        contexts.append(chromium.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme))
        return Tab(contexts[-1], url)
    yield make
    for context in contexts:
        context.close()
