"""Cards of the forecast: what each method says of a quarter, and how far off it was in quarters that are over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pandas as pd

from analytics import findings_forecast
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, alone, catalogued, known
from analytics.cards.who import left_out, named_segment
from analytics.charts import forecast as chart
from analytics.forecast_replay import Measure
from analytics.periods import parse
from analytics.view import View
from data.scope import UNKNOWN

MEASURES: tuple[Measure, ...] = ("amount", "count")
#: The quarter that is running, or the one after it.
AHEAD = ("0", "1")
#: How many weeks before the end of their quarters past forecasts were made, or as early as today's.
LEADS = ("same", "13", "8", "4")
#: column of Ask.forecast -> what it is called here
TABLE = {"segment": "segment", "method": "method", "value": "forecast_value", "low": "forecast_low",
         "high": "forecast_high", "count": "forecast_count", "won_amount": "forecast_won",
         "expected_amount": "forecast_open", "later_amount": "forecast_later", "n": "forecast_n", "used": "used",
         "learned": "learned", "reason": "reason"}
#: The same where numbers are asked for: they come first.
BY_NUMBER = {name: TABLE[name] for name in ("segment", "method", "count", *TABLE)}
_REPLAY = {"period": "period", "origin": "origin", "method": "method", "n": "forecast_n", "count": "forecast_count",
           "actual": "actual", "count_error": "count_error", "value": "forecast_value", "low": "forecast_low",
           "high": "forecast_high", "actual_amount": "actual_amount", "error": "error", "reason": "reason"}
KINDS = {
    **dict.fromkeys((*(f"forecast_{c}" for c in ("won", "open", "later", "value", "low", "high")), "actual_amount"),
                    "amount"),
    **dict.fromkeys(("forecast_n", "used", "learned", "actual", "quarters", "ranged", "shared"), "number"),
    "forecast_count": "points", "origin": "date",
    **dict.fromkeys(("mape", "shared_mape", "count_mape", "bias", "error", "count_error", "inside", "forecast_worse",
                     "by_chance"), "rate")}


def lead_days(lead: str) -> int | None:
    """One of LEADS in days; None: as early as today's forecast."""
    return None if known(lead, LEADS) == "same" else int(lead) * 7


def table(frame: pd.DataFrame, columns: Mapping[str, str], look: Look) -> pd.DataFrame:
    """The rows as they are shown and downloaded: methods by their names."""
    shown: Any = frame[[c for c in columns if c in frame]].rename(columns=columns)
    return cast(pd.DataFrame, shown.assign(method=[look.t(f"charts.forecast_{m}") for m in shown["method"]]))


def told(frame: pd.DataFrame, measure: Measure) -> Measure:
    """What is drawn: numbers where amounts are asked for and none is known of any method (rows of Ask.forecast)."""
    asked = known(measure, MEASURES)
    return "count" if asked == "amount" and frame["value"].isna().all() and frame["count"].notna().any() else asked


def _segments(frame: pd.DataFrame) -> list[str]:
    """The segments that are drawn: those that are known, or the unknown one where there is no other."""
    found = list(dict.fromkeys(frame["segment"]))
    return [s for s in found if s != UNKNOWN] or found


def _of(frame: pd.DataFrame, segment: str) -> pd.DataFrame:
    return frame[frame["segment"] == segment].reset_index(drop=True)


@catalogued
def outlook(ask: Ask, view: View, look: Look, ahead: str = "0", measure: Measure = "amount",
            lead: str = "same") -> list[Card]:
    """The quarter of each segment: what each method says, and what the best of them says in words."""
    quarter = int(known(ahead, AHEAD))
    frame = ask.forecast(view, ahead=quarter)
    measure = told(frame, measure)
    by_amount = measure == "amount"
    accuracy = ask.forecast_replay(view, ahead=quarter, lead=lead_days(lead), measure=measure)["accuracy"]
    shown = _segments(frame)
    cards = []
    for number, segment in enumerate(shown):
        rows = _of(frame, segment)
        best = findings_forecast.chosen(_of(accuracy, segment), rows)
        row = rows[rows["method"] == best].iloc[0].to_dict() if best else None
        said = findings_forecast.outlook(row, look.lang, what=look.called("segment", segment), amount=by_amount,
                                         why=findings_forecast.refused(rows))
        period = parse(rows["period"].iloc[0], look.settings.organisation.fiscal_year_start)
        parts = (*look.series("forecast_won"), *look.series("forecast_open", "forecast_later", role="forecast"))
        cards.append(Card(
            f"forecast_outlook_{number}", said.text,
            look.t(f"forecast.measured.{measure}", period=fmt.period(period, look.lang), currency=look.currency,
                   day=fmt.day(view.as_of, look.lang)),
            chart.methods(rows, look.names, look.theme, measure=measure), table(rows, TABLE, look), view,
            definition_key=f"forecast.{best or 'historical'}", kinds=KINDS, question="forecast", with_period=False,
            n=int(rows["n"].iloc[0]), notes=_cannot(rows, look, measure), segment=segment,
            native=Native("stacked", "method", parts, number="amount") if by_amount else
            Native("bar", "method", look.series("forecast_count", role="forecast"), number="points")))
    return _with_note(cards, frame, shown, look)


def _with_note(cards: list[Card], frame: pd.DataFrame, shown: list[str], look: Look) -> list[Card]:
    """Below the last card: who stands in the tables only, and how many they are."""
    rest = frame[~frame["segment"].isin(shown)].drop_duplicates("segment").to_dict("records")
    note = left_out([(named_segment(row["segment"], look), row["n"]) for row in rest], look)
    return [*cards[:-1], replace(cards[-1], notes=(*cards[-1].notes, note))] if note else cards


def _cannot(rows: pd.DataFrame, look: Look, measure: Measure) -> tuple[str, ...]:
    """What of the measure that is drawn cannot be known, and why."""
    missing = rows[rows["value" if measure == "amount" else "count"].isna() & (rows["reason"] != "")]
    reasons = [look.t("forecast.cannot.one", method=look.t(f"charts.forecast_{row['method']}"),
                      reason=look.t(f"reason.{row['reason']}")) for row in missing.to_dict("records")]
    return (look.t("forecast.cannot", reasons=look.t("view.and").join(reasons)),) if reasons else ()


def _hindsight(rows: pd.DataFrame, look: Look) -> str:
    """That no export had shown what was open on days of the past forecasts, and what this means; "" where each had."""
    days = rows[rows["count"].notna()].drop_duplicates("origin")
    unseen = int((~days["is_seen"].astype(bool)).sum())
    return look.t("forecast.hindsight", unseen=fmt.number(unseen), n=fmt.number(len(days))) if unseen else ""


@catalogued
def replay(ask: Ask, view: View, look: Look, ahead: str = "0", measure: Measure = "amount",
           lead: str = "same") -> list[Card]:
    """Past forecasts of each segment against what came."""
    found = ask.forecast_replay(view, ahead=int(known(ahead, AHEAD)), lead=lead_days(lead),
                                measure=known(measure, MEASURES))
    said_column, came = ("forecast_value", "actual_amount") if measure == "amount" else ("forecast_count", "actual")
    cards = []
    for number, segment in enumerate(_segments(ask.forecast(view, ahead=int(ahead)))):
        rows, accuracy = _of(found["rows"], segment), _of(found["accuracy"], segment)
        best = accuracy[accuracy["is_best"]]["method"].tolist()
        days = int((rows["end"] - rows["origin"]).dt.days.iloc[0]) if len(rows) else 0
        held = findings_forecast.held(accuracy, look.lang)
        said = findings_forecast.proven(accuracy, look.lang, what=look.called("segment", segment)).text
        figure = chart.replay(rows, look.names, look.theme, best=best[0] if best else "", measure=measure)
        if not figure.to_dict()["data"]:  # the title says why
            cards.append(alone(f"forecast_replay_{number}", said, view))
            continue
        cards.append(Card(
            f"forecast_replay_{number}", said,
            look.t(f"forecast.replay.measured.{measure}", days=fmt.number(days), currency=look.currency),
            figure, table(rows, _REPLAY, look), view, definition_key="forecast.accuracy", kinds=KINDS, drill=False,
            with_period=False, notes=tuple(n for n in (held, _hindsight(rows, look)) if n), segment=segment,
            native=Native("column", "period", (*look.series(said_column, role="forecast"), *look.series(came)),
                          split="method", number="amount" if measure == "amount" else "number")))
    return cards
