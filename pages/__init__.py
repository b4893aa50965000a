"""The pages of the dashboard, in the order of the navigation.

A page is a module with `render(view)` and nothing at its top level that draws. Before it, app.main() has drawn the
filter bar, the page's title and the view in words; a page draws its cards (`pages._parts.chart_card`), nothing else.
Text comes from analytics/i18n by key: `page.<key>` is a page's name, `page.<key>.lead` the question it answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from analytics.view import View


@dataclass(frozen=True)
class Page:
    """One entry of the navigation: `key` is its path in the URL and its module in pages/."""

    key: str
    group: str
    #: long work is done here (imports, packs, restatements): who makes it does not keep others waiting for their turn
    is_workshop: bool = False

    @property
    def render(self) -> Callable[[View], None]:
        """The function that draws the page. The module is imported when the page is first opened."""
        draw: Callable[[View], None] = import_module(f"pages.{self.key}").render
        return draw


PAGES = (
    Page("overview", "overview"),
    Page("pipeline", "order_line"),
    Page("funnel", "order_line"),
    Page("conversion_days", "order_line"),
    Page("win_rate", "order_line"),
    Page("forecast", "order_line"),
    Page("closeness", "customer_line"),
    Page("support", "support_line"),
    Page("attention", "action"),
    Page("opportunity", "action"),
    Page("review", "action", is_workshop=True),
    Page("data", "data", is_workshop=True),
    Page("quality", "data"),
    Page("definitions", "data", is_workshop=True),
)


def page(key: str) -> Page:
    """The page called `key`; StopIteration if there is none."""
    return next(p for p in PAGES if p.key == key)
