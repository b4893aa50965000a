"""How good the data are, and how far bad ones could move the numbers: what to fix first."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics import cards, findings_quality, i18n
from analytics import format as fmt
from analytics.cards.quality import BY, EFFECTS, EFFECTS_KINDS, effects_in_words
from analytics.metrics import registry
from analytics.view import View
from pages._parts import cache, chart_card, context, side_by_side, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.kpi_tile import Figure, tiles_by_segment
from pages._parts.side_by_side import table_card

TILES = ("completeness", "duplicates", "unknown", "freshness")
_TWINS = ["certainty_name", "evidence_name", "first_id", "other_id", "first_name", "other_name", "product_line",
          "amount"]


def render(view: View) -> None:
    """Draw the page."""
    ask, look, made = cache.ask(), context.look(), cards.quality
    with states.guard("quality_tiles"):
        tiles_by_segment(view, "quality", TILES, _figure)
    with states.guard("quality_effects"):
        side_by_side.draw(made.effects(ask, view, look))
        _fix_list(view)
    with states.guard("quality_fields"):
        side_by_side.draw(made.fields(ask, view, look))
    with states.guard("quality_by"):
        by = view_state.choose("quality_by", t("quality.by"), list(BY), BY[0],
                               {d: i18n.dimension_label(d, look.lang) for d in BY}, width=260)
        side_by_side.draw(made.completeness(ask, view, look, by))
    _twins(view)
    with states.guard("quality_unknowns"):
        side_by_side.draw(made.unknowns(ask, view, look))
    _sources(view)


def _figure(key: str, row: dict[Any, Any]) -> Figure:
    look = context.look()
    name = look.called("segment", row["segment"]) if row["segment"] else registry.get(f"quality.{key}").label[look.lang]
    if not fmt.is_known(row["value"]):
        return Figure(name, fmt.UNKNOWN, t(f"reason.{row['reason']}"))
    counts = findings_quality.kinds(row, look.lang) if key == "duplicates" else ""
    note = t("quality.tile.duplicates" if counts else "quality.tile.n", n=fmt.number(row.get("n")), kinds=counts)
    return Figure(name, fmt.rate(row["value"]), note)


def _fix_list(view: View) -> None:
    """The problems with their bounds, and the opportunities behind a chosen one."""
    found = cache.ask().quality_effects(view)
    if found.empty:
        return
    frame = effects_in_words(found, context.look())
    with st.container(border=True, key="quality_fix", gap="xsmall"), states.guard("quality_fix"):
        st.caption(md_escape(t("quality.effects.measured")))
        chosen = table.show(frame, EFFECTS, kinds=EFFECTS_KINDS, alt=t("quality.effects.chart"),
                            key="quality_fix_table", select=True)
        if chosen is None:
            return
        row = frame.iloc[chosen]
        found = cache.ask().quality_rows(view, str(row["problem"]), str(row["segment"]))
        said = t("quality.rows", n=fmt.number(found.attrs.get("total", len(found))), problem=row["problem_name"])
        st.markdown(f"**{md_escape(said)}**")
        picked = table.show(found, list(chart_card.BEHIND), alt=said, key="quality_rows_table", select=True)
        if picked is not None:
            view_state.go("opportunity", id=str(found.iloc[picked]["opportunity_id"]))


def _twins(view: View) -> None:
    with states.guard("quality_twins"):
        here = context.now()
        found = cache.ask().quality_twins(view)
        said = findings_quality.recorded_twice(cache.ask().quality_twin_groups(view), here.lang, here.settings)
        frame = found.assign(certainty_name=[t(f"quality.certainty.{c}") for c in found["certainty"]],
                             evidence_name=[t(f"quality.evidence.{k}") for k in found["kind"]])
        codes = {name: fmt.number(n) for name, n in cache.ask().quality_codes(view).items()}
        caption = t("text.two", first=t("quality.twins.measured"), second=t("quality.codes", **codes))
        shown = [name for name in _TWINS if frame.empty or frame[name].notna().any()]
        table_card(said.text, caption, frame, key="quality_twins", columns=shown, nothing="")


def _sources(view: View) -> None:
    with states.guard("quality_sources"):
        days = context.now().settings.quality.stale_days
        frame = cache.ask().quality_sources(view)
        frame = frame.assign(source_name=[t(f"quality.source.{s}") for s in frame["source"]])
        stale = list(frame.loc[frame["is_stale"], "source_name"])
        title = t("quality.sources.fresh", days=days)
        if stale:
            title = t("quality.sources.stale", names=t("view.and").join(stale))
        absent = list(frame.loc[~frame["is_loaded"], "source_name"])
        caption = t("quality.sources.measured", days=days)
        if absent:
            caption = t("text.two", first=caption, second=t("quality.sources.absent", names=t("view.and").join(absent)))
        table_card(title, caption, frame[frame["is_loaded"]], key="quality_sources",
                   columns=["source_name", "first_on", "last_on", "age_days"],
                   kinds={"first_on": "date", "last_on": "date", "age_days": "number"})


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
