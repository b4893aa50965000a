"""Profiles: what a file may say, what it must say, and what each built-in one finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.contracts import TABLES
from data.errors import MvpodError
from data.mapping import profile
from data.mapping.matching import assign
from data.mapping.profile import builtin_profiles, load_profile, merged_sections, parse_profile, sections
from data.mapping.recognise import recognise
from data.settings import parse_settings

MINIMAL = """
name = "p"
[[table]]
target = "opportunity"
file = "deals*.csv"
columns = { opportunity_id = "Deal ID", stage = ["Stage", "StageName"] }
"""


def refused(text: str, code: str) -> MvpodError:
    with pytest.raises(MvpodError) as caught:
        parse_profile(text, "p")
    assert caught.value.code == code
    return caught.value


def test_a_misspelt_key_is_refused_with_the_nearest_one() -> None:
    assert refused(MINIMAL + "colums = {}\n", "E_PROFILE_KEY").fields["hint"] == "columns"
    assert refused('nmae = "x"\n' + MINIMAL, "E_PROFILE_KEY").fields["hint"] == "name"


@pytest.mark.parametrize(("line", "place"), [
    pytest.param('target = "oportunity"', "target", id="unknown table"),
    pytest.param('constants = { stagee = "x" }', "stagee", id="unknown column"),
    pytest.param('timezone = "Moon/Base"', "timezone", id="unknown zone"),
    pytest.param('decimal = ","\nthousands = ","', "decimal", id="one mark for two things"),
    pytest.param('duplicates = "any"', "duplicates", id="unknown policy"),
    pytest.param("scale = { stage = 2 }", "scale", id="a factor for text"),
    pytest.param("scale = { amount = 0 }", "scale", id="a factor of zero"),
    pytest.param('unpivot = { a = "b" }', "unpivot", id="unpivot of another table"),
    pytest.param('values = { status = { map = { a = "won" } } }', "values", id="a map from nowhere"),
    pytest.param('ids = "hubspot"', "ids", id="unknown kind of id"),
    pytest.param('where = "x"', "where", id="a text for a table"),
])
def test_every_nonsense_is_refused_at_its_place(line: str, place: str) -> None:
    text = MINIMAL.replace('target = "opportunity"\n', "") if line.startswith("target") else MINIMAL
    assert place in refused(text + line + "\n", "E_PROFILE").fields["key"]


def test_a_required_column_without_a_source_is_refused() -> None:
    error = refused(MINIMAL.replace(', stage = ["Stage", "StageName"]', ""), "E_PROFILE")
    assert "stage" in error.fields["expected"]


def test_an_unknown_profile_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(MvpodError) as caught:
        load_profile("salesfroce")
    assert (caught.value.code, caught.value.fields["hint"]) == ("E_PROFILE_UNKNOWN", "salesforce")


def test_a_profile_is_identified_by_its_content() -> None:
    one, other = parse_profile(MINIMAL, "p"), parse_profile(MINIMAL + 'decimal = ","\n', "p")
    assert one.identity != other.identity
    assert one.identity == parse_profile(MINIMAL, "p").identity


def test_a_table_without_columns_takes_every_column_by_its_own_name() -> None:
    spec = load_profile("canonical").tables[0]
    assert set(spec.columns) == {*TABLES["opportunity"].names, "snapshot_date"}


def test_the_canonical_profile_knows_every_table() -> None:
    assert [spec.target for spec in load_profile("canonical").tables] == list(TABLES)


@pytest.mark.parametrize("name", builtin_profiles())
def test_what_a_built_in_profile_brings_is_valid_settings(name: str) -> None:
    settings = load_profile(name).settings('[organisation]\nname = "Ours"\n[[pipeline]]\nkey = "x"\n'
                                           '[[pipeline.stage]]\nkey = "y"\n')
    assert settings.pipelines


def test_the_settings_of_a_profile_replace_whole_sections_and_leave_the_others() -> None:
    text = MINIMAL + '[[settings.pipeline]]\nkey = "sales"\n[[settings.pipeline.stage]]\nkey = "lead"\n'
    base = ('[organisation]\nname = "Ours"\n[organisation.rates]\nUSD = 7\n'
            '[[pipeline]]\nkey = "old"\n[[pipeline.stage]]\nkey = "a"\n')
    settings = parse_profile(text, "p").settings(base)
    assert settings.organisation.name == "Ours"
    assert settings.organisation.rates == {"USD": 7}
    assert [p.key for p in settings.pipelines] == ["sales"]
    assert parse_settings(settings.text) == settings  # the text that is recorded says the same


def test_sections_keep_comments_with_what_they_stand_above() -> None:
    text = '# first\n[a]\nx = 1\n# about b\n[[b]]\ny = 2\n'
    assert sections(text)["b"] == "# about b\n[[b]]\ny = 2\n"
    assert merged_sections(text, "[a]\nx = 9\n") == "[a]\nx = 9\n\n# about b\n[[b]]\ny = 2\n"


@pytest.mark.parametrize(("file", "target"), [
    ("Opportunity.csv", "opportunity"), ("opportunity_2026-09-30.csv", "opportunity"), ("User (1).xlsx", "owner"),
    ("OpportunityHistory.csv", "stage_change"), ("sf_opportunity_data.csv", "opportunity"), ("Event.csv", "activity"),
    ("OpportunityHistoryGroup.csv", None),
])
def test_salesforce_files_find_their_table(file: str, target: str | None) -> None:
    matching = [spec.target for spec in load_profile("salesforce").tables if spec.matches(file)]
    assert matching == ([target] if target else [])


def test_the_longest_pattern_decides_between_tables() -> None:
    pairs, _ = assign([Path("opportunity_contact_1.csv"), Path("opportunity_1.csv")], load_profile("canonical"))
    assert [(spec.target, path.name) for spec, path in pairs] == [
        ("opportunity_contact", "opportunity_contact_1.csv"), ("opportunity", "opportunity_1.csv")]


def test_a_folder_is_recognised_by_its_files_and_their_columns(tmp_path: Path) -> None:
    (tmp_path / "opportunity.csv").write_text("Id,StageName,Amount,CloseDate\n006,Prospecting,1,2026-01-01\n")
    (tmp_path / "readme.csv").write_text("a,b\n1,2\n")
    best = recognise([tmp_path])[0]
    assert (best.profile, best.is_fit) == ("salesforce", True)
    assert best.reasons[0].startswith("opportunity.csv → opportunity")


def test_files_under_any_name_are_told_by_their_columns(tmp_path: Path) -> None:
    (tmp_path / "export (3).csv").write_text("opportunity_id,stage,owner_id,amount\nA1,bid,O1,1\n")
    (tmp_path / "people.csv").write_text("owner_id,name,team\nO1,Li,East\n")
    assert recognise([tmp_path])[0].profile == "canonical"
    pairs, is_by_columns = assign(sorted(tmp_path.iterdir()), load_profile("canonical"))
    assert is_by_columns
    assert [(spec.target, path.name) for spec, path in pairs] == [
        ("opportunity", "export (3).csv"), ("owner", "people.csv")]


def test_a_folder_of_something_else_fits_nothing(tmp_path: Path) -> None:
    (tmp_path / "weather.csv").write_text("day,rain\n2026-01-01,3\n")
    assert not any(fit.is_fit for fit in recognise([tmp_path]))


def test_every_key_of_a_profile_is_documented() -> None:
    docs = (Path(profile.__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    table = docs.split("| key of `[[table]]` |")[1].split("\n\n")[0]
    documented = set(re.findall(r"(?m)^\| `(\w+)` \|", table))
    assert documented == set(profile._TABLE_KEYS)


def test_the_example_of_the_documentation_is_a_valid_profile() -> None:
    docs = (Path(profile.__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    example = parse_profile(docs.split("```toml")[1].split("```")[0], "example")
    assert [spec.target for spec in example.tables] == ["opportunity", "stage_change"]
