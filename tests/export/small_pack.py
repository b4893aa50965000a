"""A pack of a few cards made by hand: what stands in them stands here in plain sight."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from analytics.cards import Card, Look, Native, Series
from analytics.charts.figure import Figure
from analytics.charts.style import label
from analytics.review import pack as packs
from analytics.review.pack import Item, Pack
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, card_stamp, definitions
from tests.journeys import SALES, view

LOOK = Look("en", SALES, "export")
#: what a spreadsheet, a browser or a document would make something else of
HOSTILE = (
    '=HYPERLINK("http://evil.invalid","x")', "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "＝1+1", "'=1", "''=1",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "http://evil.invalid/x", "file:///etc/passwd",
    "a\u202ecba", "\u200fשלום", "长" * 300, "&amp; & <b>", "_x0041_", "{=1}", "[x](y)", "007", "1e5", "true", "$x$",
)
NUMBERS = (0.1 + 0.2, 1 / 3, -12.5, 876_098_630.17, 2.5e-9, 1e22)


def card(key: str, frame: pd.DataFrame, native: Native | None = None, **more: object) -> Card:
    """A card about `frame`; its figure shows the first column as it would be drawn."""
    names = [label(v) for v in frame.iloc[:, 0].astype(str)]
    figure = Figure([{"type": "bar", "y": names, "x": list(range(len(names))), "orientation": "h"}], {"height": 240})
    told: dict[str, object] = {"title": f"Finding of {key}", "measured": "Number", "with_period": False, **more}
    return Card(key=key, figure=figure, frame=frame, view=view(60), native=native, **told)  # type: ignore[arg-type]


def hostile() -> Card:
    """Names that are anything but names, in the frame, the title and the notes."""
    frame = pd.DataFrame({"customer": HOSTILE, "value": [i / 7 for i in range(len(HOSTILE))]})
    return card("=evil/\\[key]?*:", frame, Native("bar", "customer", (Series("=1+1", "value"),)),
                title='=HYPERLINK("http://evil.invalid")', notes=("<script>alert(2)</script>",))


def typed() -> Card:
    """Every kind of value, and values that are not known."""
    return card("typed", pd.DataFrame({
        "stage": ["lead", "meeting", "proposal", "won", "lost", None],
        "value": NUMBERS,
        "n": [1, 2, 3, 4, 5, 6],
        "days": [1.0, None, 3.25, 4.0, float("inf"), 0.0],
        "is_open": [True, False, True, True, False, False],
        "closed_on": [date(2026, 1, 2), None, date(1899, 1, 1), date(2026, 3, 4), date(2026, 3, 5), None],
        "seen_at": pd.to_datetime(["2026-01-02 03:04", None, "2026-01-02", "2026-01-03 23:59:59", None, None],
                                  format="ISO8601"),
        "parts": [["a", "b"], [], None, [1, 2.5], ["=x"], None],
        "first": pd.Categorical(["x", "y", "x", None, "x", "x"], categories=["x", "y", "never seen"]),
        "share": [0.5] * 6,
    }), Native("line", "stage", (Series("Value", "value"),)), columns=["stage", "n", "value"])


def bridge() -> Card:
    """From 10 by +5 and -18 to -3: the fall crosses zero."""
    frame = pd.DataFrame({"part": ["start", "in", "out", "end"], "effect": [10.0, 5.0, -18.0, -3.0]})
    return card("bridge", frame, Native("waterfall", "part", (Series("Effect", "effect"),)))


def curve() -> Card:
    """One curve that falls on days 0, 2 and 5."""
    frame = pd.DataFrame({"stage": ["lead"] * 3, "days": [0, 2, 5], "survival": [1.0, 0.5, 0.25]})
    return card("curve", frame, Native("step", "days", (Series("", "survival"),), split="stage", number="rate"))


def slides(*cards: Card, comment: str = "=1+1") -> list[Slide]:
    """Each card on a slide of its own, with a comment."""
    return [Slide(Item("funnel.rates", comment=comment), place, (card,)) for place, card in enumerate(cards)]


def stamp(*cards: Card) -> Stamp:
    """The stamp of these cards."""
    made = Pack("2026Q1", title="Review", as_of=date(2026, 3, 31), items=tuple(Item("funnel.rates") for _ in cards))
    return Stamp(packs.to_text(made), "=cmd & Söhne 北方", "as of 31 Mar 2026", "review?as_of=2026-03-31", 3,
                 datetime(2026, 3, 31).date().isoformat(), "mvpod 0", definitions(cards),
                 tuple(card_stamp(card, place) for place, card in enumerate(cards)))
