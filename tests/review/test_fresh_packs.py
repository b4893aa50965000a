"""A pack that was just made is the same as the data, whatever the company, and whatever order its tables come in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.cards import CARDS
from analytics.remembering import Remembering
from analytics.review import files
from analytics.review import verify as check
from analytics.review.assemble import Assembled, assemble
from analytics.review.default import ENTRIES, default_pack, usual_quarter
from analytics.review.figures import cells, differing
from analytics.review.pack import Item, Pack
from data import demo
from data.engine import Company, open_company
from data.intake.importing import import_paths
from data.queries import asking
from data.shelf import Cursor

PUBLIC = Path(__file__).resolve().parents[3] / "shared" / "data"
#: company -> folder of its export (None: the sample), profile, day
COMPANIES = {"sample": (None, "", None), "maven": (PUBLIC / "maven_crm", "maven-crm", date(2017, 12, 31)),
             "salesforce": (PUBLIC / "sfdc_demo_opphistory", "salesforce", date(2026, 3, 10))}


@pytest.fixture(scope="module", params=COMPANIES)
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Three companies that have little in common."""
    folder, profile, day = COMPANIES[request.param]
    store = tmp_path_factory.mktemp("fresh") / "store"
    if folder is None:
        demo.create(store, accounts=120, opportunities=700, weeks=70)
    elif folder.is_dir():
        import_paths([folder], store, profile=profile, as_of=day)
    else:
        pytest.skip(f"no {folder.name} here")
    found = open_company(store)
    yield found
    found.close()


def everything(company: Company) -> Pack:
    """Every card of the catalogue, about the latest complete quarter."""
    quarter = usual_quarter(company.last_day, company.settings.organisation.fiscal_year_start)
    return Pack(quarter, items=tuple(Item(key) for key in CARDS))


def anew(company: Company, pack: Pack) -> Assembled:
    return assemble(Remembering(Ask(company), anew=True), pack, "en")


def test_the_directors_pack_is_verified_as_the_same(company: Company) -> None:
    quarter = usual_quarter(company.last_day, company.settings.organisation.fiscal_year_start)
    pack = assemble(Ask(company), default_pack(quarter), "en")
    assert len(pack.stamp.cards) >= 8
    [data] = files.made("pptx" if company.load and company.load.profile == demo.PROFILE else "xlsx", [pack]).values()
    verdict = check.verify(check.read(data, "file"), Ask(company), Ask(company))
    assert [check.words(found, "en") for found in verdict.differences] == []


def test_rows_that_no_query_orders_may_come_in_any_order(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, frame, dice = anew(company, everything(company)), asking.frame, np.random.default_rng(7)

    def shuffled(cursor: Cursor, sql: str, params: dict[str, object]) -> pd.DataFrame:
        answer = frame(cursor, sql, params)
        is_ordered = re.search(r"^(.*\) |GROUP BY ALL )?ORDER BY", sql, re.MULTILINE)
        return answer if is_ordered else answer.iloc[dice.permutation(len(answer))].reset_index(drop=True)
    monkeypatch.setattr(asking, "frame", shuffled)
    again = anew(company, everything(company))
    assert [card.key for card in again.cards] == [card.key for card in usual.cards]
    assert [(one.key, differing(cells(one.frame), cells(two.frame)))
            for one, two, said, now in zip(usual.cards, again.cards, usual.stamp.cards, again.stamp.cards, strict=True)
            if said["sha256"] != now["sha256"]] == []


def test_the_directors_pack_never_pools_segments_in_its_first_chart(company: Company) -> None:
    start = company.settings.organisation.fiscal_year_start
    pack = assemble(Ask(company), default_pack(usual_quarter(company.last_day, start)), "en")
    first = [card for slide in pack.slides if slide.item.card == ENTRIES[0] for card in slide.cards]
    assert [card.segment for card in first] in (["KA", "SMB"], [None], [])
    if [card.segment for card in first] == [None]:
        found = Ask(company).metric("win_rate.count", first[0].view, ["segment"])
        assert found.loc[found["n"] > 0, "segment"].nunique() < 2
