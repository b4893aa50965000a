"""The page Data without a browser: what the files are, what would be decided, and what an import really does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.intake.importing import import_paths
from data.storage.store import Store

OPPORTUNITY = """Id,Name,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon,IsDeleted
006A,Alpha,Prospecting,1000,2026-01-05T08:00:00Z,2026-06-30,false,false,false
006A,Alpha,Prospecting,1000,2026-01-05T08:00:00Z,2026-06-30,false,false,false
006B,Beta,Closed Won,2500,2026-01-07T08:00:00Z,2026-03-15,true,true,false
"""
OWN_STAGES = OPPORTUNITY.replace("Prospecting", "Plan & <b>build</b>")


@pytest.fixture
def data_page(tmp_path: Path, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page on a store of its own with one load."""
    source = tmp_path / "Opportunity.csv"
    source.write_text(OPPORTUNITY, encoding="utf-8")
    import_paths([source], tmp_path / "own", profile="salesforce", as_of=date(2026, 3, 31))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    return open_page("data", lang="en")


def choose(page: AppTest, text: str, name: str = "Opportunity.csv") -> AppTest:
    page.file_uploader[0].upload(name, text.encode(), "text/csv").run()
    page.date_input(key="import_as_of").set_value(date(2026, 4, 7)).run()
    return page


def said(page: AppTest) -> str:
    parts = (*page.success, *page.warning, *page.error, *page.caption, *page.text, *page.markdown)
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def current(page: AppTest, tmp_path: Path) -> int:
    load = Store.open(tmp_path / "own").current()
    assert load is not None
    return load.load_id


def test_chosen_files_are_recognised_with_what_their_lacks_cost(data_page: AppTest) -> None:
    page = choose(data_page, OPPORTUNITY)
    assert "Recognised: salesforce." in said(page)
    assert any("are missing, and what that costs in metrics" in e.label for e in page.expander)


def test_files_of_no_system_are_told_so_and_lead_to_the_columns_by_hand(data_page: AppTest) -> None:
    page = choose(data_page, "day,rain\n2026-01-01,3\n", "weather.csv")
    assert "No profile fits these files." in said(page)


def test_a_decision_is_told_and_stops_the_import_where_it_is_not_to_be_taken(
        data_page: AppTest, tmp_path: Path) -> None:
    page = choose(data_page, OPPORTUNITY)
    page.button(key="import_preview").click().run()
    assert "• merged duplicates: opportunity: 1 rows repeat another row" in said(page)
    taken = next(group for group in page.get("button_group") if group.key == "import_taken")
    taken.set_value([kind for kind in taken.value if kind != "duplicates"]).run()
    page.button(key="import_preview").click().run()
    assert "E_DECISION_REFUSED" in said(page)
    assert "leave one row of each key in the export" in said(page)
    assert current(page, tmp_path) == 1


def test_stages_of_ones_own_are_put_in_force_only_when_accepted(data_page: AppTest, tmp_path: Path) -> None:
    page = choose(data_page, OWN_STAGES)
    page.button(key="import_preview").click().run()
    assert "the settings do not know these names yet: Plan & <b>build</b>" in said(page)
    page.checkbox(key="import_accept_stages").check().run()
    page.button(key="import_preview").click().run()
    page.button(key="import_confirm").click().run()
    assert not page.exception
    load = Store.open(tmp_path / "own").current()
    assert load is not None
    assert "Plan & <b>build</b>" in load.settings_text


def test_before_the_first_import_the_page_shows_the_sample_company_and_no_failure(
        tmp_path: Path, store: Path, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(store, tmp_path / "own-sample")
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    page = open_page("data", lang="zh")
    assert [e.value for e in page.error] == []
    assert "虚构的样例公司" in "".join(i.value for i in page.info)
    assert not (tmp_path / "own").exists()


def test_the_decisions_of_a_load_stay_with_it(data_page: AppTest) -> None:
    assert "for example Opportunity.csv:3 006A" in said(data_page)


OWN_CRM = """单号,客户名称,销售阶段,预计合同金额(元),预计签约日期,负责人,创建时间,备注
S001,甲公司,Prospecting,"1,200.00",31/05/2026,张三,02/01/2026,<b>x</b>
S002,乙公司,Closed Won,"200.50",01/03/2026,李四,03/01/2026,=1+1
"""


def choice(page: AppTest, ending: str) -> str:
    return str(next(box for box in page.selectbox if box.key and box.key.endswith(ending)).value)


def test_columns_of_an_unknown_system_are_proposed_previewed_saved_and_imported(
        data_page: AppTest, tmp_path: Path) -> None:
    page = choose(data_page, OWN_CRM, "商机清单 2026-04.csv")
    assert not page.exception
    assert choice(page, "_table") == "opportunity"
    assert choice(page, "opportunity_opportunity_id") == "单号"
    assert choice(page, "opportunity_amount") == "预计合同金额(元)"
    assert choice(page, "opportunity_numbers") == "1,234.50"
    next(toggle for toggle in page.toggle if toggle.key.endswith("_preview")).set_value(True).run()
    shown = next(frame.value for frame in page.dataframe if "opportunity_id" in frame.value)
    assert shown["amount"].tolist() == ["1200.00", "200.50"]
    assert shown["expected_close_on"].tolist() == ["2026-05-31", "2026-03-01"]
    page.text_input(key="mapping_name").set_value("我的 CRM").run()
    page.button(key="mapping_save").click().run()
    assert (tmp_path / "own" / "profiles" / "我的-crm.toml").is_file()
    assert page.selectbox(key="import_profile").value == "我的-crm"
    assert "Saved as 我的-crm, and chosen below." in said(page)
    page.button(key="import_preview").click().run()
    page.button(key="import_confirm").click().run()
    assert not page.exception
    load = Store.open(tmp_path / "own").current()
    assert load is not None
    assert (load.load_id, load.profile.partition("@")[0]) == (2, "我的-crm")


def test_a_table_without_its_required_columns_cannot_be_saved(data_page: AppTest) -> None:
    page = choose(data_page, OWN_CRM, "list.csv")
    next(box for box in page.selectbox if box.key and box.key.endswith("opportunity_stage")).select("").run()
    page.text_input(key="mapping_name").set_value("x").run()
    assert "Still without a column: list.csv: Stage" in said(page)
    assert page.button(key="mapping_save").disabled


@pytest.mark.parametrize(("lang", "rule", "table"), [
    ("en", "Amount is not a number in the declared format", "opportunities"),
    ("zh", "金额不是所声明格式的数字", "商机")])
def test_a_rejected_row_is_told_in_words(tmp_path: Path, open_page: Callable[..., AppTest], lang: str, rule: str,
                                         table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head, first, *_ = OPPORTUNITY.splitlines()
    rows = [first.replace("006A", f"006{i:03d}") for i in range(60)]
    rows[7] = rows[7].replace("1000", "abc")
    (tmp_path / "Opportunity.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    import_paths([tmp_path / "Opportunity.csv"], tmp_path / "own", profile="salesforce", as_of=date(2026, 3, 31))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    rejects = next(f.value for f in open_page("data", lang=lang).dataframe if "rule" in f.value)
    assert rejects.iloc[0].to_dict() == {"row": 9, "value": "abc", "rule": rule, "file": "Opportunity.csv",
                                         "table": table, "column": "amount"}
