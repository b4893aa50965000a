"""Native charts of slides, in the notation of all charts: solid, light, outlined, hatched; green rises, red falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from pptx.chart.chart import Chart
from pptx.chart.series import BarSeries, LineSeries
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE, MSO_PATTERN, MSO_THEME_COLOR
from pptx.oxml import parse_xml as _xml
from pptx.oxml.ns import nsdecls
from pptx.util import Emu, Pt

from analytics import i18n
from analytics.cards import Look
from analytics.charts.style import Ink, Palette, Theme, ink, palette
from analytics.export.plot import Line, Plot
from analytics.export.pptx_sheet import Sheet, number_format, pieces
from analytics.export.pptx_text import clean, cut

#: left, top, width, height
Box = tuple[int, int, int, int]

_TYPES = {"bar": XL_CHART_TYPE.BAR_CLUSTERED, "funnel": XL_CHART_TYPE.BAR_CLUSTERED,
          "column": XL_CHART_TYPE.COLUMN_CLUSTERED, "stacked": XL_CHART_TYPE.BAR_STACKED,
          "waterfall": XL_CHART_TYPE.BAR_STACKED, "line": XL_CHART_TYPE.LINE_MARKERS, "step": XL_CHART_TYPE.LINE}
_DASHES = (MSO_LINE.SOLID, MSO_LINE.DASH, MSO_LINE.ROUND_DOT, MSO_LINE.LONG_DASH, MSO_LINE.DASH_DOT)
_SIZE = 10
#: Points that the number of a column takes.
_BESIDE = 30
#: Room beside the longest bar for its number, as a share of the scale.
_ROOM = 0.22
#: Labels that an axis of days or months has room for.
_LABELS = 10
#: A part of a stacked bar that is narrower, as a share of the scale, has no number in it.
_NARROW = 0.07
#: The share of a waterfall that its names take, and the points that a number beside its bars takes.
_PLACES, _NUMBER = 0.34, 58


@dataclass(frozen=True)
class Paint:
    """In whose words and colours a chart is drawn; `theme` follows the background of the slides."""

    look: Look
    theme: Theme
    segment: str | None

    @property
    def ink(self) -> Ink:
        """The two strengths of the card's colour."""
        return self._ink(self.segment)

    @property
    def colours(self) -> Palette:
        """All colours."""
        return palette(self.theme)

    def shades(self, lines: Sequence[Line]) -> list[str]:
        """A colour per series: a segment keeps its own, the first one of a role has that of the card, and others that
        are measured or foreseen differ from it."""
        named = {cut(clean(i18n.label("segment", key, self.look.lang, self.look.settings)), 40): key
                 for key in self.look.names.order}
        rest = iter([*self.colours.others, self.colours.neutral, *self.colours.others] * len(lines))
        found: list[str] = []
        seen: set[str] = set()
        for line in lines:
            colour = self._ink(named[line.name]) if line.name in named else \
                next(rest) if line.role in seen & {"actual", "forecast"} else self.ink
            seen.add(line.role)
            found.append(colour.comparison if line.role == "comparison" else colour.actual)
        return found

    def tints(self, lines: Sequence[Line]) -> list[str]:
        """The parts of a whole: one colour, ever lighter."""
        return [_mixed(self.ink.actual, self.colours.background, place / max(len(lines), 2) * 0.95)
                for place in range(len(lines))]

    def _ink(self, segment: str | None) -> Ink:
        return ink(self.theme, segment, self.look.names.order)


def add(shapes: Any, plot: Plot, box: Box, paint: Paint, scale: tuple[float, float], *, name: str, alt: str) -> None:
    """One chart of a plot that `pptx_sheet.drawn` prepared. `scale`: what it shares with the chart beside it."""
    series = [(line.name, line.values) for line in plot.lines]
    if plot.form == "waterfall":
        series = _of_waterfall(plot)
    number = number_format(plot, paint.look.lang)
    frame = shapes.add_chart(_TYPES[plot.form], *box, Sheet(plot.categories, series, number))
    frame.name = name
    frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(alt))
    chart: Chart = frame.chart
    chart.font.size = Pt(_SIZE)
    chart.font.color.theme_color = MSO_THEME_COLOR.TEXT_1
    chart.has_title = False
    chart.has_legend = len(plot.lines) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    _axes(chart, plot, scale, paint.look.lang, _is_crowded(plot, box))
    if plot.form in ("line", "step"):
        _lines(chart, plot, paint)
    elif plot.form == "waterfall":
        _waterfall(chart, plot, paint, scale, Emu(box[2]).pt)
    else:
        _bars(chart, plot, paint, scale, box)


def _axes(chart: Chart, plot: Plot, scale: tuple[float, float], lang: str, has_scale: bool) -> None:
    """Marks that carry their numbers need no scale; lines have one, and bars that are too many."""
    places, values = chart.category_axis, chart.value_axis
    low, high = scale
    values.has_major_gridlines = places.has_major_gridlines = False
    room = 0 if plot.form == "stacked" else _ROOM * (high - low)
    values.maximum_scale = (_round(high) if has_scale else high + room) or 1
    values.minimum_scale = -_round(-low) if has_scale else low - (room if low < 0 else 0)
    values.visible = has_scale
    values.major_tick_mark = places.major_tick_mark = XL_TICK_MARK.NONE
    places.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    for axis in (places, values):
        axis.format.line.color.theme_color, axis.format.line.width = MSO_THEME_COLOR.TEXT_1, Pt(0.5)
        axis.format.line.color.brightness = 0.5
    if has_scale:
        values.tick_labels.number_format_is_linked = False
        values.tick_labels.number_format = "0%" if plot.number == "rate" else number_format(plot, lang, (high,))
    if plot.form in ("line", "step"):
        _every(places, math.ceil(len(plot.categories) / _LABELS))
    else:
        places.reverse_order = plot.form != "column"
        places.tick_labels.font.size = Pt(_SIZE if len(plot.categories) <= 14 else 8)


def _every(axis: Any, step: int) -> None:
    """A label and no more on every so-manieth place; the schema wants them before c:noMultiLvlLbl."""
    last = axis._element.find("{*}noMultiLvlLbl")
    for tag in ("c:tickLblSkip", "c:tickMarkSkip"):
        element = last.makeelement(last.tag.replace("noMultiLvlLbl", tag[2:]), {"val": str(step)})
        last.addprevious(element)


def _lines(chart: Chart, plot: Plot, paint: Paint) -> None:
    shades = paint.shades(plot.lines)
    for place, (series, line) in enumerate(zip(chart.plots[0].series, plot.lines, strict=True)):
        assert isinstance(series, LineSeries)
        series.smooth = False
        series.format.line.color.rgb, series.format.line.width = _rgb(shades[place]), Pt(2)
        if line.role in ("standard", "forecast"):
            series.format.line.dash_style = MSO_LINE.DASH if line.role == "standard" else MSO_LINE.ROUND_DOT
        else:
            series.format.line.dash_style = _DASHES[place % len(_DASHES)]
        if plot.form == "line":  # a value between two gaps is a point, and no line
            series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 5
            series.marker.format.fill.solid()
            series.marker.format.fill.fore_color.rgb = series.marker.format.line.color.rgb = _rgb(shades[place])
        else:
            series.marker.style = XL_MARKER_STYLE.NONE


def _bars(chart: Chart, plot: Plot, paint: Paint, scale: tuple[float, float], box: Box) -> None:
    is_stacked = plot.form == "stacked"
    chart.plots[0].gap_width = 45
    chart.plots[0].overlap = 100 if is_stacked else -5
    shades = paint.tints(plot.lines) if is_stacked else paint.shades(plot.lines)
    for place, (series, line) in enumerate(zip(chart.plots[0].series, plot.lines, strict=True)):
        assert isinstance(series, BarSeries)
        _notation(series, line.role, shades[place], paint)
        if is_stacked:
            is_solid = line.role in ("actual", "comparison")
            ground = shades[place] if is_solid else paint.colours.background
            if is_solid:
                series.format.line.color.rgb, series.format.line.width = _rgb(paint.colours.background), Pt(0.5)
            _inside(series, line, plot, ground, scale[1] - scale[0])
        elif not _is_crowded(plot, box):
            _numbers(series.data_labels, plot, paint.look.lang)


def _notation(series: BarSeries, role: str, shade: str, paint: Paint) -> None:
    """Actual and comparison solid, a standard outlined, a forecast hatched."""
    fill, line = series.format.fill, series.format.line
    series.invert_if_negative = False
    if role == "standard":
        fill.background()
        line.color.rgb, line.width = _rgb(shade), Pt(1.25)
        return
    if role == "forecast":
        fill.patterned()
        fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        fill.fore_color.rgb, fill.back_color.rgb = _rgb(shade), _rgb(paint.colours.background)
        line.color.rgb = _rgb(shade)
        return
    fill.solid()
    fill.fore_color.rgb = _rgb(shade)


def _numbers(labels: Any, plot: Plot, lang: str) -> None:
    labels.show_value, labels.number_format_is_linked = True, False
    labels.number_format, labels.position = number_format(plot, lang), XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size = Pt(_SIZE)


def _is_crowded(plot: Plot, box: Box) -> bool:
    """Are there so many marks that they cannot all carry their number? Then an axis says how high they are."""
    marks = len(plot.categories) * len(plot.lines)
    if plot.form == "column":
        return marks * _BESIDE > Emu(box[2]).pt
    if plot.form in ("bar", "funnel"):
        return marks * _SIZE * 0.9 > Emu(box[3]).pt
    return plot.form in ("line", "step")


def _inside(series: BarSeries, line: Line, plot: Plot, ground: str, width: float) -> None:
    """Numbers within the parts of a stacked bar, where they have room."""
    for place, value in enumerate(line.values):
        if value is not None and width and abs(value) / width >= _NARROW:
            label = series.points[place].data_label
            label.position = XL_LABEL_POSITION.CENTER
            label.font.size = Pt(_SIZE - 1)
            label.font.color.rgb = RGBColor(255, 255, 255) if _is_dark(ground) else RGBColor(0, 0, 0)


def _of_waterfall(plot: Plot) -> list[tuple[str, tuple[float | None, ...]]]:
    """The invisible base, the visible parts under the name of the series."""
    name = plot.lines[0].name
    return [("" if piece == "base" else name, values) for piece, values in pieces(plot.lines[0].values).items()]


def _waterfall(chart: Chart, plot: Plot, paint: Paint, scale: tuple[float, float], width: float) -> None:
    """Bars that hang where the one before ended; each with its number beside it, which follows when it is edited."""
    looks = {"total": (paint.ink.actual, ""), "rise": (paint.colours.good, '"+"'), "fall": (paint.colours.bad, '"−"')}
    chart.plots[0].gap_width, chart.plots[0].overlap = 45, 100
    left, wide = _PLACES, 1 - _PLACES
    chart._chartSpace.chart.plotArea.insert(0, _xml(
        f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/>'
        f'<c:yMode val="edge"/><c:x val="{left}"/><c:y val="0.02"/><c:w val="{wide}"/><c:h val="0.96"/>'
        "</c:manualLayout></c:layout>"))
    span = (scale[1] - scale[0]) * (1 + _ROOM * (2 if scale[0] < 0 else 1)) or 1
    number = number_format(plot, paint.look.lang)
    for series, (piece, values) in zip(chart.plots[0].series, pieces(plot.lines[0].values).items(), strict=True):
        assert isinstance(series, BarSeries)
        if piece == "base":
            series.format.fill.background()
            continue
        colour, sign = looks[piece.removesuffix("_below")]
        _notation(series, "actual", colour, paint)
        if piece in looks:
            places = [None if v is None else (abs(v) / span * wide + _NUMBER / width) / 2 for v in values]
            _beside(series, places, sign + number)


def _beside(series: BarSeries, shares: Sequence[float | None], code: str) -> None:
    """Stacked bars know no number outside their end: it is moved there by these shares of the chart."""
    labels = series._element.get_or_add_dLbls()
    for lines in labels.findall("{*}showLeaderLines"):
        labels.remove(lines)
    known = [(place, share) for place, share in enumerate(shares) if share is not None]
    for number, (place, share) in enumerate(known):  # before what is said of all
        labels.insert(number, _xml(
            f'<c:dLbl {nsdecls("c", "a")}><c:idx val="{place}"/><c:layout><c:manualLayout>'
            f'<c:x val="{share:.4f}"/><c:y val="0"/></c:manualLayout></c:layout>'
            f"<c:numFmt formatCode={quoteattr(code)} sourceLinked=\"0\"/><c:spPr/>"
            f'<c:txPr><a:bodyPr wrap="none"/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{_SIZE}00"/></a:pPr>'
            '<a:endParaRPr lang="en-US"/></a:p></c:txPr><c:dLblPos val="ctr"/>'
            '<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>'
            '<c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbl>'))
    labels.append(_xml(
        f'<c:extLst {nsdecls("c")}><c:ext uri="{{CE6537A1-D6FC-4f65-9D91-7224C49458BB}}" xmlns:c15='
        '"http://schemas.microsoft.com/office/drawing/2012/chart"><c15:showLeaderLines val="0"/></c:ext></c:extLst>'))


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.lstrip("#"))


def _mixed(colour: str, other: str, share: float) -> str:
    """`colour` with that share of another one."""
    pairs = ((int(colour[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def _round(value: float) -> float:
    """The next round number up, where an axis may end.

    >>> _round(0.83), _round(42.0), _round(0.0)
    (1.0, 50.0, 0.0)
    """
    if value <= 0:
        return 0.0
    step = 10.0 ** math.floor(math.log10(value))
    return next(m * step for m in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if m * step >= value * (1 - 1e-9))
