"""The command line: a scheduler writes a pack, and anybody verifies it, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pptx
import pytest

import cli
from analytics.review import verify as check
from analytics.review.pack import Item, Pack, to_text
from data.intake.importing import import_paths
from data.storage import packs
from tests.review.conftest import rows, write

ROOT = Path(__file__).resolve().parents[2]
SMALL = to_text(Pack("2026Q1", lang="both", items=(Item("funnel.outcomes", comment="note"),)))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "small.json").write_text(SMALL, encoding="utf-8")
    return tmp_path / "small.json"


def test_a_scheduler_writes_a_pack_and_anybody_verifies_it(imported: Path, pack: Path, tmp_path: Path) -> None:
    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *map(str, words), "--store", str(imported)]
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"MVPOD_LANG": "en"}, capture_output=True, text=True,
                              timeout=300, check=False)

    out = tmp_path / "review.xlsx"
    done = run("report", "--quarter", "2026Q1", "--pack", pack, "--lang", "zh", "--out", out)
    assert (done.returncode, done.stdout.strip()) == (0, str(out)), done.stderr
    verified = run("verify", out)
    assert (verified.returncode, verified.stdout[:5]) == (0, "Same:"), verified.stderr


def test_both_languages_and_several_kinds_are_files_of_their_own(imported: Path, pack: Path, tmp_path: Path) -> None:
    code = cli.main(["report", "--store", str(imported), "--pack", str(pack), "--format", "csv,parquet", "--out",
                     str(tmp_path / "q1.csv"), "--url", "https://sales.example/", "--where", "pipeline=smb"])
    assert code == 0
    names = {f"q1.{lang}.{kind}.zip" for lang in ("en", "zh") for kind in ("csv", "parquet")}
    assert {file.name for file in tmp_path.glob("q1*")} == names
    stamp = check.read((tmp_path / "q1.zh.csv.zip").read_bytes(), "q1").stamp
    assert stamp.link.startswith("https://sales.example/review?")
    assert "pipeline=smb" in stamp.link


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_deck_holds_both_languages_the_readers_own_first(imported: Path, pack: Path, tmp_path: Path, lang: str,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MVPOD_LANG", lang)
    assert cli.main(["report", "--store", str(imported), "--pack", str(pack), "--lang", "both", "--out",
                     str(tmp_path / "q1.pptx")]) == 0
    assert [file.name for file in tmp_path.glob("*.pptx")] == ["q1.pptx"]
    told = [" ".join(s.text_frame.text for s in page.shapes if s.has_text_frame)
            for page in pptx.Presentation(str(tmp_path / "q1.pptx")).slides]
    is_chinese = [len(re.findall("[\u4e00-\u9fff]", text)) > 8 for text in told]
    half = len(told) // 2
    assert is_chinese == ([False] * half + [True] * half if lang == "en" else [True] * half + [False] * half)
    assert cli.main(["verify", str(tmp_path / "q1.pptx"), "--store", str(imported)]) == 0


def test_a_saved_pack_is_found_by_its_name(restated: Path, tmp_path: Path) -> None:
    packs.save(restated, "Board Q1", SMALL)
    assert cli.main(["report", "--store", str(restated), "--pack", "Board Q1", "--lang", "en", "--out",
                     str(tmp_path / "b.csv")]) == 0
    assert (tmp_path / "b.csv.zip").is_file()


def test_a_restated_figure_is_named_and_fails(restated: Path, imported: Path, pack: Path, tmp_path: Path,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--pack", str(pack), "--lang", "en", "--out", str(tmp_path / "r.csv")]
    assert cli.main(["report", "--store", str(imported), *words]) == 0
    capsys.readouterr()
    assert cli.main(["verify", str(tmp_path / "r.csv.zip"), "--store", str(restated), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert "the data were restated" in said.out
    assert "difference" in said.err


@pytest.mark.parametrize(("words", "code"), [
    (["--quarter", "2026Q9"], "E_PERIOD"), (["--format", "doc"], "E_REPORT_FORMAT"),
    (["--pack", "none"], "E_PACK_UNKNOWN"), (["--quarter", "2026Q2"], "E_QUARTER_AHEAD"),
    (["--quarter", "2026Q1", "--as-of", "2025-12-31"], "E_QUARTER_AHEAD"),
    (["--where", "colour=red"], "E_FILTER"), (["--where", "pipeline=mars"], "E_VALUE"),
    (["--as-of", "2031-01-01"], "E_AS_OF"), (["--template", "none.pptx"], "E_OUTPUT"),
], ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_what_cannot_be_done_is_a_sentence_and_writes_nothing(
        imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: str) -> None:
    command = ["report", "--store", str(imported), "--out", str(tmp_path / "x.xlsx"), *words, "--lang", "en"]
    assert cli.main(command) == 1
    assert capsys.readouterr().err.startswith(f"{code}: ")
    assert not list(tmp_path.iterdir())


def test_a_quarter_that_still_runs_is_reported_and_says_so(imported: Path, pack: Path, tmp_path: Path,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    command = ["report", "--store", str(imported), "--pack", str(pack), "--as-of", "2026-03-15", "--lang", "en"]
    assert cli.main([*command, "--out", str(tmp_path / "x.csv")]) == 0
    assert "2026Q1 is still running" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_files_speak_the_language_of_the_organisation_and_the_terminal_its_own(
        imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
        lang: str) -> None:
    monkeypatch.setenv("MVPOD_LANG", lang)
    items = (Item("funnel.outcomes"), Item("support.response"))
    (tmp_path / "two.json").write_text(to_text(Pack("2026Q1", lang="zh", items=items)), encoding="utf-8")
    assert cli.main(["report", "--store", str(imported), "--pack", str(tmp_path / "two.json"), "--out",
                     str(tmp_path / "x.csv")]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("!")]
    assert len(said) == 1
    assert bool(re.search("[\u4e00-\u9fff]", said[0])) is (lang == "zh")
    assert check.read((tmp_path / "x.csv.zip").read_bytes(), "x").stamp.words.count("截至") == 1


def test_a_file_of_another_store_is_told_as_one(imported: Path, pack: Path, tmp_path: Path,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--pack", str(pack), "--lang", "en", "--out", str(tmp_path / "r.csv")]
    assert cli.main(["report", "--store", str(imported), *words]) == 0
    export = write(tmp_path / "export", rows())
    import_paths([export], tmp_path / "other", profile="canonical", as_of=date(2026, 3, 20), accept_shrink=True)
    capsys.readouterr()
    assert cli.main(["verify", str(tmp_path / "r.csv.zip"), "--store", str(tmp_path / "other"), "--lang", "en"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("E_VERIFY_OTHER: r.csv.zip was made from another store: ")
    assert "load 1, as of 2026-03-31" in said
    assert "E_AS_OF" in said
