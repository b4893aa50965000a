"""Cards of presales: how fast it answers, whether that changes, and whether its hours go where they bring something."""

from __future__ import annotations

from functools import partial
from typing import Any

from analytics import findings_facts, findings_support
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, catalogued, unmeasured
from analytics.charts import measures
from analytics.charts import trend as trend_chart
from analytics.charts.style import label
from analytics.view import View

_TEAMS = ["support_team", "n", "median_hours", "median_low", "median_high", "p90_hours", "sla_share", "waiting",
          "in_work", "hours"]
_CONDITIONS = ["segment", "condition_name", "n", "deal_share", "hours", "hours_share", "value", "low", "high", "won",
               "decided", "win_rate"]
KINDS = (dict.fromkeys(("median_hours", "median_low", "median_high", "p90_hours", "hours_each"), "points")
         | dict.fromkeys(("sla_share", "deal_share", "hours_share", "win_rate", "top_share"), "rate")
         | dict.fromkeys(("waiting", "in_work", "hours", "decided", "requests", "sellers"), "number"))


def _absent(name: str, ask: Ask, view: View, look: Look) -> list[Card]:
    """What to show where no requests for presales are loaded; [] where they are."""
    if ask.support_measured(view):
        return []
    return [unmeasured(f"support_{name}", look.t(f"review.card.support.{name}"), view, look, "support.table")]


@catalogued
def response(ask: Ask, view: View, look: Look) -> list[Card]:
    """How long each presales team takes to answer first."""
    if absent := _absent("response", ask, view, look):
        return absent
    frame = ask.support_response(view)
    figure = measures.rows(frame, look.names, look.theme,
                           title=lambda row: label(look.called("team", row["support_team"]), 40),
                           written=lambda row: findings_support.hours(row["value"], look.lang))
    names = [look.called("team", team) for team in frame["support_team"]]
    return [Card("support_response", findings_support.team_shift(ask.support_shifts(view), look.lang).heading,
                 look.t("support.response.measured"), figure, frame.assign(team_name=names), view,
                 definition_key="support.response_days", columns=_TEAMS, kinds=KINDS, drill=False,
                 native=Native("bar", "team_name", look.series("median_hours"), number="points"))]


@catalogued
def trend(ask: Ask, view: View, look: Look) -> list[Card]:
    """The same by quarter, over a long time."""
    if absent := _absent("trend", ask, view, look):
        return absent
    frame = ask.support_trend(view)
    figure = trend_chart.line(frame, look.names, look.theme, x="quarter", value="median_hours", low="", high="",
                              kind="number", by="support_team", unit=look.t("column.median_hours"),
                              first=findings_facts.highest(frame, by="support_team", value="median_hours"))
    said = findings_facts.latest(frame, look.lang, by="support_team", value="median_hours",
                                 name=partial(look.called, "team"),
                                 written=lambda hours: findings_support.hours(hours / 24, look.lang))
    return [Card("support_trend", said or look.t("support.trend"), look.t("support.trend.measured"), figure, frame,
                 view, definition_key="support.response_days", columns=["quarter", *_TEAMS], kinds=KINDS, drill=False,
                 with_period=False,
                 native=Native("line", "quarter", look.series("median_hours"), split="support_team", number="points"))]


@catalogued
def conditions(ask: Ask, view: View, look: Look) -> list[Card]:
    """Whether opportunities that lack the necessary conditions take more hours than others."""
    if absent := _absent("conditions", ask, view, look):
        return absent
    found = ask.support_conditions(view)
    rows = found[found["n"] > 0].reset_index(drop=True)
    names = [look.t(f"support.condition.{c}") for c in rows["condition"]]
    groups = [f"{look.called('segment', s)} · {name}" for s, name in zip(rows["segment"], names, strict=True)]
    frame = rows.assign(condition_name=names, group_name=groups)

    def title(row: dict[Any, Any]) -> str:
        return f"{look.names.segment(row['segment'])} · {label(row['condition_name'])}"
    figure = measures.rows(frame, look.names, look.theme, title=title,
                           written=lambda row: look.t("support.hour", n=fmt.number(row["value"], digits=1)))
    said = findings_support.conditions(found, look.lang, look.settings)
    measured = look.t("support.conditions.measured", weak=fmt.number(look.settings.support.weak_conditions))
    return [Card("support_conditions", said.heading, " · ".join(text for text in (said.more, measured) if text),
                 figure, frame, view,
                 definition_key="support.waste_share", columns=_CONDITIONS, drill=False,
                 kinds=KINDS | dict.fromkeys(("value", "low", "high"), "points"),
                 native=Native("bar", "group_name", (Series(look.t("column.hours_each"), "value"),), number="points"))]
