"""docs/metrics.md, written from the registry: `mvpod docs`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.metrics.columns import BRIDGE_COLUMNS, HYGIENE_COLUMNS, REASONS, meaning
from analytics.metrics.registry import REGISTRY, Metric
from data.contracts import DIMENSIONS

_HEAD = """\
# Metrics

Written from the registry (`analytics/metrics/registry.py`) by `mvpod docs`; edit there. Asked for with

    mvpod metric KEY [--as-of D] [--from D] [--to D] [--by DIM[,DIM]] [--where DIM=VALUE[,VALUE]] [--format json]

Everything is as of the end of the as-of day: what happened later is not known. `--from` and `--to` (both inside) bound
the metric's own date, named under "who". `--by` takes {groups}; `month` and `quarter` (fiscal) are those of the
same date. A group whose value is not known is `(unknown)`. Shares and means carry 95 % limits.
METHOD names the section of [method.md](method.md) from which a metric is taken.
"""

_FAMILIES = {
    "conversion": "Conversion", "stage_days": "Days in a stage", "cycle_days": "Cycle", "win_rate": "Win rate",
    "forecast": "Forecast",
    "closeness": "Closeness", "chain_coverage": "Decision chain", "trust": "Trust",
    "attention": "What needs attention",
    "support": "Support line", "quality": "Quality of the data",
    "pipeline": "Open pipeline", "regress": "Moves", "skip": "Moves",
    "value": "Value",
}

#: columns of each family's rows, in order (the groups asked for come first)
COLUMNS = {
    "conversion": ("pipeline", "stage", "next_stage", "stage_order", "n", "reached", "lost", "no_decision", "open",
                   "regressed", "out_of_order", "skipped", "value", "low", "high", "cumulative", "amount_n",
                   "amount_reached", "amount_value", "amount_low", "amount_high", "amount_missing",
                   "amount_reason", "skip_rate", "regress_rate", "horizon", "void", "deleted", "future",
                   "entry_unknown", "undated", "p75", "immature",
                   "immature_share", "reason"),
    "stage_days": ("pipeline", "stage", "next_stage", "stage_order", "n", "events", "censored", "value", "low", "high",
                   "hours", "entry_unknown", "invalid", "approximate", "reason"),
    "cycle_days": ("n", "events", "censored", "value", "low", "high", "invalid", "reason"),
    "attention": ("n", "events", "value", "low", "high", "amount_n", "amount_events", "amount_value", "amount_missing",
                  "reason"),
    "closeness": ("n", "unmeasured", "dependent", "value", "low", "high", "reason"),
    "chain_coverage": ("n", "unmeasured", "single", "opposed", "value", "low", "high", "reason"),
    "trust": ("n", "unmeasured", "acquainted", "known", "trusted", "interdependent", "value", "low", "high", "reason"),
    "win_rate": ("pipeline", "stage", "next_stage", "stage_order", "n", "unmeasured", "won", "lost", "no_decision",
                 "open", "value", "low", "high", "shrunk", "parent", "default_probability", "won_amount", "lost_amount",
                 "if_it_goes_ahead", "leading", "phantom", "g_unknown", "stale", "won_amount_missing",
                 "lost_amount_missing", "void", "path_unknown", "open_overdue", "reason"),
    "pipeline": ("pipeline", "stage", "stage_order", "n", "amount", "amount_missing", "weighted", "weighted_missing",
                 *BRIDGE_COLUMNS, "pushed", "pushed_month", "pushed_quarter", "repeated", "pulled", "moves", "days",
                 "days_mean", "fast", "usual", "slow", "stuck", "paused", "overdue", "overdue_amount", "future",
                 "unknown", "slow_amount", "p50", "p75", "p90", "events", "quota", "remaining",
                 "flagged", "flagged_amount", *HYGIENE_COLUMNS, "without_account", "accounts", "top_amount", "value",
                 "low", "high", "steady", "is_apart", "with_past_due", "needed", "needed_low", "needed_high",
                 "win_rate", "win_n", "hhi", "reason"),
    "forecast": ("method", "period", "start", "end", "n", "quarters", "used", "won", "won_amount", "expected",
                 "expected_amount", "later", "later_amount", "count", "count_low", "count_mid", "count_high", "value",
                 "low", "mid", "high", "bias", "count_mape", "coverage", "ranged", "shared", "shared_value",
                 "is_best", "worse_by", "p", "is_sure", "amount_missing", "learned", "reason"),
    "support": ("n", "supported", "won", "strata", "events", "censored", "hours", "wasted", "won_amount",
                "won_amount_missing", "cost", "hours_unknown", "cost_unknown", "value", "low", "high", "p90",
                "sla_share", "sla_low", "sla_high", "waiting", "invalid", "reason"),
    "quality": ("n", "asked", "filled", "certain", "likely", "suspect", "cells", "unknown", "fresh", "value", "reason"),
    "regress": ("pipeline", "n", "events", "value", "low", "high", "reason"),
    "skip": ("pipeline", "n", "events", "value", "low", "high", "reason"),
    "value": ("n", "open_unnamed", "unmeasured", "won", "lost", "events", "accounts", "lines",
              "white", "per_account", "companies", "pairs", "amount", "amount_n",
              "amount_events",
              "win_rate", "won_amount", "won_amount_missing", "mean_amount", "cycle_days", "cost", "seller_months",
              "direct_n", "direct_value", "value", "low", "high", "reason"),
}


def document() -> str:
    """The whole page as Markdown."""
    groups = ", ".join(f"`{name}`" for name in (*DIMENSIONS, "stage", "month", "quarter"))
    parts = [_HEAD.format(groups=groups)]
    for title in dict.fromkeys(_FAMILIES.values()):
        metrics = [m for m in REGISTRY.values() if _FAMILIES[m.family] == title]
        parts.append(f"## {title}\n")
        parts += [_metric(m) for m in metrics]
        parts.append(_columns(metrics[0].family))
    parts.append("## Reasons\n\n" + _table(("reason", "there is no value because"), REASONS.items()))
    return "\n".join(parts)


def _metric(m: Metric) -> str:
    lines = [f"### `{m.key}`: {m.label['en']} · {m.label['zh']}\n", m.definition["en"] + "\n",
             m.definition["zh"] + "\n"]
    facts = [("formula", m.formula["en"]), ("", m.formula["zh"]),
             ("who", m.population["en"]), ("", m.population["zh"]), ("unit", m.unit), ("good is", m.direction),
             ("one row per", ", ".join((*m.grain, "group"))),
             ("adds up", {"counts": "its counts do, the value does not", "value": "yes", "none": "no"}[m.additivity]),
             ("needs", ", ".join(m.needs)), ("shown from", f"{m.minimum} event{'s' if m.minimum > 1 else ''}"),
             *((name, f"{' | '.join(map(str, allowed))} (default {allowed[0]})") for name,
               allowed in m.options.items()),
             ("source", m.source)]
    return "\n".join(lines) + "\n" + _table(("", ""), facts)


def _columns(family: str) -> str:
    rows = [(f"`{name}`", meaning(family, name)) for name in COLUMNS[family]]
    return "**Columns**\n\n" + _table(("column", "meaning"), rows)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {a} | {b.replace('|', '/')} |" for a, b in rows)]
    return "\n".join(lines) + "\n"
