"""Saved packs lie beside the tables of a store: whole or not at all, under harmless names, unseen by the store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.errors import MvpodError
from data.storage import packs
from data.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    Store.open(tmp_path / "store", create=True)
    return tmp_path / "store"


def test_what_was_saved_is_listed_and_comes_back(store: Path) -> None:
    assert packs.listed(store) == []
    assert packs.save(store, "季度汇报 Q3", "one") == "季度汇报-q3"
    packs.save(store, "Board", "two")
    assert {saved.name for saved in packs.listed(store)} == {"季度汇报-q3", "board"}
    assert packs.load(store, "季度汇报 Q3") == "one"
    packs.save(store, "Board", "three")
    assert packs.load(store, "BOARD") == "three"
    packs.remove(store, "Board")
    assert [saved.name for saved in packs.listed(store)] == ["季度汇报-q3"]


@pytest.mark.parametrize("name", [
    "../../etc/passwd", "a/b\\c", "C:\\x", "名/../字", "x" * 500, "a\x00b", "\u202egpj.exe", "CON "], ids=repr)
def test_no_name_leaves_the_folder(store: Path, name: str) -> None:
    kept = packs.save(store, name, "text")
    assert [f.name for f in (store / "packs").iterdir()] == [f"{kept}.json"]
    assert not set(kept) & set("/\\.:\x00\u202e")


@pytest.mark.parametrize("name", ["", " / ", "...", ".."])
def test_a_name_without_letters_is_refused(store: Path, name: str) -> None:
    with pytest.raises(MvpodError, match="E_PACK_NAME"):
        packs.save(store, name, "text")


def test_one_that_is_not_there_is_named_with_the_nearest(store: Path) -> None:
    packs.save(store, "board", "text")
    with pytest.raises(MvpodError, match="Did you mean board"):
        packs.load(store, "bord")


def test_a_save_that_fails_leaves_the_old_one(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packs.save(store, "board", "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(MvpodError, match="E_STORE_DISK"):
        packs.save(store, "board", "new")
    assert packs.load(store, "board") == "old"
    assert [f.name for f in (store / "packs").iterdir()] == ["board.json"]


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.json").write_bytes(b" " * (packs.MAX_BYTES + 1))
    for file in ("a.json", "b.json", "none.json"):
        with pytest.raises(MvpodError, match="E_PACK_FILE"):
            packs.read(tmp_path / file)


def test_the_store_stays_sound_with_packs_in_it(store: Path) -> None:
    packs.save(store, "board", "text")
    again = Store.open(store)
    assert again.verify() == []
    assert again.loads() == []
