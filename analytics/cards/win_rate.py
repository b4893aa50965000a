"""Cards of the win rate: is it moving, why, who differs, what the comparison with rivals says, and is that true."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from analytics import apart, findings_comparison, findings_strategy, findings_win, i18n, win_comparison, win_groups
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, alone, catalogued, known, unmeasured
from analytics.cards.who import left_out, namer
from analytics.charts import control, reliability, shares
from analytics.charts import expected as expected_chart
from analytics.charts import facets as parts
from analytics.charts import movers as movers_chart
from analytics.charts import split as split_chart
from analytics.charts.facets import Facet
from analytics.charts.style import label
from analytics.findings import Finding
from analytics.metrics import registry
from analytics.periods import parse
from analytics.view import View
from analytics.win_trend import Grain, Measure
from data.scope import UNKNOWN

GRAINS: tuple[Grain, ...] = ("quarter", "month", "week")
MEASURES: tuple[Measure, ...] = ("count", "amount", "decided")
#: rows of the chart by group; all are in the table
_MOST_GROUPS = 20
_TREND = ["period", "n", "won", "lost", "no_decision", "value", "low", "high", "centre", "lower", "upper", "signal",
          "open_overdue", "with_overdue"]
_TREND_KINDS = (dict.fromkeys(("centre", "lower", "upper", "with_overdue"), "rate")
                | dict.fromkeys(("no_decision", "open_overdue"), "number"))
_SPLIT = ["n_before", "rate_before", "share_before", "n", "rate", "share", "change", "low", "high", "rate_effect",
          "mix", "contribution"]
_SPLIT_KINDS = dict.fromkeys(("rate_before", "share_before", "rate", "share", "change", "rate_effect", "mix",
                              "contribution"), "rate") | {"n_before": "number"}
_GROUPS = ["n", "won", "lost", "value", "low", "high", "rest", "gap"]
_MOVERS = ["name", "account_name", "stage", "amount_base", "p_before", "p", "delta", "p_us", "g", "rival", "why",
           "happened", "assessed_week", "owner_name", "team"]
MOVERS_KINDS = dict.fromkeys(("p_before", "p", "delta", "p_us", "g", "crm"), "rate") | {"assessed_week": "date"}
_BINS_OPEN = [f"bin_{i}" for i in range(5)]
_EXPECTED = ["pipeline", "stage", "n", "compared", "never_assessed", "lapsed", "phantom", "leading", "expected",
             "expected_low", "expected_high", "expected_if", "promised", "amount_expected", *_BINS_OPEN]
_EXPECTED_KINDS = {"amount_expected": "amount"} | dict.fromkeys(
    ("compared", "never_assessed", "lapsed", "phantom", "leading", *_BINS_OPEN), "number")
_BINS = ["source", "bin_low", "bin_high", "n", "won", "predicted", "value", "low", "high"]
PREDICTED_KINDS = dict.fromkeys(("predicted", "bin_low", "bin_high", "auc"), "rate")
_STAGES = ["stage", "n", "won", "lost", "value", "low", "high", "shrunk", "default_probability", "path_unknown"]


def measure_label(measure: str, look: Look) -> str:
    """What a measure of the win rate is called."""
    return registry.get(f"win_rate.{measure}").label[look.lang]


@catalogued
def trend(ask: Ask, view: View, look: Look, grain: Grain = "quarter", measure: Measure = "count") -> list[Card]:
    """The win rate of all together, with control limits, over a long time."""
    frame = ask.win_trend(view, known(grain, GRAINS), measure=known(measure, MEASURES),
                          since=levels(ask, view, "", measure))
    chosen = view.filters.get("segment") or ()
    return [_trend("win_trend", frame, measure_label(measure, look), view, look, grain, measure,
                   segment=chosen[0] if len(chosen) == 1 else None)]


@catalogued
def trend_by_segment(ask: Ask, view: View, look: Look, grain: Grain = "quarter",
                     measure: Measure = "count") -> list[Card]:
    """The same, segment beside segment on one scale; none where there is one segment only."""
    frame = ask.win_trend(view, known(grain, GRAINS), ["segment"], measure=known(measure, MEASURES),
                          since=levels(ask, view, "segment", measure))
    found = {str(s): frame[frame["segment"] == s].reset_index(drop=True)
             for s in dict.fromkeys(frame["segment"]) if s != UNKNOWN}
    groups = {s: rows for s, rows in found.items() if rows["n"].any()}
    if len(groups) < 2:
        return []
    extent = control.top(list(groups.values()))
    of = partial(look.t, "win_rate.of", what=measure_label(measure, look))
    return [_trend(f"win_trend_{number}", rows, of(name=look.called("segment", segment)), view, look, grain, measure,
                   segment, extent) for number, (segment, rows) in enumerate(groups.items())]


@catalogued
def trends(ask: Ask, view: View, look: Look, grain: Grain = "quarter", measure: Measure = "count") -> list[Card]:
    """Segment beside segment where there are several: they are never pooled in silence; else the one there is."""
    return trend_by_segment(ask, view, look, grain, measure) or trend(ask, view, look, grain, measure)


def levels(ask: Ask, view: View, dimension: str, measure: Measure) -> list[tuple[str, str]]:
    """Which groups of a dimension ("": the whole) are at another level, and since when: the moves that the page claims
    (they are found in counts, so that other measures keep one level)."""
    if measure != "count":
        return []
    found = ask.win_shifts(view)
    real = found[(found["dimension"] == dimension) & found["is_real"].astype(bool)]
    return list(zip(real["value"].astype(str), real["since"], strict=True))


def _trend(key: str, frame: pd.DataFrame, what: str, view: View, look: Look, grain: Grain, measure: Measure,
           segment: str | None = None, extent: float | None = None) -> Card:
    figure = control.chart(frame, look.names, look.theme, segment=segment, extent=extent, grain=grain)
    said = {s: look.t(f"win_rate.signal.{s}") for s in ("above", "below", "run_above", "run_below")}
    measured, times = look.t(f"win_rate.trend.measured.{measure}"), findings_win.widened(frame)
    if times is not None:
        measured = look.t("win_rate.trend.widened", measured=measured, times=fmt.number(times, digits=1))
    if control.draws_overdue(frame):
        measured = look.t("win_rate.trend.overdue", measured=measured)
    return Card(
        key, findings_win.level(frame, look.lang, what=what).text, measured, figure,
        frame.assign(signal=frame["signal"].map(lambda s: said.get(s, ""))), view.with_(start=None),
        definition_key=f"win_rate.{measure}",
        columns=_TREND[:-1] if measure == "amount" else _TREND,  # by amount overdue ones have no rate
        kinds=_TREND_KINDS, question=f"win_rate.{measure}",
        drill=grain != "week", with_period=False, segment=segment,
        native=Native("line", "period", (look.actual("value"), *look.series("centre", role="comparison"),
                                         *look.series("lower", "upper", role="standard")), number="rate"))


@catalogued
def split(ask: Ask, view: View, look: Look, by: str = "segment", measure: Measure = "count") -> list[Card]:
    """Why it changed: by the rates within the groups, or by their weights."""
    frame, name = ask.win_split(view, by, measure=known(measure, MEASURES)), namer(ask, view, look, by)
    said = findings_win.why(frame, look.lang, what=measure_label(measure, look), by=by, name=name)
    if frame.empty or ("is_truncated" in frame and frame["is_truncated"].any()):  # bars would say what the title denies
        return [alone("win_split", said.text, view)]
    measured = _evidence(said, look.t("win_rate.split.measured", **_periods(frame.iloc[0], look)), look)
    return [_split("win_split", said.heading, measured, frame, ask, view, look, by, measure, with_period=False)]


def _evidence(said: Finding, measured: str, look: Look) -> str:
    """The line below a title, with what the title leaves out."""
    return look.t("win_rate.split.more", measured=measured, more=said.more) if said.more else measured


def _periods(row: pd.Series, look: Look) -> dict[str, str]:
    """The two periods of a row of win_split, as people call them."""
    return {name: fmt.period(parse(row[name]), look.lang) for name in ("before", "now")}


@catalogued
def simpson(ask: Ask, view: View, look: Look, measure: Measure = "count") -> list[Card]:
    """The latest change that the mix turned round, wherever in the past it lies; none where there is none."""
    splits = ask.win_splits(view, "segment", measure=known(measure, MEASURES))
    said = findings_win.simpson(splits, look.lang, what=measure_label(measure, look), by="segment",
                                name=partial(look.called, "segment"))
    if said is None:
        return []
    total = splits[splits["is_total"] & splits["is_simpson"] & splits["is_mix_real"]].iloc[-1]
    pair = splits[(splits["before"] == total["before"]) & (splits["now"] == total["now"])].reset_index(drop=True)
    measured = _evidence(said, look.t("win_rate.simpson.measured", **_periods(total, look)), look)
    return [_split("win_simpson", said.heading, measured, pair, ask, view, look, "segment", measure, with_period=False)]


def _split(key: str, title: str, measured: str, frame: pd.DataFrame, ask: Ask, view: View, look: Look, by: str,
           measure: Measure, with_period: bool = True) -> Card:
    name = namer(ask, view, look, by)
    frame = frame.sort_values(by, key=lambda values: values == UNKNOWN, kind="stable").reset_index(drop=True)
    figure = split_chart.effects(frame, look.names, look.theme, by=by, title=lambda value: label(name(value), 30))
    if not figure.to_dict()["data"]:  # the title says why there is nothing to explain
        return alone(key, title, view)
    total = look.names.text("whole")
    called = [name(value) if value or "is_total" not in frame else total for value in frame[by]]
    return Card(key, title, measured, figure, _said(frame, **{by: called}), view, definition_key=f"win_rate.{measure}",
                columns=[by, *_SPLIT], kinds=_SPLIT_KINDS, drill=False, with_period=with_period,
                native=Native("stacked", by, look.series("rate_effect", "mix"), number="rate"))


def _said(frame: pd.DataFrame, **words: list[str]) -> pd.DataFrame:
    """Columns of words, texts even where there are no rows."""
    return frame.assign(**{name: pd.Series(w, index=frame.index, dtype="str") for name, w in words.items()})


@catalogued
def groups(ask: Ask, view: View, look: Look, by: str = "segment", measure: Measure = "count") -> list[Card]:
    """Who wins more and less: every group with its interval, beside the period compared with."""
    metric, name = f"win_rate.{known(measure, MEASURES)}", namer(ask, view, look, by)
    frame = ask.metric(metric, view, (by,))
    frame = frame[frame["n"] > 0].reset_index(drop=True)
    if set(frame[by]) <= {UNKNOWN}:
        return []
    other = ask.compared(view)
    was = None if other is None else ask.metric(metric, other, (by,))
    before = None if was is None else dict(zip(was[by], was["value"], strict=True))
    said = "amount" if measure == "amount" else "alone" if measure != "count" or by == "segment" else "measured"
    title = look.t("win_rate.groups", dimension=i18n.dimension_label(by, look.lang).lower())
    if measure == "count":
        compared = win_groups.apart(ask.metric(metric, view, apart.keys(by)), by)
        frame = apart.beside(frame, compared, by)
        frame = frame.assign(gap=frame["value"] - frame["rest"])
        title = win_groups.said(compared, by, look.lang, what=title, name=name,
                                segment=partial(look.called, "segment")).text
    if by != "segment":  # segments keep the order of the settings
        frame = _highest_first(frame, by)
    figure = shares.rows(frame.head(_MOST_GROUPS), look.names, look.theme, mark=(by,), by=by, before=before,
                         title=lambda row: label(name(row[by]), 34), average=ask.metric(metric, view)["value"].iloc[0])
    series: tuple[Series, ...] = (look.actual("value"),)
    if before is not None:
        frame, series = frame.assign(before=frame[by].map(before)), (*series, *look.series("before", role="comparison"))
    return [Card(f"win_groups_{by}", title,
                 look.t(f"win_rate.groups.{said}"), figure,
                 _said(frame, **{by: [name(v) for v in frame[by]]}), view, definition_key=metric,
                 columns=[by, *_GROUPS], kinds=dict.fromkeys(("rest", "gap", "before"), "rate"), question=metric,
                 native=Native("bar", by, series, number="rate", most=_MOST_GROUPS))]


def _highest_first(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Groups by their rate, what is not known last; of very many the ones with most cases come before the others."""
    most = frame["n"].rank(method="first", ascending=False) <= _MOST_GROUPS
    order = frame.assign(_many=most, _known=frame[by] != UNKNOWN)
    order = order.sort_values(["_many", "_known", "value"], ascending=False, kind="stable")
    return frame.loc[order.index].reset_index(drop=True)


@catalogued
def expected(ask: Ask, view: View, look: Look) -> list[Card]:
    """How many of the open ones the comparison with the rivals expects to win, by stage."""
    portfolio = ask.win_portfolio(view)
    title = findings_comparison.expected(portfolio, look.lang).text
    if not portfolio["compared"].any():
        return [unmeasured("win_expected", title, view, look, "win_rate.comparison")]
    stages = portfolio[portfolio["stage"] != ""].reset_index(drop=True)
    bias = findings_win.bias(ask.calibration(view)["scores"], look.lang)
    return [Card("win_expected", title, look.t("win_rate.expected.measured"),
                 expected_chart.stages(stages, look.names, look.theme), stages, view,
                 definition_key="win_rate.comparison", columns=_EXPECTED, kinds=_EXPECTED_KINDS,
                 question="win_rate.comparison", with_period=False, notes=(bias,) if bias else (),
                 native=Native("stacked", "stage", look.series(*_BINS_OPEN)))]


@catalogued
def movers(ask: Ask, view: View, look: Look) -> list[Card]:
    """Whose chance moved most in the last week, and why."""
    frame = ask.win_movers(view)
    figure = movers_chart.chart(frame, look.names, look.theme, why=partial(findings_comparison.why, lang=look.lang))
    series = (*look.series("p"), *look.series("p_before", role="comparison"))
    return [Card("win_movers", findings_comparison.moved(frame, look.lang).text, look.t("win_rate.movers.measured"),
                 figure, moved_in_words(frame, look), view, definition_key="win_rate.comparison", columns=_MOVERS,
                 kinds=MOVERS_KINDS, drill=False, with_period=False,
                 native=Native("bar", "name", series, number="rate"))]


def moved_in_words(frame: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows of ask.win_movers with the reason and the events in words."""
    why = [findings_comparison.why(row, look.lang) for row in frame.to_dict("records")]
    happened = [look.t("view.and").join(look.t(f"comparison.event.{code}") for code in win_comparison.named(codes))
                for codes in frame["happened"]]
    return _said(frame, why=why, happened=happened)


def _each_segment(frame: pd.DataFrame, look: Look) -> Iterator[tuple[int, str, pd.DataFrame, float, tuple[str, ...]]]:
    """Segment beside segment on one scale: number, segment, rows, scale, and who is left out (below the last one)."""
    counted = frame.groupby("segment", sort=False)["n"].sum()
    present = [str(s) for s in counted.index if counted[s]]
    shown = [s for s in present if s != UNKNOWN] or present
    extent = shares.widest(frame[frame["segment"].isin(shown)])
    note = left_out([(look.called("segment", s), int(counted[s])) for s in present if s not in shown], look)
    for number, segment in enumerate(shown):
        notes = (note,) if note and segment == shown[-1] else ()
        yield number, segment, frame[frame["segment"] == segment].reset_index(drop=True), extent, notes


@catalogued
def strategies(ask: Ask, view: View, look: Look) -> list[Card]:
    """Which strategy is suggested for what is open, segment beside segment."""
    cards = []
    for number, segment, rows, extent, notes in _each_segment(ask.win_strategies(view), look):
        # shares of all there are: no interval
        frame = rows.assign(hint_name=[look.t(f"strategy.{hint}") for hint in rows["hint"]], low=float("nan"),
                            high=float("nan"))
        figure = shares.rows(frame, look.names, look.theme, mark=(), segment=segment, extent=extent,
                             title=lambda row: label(row["hint_name"], 44))
        said = findings_strategy.mix(frame, look.lang, segment=look.called("segment", segment), currency=look.currency)
        recorded = ["recorded", "differing"] if frame["recorded"].any() else []
        cards.append(Card(
            f"win_strategies_{number}", said.text, look.t("strategy.mix.measured"), figure,
            frame.drop(columns=["low", "high"]), view, definition_key="win_rate.comparison",
            columns=["hint_name", "n", "value", "amount", *recorded], kinds=dict.fromkeys(recorded, "number"),
            drill=False, with_period=False, notes=notes, segment=segment,
            native=Native("bar", "hint_name", look.series("value"), number="rate")))
    return cards


@catalogued
def ratio(ask: Ask, view: View, look: Look) -> list[Card]:
    """Whether being stronger than the top rival won, segment beside segment."""
    cards, days = [], look.settings.win_rate.judged_days_before
    for number, segment, rows, extent, notes in _each_segment(ask.win_by_ratio(view), look):
        frame = rows.assign(ratio_band=[findings_strategy.band(row, look.lang) for row in rows.to_dict("records")])
        figure = shares.rows(frame, look.names, look.theme, mark=(), segment=segment, extent=extent,
                             title=lambda row: label(row["ratio_band"], 44))
        measured = look.t("strategy.ratio.measured", days=days, unknown=fmt.number(frame["unknown"].iloc[0]))
        cards.append(Card(
            f"win_ratio_{number}",
            findings_strategy.by_ratio(frame, look.lang, segment=look.called("segment", segment)).text, measured,
            figure, frame, view, definition_key="win_rate.comparison",
            columns=["ratio_band", "n", "won", "value", "low", "high"], drill=False, with_period=False, notes=notes,
            segment=segment, native=Native("bar", "ratio_band", look.series("value"), number="rate")))
    return cards


@catalogued
def calibration(ask: Ask, view: View, look: Look) -> list[Card]:
    """Does the prediction tell the truth? The verdict is the title, whatever it is."""
    found = ask.calibration(view)
    title = findings_win.calibrated(found["scores"], found["refit"], look.lang).text
    bins, days = found["bins"], found["days"].iloc[0]
    if bins.empty:
        return [unmeasured("win_calibration", title, view, look, "win_rate.predictions")]
    measured = look.t("win_rate.calibration.measured", days=days["days"], first=fmt.day(days["first"], look.lang),
                      last=fmt.day(days["last"], look.lang))
    shown = sources_in_words(bins, look)
    shown = shown.assign(predicted_band=[f"{fmt.rate(low, digits=0)} – {fmt.rate(high, digits=0)}"
                                         for low, high in zip(bins["bin_low"], bins["bin_high"], strict=True)])
    return [Card("win_calibration", title, measured, reliability.chart(bins, look.names, look.theme), shown, view,
                 definition_key="win_rate.comparison", columns=_BINS, kinds=PREDICTED_KINDS, drill=False,
                 with_period=False,
                 native=Native("column", "predicted_band", (Series("", "value"),), split="source", number="rate"))]


def sources_in_words(frame: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Who predicted, in words."""
    return frame.assign(source=[look.t(f"charts.source_{source}") for source in frame["source"]])


@catalogued
def stages(ask: Ask, view: View, look: Look) -> list[Card]:
    """What history says of each stage, beside what the settings promise."""
    frame = ask.win_by_stage(view, ("segment",))
    extent = shares.widest(frame, "default_probability")
    cards = []
    for number, facet in enumerate(parts.facets(frame, look.settings)):
        mine = facet.of(frame)
        figure = shares.rows(mine, look.names, look.theme, mark=("pipeline", "segment", "stage"),
                             promised="default_probability", segment=facet.segment, extent=extent,
                             title=lambda row: look.names.stage(row["pipeline"], row["stage"]))
        cards.append(Card(
            f"win_stages_{number}", _stage_title(facet, mine, look), look.t("win_rate.stages.measured"), figure, mine,
            view, definition_key="win_rate.by_stage", columns=_STAGES,
            kinds={"shrunk": "rate", "default_probability": "rate", "path_unknown": "number"},
            question="win_rate.by_stage", segment=facet.segment,
            native=Native("bar", "stage", (look.actual("value"), *look.series("default_probability", role="standard")),
                          number="rate")))
    return cards


def _stage_title(facet: Facet, frame: pd.DataFrame, look: Look) -> str:
    """The stage whose promise lies furthest above the interval of what was won, if there is one."""
    name = facet.name(look.lang, look.settings)
    if not (frame["default_probability"].notna() & frame["value"].notna()).any():
        return look.t("win_rate.stages.alone", segment=name)
    above = frame[frame["default_probability"] > frame["high"]]
    if above.empty:
        return look.t("win_rate.stages", segment=name)
    row = above.loc[(above["default_probability"] - above["high"]).idxmax()]
    return look.t("win_rate.stages.finding.hopeful", segment=name, stage=look.stage(facet.pipeline, row["stage"]),
                  promised=fmt.rate(row["default_probability"], digits=0), value=fmt.rate(row["value"]))
