"""The words of which the sample company is made. Every name is invented and plainly artificial.

Texts that stand in the data themselves (regions, teams, product lines) carry both languages in one value, as they
do in the CRM of a company that works in both.
"""

from __future__ import annotations

from typing import NamedTuple

REGIONS = (
    "华北 North",
    "东北 Northeast",
    "华东 East",
    "华南 South",
    "华中 Central",
    "西南 Southwest",
    "西北 Northwest",
)
REGION_WEIGHTS = (0.18, 0.08, 0.27, 0.19, 0.11, 0.10, 0.07)
#: index into the four areas North, East, South, West of the sales teams
AREA_OF_REGION = (0, 0, 1, 2, 3, 3, 3)

OWNERSHIPS = ("state-owned", "private", "foreign")
INDUSTRIES = (
    "机械 Machinery",
    "能源 Energy",
    "化工 Chemicals",
    "电子 Electronics",
    "物流 Logistics",
    "医疗 Healthcare",
    "公用事业 Utilities",
    "食品 Food",
)
PRODUCT_LINES = (
    "数据平台 Data platform",
    "边缘网关 Edge gateway",
    "质量检测 Quality inspection",
    "能效管理 Energy management",
    "设备运维 Maintenance",
    "培训咨询 Training",
)
MODES = ("direct", "channel", "mixed")
TYPES = ("new", "renewal", "resale")
LEAD_SOURCES = ("老客户 Existing customer", "展会 Trade fair", "伙伴 Partner", "官网 Website", "电话 Cold call")
TENDER_MODES = ("public", "invited", "single_source")
RIVALS = ("对手甲 Rival Alpha", "对手乙 Rival Beta", "对手丙 Rival Gamma", "对手丁 Rival Delta", "对手戊 Rival Epsilon")
LOSS_REASONS = (
    "价格 Price",
    "关系不足 Relationship",
    "方案不符 Solution fit",
    "预算取消 Budget withdrawn",
    "项目推迟 Postponed",
    "重复或误建 Created by mistake",
)
NEXT_STEPS = (
    "拜访决策人 Visit the decision maker",
    "确认预算 Confirm the budget",
    "提交方案 Submit the proposal",
    "技术交流 Technical workshop",
    "跟进合同 Follow up the contract",
)
ORIENTATIONS = ("innovator", "visionary", "pragmatist", "conservative", "laggard")
DEPARTMENTS = ("管理层 Management", "信息部 IT", "采购部 Purchasing", "生产部 Production", "财务部 Finance")
DEPARTMENT_WEIGHTS = (3.0, 2.0, 2.0, 1.0, 1.0)
TITLES = (
    "总经理 General manager",
    "部门经理 Head of department",
    "主管 Supervisor",
    "工程师 Engineer",
    "专员 Specialist",
)
DECISION_ROLES = ("approver", "technical_evaluator", "procurement", "decision_maker", "user", "coach")
ACTIVITY_KINDS = ("visit", "workshop", "meeting_online", "call", "message", "company_tour")
SUPPORT_KINDS = ("方案设计 Solution design", "演示 Demonstration", "测试 Proof of concept", "标书 Tender document")
SUPPORT_TEAMS = (
    "售前北区 Presales North",
    "售前东区 Presales East",
    "售前南区 Presales South",
    "售前西区 Presales West",
)


class Team(NamedTuple):
    """A sales team: its name, what it sells to, its area (None: all) and how many sellers it has."""

    name: str
    segment: str
    area: int | None
    sellers: int
    role: str


TEAMS = (
    Team("大客户北区 KA North", "KA", 0, 6, "key-account"),
    Team("大客户东区 KA East", "KA", 1, 7, "key-account"),
    Team("大客户南区 KA South", "KA", 2, 5, "key-account"),
    Team("大客户西区 KA West", "KA", 3, 7, "key-account"),
    Team("中小北区 SMB North", "SMB", 0, 6, "project"),
    Team("中小东区 SMB East", "SMB", 1, 7, "project"),
    Team("中小南区 SMB South", "SMB", 2, 6, "project"),
    Team("中小西区 SMB West", "SMB", 3, 8, "project"),
    Team("渠道部 Channel", "SMB", None, 8, "solution"),
)
CHANNEL_TEAM = len(TEAMS) - 1

#: company names: a colour or time of day, a thing of nature, the trade
FIRST = (
    ("青", "Cyan"),
    ("赤", "Crimson"),
    ("金", "Golden"),
    ("银", "Silver"),
    ("白", "White"),
    ("墨", "Ink"),
    ("紫", "Violet"),
    ("翠", "Emerald"),
    ("蓝", "Blue"),
    ("橙", "Orange"),
    ("晨", "Dawn"),
    ("暮", "Dusk"),
    ("春", "Spring"),
    ("夏", "Summer"),
    ("秋", "Autumn"),
    ("冬", "Winter"),
    ("晴", "Sunny"),
    ("霜", "Frosty"),
    ("雪", "Snowy"),
    ("云", "Cloudy"),
    ("静", "Quiet"),
    ("远", "Distant"),
    ("高", "Lofty"),
    ("深", "Deep"),
    ("长", "Long"),
    ("圆", "Round"),
    ("方", "Square"),
    ("新", "New"),
    ("古", "Ancient"),
    ("轻", "Light"),
    ("快", "Swift"),
    ("稳", "Steady"),
    ("暖", "Warm"),
    ("凉", "Cool"),
    ("明", "Bright"),
    ("柔", "Gentle"),
    ("坚", "Solid"),
    ("丰", "Plenty"),
    ("朴", "Plain"),
    ("妙", "Subtle"),
)
SECOND = (
    ("松", "Pine"),
    ("竹", "Bamboo"),
    ("梅", "Plum"),
    ("兰", "Orchid"),
    ("桂", "Laurel"),
    ("柳", "Willow"),
    ("枫", "Maple"),
    ("荷", "Lotus"),
    ("桃", "Peach"),
    ("杏", "Apricot"),
    ("山", "Mountain"),
    ("河", "River"),
    ("湖", "Lakeside"),
    ("泉", "Fountain"),
    ("石", "Boulder"),
    ("岩", "Cliff"),
    ("谷", "Valley"),
    ("原", "Prairie"),
    ("林", "Forest"),
    ("岛", "Island"),
    ("鹤", "Crane"),
    ("雁", "Goose"),
    ("鹿", "Deer"),
    ("马", "Horse"),
    ("鲸", "Whale"),
    ("鹰", "Eagle"),
    ("燕", "Swallow"),
    ("鲤", "Carp"),
    ("象", "Elephant"),
    ("狐", "Fox"),
    ("舟", "Boat"),
    ("桥", "Bridge"),
    ("塔", "Tower"),
    ("灯", "Lantern"),
    ("钟", "Bell"),
    ("帆", "Sail"),
    ("琴", "Lute"),
    ("扇", "Fan"),
    ("伞", "Umbrella"),
    ("笛", "Flute"),
)
PLANTS = SECOND[:10]
STEMS = (("甲", "A"), ("乙", "B"), ("丙", "C"), ("丁", "D"), ("戊", "E"), ("己", "F"), ("庚", "G"), ("辛", "H"))


def seller_name(number: int) -> str:
    """The invented name of seller `number` (from 0): a plant and a letter."""
    (zh, en), (stem, letter) = PLANTS[number % len(PLANTS)], STEMS[number // len(PLANTS) % len(STEMS)]
    return f"{zh}{stem} {en} {letter}"


def company_name(number: int, trade: str) -> str:
    """The invented name of company `number`: no two numbers below 1,600 share it; later ones carry a letter."""
    first, second = number % len(FIRST), (number // len(FIRST) + number) % len(SECOND)
    zh_trade, en_trade = trade.split(" ", 1)
    again = number // (len(FIRST) * len(SECOND))
    letter = f" {STEMS[(again - 1) % len(STEMS)][1]}{again}" if again else ""
    return f"{FIRST[first][0]}{SECOND[second][0]}{zh_trade} {FIRST[first][1]} {SECOND[second][1]} {en_trade}{letter}"
