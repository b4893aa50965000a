"""An S3 server of this machine, a bucket for each test, and machines that have a copy each.

The server is that of `make storage` (moto); MVPOD_TEST_S3 names another one, whose keys are AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY. Without either the tests are skipped.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from obstore.store import S3Store

from data.storage.mirror import mirror_of
from data.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / ".venv-s3" / "bin" / "moto_server"
KEY, SECRET = "tester", "never-to-be-printed"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of an S3 server."""
    if given := os.environ.get("MVPOD_TEST_S3"):
        yield given
        return
    if not SERVER.exists():
        pytest.skip("no S3 server: `make storage` installs one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([SERVER, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def keys(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of one who may use the server; gives its address."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return server


@dataclass
class Cloud:
    """A store on object storage as several machines see it."""

    url: str
    folder: Path
    objects: S3Store
    patch: pytest.MonkeyPatch

    def at(self, machine: str = "here") -> Store:
        """The store as a process that has just started on that machine sees it."""
        mirror_of.cache_clear()
        self.patch.setenv("MVPOD_CACHE", str(self.folder / machine))
        return Store.open(self.url, create=True)

    def names(self, prefix: str = "") -> set[str]:
        """The objects of the store."""
        return {meta["path"] for page in obstore.list(self.objects, prefix or None) for meta in page}


@pytest.fixture
def cloud(keys: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    bucket = f"mvpod-{uuid4().hex[:12]}"
    urllib.request.urlopen(urllib.request.Request(f"{keys}/{bucket}", method="PUT")).close()
    objects = S3Store(bucket, prefix="sales/store", endpoint=keys, region="us-east-1", access_key_id=KEY,
                      secret_access_key=SECRET, client_options={"allow_http": True})
    yield Cloud(f"s3://{bucket}/sales/store", tmp_path / "machines", objects, monkeypatch)
    mirror_of.cache_clear()
