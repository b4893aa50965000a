"""Proposals for files of unknown systems: by name in two languages, by type, by content; and never against the type."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.contracts import TABLES
from data.intake.importing import settings_for
from data.mapping.content import content_of, number_marks
from data.mapping.profile import builtin_profiles, load_profile
from data.mapping.proposing import Draft, Sample, _synonyms, importable, proposed, proposed_as
from data.reading.readers import read_raw

SETTINGS = settings_for(Path("nowhere"), None, None)[0]


def of(folder: Path, name: str, text: str) -> Sample:
    (folder / name).write_text(text, encoding="utf-8")
    return Sample.of(read_raw(folder / name))


def propose(folder: Path, name: str, text: str) -> Draft:
    draft = proposed(of(folder, name, text), SETTINGS)
    assert draft is not None
    return draft


def test_chinese_columns_are_told_by_name(tmp_path: Path) -> None:
    draft = propose(tmp_path, "商机清单.csv", (
        "商机编号,客户名称,商机名称,销售阶段,预计合同金额(元),预计签约日期,负责人,创建时间\n"
        "S1,甲,项目一,立项,100,2026-05-01,张三,2026-01-02\n"))
    assert (draft.target, draft.missing) == ("opportunity", ())
    assert dict(draft.columns) == {
        "opportunity_id": "商机编号", "account_id": "客户名称", "name": "商机名称", "stage": "销售阶段",
        "amount": "预计合同金额(元)", "owner_id": "负责人", "created_on": "创建时间",
        "expected_close_on": "预计签约日期", "closed_on": "预计签约日期"}


def test_english_columns_and_names_that_are_only_near(tmp_path: Path) -> None:
    draft = propose(tmp_path, "Deals.csv", (
        "Deal No,Customer,Sales Phase,Deal Amont,Estimated close date,Sales Rep,Curency\n"
        "7,ACME,bid,5,2026-05-01,Li,USD\n"))
    assert draft.target == "opportunity"
    assert (draft.columns["amount"], draft.columns["currency"]) == ("Deal Amont", "Curency")
    assert (draft.columns["stage"], draft.columns["owner_id"]) == ("Sales Phase", "Sales Rep")


@pytest.mark.parametrize(("name", "text", "target"), [
    pytest.param("customers.csv", "Customer No,Name,Industry,Employees\n1,x,y,5\n", "account", id="accounts"),
    pytest.param("员工.csv", "工号,名称,团队,上级\n1,x,y,2\n", "owner", id="owners"),
    pytest.param("拜访记录.csv", "拜访编号,拜访时间,方式,客户,时长\n1,2026-01-02,上门,x,30\n", "activity", id="visits"),
    pytest.param("history.csv", "Deal ID,Changed at,New stage,Old stage\n1,2026-01-02,b,a\n", "stage_change",
                 id="events"),
])
def test_the_table_is_told_by_columns_and_file_name(tmp_path: Path, name: str, text: str, target: str) -> None:
    draft = propose(tmp_path, name, text)
    assert (draft.target, draft.missing) == (target, ())


def test_a_file_of_something_else_is_proposed_for_nothing(tmp_path: Path) -> None:
    assert proposed(of(tmp_path, "weather.csv", "day,rain,sun\nMonday,3,1\nTuesday,4,2\n"), SETTINGS) is None


def test_a_column_of_words_is_no_date_and_no_amount_whatever_it_is_called(tmp_path: Path) -> None:
    file = of(tmp_path, "deals.csv", "Deal ID,Stage,Amount,Created\n1,bid,high,soon\n")
    draft = proposed_as(file, "opportunity", SETTINGS)
    assert set(draft.columns) == {"opportunity_id", "stage"}


def test_what_no_name_tells_is_told_by_content(tmp_path: Path) -> None:
    draft = proposed_as(of(tmp_path, "deals.csv", "A,B,C\nx,u1,Won\nx,u2,Lost\ny,u3,Won\n"), "opportunity", SETTINGS)
    assert (draft.columns["opportunity_id"], draft.columns["stage"]) == ("B", "C")


def test_what_must_be_there_and_is_not_is_named(tmp_path: Path) -> None:
    draft = proposed_as(of(tmp_path, "deals.csv", "Deal ID,Amount\n1,5\n"), "opportunity", SETTINGS)
    assert draft.missing == ("stage",)


def test_percent_and_the_words_of_a_status_are_translated(tmp_path: Path) -> None:
    draft = propose(tmp_path, "deals.csv", (
        "Deal ID,Stage,Status,Probability,Type\n1,a,进行中,30,New Business\n2,b,赢单,100,Renewal\n3,c,???,0,other\n"))
    assert draft.scale == {"probability": 0.01}
    assert draft.values == {"status": {"进行中": "open", "赢单": "won"},
                            "type": {"New Business": "new", "Renewal": "renewal"}}


def test_shares_are_left_as_they_are(tmp_path: Path) -> None:
    assert propose(tmp_path, "deals.csv", "Deal ID,Stage,Probability\n1,a,0.3\n2,b,1\n").scale == {}


@pytest.mark.parametrize(("texts", "marks"), [
    (["1234.50"], (".", "")), (["1,234.50", "7"], (".", ",")), (["1.234,50"], (",", ".")), (["12,5"], (",", "")),
    (["1 234,50"], (",", " ")), (["1'234.50"], (".", "'")), (["1.234.567"], (",", ".")), (["¥1,200", "-3"], (".", ",")),
    ([], (".", "")), (["5", "x"], (".", ""))])
def test_number_marks_are_told_by_the_numbers(texts: list[str], marks: tuple[str, str]) -> None:
    assert number_marks(texts) == marks


@pytest.mark.parametrize(("cells", "kind"), [
    (["2026-01-02", "2026/1/5"], "date"), (["2026年1月5日"], "date"), (["20260105"], "date"), (["31.12.2026"], "date"),
    (["5 Jan 2026"], "date"), (["5-Jan-2026"], "date"), (["1,234.50", "(5)", "30%"], "number"), (["¥5"], "number"),
    (["yes", "no"], "flag"), (["是"], "flag"), (["", " "], "empty"), (["a", "1"], "text")])
def test_what_cells_hold(tmp_path: Path, cells: list[str], kind: str) -> None:
    (tmp_path / "x.csv").write_text("a;b\n" + "".join(f'"{c}";1\n' for c in cells), encoding="utf-8")
    assert content_of(read_raw(tmp_path / "x.csv").table.column("a")).kind == kind


def test_every_synonym_belongs_to_a_column_or_table_that_exists() -> None:
    columns = {c.name for target in TABLES for c in importable(target)}
    assert set(_synonyms()["column"]) == columns
    assert set(_synonyms()["table"]) == set(TABLES)
    for column, words in _synonyms()["value"].items():
        allowed = {v for t in TABLES.values() for c in t.columns if c.name == column for v in c.allowed}
        assert set(words) <= allowed


@pytest.mark.parametrize("profile", builtin_profiles())
def test_files_in_the_words_of_a_known_system_are_proposed_as_its_profile_maps_them(
        profile: str, tmp_path: Path) -> None:
    spec = next(s for s in load_profile(profile).tables if s.target == "opportunity" and not s.unpivot)
    sources = {name: spec.sources_of(name)[0] for name in ("stage", "amount", "owner_id") if spec.sources_of(name)}
    text = ",".join(f'"{s}"' for s in sources.values()) + "\n" + ",".join(["1"] * len(sources)) + "\n"
    draft = proposed_as(of(tmp_path, "deals.csv", text), "opportunity", SETTINGS)
    assert {name: draft.columns.get(name) for name in sources} == sources
