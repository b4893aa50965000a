"""What will be won in a quarter by each method, and what each would have said of quarters that are over.

Solid = won already, hatched = forecast (dense: of what is open, light: of what is not in the pipeline yet), outlined =
target; the line is P10 to P90 of simulated quarters.
"""

from __future__ import annotations

from math import floor, log10
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.charts.figure import Figure
from analytics.charts.names import Names
from analytics.charts.rows import Rows, bars, canvas, column, key, known, whiskers, write
from analytics.charts.sheet import Sheet, message
from analytics.charts.style import FONT_SIZE, Theme, ink, label, palette
from analytics.forecast_replay import Measure

#: columns of analytics/forecast.py: (won so far, of the open, not there yet, all, P10, P90), and what came
_COLUMNS = {"amount": ("won_amount", "expected_amount", "later_amount", "value", "low", "high", "actual_amount"),
            "count": ("won", "expected", "later", "count", "count_low", "count_high", "actual")}  # fmt: skip
#: form of each method's mark beside the actual
_SYMBOLS = {"historical": "circle", "comparison": "diamond", "crm": "x-thin-open", "weighted": "square-open"}
_HEIGHT = 320
#: Within a quarter, from the middle: the column of the actual, then the marks of the methods beside it.
_COLUMN, _WIDTH, _FIRST_MARK, _NEXT_MARK = -0.22, 0.4, 0.08, 0.12


def methods(frame: pd.DataFrame, names: Names, theme: Theme, *, measure: Measure = "amount") -> Figure:
    """One bar per method of one segment (rows of `Ask.forecast`); a method that can say nothing says why."""
    won, opened, later, total, low, high, _ = _COLUMNS[measure]
    if frame.empty:
        return message(theme, names.text("empty"))
    colour = ink(theme, _segment(frame), names.order)
    place = Rows(len(frame), top=4)
    fig = canvas(place, theme, right=76)
    target = known(frame["target"].iloc[0]) if measure == "amount" else None
    ends = [v for c in (total, high) for v in column(frame, c) if v is not None]
    reach = max([*ends, target or 0, 0]) or 1
    fig.set(xaxis={"range": [0, reach * 1.02], "visible": False}, meta={"mark": ["question", "segment"]})
    at, records = [place.bar_at(i) for i in range(place.count)], frame.to_dict("records")
    sums = {c: [known(r[c]) if known(r[total]) is not None else None for r in records] for c in (won, opened, later)}
    base: list[float | None] = [0.0 if v is not None else None for v in sums[won]]
    inks = {won: colour.actual, opened: colour.actual, later: colour.comparison}
    for part, mine in inks.items():
        bars(fig, sums[part], at, colour=mine, width=place.bar, name=names.text(f"forecast_{_part(part)}"), base=base,
             hatched=part != won, keyed=any(sums[part]), hover=[_words(r, names, measure) for r in records],
             marks=[["forecast", r.get("segment")] for r in records])  # fmt: skip
        base = [None if b is None or v is None else b + v for b, v in zip(base, sums[part], strict=True)]
    whiskers(fig, column(frame, low), column(frame, high), at, theme, name=names.text("forecast_range"), keyed=True)
    if target is not None:
        _target(fig, target, place, names, theme)
    for i, row in enumerate(records):
        write(fig, names.text(f"forecast_{row['method']}"), 0, place.text_at(i))
        value = known(row[total])
        if value is None:
            write(fig, names.text("forecast_unknown"), 0, at[i], colour=palette(theme).muted, size=FONT_SIZE - 1)
        else:
            write(fig, f"<b>{_written(value, measure, names)}</b>", 1, at[i], anchor="right", shift=70)
    return fig.figure()


def replay(frame: pd.DataFrame, names: Names, theme: Theme, *, best: str, measure: Measure = "amount") -> Figure:
    """Actual (columns) and what each method had said (marks) per past quarter of one segment (rows of the replay,
    oldest first); the line is P10 to P90 of the method `best`."""
    *_, total, low, high, actual = _COLUMNS[measure]
    if frame.empty or not frame[total].notna().any():
        return message(theme, names.text("empty"))
    colours, colour = palette(theme), ink(theme, _segment(frame), names.order)
    fig = Sheet(theme, _HEIGHT)
    fig.set(
        margin={"l": 52, "r": 8, "t": 12, "b": 84, "pad": 2},
        legend={**key(theme), "y": -0.12},
        showlegend=True,
        yaxis={"showgrid": True, "nticks": 5, "rangemode": "tozero", **_axis(frame, measure, total, actual, names)},
    )
    came = frame.drop_duplicates("period")
    place = {period: i for i, period in enumerate(came["period"])}
    shown = list(place)[(len(place) - 1) % 2 :: 2]  # every other name fits at 390 pixels
    fig.set(xaxis={"tickangle": 0, "tickvals": [place[p] for p in shown], "ticktext": [label(p) for p in shown]})
    fig.bar(
        x=[i + _COLUMN for i in place.values()],
        y=column(came, actual),
        marker={"color": colour.actual},
        width=_WIDTH,
        name=names.text("actual"),
        hoverinfo="text",
        hovertext=[f"{label(r['period'])} · {_written(r[actual], measure, names)}" for r in came.to_dict("records")],
    )
    for number, method in enumerate(dict.fromkeys(frame["method"])):
        rows = frame[(frame["method"] == method) & frame[total].notna()]
        if rows.empty:
            continue
        mine = colours.text if method == best else colours.muted
        fig.scatter(
            x=[place[p] + _FIRST_MARK + number * _NEXT_MARK for p in rows["period"]],
            y=column(rows, total),
            mode="markers",
            name=names.text(f"forecast_{method}"),
            marker={"symbol": _SYMBOLS[method], "size": 9, "color": mine,
                    "line": {"width": 1.5, "color": colours.background if method == "historical" else mine}},
            error_y=_range(rows, total, low, high, colours.text) if method == best else None,
            hoverinfo="text",
            hovertext=[_said(r, names, measure) for r in rows.to_dict("records")],
        )  # fmt: skip
    return fig.figure()


def _segment(frame: pd.DataFrame) -> str | None:
    return str(frame["segment"].iloc[0]) if "segment" in frame else None


def _part(name: str) -> str:
    return {"won": "won", "expected": "open", "later": "later"}[name.removesuffix("_amount")]


def _target(fig: Sheet, target: float, place: Rows, names: Names, theme: Theme) -> None:
    colours = palette(theme)
    ends = [place.bar_at(0) - place.bar, place.bar_at(place.count - 1) + place.bar]
    fig.scatter(x=[target, target], y=ends, mode="lines", line={"color": colours.text, "width": 1.5, "dash": "dash"},
                name=f"{names.text('forecast_target')} {show.amount(target, names.lang)}", showlegend=True,
                hoverinfo="skip", cliponaxis=False)  # fmt: skip


def _range(rows: pd.DataFrame, total: str, low: str, high: str, colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (rows[high] - rows[total]).clip(lower=0).tolist(),
        "arrayminus": (rows[total] - rows[low]).clip(lower=0).tolist(),
        "color": colour,
        "thickness": 1.5,
        "width": 4,
    }


def _axis(frame: pd.DataFrame, measure: Measure, total: str, actual: str, names: Names) -> dict[str, Any]:
    """Ticks written as people read amounts: 万 and 亿 are no units that Plotly knows."""
    largest = max(v for c in (total, actual) for v in [known(frame[c].max())] if v is not None)
    if measure == "count" or not largest:
        return {}
    rough = largest / 4
    power = 10 ** floor(log10(rough))
    step = next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= rough)
    at = [step * i for i in range(5)]
    scale = show.scale_of([largest], names.lang)
    return {"tickmode": "array", "tickvals": at, "ticktext": [show.amount(v, names.lang, scale=scale) for v in at]}


def _written(value: Any, measure: Measure, names: Names) -> str:
    return show.amount(value, names.lang) if measure == "amount" else show.number(value)


def _words(row: dict[Any, Any], names: Names, measure: Measure) -> str:
    won, opened, later, total, low, high, _ = _COLUMNS[measure]
    lines = [names.text(f"forecast_{row['method']}")]
    lines += [f"{names.text(f'forecast_{_part(c)}')}: {_written(row[c], measure, names)}" for c in (won, opened, later)]
    ends = {name: _written(row[c], measure, names) for name, c in (("low", low), ("high", high))}
    spread = names.text("forecast_between", **ends)
    return "<br>".join([*lines, f"{_written(row[total], measure, names)} ({spread})"])


def _said(row: dict[Any, Any], names: Names, measure: Measure) -> str:
    total, error = _COLUMNS[measure][3], row["error" if measure == "amount" else "count_error"]
    off = f"{show.number(error * 100, signed=True)}%" if known(error) is not None else show.UNKNOWN
    head = names.text(f"forecast_{row['method']}")
    return f"{head} · {label(row['period'])}<br>{_written(row[total], measure, names)} ({off})"
