"""The metrics of what needs attention: a stock of the as-of date, as shares of what is open."""

from __future__ import annotations

from functools import partial

from analytics import attention
from analytics.metrics.metric import Metric, Text

_OPEN = {
    "en": "Opportunities open on the as-of date (paused ones included, those put off not) for which it can be known.",
    "zh": "截至日在手的商机（含暂停与已到唤醒日的，不含尚未唤醒的未来机会），且可判断者。",
}


def _share(
    key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, needs: tuple[str, ...], source: str
) -> Metric:
    return Metric(
        f"attention.{key}",
        {"en": en, "zh": zh},
        {"en": says_en, "zh": says_zh},
        formula,
        "share",
        "down",
        (),
        _OPEN,
        "counts",
        needs,
        1,
        f"METHOD {source}",
        ("attention_counts",),
        partial(attention.share, rules=attention.METRICS[key]),
    )


METRICS = (
    _share(
        "stalled",
        "Stalled",
        "滞留商机占比",
        "Longer in their stage than twice the median of the pipeline, stage and segment, and than all but one in five "
        "of a steady stock stand there (never less than the minimum of the settings): a stock is always older than the "
        "visits that pass through it. Pauses do not count, a pending tender is exempt.",
        "在当前阶段停留超过本管道、阶段、客户类型历史中位数的两倍，且长于平稳存量中除最久五分之一外的时长（不低于设置的下限）"
        "的商机占比：存量总比流过的更老。暂停天数不计，等待开标结果的豁免。",
        {"en": "stalled / open", "zh": "滞留 ÷ 在手"},
        ("stage", "stage_entered_on"),
        "B15",
    ),
    _share(
        "never_moved",
        "Never moved",
        "从未推进占比",
        "Stalled in the stage in which they began: not one move so far.",
        "滞留在起始阶段、从未流转过的商机占比。",
        {"en": "stalled without a move / open", "zh": "从未推进的滞留 ÷ 在手"},
        ("stage", "stage_entered_on"),
        "B15",
    ),
    _share(
        "idle",
        "Idle beyond warning",
        "超期未跟进占比",
        "No valid activity and no advance for at least as many days as the settings warn after, by segment.",
        "达到预警天数（按客户类型）仍无有效活动且无推进的商机占比。",
        {"en": "idle for the days of warning or more / open", "zh": "未跟进达到预警天数 ÷ 在手"},
        ("activity",),
        "B15",
    ),
    _share(
        "recycle",
        "To be recycled",
        "建议回收占比",
        "Both clocks have run out: no valid activity and no advance for the days of recycling, and longer in the stage "
        "than its limit; and no expected close is still to come. Handing them over should be decided; never grade S, "
        "nor A of key accounts: there the manager decides.",
        "两个时限均已超过（未跟进达到回收天数，且在阶段停留超过上限），又没有尚未到期的预计成交日，应决定是否重新分配的商机占比；"
        "S 级及大客户 A 级不自动建议，由主管决定。",
        {"en": "idle for the days of recycling and stalled, no expected close to come / open",
         "zh": "未跟进达到回收天数、滞留且无未到期预计成交日 ÷ 在手"},
        ("activity", "stage", "expected_close_on"),
        "B15",
    ),
    _share(
        "past_due",
        "Past due",
        "逾期占比",
        "Open though their expected close has passed.",
        "已过预计成交日仍未关闭的商机占比。",
        {"en": "expected close before the as-of date / open with an expected close",
         "zh": "预计成交日早于截至日 ÷ 有预计成交日的在手商机"},
        ("expected_close_on",),
        "B15",
    ),
    _share(
        "unconditioned",
        "Spend without necessity",
        "无必要条件投入占比",
        "From the stage of the settings on: necessary conditions are weak, yet more presales hours were spent than "
        "the median of those of the same pipeline and grade that took any.",
        "自设定阶段起：必要条件得分低，但投入的售前工时高于同管道同级别有售前投入者中位数的商机占比。",
        {"en": "weak conditions and hours above the median / open from that stage on with known conditions",
         "zh": "必要条件不足且工时高于中位数 ÷ 自该阶段起、必要条件已知的在手商机"},
        ("checklist", "support_request"),
        "B8",
    ),
    _share(
        "single_threaded",
        "Single-threaded",
        "单线联系占比",
        "Only one person is known in the decision chain; where no chain is recorded, only one was ever in touch "
        "with us.",
        "决策链上只有一人（未记录决策链时：仅与一人有过接触）的商机占比。",
        {"en": "exactly one person / open with anybody known", "zh": "仅知一人 ÷ 至少知一人的在手商机"},
        ("opportunity_contact",),
        "B5, B15",
    ),
    _share(
        "no_rival",
        "Rival not known",
        "对手信息缺失占比",
        "From the stage of the settings on: no rival is named or assessed, and it is not proven to be single source.",
        "自设定阶段起，未填写也未评估任何竞争对手（已证实为单一来源的除外）的商机占比。",
        {"en": "no rival / open from that stage on", "zh": "无对手信息 ÷ 自该阶段起的在手商机"},
        ("assessment",),
        "B6",
    ),
    _share(
        "at_risk",
        "At risk",
        "赢率风险事件占比",
        "The comparison with the rivals had a bad event: lead lost, doomed, fall, less certain, new rival, or "
        "not assessed.",
        "竞争对手比对出现不利事件（失去领先、败局已定、大幅下降、立项存疑、新对手、久未评估）的商机占比。",
        {"en": "with an event / open and assessed once", "zh": "发生事件 ÷ 至少评估过一次的在手商机"},
        ("assessment",),
        "B6",
    ),
    _share(
        "any",
        "Needs attention",
        "需关注占比",
        "Calls for a decision: stalled, at risk, or presales spend without necessity. Reminders, past due dates, "
        "single contacts and unknown rivals are counted by themselves.",
        "需要决策的商机占比：滞留、赢率风险或无必要条件投入。提醒预警、逾期、单线联系、对手缺失各自另计。",
        {"en": "stalled, at risk or unconditioned / open", "zh": "滞留、赢率风险或无必要条件投入 ÷ 在手"},
        ("stage",),
        "B15",
    ),
)
