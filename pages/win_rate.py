"""Is the win rate really moving, and why? Limits, mix and rate, rivals, movers, and whether the prediction is true."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pandas as pd
import streamlit as st

from analytics import findings_comparison, findings_strategy, findings_win, i18n, win_comparison, win_groups
from analytics import format as fmt
from analytics.charts import control, expected, movers, reliability, shares, split
from analytics.charts import facets as parts
from analytics.charts.facets import Facet
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.metrics import registry
from analytics.view import View
from analytics.win_questions import LOOKED_AT
from analytics.win_trend import Grain, Measure
from data.scope import UNKNOWN
from pages._parts import cache, context, definition, states, table, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import not_shown, placed, table_card

GRAINS = ("quarter", "month", "week")
MEASURES = ("count", "amount", "decided")
_TREND = [
    "period",
    "n",
    "won",
    "lost",
    "no_decision",
    "value",
    "low",
    "high",
    "centre",
    "lower",
    "upper",
    "signal",
    "open_overdue",
    "with_overdue",
]
_TREND_KINDS = dict.fromkeys(("centre", "lower", "upper", "with_overdue"), "rate") | dict.fromkeys(
    ("no_decision", "open_overdue"), "number"
)
_SPLIT = [
    "n_before",
    "rate_before",
    "share_before",
    "n",
    "rate",
    "share",
    "change",
    "low",
    "high",
    "rate_effect",
    "mix",
    "contribution",
]
_SPLIT_KINDS = dict.fromkeys(
    ("rate_before", "share_before", "rate", "share", "change", "rate_effect", "mix", "contribution"), "rate"
) | {"n_before": "number"}
_GROUPS = ["n", "won", "lost", "value", "low", "high", "rest", "gap"]
_MOVERS = [
    "name",
    "account_name",
    "stage",
    "amount_base",
    "p_before",
    "p",
    "delta",
    "p_us",
    "g",
    "rival",
    "why",
    "happened",
    "assessed_week",
    "owner_name",
    "team",
]
_MOVERS_KINDS = dict.fromkeys(("p_before", "p", "delta", "p_us", "g", "crm"), "rate") | {"assessed_week": "date"}
_EXPECTED = [
    "stage",
    "n",
    "compared",
    "never_assessed",
    "lapsed",
    "phantom",
    "leading",
    "expected",
    "expected_low",
    "expected_high",
    "expected_if",
    "promised",
    "amount_expected",
    *(f"bin_{i}" for i in range(5)),
]
_EXPECTED_KINDS = (
    dict.fromkeys(("compared", "never_assessed", "lapsed", "phantom", "leading"), "number")
    | {"amount_expected": "amount"}
    | dict.fromkeys((f"bin_{i}" for i in range(5)), "number")
)
_RIVALS = [
    "rival",
    "n",
    "leading",
    "amount",
    "p_us",
    "p_rival",
    "need_us",
    "need_rival",
    "closeness_us",
    "closeness_rival",
]
_BINS = ["source", "bin_low", "bin_high", "n", "won", "predicted", "value", "low", "high"]
_SCORES = ["source", "n", "won", "predicted", "value", "brier", "reference", "auc", "worse_by"]
_STAGES = ["stage", "n", "won", "lost", "value", "low", "high", "shrunk", "default_probability", "path_unknown"]
_PREDICTED_KINDS = dict.fromkeys(("predicted", "bin_low", "bin_high", "auc"), "rate")


def render(view: View) -> None:
    """Draw the page: what can be said first, then the charts that it rests on."""
    grain, measure = _switches()
    whole = cache.ask().win_trend(view, grain, measure=measure)
    if whole.empty or not whole["n"].any():
        states.empty()
        return
    with states.guard("win_findings"):
        _findings(view, whole, grain, measure)
    _trends(view, whole, grain, measure)
    _why(view, measure)
    _comparison(view)
    _calibration(view)
    _stages(view)


def _switches() -> tuple[Grain, Measure]:
    left, right = st.columns(2)
    chosen = [
        view_state.choose(
            name,
            t(f"win_rate.{name}"),
            list(options),
            options[0],
            {o: t(f"win_rate.{name}.{o}") for o in options},
            where=place,
            kind="segments",
        )
        for name, options, place in (("grain", GRAINS, left), ("measure", MEASURES, right))
    ]
    st.caption(md_escape(t(f"win_rate.measure.{chosen[1]}.says")))
    return cast(Grain, chosen[0]), cast(Measure, chosen[1])


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _what(measure: str) -> str:
    return registry.get(f"win_rate.{measure}").label[context.lang()]


def _called(dimension: str, value: str | None) -> str:
    """What a group is called (plain text); owners by their names."""
    here = context.now()
    if dimension == "owner_id" and value != UNKNOWN:
        return cache.owner_names().get(str(value), str(value))
    return i18n.label(dimension, value, here.lang, here.settings)


def _findings(view: View, whole: pd.DataFrame, grain: Grain, measure: Measure) -> None:
    """The sentence that matters most as the title, then the others: what is certain before what is not."""
    asked = cache.ask()
    shifts = asked.win_shifts(view)
    found = findings_win.above_the_charts(
        shifts,
        asked.win_losses(view, shifts=shifts),
        asked.win_splits(view, "segment", measure=measure),
        whole,
        context.lang(),
        what=_what(measure),
        counted=_what("count"),
        called=_called,
        stage=lambda pipeline, stage: context.now().settings.stage_label(pipeline, stage, context.lang()),
    )
    clear = [f.text for f in found if f.strength == "clear"]
    rest = [f.text for f in found if f.strength != "clear"]
    first, others = (clear[0], clear[1:]) if clear else (rest[0], [])
    with st.container(border=True, key="win_findings", gap="xsmall"):
        st.header(md_escape(first), anchor=False)
        for text in others:
            st.markdown(f"- {md_escape(text)}")
        left = rest if clear else rest[1:]
        if left:
            st.caption(t("win_rate.findings.unclear"))
            for text in left:
                st.caption(f"- {md_escape(text)}")


def _trends(view: View, whole: pd.DataFrame, grain: Grain, measure: Measure) -> None:
    """All together, then segment beside segment on one scale."""
    split_up = cache.ask().win_trend(view, grain, ["segment"], measure=measure)
    keys = [
        s for s in dict.fromkeys(split_up["segment"]) if s != UNKNOWN and split_up[split_up["segment"] == s]["n"].any()
    ]
    groups = {s: split_up[split_up["segment"] == s].reset_index(drop=True) for s in keys}
    _trend_card("win_trend", whole, _what(measure), view, grain, measure, None, None)
    if len(groups) < 2:
        return
    extent = control.top(list(groups.values()))
    for number, facet in placed([Facet("", s) for s in groups]):
        segment = str(facet.segment)
        what = t("win_rate.of", name=_called("segment", segment))
        _trend_card(f"win_trend_{number}", groups[segment], what, view, grain, measure, segment, extent)


def _trend_card(
    key: str,
    frame: pd.DataFrame,
    what: str,
    view: View,
    grain: Grain,
    measure: Measure,
    segment: str | None,
    extent: float | None,
) -> None:
    with states.guard(key):
        figure = control.chart(frame, _names(), context.theme(), segment=segment, extent=extent, grain=grain)
        said = {s: t(f"win_rate.signal.{s}") for s in ("above", "below", "run_above", "run_below")}
        shown = frame.assign(signal=frame["signal"].map(lambda s: said.get(s, "")))
        chart_card(
            findings_win.level(frame, context.lang(), what=what).text,
            figure,
            shown,
            key=key,
            view=view.with_(start=None),
            measured=t("win_rate.trend.measured"),
            with_period=False,
            definition_key=f"win_rate.{measure}",
            columns=_TREND,
            kinds=_TREND_KINDS,
            question=f"win_rate.{measure}",
            drill=grain != "week",
        )


def _why(view: View, measure: Measure) -> None:
    """Why it changed, and who differs: one dimension for both, and the rivals always."""
    lang = context.lang()
    dimension = view_state.choose(
        "by", t("win_rate.by"), list(LOOKED_AT), LOOKED_AT[0], {d: i18n.dimension_label(d, lang) for d in LOOKED_AT}
    )
    _split(view, dimension, measure)
    if dimension == "segment":
        _simpson(view, measure)
    _groups(view, dimension, measure)
    if dimension != "main_competitor":
        _groups(view, "main_competitor", measure)


def _split(view: View, dimension: str, measure: Measure) -> None:
    with states.guard("win_split"):
        frame = cache.ask().win_split(view, dimension, measure=measure)
        said = findings_win.why(
            frame, context.lang(), what=_what(measure), by=dimension, name=partial(_called, dimension)
        )
        _split_card("win_split", said.text, t("win_rate.split.measured"), frame, view, dimension, measure)


def _simpson(view: View, measure: Measure) -> None:
    """The latest change that the mix turned round, wherever in the past it lies."""
    with states.guard("win_simpson"):
        splits, lang = cache.ask().win_splits(view, "segment", measure=measure), context.lang()
        said = findings_win.simpson(splits, lang, what=_what(measure), by="segment", name=partial(_called, "segment"))
        if said is None:
            return
        total = splits[splits["is_total"] & splits["is_simpson"] & splits["is_mix_real"]].iloc[-1]
        pair = splits[(splits["before"] == total["before"]) & (splits["now"] == total["now"])].reset_index(drop=True)
        measured = t("win_rate.simpson.measured", before=total["before"], now=total["now"])
        _split_card("win_simpson", said.text, measured, pair, view, "segment", measure, with_period=False)


def _split_card(
    key: str,
    title: str,
    measured: str,
    frame: pd.DataFrame,
    view: View,
    dimension: str,
    measure: Measure,
    with_period: bool = True,
) -> None:
    figure = split.effects(
        frame, _names(), context.theme(), by=dimension, title=lambda value: label(_called(dimension, value), 30)
    )
    shown = _readable(frame, dimension)
    chart_card(
        title,
        figure,
        shown,
        key=key,
        view=view,
        measured=measured,
        with_period=with_period,
        drill=False,
        definition_key=f"win_rate.{measure}",
        columns=[dimension, *_SPLIT],
        kinds=_SPLIT_KINDS,
    )


def _readable(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Groups by the names that people know; the total's row has none."""
    total = _names().text("whole")
    called = [_called(dimension, value) if value or "is_total" not in frame else total for value in frame[dimension]]
    return frame.assign(**{dimension: pd.Series(called, index=frame.index, dtype="str")})


def _groups(view: View, dimension: str, measure: Measure) -> None:
    """Who wins more and less: every group with its interval beside the period compared with."""
    with states.guard(f"win_groups_{dimension}"):
        metric, asked, lang = f"win_rate.{measure}", cache.ask(), context.lang()
        frame = asked.metric(metric, view, (dimension,))
        frame = frame[frame["n"] > 0].reset_index(drop=True)
        if set(frame[dimension]) <= {UNKNOWN}:
            return
        other = asked.compared(view)
        was = None if other is None else asked.metric(metric, other, (dimension,))
        before = None if was is None else dict(zip(was[dimension], was["value"], strict=True))
        whole = asked.metric(metric, view)
        title = t("win_rate.groups", dimension=i18n.dimension_label(dimension, lang).lower())
        if measure == "count":
            frame = win_groups.apart(frame, dimension)
            title = win_groups.said(frame, dimension, lang, what=title, name=partial(_called, dimension)).text
        figure = shares.rows(
            frame.head(_MOST_GROUPS),
            _names(),
            context.theme(),
            mark=(dimension,),
            by=dimension,
            before=before,
            title=lambda row: label(_called(dimension, row[dimension]), 34),
            average=whole["value"].iloc[0],
        )
        measured = t("win_rate.groups.amount" if measure == "amount" else "win_rate.groups.measured")
        chart_card(
            title,
            figure,
            _readable(frame, dimension),
            key=f"win_groups_{dimension}",
            view=view,
            measured=measured,
            definition_key=metric,
            columns=[dimension, *_GROUPS],
            kinds={"rest": "rate", "gap": "rate"},
            question=metric,
        )


#: rows of the chart by group; all are in the table
_MOST_GROUPS = 20


def _comparison(view: View) -> None:
    """What the comparison with the rivals says of what is open."""
    with states.guard("win_expected"):
        portfolio = cache.ask().win_portfolio(view)
        if not portfolio["compared"].any():
            with st.container(border=True, key="win_expected"):
                st.header(findings_comparison.expected(portfolio, context.lang()).text, anchor=False)
                states.not_measured("win_rate.comparison")
            return
        stages = portfolio[portfolio["stage"] != ""].reset_index(drop=True)
        chart_card(
            findings_comparison.expected(portfolio, context.lang()).text,
            expected.stages(stages, _names(), context.theme()),
            stages,
            key="win_expected",
            view=view,
            measured=t("win_rate.expected.measured"),
            with_period=False,
            definition_key="win_rate.comparison",
            columns=_EXPECTED,
            kinds=_EXPECTED_KINDS,
            question="win_rate.comparison",
        )
        _movers(view)
        _events(view)
        _rivals(view)
        _strategies(view)


def _why_moved(row: dict[Any, Any]) -> str:
    return findings_comparison.why(row, context.lang())


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The reason and the events in words."""
    why = [_why_moved(row) for row in frame.to_dict("records")]
    happened = [
        t("view.and").join(t(f"comparison.event.{code}") for code in win_comparison.named(codes))
        for codes in frame["happened"]
    ]
    return frame.assign(
        why=pd.Series(why, index=frame.index, dtype="str"), happened=pd.Series(happened, index=frame.index, dtype="str")
    )


def _movers(view: View) -> None:
    with states.guard("win_movers"):
        frame = cache.ask().win_movers(view)
        figure = movers.chart(frame, _names(), context.theme(), why=_why_moved)
        chart_card(
            findings_comparison.moved(frame, context.lang()).text,
            figure,
            _with_words(frame),
            key="win_movers",
            view=view,
            definition_key="win_rate.comparison",
            measured=t("win_rate.movers.measured"),
            with_period=False,
            drill=False,
            columns=_MOVERS,
            kinds=_MOVERS_KINDS,
        )


def _events(view: View) -> None:
    with st.container(border=True, key="win_events", gap="xsmall"), states.guard("win_events"):
        counts = cache.ask().win_events(view)
        n = int(counts["n"].iloc[-1])
        st.header(md_escape(t("win_rate.events", n=fmt.number(n, context.lang()))), anchor=False)
        st.caption(md_escape(t("win_rate.events.says")))
        definition.button("win_rate.comparison")
        if not n:
            st.text(t("win_rate.events.none"))
            return
        only = _event_counts(counts)
        frame = cache.ask().win_movers(view, only=only, limit=50)
        columns = [
            "name",
            "account_name",
            "stage",
            "amount_base",
            "happened",
            "p_before",
            "p",
            "rival",
            "assessed_week",
            "owner_name",
        ]
        row = table.show(
            _with_words(frame),
            columns,
            kinds=_MOVERS_KINDS,
            alt=t("win_rate.events", n=n),
            key="win_events_table",
            select=True,
            height=320,
        )
        if row is not None:
            view_state.go("opportunity", id=str(frame.iloc[row]["opportunity_id"]))


def _event_counts(counts: pd.DataFrame) -> str:
    """How often each event happened, by segment; a chosen row leaves only its opportunities in the list below."""
    st.caption(md_escape(t("win_rate.events.counts")))
    words = [t(f"comparison.event.{event}" if event else "win_rate.events.any") for event in counts["event"]]
    called = {name: _called("segment", name[2:]) for name in counts.columns if name.startswith("n:")}
    segments = {name: said if said not in counts else name for name, said in called.items()}
    shown = counts.assign(event_name=words).rename(columns=segments)
    chosen = table.show(
        shown,
        ["event_name", *segments.values(), "n", "amount"],
        kinds=dict.fromkeys(segments.values(), "number"),
        alt=t("win_rate.events.says"),
        key="win_event_counts",
        select=True,
    )
    return (counts["event"].iloc[chosen] if chosen is not None else "") or "events"


def _rivals(view: View) -> None:
    met = cache.ask().win_rivals(view)
    if met.empty:
        return
    table_card(
        t("win_rate.rivals"),
        t("win_rate.rivals.says"),
        met,
        key="win_rivals",
        definition_key="win_rate.comparison",
        columns=_RIVALS,
        kinds={"p_us": "rate", "p_rival": "rate", "leading": "number"},
    )


def _strategies(view: View) -> None:
    """What is suggested for what is open, segment beside segment, and whether being stronger won."""
    _by_segment("win_strategies", cache.ask().win_strategies(view), partial(_strategy_mix, view=view))
    _by_segment("win_ratio", cache.ask().win_by_ratio(view), partial(_ratio_bands, view=view))


def _by_segment(key: str, frame: pd.DataFrame, draw: Callable[..., None]) -> None:
    counted = frame.groupby("segment", sort=False)["n"].sum()
    shown = [s for s in counted.index if counted[s] and s != UNKNOWN] or [s for s in counted.index if counted[s]]
    extent = shares.widest(frame[frame["segment"].isin(shown)])
    for number, facet in placed([Facet("", s) for s in shown]):
        with states.guard(f"{key}_{number}"):
            mine = frame[frame["segment"] == facet.segment].reset_index(drop=True)
            draw(mine, f"{key}_{number}", segment=str(facet.segment), extent=extent)
    not_shown([(Facet("", s), int(counted[s])) for s in counted.index if counted[s] and s not in shown])


def _strategy_mix(frame: pd.DataFrame, key: str, *, view: View, segment: str, extent: float) -> None:
    here = context.now()
    names = [t(f"strategy.{hint}") for hint in frame["hint"]]
    frame = frame.assign(hint_name=names, low=float("nan"), high=float("nan"))  # shares of all there are: no interval
    figure = shares.rows(frame, _names(), here.theme, mark=(), title=lambda row: label(row["hint_name"], 44),
                         segment=segment, extent=extent)  # fmt: skip
    chart_card(
        findings_strategy.mix(frame, here.lang, segment=_called("segment", segment),
                              currency=here.settings.organisation.base_currency).text,
        figure,
        frame.drop(columns=["low", "high"]),
        key=key,
        view=view,
        measured=t("strategy.mix.measured"),
        definition_key="win_rate.comparison",
        with_period=False,
        drill=False,
        columns=["hint_name", "n", "value", "amount", *(["recorded", "differing"] if frame["recorded"].any() else [])],
        kinds={"recorded": "number", "differing": "number"},
    )  # fmt: skip


def _ratio_bands(frame: pd.DataFrame, key: str, *, view: View, segment: str, extent: float) -> None:
    here = context.now()
    frame = frame.assign(ratio_band=[findings_strategy.band(row, here.lang) for row in frame.to_dict("records")])
    figure = shares.rows(frame, _names(), here.theme, mark=(), title=lambda row: label(row["ratio_band"], 44),
                         segment=segment, extent=extent)  # fmt: skip
    measured = t("strategy.ratio.measured", days=here.settings.win_rate.judged_days_before,
                 unknown=fmt.number(frame["unknown"].iloc[0]))  # fmt: skip
    chart_card(
        findings_strategy.by_ratio(frame, here.lang, segment=_called("segment", segment)).text,
        figure,
        frame,
        key=key,
        view=view,
        measured=measured,
        definition_key="win_rate.comparison",
        with_period=False,
        drill=False,
        columns=["ratio_band", "n", "won", "value", "low", "high"],
    )


def _calibration(view: View) -> None:
    """Does the prediction tell the truth? The verdict is the title, whatever it is."""
    with states.guard("win_calibration"):
        found, lang = cache.ask().calibration(view), context.lang()
        days = found["days"].iloc[0]
        title = findings_win.calibrated(found["scores"], found["refit"], lang).text
        if found["bins"].empty:
            with st.container(border=True, key="win_calibration"):
                st.header(md_escape(title), anchor=False)
                states.not_measured("win_rate.predictions")
            return
        measured = t(
            "win_rate.calibration.measured",
            days=days["days"],
            first=fmt.day(days["first"], lang),
            last=fmt.day(days["last"], lang),
        )
        bins = _named_sources(found["bins"])
        chart_card(
            title,
            reliability.chart(found["bins"], _names(), context.theme()),
            bins,
            key="win_calibration",
            definition_key="win_rate.comparison",
            view=view,
            measured=measured,
            with_period=False,
            drill=False,
            columns=_BINS,
            kinds=_PREDICTED_KINDS,
        )
        scores = found["scores"][found["scores"]["n"] > 0].reset_index(drop=True)
        said = findings_win.refitted(found["refit"], lang).text
        table_card(
            t("win_rate.scores"),
            f"{said}. {t('win_rate.scores.says')}",
            _with_digits(_named_sources(scores)),
            key="win_scores",
            definition_key="win_rate.comparison",
            columns=_SCORES,
            kinds=_PREDICTED_KINDS,
        )


def _named_sources(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(source=[t(f"charts.source_{source}") for source in frame["source"]])


def _with_digits(frame: pd.DataFrame) -> pd.DataFrame:
    """Brier scores are told apart by their third digit."""
    return frame.assign(
        **{name: [fmt.number(v, digits=3) for v in frame[name]] for name in ("brier", "reference", "worse_by")}
    )


def _stages(view: View) -> None:
    """What history says of each stage, beside what the settings promise."""
    with states.guard("win_stages"):
        frame = cache.ask().win_by_stage(view, ("segment",))
        here = context.now()
        shown = parts.facets(frame, here.settings)
        extent = shares.widest(frame, "default_probability")
        for number, facet in placed(shown):
            mine = facet.of(frame)
            figure = shares.rows(
                mine,
                _names(),
                here.theme,
                mark=("pipeline", "segment", "stage"),
                promised="default_probability",
                title=lambda row: _names().stage(row["pipeline"], row["stage"]),
                segment=facet.segment,
                extent=extent,
            )
            chart_card(
                _stage_title(facet, mine),
                figure,
                mine,
                key=f"win_stages_{number}",
                view=view,
                measured=t("win_rate.stages.measured"),
                definition_key="win_rate.by_stage",
                columns=_STAGES,
                kinds={"shrunk": "rate", "default_probability": "rate", "path_unknown": "number"},
                question="win_rate.by_stage",
            )


def _stage_title(facet: Facet, frame: pd.DataFrame) -> str:
    """The stage whose promise lies furthest above the interval of what was won, if there is one."""
    here = context.now()
    name = facet.name(here.lang, here.settings)
    above = frame[frame["default_probability"] > frame["high"]]
    if above.empty:
        return t("win_rate.stages", segment=name)
    row = above.loc[(above["default_probability"] - above["high"]).idxmax()]
    return t(
        "win_rate.stages.finding.hopeful",
        segment=name,
        promised=fmt.rate(row["default_probability"], digits=0),
        stage=here.settings.stage_label(facet.pipeline, row["stage"], here.lang),
        value=fmt.rate(row["value"]),
    )


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
