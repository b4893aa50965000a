"""Who may see some rows only finds nothing of the others on any page, in its downloads or behind a link."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pages import PAGES
from pages._parts import chart_card, context
from tests.safety import canary
from tests.safety.canary import CANARY, SCOPE, leaks
from tests.safety.screen import open_page, shown

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a company of which one team is looked at; opportunities of it have gone to another."""
    path: Path = tmp_path_factory.mktemp("canary") / "store"
    canary.company(path, handed=True).close()
    return path


@pytest.fixture
def restricted(store: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dashboard for one team; what its cards offer for download."""
    monkeypatch.setenv("MVPOD_STORE", str(store))
    enter, tools, offered = context.enter, chart_card._tools, []

    def noted(title: str, caption: str, frame: pd.DataFrame, *rest: Any) -> None:
        offered.extend(leaks(frame))
        tools(title, caption, frame, *rest)
    monkeypatch.setattr(context, "enter", lambda here: enter(replace(here, scope=SCOPE)))
    monkeypatch.setattr(chart_card, "_tools", noted)
    return offered


@pytest.mark.parametrize(("page", "lang"), [(p.key, lang) for p, lang in zip(PAGES, ["en", "zh"] * 9, strict=False)])
def test_no_page_shows_anything_outside_the_scope(restricted: list[str], page: str, lang: str) -> None:
    app = open_page(page, lang=lang)
    assert [error.value for error in app.error] == []
    assert leaks(shown(app)) == []
    assert restricted == []


def test_the_page_of_loads_is_for_who_may_see_everything(restricted: list[str]) -> None:
    # loads count all rows, and what was rejected is shown as it came
    app = open_page("data", lang="en")
    assert not app.dataframe
    assert not app.button
    assert any("may see everything" in said.value for said in app.info)


def test_links_to_what_may_not_be_seen_show_nothing_of_it(restricted: list[str], store: Path) -> None:
    company = canary.open_company(store)
    (deal, account), = company.cursor().sql(
        f"SELECT (SELECT min(opportunity_id) FROM opportunity_state WHERE team = '{CANARY} H'), "
        f"(SELECT min(account_id::VARCHAR) FROM account_week WHERE account_id::VARCHAR LIKE '{CANARY}%')").fetchall()
    company.close()
    assert leaks(shown(open_page("opportunity", lang="en", id=deal))) == []
    assert leaks(shown(open_page("opportunity", lang="en", q="Canary"))) == []
    forbidden, unknown = (open_page("closeness", lang="en", account=one) for one in (account, "nobody"))
    for kind in ("error", "info", "header", "caption"):
        said, usual = ([str(e.value).replace("\\", "") for e in app.get(kind)] for app in (forbidden, unknown))
        assert [text.replace(account, "nobody") for text in said] == usual
    assert forbidden.error
    assert leaks(shown(open_page("overview", lang="en", team=f"{CANARY} H", owner=f"{CANARY}-H"))) == []
    assert restricted == []
