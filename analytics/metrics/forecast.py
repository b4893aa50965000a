"""The metrics of forecasts: what will be won in a quarter, by four methods, and how far off each was before."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from analytics import forecast, forecast_replay
from analytics.forecast_counts import QUERIES
from analytics.metrics.metric import Calculate, Metric, Text

#: 0: the quarter running on the as-of date (the next one on its last day); 1: the one after it
_AHEAD: Mapping[str, tuple[int, ...]] = MappingProxyType({"ahead": (0, 1)})
_OPEN = {
    "en": "Opportunities open at the end of the as-of date, and those already won in the quarter; the month is that of "
          "the expected close, or of winning.",
    "zh": "截至日日终在手的商机，以及该季度已赢单的商机；月份取预计成交月或赢单月。",
}
_PAST = {"en": "Opportunities open on the same day before the end of each of the last eight finished quarters.",
         "zh": "最近八个已结束季度中，距季末相同天数那一天仍在手的商机。"}


def _metric(method: str, label: Text, definition: Text, formula: Text, needs: tuple[str, ...],
            calculate: Calculate) -> Metric:
    return Metric(f"forecast.{method}", label, definition, formula, "money", "up", (), _OPEN, "value", needs, 1,
                  "METHOD B18", QUERIES, calculate, _AHEAD)  # fmt: skip


METRICS = (
    _metric(
        "weighted", {"en": "Forecast, stage probability", "zh": "预测（阶段默认概率加权）"},
        {"en": "Won so far in the quarter, plus amount x default probability of the stage for everything open that is "
               "expected to close in it. The interval is what chance alone would do if these probabilities were true.",
         "zh": "季度内已赢单，加上预计在季度内成交的在手商机的金额 × 阶段默认概率。区间仅为在该赢率属实时的随机波动。"},
        {"en": "won so far + sum of amount x stage default, expected close in the quarter",
         "zh": "已赢单 + ∑ 金额 × 阶段默认概率（预计成交日在季度内）"},
        ("status", "amount", "expected_close_on"), forecast.weighted),
    _metric(
        "crm", {"en": "Forecast, CRM probability", "zh": "预测（CRM 概率加权）"},
        {"en": "As forecast.weighted, with the probability that the CRM itself gives each opportunity.",
         "zh": "与阶段加权相同，但使用 CRM 为每个商机给出的赢率。"},
        {"en": "won so far + sum of amount x CRM probability, expected close in the quarter",
         "zh": "已赢单 + ∑ 金额 × CRM 概率（预计成交日在季度内）"},
        ("status", "amount", "expected_close_on", "probability"), forecast.crm),
    _metric(
        "historical", {"en": "Forecast, own history", "zh": "预测（自有历史）"},
        {"en": "Won so far, plus what is open times the chance with which the like of it (pipeline, segment, stage, "
               "days in the stage, expected close) was won by the end of the quarter at the same point of the last "
               "eight quarters, plus what used to arrive later and still be won. P10 to P90 of simulated quarters, "
               "seed stated in METHOD B18.",
         "zh": "季度内已赢单，加上在手商机 × 过去八个季度同一时点同类商机（管道、客户类型、阶段、停留天数、预计成交日）"
               "到季末的赢率，再加上以往同期之后新到并在季内赢单的部分。"
               "区间为模拟的 P10–P90，随机种子见 METHOD B18。"},
        {"en": "won so far + sum of P(won in the quarter) x amount x realised share + later arrivals",
         "zh": "已赢单 + ∑ 季内赢单的历史比例 × 金额 × 实际成交金额比例 + 之后新到的商机"},
        ("status", "stage", "amount", "closed_on"), forecast.historical),
    _metric(
        "comparison", {"en": "Forecast, comparison with the rivals", "zh": "预测（竞争对手比对）"},
        {"en": "As forecast.historical, but what is compared with its rivals counts by that win rate, times the share "
               "of such promises that used to come inside the quarter.",
         "zh": "与自有历史相同，但已做竞争对手比对的商机按比对赢率计入，并乘以以往此类赢率在季度内兑现的比例。"},
        {"en": "won so far + sum of P(comparison) x share inside the quarter x amount "
               "+ the rest as forecast.historical",
         "zh": "已赢单 + ∑ 比对赢率 × 落在季内的比例 × 金额 + 其余按自有历史"},
        ("status", "stage", "amount", "assessment"), forecast.comparison),
    Metric(
        "forecast.accuracy", {"en": "Error of past forecasts", "zh": "历史预测误差"},
        {"en": "What each method would have said of the last eight quarters, as many days before their end as today, "
               "against what was won: the mean size of (forecast - actual) / actual of the amount. Learned only from "
               "quarters that were over then.",
         "zh": "各方法在最近八个季度、距季末同样天数时会给出的预测与实际赢单金额之比：|预测 − 实际| ÷ 实际的平均。"
               "每次只用当时已结束的季度学习。"},
        {"en": "mean of |forecast - actual| / actual over the quarters",
         "zh": "各季度 |预测 − 实际| ÷ 实际的平均"}, "share", "down", ("method",), _PAST, "none",
        ("status", "stage", "amount", "closed_on"), 2, "METHOD B18", QUERIES, forecast_replay.accuracy, _AHEAD),
)
