"""The file that a deck begins with: an organisation's template, or a plain one; its layouts and where things go."""

from __future__ import annotations

import io
import zipfile
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.opc.constants import RELATIONSHIP_TYPE as REL
from pptx.oxml import parse_xml
from pptx.util import Emu, Inches

from analytics.charts.style import Theme
from analytics.export.pptx_charts import Box
from data.errors import MvpodError

#: Chinese glyphs where the theme names none, and the letters of the plain deck: fonts that every office has.
CHINESE, LATIN = "Microsoft YaHei", "Arial"
#: More than that is no template.
_MAX_BYTES = 300_000_000
_TITLES, _BELOW = (KIND.TITLE, KIND.CENTER_TITLE), (KIND.DATE, KIND.FOOTER, KIND.SLIDE_NUMBER)
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@dataclass(frozen=True)
class Template:
    """An empty deck with the layouts that are used, the place for content and the one below it (lengths in EMU)."""

    deck: Any
    cover: Any
    content: Any

    @property
    def theme(self) -> Theme:
        """Charts follow the background of the slides."""
        colours = self.deck.slide_master._element.find("{*}clrMap")
        return "dark" if colours is not None and str(colours.get("bg1")).startswith("dk") else "light"

    def page(self, layout: Any) -> Any:
        """A new slide with the title of its layout (and subtitle, if any); other places to fill are left out."""
        page = self.deck.slides.add_slide(layout)
        for shape in list(page.placeholders):
            if shape.placeholder_format.type not in (*_TITLES, KIND.SUBTITLE):
                shape._element.getparent().remove(shape._element)
        if page.shapes.title is None:
            box = self._above()
            place = page.shapes.add_textbox(*box)
            place.name = "title"
        for shape in layout.placeholders:
            if shape.placeholder_format.type == KIND.SLIDE_NUMBER:
                number = deepcopy(shape._element)
                number.nvSpPr.cNvPr.set("id", str(page.shapes._next_shape_id))
                page.shapes._spTree.append(number)
        return page

    @cached_property
    def body(self) -> Box:
        """Between title and footer, within the margins of the title."""
        left, top, width, height = self._above()
        start = top + height + Inches(0.08)
        return left, start, width, self.foot[1] - start - Inches(0.05)

    @cached_property
    def foot(self) -> Box:
        """The line at the bottom, up to the number of the slide."""
        left, _, width, _ = self._above()
        size = self.deck.slide_height or 0
        below = [s for s in self.content.placeholders if s.placeholder_format.type in _BELOW and s.top is not None]
        top = min((s.top for s in below if s.top > size * 0.75), default=int(size * 0.935))
        numbers = [s.left for s in below if s.placeholder_format.type == KIND.SLIDE_NUMBER]
        right = min([left + width, *(n - Inches(0.1) for n in numbers if n > left + width / 2)])
        return left, top, int(right - left), int(size - top - Inches(0.12))

    def _above(self) -> Box:
        wide, high = int(self.deck.slide_width or 0), int(self.deck.slide_height or 0)
        title = next((s for s in self.content.placeholders if s.placeholder_format.type in _TITLES), None)
        if title is None or title.left is None or title.top > high / 3 or title.width < wide / 2:
            return int(wide * 0.035), int(high * 0.045), int(wide * 0.93), int(high * 0.13)
        return int(title.left), int(title.top), int(title.width), int(title.height)


def opened(data: bytes | None) -> Template:
    """A deck without slides; MvpodError E_TEMPLATE for a file that is no presentation."""
    try:
        return _opened(data)
    except Exception as error:  # a damaged file breaks its reader in any way
        if data is None:
            raise
        raise MvpodError("E_TEMPLATE", found=str(error)[:200] or type(error).__name__) from error


def _opened(data: bytes | None) -> Template:
    deck: Any = Presentation(io.BytesIO(_as_presentation(data))) if data is not None else _plain()
    if data is not None:
        _emptied(deck)
    layouts = [layout for master in deck.slide_masters for layout in master.slide_layouts]
    if not layouts:
        raise ValueError("0 layouts")
    for master in deck.slide_masters:
        _with_chinese(master.part.part_related_by(REL.THEME), LATIN if data is None else None)
    content = min(layouts, key=_strangeness)
    covers = [x for x in layouts if {KIND.CENTER_TITLE, KIND.SUBTITLE} <= _kinds(x)] or \
        [x for x in layouts if KIND.SUBTITLE in _kinds(x) and _kinds(x) & set(_TITLES)]
    return Template(deck, covers[0] if covers else content, content)


def _kinds(layout: Any) -> set[Any]:
    return {shape.placeholder_format.type for shape in layout.placeholders}


def _strangeness(layout: Any) -> tuple[bool, int]:
    """A layout with a title and nothing else is best."""
    kinds = [s.placeholder_format.type for s in layout.placeholders if s.placeholder_format.type not in _BELOW]
    return KIND.TITLE not in kinds, len(kinds)


def _as_presentation(data: bytes) -> bytes:
    """A template file (.potx) is a presentation under another name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        if sum(entry.file_size for entry in old.infolist()) > _MAX_BYTES:
            raise ValueError(f"> {_MAX_BYTES:,} bytes")
        kinds = old.read("[Content_Types].xml")
        if b"template.main+xml" not in kinds:
            return data
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                text = kinds.replace(b"template.main+xml", b"presentation.main+xml")
                new.writestr(name, text if name == "[Content_Types].xml" else old.read(name))
    return stream.getvalue()


def _emptied(deck: Any) -> None:
    """Without the example slides, and without the sections and shows that name them."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)
    root = deck.part._element
    for name in ("custShowLst", "sectionLst"):
        for found in root.findall(f".//{{*}}{name}"):
            outer = found.getparent()
            outer.remove(found)
            if outer.tag.endswith("}ext"):
                outer.getparent().remove(outer)
    package = deck.part.package
    for key, rel in list(package._rels.items()):
        if rel.reltype.endswith("/thumbnail"):
            package.drop_rel(key)


def _with_chinese(part: Any, latin: str | None) -> None:
    """The fonts of a theme: Chinese ones where it has none, Latin ones only in the plain deck."""
    root = parse_xml(part.blob)
    for fonts in root.iter(f"{_A}majorFont", f"{_A}minorFont"):
        chinese, own = fonts.find(f"{_A}ea"), fonts.find(f"{_A}latin")
        if chinese is not None and not chinese.get("typeface"):
            chinese.set("typeface", CHINESE)
        if latin and own is not None:
            own.attrib.clear()
            own.set("typeface", latin)
    part.blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _plain() -> Any:
    """The deck without a template: wide, titles at the left, room for content."""
    deck: Any = Presentation()
    wide, old = Inches(40 / 3), int(deck.slide_width or 1)
    master = deck.slide_master
    for place in (master, *master.slide_layouts):
        for shape in place.placeholders:
            if shape._element.spPr.find("{*}xfrm") is not None:
                left, top, width, height = shape.left, shape.top, shape.width, shape.height
                shape.left, shape.top = Emu(left * wide // old), Emu(top)
                shape.width, shape.height = Emu(width * wide // old), Emu(height)
    deck.slide_width = wide
    title = next(s for s in master.placeholders if s.placeholder_format.type == KIND.TITLE)
    title.left, title.top, title.width, title.height = Inches(0.45), Inches(0.25), Inches(12.43), Inches(1.05)
    for style in master._element.iter(f"{_A}lvl1pPr"):
        if style.getparent().tag.endswith("titleStyle"):
            style.set("algn", "l")
    for shape in master.slide_layouts[0].placeholders:
        if shape.placeholder_format.type in (KIND.CENTER_TITLE, KIND.SUBTITLE):
            shape.left, shape.width = Inches(0.9), Inches(11.5)
            for style in shape._element.iter(f"{_A}lvl1pPr"):
                style.set("algn", "l")
    return deck
