"""Chromium without a window: charts as SVG, pages as PNG and PDF. One browser draws everything of one file.

Nothing is asked of the network: Plotly comes from the installed package, and the pages that are drawn here may load
nothing (`PAGE`). Needs no event loop of the caller, so that it can be called from any thread.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import plotly.graph_objects as go
from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError, ChromeNotFoundError
from kaleido import Kaleido

from analytics.charts.style import template
from analytics.export import hatch
from data.errors import MvpodError

T = TypeVar("T")
#: seconds until a browser that does not answer is given up
PATIENCE = 120
#: The first line of a page: whatever stands in it, it loads nothing and runs nothing.
PAGE = ("<!doctype html><meta charset='utf-8'><meta http-equiv='Content-Security-Policy' "
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">")
_TABS = 2
_DEFAULT_HEIGHT = 360


class Chromium:
    """An open browser."""

    def __init__(self, kaleido: Any) -> None:
        self._kaleido = kaleido
        self._tab: Any = None

    async def charts(self, figures: Sequence[go.Figure], width: int | Sequence[int]) -> list[str]:
        """Figures as SVG, `width` wide (all, or each) and as high as they want to be; ids differ between them."""
        drawn = [go.Figure(figure).update_layout(template=template("export")) for figure in figures]
        widths = [width] * len(drawn) if isinstance(width, int) else width
        found = await asyncio.gather(*(self._kaleido.calc_fig(
            figure, {"format": "svg", "width": wide, "height": figure.layout.height or _DEFAULT_HEIGHT})
            for figure, wide in zip(drawn, widths, strict=True)))
        return [hatch.as_lines(_numbered(svg.decode(), place)) for place, svg in enumerate(found)]

    async def png(self, page: str, width: int, height: int, scale: int) -> bytes:
        """A page as PNG, `scale` dots a pixel."""
        await self._show(page)
        await self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                         mobile=False)
        return base64.b64decode((await self._send("Page.captureScreenshot", format="png"))["data"])

    async def pdf(self, page: str) -> bytes:
        """A page as PDF; its own style says how large the paper is."""
        await self._show(page)
        found = await self._send("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(found["data"])

    async def _show(self, page: str) -> None:
        self._tab = self._tab or await self._kaleido.create_tab("")
        await self._send("Page.setDocumentContent", frameId=self._tab.target_id, html=PAGE + page)

    async def _send(self, command: str, **params: Any) -> dict[str, Any]:
        answer = await self._tab.send_command(command, params)
        if "error" in answer:
            raise MvpodError("E_BROWSER", found=answer["error"].get("message", command))
        result: dict[str, Any] = answer["result"]
        return result


def draw(job: Callable[[Chromium], Awaitable[T]]) -> T:
    """What `job` makes with a browser. MvpodError E_NO_BROWSER where there is none, E_BROWSER where it fails."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(_drawn(job))).result()


async def _drawn(job: Callable[[Chromium], Awaitable[T]]) -> T:
    try:
        async with Kaleido(n=_TABS, mathjax=False) as kaleido:
            return await asyncio.wait_for(job(Chromium(kaleido)), PATIENCE)
    except ChromeNotFoundError as error:
        raise MvpodError("E_NO_BROWSER") from error
    except (BrowserClosedError, BrowserFailedError, ChannelClosedError, TimeoutError, RuntimeError) as error:
        raise MvpodError("E_BROWSER", found=str(error) or type(error).__name__) from error


def _numbered(svg: str, place: int) -> str:
    """The same drawing with its number in its ids, where Plotly puts six random digits: equal input, equal output."""
    found = re.search(r'id="defs-([0-9a-f]{6})"', svg)
    return re.sub(rf"(?<=[A-Za-z-]){found[1]}", f"{place:06d}", svg) if found else svg
