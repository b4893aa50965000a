"""The metrics of the data themselves: completeness, duplicates, unknowns, freshness."""

from __future__ import annotations

from analytics import quality
from analytics.metrics.metric import OPEN, Calculate, Direction, Metric, Text


def _metric(
    key: str,
    en: str,
    zh: str,
    says_en: str,
    says_zh: str,
    formula: Text,
    direction: Direction,
    calculate: Calculate,
    queries: tuple[str, ...],
    source: str,
) -> Metric:
    return Metric(
        f"quality.{key}",
        {"en": en, "zh": zh},
        {"en": says_en, "zh": says_zh},
        formula,
        "share",
        direction,
        (),
        OPEN,
        "counts",
        (),
        1,
        source,
        queries,
        calculate,
    )


METRICS = (
    _metric(
        "completeness",
        "Completeness",
        "完整度",
        "Of what should be known by now of the open opportunities, the weighted share that is filled in: each group of "
        "fields is asked for from a certain stage on. Partly known counts half, placeholders nothing; what no export "
        "brings is left out.",
        "截至当前阶段应填信息中已填写的加权比例：各信息组自某一阶段起要求填写。部分已知计一半，占位内容计零；"
        "未导入的信息组不计。",
        {"en": "sum of weight x filled / sum of weight x asked for", "zh": "∑ 权重 × 已填 ÷ ∑ 权重 × 应填"},
        "up",
        quality.completeness,
        ("quality_fields", "quality_sources"),
        "METHOD B17",
    ),
    _metric(
        "duplicates",
        "Duplicates",
        "重复率",
        "Further records of the same open opportunity: the same valid company code (certain) or, without codes, the "
        "same name of another account record (likely), same product line and type. Suspects are counted beside it.",
        "同一在手商机的多余记录：产品线与类型相同，且统一社会信用代码有效并相同（确定），或无代码而客户名称相同（很可能）。"
        "疑似者另计。",
        {"en": "(certain + likely) / open opportunities", "zh": "（确定 + 很可能）÷ 在手商机"},
        "down",
        quality.duplicates,
        ("quality_twins", "quality_unknown", "quality_codes"),
        "METHOD B16",
    ),
    _metric(
        "unknown",
        "Unknown",
        "未知率",
        "Share of unknown values among the thirteen dimensions by which every number is grouped.",
        "用于分组的十三个维度中，取值未知的比例。",
        {"en": "unknown / (open opportunities x dimensions)", "zh": "未知数 ÷（在手商机数 × 维度数）"},
        "down",
        quality.unknown,
        ("quality_unknown",),
        "METHOD B17",
    ),
    _metric(
        "freshness",
        "Freshness",
        "新鲜度",
        "Share of the open opportunities in which anything tracked (stage, status, amount, expected close, owner, a "
        "dimension) changed within the last 30 days (quality.fresh_days).",
        "最近 30 天（quality.fresh_days）内有任何变化（阶段、状态、金额、预计成交日、负责人或维度）的在手商机比例。",
        {"en": "changed within the last 30 days (quality.fresh_days) / open opportunities",
         "zh": "最近 30 天（quality.fresh_days）内有变化的 ÷ 在手商机"},
        "up",
        quality.freshness,
        ("quality_unknown",),
        "METHOD B17",
    ),
)
