"""The value indicators: what the customer line, the order line and the channel bring (METHOD B18)."""

from __future__ import annotations

from analytics import value
from analytics.metrics.metric import Additivity, Calculate, Direction, Metric, Text, Unit

_WON = {
    "en": "Opportunities won in the period and still won on the as-of date.",
    "zh": "期间内赢单且截至日仍为赢单的商机。",
}
_TARGETS = {
    "en": "Target accounts with known contacts in the last week judged by the end of the period; where the exports "
    "name no target accounts, all of them.",
    "zh": "期末最后一个已评定周、有联系人记录的目标客户；未标记目标客户时取全部客户。",
}
_OFFERED = {
    "en": "Accounts with any opportunity by the last day of the period, and the product lines of these opportunities.",
    "zh": "截至期末日有过任何商机的客户，以及这些商机涉及的产品线。",
}
_PACE = {
    "en": "Open on the last day of the period; won and lost in the twelve months up to that day.",
    "zh": "期末日在手的商机；赢单与输单取截至该日的 12 个月。",
}
_PARTNER = {
    "en": "Opportunities closed in the period and sold with a partner (channel or mixed).",
    "zh": "期间内关闭、经渠道或混合模式销售的商机。",
}
_OPEN = {
    "en": "Opportunities open on the last day of the period whose sales mode and company are known.",
    "zh": "期末日在手、销售模式与客户均已知的商机。",
}


def _metric(
    key: str,
    en: str,
    zh: str,
    says_en: str,
    says_zh: str,
    formula: Text,
    population: Text,
    queries: tuple[str, ...],
    calculate: Calculate,
    unit: Unit,
    needs: tuple[str, ...],
    *,
    direction: Direction = "up",
    additivity: Additivity = "counts",
    minimum: int = 1,
) -> Metric:
    return Metric(
        f"value.{key}",
        {"en": en, "zh": zh},
        {"en": says_en, "zh": says_zh},
        formula,
        unit,
        direction,
        (),
        population,
        additivity,
        needs,
        minimum,
        "METHOD B18",
        queries,
        calculate,
    )


METRICS = (
    _metric(
        "coverage",
        "Customer coverage",
        "客户覆盖率",
        "Share of the target accounts with at least one valid activity in the last 90 days (setting "
        "closeness.reached_days).",
        "近 90 天（设置 closeness.reached_days）内至少有一次有效活动的目标客户比例。",
        {"en": "touched target accounts / target accounts", "zh": "已接触的目标客户 ÷ 目标客户"},
        _TARGETS,
        ("value_coverage",),
        value.coverage,
        "share",
        ("activity", "contact.account_id"),
    ),
    _metric(
        "penetration",
        "Offering penetration",
        "产品渗透率",
        "Of all pairs of account and product line, the share with business: an opportunity that is open or was won. "
        "The rest is white space. By account and not by department, because no export says for which department an "
        "opportunity is. What was won stays: it rises with the history that is known, so periods are not compared.",
        "在“客户 × 产品线”的全部组合中，已有业务（在手或赢单商机）的比例，其余为空白。"
        "按客户而非部门计算，因为导出数据不记录商机属于哪个部门。赢单会累积，已知历史越长数值越高，因此不作各期对比。",
        {"en": "pairs with business / (accounts × product lines)", "zh": "有业务的组合 ÷（客户数 × 产品线数）"},
        _OFFERED,
        ("value_penetration",),
        value.penetration,
        "share",
        ("account_id", "product_line"),
    ),
    _metric(
        "repeat_share",
        "Repeat business",
        "老客户再签占比",
        "Amount won by renewal or resale, divided by the amount won.",
        "续签与再销售的赢单金额 ÷ 赢单金额。",
        {"en": "won amount of renewal and resale / won amount", "zh": "续签与再销售的赢单金额 ÷ 赢单金额"},
        _WON,
        ("value_won",),
        value.repeat_share,
        "share",
        ("type", "amount"),
    ),
    _metric(
        "velocity",
        "Sales velocity",
        "销售速度",
        "Amount won per day at the present pace: open opportunities x win rate x mean amount won / mean days to win, "
        "the last three over twelve months. Segments are never mixed; below five wins there is no value.",
        "按当前节奏每天赢得的金额：在手商机数 × 赢率 × 平均赢单金额 ÷ 平均赢单天数，后三项取 12 个月。"
        "不同客户类型绝不合并；赢单少于 5 个时不给出数值。",
        {"en": "open x won / (won + lost) x mean won amount / mean days from creation to winning",
         "zh": "在手商机数 × 赢率 × 平均赢单金额 ÷ 平均赢单周期（天）"},
        _PACE,
        ("value_velocity",),
        value.velocity,
        "money",
        ("status", "amount", "created_on", "closed_on"),
        additivity="none",
        minimum=value.FEW_WON,
    ),
    _metric(
        "efficiency",
        "Sales efficiency",
        "销售效率",
        "Amount won in the period per unit of selling cost of the same period. Costs are recorded per period, owner, "
        "team or segment: asked by anything else it is not known.",
        "期间赢单金额 ÷ 同期销售成本。成本仅按期间、人员、团队或客户类型记录，按其他维度则未知。",
        {"en": "won amount / selling cost", "zh": "赢单金额 ÷ 销售成本"},
        _WON,
        ("closings", "value_cost"),
        value.efficiency,
        "ratio",
        ("amount", "cost"),
        additivity="none",
    ),
    _metric(
        "won_per_seller_month",
        "Won per seller and month",
        "人均月赢单金额",
        "Amount won in the period divided by seller-months: the owners with anything open at the end of each month, "
        "added up.",
        "期间赢单金额 ÷ 人月数；人月数为各月末有在手商机的负责人数之和。",
        {"en": "won amount / seller-months", "zh": "赢单金额 ÷ 销售人月"},
        _WON,
        ("closings", "value_sellers"),
        value.won_per_seller_month,
        "money",
        ("amount", "owner_id"),
        additivity="none",
    ),
    _metric(
        "partner_share",
        "Partner contribution",
        "渠道贡献占比",
        "Amount won with a partner (channel or mixed), divided by the amount won.",
        "渠道与混合模式的赢单金额 ÷ 赢单金额。",
        {"en": "won amount of channel and mixed / won amount", "zh": "渠道与混合模式的赢单金额 ÷ 赢单金额"},
        _WON,
        ("value_won",),
        value.partner_share,
        "share",
        ("sales_mode", "amount"),
        direction="neutral",
    ),
    _metric(
        "partner_win_rate",
        "Win rate with partners",
        "渠道赢率",
        "Won divided by won and lost of what is sold with a partner (channel or mixed); beside it the same of what "
        "we sell alone.",
        "渠道与混合模式商机的赢单 ÷（赢单 + 输单）；并列直销的同一比率。",
        {"en": "won / (won + lost) of channel and mixed", "zh": "渠道与混合模式：赢单 ÷（赢单 + 输单）"},
        _PARTNER,
        ("value_won",),
        value.partner_win_rate,
        "share",
        ("sales_mode", "status", "closed_on"),
    ),
    _metric(
        "channel_conflict",
        "Channel conflict",
        "渠道冲突率",
        "Share of the open opportunities that are sold directly, or through the channel, to a company to which both "
        "happens at the same time: the same company code (USCC) or account. Opportunities of the mixed mode, in which "
        "we and the partner sell together, are no conflict. By groups, conflicts within each group.",
        "同一客户（统一社会信用代码或客户相同）同时存在直销与渠道在手商机时，这些直销及渠道商机占在手商机的比例。"
        "混合模式为双方共同销售，不算冲突。分组时只看组内冲突。",
        {"en": "open direct and channel opportunities of such companies / open opportunities",
         "zh": "同一企业直销与渠道并存的在手商机 ÷ 在手商机"},
        _OPEN,
        ("value_conflict",),
        value.channel_conflict,
        "share",
        ("sales_mode", "account_id"),
        direction="down",
    ),
)
