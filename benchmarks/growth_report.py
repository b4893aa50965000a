"""Growth as a table of exponents and as curves, one page of two charts per series: CPU, and memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from analytics.charts.sheet import Sheet
from analytics.charts.style import FONT_SIZE, Theme, label, palette
from analytics.export.images import charts, has_browser
from benchmarks.fit import Growth, growth_of
from benchmarks.report import Row, between, table

THEME: Theme = "export"
HEIGHT, WIDTH = 380, 960


@dataclass(frozen=True)
class Series:
    """What a series changes (`size`, a name in its points), and which of its figures are drawn."""

    title: str
    size: str
    says: str
    cpu: Mapping[str, str]
    memory: Mapping[str, str]


_CPU = {"sql_cpu_s": "plain SQL, five questions", "rebuild_cpu_s": "full rebuild", "import_cpu_s": "one more week",
        "queries_cpu_s": "all queries of the pages", "query_cpu_s": "the dearest query"}
_MEMORY = {"rebuild_peak_mib": "full rebuild", "import_peak_mib": "one more week", "pages_peak_mib": "all pages opened"}
SERIES = {
    "opportunities": Series("Opportunities, over 156 weeks", "opportunities", "opportunities", _CPU, _MEMORY),
    "weeks": Series("Weeks of history, 128 new opportunities in each", "snapshots", "weeks", _CPU, _MEMORY),
    "snapshots": Series("Snapshots of the same opportunities", "snapshots", "snapshots", _CPU, _MEMORY),
    "sessions": Series("Sessions at once, at the sample company", "sessions", "sessions",
                       {"cpu_per_click_s": "CPU of a click", "change_p50_s": "a change, p50",
                        "change_p95_s": "a change, p95"}, {"memory_end_mib": "the server"}),
}


def growths(points: Sequence[Mapping[str, Any]], series: Series) -> dict[str, Growth]:
    """The curve of each figure that has three points."""
    found = {}
    for key in (*series.cpu, *series.memory):
        known = [(point[series.size], point[key]) for point in points if point.get(key)]
        if len({size for size, _ in known}) >= 3:
            found[key] = growth_of([size for size, _ in known], [cost for _, cost in known])
    return found


def rows_of(name: str, points: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The table of one series: each figure at its sizes, and its exponent."""
    series, found = SERIES[name], growths(points, SERIES[name])
    sizes = (f"{point[series.size]:,}" for point in points)
    rows: list[Row] = [(series.says, *sizes, "exponent", "95 %", "at the end")]
    if "snapshot_rows" in points[0]:
        rows.append(("snapshot rows", *(f"{point['snapshot_rows']:,}" for point in points), "", "", ""))
    for key, said in {**_named(series.cpu, "s"), **_named(series.memory, "MiB")}.items():
        told = ("–", "–", "–") if key not in found else (
            f"{found[key].exponent:.2f}", f"{found[key].low:.2f} … {found[key].high:.2f}", f"{found[key].last:.2f}")
        rows.append((said, *(_shown(point.get(key), key) for point in points), *told))
    return rows


def _named(names: Mapping[str, str], unit: str) -> dict[str, str]:
    return {key: f"{said}, {'CPU ' if 'cpu' in key and 'CPU' not in said else ''}{unit}" for key, said in names.items()}


def _shown(value: float | None, key: str) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if key.endswith("_mib") else f"{value:.2f}"


def markdown(result: Mapping[str, Any]) -> str:
    """All series as tables."""
    parts = ["# How cost grows", "Exponent b of cost = a · size^b, least squares of the logarithms, with its 95 % "
             "interval; at the end = between the two largest sizes alone, where fixed costs weigh least."]
    for name, found in result["series"].items():
        parts.append(f"## {SERIES[name].title}\n\n{_about(found, result)}\n\n{table(rows_of(name, found['points']))}")
    return "\n\n".join(parts) + "\n"


def _about(found: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    machine, quiet = result["machine"], "" if found["is_quiet"] else f"; load average {found['load']:.1f}: not quiet"
    return f"{found['at'][:10]}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB{quiet}."


def exponents(result: Mapping[str, Any]) -> str:
    """One table of all exponents, and the curves, for docs/scale.md."""
    keys = {key: said for series in ("opportunities", "sessions") for key, said in {
        **_named(SERIES[series].cpu, "s"), **_named(SERIES[series].memory, "MiB")}.items()}
    fits = {name: growths(found["points"], SERIES[name]) for name, found in result["series"].items()}
    rows: list[Row] = [("cost", *(SERIES[name].says for name in fits))]
    for key, said in keys.items():
        cells = [f"{fit.exponent:.2f} ({fit.low:.2f} … {fit.high:.2f})" if (fit := of.get(key)) else ""
                 for of in fits.values()]
        if any(cells):
            rows.append((said, *cells))
    days = "\n".join(f"- {_range(name, found)}: {_about(found, result)}" for name, found in result["series"].items())
    curves = "\n".join(f"![{SERIES[name].title}](images/growth-{name}.svg)" for name in result["series"])
    return f"{table(rows)}\n\n{days}\n\n{curves}"


def _range(name: str, found: Mapping[str, Any]) -> str:
    sizes = [point[SERIES[name].size] for point in found["points"]]
    return f"{min(sizes):,} to {max(sizes):,} {SERIES[name].says}"


def written(result: Mapping[str, Any], folder: Path, docs: Path | None) -> None:
    """growth.md beside the JSON; the curves as SVG there, or in docs/images with the table of docs/scale.md."""
    (folder / "growth.md").write_text(markdown(result), encoding="utf-8")
    images = docs / "images" if docs else folder
    if has_browser():
        named = list(result["series"].items())
        drawn = charts([figure(name, found["points"]) for name, found in named], WIDTH)
        for (name, _), svg in zip(named, drawn, strict=True):
            (images / f"growth-{name}.svg").write_text(svg, encoding="utf-8")
    if docs:
        page = docs / "scale.md"
        page.write_text(between(page.read_text(encoding="utf-8"), exponents(result)), encoding="utf-8")


def figure(name: str, points: Sequence[Mapping[str, Any]]) -> go.Figure:
    """CPU on the left, memory on the right, all axes logarithmic; points = measured, line = the fitted curve."""
    series, found = SERIES[name], growths(points, SERIES[name])
    fig = Sheet(THEME, HEIGHT)
    fig.set(margin={"l": 50, "r": 180, "t": 62, "b": 46}, showlegend=False)
    fig.note(text=f"<b>{label(series.title)}</b>", x=0, y=1, xref="paper", yref="paper", xanchor="left", yshift=48,
             font={"size": FONT_SIZE + 2})
    _panel(fig, _Panel("x", "y", [0, 0.37], "Seconds", series.cpu), series, points, found)
    _panel(fig, _Panel("x2", "y2", [0.68, 1], "Peak memory, MiB", series.memory), series, points, found)
    return fig.figure()


@dataclass(frozen=True)
class _Panel:
    x: str
    y: str
    domain: list[float]
    title: str
    names: Mapping[str, str]


def _panel(fig: Sheet, panel: _Panel, series: Series, points: Sequence[Mapping[str, Any]],
           found: Mapping[str, Growth]) -> None:
    sizes = [point[series.size] for point in points]
    costs = {key: [point.get(key) for point in points] for key in panel.names}
    low, high = _axes(fig, panel, series, sizes, [cost for of in costs.values() for cost in of if cost])
    fig.note(text=panel.title, x=panel.domain[0], y=1, xref="paper", yref="paper", xanchor="left", yshift=22,
             font={"color": palette(THEME).muted})
    places = apart({key: log10(of[-1]) for key, of in costs.items() if of[-1]},
                   0.065 * (high - low), high)
    for colour, (key, said) in zip(_colours(), panel.names.items(), strict=False):
        at = {"xaxis": panel.x, "yaxis": panel.y, "hoverinfo": "skip"}
        fig.scatter(x=sizes, y=costs[key], mode="markers", marker={"color": colour, "size": 7}, **at)
        if key in found:
            fig.scatter(x=sizes, y=[found[key].at(size) for size in sizes], mode="lines",
                        line={"color": colour, "width": 1.5}, **at)
        if key in places:
            power = f"  <b>{found[key].exponent:.2f}</b>" if key in found else ""
            fig.note(text=label(said) + power, x=panel.domain[1], xref="paper", xanchor="left", xshift=8,
                     y=places[key], yref=panel.y, font={"color": colour, "size": FONT_SIZE - 1})


def _axes(fig: Sheet, panel: _Panel, series: Series, sizes: Sequence[float],
          costs: Sequence[float]) -> tuple[float, float]:
    """Both axes of a panel, the upright one from the tick below all costs to that above; gives its ends in decades."""
    steps = (1, 2, 5) if max(costs) < 100 * min(costs) else (1,)
    ticks = [step * 10.0**at for at in range(floor(log10(min(costs))), ceil(log10(max(costs))) + 1) for step in steps]
    low = log10(max(tick for tick in ticks if tick <= min(costs)))
    high = log10(min(tick for tick in ticks if tick >= max(costs)))
    low, high = (low, high) if high > low else (low, low + log10(2))
    fig.set(**{
        f"xaxis{panel.x[1:]}": {
            "type": "log", "domain": panel.domain, "anchor": panel.y, "tickvals": list(sizes), "tickangle": 0,
            "ticktext": [_short(size) for size in sizes], "title": {"text": label(series.says)}},
        f"yaxis{panel.y[1:]}": {
            "type": "log", "anchor": panel.x, "showgrid": True, "tickvals": ticks,
            "ticktext": [f"{tick:,.10g}" for tick in ticks], "range": [low - 0.02, high + 0.02]}})
    return low, high


def apart(places: Mapping[str, float], least: float, top: float) -> dict[str, float]:
    """The same places in the same order, moved so far that no two are nearer than `least` and none is above `top`."""
    found: dict[str, float] = {}
    for key, at in sorted(places.items(), key=lambda item: item[1]):
        found[key] = max(at, max(found.values(), default=at - least) + least)
    for below, key in enumerate(reversed(list(found))):
        found[key] = min(found[key], top - below * least)
    return found


def _colours() -> list[str]:
    colours = palette(THEME)
    return [ink.actual for ink in (colours.neutral, *colours.segments.values(), *colours.others)]


def _short(size: float) -> str:
    return f"{size / 1000:g}k" if size >= 1000 else f"{size:g}"
