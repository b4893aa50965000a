"""A real browser at the dashboard: a click on the segment switch until all charts are painted, the start, and the
memory of the process that serves."""

from __future__ import annotations

import shutil
import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from benchmarks.browser import ROOT, browser, running_app, serving, wait_painted
from benchmarks.measuring import memory_mib, peak_mib, percentile, timed
from data.sample import sample_store
from data.storage.store import Store

#: The pages that are clicked on.
PAGES = ("overview", "pipeline", "funnel", "conversion_days", "win_rate")
#: Clicks per page.
CLICKS = 10
_SEGMENTS = "[data-testid=stSidebar] [data-testid=stButtonGroup] button"
#: Notes when the button was pressed and when anything of the page changed last.
_WATCH = """() => {
    window.pressed = window.changed = null;
    addEventListener('click', () => { window.pressed = performance.now(); }, {capture: true, once: true});
    window.watching ??= new MutationObserver(() => { window.changed = performance.now(); });
    window.watching.observe(document.querySelector('[data-testid=stMain]'),
                            {subtree: true, childList: true, attributes: true, characterData: true});
}"""
_STILL = "() => performance.now() - window.changed > 250"


def click_times(path: Path, clicks: int = CLICKS) -> dict[str, Any]:
    """Milliseconds per page: to the first painted page, and of clicks: `new` on a view that nobody has asked for before
    (another as-of day each time), `again` on one that the server has answered before. MiB of the server at the end and
    at its peak."""
    last = Store.open(path).dates("opportunity")[-1]
    found: dict[str, Any] = {}
    with serving(path) as (url, pid), browser() as chromium:
        tab = chromium.new_page(viewport={"width": 1280, "height": 1000})
        for page in PAGES:
            first = timed(partial(_open, tab, url, page, last))
            new = []
            for back in range(1, clicks + 1):
                _open(tab, url, page, last - timedelta(days=back))
                new.append(_click(tab, 1 + back % 2))
            # never the segment that is chosen: that would be no click
            again = [_click(tab, 1 + (clicks + 1 + i) % 2) for i in range(clicks + 2)][2:]
            found[page] = {"first_ms": first.wall, **_quantiles("new", new), **_quantiles("again", again)}
        return {"pages": found, "memory_mib": memory_mib(pid), "peak_mib": peak_mib(pid)}


def _open(tab: Page, url: str, page: str, as_of: date) -> None:
    tab.goto(f"{url}/{page}?lang=en&as_of={as_of.isoformat()}")
    wait_painted(tab)


def _click(tab: Page, which: int) -> float:
    """Milliseconds from the click on a segment to the last change of the page that it led to."""
    tab.evaluate(_WATCH)
    button, before = tab.locator(_SEGMENTS).nth(which), tab.url
    expect(button).to_be_enabled()
    button.click()
    tab.wait_for_function("url => location.href !== url", arg=before)  # the run of the script says what it shows
    wait_painted(tab)
    tab.wait_for_function(_STILL)
    return float(tab.evaluate("() => window.changed - window.pressed"))


def _quantiles(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p50_ms": percentile(values, 0.5), f"{name}_p95_ms": percentile(values, 0.95)}


def start_times() -> dict[str, float]:
    """Start of the server to the first page painted in a browser that is open already: with no store (the sample
    company is built), and again."""
    store = ROOT / "build" / "bench" / "first-start"
    for made in (store, sample_store(store)):  # the sample company lies beside the store that is not there
        shutil.rmtree(made, ignore_errors=True)
    seconds = {}
    for name in ("first_start_s", "later_start_s"):
        with browser() as chromium:
            tab = chromium.new_page(viewport={"width": 1280, "height": 1000})
            start = time.perf_counter()
            with running_app(store) as url:
                tab.goto(url)
                wait_painted(tab, 600)
                seconds[name] = time.perf_counter() - start
    return seconds
