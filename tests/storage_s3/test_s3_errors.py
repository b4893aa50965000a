"""What can be wrong with a store's address, keys or network is said in both languages, and without the keys."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest

import cli
from data.errors import MvpodError
from data.storage.mirror import mirror_of
from data.storage.store import Store
from tests.storage_s3.conftest import KEY, SECRET, Cloud


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MVPOD_CACHE", str(tmp_path / "cache"))
    mirror_of.cache_clear()


def refused(url: str, code: str) -> MvpodError:
    """Opening is refused, and neither sentence names the keys."""
    with pytest.raises(MvpodError) as caught:
        Store.open(url, create=True)
    assert caught.value.code == code, str(caught.value)
    for lang in ("en", "zh"):
        assert SECRET not in caught.value.text(lang)
    return caught.value


@pytest.mark.parametrize("url", ["s3://", "s3://b", "s3://Bucket/x", "gs://bucket/x", "s3://bucket/a/../b",
                                 "s3://bucket/a//b", "s3://bucket/50%25", "https://bucket/x"])
def test_an_address_that_is_none(url: str) -> None:
    refused(url, "E_S3_URL")


def test_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    refused("s3://somewhere/store", "E_S3_CREDENTIALS")


def test_no_such_bucket(keys: str) -> None:
    assert refused("s3://nobody-made-this/store", "E_S3_BUCKET").fields["store"] == "s3://nobody-made-this/store"


def test_nobody_answers(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    refused("s3://somewhere/store", "E_S3_REACH")


def test_no_name_for_the_endpoint(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://nowhere.invalid")
    refused("s3://somewhere/store", "E_S3_REACH")


def test_without_encryption_only_to_this_machine_or_where_it_is_asked_for(
        keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://nowhere.invalid")
    refused("s3://somewhere/store", "E_S3_HTTP")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    refused("s3://somewhere/store", "E_S3_REACH")


def test_a_copy_that_cannot_be_written(keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("MVPOD_CACHE", str(tmp_path / "file"))
    refused("s3://somewhere/store", "E_CACHE")


def test_keys_that_nobody_knows(cloud: Cloud, keys: str) -> None:
    if "MVPOD_TEST_S3" in os.environ:
        pytest.skip("how that server is told to look at keys is not known")

    def trust_the_next(requests: bytes) -> None:
        asked = urllib.request.Request(f"{keys}/moto-api/reset-auth", requests, {"Content-Type": "text/plain"})
        urllib.request.urlopen(asked).close()

    trust_the_next(b"0")
    try:
        refused(cloud.url, "E_S3_CREDENTIALS")
    finally:
        trust_the_next(b"1e9")


def test_the_command_line_says_it_too(
        keys: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["loads", "--store", "s3://nobody-made-this/store"], ["verify", "--store", "s3://nobody-made-this/x"],
                  ["loads", "--store", "ftp://x"]):
        assert cli.main([*words, "--lang", "zh"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("E_S3_")
        assert "Traceback" not in said
        assert KEY not in said
    monkeypatch.setenv("MVPOD_STORE", "ftp://x")
    assert cli.main(["loads"]) == 1
    assert capsys.readouterr().err.startswith("E_S3_URL")
