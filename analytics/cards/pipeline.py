"""Cards of the open pipeline: what moved it, what it is made of, who pushes it, is it enough, what its records lack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd

from analytics import bridge as moves
from analytics import findings_pipeline as findings
from analytics import format as fmt
from analytics import pipeline as stocks
from analytics import pipeline_health
from analytics import pushes as pushing
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, alone, catalogued, unmeasured
from analytics.cards.who import left_out, namer, narrowed, segments
from analytics.charts import ageing as ageing_chart
from analytics.charts import bridge as bridge_chart
from analytics.charts import coverage_target, shares
from analytics.charts import facets as parts
from analytics.charts import pushes as pushes_chart
from analytics.charts import stock as stock_chart
from analytics.charts.facets import Facet
from analytics.charts.stock import By
from analytics.charts.style import label
from analytics.periods import parse
from analytics.view import View
from data.scope import UNKNOWN

WEIGHTS = ("amount", "count")
PUSHED_BY = ("team", "owner_id", "product_line", "segment")
#: Most groups that the card of pushes draws.
_ROWS = 12
_BRIDGE = ["part", "n", "amount", "amount_missing", "effect", "effect_n", "became_known"]
_STOCK = ["stage", "n", "amount", "amount_missing", "weighted", "paused", "overdue", "future"]
_PUSHES = ["n", "pushed", "value", "low", "high", "rest", "pushed_month", "pushed_quarter", "repeated", "pulled",
           "moves", "days_mean", "late", "usual", "amount", "amount_missing"]
_COVERAGE = ["quarter", "segment", "n", "amount", "amount_missing", "overdue", "overdue_amount", "quota", "won_amount",
             "remaining", "value", "with_past_due", "needed", "needed_low", "needed_high", "win_rate", "win_n",
             "reason"]
_AGEING = ["stage", "n", "amount", "amount_missing", "fast", "up_to_p75", "slow", "stuck", "paused", "unknown",
           "slow_amount", "p50", "p75", "p90", "events", "value", "low", "high", "steady", "reason"]
_KINDS = (
    dict.fromkeys(("effect", "quota", "remaining", "slow_amount", "overdue_amount"), "amount")
    | dict.fromkeys(("amount_missing", "effect_n", "became_known", "pushed", "pushed_month", "pushed_quarter",
                     "repeated", "pulled", "moves", "late", "overdue", "events", "win_n", "fast", "up_to_p75", "slow",
                     "stuck", "paused", "unknown"), "number")
    | dict.fromkeys(("rest", "usual", "win_rate", "steady"), "rate")
    | dict.fromkeys(("days_mean", "p50", "p75", "p90"), "days"))


def stock_of(ask: Ask, view: View) -> pd.DataFrame:
    """What is open by pipeline, segment and stage."""
    return ask.metric("pipeline.open", view, ("pipeline", "segment", "stage"))


def weights(ask: Ask, view: View) -> tuple[str, ...]:
    """Amounts or numbers; numbers alone where no amount is known."""
    return WEIGHTS if stock_of(ask, view)["amount"].notna().any() else ("count",)


def _weight(ask: Ask, view: View, weight: str) -> By:
    return "amount" if weight in weights(ask, view) and weight == "amount" else "count"


def _each(ask: Ask, view: View) -> list[str]:
    """The segments of the view; [""] (all together) where none is known."""
    return segments(ask, view) or [""]


def _what(look: Look, segment: str) -> str:
    return look.called("segment", segment) if segment else look.t("pipeline.all")


def _as_of(view: View, look: Look) -> str:
    return look.t("pipeline.as_of", day=fmt.day(view.as_of, look.lang))


@catalogued
def bridge(ask: Ask, view: View, look: Look, weight: str = "amount") -> list[Card]:
    """From the stock at the start of the period to that at its end, on one scale where that can be read."""
    by = _weight(ask, view, weight)
    found = {segment: ask.bridge(narrowed(view, segment)) for segment in _each(ask, view)}
    effect = "effect" if by == "amount" else "effect_n"
    reach = max(moves.reach(frame, effect) for frame in found.values())
    levels = {segment: moves.level(frame, effect) for segment, frame in found.items()}
    cards = []
    for number, (segment, frame) in enumerate(found.items()):
        extent = reach if moves.fits(levels[segment], levels.values()) else None
        measured = look.t(f"pipeline.bridge.measured.{by}", since=_since(view, look), currency=look.currency)
        cards.append(Card(
            f"pipeline_bridge_{number}", findings.moved(frame, look.lang, what=_what(look, segment)).text,
            measured if extent else f"{measured} · {look.t('pipeline.own_scale')}",
            bridge_chart.waterfall(frame, look.names, look.theme, by=by, segment=segment or None, extent=extent),
            frame.assign(part=[look.t(f"charts.bridge_{part}") for part in frame["part"]]), view,
            definition_key="pipeline.bridge", columns=_BRIDGE, kinds=_KINDS, question="pipeline.bridge",
            with_period=False, segment=segment or None,
            native=Native("waterfall", "part", look.series(effect), number="amount" if by == "amount" else "number")))
    return cards


def _since(view: View, look: Look) -> str:
    until = min(view.end, view.as_of) if view.end else view.as_of
    first = view.start - timedelta(days=1) if view.start else until - timedelta(days=30)
    return look.t("pipeline.bridge.days", first=fmt.day(first, look.lang), last=fmt.day(until, look.lang))


@catalogued
def stock(ask: Ask, view: View, look: Look, weight: str = "amount") -> list[Card]:
    """What is open in each stage."""
    frame, by = stock_of(ask, view), _weight(ask, view, weight)
    column = "n" if by == "count" else "amount"
    shown = parts.facets(frame, look.settings)
    widest = parts.largest([facet.of(frame) for facet in shown], column)
    note = left_out([(facet.name(look.lang, look.settings), int(facet.of(frame)["n"].sum()))
                     for facet, _ in parts.left_out(frame, look.settings)], look)
    cards = []
    for number, facet in enumerate(shown):
        part = facet.of(frame)
        n, amount = stocks.total(part)
        title = look.t("pipeline.stock.count" if amount is None else "pipeline.stock", n=fmt.number(n),
                       segment=facet.name(look.lang, look.settings),
                       amount=fmt.amount(amount, look.lang, currency=look.currency))
        cards.append(Card(
            f"pipeline_stock_{number}", title, _as_of(view, look),
            stock_chart.stages(part, look.names, look.theme, by=by, extent=widest), part, view,
            definition_key="pipeline.open", columns=_STOCK, kinds=_KINDS | {"future": "number"},
            question="pipeline.open", with_period=False, segment=facet.segment,
            notes=(note,) if note and facet == shown[-1] else (),
            native=Native("bar", "stage", look.series(column), number="number" if by == "count" else "amount")))
    return cards


@catalogued
def pushes(ask: Ask, view: View, look: Look, by: str = "team") -> list[Card]:
    """Who moves expected closes to later days."""
    frame, name = ask.pushes(view, by), namer(ask, view, look, by)
    said = findings.pushes(frame, by, look.lang, name=name, segment=partial(look.called, "segment"))
    average = pushing.share(frame)
    if average is None:
        return [unmeasured("pipeline_pushes", said.text, view, look, "pipeline.pushes.needs")]
    if ask.is_one_export(view):  # nothing can have moved: that is no zero
        return [alone("pipeline_pushes", look.t("pipeline.pushes.one_export"), view,
                      look.t("pipeline.pushes.one_export.do"))]
    drawn = frame[frame["n"] > 0].head(_ROWS).assign(outcome="pushed")
    figure = shares.rows(drawn, look.names, look.theme, title=lambda r: label(name(r[by]), 30), mark=(by, "outcome"),
                         average=average)
    measured = " · ".join(text for text in (said.more, look.t("pipeline.pushes.measured")) if text)
    return [Card("pipeline_pushes", said.heading, measured, figure,
                 frame.assign(**{by: frame[by].map(name)}), view, definition_key="pipeline.pushes",
                 columns=[by, *_PUSHES], kinds=_KINDS, question="pipeline.pushes",
                 native=Native("bar", by, look.series("value"), number="rate", most=_ROWS))]


@catalogued
def push_weeks(ask: Ask, view: View, look: Look, by: str = "team") -> list[Card]:
    """In which weeks closes are moved, of the group that does it more than the others, else of all."""
    weeks = ask.push_weeks(view, by)
    if weeks.empty or ask.is_one_export(view):
        return []
    frame, name = ask.pushes(view, by), namer(ask, view, look, by)
    who = pushing.foremost(frame, by)
    said = findings.gathered(frame if who is None else frame[frame[by] == who], look.lang,
                             who=look.t("pipeline.all") if who is None else name(who))
    part, gap = pushing.weeks_of(weeks, by, who), ask.export_days(view)
    measured = look.t("pipeline.weeks.measured") if gap is None else look.t("pipeline.weeks.dated", n=gap)
    return [Card("pipeline_weeks", said.text, measured, pushes_chart.weeks(part, look.names, look.theme), part, view,
                 definition_key="pipeline.pushes", columns=["week", "pushes", "over_quarter"],
                 kinds={"week": "date", "pushes": "number"}, drill=False,
                 native=Native("column", "week", look.series("pushes")))]


@catalogued
def coverage(ask: Ask, view: View, look: Look) -> list[Card]:
    """What is open against what remains of the target, and how much the own win rate asks for."""
    each, name = _each(ask, view), partial(look.called, "segment")
    frame = ask.target_coverage(view, ("segment",) if each != [""] else ())
    if "segment" in frame:
        frame = frame[frame["segment"].isin(each)].reset_index(drop=True)
    said = findings.covered(frame, look.lang, name=name).text
    if not frame["quota"].notna().any():
        return [unmeasured("pipeline_coverage", said, view, look, "pipeline.coverage.needs")]
    titles = [f"{fmt.period(parse(row['quarter']), look.lang)} {name(row['segment']) if 'segment' in row else ''}"
              .strip() for row in frame.to_dict("records")]
    figure = coverage_target.rows(frame, look.names, look.theme, titles=titles)
    return [Card("pipeline_coverage", said, look.t("pipeline.coverage.measured"), figure,
                 frame.assign(quarter_of=titles), view, definition_key="pipeline.coverage", columns=_COVERAGE,
                 kinds=_KINDS | dict.fromkeys(("value", "with_past_due", "needed", "needed_low", "needed_high"),
                                               "points"),
                 question="pipeline.open", with_period=False,
                 native=Native("bar", "quarter_of", (
                     look.actual("value"), *look.series("with_past_due", role="comparison"),
                     *look.series("needed", role="standard")), number="points"))]


@catalogued
def ageing(ask: Ask, view: View, look: Look) -> list[Card]:
    """How long what is open stands in its stage, against how long it used to."""
    frame = ask.metric("pipeline.ageing", view, ("segment",))
    shown = parts.facets(frame, look.settings)
    widest = parts.largest([facet.of(frame) for facet in shown], "n")
    cards = []
    for number, facet in enumerate(shown):
        part = facet.of(frame)
        said = findings.aged(part, look.lang, what=facet.name(look.lang, look.settings),
                             name=partial(look.stage, facet.pipeline))
        cards.append(Card(
            f"pipeline_ageing_{number}", said.text, f"{look.t('pipeline.ageing.measured')} · {_as_of(view, look)}",
            ageing_chart.stages(part, look.names, look.theme, segment=facet.segment, extent=widest),
            part.rename(columns={"usual": "up_to_p75"}), view, definition_key="pipeline.ageing", columns=_AGEING,
            kinds=_KINDS, question="pipeline.ageing", with_period=False, segment=facet.segment,
            native=Native("stacked", "stage", look.series("fast", "up_to_p75", "slow", "stuck", "paused", "unknown"))))
    return cards


@catalogued
def grades(ask: Ask, view: View, look: Look) -> list[Card]:
    """In which stage opportunities of each grade stand; none where no grades are recorded."""
    frame = ask.metric("pipeline.open", view, ("pipeline", "segment", "stage", "grade"))
    if frame.empty or not (frame["grade"] != UNKNOWN).any():
        return []
    cards = []
    for number, facet in enumerate(parts.facets(frame, look.settings)):
        part = stocks.graded(facet.of(frame))
        cards.append(Card(
            f"pipeline_grades_{number}", _grade_title(facet, part, look),
            f"{look.t('pipeline.grades.measured')} · {_as_of(view, look)}",
            ageing_chart.grades(part, look.names, look.theme, segment=facet.segment),
            part.assign(grade=[look.called("grade", g) for g in part["grade"]]), view,
            definition_key="pipeline.open", columns=["stage", "grade", "n", "amount", "amount_missing", "overdue"],
            kinds=_KINDS, question="pipeline.open", with_period=False, segment=facet.segment,
            native=Native("stacked", "stage", look.series("n"), split="grade")))
    return cards


def _grade_title(facet: Facet, part: pd.DataFrame, look: Look) -> str:
    most = part.loc[part["share"].idxmax()]
    return look.t("pipeline.grades", segment=facet.name(look.lang, look.settings),
                  grade=look.called("grade", most["grade"]), stage=look.stage(most["pipeline"], most["stage"]),
                  share=fmt.rate(most["share"]), of=look.t(f"pipeline.grades.{most['measure']}"))


@catalogued
def hygiene(ask: Ask, view: View, look: Look) -> list[Card]:
    """What the records of open opportunities lack."""
    cards = []
    for number, segment in enumerate(_each(ask, view)):
        row = ask.metric("pipeline.hygiene", narrowed(view, segment)).iloc[0].to_dict()
        frame = pipeline_health.issues(row)
        frame = frame.assign(issue=[look.t(f"pipeline.issue.{issue}") for issue in frame["outcome"]])
        said = findings.gaps(row, look.lang, what=_what(look, segment)).text
        if not frame["value"].notna().any():  # the title says why
            cards.append(alone(f"pipeline_hygiene_{number}", said, narrowed(view, segment)))
            continue
        cards.append(_shares("hygiene", number, said, look.t("pipeline.hygiene.measured"), frame, view, look, segment,
                             title=lambda r: label(r["issue"], 36), mark="outcome", category="issue",
                             columns=["issue", "n", "value", "amount", "reason"], metric="pipeline.hygiene"))
    return cards


@catalogued
def split(ask: Ask, view: View, look: Look) -> list[Card]:
    """What the open amount is made of, by type."""
    name, cards = partial(look.called, "type"), []
    for number, segment in enumerate(_each(ask, view)):
        frame = stocks.split(ask.metric("pipeline.open", narrowed(view, segment), ("type",)))
        if frame.empty or set(frame["type"]) == {UNKNOWN}:
            continue
        said = findings.split(frame, look.lang, what=_what(look, segment), name=name).text
        cards.append(_shares("split", number, said, look.t(f"pipeline.split.{frame['measure'].iloc[0]}"), frame, view,
                             look, segment, title=lambda r: label(name(r["type"])), mark="type", category="type",
                             columns=["type", "n", "amount", "amount_missing", "value"], metric="pipeline.open"))
    return cards


@catalogued
def concentration(ask: Ask, view: View, look: Look) -> list[Card]:
    """How much of the open amount hangs on the largest accounts."""
    cards = []
    for number, segment in enumerate(_each(ask, view)):
        asked = narrowed(view, segment)
        row = ask.metric("pipeline.concentration", asked).iloc[0].to_dict()
        if not fmt.is_known(row["value"]):
            continue
        frame = pipeline_health.shares(ask.largest_accounts(asked), row)
        hhi = look.t("pipeline.held.hhi", hhi=fmt.number(row["hhi"], digits=3))
        if row["without_account"]:
            hhi = f"{hhi}; {look.t('pipeline.held.without', n=fmt.number(row['without_account']))}"
        said = findings.held(row, look.lang, what=_what(look, segment)).text
        cards.append(_shares("concentration", number, said, hhi, frame, view, look, segment,
                             title=lambda r: label(r["account_name"], 38), mark="account_id", category="account_name",
                             columns=["account_name", "n", "amount", "amount_missing", "value"],
                             metric="pipeline.concentration"))
    return cards


def _shares(name: str, number: int, said: str, measured: str, frame: pd.DataFrame, view: View, look: Look,
            segment: str, *, title: Callable[[dict[Any, Any]], str], mark: str, category: str,
            columns: Sequence[str], metric: str) -> Card:
    """A card of shares of what one segment has open."""
    frame = frame.assign(segment=segment or None)
    figure = shares.rows(frame, look.names, look.theme, title=title, segment=segment or None, mark=("segment", mark))
    return Card(f"pipeline_{name}_{number}", said, f"{measured} · {_as_of(view, look)}", figure, frame, view,
                definition_key=metric, columns=columns, kinds=_KINDS, question=metric, with_period=False,
                segment=segment or None, native=Native("bar", category, look.series("value"), number="rate"))
