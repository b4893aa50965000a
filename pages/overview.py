"""The value board: four lines with a sentence and tiles each, who stands out, baseline against now, how wins move."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics import cards, findings_value, periods
from analytics import format as fmt
from analytics.cards.card import Look
from analytics.cards.overview import Row, ahead_of, board_of, changed, named, sentence, several, verdict, written
from analytics.charts import spark
from analytics.headline import AHEAD, LINES
from analytics.metrics import registry
from analytics.view import View
from data.scope import UNKNOWN, Scope
from pages._parts import cache, context, filter_bar, side_by_side, states, table
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import Figure, kpi_tile
from pages._parts.value_parts import prepare as prepare_standing_out
from pages._parts.value_parts import standing_out

#: tiles side by side
_A_LINE = 4
_BASELINE = ["indicator", "segment", "baseline_said", "now_said", "change_said", "verdict", "line"]


def render(view: View) -> None:
    """Draw the page: what matters on each line in a sentence, the tiles, then who and where, then the long view."""
    ask, look = cache.ask(), context.look()
    segments = several(ask, view)
    with states.guard("overview_board"):
        board = board_of(ask, view)
        _short(board, view)
        places = {line: _line(line, keys, board) for line, keys in LINES.items()}
        _not_named(view, segments)
    with states.guard("overview_ahead"), places["order"]:
        _tiles(AHEAD, ahead_of(ask, view))
    standing_out(view)
    with states.guard("overview_baseline"):
        _baseline(view, segments)
    with states.guard("overview_mix"):
        side_by_side.draw(cards.overview.mix(ask, view, look))
    with states.guard("overview_wins"):
        side_by_side.draw(cards.overview.wins(ask, view, look))


def prepare(store: str, load_id: int, scope: Scope) -> None:
    """Ask what the page shows to a viewer who has chosen nothing, so that the first one finds the answers.

    From the end to the beginning: a viewer who is here already asks from the beginning, and they meet half-way.
    """
    company = cache.company(store, load_id)
    ask = cache.asked(store, load_id, scope)
    view = filter_bar.first_view(company.last_day, scope)
    ask.options(View(view.as_of))
    look = Look(company.settings.organisation.language, company.settings, "light")
    for cards_of in (cards.overview.wins, cards.overview.mix):
        cards_of(ask, view, look)
    prepare_standing_out(ask, view)
    if several(ask, view):
        ask.metric("pipeline.open", view, ("segment",))
    ahead_of(ask, view)
    board_of(ask, view)
    cache.owners_of(ask, company)


def _short(board: Sequence[Row], view: View) -> None:
    """What matters on each line, one sentence each."""
    look = context.look()
    with st.container(border=True, key="overview_short", gap="xsmall"):
        st.header(t("value.short"), anchor=False)
        for line, keys in LINES.items():
            rows = [row for row in board if row["key"] in keys]
            st.markdown(f"**{md_escape(t(f'value.line.{line}'))}** · {md_escape(sentence(line, rows, look))}")
        if view.compare != "none" and not any(fmt.is_known(row["change"]) for row in board):
            st.text(t("overview.changes.nothing"))


def _line(line: str, keys: Sequence[str], board: Sequence[Row]) -> DeltaGenerator:
    """The tiles of one line, and the place below them."""
    st.subheader(t(f"value.line.{line}"), anchor=False)
    if not any(fmt.is_known(row["value"]) for row in board if row["key"] in keys):
        st.info(md_escape(t(f"value.line.{line}.unmeasured")), icon=":material/database_off:")
    else:
        _tiles(keys, board)
    return st.container()


def _tiles(keys: Sequence[str], board: Sequence[Row]) -> None:
    """Tiles side by side on wide screens, each in the full width on narrow ones."""
    for start in range(0, len(keys), _A_LINE):
        for place, key in zip(st.columns(_A_LINE), keys[start:start + _A_LINE], strict=False):
            with place:
                _tile(key, [row for row in board if row["key"] == key])


def _tile(key: str, rows: Sequence[Row]) -> None:
    """One metric: each segment on its own, or the one that is shown; once for all where nothing of it is measured."""
    if not any(row["n"] for row in rows) and len({row["reason"] for row in rows}) == 1:
        rows = [{name: value for name, value in rows[0].items() if name != "segment"}]
    name = registry.get(key).label[context.lang()]
    nothing = Figure(name, fmt.UNKNOWN, t("value.unmeasured", reason=t("reason.no_target")))  # ahead: no plan is loaded
    kpi_tile(name, [_figure(row, name) for row in rows] or [nothing], key=f"overview_{key.replace('.', '_')}",
             definition_key=key)


def _figure(row: Row, name: str) -> Figure:
    look, segment = context.look(), row.get("segment")
    course = pd.DataFrame(row["trend"], columns=["period", "value", "n"])
    change = changed(row, look)
    return Figure(
        look.called("segment", segment) if segment else name, written(row, row["value"], look), _note(row), change,
        is_up=None if not change or not row["change"] else row["change"] > 0,
        is_good=None if row["is_real"] is False else row["is_good"],  # chance is neither good nor bad
        trend="" if row["reason"] else spark.line(course, context.theme(), segment=row["of"]),
        trend_alt=t("overview.trend.alt", what=named(row, look), values=t("view.and").join(
            f"{p} {written(row, v, look)}" for p, v in zip(course["period"], course["value"], strict=True))))


def _note(row: Row) -> str:
    """n, the interval, the standard, and whether the change is more than chance; or why there is no value."""
    look = context.look()
    n = t("common.n", n=fmt.number(row["n"], look.lang))
    if row["reason"]:
        said = t("value.unmeasured", reason=t("reason." + row["reason"]))
        return f"{said} · {n}" if row["n"] else said
    parts = [fmt.period(periods.parse(row["ahead"]), look.lang), n] if row["ahead"] else [n]
    if fmt.is_known(row["low"]) and fmt.is_known(row["high"]):
        parts.append(t("common.range", low=written(row, row["low"], look), high=written(row, row["high"], look)))
    if fmt.is_known(row["target"]):
        met = ".met" if row["status"] == "green" else ""
        key = f"value.{'target' if row['ahead'] else 'standard'}{met}"
        parts.append(t(key, target=written(row, row["target"], look)))
    if fmt.is_known(row["change"]):
        verdict = {None: "value.untested", True: "overview.real", False: "overview.chance"}[row["is_real"]]
        parts.append(t(verdict))
    return " · ".join(parts)


def _not_named(view: View, segments: Sequence[str]) -> None:
    """How many open opportunities belong to no known segment: nobody is left out in silence."""
    if not segments or view.filters.get("segment"):
        return
    frame = cache.ask().metric("pipeline.open", view, ("segment",))
    for n in frame.loc[(frame["segment"] == UNKNOWN) & (frame["n"] > 0), "n"]:
        st.caption(md_escape(t("value.not_named", n=fmt.number(n, context.lang()))))


@st.fragment
def _baseline(view: View, segments: Sequence[str]) -> None:
    """Each indicator in the baseline and now, worked out only when somebody unfolds it: it judges years, not weeks."""
    with st.container(border=True, key="overview_baseline", gap="xsmall"):
        st.header(t("value.baseline.card"), anchor=False)
        fold = st.expander(t("value.baseline.unfold"), on_change="rerun", key="overview_baseline_fold")
        if fold.open:
            with fold, states.guard("overview_baseline"):
                _compared(view, segments)


def _compared(view: View, segments: Sequence[str]) -> None:
    look = context.look()
    frame = cache.ask().value_baseline(view, ("segment",)) if segments else cache.ask().value_baseline(view)
    if segments:
        frame = frame[frame["segment"].isin(segments)]
    said = findings_value.baseline(frame, look.lang)
    st.text(said.text)
    if frame.empty:
        return
    period = fmt.period(periods.parse(frame["baseline"].iloc[0]), look.lang)
    st.caption(md_escape(t("value.baseline.measured", period=period)))
    lines = {key: line for line, keys in LINES.items() for key in keys}
    ordered = sorted(frame.to_dict("records"), key=lambda row: list(lines).index(row["key"]))  # line by line
    rows = [{"line": t(f"value.line.{lines[row['key']]}"), "indicator": registry.get(row["key"]).label[look.lang],
             "segment": row.get("segment", ""), "baseline_said": written(row, row["other_value"], look),
             "now_said": written(row, row["value"], look), "change_said": changed(row, look) or fmt.UNKNOWN,
             "verdict": t(f"value.verdict.{verdict(row)}")} for row in ordered]
    table.show(pd.DataFrame(rows), _BASELINE if segments else [c for c in _BASELINE if c != "segment"], alt=said.text,
               key="overview_baseline_table", height="content")


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
