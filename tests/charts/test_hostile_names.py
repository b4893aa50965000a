"""Names that are markup are drawn letter by letter: on the figure's own text, and as a browser draws it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.charts import days, flow, funnel, stock, survival, timeline, trend
from analytics.charts.names import Names
from data.settings import Pipeline, SegmentRule, Settings, Stage

EVIL = '<a href="http://canary.invalid/">A</a><b>x</b><br>%{x}$z$&lt;'
SETTINGS = Settings(
    segments=(SegmentRule(EVIL, {"en": EVIL}),),
    pipelines=(Pipeline("p", {"en": EVIL}, (Stage(EVIL, {"en": EVIL}), Stage("w", {"en": EVIL}, kind="won"))),),
)
NAMES = Names("en", SETTINGS)
CHROMIUM = Path("/usr/bin/chromium")
#: markup of our own: nothing else may stand between angle brackets
OURS = ("<b>", "</b>", "<br>")


def figures() -> dict[str, Any]:
    """One figure of every kind, all names hostile."""
    key = {"pipeline": "p", "segment": EVIL, "stage": EVIL}
    step = pd.DataFrame(
        [
            {
                **key,
                "next_stage": "w",
                "n": 9,
                "reached": 4,
                "lost": 2,
                "open": 3,
                "value": 0.4,
                "low": 0.2,
                "high": 0.7,
                "cumulative": 0.4,
                "censored": 3,
                "amount": 5.0,
                "reason": EVIL,
                "month": EVIL,
            }
        ]
    )
    curve = pd.DataFrame(
        {
            **key,
            "days": [0.0, 5.0],
            "survival": [1.0, 0.4],
            "low": [1, 0.2],
            "high": [1, 0.8],
            "n": 9,
            "open_share": 0.3,
        }
    )
    ways = pd.DataFrame(
        [
            {"pipeline": "p", "from_stage": EVIL, "to_stage": "w", "exit_kind": "won", "n": 4, "amount": 1.0},
            {"pipeline": "p", "from_stage": EVIL, "to_stage": EVIL, "exit_kind": "regress", "n": 2, "amount": 1.0},
        ]
    )
    visits = pd.DataFrame(
        [
            {
                "pipeline": "p",
                "stage": EVIL,
                "stage_order": 1,
                "stage_kind": "open",
                "entered_on": date(2026, 1, 1),
                "exited_on": date(2026, 1, 9),
                "exit_kind": EVIL,
            }
        ]
    )
    acts = pd.DataFrame({"occurred_on": [date(2026, 1, 3)], "kind": [EVIL]})
    return {
        "rates": funnel.rates(step, NAMES, "light", comparison=step),
        "outcomes": funnel.outcomes(step, NAMES, "light"),
        "flow": flow.sankey(ways, [EVIL, "w"], NAMES, "light"),
        "days": days.statistics({"median": step}, NAMES, "light"),
        "survival": survival.curves(curve, NAMES, "light", medians=step),
        "stock": stock.stages(step, NAMES, "light"),
        "trend": trend.line(step, NAMES, "light"),
        "timeline": timeline.story(timeline.Story(visits, date(2026, 2, 1), activities=acts), NAMES, "light"),
    }


KINDS = ("rates", "outcomes", "flow", "days", "survival", "stock", "trend", "timeline")
#: what Plotly hands on without drawing it
_NOT_DRAWN = ("customdata", "template", "meta", "type")


def drawn(node: Any) -> Iterator[str]:
    """Every text of a figure that Plotly draws."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for name, value in node.items():
            if name not in _NOT_DRAWN:
                yield from drawn(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from drawn(value)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_a_figure_carries_markup_of_a_name(kind):
    for text in drawn(json.loads(figures()[kind].to_json())):
        rest = text
        for mine in OURS:
            rest = rest.replace(mine, "")
        assert "<" not in rest, text
        assert "$" not in rest, text
        assert "%{" not in text or "hovertemplate" not in kind


@pytest.mark.parametrize("kind", KINDS)
def test_no_template_is_filled_with_a_name(kind):
    found = figures()[kind].to_json()
    assert "hovertemplate" not in found
    assert "texttemplate" not in found


def _as_drawn() -> tuple[int, list[str], list[str]]:
    """Links drawn, texts drawn and addresses asked for, when a browser draws every figure."""
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.set_content("".join(f"<div id='{kind}'></div>" for kind in KINDS))
        page.add_script_tag(content=get_plotlyjs())
        for kind, figure in figures().items():
            page.evaluate(
                "([id, fig]) => Plotly.newPlot(id, fig.data, fig.layout)", [kind, json.loads(figure.to_json())]
            )
        links = page.locator("svg a").count()
        shown = page.locator("svg text").all_text_contents()
        browser.close()
    return links, shown, asked


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium (apt package chromium)")
def test_a_browser_draws_no_link_and_asks_nobody_outside():
    # a thread of its own: another test of the same worker may hold Playwright's loop in this one
    with ThreadPoolExecutor(1) as pool:
        links, shown, asked = pool.submit(_as_drawn).result()
    assert links == 0
    assert any("<a href=" in text for text in shown), "the name should be there, letter by letter"
    assert [url for url in asked if url.startswith("http")] == []
