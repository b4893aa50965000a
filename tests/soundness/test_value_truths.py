"""A director opens Overview, filters nothing, and reads what is true: every planted truth on pipeline, support and
stalls is named in both languages, and the figures of its sentences are those that a patient person counts in the raw
tables.

The truths are those of docs/sample-company.md: 4 `pushes`, 7 `presales`, 9 `threads`, 11 `stalled`, 12 `response`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from analytics import format as fmt
from data.engine import open_company
from tests.oracles.planted_truths import END, Sample

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LANGS = pytest.mark.parametrize("lang", ["en", "zh"])
YEAR, QUARTER = pd.Timestamp("2025-10-01"), pd.Timestamp("2026-04-01")
TABLES = ("opportunity", "account", "opportunity_contact", "support_request")


@pytest.fixture(scope="module")
def raw(store: Path) -> Sample:
    """The canonical tables as they were loaded."""
    cursor = open_company(store).cursor()
    return Sample({name: cursor.sql(f"SELECT * FROM {name}").to_arrow_table() for name in TABLES})


@pytest.fixture(scope="module")
def said(store: Path) -> Callable[[str], list[str]]:
    """The sentences of Overview in one language, as a link without any choice opens it."""
    known: dict[str, list[str]] = {}

    def read(lang: str) -> list[str]:
        if lang not in known:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("MVPOD_STORE", str(store))
                app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
                app._page_hash = calc_hash("overview")
                app.query_params["lang"] = lang
                app.run()
            assert not app.exception
            assert not app.error
            known[lang] = [m.value.replace("\\", "") for m in app.markdown]
        return known[lang]
    return read


def sentence(sentences: list[str], *words: str) -> str:
    """The one sentence that has all the words."""
    found = [text for text in sentences if all(word in text for word in words)]
    assert len(found) == 1, (words, found)
    return found[0]


@LANGS
@pytest.mark.parametrize(("who", "en", "zh"), [
    ("大客户南区 KA South", "pushed", "推迟"), ("售前东区 Presales East", "answers later", "响应"),
    ("", "lack the necessary conditions are", "缺乏必要条件的商机占关闭"),
    ("大客户西区 KA West", "without ever moving", "未"),
    ("中小东区 SMB East", "one person per opportunity", "只认识一人"),
], ids=["pushes", "response", "presales", "stalled", "threads"])
def test_each_truth_is_named_without_a_filter(said: Callable[[str], list[str]], lang: str, who: str, en: str,
                                              zh: str) -> None:
    assert sentence(said(lang), who, en if lang == "en" else zh).startswith("- ")


@LANGS
def test_the_win_rate_that_fell_is_the_one_that_is_counted(said: Callable[[str], list[str]], raw: Sample,
                                                           lang: str) -> None:
    deals = raw.last[(raw.last.closed_on >= YEAR) & (raw.last.segment == "KA")]
    won, lost = (int((deals.status == status).sum()) for status in ("won", "lost"))
    line = sentence(said(lang), "**Order line**" if lang == "en" else "**订单线**")
    name = {"en": "Key accounts win rate", "zh": "大客户的赢率"}[lang]
    assert f"{name} {fmt.rate(won / (won + lost))}" in line


@LANGS
def test_the_conflicts_between_us_and_partners_are_those_that_are_counted(said: Callable[[str], list[str]], raw: Sample,
                                                                          lang: str) -> None:
    deals = raw.last[raw.last.status.isin(["open", "paused"]) & (raw.last.segment == "KA")]
    deals = deals[deals.sales_mode.notna()]
    accounts = raw.frame("account", "account_id", "uscc", "snapshot_date")
    codes = accounts[accounts.snapshot_date == accounts.snapshot_date.max()].set_index("account_id").uscc
    company = deals.account_id.map(codes)
    company = company.where(company.str.len() == 18, deals.account_id)
    both = set(company[deals.sales_mode == "direct"]) & set(company[deals.sales_mode == "channel"])
    n = int((company.isin(both) & deals.sales_mode.isin(["direct", "channel"])).sum())
    line = sentence(said(lang), "**Channel**" if lang == "en" else "**渠道**")
    name = {"en": "Key accounts channel conflict", "zh": "大客户的渠道冲突率"}[lang]
    assert f"{name} {fmt.rate(n / int(company.notna().sum()))}" in line


@LANGS
def test_deals_that_hang_on_one_person_are_those_that_are_counted(said: Callable[[str], list[str]], raw: Sample,
                                                                  lang: str) -> None:
    chain = raw.frame("opportunity_contact", "opportunity_id", "contact_id", "snapshot_date")
    people = chain[chain.snapshot_date == END].groupby("opportunity_id").contact_id.nunique()
    deals = raw.last[raw.last.status.isin(["open", "paused"]) & (raw.last.team == "中小东区 SMB East")]
    known = deals.opportunity_id.map(people).dropna()
    line = sentence(said(lang), "中小东区 SMB East", "one person per opportunity" if lang == "en" else "只认识一人")
    counts = {"en": f"{int((known == 1).sum())} of {len(known)} open opportunities",
              "zh": f"{len(known)} 个在手商机中 {int((known == 1).sum())} 个"}
    assert counts[lang] in line


@LANGS
def test_the_hours_until_an_answer_are_those_of_a_naive_product_limit(said: Callable[[str], list[str]], raw: Sample,
                                                                      lang: str) -> None:
    asked = raw.frame("support_request", "team", "requested_at", "first_response_at")
    mine = asked[(asked.team == "售前东区 Presales East") & (asked.requested_at >= QUARTER)]
    end = END + pd.Timedelta(days=1)
    waited = (mine.first_response_at.fillna(end) - mine.requested_at).dt.total_seconds().div(3600).to_numpy()
    answered = mine.first_response_at.notna().to_numpy()
    left, median = 1.0, np.nan
    for hours in np.unique(waited[answered]):
        left *= 1 - ((waited == hours) & answered).sum() / (waited >= hours).sum()
        if left <= 0.5:
            median = hours
            break
    line = sentence(said(lang), "售前东区 Presales East", "answers later" if lang == "en" else "响应")
    shown = {"en": "{} hours instead", "zh": "变为 {} 小时"}[lang]
    assert any(shown.format(fmt.number(hours)) in line for hours in (np.floor(median), np.ceil(median))), median
