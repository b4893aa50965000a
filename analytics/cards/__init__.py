"""The cards that can leave the dashboard, each by a key: what a pack lists and a page draws.

A card's function takes whom to ask, the view, the look and its options, and gives the cards that stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable

from analytics.cards import (
    attention,
    closeness,
    conversion_days,
    forecast,
    funnel,
    overview,
    pipeline,
    quality,
    restatement,
    review,
    support,
    win_rate,
)
from analytics.cards.card import Card, Look, Native, Series, catalogued

__all__ = ["CARDS", "Card", "Look", "Native", "Series", "catalogued"]

CARDS: dict[str, Callable[..., list[Card]]] = {
    "overview.lines": overview.lines,
    "overview.mix": overview.mix,
    "overview.wins": overview.wins,
    "pipeline.bridge": pipeline.bridge,
    "pipeline.stock": pipeline.stock,
    "pipeline.pushes": pipeline.pushes,
    "pipeline.push_weeks": pipeline.push_weeks,
    "pipeline.coverage": pipeline.coverage,
    "pipeline.ageing": pipeline.ageing,
    "pipeline.grades": pipeline.grades,
    "pipeline.hygiene": pipeline.hygiene,
    "pipeline.split": pipeline.split,
    "pipeline.concentration": pipeline.concentration,
    "funnel.rates": funnel.rates,
    "funnel.outcomes": funnel.outcomes,
    "funnel.flow": funnel.flow,
    "conversion_days.statistics": conversion_days.statistics,
    "conversion_days.survival": conversion_days.survival,
    "win_rate.trend": win_rate.trend,
    "win_rate.trend_by_segment": win_rate.trend_by_segment,
    "win_rate.trends": win_rate.trends,
    "win_rate.split": win_rate.split,
    "win_rate.simpson": win_rate.simpson,
    "win_rate.groups": win_rate.groups,
    "win_rate.expected": win_rate.expected,
    "win_rate.movers": win_rate.movers,
    "win_rate.strategies": win_rate.strategies,
    "win_rate.ratio": win_rate.ratio,
    "win_rate.calibration": win_rate.calibration,
    "win_rate.stages": win_rate.stages,
    "forecast.outlook": forecast.outlook,
    "forecast.replay": forecast.replay,
    "closeness.shifts": closeness.shifts,
    "closeness.loss": closeness.loss,
    "closeness.course": closeness.course,
    "closeness.movers": closeness.movers,
    "closeness.holders": closeness.holders,
    "closeness.account": closeness.account,
    "closeness.coverage": closeness.coverage,
    "closeness.people": closeness.people,
    "closeness.predicts": closeness.predicts,
    "support.response": support.response,
    "support.trend": support.trend,
    "support.conditions": support.conditions,
    "attention.rules": attention.rules,
    "attention.pack": attention.pack,
    "attention.waiting": attention.waiting,
    "quality.effects": quality.effects,
    "quality.fields": quality.fields,
    "quality.completeness": quality.completeness,
    "quality.unknowns": quality.unknowns,
    "review.then_and_now": review.then_and_now,
    "restatement.ledger": restatement.ledger,
}
