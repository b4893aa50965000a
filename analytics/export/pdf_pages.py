"""The pages of a pack as HTML that is printed: cover, slides, all tables, definitions, provenance.

Every text goes through `said`, so that names are letters and never markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from analytics import columns, periods
from analytics import format as fmt
from analytics.cards import Card, Look
from analytics.charts.style import EXPORT_FONT, columns_of, label, palette
from analytics.export import parts
from analytics.metrics.registry import REGISTRY
from analytics.review import pack as packs
from analytics.review.slides import Slide
from analytics.review.stamp import Stamp

#: Pixels in which a chart is drawn, alone on its slide or beside another one; millimetres that a page is wide.
_ALONE, _BESIDE, _PAGE_WIDTH = 1000, 620, 262
#: Rows and columns of a table on a slide, and of one at the end.
_ROWS, _ALL_ROWS, _ALL_COLUMNS = 8, 60, 16
#: Latin widths of a word that may be broken in a table, and of a comment that gets a page of its own.
_WORD, _COMMENT = 22, 2400
_C = palette("export")
_STYLE = f"""<style>
@page {{ size: A4 landscape; margin: 11mm 13mm; }}
* {{ box-sizing: border-box; margin: 0; }}
body {{ font-family: {EXPORT_FONT}; font-size: 9pt; line-height: 1.35; color: {_C.text}; overflow-wrap: anywhere;
        font-variant-ligatures: none; }}
section {{ break-before: page; }}
section.cover {{ break-before: auto; }}
.slide {{ height: 187mm; display: flex; flex-direction: column; overflow: hidden; }}
.cards {{ flex: 1 1 0; min-height: 0; display: grid; column-gap: 9mm; grid-auto-flow: column;
          grid-auto-columns: 1fr; align-content: start; }}
.card {{ min-width: 0; display: grid; grid-row: span 5; grid-template-rows: subgrid; }}
.chart {{ min-height: 0; margin: 2mm 0; }}
.chart svg {{ width: 100%; height: 100%; display: block; }}
h1 {{ font-size: 22pt; line-height: 1.25; margin-bottom: 3mm; }}
h2 {{ font-size: 13pt; line-height: 1.25; }}
h2.long {{ font-size: 10.5pt; }}
h2.longest {{ font-size: 8pt; }}
h2 + p {{ margin-top: 0.8mm; }}
h3 {{ font-size: 9.5pt; margin-top: 5mm; break-after: avoid; }}
h3 + p {{ break-after: avoid; }}
.muted, footer {{ color: {_C.muted}; font-size: 8pt; }}
.note {{ font-size: 7.5pt; color: {_C.muted}; }}
.comment {{ margin-top: 2mm; padding-left: 3mm; border-left: 1mm solid {_C.accent}; white-space: pre-wrap; }}
.comment.long {{ font-size: 7pt; }}
footer {{ margin-top: 2mm; padding-top: 1mm; border-top: 0.3mm solid {_C.grid}; font-size: 7pt; }}
table {{ border-collapse: collapse; width: 100%; font-size: 7pt; font-variant-numeric: tabular-nums; }}
th {{ text-align: left; vertical-align: bottom; color: {_C.muted}; font-weight: 600;
      border-bottom: 0.3mm solid {_C.muted}; }}
th, td {{ padding: 0.25mm 1.2mm; overflow-wrap: break-word; }}
td.endless {{ overflow-wrap: anywhere; }}
td {{ border-bottom: 0.15mm solid {_C.grid}; vertical-align: top; }}
tr {{ break-inside: avoid; }}
.number {{ text-align: right; white-space: nowrap; }}
th.number {{ white-space: normal; }}
ol {{ padding-left: 8mm; }}
li {{ margin-bottom: 1mm; }}
dt {{ font-weight: 600; margin-top: 2mm; }}
dd {{ margin-left: 0; }}
</style>"""


def width(slide: Slide) -> int:
    """In how many pixels the charts of a slide are drawn."""
    return _ALONE if len(slide.cards) == 1 else _BESIDE


def document(slides: Sequence[Slide], charts: Mapping[int, str], look: Look, stamp: Stamp) -> str:
    """The whole document; `charts`: SVG by the card's place."""
    places = {id(card): place for place, card, _ in parts.numbered(slides)}
    body = [_cover(slides, look, stamp)]
    body += [_slide(slide, places, charts, look, stamp) for slide in slides]
    body += [_tables(slides, look), _definitions(slides, look), _provenance(look, stamp)]
    return f"<html lang='{'zh-CN' if look.lang == 'zh' else 'en'}'>{_STYLE}<body>{''.join(body)}</body></html>"


def said(text: str) -> str:
    """A text that is drawn letter by letter; its lines stay lines."""
    return "\n".join(label(line) for line in text.splitlines()).replace("n = ", "n\u00a0=\u00a0")


def _cover(slides: Sequence[Slide], look: Look, stamp: Stamp) -> str:
    """Whose review of which quarter, what is looked at, and what it says."""
    pack, organisation = packs.from_text(stamp.pack), look.settings.organisation
    quarter = fmt.period(periods.parse(pack.quarter, organisation.fiscal_year_start), look.lang)
    notice = organisation.notice.get(look.lang) or organisation.notice.get("en") or ""
    findings = [card.title for slide in slides for card in slide.cards]
    return (f"<section class='cover'><p class='muted'>{said(stamp.organisation)}</p>"
            f"<h1>{said(pack.title or look.t('pack.title'))} · {said(quarter)}</h1>"
            f"<p class='muted'>{said(stamp.words)}</p><p class='note'>{said(notice)}</p>"
            f"<h3>{said(look.t('pack.contents'))}</h3><ol>{''.join(f'<li>{said(f)}</li>' for f in findings)}</ol>"
            "</section>")


def _slide(slide: Slide, places: Mapping[int, int], charts: Mapping[int, str], look: Look, stamp: Stamp) -> str:
    item, drawn = slide.item, [charts[places[id(card)]] for card in slide.cards]
    before = item.previous and look.t("slides.before", comment=item.previous)
    comment = "\n".join(filter(None, [item.comment, before])) if slide.part == 0 else ""
    size = " long" if columns_of(comment) > 600 else ""
    told = f"<p class='comment{size}'>{said(comment)}</p>" if comment else ""
    is_apart = columns_of(comment) > _COMMENT
    longest = max((columns_of(card.title) for card in slide.cards), default=0) * len(drawn)
    style = "longest" if longest > 420 else "long" if longest > 200 else ""
    cards = "".join(_card(card, chart, len(drawn), style, look)
                    for card, chart in zip(slide.cards, drawn, strict=True))
    room = max((_height(chart) * _PAGE_WIDTH / len(drawn) / width(slide) for chart in drawn), default=0)
    rows = f"grid-template-rows: auto auto minmax(0, {room + 4:.0f}mm) auto auto"
    name = said(packs.called(item, look.lang, look.settings))
    missing = f"<h2>{name}</h2><p>{said(slide.missing)}</p>" if slide.missing else ""
    keys = dict.fromkeys(card.definition_key for card in slide.cards if card.definition_key)
    defined = [f"{REGISTRY[key].label[look.lang]} ({key})" for key in keys]
    foot = " · ".join([*defined, stamp.words, f"{look.t('pack.load')} {stamp.load}"])
    page = (f"<section class='slide'>{missing}<div class='cards' style='{rows}'>{cards}</div>"
            f"{'' if is_apart else told}<footer>{said(foot)}</footer></section>")
    titles = "".join(f"<h3>{said(card.title)}</h3>" for card in slide.cards)
    return page + (f"<section>{titles}{told}</section>" if is_apart else "")


def _card(card: Card, chart: str, beside: int, style: str, look: Look) -> str:
    """Finding, what is measured, chart, figures, notes."""
    told, is_cut = _shown(card, look, _ROWS, 6 if beside > 1 else 12)
    more = look.t("files.more", n=fmt.number(len(card.frame)), title=look.t("files.figures")) if is_cut else ""
    notes = "".join(f"<p class='note'>{said(note)}</p>" for note in (more, *card.notes) if note)
    return (f"<div class='card'><h2 class='{style}'>{said(card.title)}</h2>"
            f"<p class='muted'>{said(parts.caption(card, look))}</p>"
            f"<div class='chart'>{_scalable(chart, card.title)}</div><div>{_html(told)}</div><div>{notes}</div></div>")


def _height(svg: str) -> float:
    return float(re.search(r'height="([\d.]+)"', svg)[1])  # type: ignore[index]


def _scalable(svg: str, title: str) -> str:
    """The drawing as large as its place, one picture with a name to those who have the page read to them."""
    named = f'preserveAspectRatio="xMinYMin meet" role="img" aria-label="{said(title).replace(chr(34), "&quot;")}"'
    sized = re.compile(r'^<svg([^>]*?) width="[\d.]+" height="[\d.]+"')
    return sized.sub(lambda found: f"<svg{found[1]} {named}", svg, count=1)


def _tables(slides: Sequence[Slide], look: Look) -> str:
    """The tables that did not fit on their slides, as far as they can be read on paper."""
    found = []
    for place, card, slide in parts.numbered(slides):
        if not _shown(card, look, _ROWS, 6 if len(slide.cards) > 1 else 12)[1]:
            continue
        told, _ = _shown(card, look, _ALL_ROWS, _ALL_COLUMNS)
        first = look.t("files.first", n=_ALL_ROWS, all=fmt.number(len(card.frame)))
        notes = [*([first] if len(card.frame) > _ALL_ROWS else []),
                 look.t("files.attached", file=parts.file_name(place, card, "csv"))]
        found.append(f"<h3>{said(card.title)}</h3><p class='muted'>{said(parts.caption(card, look))}</p>"
                     f"{_html(told)}<p class='note'>{said(' '.join(notes))}</p>")
    return f"<section><h2>{said(look.t('files.figures'))}</h2>{''.join(found)}</section>" if found else ""


def _shown(card: Card, look: Look, rows: int, width: int) -> tuple[pd.DataFrame, bool]:
    """The first rows and columns of a card as a page writes them, headings and all; and were any left out?

    Columns in which nothing is known are left out; numbers are marked by their heading's type (see `_html`).
    """
    names = [c for c in (card.columns or card.frame.columns) if c in card.frame.columns]
    known = [c for c in names if card.frame[c].notna().any() and not (card.frame[c] == "").all()] or names
    frame = columns.prepared(card.frame[known[:width]], look.lang, look.settings)
    told = {}
    for name, text in zip(frame.columns, parts.labels(frame.columns, look.lang), strict=True):
        write = columns.formatter(columns.kind(name, card.kinds), frame[name], look.lang) or _words
        told[(text, pd.api.types.is_numeric_dtype(frame[name]))] = [write(v) for v in frame[name].head(rows)]
    return pd.DataFrame(told), len(frame) > rows or len(known) > width


def _words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return fmt.UNKNOWN if value is None or pd.isna(value) else str(value)


def _html(told: pd.DataFrame) -> str:
    numbers = [is_number for _, is_number in told.columns]
    head = _cells("th", (text for text, _ in told.columns), numbers)
    body = "".join(f"<tr>{_cells('td', row, numbers)}</tr>" for row in told.itertuples(index=False))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(tag: str, texts: Iterable[str], numbers: Sequence[bool]) -> str:
    """Cells; a word is broken only where it would be wider than its column can be."""
    found = []
    for text, is_number in zip(texts, numbers, strict=True):
        is_endless = max(map(columns_of, text.split()), default=0) > _WORD
        style = " class='number'" if is_number else " class='endless'" if is_endless else ""
        found.append(f"<{tag}{style}>{said(text)}</{tag}>")
    return "".join(found)


def _definitions(slides: Sequence[Slide], look: Look) -> str:
    """Every metric that is shown: name, definition, who is in it, formula."""
    keys = sorted({card.definition_key for slide in slides for card in slide.cards if card.definition_key})
    told = "".join(f"<dt>{said(m.label[look.lang])} ({said(m.key)})</dt><dd>{said(m.definition[look.lang])}</dd>"
                   f"<dd class='note'>{said(m.population[look.lang])} · {said(m.formula[look.lang])}"
                   f" · {said(m.source)}</dd>"
                   for m in map(REGISTRY.__getitem__, keys))
    return f"<section><h2>{said(look.t('pack.definitions'))}</h2><dl>{told}</dl></section>" if keys else ""


def _provenance(look: Look, stamp: Stamp) -> str:
    told = {"view": stamp.words, "link": stamp.link, "as_of": stamp.as_of, "load": str(stamp.load), "app": stamp.app,
            "rows": fmt.number(stamp.rows), "hash": stamp.sha256,
            "definitions": ", ".join(f"{key} ({print_})" for key, print_ in sorted(stamp.metrics.items()))}
    rows = "".join(f"<dt>{said(look.t(f'pack.{key}'))}</dt><dd>{said(text)}</dd>" for key, text in told.items())
    return (f"<section><h2>{said(look.t('pack.provenance'))}</h2><dl>{rows}</dl>"
            f"<p class='comment'>{said(look.t('slides.check'))}</p></section>")
