"""Chromium without a window: charts as SVG, pages as PNG and PDF. One browser draws all files and stays for the next.

Plotly is loaded once, from the installed package, and draws every chart (Kaleido loads it anew for each one: three
times the work). Nothing is asked of the network: the pages that are printed here may load nothing (`PAGE`). Needs no
event loop of the caller, so that it can be called from any thread.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from choreographer import Browser
from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError, ChromeNotFoundError
from plotly.io import to_json
from plotly.offline import get_plotlyjs

from analytics.charts.figure import Figure
from analytics.charts.style import template
from analytics.export import hatch
from data.errors import MvpodError

T = TypeVar("T")
#: seconds until a browser that does not answer is given up
PATIENCE = 120
#: seconds after which a browser without work is closed
IDLE = 90
#: The first line of a page: whatever stands in it, it loads nothing and runs nothing.
PAGE = ("<!doctype html><meta charset='utf-8'><meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">")
_DEFAULT_HEIGHT = 360


class Chromium:
    """An open browser: one tab that draws charts, one that shows pages."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._plotly: Any = None
        self._paper: Any = None

    async def charts(self, figures: Sequence[Figure], width: int | Sequence[int]) -> list[str]:
        """Figures as SVG, `width` wide (all, or each) and as high as they want to be; ids differ between them."""
        if self._plotly is None:
            self._plotly = await self._browser.create_tab("")
            await self._run(f"{get_plotlyjs()};0")
        widths = [width] * len(figures) if isinstance(width, int) else width
        return [await self._chart(*each) for each in zip(figures, widths, range(len(figures)), strict=True)]

    async def _chart(self, figure: Figure, width: int, place: int) -> str:
        plain = figure.to_dict()
        layout = {**plain["layout"], "template": template("export")}
        size = f"width: {width}, height: {layout.get('height') or _DEFAULT_HEIGHT}"
        drawn = to_json({"data": plain["data"], "layout": layout}, validate=False)
        svg = await self._run(f"Plotly.toImage({drawn}, {{format: 'svg', imageDataOnly: true, {size}}})")
        return hatch.as_lines(_numbered(str(svg), place))

    async def png(self, page: str, width: int, height: int, scale: int) -> bytes:
        """A page as PNG, `scale` dots a pixel."""
        await self._show(page)
        await self._send(self._paper, "Emulation.setDeviceMetricsOverride", width=width, height=height,
                         deviceScaleFactor=scale, mobile=False)
        return base64.b64decode((await self._send(self._paper, "Page.captureScreenshot", format="png"))["data"])

    async def pdf(self, page: str) -> bytes:
        """A page as PDF; its own style says how large the paper is."""
        await self._show(page)
        await self._send(self._paper, "Emulation.clearDeviceMetricsOverride")
        found = await self._send(self._paper, "Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(found["data"])

    async def _show(self, page: str) -> None:
        self._paper = self._paper or await self._browser.create_tab("")
        await self._send(self._paper, "Page.setDocumentContent", frameId=self._paper.target_id, html=PAGE + page)

    async def _run(self, script: str) -> Any:
        """What a script of our own gives, in the tab that draws charts."""
        found = await self._send(self._plotly, "Runtime.evaluate", expression=script, awaitPromise=True,
                                 returnByValue=True)
        if "exceptionDetails" in found:
            raise MvpodError("E_BROWSER", found=found["exceptionDetails"].get("text", "exception"))
        return found["result"].get("value")

    async def _send(self, tab: Any, command: str, **params: Any) -> dict[str, Any]:
        answer = await tab.send_command(command, params)
        if "error" in answer:
            raise MvpodError("E_BROWSER", found=answer["error"].get("message", command))
        result: dict[str, Any] = answer["result"]
        return result


def draw(job: Callable[[Chromium], Awaitable[T]]) -> T:
    """What `job` makes with a browser. MvpodError E_NO_BROWSER where there is none, E_BROWSER where it fails.

    For any thread; one file is drawn after the other.
    """
    return asyncio.run_coroutine_threadsafe(_kept().drawn(job), _kept().loop).result()


class _Kept:
    """One browser for all files: starting it takes longer than drawing most of them. It is closed when it has had
    nothing to do for IDLE seconds, when the program ends, and when it fails."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._turn = asyncio.Lock()
        self._open: tuple[Browser, Chromium] | None = None
        self._rest: asyncio.TimerHandle | None = None
        Thread(target=self.loop.run_forever, name="chromium", daemon=True).start()

    async def drawn(self, job: Callable[[Chromium], Awaitable[T]]) -> T:
        """What a job makes; where a browser that was kept is found dead, with a fresh one."""
        async with self._turn:
            if self._rest:
                self._rest.cancel()
            try:
                was_kept = self._open is not None
                try:
                    return await self._once(job)
                except MvpodError as error:
                    if not was_kept or error.code != "E_BROWSER":
                        raise
                return await self._once(job)
            finally:
                self._rest = self.loop.call_later(IDLE, lambda: self.loop.create_task(self._rested()))

    async def _once(self, job: Callable[[Chromium], Awaitable[T]]) -> T:
        try:
            if self._open is None:
                browser = await Browser()
                self._open = browser, Chromium(browser)
                atexit.unregister(close)
                atexit.register(close)  # last, so that it comes before the removal of the folder that the browser uses
            return await asyncio.wait_for(job(self._open[1]), PATIENCE)
        except ChromeNotFoundError as error:
            raise MvpodError("E_NO_BROWSER") from error
        except (BrowserClosedError, BrowserFailedError, ChannelClosedError, TimeoutError, RuntimeError,
                MvpodError) as error:
            await self._close()
            raise error if isinstance(error, MvpodError) else MvpodError(
                "E_BROWSER", found=str(error) or type(error).__name__) from error

    async def _rested(self) -> None:
        async with self._turn:
            await self._close()

    async def _close(self) -> None:
        was, self._open = self._open, None
        if was:
            with suppress(Exception):  # one that is gone already
                await was[0].close()

    def close(self) -> None:
        """Closes the browser, once it has drawn what it is drawing."""
        asyncio.run_coroutine_threadsafe(self._rested(), self.loop).result(PATIENCE)


@cache
def _kept() -> _Kept:
    return _Kept()


def close() -> None:
    """No browser stays open: the next file starts one."""
    if _kept.cache_info().currsize:
        with suppress(Exception):
            _kept().close()


def _numbered(svg: str, place: int) -> str:
    """The same drawing with its number in its ids, where Plotly puts six random digits: equal input, equal output."""
    found = re.search(r'id="defs-([0-9a-f]{6})"', svg)
    return re.sub(rf"(?<=[A-Za-z-]){found[1]}", f"{place:06d}", svg) if found else svg
