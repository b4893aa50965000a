"""Every metric, declared once. What is written here is what pages, exports, the command line and docs/metrics.md say.

A metric names the queries that count (functions of `data.queries`) and the pure function that turns the counts
into its rows. Sources: METHOD = docs/method.md; the letters are those of the method's
definitions (funnel F1..F4, days T1..T4).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analytics import conversion_days, cycle, funnel, pipeline, win_by_stage, win_rate
from analytics.metrics import attention, closeness, forecast, quality, support, value
from analytics.metrics import pipeline as stock
from analytics.metrics.metric import OPEN, Calculate, Metric, Text, Unit
from data.errors import MvpodError, nearest

__all__ = ["REGISTRY", "Metric", "get"]

REGISTRY: dict[str, Metric] = {}


def get(key: str) -> Metric:
    """The metric called `key`; MvpodError E_METRIC with the nearest key if there is none."""
    if key not in REGISTRY:
        raise MvpodError("E_METRIC", found=key, hint=nearest(key, list(REGISTRY)))
    return REGISTRY[key]


def _declare(*metrics: Metric) -> None:
    for metric in metrics:
        if metric.key in REGISTRY:
            raise ValueError(f"{metric.key} is declared twice")
        REGISTRY[metric.key] = metric


_STAGE = ("pipeline", "stage")
_REACHED = {"en": "Opportunities that reached the stage in the period, by entering it or passing over it.",
            "zh": "期间内到达该阶段的商机（进入或跳过均算到达）。"}
_STOOD = {"en": "Opportunities that stood in the stage at the end of the first day of the period.",
          "zh": "期初日终处于该阶段的商机。"}
_ENTERED = {"en": "Opportunities that first entered the stage in the period; entry day known.",
            "zh": "期间内首次进入该阶段、且进入日期已知的商机。"}
_VISITS = {"en": "All visits to the stage that began in the period; entry day known.",
           "zh": "期间内开始、且开始日期已知的全部阶段停留。"}
_CLOSED = {"en": "Opportunities closed in the period and still closed on the as-of date; void ones left out.",
           "zh": "期间内关闭且截至日仍为关闭状态的商机，不含作废。"}
_CREATED = {"en": "Opportunities created in the period; void ones left out.", "zh": "期间内创建的商机，不含作废。"}
_WON = {"en": "Opportunities won in the period and still won on the as-of date.",
        "zh": "期间内赢单且截至日仍为赢单的商机。"}
_MOVES = {"en": "Moves out of open stages dated in the period.", "zh": "期间内离开未关闭阶段的全部流转。"}


def _conversion(key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, population: Text, code: str,
                queries: tuple[str, ...], calculate: Calculate, unit: Unit = "share",
                options: Mapping[str, tuple[int, ...]] = MappingProxyType({})) -> Metric:
    return Metric(f"conversion.{key}", {"en": en, "zh": zh}, {"en": says_en, "zh": says_zh}, formula, unit, "up",
                  _STAGE,
                  population, "counts", ("stage",), 1, f"METHOD B12 {code}", queries, calculate, options)


def _days(key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, population: Text, code: str,
          query: str, calculate: Calculate, minimum: int) -> Metric:
    return Metric(f"stage_days.{key}", {"en": en, "zh": zh}, {"en": says_en, "zh": says_zh}, formula, "days", "down",
                  _STAGE, population, "counts", ("stage", "stage_entered_on"), minimum, f"METHOD B13 {code}", (query,),
                  calculate, shared=conversion_days.lengths if query == "visit_days" else None)


def _cycle(key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, population: Text, query: str,
           calculate: Calculate, minimum: int) -> Metric:
    return Metric(f"cycle_days.{key}", {"en": en, "zh": zh}, {"en": says_en, "zh": says_zh}, formula, "days", "down",
                  (),
                  population, "counts", ("created_on", "closed_on"), minimum, "METHOD B13 T4", (query,), calculate)


def _win(key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, population: Text, query: str,
         calculate: Calculate, needs: tuple[str, ...] = ("status", "closed_on")) -> Metric:
    return Metric(f"win_rate.{key}", {"en": en, "zh": zh}, {"en": says_en, "zh": says_zh}, formula, "share", "up", (),
                  population, "counts", needs, 1, "METHOD B7", (query, "overdue"), calculate)


_declare(
    _conversion(
        "reached", "Conversion", "转化率",
        "Of the opportunities that reached a stage in the period, the share that has reached a later stage or was won "
        "by the as-of date. Passing over a stage counts as passing it; the first time counts; those made void in "
        "the stage are shown apart (who passed it before has passed it).",
        "期间内到达某阶段的商机中，截至日已到达更后阶段或赢单的比例。跳过视为通过；只计首次；在该阶段作废的另列（此前已通过的仍算通过）。",
        {"en": "reached / n, n = reached + lost + open",
         "zh": "已转化 ÷ n，n = 已转化 + 流失 + 仍在手"}, _REACHED, "F3",
        ("reach_counts", "reach_ages", "recent_visit_days"), funnel.reached),
    _conversion(
        "strict", "Conversion, every stage in order", "严格转化率",
        "As conversion, but every stage must really be entered, one after the other. The gap to conversion is what "
        "jumps and detours do: process discipline.",
        "与转化率相同，但每个阶段必须依次真实进入。与转化率之差即跳级与绕行：反映流程纪律。",
        {"en": "reached in order / n, n = reached + lost + open + out of order",
         "zh": "依次进入的已转化 ÷ n，n = 已转化 + 流失 + 仍在手 + 未按顺序"}, _REACHED, "F3s",
        ("strict_counts",), funnel.strict),
    _conversion(
        "cohort", "Conversion of the stock", "同批转化率",
        "Of the opportunities that stood in a stage on the first day, the share that had come further by the last day. "
        "Without a start the first day is 30 days before the last.",
        "期初日处于某阶段的商机中，到期末日已进入更后阶段的比例。未给定起始日时取期末日前 30 天。",
        {"en": "come further / n, n = reached + lost + open",
         "zh": "已进入更后阶段 ÷ n，n = 已转化 + 流失 + 仍在手"}, _STOOD, "F2", ("cohort_counts",), funnel.cohort),
    _conversion(
        "stock", "Ratio of stocks", "存量比",
        "Number in the next stage on the last day divided by the number in this stage on the first day. A ratio of two "
        "different groups: it may exceed 100 % and is not a probability. Without a start: 30 days apart.",
        "期末日下一阶段的数量除以期初日本阶段的数量。两批不同商机之比，可超过 100 %，不是概率。无起始日时相隔 30 天。",
        {"en": "stock(next stage, last day) / stock(stage, first day)",
         "zh": "期末日下一阶段存量 ÷ 期初日本阶段存量"}, _STOOD, "F1", ("stock_counts",), funnel.stock,
        "ratio"),
    _conversion(
        "matured", "Conversion within 90 days", "成熟转化率（90 天内）",
        "Probability of having come further within 30, 60, 90 or 180 days of reaching the stage. Closings compete, "
        "young opportunities count for as long as they have been watched: fair to recent ones.",
        "到达阶段后 30、60、90 或 180 天内进入更后阶段的概率。关闭为竞争事件，新商机按已观察时长计入：对近期商机公平。",
        {"en": "Aalen-Johansen cumulative incidence of passing at the horizon",
         "zh": "观察天数处“通过”的累积发生率（Aalen–Johansen）"}, _REACHED, "F4",
        ("reach_days",), funnel.matured, options=MappingProxyType({"horizon": (90, 30, 60, 180)})),
    _days("converted_mean", "Conversion days", "转化天数",
          "Mean days that converted opportunities had spent in the stage, all their visits together. Still-open ones "
          "are not in it, so it is too short while many are open.",
          "已转化商机在该阶段的平均天数，多次停留累计。不含仍在阶段中的商机，故在手商机多时偏短。",
          {"en": "sum of days of those that came further / their number",
           "zh": "已转化商机的停留天数之和 ÷ 其数量"}, _ENTERED, "T1",
          "stage_totals", conversion_days.converted_mean, 1),
    _days("dwell_mean", "Mean days in stage", "平均停留天数",
          "Mean days accumulated so far in the stage by all opportunities that entered it, still-open ones included.",
          "所有进入该阶段的商机迄今累计停留的平均天数，含仍在阶段中的。",
          {"en": "sum of days so far of all that entered / their number",
           "zh": "全部进入商机迄今的停留天数之和 ÷ 其数量"}, _ENTERED, "T2",
          "stage_totals", conversion_days.dwell_mean, 1),
    _days("median", "Median days in stage", "停留天数中位数",
          "The day by which half of the visits have ended in any way; visits that go on count for as long as they have "
          "lasted (Kaplan-Meier). Where all have ended and their number is even, it is the lower of the two in the "
          "middle. Not reached where more than half still go on.",
          "一半停留以任何方式结束时的天数；仍在进行的按已持续时长计入（Kaplan-Meier）。停留均已结束且个数为偶数时，取居中两数的较小者。"
          "过半仍在进行时为“尚未达到”。",
          {"en": "smallest t with S(t) ≤ 0.5 (S: share not yet ended)",
           "zh": "使 S(t) ≤ 0.5 的最小 t（S：尚未结束的比例）"},
          _VISITS, "T3", "visit_days", conversion_days.median, 5),
    _days("p75", "Days in stage, three of four", "停留天数 P75",
          "The day by which three of four visits have ended, on the same curve.",
          "四分之三的停留已结束时的天数，同一曲线。",
          {"en": "smallest t with S(t) ≤ 0.25 (S: share not yet ended)",
           "zh": "使 S(t) ≤ 0.25 的最小 t（S：尚未结束的比例）"}, _VISITS, "T3", "visit_days", conversion_days.p75, 5),
    _days("p90", "Days in stage, nine of ten", "停留天数 P90",
          "The day by which nine of ten visits have ended, on the same curve.",
          "十分之九的停留已结束时的天数，同一曲线。",
          {"en": "smallest t with S(t) ≤ 0.1 (S: share not yet ended)",
           "zh": "使 S(t) ≤ 0.1 的最小 t（S：尚未结束的比例）"}, _VISITS, "T4", "visit_days", conversion_days.p90, 5),
    _cycle("won_mean", "Mean days to win", "平均赢单周期",
           "Mean days from creation to winning, of what was won in the period.",
           "期间内赢单商机从创建到赢单的平均天数。", {"en": "sum of (won on - created on) / number won",
                                   "zh": "（赢单日 − 创建日）之和 ÷ 赢单数"}, _WON, "cycle_closed",
           cycle.won_mean, 1),
    _cycle("won_median", "Median days to win", "赢单周期中位数",
           "Median days from creation to winning, of what was won in the period; of an even number the lower of the "
           "two in the middle.",
           "期间内赢单商机从创建到赢单的天数中位数；个数为偶数时取居中两数的较小者。",
           {"en": "smallest number of days that half of (won on - created on) do not exceed",
            "zh": "使一半（赢单日 − 创建日）不超过它的最小天数"}, _WON, "cycle_closed",
           cycle.won_median, 5),
    _cycle("closed_median", "Median days to close", "关闭周期中位数",
           "Median days from creation to closing (won, lost or no decision), of what was closed in the period; of an "
           "even number the lower of the two in the middle.",
           "期间内关闭（赢单、输单、未决策）商机从创建到关闭的天数中位数；个数为偶数时取居中两数的较小者。",
           {"en": "smallest number of days that half of (closed on - created on) do not exceed",
            "zh": "使一半（关闭日 − 创建日）不超过它的最小天数"},
           _CLOSED,
           "cycle_closed", cycle.closed_median, 5),
    _cycle("median", "Median days to close, open ones counted", "周期中位数（含在手）",
           "The day by which half of the opportunities created in the period were closed (won, lost or no decision); "
           "open ones count for as long as they have been open (Kaplan-Meier). Where all are closed and their number "
           "is even, it is the lower of the two in the middle.",
           "期间内创建的商机有一半已关闭（赢单、输单、未决策）时的天数；在手商机按已持续时长计入（Kaplan-Meier）。"
           "全部已关闭且个数为偶数时，取居中两数的较小者。",
           {"en": "smallest t with S(t) ≤ 0.5 (S: share not yet ended)",
            "zh": "使 S(t) ≤ 0.5 的最小 t（S：尚未结束的比例）"}, _CREATED, "cycle_created", cycle.median, 5),
    _win("count", "Win rate", "赢率",
         "Won divided by won and lost, by closing date. It rises when nobody closes the losers: "
         "what is open and past due is shown beside it.",
         "赢单 ÷（赢单 + 输单），按关闭日期。若输单迟迟不关闭则会虚高，故并列逾期商机数。",
         {"en": "won / (won + lost)", "zh": "赢单 ÷（赢单 + 输单）"}, _CLOSED, "closings", win_rate.count),
    _win("amount", "Win rate by amount", "金额赢率",
         "Amount won divided by amount won and lost, by closing date. Closings without "
         "an amount are counted beside it, not as zero.",
         "赢单金额 ÷（赢单金额 + 输单金额），按关闭日期。无金额者另计，不作零。",
         {"en": "amount won / (amount won + amount lost)",
          "zh": "赢单金额 ÷（赢单金额 + 输单金额）"}, _CLOSED, "closings", win_rate.amount,
         ("status", "closed_on", "amount")),
    _win("decided", "Win rate, no decision included", "赢率（含未决策）",
         "Won divided by won, lost and no decision, by closing date.",
         "赢单 ÷（赢单 + 输单 + 未决策），按关闭日期。", {"en": "won / (won + lost + no decision)",
                                        "zh": "赢单 ÷（赢单 + 输单 + 未决策）"}, _CLOSED, "closings",
         win_rate.decided),
    _win("created_cohort", "Won of all created", "创建批次赢率",
         "Won divided by all created in the period, open ones included: what some "
         "systems call conversion. Young periods are low because much is still open.",
         "期间内创建的全部商机（含在手）中已赢单的比例，部分系统称为转化率。近期创建的多数仍在手，故偏低。",
         {"en": "won / all created",
          "zh": "赢单 ÷ 全部创建的商机"},
         _CREATED, "created_outcomes", win_rate.created_cohort, ("status", "created_on")),
    Metric("win_rate.by_stage", {"en": "Win rate by stage reached", "zh": "按到达阶段的赢率"},
           {"en": "Of the opportunities closed in the period that had come at least as far as the stage, the share "
                  "won. Passing "
                  "over a stage is reaching it. Few cases are drawn towards the rate of their parent (column shrunk).",
            "zh": "期间内关闭、且曾到达该阶段或更后阶段的商机中赢单的比例。跳过视为到达。样本少时向上级比率收缩"
                  "（shrunk 列）。"},
           {"en": "won / (won + lost) of those that reached the stage",
            "zh": "到达该阶段的商机中：赢单 ÷（赢单 + 输单）"}, "share", "up", _STAGE, _CLOSED, "counts",
           ("status", "closed_on", "stage"), 5, "METHOD B7", ("stage_outcomes",), win_by_stage.by_stage),
    Metric("pipeline.open", {"en": "Open pipeline", "zh": "在手商机"},
           {"en": "Number and amount of open opportunities on the as-of date; weighted by the stages' default "
                  "probability beside it.",
            "zh": "截至日在手商机的数量与金额；并列按阶段默认概率加权的金额。"},
           {"en": "sum of amount of open opportunities",
            "zh": "在手商机金额之和"}, "money", "up", (), OPEN, "value", ("status", "amount"), 1,
           "METHOD B18", ("open_stock",), pipeline.open_pipeline),
    Metric("regress.rate", {"en": "Moves back", "zh": "回退率"},
           {"en": "Share of all moves out of open stages that went back to an earlier one.",
            "zh": "离开未关闭阶段的全部流转中退回更早阶段的比例。"},
           {"en": "moves back / all moves",
            "zh": "回退次数 ÷ 全部流转次数"},
           "share", "down", ("pipeline",), _MOVES, "counts", ("stage",), 1, "METHOD B12",
           ("transitions",), pipeline.regress_rate),
    Metric("skip.rate", {"en": "Skipped stages", "zh": "跳级率"},
           {"en": "Share of all moves out of open stages that jumped over at least one.",
            "zh": "离开未关闭阶段的全部流转中至少跳过一个阶段的比例。"},
           {"en": "moves over a stage / all moves",
            "zh": "跳过阶段的次数 ÷ 全部流转次数"}, "share", "neutral", ("pipeline",), _MOVES, "counts", ("stage",), 1,
           "METHOD B12",
           ("transitions",), pipeline.skip_rate),
)
_declare(*closeness.METRICS)
_declare(*attention.METRICS)
_declare(*forecast.METRICS)
_declare(*stock.METRICS)
_declare(*support.METRICS)
_declare(*quality.METRICS)
_declare(*value.METRICS)
