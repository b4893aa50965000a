"""Colours that everybody can tell apart, one pair for KA and SMB everywhere, and text that is drawn letter by letter.

Authority for contrast: WCAG 2.1, success criteria 1.4.3 (text 4.5 : 1) and 1.4.11 (marks 3 : 1).
"""

from __future__ import annotations

import re

import plotly.graph_objects as go
import pytest

from analytics.charts import style

THEMES = ("light", "dark", "export")


def contrast(a: str, b: str) -> float:
    """Contrast ratio after WCAG 2.1 (relative luminance of sRGB)."""

    def luminance(colour: str) -> float:
        shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_black_on_white_is_twenty_one():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
def test_text_reaches_the_contrast_of_text(theme):
    colours = style.palette(theme)
    for name in ("text", "muted", "accent", "good", "bad"):
        assert contrast(getattr(colours, name), colours.background) >= 4.5, name


@pytest.mark.parametrize("theme", THEMES)
def test_marks_reach_the_contrast_of_marks_in_both_strengths(theme):
    colours = style.palette(theme)
    for ink in (*colours.segments.values(), *colours.others, colours.neutral):
        assert contrast(ink.actual, colours.background) >= 4.5
        assert contrast(ink.comparison, colours.background) >= 3
        assert contrast(ink.actual, colours.background) > contrast(ink.comparison, colours.background)


@pytest.mark.parametrize("theme", THEMES)
def test_a_colorway_has_exactly_ten_different_colours(theme):
    colours = style.palette(theme).colorway
    assert len(colours) == len(set(colours)) == 10
    assert all(re.fullmatch("#[0-9A-F]{6}", c) for c in colours)


@pytest.mark.parametrize("theme", THEMES)
def test_ka_and_smb_keep_their_colours_whatever_other_segments_there_are(theme):
    alone = [style.ink(theme, s, ("KA", "SMB")) for s in ("KA", "SMB")]
    among = [style.ink(theme, s, ("GOV", "SMB", "KA", "EDU")) for s in ("KA", "SMB")]
    assert alone == among
    others = [style.ink(theme, s, ("GOV", "SMB", "KA", "EDU")) for s in ("GOV", "EDU")]
    assert len({i.actual for i in (*alone, *others)}) == 4


def test_a_segment_that_nobody_knows_is_grey():
    grey = style.palette("light").neutral
    assert (
        style.ink("light", None) == style.ink("light", "(unknown)", ("(unknown)",)) == style.ink("light", "X") == grey
    )


def test_the_export_theme_has_paper_and_a_font_with_chinese_glyphs_first():
    layout = style.template("export")["layout"]
    assert layout["paper_bgcolor"] == "#FFFFFF"
    assert layout["font"]["family"].startswith("Noto Sans CJK SC")
    assert style.template("dark")["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("<b>Acme</b>", "&lt;b&gt;Acme&lt;/b&gt;"),
        ('<a href="http://evil/">x</a>', '&lt;a href="http://evil/"&gt;x&lt;/a&gt;'),
        ("A<br>B", "A&lt;br&gt;B"),
        ("R&amp;D", "R&amp;amp;D"),
        ("cost $x^2$", "cost &#36;x^2&#36;"),
        ("two\nlines\u202eturned", "two lines turned"),
        ("大客户", "大客户"),
    ],
)
def test_labels_are_drawn_letter_by_letter(name, drawn):
    assert style.label(name) == drawn


def test_a_long_label_is_cut_by_width_and_a_chinese_character_takes_two():
    assert style.label("Negotiation and signing", 12) == "Negotiation…"
    assert style.label("谈判签约与合同", 7) == "谈判签…"
    assert style.columns_of("谈判ab") == 6
    assert style.label("short", 5) == "short"


def test_the_template_is_plotlys_own_kind_and_complete():
    figure = go.Figure(layout={"template": style.template("light")})
    assert figure.layout.template.layout.colorway == tuple(style.LIGHT.colorway)
    assert figure.layout.template.layout.dragmode is False


@pytest.mark.parametrize("theme", ["light", "dark", "export"])
def test_text_on_a_mark_is_the_lighter_or_darker_one_whichever_can_be_read(theme):
    colours = style.palette(theme)
    for shade in (c for ink in (*colours.segments.values(), colours.neutral) for c in (ink.actual, ink.comparison)):
        told = style.over(shade, theme)
        other = colours.background if told == colours.text else colours.text
        assert contrast(told, shade) >= max(contrast(other, shade), 4.3), shade
        assert style.contrast(told, shade) == pytest.approx(contrast(told, shade)), "the authority is the test's own"
