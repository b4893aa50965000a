"""The slides of a deck: the cover, one for each of the pack, and where everything comes from."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR
from pptx.util import Inches, Pt

from analytics import format as fmt
from analytics import i18n, periods, view_words
from analytics.cards import Card, Look
from analytics.export import pptx_charts, pptx_notes, pptx_sheet, pptx_text
from analytics.export.plot import Plot
from analytics.export.pptx_charts import Box, Paint
from analytics.export.pptx_table import add_table
from analytics.export.pptx_template import Template
from analytics.review import pack as packs
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp

#: The name of a native chart: its deck (0 = first language), the number of its card in the stamp, its form.
CHART = "mvpod {deck} {number} {form}"
_GAP = Inches(0.3)
#: Largest and smallest size, in points: of a title, what is measured, a comment, what stands below a chart.
_TITLE, _HEAD, _COMMENT, _SMALL = (24, 11), (12, 8), (14, 9), (9, 7)
#: Points for the line that says that a chart is a picture, or why it is none.
_LINE = 34
#: Cards beside each other that no segment tells apart.
_NUMBERS = ("①", "②")
#: The share of a slide that a comment may take.
_SAID = 0.34


@dataclass(frozen=True)
class Maker:
    """Makes the slides of one language.

    plots     id(card) -> what its native chart draws, or None
    pictures  id(card) -> PNG, of those cards that have one
    """

    template: Template
    look: Look
    stamp: Stamp
    deck: int
    plots: Mapping[int, Plot | None]
    pictures: Mapping[int, bytes]

    def cover(self) -> None:
        """Whose review of which quarter, and what is looked at; a notice where the data are not real."""
        pack, organisation = packs.from_text(self.stamp.pack), self.look.settings.organisation
        quarter = fmt.period(periods.parse(pack.quarter, organisation.fiscal_year_start), self.look.lang)
        notice = organisation.notice.get(self.look.lang) or organisation.notice.get("en") or ""
        page = self.template.page(self.template.cover)
        title = pack.title or self.look.t("pack.title")
        self._title(page, [" · ".join(filter(None, [self.stamp.organisation, title]))], (36, 16))
        place = next((s for s in page.placeholders if s.placeholder_format.idx == 1), None)
        self._text(place or page.shapes.add_textbox(*self.template.body), [quarter, self.stamp.words, notice], (20, 10))

    def entry(self, slide: Slide, number: int) -> None:
        """One slide of the pack; `number` is that of its first card."""
        page = self.template.page(self.template.content)
        marks = self._marks(slide.cards)
        titles = [f"{mark} {card.title}" if mark in _NUMBERS else card.title
                  for mark, card in zip(marks, slide.cards, strict=True)]
        name = packs.called(slide.item, self.look.lang, self.look.settings)
        self._title(page, titles or [f"{name}: {slide.missing}"], _TITLE)
        left, top, width, height = self._said(page, slide, self.template.body)
        shown = [self.plots[id(card)] for card in slide.cards]
        each = (width - _GAP * (len(shown) - 1)) // max(len(shown), 1)
        for place, (card, plot) in enumerate(zip(slide.cards, shown, strict=True)):
            box = (left + place * (each + _GAP), top, each, height)
            apart = len(slide.cards) > 1 and plot is not None and not all(_share(c, card) for c in slide.cards)
            body = self._framed(page, card, marks[place], apart, box)
            if plot is None:
                self._picture(page, card, body)
                continue
            scale = pptx_sheet.bounds(p for c, p in zip(slide.cards, shown, strict=True)
                                      if p and (p.form, p.number) == (plot.form, plot.number) and _share(c, card))
            pptx_charts.add(page.shapes, plot, body, self._paint(card), scale, alt=f"{card.title}. {card.measured}",
                            name=CHART.format(deck=self.deck, number=number + place, form=plot.form))
        foot = [self.stamp.words, self.look.t("slides.load", load=self.stamp.load)]
        self._text(page.shapes.add_textbox(*self.template.foot), [" · ".join(foot)], _SMALL, muted=True)
        pptx_notes.write(page, slide, self.look, self.stamp)

    def provenance(self) -> None:
        """What the figures are of, and how to check them."""
        page, look, stamp = self.template.page(self.template.content), self.look, self.stamp
        self._title(page, [look.t("pack.provenance")], _TITLE)
        told = {"view": stamp.words, "link": stamp.link, "as_of": stamp.as_of, "load": str(stamp.load),
                "app": stamp.app, "rows": f"{stamp.rows:,}", "hash": stamp.sha256,
                "definitions": ", ".join(f"{key} ({print_})" for key, print_ in sorted(stamp.metrics.items()))}
        colon = "：" if look.lang == "zh" else ": "
        lines = [f"{look.t(f'pack.{key}')}{colon}{text}" for key, text in told.items()]
        self._text(page.shapes.add_textbox(*self.template.body), [*lines, look.t("slides.check")], (14, 8))

    def _title(self, page: Any, texts: Sequence[str], sizes: tuple[int, int]) -> None:
        """The findings of a slide, one below the other."""
        place = page.shapes.title or next(s for s in page.shapes if s.name == "title")
        self._text(place, texts, sizes, bold=True)

    def _text(self, place: Any, texts: Sequence[str], sizes: tuple[int, int], *, bold: bool = False,
              muted: bool = False, anchor: MSO_ANCHOR | None = None) -> None:
        size, fitting = pptx_text.fitted([x for x in texts if x], place.width, place.height, *sizes, bold=bold)
        pptx_text.write(place.text_frame, fitting, self.look.lang, size, bold=bold, muted=muted, anchor=anchor)

    def _said(self, page: Any, slide: Slide, body: Box) -> Box:
        """The author's comment at the bottom; gives the place that is left. What does not fit stands in the notes."""
        left, top, width, height = body
        said = [line for line in slide.item.comment.splitlines() if line.strip()] if slide.part == 0 else []
        if slide.part == 0 and slide.item.previous:
            said.append(self.look.t("slides.before", comment=slide.item.previous))
        if not said:
            return body
        room = int(height * _SAID)
        size, texts = pptx_text.fitted(said, width, room, *_COMMENT)
        if texts != [pptx_text.clean(x) for x in said]:
            rest = self.look.t("slides.rest")
            size, texts = pptx_text.fitted(said, width, room - Pt(size * 1.5), *_COMMENT)
            texts = [*texts[:-1], texts[-1].rstrip("…"), rest]
        used = min(room, Pt(pptx_text.height_of(texts, size, width)) + Pt(4))
        place = page.shapes.add_textbox(left, top + height - used, width, used)
        pptx_text.write(place.text_frame, texts, self.look.lang, size, anchor=MSO_ANCHOR.BOTTOM)
        return left, top, width, height - used - Inches(0.1)

    def _framed(self, page: Any, card: Card, mark: str, is_apart: bool, box: Box) -> Box:
        """What is measured above a card; period, n, definition and notes below it; gives the place between.

        `is_apart`: it has another scale than the card beside it.
        """
        left, top, width, height = box
        head = page.shapes.add_textbox(left, top, width, Pt(34))
        told = " · ".join(filter(None, [mark, card.measured]))
        size, (measured, *_) = pptx_text.fitted([told], width, Pt(34), *_HEAD)
        pptx_text.write(head.text_frame, [], self.look.lang, size)
        place = head.text_frame.paragraphs[0]
        if mark and measured.startswith(mark):
            pptx_text.add(place, mark, self.look.lang, size, bold=True)
            place.runs[0].font.color.rgb = RGBColor.from_string(self._paint(card).ink.actual.lstrip("#"))
            measured = measured.removeprefix(mark)
        pptx_text.add(place, measured, self.look.lang, size)
        below = self._below(card, self.look.t("slides.apart") if is_apart else "")
        small = min(pptx_text.height_of(below, _SMALL[0], width), 60)
        foot = page.shapes.add_textbox(left, top + height - Pt(small), width, Pt(small))
        self._text(foot, below, _SMALL, muted=True)
        return left, top + Pt(34), width, height - Pt(34) - Pt(small) - Pt(4)

    def _below(self, card: Card, apart: str) -> list[str]:
        period = view_words.period_words(card.view, self.look.lang) if card.with_period else ""
        defined = self.look.t("slides.defined", metric=card.definition_key) if card.definition_key else ""
        return [" · ".join(filter(None, [apart, period, self._n(card), defined])), *card.notes]

    def _n(self, card: Card) -> str:
        """How many are counted: in all, or of each row."""
        if card.n is not None:
            return self.look.t("common.n", n=fmt.number(card.n))
        counts = card.frame["n"].dropna() if "n" in card.frame else []
        if not len(counts):
            return ""
        low, high = fmt.number(min(counts)), fmt.number(max(counts))
        return self.look.t("common.n", n=low) if low == high else self.look.t("slides.each", low=low, high=high)

    def _marks(self, cards: Sequence[Card]) -> list[str]:
        """What tells cards beside each other apart: the segment, else their number."""
        segments = [card.segment for card in cards]
        if len(cards) < 2:
            return [""] * len(cards)
        if None not in segments and len(set(segments)) == len(segments):
            return [i18n.label("segment", segment, self.look.lang, self.look.settings) for segment in segments]
        return list(_NUMBERS[: len(cards)])

    def _picture(self, page: Any, card: Card, box: Box) -> None:
        """The picture of a card in its place, or its rows; a line says which."""
        left, top, width, height = box
        png = self.pictures.get(id(card))
        room = height - Pt(_LINE)
        if png is None:
            rest = add_table(page.shapes, card, self.look, (left, top, width, room))
            more = self.look.t("slides.more_rows", n=rest) if rest else ""
            said = [self.look.t("slides.no_browser"), more]
        else:
            shape = page.shapes.add_picture(io.BytesIO(png), left, top, width=width)
            if shape.height > room:
                shape.width, shape.height = int(shape.width * room / shape.height), int(room)
            shape.name = f"picture {card.key}"
            shape._element.nvPicPr.cNvPr.set("descr", pptx_text.clean(f"{card.title}. {card.measured}"))
            said = [self.look.t("slides.picture")]
        self._text(page.shapes.add_textbox(left, top + room, width, Pt(_LINE)), said, _SMALL, muted=True)

    def _paint(self, card: Card) -> Paint:
        return Paint(self.look, self.template.theme, card.segment)


def _share(one: Card, other: Card) -> bool:
    """Cards beside each other share a scale, unless the bars of their own charts were given different ones."""
    a, b = (c.figure.to_dict()["layout"].get("xaxis", {}).get("range") for c in (one, other))
    return not (a and b and all(isinstance(v, int | float) for v in (*a, *b)) and tuple(a) != tuple(b))
