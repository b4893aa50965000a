"""Names of contacts are masked on pages, behind marks and in downloads, unless the organisation allows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analytics.export.csv import csv_bytes
from data import demo
from data.engine import open_company
from data.intake.importing import apply_settings
from data.settings import parse_settings
from data.storage.store import Store
from pages._parts import chart_card

Open = Callable[..., AppTest]
ALLOWED = "\n[access]\nshow_contact_names = true\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store: Path = tmp_path_factory.mktemp("names") / "store"
    demo.create(store, accounts=60, opportunities=300, weeks=60)
    return store


@pytest.fixture(scope="module")
def people(small: Path) -> Iterator[pd.DataFrame]:
    """Contacts and the deals in whose decision chain they are, in the latest exports: account, opportunity, name."""
    company = open_company(small)
    yield company.cursor().sql(
        "SELECT c.account_id, o.opportunity_id, c.name FROM contact c JOIN opportunity_contact o USING "
        "(contact_id, snapshot_date) QUALIFY o.snapshot_date = max(o.snapshot_date) OVER ()").df()
    company.close()


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the cards of a page offer as CSV files, in the order of the cards."""
    files: list[str] = []
    draw = chart_card._tools

    def noted(title: str, caption: str, frame: pd.DataFrame, *rest: object) -> None:
        files.append(csv_bytes(frame).decode("utf-8-sig"))
        draw(title, caption, frame, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(chart_card, "_tools", noted)
    return files


def on_screen(app: AppTest) -> str:
    """Everything that a page sent to the browser: texts, tables and the numbers and words of its charts."""
    tables = [frame.value.to_csv() for frame in app.dataframe]
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    words = [str(element.value) for kind in ("header", "caption", "markdown", "text") for element in app.get(kind)]
    return "\n".join([*tables, json.dumps(charts, ensure_ascii=False), *words])


def names_seen(people: pd.DataFrame, shown: str) -> set[str]:
    return {name for name in people["name"] if name in shown}


def account_with_people(people: pd.DataFrame) -> tuple[str, set[str]]:
    account = str(people["account_id"].value_counts().index[0])
    return account, set(people.loc[people["account_id"] == account, "name"])


def drawn(open_page: Open, people: pd.DataFrame) -> str:
    """The account from near with everything unfolded, and the story of one of its deals."""
    account, _ = account_with_people(people)
    app = open_page("closeness", account=account, lang="zh")
    for key in ("closeness_formula", "closeness_trust", "closeness_map_fold"):
        app.session_state[key] = True
    app.run()
    deal = str(people.loc[people["account_id"] == account, "opportunity_id"].iloc[0])
    story = open_page("opportunity", id=deal, lang="zh")
    assert not app.error
    assert not story.error
    return on_screen(app) + on_screen(story)


def test_nobody_reads_the_name_of_a_contact_unless_it_is_allowed(
    open_page: Open, small: Path, people: pd.DataFrame, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MVPOD_STORE", str(small))
    shown = drawn(open_page, people)
    assert "**" in shown, "masked names are there"
    assert names_seen(people, shown) == set()
    assert names_seen(people, "\n".join(offered)) == set()
    assert any("**" in file for file in offered)


def test_an_organisation_that_allows_it_reads_names_on_the_page_and_in_the_download(
    open_page: Open, small: Path, people: pd.DataFrame, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    current = Store.open(small).current()
    assert current is not None
    apply_settings(small, parse_settings(current.settings_text + ALLOWED))
    monkeypatch.setenv("MVPOD_STORE", str(small))
    shown = drawn(open_page, people)
    _, wanted = account_with_people(people)
    assert wanted <= names_seen(people, shown)
    assert wanted <= names_seen(people, "\n".join(offered))


def test_the_sample_company_shows_what_real_data_would(small: Path) -> None:
    assert demo.demo_settings().access.show_contact_names is False
