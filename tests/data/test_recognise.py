"""Which system files come from: told from profiles alone, with what is lacking, and never by a guess."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from data.contracts import TABLES
from data.errors import MvpodError
from data.intake.importing import import_paths
from data.mapping.profile import builtin_profiles, load_profile
from data.mapping.recognise import Feed, Recognised, recognised
from tests.exports import dynamics365, hubspot, odoo, pipedrive, salesforce

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
DEALS = """
[[table]]
target = "opportunity"
file = "deals*.csv"
columns = { opportunity_id = "Deal No", stage = "Phase", amount = "Worth" }
"""


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def feed(found: Recognised, file: str) -> Feed:
    assert found.best is not None
    return next(f for f in found.best.feeds if f.file == file)


def test_files_of_one_system_are_told_with_what_they_feed_and_what_is_missing(tmp_path: Path) -> None:
    folder = written(tmp_path, Opportunity__csv="Id,StageName,Amount,Shoe_Size__c\n006,Prospecting,1,44\n",
                     Account__csv="Id,Name\n001,Acme\n", weather__csv="day,rain\n1,2\n")
    found = recognised([folder])
    assert found.best is not None
    assert (found.certainty, found.best.profile, found.best.unused) == ("sure", "salesforce", ("weather.csv",))
    deals = feed(found, "Opportunity.csv")
    assert (deals.target, deals.understood, deals.columns, deals.by_columns) == ("opportunity", 3, 4, False)
    assert {"opportunity_id", "stage", "amount"} <= deals.fed
    assert "closed_on" not in deals.fed
    assert {"stage_change", "activity", "owner"} <= set(found.best.missing)
    assert set(found.best.fed()) == {"opportunity", "account"}


def test_a_file_under_another_name_is_told_by_its_columns_beside_files_told_by_name(tmp_path: Path) -> None:
    folder = written(tmp_path, report1712345678901__csv="Opportunity ID,Opportunity Name,Stage,Amount\n006,x,Won,1\n",
                     Account__csv="Id,Name\n001,Acme\n")
    found = recognised([folder])
    assert found.best is not None
    assert found.best.profile == "salesforce"
    assert (feed(found, "report1712345678901.csv").by_columns, feed(found, "Account.csv").by_columns) == (True, False)


def test_a_file_that_lacks_a_required_column_says_which(tmp_path: Path) -> None:
    found = recognised([written(tmp_path, opportunity__csv="Id,Amount,CloseDate\n006,1,2026-01-01\n")])
    assert (found.certainty, found.best) == ("none", None)
    salesforce = next(fit for fit in found.fits if fit.profile == "salesforce")
    assert [(f.target, f.lacking) for f in salesforce.feeds] == [("opportunity", ("stage",))]


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    folder = written(tmp_path, opportunity__csv="Id,StageName\n006,Prospecting\n", broken__xlsx="not a workbook")
    assert [(name, error.code) for name, error in recognised([folder]).unread] == [("broken.xlsx", "E_CORRUPT")]


@pytest.mark.parametrize(("file", "text", "stops"), [
    ("Account.csv", "Id,Name\n001,Acme\n", ()),
    ("Account.csv", "Label\nAcme\n", ("Account.csv",)),  # no id: of use for nothing else either
    ("Account.xlsx", "not a workbook", ("Account.xlsx",)),
    ("OpportunityStage.csv", "Sequence\n1\n", ("OpportunityStage.csv",)),  # a list that helps to read the others
    ("Account.csv", "Id,ID,Name\n001,001,Acme\n", ()),
    ("Account.csv", "id,ID,Name\n001,001,Acme\n", ("Account.csv",)),  # two columns are called alike
    ("Account.csv", "", ()),  # empty, and need not be there
    ("weather.xlsx", "not a workbook", ()),  # nobody's
])
def test_recognition_stops_where_an_import_would(file: str, text: str, stops: tuple[str, ...], tmp_path: Path) -> None:
    folder = written(tmp_path / "in", opportunity__csv="Id,StageName,Amount\n006,Prospecting,1\n")
    (folder / file).write_text(text, encoding="utf-8")
    found = recognised([folder])
    assert found.best is not None
    assert (found.best.stops, found.is_ready) == (stops, not stops)
    with pytest.raises(MvpodError, match=re.escape(file)) if stops else nullcontext():
        import_paths([folder], tmp_path / "store", as_of=date(2026, 3, 31), accept_stages=True)


def test_hundreds_of_columns_of_its_own_do_not_hide_a_system(tmp_path: Path) -> None:
    own = ",".join(f"Custom_{i}__c" for i in range(300))
    known = "Id,AccountId,Name,StageName,Amount,CurrencyIsoCode,OwnerId,CreatedDate,CloseDate,LastStageChangeDate,"
    known += "LeadSource,NextStep,LastActivityDate,Probability,ForecastCategory"
    folder = written(tmp_path, export__csv=f"{known},{own}\n" + "1," * 314 + "1\n")
    found = recognised([folder])
    assert found.best is not None
    assert (found.best.profile, feed(found, "export.csv").by_columns) == ("salesforce", True)


def test_a_profile_that_is_no_built_in_one_is_judged_in_the_same_way(tmp_path: Path) -> None:
    own = written(tmp_path / "own", house__toml='name = "house"\n' + DEALS) / "house.toml"
    folder = written(tmp_path / "in", deals_7__csv="Deal No,Phase,Worth\n1,bid,5\n")
    assert recognised([folder]).best is None
    best = recognised([folder], more=[own]).best
    assert best is not None
    assert (best.profile, best.score) == ("house", 1.0)


def test_two_profiles_that_fit_as_well_are_left_to_the_user(tmp_path: Path) -> None:
    one = written(tmp_path / "own", one__toml='name = "one"\n' + DEALS, two__toml='name = "two"\n' + DEALS)
    folder = written(tmp_path / "in", deals__csv="Deal No,Phase,Worth\n1,bid,5\n")
    found = recognised([folder], more=[one / "one.toml", one / "two.toml"])
    assert found.certainty == "several"


def test_an_import_without_a_profile_is_refused_where_several_fit(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = written(tmp_path / "profiles", one__toml='name = "one"\n' + DEALS, two__toml='name = "two"\n' + DEALS)
    both = [profiles / "one.toml", profiles / "two.toml"]
    monkeypatch.setattr("data.mapping.recognise.builtin_profiles", lambda: both)
    folder = written(tmp_path / "in", deals__csv="Deal No,Phase,Worth\n1,bid,5\n")
    with pytest.raises(MvpodError) as caught:
        import_paths([folder], tmp_path / "store")
    assert caught.value.code == "E_PROFILE_SEVERAL"
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", builtin_profiles())
def test_every_built_in_profile_recognises_files_in_its_own_words(name: str, tmp_path: Path) -> None:
    tables = load_profile(name).tables
    for spec in [s for s in tables if not s.optional and not s.unpivot and s.target in TABLES] or [
            s for s in tables if s.target == "opportunity"][:1]:
        names = dict.fromkeys(spec.sources_of(c)[0] for c in sorted(spec.fed()) if spec.sources_of(c))
        columns = [*names, *(w for w, allowed in spec.where.items() if "" not in allowed and w not in names)]
        file = spec.files[0].replace("*", "").replace("[-_ .(][0-9]", "")
        (tmp_path / (file if file.endswith(".csv") else f"{file.rstrip('.')}.csv")).write_text(
            ",".join(f'"{c}"' for c in columns) + "\n" + ",".join(["1"] * len(columns)) + "\n", encoding="utf-8")
    best = recognised([tmp_path]).best
    assert best is not None
    assert best.profile == name


@pytest.mark.parametrize("system", [salesforce, hubspot, pipedrive, dynamics365, odoo])
def test_exports_of_every_system_are_told_apart(system: ModuleType, tmp_path: Path) -> None:
    system.write(tmp_path)
    found = recognised([tmp_path])
    assert found.best is not None
    assert (found.certainty, found.best.profile) == ("sure", system.__name__.rpartition(".")[2])
    assert found.best.unused == ()


def test_people_beside_deals_that_nobody_knows_are_no_export(tmp_path: Path) -> None:
    found = recognised([written(tmp_path, opportunity__csv="Id,Amount\n006,1\n", owners__csv="id,name\n1,Li\n")])
    assert found.certainty == "none"


@pytest.mark.parametrize(("folder", "profile"), [
    ("maven_crm", "maven-crm"), ("sfdc_demo_opphistory", "salesforce"), ("dbt_salesforce", "salesforce")])
def test_real_exports_are_recognised(folder: str, profile: str) -> None:
    if not (SHARED / folder).is_dir():
        pytest.skip("the data sets are not here")
    found = recognised([SHARED / folder])
    assert found.best is not None
    assert (found.certainty, found.best.profile) == ("sure", profile)
