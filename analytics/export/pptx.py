"""A pack as slides: native, editable charts with the numbers behind them; the stamp in the file, to be read back.

Read again by `mvpod verify` (analytics/review/figures.py says what `written`, `read_stamp` and `read_figures` give).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from lxml import etree
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE as REL
from pptx.opc.package import Part
from pptx.presentation import Presentation as Deck

from analytics.cards import Card, Look
from analytics.export import pptx_sheet, pptx_template
from analytics.export.plot import Plot, plot_of
from analytics.export.pptx_pictures import pictures
from analytics.export.pptx_slides import Maker
from analytics.export.pptx_text import clean
from analytics.review.figures import cells
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp, from_text

#: The element of the custom XML part that holds the stamp as text.
_STAMP = "{urn:mvpod:stamp}stamp"
#: Width / height of the place of a picture, alone on its slide or one of two.
_SHAPES = {1: 2.6, 2: 1.3}
#: What a core property can hold.
_PROPERTY = 255


def pptx_bytes(slides: Sequence[Slide], look: Look, stamp: Stamp, template: bytes | None = None,
               also: Sequence[tuple[Sequence[Slide], Look, Stamp]] = ()) -> bytes:
    """The deck of a pack: a cover, its slides, where they come from; `also`: the same in further languages behind it.

    template  a .pptx or .potx whose layouts, fonts and size are used; its own slides are left out
    Equal input makes equal bytes. Raises MvpodError E_TEMPLATE for a file that is no presentation.
    """
    base = pptx_template.opened(template)
    decks = [(slides, look, stamp), *also]
    plots = {id(card): _plot(card, words) for made, words, _ in decks for slide in made for card in slide.cards}
    drawn = pictures([(card, _SHAPES[len(slide.cards)]) for made, _, _ in decks for slide in made
                      for card in slide.cards if plots[id(card)] is None])
    for number, (made, words, of) in enumerate(decks):
        maker, place = Maker(base, words, of, number, plots, drawn), 0
        maker.cover()
        for slide in made:
            maker.entry(slide, place)
            place += len(slide.cards)
        maker.provenance()
        _put_stamp(base.deck, of)
    _properties(base.deck, look, stamp)
    stream = io.BytesIO()
    base.deck.save(stream)
    return _dateless(stream.getvalue())


def written(card: Card, look: Look) -> pd.DataFrame | None:
    """The table behind a card's native chart; None where a slide shows a picture of it."""
    plot = _plot(card, look)
    return None if plot is None else cells(pptx_sheet.table(plot))


def read_stamp(data: bytes) -> Stamp:
    """The stamp of a deck (of its first language); ValueError or KeyError where there is none."""
    deck = Presentation(io.BytesIO(data))
    found = [text for rel in deck.part.rels.values() if rel.reltype == REL.CUSTOM_XML
             if (text := _stamp_in(rel.target_part.blob))]
    if not found:
        raise ValueError("no stamp")
    return from_text(found[0])


def read_figures(data: bytes) -> dict[int, pd.DataFrame]:
    """Number of the card -> the table in the workbook of its chart, in the deck of the first language.

    A further language shows the same numbers: where it does not, both stand in the cell, so that neither passes.
    """
    tables: dict[int, pd.DataFrame] = {}
    for deck, number, found in sorted(_tables(Presentation(io.BytesIO(data))), key=lambda t: t[:2]):
        first = tables.get(number)
        if deck == 0 or first is None:
            tables[number] = found
        elif first.shape == found.shape:
            values, others = first.iloc[:, 1:], found.iloc[:, 1:].set_axis(first.columns[1:], axis="columns")
            told = values.where(values == others, values + " / " + others)
            tables[number] = pd.concat([first.iloc[:, :1], told], axis="columns")
        else:
            tables[number] = found
    return tables


def _plot(card: Card, look: Look) -> Plot | None:
    plot = plot_of(card, look)
    return None if plot is None else pptx_sheet.drawn(plot)


def _tables(deck: Deck) -> Iterator[tuple[int, int, pd.DataFrame]]:
    """Deck, number of the card and table of every chart that was made here."""
    for page in deck.slides:
        for shape in page.shapes:
            name = shape.name.split(" ")
            if shape.has_chart and name[0] == "mvpod" and len(name) == 4:
                workbook = shape.chart.part.chart_workbook.xlsx_part
                if workbook is not None:  # other programs save a chart without it
                    yield int(name[1]), int(name[2]), cells(pptx_sheet.table_in(workbook.blob, name[3]))


def _put_stamp(deck: Deck, stamp: Stamp) -> None:
    """A part of its own, which office programs keep."""
    root = etree.Element(_STAMP, nsmap={None: "urn:mvpod:stamp"})
    root.text = stamp.to_text()
    package = deck.part.package
    name = package.next_partname("/customXml/item%d.xml")
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    deck.part.relate_to(Part(name, "application/xml", package, blob), REL.CUSTOM_XML)


def _stamp_in(blob: bytes) -> str:
    try:
        root = etree.fromstring(blob, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError:
        return ""
    return str(root.text) if root.tag == _STAMP else ""


def _properties(deck: Deck, look: Look, stamp: Stamp) -> None:
    told: Any = deck.core_properties
    day = datetime.fromisoformat(stamp.as_of)
    told.created = told.modified = day
    told.title = clean(f"{stamp.organisation} · {look.t('pack.title')}")[:_PROPERTY]
    told.subject, told.identifier = clean(stamp.words)[:_PROPERTY], stamp.sha256
    told.author = told.last_modified_by = stamp.app[:_PROPERTY]
    told.comments = f"load {stamp.load}, as of {stamp.as_of}, {stamp.link}"[:_PROPERTY]
    told.language, told.revision, told.keywords, told.category = look.lang, 1, "", ""


def _dateless(data: bytes) -> bytes:
    """The same file without the time of its making."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return stream.getvalue()
