"""How every chart looks: colours for light and dark, the notation, the template, and text that is safe to draw.

Notation (after the IBCS standards): actual = solid dark, comparison period = lighter solid, standard =
outlined, forecast or "too early to say" = hatched; a variance is green or red and always carries its sign. KA and SMB
keep the same two colours on every chart. Nothing is told by colour alone: each mark has its own form or its own label.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from data.scope import UNKNOWN

Theme = Literal["light", "dark", "export"]

#: The page's own font, then Chinese glyphs of all systems. An exported picture is drawn where only the latter is sure.
FONT = "Source Sans, Noto Sans SC, Noto Sans CJK SC, Segoe UI, PingFang SC, Microsoft YaHei, sans-serif"
EXPORT_FONT = "Noto Sans CJK SC, Noto Sans SC, Microsoft YaHei, sans-serif"
FONT_SIZE = 12

#: pattern of a mark that is not final: forecast, still open, too early to say
HATCH = "/"


@dataclass(frozen=True)
class Ink:
    """The two strengths of one colour: `actual` (solid dark) and `comparison` (lighter solid); both reach 3 : 1."""

    actual: str
    comparison: str


@dataclass(frozen=True)
class Palette:
    """All colours of one theme. Text colours reach 4.5 : 1 on `background`, marks 3 : 1 (WCAG 2.1 AA)."""

    background: str
    paper: str
    text: str
    muted: str
    grid: str
    accent: str
    good: str
    bad: str
    neutral: Ink
    segments: dict[str, Ink]
    others: tuple[Ink, ...]

    @property
    def colorway(self) -> list[str]:
        """Exactly ten colours: with fewer Streamlit writes "undefined" for the rest and Plotly takes its own."""
        inks = [*self.segments.values(), *self.others, self.neutral]
        return [ink.actual for ink in inks] + [self.accent, self.good, self.bad]


LIGHT = Palette(
    background="#FFFFFF",
    paper="rgba(0,0,0,0)",
    text="#1B2430",
    muted="#566270",
    grid="#DDE3E9",
    accent="#0B6E99",
    good="#1D7A3A",
    bad="#B3261E",
    neutral=Ink("#4A5563", "#848E99"),
    segments={"KA": Ink("#17507E", "#6391B9"), "SMB": Ink("#8F4507", "#C67C33")},
    others=(Ink("#5B3F8C", "#9580BA"), Ink("#23696B", "#5E9A9C"), Ink("#8A2F5C", "#BC7599"), Ink("#5D6213", "#8F943F")),
)
DARK = Palette(
    background="#0E1117",
    paper="rgba(0,0,0,0)",
    text="#E8ECF1",
    muted="#A3AEBB",
    grid="#2B333D",
    accent="#4FB3DD",
    good="#5BC27C",
    bad="#FF8A80",
    neutral=Ink("#B7C0CA", "#76818D"),
    segments={"KA": Ink("#6CB2EA", "#3D6F98"), "SMB": Ink("#F2A65A", "#AD7130")},
    others=(Ink("#B9A2E6", "#7A65A6"), Ink("#6FC4C6", "#3F8183"), Ink("#EE9CC2", "#A35C80"), Ink("#C6CB66", "#83882F")),
)
_EXPORT = Palette(**{**LIGHT.__dict__, "paper": LIGHT.background})
_PALETTES: dict[str, Palette] = {"light": LIGHT, "dark": DARK, "export": _EXPORT}


def palette(theme: Theme) -> Palette:
    """The colours of a theme; "export" is "light" on white paper."""
    return _PALETTES[theme]


def ink(theme: Theme, segment: str | None, order: tuple[str, ...] = ()) -> Ink:
    """The two strengths of a segment's colour. KA and SMB are fixed, other segments follow their place in `order`."""
    colours = palette(theme)
    if segment in colours.segments:
        return colours.segments[segment]
    if segment is None or segment == UNKNOWN or segment not in order:
        return colours.neutral
    rest = [s for s in order if s not in colours.segments]
    return colours.others[rest.index(segment) % len(colours.others)]


def soft(colour: str, alpha: float) -> str:
    """A `#RRGGBB` colour made translucent: areas and bands that lie behind marks."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


@cache
def over(colour: str, theme: Theme) -> str:
    """The colour of text that stands on a `#RRGGBB` area: text or background of the theme, whichever differs more."""
    colours = palette(theme)
    return max((colours.text, colours.background), key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """Contrast of two `#RRGGBB` colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    dark, light = sorted(_luminance(c) for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@cache
def template(theme: Theme) -> dict[str, Any]:
    """The template of all charts, which they share. It is complete, so that no other template of the process shows
    through."""
    colours, font = palette(theme), EXPORT_FONT if theme == "export" else FONT
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "linecolor": colours.grid,
        "gridcolor": colours.grid,
        "tickcolor": colours.grid,
        "tickfont": {"color": colours.muted, "size": FONT_SIZE - 1},
        "title": {"font": {"color": colours.muted, "size": FONT_SIZE - 1}, "standoff": 6},
    }
    return {
        "layout": {
            "font": {"family": font, "size": FONT_SIZE, "color": colours.text},
            "paper_bgcolor": colours.paper,
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": colours.colorway,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 28},
            "showlegend": False,
            "dragmode": False,
            "hovermode": "closest",
            "hoverlabel": {
                "align": "left",
                "bgcolor": colours.background,
                "bordercolor": colours.muted,
                "font": {"family": font, "size": FONT_SIZE, "color": colours.text},
            },
            "xaxis": axis,
            "yaxis": axis,
            "annotationdefaults": {"showarrow": False, "font": {"color": colours.text, "size": FONT_SIZE}},
        }
    }


def label(text: object, columns: int | None = None) -> str:
    """`text` as Plotly shall draw it, letter by letter.

    Plotly reads `<b>`, `<br>`, `<a href>` and entities in every text it draws, and `$…$` as a formula where MathJax is
    loaded; a customer may be called exactly that. Control characters become spaces; `columns` cuts to that many Latin
    widths (a Chinese character takes two) with an ellipsis.
    """
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in str(text))
    if columns is not None:
        clean = _cut(clean, columns)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;")):
        clean = clean.replace(char, entity)
    return clean


def columns_of(text: str) -> int:
    """Width of a text in Latin columns: wide East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, columns: int) -> str:
    if columns_of(text) <= columns:
        return text
    kept = ""
    for char in text:
        if columns_of(kept + char) > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"
