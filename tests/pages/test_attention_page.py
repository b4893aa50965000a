"""The page Attention: sentences first, each rule with its list, and what is not loaded is not measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics.attention import RULES
from data.intake.importing import import_paths
from pages._parts import attention_parts

Open = Callable[..., AppTest]
ROWS = "opportunity_id,name,stage,status,amount,created_on,stage_entered_on,expected_close_on,account_id\n" + "\n".join(
    f"o{i},<b>deal {i}</b>,lead_verified,open,100,2026-0{1 + i % 6}-05,2026-0{1 + i % 6}-05,2026-0{7 + i % 3}-01,a{i}"
    for i in range(12)
)


def headings(app: AppTest) -> list[str]:
    return [h.value.replace("\\", "") for h in app.header]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_list(open_page: Open, rule: str, lang: str) -> None:
    app = open_page("attention", lang=lang, rule=rule)
    assert [e.value for e in app.error] == []
    assert len(headings(app)) >= 10


def test_filters_reach_the_page(open_page: Open) -> None:
    one = headings(open_page("attention", lang="en", segment="KA"))
    assert not any(h.startswith("Small and medium · ") for h in one)
    assert any(h.startswith("Key accounts · ") for h in one)


@pytest.mark.parametrize("params", [{"as_of": "2025-06-04"}, {"team": "大客户西区 KA West"}, {"period": "all"}])
def test_other_views_draw(open_page: Open, params: dict[str, str]) -> None:
    assert [e.value for e in open_page("attention", lang="zh", **params).error] == []


@pytest.mark.parametrize(("stake", "amount", "rule", "key"), [
    (9.0, 10.0, "at_risk", "attention.first"), (None, 10.0, "warn", "attention.first.no_chance"),
    (None, None, "warn", "attention.first.no_amount"), (None, None, "at_risk", "attention.first.no_clock"),
    (None, None, "single_threaded", "attention.first.no_clock"), (None, None, "no_rival", "attention.first.no_clock")])
def test_a_list_says_by_what_it_stands_in_order(
    stake: float | None, amount: float | None, rule: str, key: str
) -> None:
    assert attention_parts.order(rule, pd.DataFrame({"stake": [None, stake], "amount_base": [None, amount]})) == key


@pytest.fixture
def open_bare(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens pages on a store with nothing but opportunities."""
    file = tmp_path / "opportunity.csv"
    file.write_text(ROWS, encoding="utf-8")
    import_paths([file], tmp_path / "own", as_of=date(2026, 9, 30))
    monkeypatch.setenv("MVPOD_STORE", str(tmp_path / "own"))
    return open_page


def test_with_opportunities_alone_rules_that_can_be_known_are_shown_and_the_others_are_not_measured(
    open_bare: Open,
) -> None:
    app = open_bare("attention", lang="en")
    assert [e.value for e in app.error] == []
    said = " ".join([*headings(app), *(m.value.replace("\\", "") for m in [*app.markdown, *app.info])])
    assert "Never moved: 12 opportunities" in said
    assert "not measured, because conditions or presales requests are not loaded" in said
    assert "Control points: not measured" in said
    assert "Do warnings mean anything? Not measured, because no activities are recorded" in said
    assert "Not measured, because it is not recorded: Suggest to recycle, Idle: warning" in said
    assert "Widen the filters" not in said
    names = app.dataframe[0].value["name"]
    assert names.iloc[0].startswith("<b>deal")  # shown letter by letter in the table, never as HTML


def test_one_opportunity_says_which_rules_it_breaks(open_bare: Open) -> None:
    app = open_bare("opportunity", lang="en", id="o0")
    assert [e.value for e in app.error] == []
    assert "What needs attention here" in headings(app)
    assert any("Never moved" in m.value for m in app.markdown)
