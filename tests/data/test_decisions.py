"""What an import decides by itself: listed with counts and examples, kept with the load, and refused on request."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.errors import MvpodError, sentence
from data.intake.importing import import_paths
from data.intake.report import ImportReport
from data.notes import DECISIONS, Note
from data.storage.store import Store
from tests.data.test_importing import TOML

DAY = date(2026, 1, 5)
PROFILE = """
name = "house"
[[table]]
target = "opportunity"
file = "deals*"
duplicates = "{policy}"
where = {{ Title = ["x", "y", "甲方项目", "", "#n/a"] }}
replace = {{ Phase = {{ "Bidd" = "bid" }} }}
columns = {{ opportunity_id = "No", stage = "Phase", created_on = "Begun", name = "Title" }}
values = {{ status = {{ from = "State", map = {{ open = "open" }} }} }}
"""
DEALS = "opportunity_id,stage,amount,created_on\nA1,bid,10,2026-01-01\n"
HEAD = "No,Phase,Begun,Title,State\n"


class Case:
    """A folder for files, and an import into a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.options = folder, {"as_of": DAY, "config": folder / "mvpod.toml"}
        (folder / "in").mkdir()
        (folder / "mvpod.toml").write_text(TOML, encoding="utf-8")

    def file(self, name: str, text: str, encoding: str = "utf-8") -> Case:
        (self.folder / "in" / name).write_text(text, encoding=encoding)
        return self

    def profile(self, policy: str = "error") -> Case:
        (self.folder / "house.toml").write_text(PROFILE.format(policy=policy), encoding="utf-8")
        return self.with_(profile=self.folder / "house.toml")

    def with_(self, **options: Any) -> Case:
        self.options |= options
        return self

    def load(self, store: str, **options: Any) -> ImportReport:
        return import_paths([self.folder / "in"], self.folder / store, **{**self.options, **options})


def workbook(case: Case, *, sheets: int = 1, error: bool = False) -> Case:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEAD.strip().split(","), ["A1", "bid", "2026-01-02", "#N/A" if error else "x", ""]):
        book.active.append(row)
    if error:
        book.active["D2"].data_type = "e"
    for number in range(1, sheets):
        book.create_sheet(f"more {number}").append(["a"])
    book.save(case.folder / "in" / "deals.xlsx")
    return case.profile()


CASES: dict[str, Callable[[Case], Case]] = {
    "profile": lambda c: c.file("opportunity.csv", DEALS),
    "columns": lambda c: c.file("export (3).csv", DEALS).with_(profile="canonical"),
    "encoding": lambda c: c.profile().file("deals.csv", HEAD + "A1,bid,2026-01-02,甲方项目,\n", "gb18030"),
    "dates": lambda c: c.profile().file("deals.csv", HEAD + "A1,bid,02/01/2026,x,\nA2,bid,31/12/2025,x,\n"),
    "as_of": lambda c: c.profile().file("deals.csv", HEAD + "A1,bid,2026-01-02,x,\n").with_(as_of=None),
    "sheets": lambda c: workbook(c, sheets=2),
    "cells": lambda c: workbook(c, error=True),
    "report": lambda c: c.profile().file(
        "deals.csv", HEAD + "A1,bid,2026-01-02,x,\nA2,bid,2026-01-02,x,\n\nReport: open deals\n"),
    "left_out": lambda c: c.profile().file("deals.csv", HEAD + "A1,bid,2026-01-02,x,\nA2,bid,2026-01-02,skip,\n"),
    "spelling": lambda c: c.profile().file("deals.csv", HEAD + "A1,Bidd,2026-01-02,x,\nA2,bid,2026-01-02,x,\n"),
    "duplicates": lambda c: c.profile("first").file(
        "deals.csv", HEAD + "A1,bid,2026-01-02,x,\nA1,bid,2026-01-02,x,\nA1,bid,2026-01-02,y,\n"),
    "history": lambda c: c.file("opportunity.csv", DEALS).with_(profile="canonical").file(
        "stage_change.csv", "opportunity_id,changed_at,to_stage\nA1,2026-01-02,bid\nA1,2026-01-02,bid\n"),
    "stages": lambda c: c.profile().file("deals.csv", HEAD + "A1,Haggling,2026-01-02,x,\n").with_(accept_stages=True),
    "status": lambda c: c.profile().file("deals.csv", HEAD + "A1,won,2026-01-02,x,open\n"),
    "pipeline": lambda c: c.profile().file("deals.csv", HEAD + "A1,won,2026-01-02,x,\n"),
    "events_only": lambda c: c.with_(profile="canonical").file(
        "stage_change.csv", "opportunity_id,changed_at,to_stage\nA1,2026-01-02,bid\n"),
}
#: What a case cannot avoid deciding besides its own.
ALSO = {"status": {"pipeline"}}


@pytest.fixture(params=list(DECISIONS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def case(kind: str, tmp_path: Path) -> Case:
    return CASES[kind](Case(tmp_path))


def test_a_decision_is_kept_with_the_load_as_it_was_told(kind: str, case: Case) -> None:
    others = set(DECISIONS) - {kind} - ALSO.get(kind, set())
    report = case.load("store", refuse=others)
    load = Store.open(case.folder / "store").current()
    assert load is not None
    assert load.decisions == report.decisions
    assert load.warnings == report.warnings
    assert kind in {note.kind for note in (*load.decisions, *load.warnings)}


def test_a_refused_decision_stops_the_import_and_says_what_to_do(kind: str, case: Case) -> None:
    with pytest.raises(MvpodError) as caught:
        case.load("store", refuse=[kind])
    assert caught.value.code == "E_DECISION_REFUSED"
    assert {note.kind for note in caught.value.fields["decisions"]} == {kind}
    for lang in ("en", "zh"):
        assert sentence(f"W_{kind.upper()}", lang) in caught.value.text(lang)
    store = case.folder / "store"
    assert not store.exists() or not [load for load in Store.open(store).loads() if load.kind == "import"]


def test_decisions_tell_how_many_rows_and_which_first(tmp_path: Path) -> None:
    twice = HEAD + "A1,Bidd,2026-01-02,x,\n" * 2 + "A1,bid,2026-01-02,y,\n"
    report = Case(tmp_path).profile("first").file("deals.csv", twice).load("store")
    told = {note.code: dict(note.fields) for note in report.decisions}
    assert (told["N_REPLACED"]["count"], told["N_REPLACED"]["old"], told["N_REPLACED"]["new"]) == (2, "Bidd", "bid")
    assert told["N_REPLACED"]["rows"] == (2, 3)
    assert (told["N_DUPLICATES"]["count"], told["N_DUPLICATES"]["examples"]) == (1, ("deals.csv:3 A1",))
    assert (told["N_KEPT_ONE"]["count"], told["N_KEPT_ONE"]["examples"]) == (1, ("deals.csv:4 A1",))
    assert report.deduplicated == 2


def test_the_last_row_is_kept_where_the_profile_says_so(tmp_path: Path) -> None:
    twice = HEAD + "A1,bid,2026-01-02,x,\n" + "A1,bid,2026-01-02,y,\n" * 2
    report = Case(tmp_path).profile("last").file("deals.csv", twice).load("store")
    assert Store.open(tmp_path / "store").table("opportunity").column("name").to_pylist() == ["y"]
    told = {note.code: dict(note.fields)["examples"] for note in report.decisions if note.kind == "duplicates"}
    assert told == {"N_DUPLICATES": ("deals.csv:3 A1",), "N_KEPT_ONE": ("deals.csv:2 A1",)}


def test_the_dates_that_prove_the_order_are_told(tmp_path: Path) -> None:
    note = next(n for n in CASES["dates"](Case(tmp_path)).load("store").decisions if n.kind == "dates")
    assert {key: dict(note.fields)[key] for key in ("order", "count", "examples")} == {
        "order": "DD/MM/YYYY", "count": 2, "examples": ("31/12/2025",)}


def test_the_words_that_show_a_guessed_encoding_are_told(tmp_path: Path) -> None:
    case = CASES["encoding"](Case(tmp_path))
    note = next(n for n in case.load("store").decisions if n.kind == "encoding")
    assert note.text("en") == ("deals.csv: not UTF-8, read as GB18030; "
                               "the first such words, in line 2, are '甲方项目'.")


def test_utf8_is_no_guess_and_nothing_is_refused_where_nothing_is_decided(tmp_path: Path) -> None:
    case = Case(tmp_path).profile().file("deals.csv", HEAD + "A1,bid,2026-01-02,甲方项目,\n")
    assert case.load("store", refuse=["all"]).loaded == 1


def test_a_dry_run_refuses_in_the_same_way(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as caught:
        CASES["spelling"](Case(tmp_path)).load("store", refuse=["spelling"], dry_run=True)
    assert caught.value.code == "E_DECISION_REFUSED"


def test_an_unknown_kind_of_decision_is_refused_with_the_nearest() -> None:
    with pytest.raises(MvpodError) as caught:
        import_paths([], "nowhere", refuse=["speling"])
    assert (caught.value.code, caught.value.fields["hint"]) == ("E_DECISION_KIND", "spelling")


def test_a_note_that_another_version_wrote_is_still_shown() -> None:
    note = Note.kept({"code": "N_NO_LONGER_THERE", "fields": {"file": "a.csv"}})
    assert note.text("zh") == "N_NO_LONGER_THERE {'file': 'a.csv'}"


def test_every_kind_of_decision_is_documented_and_named_in_both_languages() -> None:
    docs = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    table = docs.partition("| kind | what is decided |")[2].partition("\n\n")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", table) == list(DECISIONS)
    assert all(sentence(f"{mark}_{kind.upper()}", lang) for kind in DECISIONS for mark in "KW" for lang in ("en", "zh"))
