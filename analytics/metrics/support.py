"""The metrics of the support line: hours, waste, return, lift, response."""

from __future__ import annotations

from analytics import support
from analytics.metrics.metric import Calculate, Direction, Metric, Text, Unit

_ASKED = {"en": "Support requests made in the period.", "zh": "期间内提出的支撑请求。"}
_CLOSED_ALL = {
    "en": "Opportunities closed in the period and still closed on the as-of date, void ones included.",
    "zh": "期间内关闭且截至日仍为关闭状态的商机，含作废。",
}


def _metric(
    key: str,
    en: str,
    zh: str,
    says_en: str,
    says_zh: str,
    formula: Text,
    unit: Unit,
    direction: Direction,
    calculate: Calculate,
    needs: tuple[str, ...],
    query: str = "support_use",
    population: Text = _CLOSED_ALL,
    source: str = "METHOD B18",
    minimum: int = 1,
) -> Metric:
    return Metric(
        f"support.{key}",
        {"en": en, "zh": zh},
        {"en": says_en, "zh": says_zh},
        formula,
        unit,
        direction,
        (),
        population,
        "counts",
        needs,
        minimum,
        source,
        (query, "support_known"),
        calculate,
    )


METRICS = (
    _metric(
        "hours",
        "Presales hours per million won",
        "每赢百万售前工时",
        "Presales hours spent on what was won or lost in the period, divided by the amount won in millions of the base "
        "currency. Requests whose hours nobody wrote down are counted beside it.",
        "期间内赢单与输单商机所用售前工时 ÷ 赢单金额（百万本位币）。未登记工时的请求另计。",
        {"en": "hours on won and lost / (amount won / 1,000,000)", "zh": "赢单与输单的工时 ÷（赢单金额 ÷ 100 万）"},
        "number",
        "down",
        support.hours,
        ("support_request.hours", "amount"),
    ),
    _metric(
        "waste_share",
        "Hours on what was not won",
        "未赢单工时占比",
        "Of the presales hours on what closed in the period, the share that went into what was lost, not decided or "
        "void.",
        "期间内关闭商机所用售前工时中，用于输单、未决策与作废商机的比例。",
        {"en": "hours on lost, no decision and void / hours on all closed",
         "zh": "输单、未决策与作废的工时 ÷ 全部已关闭商机的工时"},
        "share",
        "down",
        support.waste_share,
        ("support_request.hours",),
    ),
    _metric(
        "return",
        "Return on support, by amount",
        "支撑投入产出（按金额）",
        "Amount won with support, less the cost of support of all that closed in the period, divided by that cost. By "
        "amounts, because exports do not tell the margin: read it over time and between groups, not as a profit.",
        "期间内有支撑的赢单金额减去全部关闭商机的支撑成本，再除以该成本。导出数据没有毛利，故按金额计算："
        "适合看趋势与对比，不代表利润。",
        {"en": "(amount won with support - cost of support) / cost of support",
         "zh": "（有支撑的赢单金额 − 支撑成本）÷ 支撑成本"},
        "ratio",
        "up",
        support.returned,
        ("support_request.cost", "amount"),
    ),
    _metric(
        "lift",
        "Win rate difference with support",
        "有无支撑的赢率差",
        "Win rate with support less win rate without it, compared within the same segment and grade among "
        "opportunities that came far enough to get support. An association: support is not given by lot.",
        "在同一客户类型与商机等级内，已推进到可获支撑阶段的商机中，有支撑与无支撑的赢率之差。仅为相关：支撑并非随机分配。",
        {"en": "Mantel-Haenszel difference of won / (won + lost) over segment x grade",
         "zh": "赢单 ÷（赢单 + 输单）之差，按客户类型 × 等级分层加权（Mantel–Haenszel）"},
        "share",
        "neutral",
        support.lift,
        ("support_request.opportunity_id", "status"),
    ),
    _metric(
        "response_days",
        "Time to first response",
        "首次响应时间",
        "The time by which half of the requests have had a first response, in days; requests without one count for as "
        "long as they have waited (Kaplan-Meier). Nine of ten and the share within the agreed hours are beside it.",
        "半数请求得到首次响应所用的时间（天）；未响应的按已等待时长计入（Kaplan-Meier）。并列 P90 与时限内响应比例。",
        {"en": "smallest t with S(t) ≤ 0.5 (S: share not yet ended)",
         "zh": "使 S(t) ≤ 0.5 的最小 t（S：尚未结束的比例）"},
        "days",
        "down",
        support.response,
        ("support_request.requested_at", "support_request.first_response_at"),
        "support_response",
        _ASKED,
        minimum=5,
    ),
)
