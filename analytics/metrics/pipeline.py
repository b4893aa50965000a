"""The metrics of the open pipeline: what moved it, who pushes it, is it enough, is it in order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analytics import ageing, bridge, coverage, pipeline, pipeline_health, pushes
from analytics.metrics.metric import OPEN, Additivity, Calculate, Direction, Metric, Text, Unit

_DUE = {
    "en": "Opportunities open in the period with an expected close, paused ones included.",
    "zh": "期间内在手且有预计成交日的商机，含暂停。",
}


def _metric(
    key: str,
    en: str,
    zh: str,
    says_en: str,
    says_zh: str,
    formula: Text,
    population: Text,
    code: str,
    queries: tuple[str, ...],
    calculate: Calculate,
    unit: Unit = "money",
    direction: Direction = "up",
    additivity: Additivity = "value",
    *,
    grain: tuple[str, ...] = (),
    needs: tuple[str, ...] = ("status", "amount"),
    options: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
) -> Metric:
    return Metric(
        f"pipeline.{key}",
        {"en": en, "zh": zh},
        {"en": says_en, "zh": says_zh},
        formula,
        unit,
        direction,
        grain,
        population,
        additivity,
        needs,
        1,
        f"METHOD {code}",
        queries,
        calculate,
        options,
    )


METRICS = (
    _metric(
        "weighted",
        "Weighted pipeline",
        "加权在手商机",
        "Amount of open opportunities on the as-of date, each times the default probability of its stage. Those "
        "without an amount or a probability are counted beside it.",
        "截至日在手商机的金额乘以所处阶段的默认概率之和；无金额或无赢率者另计。",
        {"en": "sum of amount x probability of the stage", "zh": "∑ 金额 × 所处阶段的默认概率"},
        OPEN,
        "B18",
        ("open_stock",),
        pipeline.weighted,
    ),
    _metric(
        "bridge",
        "Change of the pipeline",
        "在手商机变动",
        "What moved the open pipeline from the end of the day before the period to its last day. Every opportunity "
        "that came or left is in exactly one part; what was won, lost or put off leaves with its last amount.",
        "从期初前一日日终到期末日，在手商机的变动及来源。每个进出的商机恰好归入一项；赢单、输单、转为未来机会的按最后金额计出。",
        {"en": "start + ins + increased - decreased - outs = end", "zh": "期初 + 流入 + 上调 − 下调 − 流出 = 期末"},
        OPEN,
        "B18",
        ("bridge",),
        bridge.wide,
        direction="neutral",
    ),
    _metric(
        "pushes",
        "Pushed close dates",
        "预计成交日推迟率",
        "Of the opportunities that were open with an expected close in the period, the share whose date was moved to a "
        "later day while they were open. By month or quarter: those in which it was due.",
        "期间内在手且有预计成交日的商机中，在手期间把日期改晚的比例。按月或季分组时，取原预计成交日所在期。",
        {"en": "pushed / n", "zh": "被推迟数 ÷ n"},
        _DUE,
        "B17",
        ("pushes",),
        pushes.pushed,
        "share",
        "down",
        "counts",
        needs=("expected_close_on",),
    ),
    _metric(
        "coverage",
        "Pipeline coverage",
        "商机覆盖倍数",
        "Open amount expected to close in the period, divided by what remains of its target. What is needed is 1 / the "
        "own win rate by amount of the last 365 days. What is past due belongs to no period to come: it stands beside "
        "it, and a second value has all of it.",
        "预计在期间内关闭的在手金额 ÷ 期间剩余目标。所需倍数 = 1 ÷ 最近 365 天的金额赢率。逾期商机不属于任何未来期间，"
        "故另列，并给出计入后的倍数。",
        {"en": "open amount due in the period / (target - won so far)",
         "zh": "期间内到期的在手金额 ÷（目标 − 已赢单）"},
        OPEN,
        "B18",
        ("due_open", "targets", "closings", "recent_closings"),
        coverage.coverage,
        "ratio",
        "up",
        "none",
        needs=("amount", "expected_close_on", "target"),
    ),
    _metric(
        "ageing",
        "Slower than three of four",
        "停留过久占比",
        "Share of the open opportunities that have been in their stage for longer than three of four visits of the "
        "last two years took. A stock is always older than the visits that pass through it, so this share is held "
        "against `steady`: that of a stock with the same pace and steady inflow. Calendar days; paused ones and "
        "unknown ages are left out and counted.",
        "在手商机中，在当前阶段停留已超过近两年四分之三停留时长的比例。存量总比流过的更老，故须与 `steady` 对照："
        "流入平稳、节奏相同时存量应有的比例。按自然日；暂停与起始未知者不计入、另列。",
        {"en": "(slow + stuck) / (fast + usual + slow + stuck)", "zh": "（P75 至 P90 + 超过 P90）÷ 进入日期已知的全部"},
        OPEN,
        "B15, B13 T3",
        ("open_ages", "stage_pace"),
        ageing.ageing,
        "share",
        "down",
        "counts",
        grain=("pipeline", "stage"),
        needs=("stage", "stage_entered_on"),
    ),
    _metric(
        "hygiene",
        "Records with gaps",
        "记录缺陷率",
        "Share of the open opportunities with at least one issue: past due, no expected close, no "
        "amount, no next step, no valid activity for 30 days. What is not measured is null and no issue.",
        "在手商机中至少有一项问题的比例：逾期、无预计成交日、无金额、无下一步、30 天无有效活动。"
        "未衡量的项为空，不算问题。",
        {"en": "flagged / n", "zh": "有问题的记录 ÷ n"},
        OPEN,
        "B15, B17",
        ("hygiene",),
        pipeline_health.hygiene,
        "share",
        "down",
        "counts",
        options=MappingProxyType({"idle": (30, 14, 60, 90)}),
    ),
    _metric(
        "concentration",
        "Share of the ten largest accounts",
        "前十大客户占比",
        "Share of the open amount that the ten largest accounts hold, with the Herfindahl index beside it. What has no "
        "account is left out and counted.",
        "十个最大客户占在手金额的比例；并列赫芬达尔指数。无客户者不计入、另列。",
        {"en": "amount of the ten largest accounts / amount of all accounts",
         "zh": "前十大客户的在手金额 ÷ 全部客户的在手金额"},
        OPEN,
        "B18",
        ("concentration",),
        pipeline_health.concentration,
        "share",
        "neutral",
        "counts",
        needs=("amount", "account_id"),
    ),
)
