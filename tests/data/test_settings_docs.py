"""docs/settings.md names every key of the settings with its default, and no key that does not exist."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from data import settings
from data.settings import Pipeline, SegmentRule, Stage

DOCS = (Path(settings.__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
SECTIONS: dict[str, type] = {name: cls for name, (_, cls, _) in settings._SECTIONS.items()}
#: keys as they are written in the file, where they are called otherwise in the code
WRITTEN = {"stages": "stage"}


def documented(section: str) -> dict[str, str]:
    """Key -> default of the tables below the headings of a section."""
    parts = re.split(r"(?m)^## ", DOCS)
    part = next((p for p in parts if re.match(rf"`\[+{section}\]+`", p)), "")
    return dict(re.findall(r"(?m)^\| `(\w+)` \| (.*?) \|", part))


def keys(cls: type) -> set[str]:
    return {WRITTEN.get(f.name, f.name) for f in fields(cls)}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_documented_and_none_that_does_not_exist(section: str) -> None:
    wanted = keys(SECTIONS[section]) | (keys(Stage) if SECTIONS[section] is Pipeline else set())
    assert set(documented(section)) == wanted


@pytest.mark.parametrize("section", [s for s, cls in SECTIONS.items() if cls not in (Pipeline, SegmentRule)])
def test_the_documented_default_is_the_one_in_force(section: str) -> None:
    def is_plain(f: Field[Any]) -> bool:
        return f.default is not MISSING and isinstance(f.default, (int, float)) and not isinstance(f.default, bool)

    written = documented(section)
    plain = {f.name: f.default for f in fields(SECTIONS[section]) if is_plain(f)}
    assert {name: float(written[name].strip("`")) for name in plain} == pytest.approx(plain)


def test_the_defaults_of_texts_are_documented_too() -> None:
    for section, cls in SECTIONS.items():
        for f in fields(cls):
            if isinstance(f.default, str) and cls not in (Pipeline, SegmentRule):
                assert documented(section)[f.name] == f'`"{f.default}"`'
