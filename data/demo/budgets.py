"""What the company plans and spends: targets and costs per quarter and team, and the standards it sets itself."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import words as w
from data.demo.deals import STAGES
from data.demo.plan import Ints, Plan

#: target of a seller per quarter in CNY, per segment, and the share of the year that each quarter carries
TARGET_A_SELLER = {"KA": 2_700_000, "SMB": 620_000}
SEASON = (0.20, 0.25, 0.24, 0.31)
GROWTH_A_YEAR = 1.07
COSTS = (("薪酬 Salaries", 115_000), ("差旅 Travel", 21_000), ("市场 Marketing", 9_000))
#: conversion to the next stage, and win rate and cycle: what the invented board has asked for
CONVERSION = {"KA": (0.80, 0.75, 0.75, 0.80, 0.80, 0.75, 0.80), "SMB": (0.80, 0.78, 0.80, 0.85, 0.90)}
STAGE_DAYS = {"KA": (12, 18, 30, 35, 32, 30, 24), "SMB": (6, 9, 12, 10, 9)}
SINGLE = (
    ("win_rate.count", "KA", 0.25),
    ("win_rate.count", "SMB", 0.40),
    ("cycle_days.won_median", "KA", 180.0),
    ("cycle_days.won_median", "SMB", 45.0),
)


def quarters(plan: Plan, ahead: int = 0) -> list[tuple[int, int]]:
    """(year, quarter) from the first snapshot to the last one, and `ahead` more."""
    first = np.datetime64(plan.first, "D").astype(object)
    index = first.year * 4 + (first.month - 1) // 3
    last = plan.end.year * 4 + (plan.end.month - 1) // 3 + ahead
    return [(i // 4, i % 4 + 1) for i in range(index, last + 1)]


def target_table(plan: Plan) -> pa.Table:
    """Table `target`: won amount per quarter and team, one quarter ahead of the last snapshot included."""
    names = quarters(plan, ahead=1)
    quarter, team = _crossed(len(names), len(w.TEAMS))
    base = np.array([TARGET_A_SELLER[x.segment] * x.sellers for x in w.TEAMS])[team]
    years = np.array([y for y, _ in names])[quarter] - names[0][0]
    season = np.array([4 * SEASON[q - 1] for _, q in names])[quarter]
    return c.table(
        "target",
        {
            "period": c.texts([f"{y}Q{q}" for y, q in names], quarter),
            "team": c.texts([x.name for x in w.TEAMS], team),
            "segment": c.texts([x.segment for x in w.TEAMS], team),
            "amount": c.money((base * GROWTH_A_YEAR**years * season).round(-4)),
            "currency": c.constant("CNY", len(team)),
        },
    )


def cost_table(plan: Plan) -> pa.Table:
    """Table `cost`: what selling costs per quarter, team and kind."""
    rng = plan.rng("costs")
    names = quarters(plan)
    quarter, rest = _crossed(len(names), len(w.TEAMS) * len(COSTS))
    team, kind = rest // len(COSTS), rest % len(COSTS)
    sellers = np.array([x.sellers for x in w.TEAMS])[team]
    amount = np.array([x for _, x in COSTS])[kind] * sellers * np.exp(rng.normal(0, 0.04, len(team)))
    return c.table(
        "cost",
        {
            "period": c.texts([f"{y}Q{q}" for y, q in names], quarter),
            "team": c.texts([x.name for x in w.TEAMS], team),
            "segment": c.texts([x.segment for x in w.TEAMS], team),
            "kind": c.texts([x for x, _ in COSTS], kind),
            "amount": c.money(amount.round(-2)),
            "currency": c.constant("CNY", len(team)),
        },
    )


def standard_table(plan: Plan) -> pa.Table:
    """Table `standard`: the company's own aims, marked C because they are invented."""
    rows: list[tuple[str, str, str | None, float]] = []
    for segment, stages in zip(("KA", "SMB"), STAGES, strict=True):
        rows += [("conversion.reached", segment, s, v) for s, v in zip(stages, CONVERSION[segment], strict=True)]
        rows += [("stage_days.median", segment, s, float(v)) for s, v in zip(stages, STAGE_DAYS[segment], strict=True)]
    rows += [(metric, segment, None, value) for metric, segment, value in SINGLE]
    n = len(rows)
    return c.table(
        "standard",
        {
            "metric": pa.array([r[0] for r in rows]),
            "segment": pa.array([r[1] for r in rows]),
            "stage": pa.array([r[2] for r in rows], pa.string()),
            "value": pa.array([r[3] for r in rows]),
            "year": c.integers(np.full(n, date(plan.end.year, 1, 1).year)),
            "definition": c.constant("样例公司自定目标 Aim of the sample company", n),
            "quality": c.constant("C", n),
        },
    )


def _crossed(outer: int, inner: int) -> tuple[Ints, Ints]:
    return np.repeat(np.arange(outer), inner), np.tile(np.arange(inner), outer)
