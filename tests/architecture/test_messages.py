"""Every failure that code can raise has its sentence in both languages, with the fields that the code gives."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from data.errors import LANGUAGES, MvpodError

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "data" / "messages").glob("*.toml"))
SOURCES = [p for folder in ("data", "analytics", "pages", "cli") for p in (ROOT / folder).rglob("*.py")]
SOURCES += [ROOT / "app.py"]


def sentences() -> dict[str, dict[str, str]]:
    return {code: texts for file in FILES for code, texts in tomllib.loads(file.read_text(encoding="utf-8")).items()}


def raised() -> list[tuple[str, str, set[str] | None]]:
    """(where, code, fields) of every `MvpodError("CODE", …)`; fields None where they are handed on with **."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "MvpodError" and node.args \
                    and isinstance(node.args[0], ast.Constant):
                names = [keyword.arg for keyword in node.keywords]
                fields = None if None in names else {n for n in names if n}
                found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0].value, fields))
    return found


def test_no_code_stands_in_two_files() -> None:
    codes = [code for file in FILES for code in tomllib.loads(file.read_text(encoding="utf-8"))]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("code", sorted(sentences()))
def test_a_sentence_stands_in_both_languages_with_the_same_fields(code: str) -> None:
    texts = sentences()[code]
    assert set(texts) == set(LANGUAGES)
    fields = {lang: set(re.findall(r"\{(\w+)", text)) for lang, text in texts.items()}
    assert fields["en"] == fields["zh"]
    assert re.search(r"[\u4e00-\u9fff]", texts["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", texts["en"])


def test_every_raised_code_has_a_sentence_whose_fields_are_given() -> None:
    known = sentences()
    wrong = []
    for where, code, fields in raised():
        if code not in known:
            wrong.append(f"{where}: {code} has no sentence")
        elif fields is not None and (missing := set(re.findall(r"\{(\w+)", known[code]["en"])) - fields):
            wrong.append(f"{where}: {code} lacks {sorted(missing)}")
    assert wrong == []


def test_every_code_that_is_an_error_is_raised_somewhere() -> None:
    texts = "".join(p.read_text(encoding="utf-8") for p in SOURCES)
    assert [code for code in sentences() if code.startswith("E_") and f'"{code}"' not in texts] == []


def test_a_missing_field_shows_as_a_question_mark_and_not_as_a_second_error() -> None:
    assert "?" in MvpodError("E_BUSY").text("zh")
