"""Texts: both languages say the same with the same fields, and every text that the code asks for exists."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from analytics import standards
from analytics.i18n import LANGUAGES, catalogue, dimension_label, full_width, has, label, labels, t
from analytics.metrics.registry import REGISTRY
from data.contracts import DIMENSIONS, EXIT_KINDS, STATUSES, TABLES, TIME_SOURCES
from data.settings import Pipeline, SegmentRule, Settings, Stage

ROOT = Path(__file__).parents[2]


def fields_of(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def asked_for():
    """(where, key, names of the fields or None if unknown) of each t(…) in the code; an f-string gives its beginning
    and a star: t(f"reason.{code}") asks for "reason.*"."""
    found = []
    for path in [ROOT / "app.py", *sorted((ROOT / "cli").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py")),
                 *sorted((ROOT / "analytics").rglob("*.py"))]:
        if not path.exists() or path == ROOT / "analytics" / "i18n" / "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] == "t":
                names = None if any(k.arg is None for k in node.keywords) else {k.arg for k in node.keywords}
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                found += [(where, key, names) for key in keys_of(node.args[0])]
    return found


def keys_of(argument):
    if isinstance(argument, ast.IfExp):
        return [*keys_of(argument.body), *keys_of(argument.orelse)]
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        return [f"{argument.values[0].value}*"]
    return [argument.value] if isinstance(argument, ast.Constant) else []


def test_every_text_that_the_code_asks_for_exists():
    texts = catalogue()
    missing = [f"{where} {key}" for where, key, _ in asked_for()
               if not (any(k.startswith(key[:-1]) for k in texts) if key.endswith("*") else has(key))]
    assert not missing
    assert len(asked_for()) > 20, "the scan found the calls"


def test_every_field_that_a_text_needs_is_given():
    texts = catalogue()
    wrong = [f"{where} {key} needs {fields_of(texts[key]['en']) - names}" for where, key, names in asked_for()
             if names is not None and has(key) and not fields_of(texts[key]["en"]) <= names]
    assert not wrong


def reasons():
    """Every reason that a calculation gives for a missing value."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "analytics").rglob("*.py"))
    pattern = (r'"((?:nothing|nobody|few|not|no)_'
               r'(?:closed|created|open|moved|entered|events|reached|observed|amounts|standard))"')
    return set(re.findall(pattern, text))


def test_every_reason_for_a_missing_value_is_told_in_both_languages():
    assert {"few_events", "not_reached", "not_observed", "nothing_closed"} <= reasons()
    assert not [code for code in reasons() if not has(f"reason.{code}")]


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_use_the_same_fields(key):
    entry = catalogue()[key]
    assert fields_of(entry["en"]) == fields_of(entry["zh"])
    assert fields_of(entry.get("en_one", entry["en"])) <= fields_of(entry["en"])


def test_chinese_is_chinese_and_english_is_not():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert not [key for key, entry in catalogue().items() if chinese.search(entry["en"])
                and not key.startswith(("language", "common.language"))
                and "中文" not in entry["en"]]
    plain = {key: re.sub(r"\{[^}]*\}", "", entry["zh"]) for key, entry in catalogue().items()}
    assert not [key for key, text in plain.items() if not chinese.search(text) and re.search(r"[a-z]{4}", text)]


def test_chinese_texts_have_chinese_punctuation():
    assert not [entry["zh"] for entry in catalogue().values() if re.search(r"[\u4e00-\u9fff][,;:()]", entry["zh"])]


@pytest.mark.parametrize(("typed", "shown"), [
    ("样本太少(n = {n}):不下结论", "样本太少（n = {n}）：不下结论"),
    ("{what}:{value},达标", "{what}：{value}，达标"),
    ("比例 1:2 与 1,000 不变", "比例 1:2 与 1,000 不变"),
    ("见 https://example.org", "见 https://example.org"),
    ("文件 {size:,} 字节(CSV)", "文件 {size:,} 字节（CSV）"),
    ("n = {n}", "n = {n}"),
])
def test_punctuation_typed_half_width_is_shown_full_width(typed, shown):
    assert full_width(typed) == shown


def test_one_of_something_is_singular_in_english_only():
    assert [t("common.opportunities", "en", n=n) for n in (0, 1, 2)] == [
        "0 opportunities", "1 opportunity", "2 opportunities"]
    assert t("common.opportunities", "en", n="1") == "1 opportunity"
    assert t("common.opportunities", "zh", n=1) == "1 个商机"


def test_an_unknown_text_raises_and_names_the_nearest():
    with pytest.raises(KeyError, match=r"common\.opportunities"):
        t("common.oportunities", "en")


def test_a_missing_field_raises_and_names_it():
    with pytest.raises(KeyError, match="'n'"):
        t("common.opportunities", "en")


def test_a_field_is_never_read_as_a_template():
    """An account may be called {n}; its name is a value, not a place to fill."""
    assert t("finding.nothing", "en", what="{n}{0}") == "{n}{0}: nothing to show for this choice"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_dimension_and_every_allowed_value_has_a_name(lang):
    for dimension in (*DIMENSIONS, "stage", "month", "quarter", "status"):
        assert dimension_label(dimension, lang)
    named = {"status": STATUSES, "exit_kind": EXIT_KINDS, "time_source": TIME_SOURCES,
             "type": TABLES["opportunity"].column("type").allowed,
             "sales_mode": TABLES["opportunity"].column("sales_mode").allowed,
             "quality": TABLES["standard"].column("quality").allowed}
    for dimension, values in named.items():
        for value in values:
            assert has(f"value.{dimension}.{value}"), (dimension, value)
            assert label(dimension, value, lang) != ""


SETTINGS = Settings(
    segments=(SegmentRule("KA", {"en": "Key accounts", "zh": "大客户"}), SegmentRule("KA"), SegmentRule("SMB")),
    pipelines=(Pipeline("ka", {"en": "Key accounts", "zh": "大客户"},
                        (Stage("bidding", {"en": "Bidding", "zh": "投标"}),)),))


def test_segments_pipelines_and_stages_are_named_by_the_settings():
    assert label("segment", "KA", "zh", SETTINGS) == "大客户"
    assert label("segment", "SMB", "zh", SETTINGS) == "SMB", "a segment without a label is shown by its key"
    assert label("pipeline", "ka", "en", SETTINGS) == "Key accounts"
    assert label("stage", "bidding", "zh", SETTINGS) == "投标"
    assert label("stage", "elsewhere", "zh", SETTINGS) == "elsewhere"


@pytest.mark.parametrize("value", [None, float("nan"), "(unknown)"])
def test_what_is_not_known_is_called_so(value):
    assert label("region", value, "en") == "Not known"
    assert label("region", value, "zh") == "未知"


def test_labels_keep_the_order_given():
    assert list(labels("type", ["resale", "new"], "en").items()) == [("resale", "Resale"), ("new", "New")]


#: the words of the glossary, and what they are not called: one thing has one name wherever it is read
ONE_NAME = {
    "在手 (open)": r"未结(?!束)|在途|在跟|(?<!重新)打开(?=的?商机|阶段|时从|但)",
    "未衡量 (not measured)": r"未测量|未度量|未采集|已度量",
    "预计成交日 (expected close)": r"预计关闭|预计结单|预计成交(?!日|月)",
    "赢率 (win rate)": r"赢单率|胜算|赢单概率",
    "输单 (lost)": r"丢单|失单",
    "续签、再销售 (renewal, resale)": r"续约|续购|复购",
    "客户类型 (segment)": r"客群|分群|客户分类",
    "区域 (region)": r"地区",
    "随机波动 (chance)": r"偶然",
    "项目落地 (goes ahead)": r"成行|项目成立",
    "组织架构 (org map)": r"组织图|组织结构|部门架构",
    "支撑请求 (support request)": r"支持请求|售前申请",
    "未来机会 (put off)": r"推迟至将来|推迟到将来",
    "自然日 (calendar days)": r"日历日|日历天",
    "关系图谱 (relationship map)": r"关系图(?!谱)",
    "样例公司、仪表盘、加载 (sample company, dashboard, load)": r"示例公司|仪表板|数据批次",
    "CRM 概率、阶段默认概率 (probabilities that are no win rates)": r"CRM 赢率|默认赢率",
}


def chinese_texts():
    """where -> each Chinese text that people read: catalogues, messages, the registry, the published standards."""
    yield from ((key, entry["zh"]) for key, entry in catalogue().items())
    for path in sorted((ROOT / "data" / "messages").glob("*.toml")):
        yield path.name, path.read_text(encoding="utf-8")
    for metric in REGISTRY.values():
        said = (metric.label, metric.definition, metric.formula, metric.population)
        yield from ((metric.key, text["zh"]) for text in said)
    shipped = standards.shipped()
    yield from zip(shipped["metric"], shipped["title_zh"] + " " + shipped["definition_zh"].fillna(""), strict=True)


@pytest.mark.parametrize(("name", "others"), ONE_NAME.items(), ids=list(ONE_NAME))
def test_one_thing_has_one_chinese_name(name, others):
    assert not [(where, found[0]) for where, text in chinese_texts() if (found := re.search(others, text))]
