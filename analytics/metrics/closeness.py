"""The metrics of closeness, trust, decision chains and the comparison with the rivals: stocks, looked at on a day."""

from __future__ import annotations

from analytics import stock_scores
from analytics.metrics.metric import Calculate, Metric, Text, Unit

_ACCOUNTS = {
    "en": "Accounts with known contacts, as judged in the last week of the period (a running week by its last day).",
    "zh": "有联系人记录的客户，取期间最后一周的评定（未结束的一周按最后一天所知）。",
}
_CONTACTS = {
    "en": "Contacts of the accounts, as they stood at the end of the last week that ended in the period.",
    "zh": "各客户的联系人，取期间内最后一个已结束周周末的状态。",
}
_DEALS = {
    "en": "Opportunities open at the end of the last day of the period.",
    "zh": "期间最后一天日终在手的商机。",
}


def _metric(key: str, label: Text, definition: Text, formula: Text, unit: Unit, population: Text,
            needs: tuple[str, ...], source: str, query: str, calculate: Calculate, direction: str = "up") -> Metric:
    return Metric(key, label, definition, formula, unit, direction,  # type: ignore[arg-type]
                  (), population, "counts", needs, 1, f"METHOD {source}", (query,), calculate)  # fmt: skip


def _account(key: str, en: str, zh: str, says_en: str, says_zh: str, formula: Text, needs: tuple[str, ...],
             calculate: Calculate) -> Metric:
    return _metric(f"closeness.{key}", {"en": en, "zh": zh}, {"en": says_en, "zh": says_zh}, formula, "points",
                   _ACCOUNTS, needs, "B4", "account_scores", calculate)  # fmt: skip


METRICS = (
    _account(
        "account", "Closeness", "客户关系紧密度",
        "How close we are to an account, 0 to 100: depth, breadth and transparency, weighted by the settings; the mean "
        "over accounts. Accounts without an org map or with no known attitude have no score, which is not zero.",
        "与客户的紧密程度（0–100）：深度、广度、透明度按设置加权；取各客户平均。"
        "缺少组织架构或态度均未知的客户无分数，不计为零。",
        {"en": "0.4 depth + 0.3 breadth + 0.3 transparency (weights: settings)",
         "zh": "0.4 × 深度 + 0.3 × 广度 + 0.3 × 透明度（权重可设置）"},
        ("contact.status", "department", "activity"), stock_scores.closeness),
    _account(
        "depth", "Depth", "深度",
        "Per department: how many of the people we should know we have reached in the last 90 days, times how close "
        "we are to them; weighted over departments.",
        "各部门近 90 天已接触人数占应接触人数的比例，乘以与其紧密度，再按部门权重加权。",
        {"en": "sum of weight x min(1, reached / target) x mean closeness of the reached / sum of weight",
         "zh": "∑ 部门权重 × min(1, 已接触人数 ÷ 目标人数) × 已接触者平均紧密度 ÷ ∑ 部门权重"},
        ("contact.status", "activity"), stock_scores.depth),
    _account(
        "breadth", "Breadth", "广度",
        "The share of departments, by weight, in which we have reached somebody who is not against us.",
        "已接触且至少一人不反对我方的部门占比（按部门权重）。",
        {"en": "100 x weight of covered departments / weight of all",
         "zh": "100 × 已覆盖部门的权重 ÷ 全部部门的权重"}, ("contact.status", "activity"), stock_scores.breadth),
    _account(
        "transparency", "Transparency", "透明度",
        "Of the key contacts, by importance: the share that supports us, and how much we know of them.",
        "关键联系人（按重要性加权）中支持我方的比例，以及我方对其了解程度。",
        {"en": "70 x share that supports us + 30 x share of the seven things that we know (weights: settings)",
         "zh": "70 × 支持我方的占比 + 30 × 七项画像中已知的占比（权重可设置）"},
        ("contact.status", "contact.importance"), stock_scores.transparency),
    _metric(
        "closeness.person_dependence", {"en": "Dependence on one person", "zh": "人走客走风险"},
        {"en": "The largest share of the closeness to an account's contacts that one of our people holds; the mean "
               "over accounts. `dependent` counts the accounts at or above the limit of the settings.",
         "zh": "单个我方人员所掌握的客户关系份额的最大值；取各客户平均。dependent 为达到或超过设置阈值的客户数。"},
        {"en": "max over our people of (closeness of the contacts that they hold / closeness of all contacts)",
         "zh": "我方各人中的最大值：其维系联系人的紧密度之和 ÷ 全部联系人的紧密度之和"}, "share",
        _ACCOUNTS, ("activity.owner_id",), "B4", "account_scores", stock_scores.person_dependence, "down"),
    _metric(
        "closeness.project", {"en": "Closeness to the deciders", "zh": "项目关系紧密度"},
        {"en": "How those who decide on an opportunity stand to us, 0 to 100, weighted by their role; the mean over "
               "open opportunities. Where no attitude of any of them is known it is not measured.",
         "zh": "商机决策链成员对我方的态度（0–100），按角色加权；取在手商机平均。态度均未知者不计。"},
        {"en": "sum of role weight x 100 x attitude / sum of role weight",
         "zh": "∑ 角色权重 × 100 × 态度 ÷ ∑ 角色权重"}, "points", _DEALS,
        ("opportunity_contact.status",), "B5", "chains", stock_scores.project),
    _metric(
        "chain_coverage", {"en": "Coverage of the decision chain", "zh": "决策链覆盖率"},
        {"en": "Of the roles that a decision chain must have (an approver, an evaluator, procurement), by weight, the "
               "share that is named with a known attitude; the mean over open opportunities with anybody named.",
         "zh": "决策链必备角色（审批、评估、采购）中已指名且态度已知的比例，按角色权重；"
               "取已有决策链记录的在手商机平均。"},
        {"en": "role weight of the roles that are filled / role weight of all three",
         "zh": "已落实角色的权重 ÷ 三类角色的权重之和"}, "share", _DEALS,
        ("opportunity_contact.decision_role", "opportunity_contact.status"), "B5", "chains",
        stock_scores.chain_coverage),
    _metric(
        "trust", {"en": "Trust", "zh": "信任度"},
        {"en": "How far contacts trust us, 0 to 100, by four degrees: how often we meet, what we have shown to know, "
               "how often in person, for how long. Steps: acquainted, known, trusted, interdependent.",
         "zh": "联系人对我方的信任（四度，0–100）：频度、专业度、深度、长度。阶梯：相识、相知、相信、相依。"},
        {"en": "25 x (frequency + expertise + depth + length)",
         "zh": "25 ×（频度 + 专业度 + 深度 + 长度）"}, "points", _CONTACTS, ("activity.contact_id",), "B11",
        "trust_scores", stock_scores.trust),
    _metric(
        "win_rate.comparison", {"en": "Win rate by comparison", "zh": "赢率（竞争对手比对法）"},
        {"en": "Our share of the strength of all parties, from assessed need fit and closeness, times the chance that "
               "the project goes ahead; the mean over open opportunities that were compared. Without an assessed rival "
               "it is one half at most.",
         "zh": "依据需求满足度与紧密度评估得出的我方实力份额，乘以项目落地概率；"
               "取已比对的在手商机平均。未评估对手时最多为一半。"},
        {"en": "g x s^gamma / sum over parties of s^gamma, s = need fit^0.5 x closeness^0.5 (exponents: settings)",
         "zh": "g × s^γ ÷ 各方 s^γ 之和，s = 需求满足度^0.5 × 关系紧密度^0.5（g：项目落地概率；指数可设置）"}, "share",
        _DEALS, ("assessment.need_fit", "assessment.closeness"), "B6", "comparison_scores", stock_scores.comparison),
)
