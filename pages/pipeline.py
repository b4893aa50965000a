"""Is the pipeline healthy? What moved it, who pushes it, is it enough, how old is it, what do its records lack."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, cast

import pandas as pd
import streamlit as st

from analytics import bridge as moves
from analytics import findings_pipeline as findings
from analytics import format as fmt
from analytics import i18n, pipeline_health
from analytics import pipeline as stocks
from analytics import pushes as pushing
from analytics.charts import ageing, bridge, coverage_target, pushes, shares, stock
from analytics.charts import facets as parts
from analytics.charts.facets import Facet
from analytics.charts.names import Names
from analytics.charts.stock import By
from analytics.charts.style import label
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, states, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import A_ROW, placed

WEIGHTS = ("amount", "count")
PUSHED_BY = ("team", "owner_id", "product_line", "segment")
#: Most groups that the card of pushes draws.
_ROWS = 12
_BRIDGE = ["part", "n", "amount", "amount_missing", "effect", "effect_n", "became_known"]
_PUSHES = [
    "n",
    "pushed",
    "value",
    "low",
    "high",
    "rest",
    "pushed_month",
    "pushed_quarter",
    "repeated",
    "pulled",
    "moves",
    "days_mean",
    "late",
    "usual",
    "amount",
    "amount_missing",
]
_COVERAGE = [
    "quarter",
    "segment",
    "n",
    "amount",
    "amount_missing",
    "overdue",
    "target",
    "won_amount",
    "remaining",
    "value",
    "needed",
    "needed_low",
    "needed_high",
    "win_rate",
    "win_n",
    "reason",
]
_AGEING = [
    "stage",
    "n",
    "amount",
    "amount_missing",
    "fast",
    "usual",
    "slow",
    "stuck",
    "paused",
    "unknown",
    "slow_amount",
    "p50",
    "p75",
    "p90",
    "value",
    "reason",
]
_AMOUNTS = dict.fromkeys(("effect", "target", "remaining", "slow_amount"), "amount")
_COUNTS = dict.fromkeys(
    (
        "amount_missing",
        "effect_n",
        "became_known",
        "pushed",
        "pushed_month",
        "pushed_quarter",
        "repeated",
        "pulled",
        "moves",
        "late",
        "overdue",
        "win_n",
        "fast",
        "usual",
        "slow",
        "stuck",
        "paused",
        "unknown",
    ),
    "number",
)
_KINDS = (
    _AMOUNTS
    | _COUNTS
    | {
        "rest": "rate",
        "usual": "rate",
        "win_rate": "rate",
        "days_mean": "days",
        "p50": "days",
        "p75": "days",
        "p90": "days",
    }
)


def render(view: View) -> None:
    """Draw the page: what moved the pipeline first, then what it is made of and what is wrong with it."""
    stock_now = cache.ask().metric("pipeline.open", view, ("pipeline", "segment", "stage"))
    segments = _segments(view)
    if not stock_now["n"].any() and not cache.ask().bridge(view)["n"].any():
        states.empty()
        return
    weight = _weight(stock_now)
    _bridges(view, segments, weight)
    with states.guard("pipeline_stock"):
        _stock(view, stock_now, weight)
    with states.guard("pipeline_pushes"):
        _pushes(view)
    with states.guard("pipeline_coverage"):
        _coverage(view, segments)
    with states.guard("pipeline_ageing"):
        _ageing(view)
    with states.guard("pipeline_grades"):
        _grades(view)
    _records(view, segments)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _weight(frame: pd.DataFrame) -> By:
    """Amounts or numbers; numbers alone where no amount is known."""
    if not frame["amount"].notna().any():
        return "count"
    return cast(
        By,
        view_state.choose(
            "weight",
            t("pipeline.weight"),
            list(WEIGHTS),
            WEIGHTS[0],
            {w: t(f"pipeline.weight.{w}") for w in WEIGHTS},
            kind="segments",
        ),
    )


def _segments(view: View) -> list[str]:
    """The segments of the view; [""] (all together) where none is known."""
    chosen = view.filters.get("segment")
    known = [key for key, _ in cache.ask().options(view).get("segment", []) if key != UNKNOWN]
    return [key for key in known if not chosen or key in chosen] or [""]


def _called(dimension: str, value: str | None) -> str:
    here = context.now()
    if dimension == "owner_id" and value != UNKNOWN:
        return cache.owner_names().get(str(value), str(value))
    return i18n.label(dimension, value, here.lang, here.settings)


def _what(segment: str) -> str:
    return _called("segment", segment) if segment else t("pipeline.all")


def _of(view: View, segment: str) -> View:
    return view.with_(filters=view.filters.with_(segment=[segment])) if segment else view


def _beside(segments: list[str]) -> Iterator[tuple[int, str]]:
    for start in range(0, len(segments), A_ROW):
        shown = segments[start : start + A_ROW]
        for number, (place, segment) in enumerate(zip(st.columns(len(shown)), shown, strict=True), start):
            with place:
                yield number, segment


def _bridges(view: View, segments: list[str], weight: By) -> None:
    """One bridge a segment, on one scale."""
    found = {segment: cache.ask().bridge(_of(view, segment)) for segment in segments}
    effect = "effect" if weight == "amount" else "effect_n"
    reach = max(moves.reach(frame, effect) for frame in found.values())
    levels = {segment: moves.level(frame, effect) for segment, frame in found.items()}
    for number, segment in _beside(segments):
        with states.guard("pipeline_bridge"):
            frame = found[segment]
            extent = reach if moves.fits(levels[segment], levels.values()) else None
            figure = bridge.waterfall(
                frame, _names(), context.theme(), by=weight, segment=segment or None, extent=extent
            )
            shown = frame.assign(part=[t(f"charts.bridge_{part}") for part in frame["part"]])
            measured = t(f"pipeline.bridge.measured.{weight}", since=_since(view))
            if extent is None:
                measured = f"{measured} · {t('pipeline.own_scale')}"
            chart_card(
                findings.moved(frame, context.lang(), what=_what(segment)).text,
                figure,
                shown,
                key=f"pipeline_bridge_{number}",
                view=view,
                measured=measured,
                definition_key="pipeline.bridge",
                columns=_BRIDGE,
                kinds=_KINDS,
                question="pipeline.bridge",
                with_period=False,
            )


def _since(view: View) -> str:
    until = min(view.end, view.as_of) if view.end else view.as_of
    first = view.start - timedelta(days=1) if view.start else until - timedelta(days=30)
    return t("pipeline.bridge.days", first=fmt.day(first, context.lang()), last=fmt.day(until, context.lang()))


def _stock(view: View, frame: pd.DataFrame, weight: By) -> None:
    here = context.now()
    shown = parts.facets(frame, here.settings)
    widest = parts.largest([frame], "n" if weight == "count" else "amount")
    for number, facet in placed(shown):
        part = facet.of(frame)
        n, amount = stocks.total(part)
        key = "pipeline.stock.count" if amount is None else "pipeline.stock"
        chart_card(
            t(
                key,
                segment=facet.name(here.lang, here.settings),
                n=fmt.number(n),
                amount=fmt.amount(amount, here.lang),
            ),
            stock.stages(part, _names(), here.theme, by=weight, extent=widest),
            part,
            key=f"pipeline_stock_{number}",
            view=view,
            measured=_as_of(view),
            definition_key="pipeline.open",
            columns=["stage", "n", "amount", "amount_missing", "weighted", "paused", "overdue", "future"],
            kinds=_KINDS | {"future": "number"},
            question="pipeline.open",
            with_period=False,
        )


def _as_of(view: View) -> str:
    return t("pipeline.as_of", day=fmt.day(view.as_of, context.lang()))


def _pushes(view: View) -> None:
    """Who pushes, and in which weeks."""
    lang = context.lang()
    by = view_state.choose(
        "pushed_by",
        t("pipeline.pushed_by"),
        list(PUSHED_BY),
        PUSHED_BY[0],
        {d: i18n.dimension_label(d, lang) for d in PUSHED_BY},
        kind="segments",
    )
    frame = cache.ask().pushes(view, by)
    name = partial(_called, by)
    said = findings.pushes(frame, by, lang, name=name)
    drawn = frame[frame["n"] > 0].head(_ROWS)
    average = pushing.share(frame)
    if average is None:
        _not_measured("pipeline_pushes", said.text, "pipeline.pushes.needs")
        return
    figure = shares.rows(
        drawn,
        _names(),
        context.theme(),
        title=lambda r: label(name(r[by]), 30),
        mark=(by, "outcome"),
        average=average,
    )
    shown = frame.assign(**{by: frame[by].map(name)})
    chart_card(
        said.text,
        figure,
        shown,
        key="pipeline_pushes",
        view=view,
        measured=t("pipeline.pushes.measured"),
        definition_key="pipeline.pushes",
        columns=[by, *_PUSHES],
        kinds=_KINDS,
        mark_question=partial(_pushed, by),
    )
    weeks = cache.ask().push_weeks(view, by)
    if weeks.empty:
        return
    who = pushing.foremost(frame, by)
    part = pushing.weeks_of(weeks, by, who)
    chart_card(
        t("pipeline.weeks", name=name(who) if who is not None else t("pipeline.all")),
        pushes.weeks(part, _names(), context.theme()),
        part,
        key="pipeline_weeks",
        view=view,
        drill=False,
        measured=t("pipeline.weeks.measured"),
        columns=["week", "pushes", "over_quarter"],
        kinds={"week": "date", "pushes": "number", "over_quarter": "number"},
    )


def _not_measured(key: str, title: str, what: str) -> None:
    """A card that says which data are missing, instead of a chart of nothing."""
    with st.container(border=True, key=key):
        st.header(md_escape(title), anchor=False)
        states.not_measured(what)


def _pushed(by: str, point: Any) -> dict[str, Any] | None:
    found = point.get("customdata")
    items = list(found.values()) if isinstance(found, dict) else found
    return {"question": "pipeline.pushes", by: items[0], "outcome": "pushed"} if items else None


def _coverage(view: View, segments: list[str]) -> None:
    frame = cache.ask().target_coverage(view, ("segment",) if segments != [""] else ())
    if "segment" in frame:
        frame = frame[frame["segment"].isin(segments)].reset_index(drop=True)
    name = partial(_called, "segment")
    titles = [
        f"{row['quarter']} {name(row['segment']) if 'segment' in row else ''}".strip()
        for row in frame.to_dict("records")
    ]
    said = findings.covered(frame, context.lang(), name=name)
    measured = t("pipeline.coverage.measured")
    if not frame["target"].notna().any():
        _not_measured("pipeline_coverage", said.text, "pipeline.coverage.needs")
        return
    chart_card(
        said.text,
        coverage_target.rows(frame, _names(), context.theme(), titles=titles),
        frame,
        key="pipeline_coverage",
        view=view,
        measured=measured,
        definition_key="pipeline.coverage",
        columns=_COVERAGE,
        kinds=_KINDS | dict.fromkeys(("value", "needed", "needed_low", "needed_high"), "points"),
        question="pipeline.open",
        with_period=False,
    )


def _ageing(view: View) -> None:
    here = context.now()
    frame = cache.ask().metric("pipeline.ageing", view, ("segment",))
    shown = parts.facets(frame, here.settings)
    widest = parts.largest([frame], "n")
    for number, facet in placed(shown):
        part = facet.of(frame)
        stage = partial(here.settings.stage_label, facet.pipeline, lang=here.lang)
        chart_card(
            findings.aged(part, here.lang, what=facet.name(here.lang, here.settings), name=stage).text,
            ageing.stages(part, _names(), here.theme, segment=facet.segment, extent=widest),
            part,
            key=f"pipeline_ageing_{number}",
            view=view,
            measured=f"{t('pipeline.ageing.measured')} · {_as_of(view)}",
            definition_key="pipeline.ageing",
            columns=_AGEING,
            kinds=_KINDS,
            question="pipeline.ageing",
            with_period=False,
        )


def _grades(view: View) -> None:
    here = context.now()
    frame = cache.ask().metric("pipeline.open", view, ("pipeline", "segment", "stage", "grade"))
    if frame.empty or not (frame["grade"] != UNKNOWN).any():
        return
    for number, facet in placed(parts.facets(frame, here.settings)):
        part = stocks.graded(facet.of(frame))
        chart_card(
            _grade_title(facet, part),
            ageing.grades(part, _names(), here.theme, segment=facet.segment),
            part,
            key=f"pipeline_grades_{number}",
            view=view,
            measured=f"{t('pipeline.grades.measured')} · {_as_of(view)}",
            definition_key="pipeline.open",
            columns=["stage", "grade", "n", "amount", "amount_missing", "overdue"],
            kinds=_KINDS,
            question="pipeline.open",
            with_period=False,
        )


def _grade_title(facet: Facet, part: pd.DataFrame) -> str:
    here = context.now()
    most = part.loc[part["share"].idxmax()]
    return t(
        "pipeline.grades",
        segment=facet.name(here.lang, here.settings),
        grade=_called("grade", most["grade"]),
        stage=here.settings.stage_label(most["pipeline"], most["stage"], here.lang),
        share=fmt.rate(most["share"]),
        of=t(f"pipeline.grades.{most['measure']}"),
    )


def _records(view: View, segments: list[str]) -> None:
    """Gaps in records, what the stock is made of, and whom it hangs on: one card a segment each."""
    for card in (_hygiene, _split, _concentration):
        for number, segment in _beside(segments):
            with states.guard(f"pipeline{card.__name__}"):
                card(view, segment, number)


def _hygiene(view: View, segment: str, number: int) -> None:
    row = cache.ask().metric("pipeline.hygiene", _of(view, segment)).iloc[0].to_dict()
    frame = pipeline_health.issues(row).assign(segment=segment or None)
    frame = frame.assign(issue=[t(f"pipeline.issue.{issue}") for issue in frame["outcome"]])
    figure = shares.rows(
        frame,
        _names(),
        context.theme(),
        title=lambda r: label(r["issue"], 36),
        segment=segment or None,
        mark=("segment", "outcome"),
    )
    chart_card(
        findings.gaps(row, context.lang(), what=_what(segment)).text,
        figure,
        frame,
        key=f"pipeline_hygiene_{number}",
        view=view,
        measured=f"{t('pipeline.hygiene.measured')} · {_as_of(view)}",
        definition_key="pipeline.hygiene",
        columns=["issue", "n", "value", "amount", "reason"],
        kinds={"value": "rate"},
        question="pipeline.hygiene",
        with_period=False,
    )


def _split(view: View, segment: str, number: int) -> None:
    frame = stocks.split(cache.ask().metric("pipeline.open", _of(view, segment), ("type",)))
    frame = frame.assign(segment=segment or None)
    if frame.empty or set(frame["type"]) == {UNKNOWN}:
        return
    name = partial(_called, "type")
    figure = shares.rows(
        frame,
        _names(),
        context.theme(),
        title=lambda r: label(name(r["type"])),
        segment=segment or None,
        mark=("segment", "type"),
    )
    chart_card(
        findings.split(frame, context.lang(), what=_what(segment), name=name).text,
        figure,
        frame,
        key=f"pipeline_split_{number}",
        view=view,
        measured=f"{t('pipeline.split.' + frame['measure'].iloc[0])} · {_as_of(view)}",
        definition_key="pipeline.open",
        columns=["type", "n", "amount", "amount_missing", "value"],
        kinds=_KINDS,
        question="pipeline.open",
        with_period=False,
    )


def _concentration(view: View, segment: str, number: int) -> None:
    asked = _of(view, segment)
    row = cache.ask().metric("pipeline.concentration", asked).iloc[0].to_dict()
    if not fmt.is_known(row["value"]):
        return
    frame = cache.ask().largest_accounts(asked)
    frame = pipeline_health.shares(frame, row).assign(segment=segment or None)
    figure = shares.rows(
        frame,
        _names(),
        context.theme(),
        title=lambda r: label(r["account_name"], 30),
        segment=segment or None,
        mark=("segment", "account_id"),
    )
    hhi = t("pipeline.held.hhi", hhi=fmt.number(row["hhi"], digits=3), without=fmt.number(row["without_account"]))
    chart_card(
        findings.held(row, context.lang(), what=_what(segment)).text,
        figure,
        frame,
        key=f"pipeline_concentration_{number}",
        view=view,
        measured=f"{hhi} · {_as_of(view)}",
        definition_key="pipeline.concentration",
        columns=["account_name", "n", "amount", "amount_missing", "value"],
        kinds=_KINDS,
        question="pipeline.open",
        with_period=False,
    )


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
