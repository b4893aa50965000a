"""Profiles that an organisation makes: as text, kept with the store, found by name, and first choice for files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import MvpodError
from data.intake import saved_profiles
from data.intake.importing import import_paths, settings_for
from data.intake.preview import preview
from data.intake.saved_profiles import pattern_of, profile_text
from data.mapping.profile import parse_profile
from data.mapping.proposing import Draft
from data.mapping.recognise import recognised
from data.storage.store import Store

SETTINGS = settings_for(Path("nowhere"), None, None)[0]
DRAFT = Draft("deals 2026-01-05.csv", "opportunity",
              {"opportunity_id": "No", "stage": "Phase", "amount": "Worth", "closed_on": "End", "status": "State"},
              ",", ".", ("%d.%m.%Y",), {}, {"status": {"Gewonnen": "won"}})
FILE = 'No;Phase;Worth;End;State\nA1;need;"1.200,50";03.02.2026;Gewonnen\nA2;need;x;03.02.2026;\n'
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(words, words, words)
def test_any_name_survives_the_text_of_a_profile(file: str, source: str, word: str) -> None:
    draft = Draft(file, "opportunity", {"opportunity_id": source, "stage": "s", "status": "t"}, values={
        "status": {word: "won"}})
    spec = parse_profile(profile_text(word, [draft]), "x").tables[0]
    assert spec.columns["opportunity_id"] == (source,)
    assert spec.values["status"].mapping == {word.strip().lower(): "won"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_a_file_is_found_by_the_pattern_made_of_its_name(stem: str) -> None:
    draft = Draft(f"{stem}.csv", "opportunity", {"opportunity_id": "a", "stage": "b"})
    spec = parse_profile(profile_text("x", [draft]), "x")
    assert spec.tables[0].matches(f"{stem}.csv")


def test_the_file_of_another_week_is_found_too() -> None:
    assert pattern_of("deals 2026-01-05.csv") == "deals*.*"
    spec = parse_profile(profile_text("x", [DRAFT]), "x").tables[0]
    assert spec.matches("Deals 2026-01-12 (1).xlsx")


def test_the_first_rows_are_shown_as_an_import_stores_them(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(FILE, encoding="utf-8")
    found = preview(path, parse_profile(profile_text("x", [DRAFT]), "x"), SETTINGS, date(2026, 3, 1))
    assert found.rows.to_pylist() == [{"opportunity_id": "A1", "stage": "need", "status": "won",
                                       "amount": Decimal("1200.50"), "closed_on": date(2026, 2, 3)}]
    assert (found.read, found.refused) == (2, 1)
    assert [(r.column, r.rule, r.examples[0].value) for r in found.rules] == [("amount", "number", "x")]


def test_a_saved_profile_is_found_by_its_name_and_imports(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text(FILE.replace(";x;", ";7;"), encoding="utf-8")
    store = tmp_path / "store"
    kept = saved_profiles.save(store, "Our CRM / East", profile_text("our-crm-east", [DRAFT]))
    assert kept == "our-crm-east"
    assert Store.open(store).current() is None
    report = import_paths([tmp_path / "deals.csv"], store, profile=kept, as_of=date(2026, 3, 1), accept_stages=True)
    assert (report.profile, report.loaded, report.load_id) == ("our-crm-east", 2, 1)


def test_a_saved_profile_comes_before_a_built_in_one_that_fits_as_well(tmp_path: Path) -> None:
    columns = {name: name for name in ("opportunity_id", "stage", "amount")}
    file = tmp_path / "opportunity.csv"
    file.write_text("opportunity_id,stage,amount\nA1,need,5\n", encoding="utf-8")
    text = profile_text("ours", [Draft("opportunity.csv", "opportunity", columns)])
    saved_profiles.save(tmp_path / "store", "ours", text)
    found = recognised([file], more=saved_profiles.listed(tmp_path / "store"))
    assert found.best is not None
    assert (found.certainty, found.best.profile) == ("sure", "ours")
    assert import_paths([file], tmp_path / "store", as_of=date(2026, 3, 1), accept_stages=True).profile == "ours"


@pytest.mark.parametrize("name", ["", "///", "salesforce", " Salesforce "])
def test_a_name_that_says_nothing_or_is_taken_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        saved_profiles.save(tmp_path / "store", name, profile_text("x", [DRAFT]))
    assert caught.value.code == "E_PROFILE_NAME"
    assert not (tmp_path / "store").exists()


def test_what_is_no_profile_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        saved_profiles.save(tmp_path / "store", "x", 'name = "x"\n')
    assert caught.value.code == "E_PROFILE"
    assert saved_profiles.listed(tmp_path / "store") == []
