"""Where the stores lie, and the sample company, built in a process of its own while the browser is still opening.

Nothing heavy is imported here: the process that builds is started before the server has loaded its own libraries.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from data.storage.address import located

_ROOT = Path(__file__).resolve().parents[1]
#: Memory in huge pages that are kept until the process ends: handing it out page by page took a tenth of the build.
_ROOMY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1000000000:"
                      "glibc.malloc.trim_threshold=4000000000",
}
_LOCK = Lock()
_BUILDS: dict[Path, _Build] = {}


def store_path() -> Path:
    """Where the organisation's data lie: MVPOD_STORE (a folder or a URL), or the folder `store` beside this file.

    MvpodError as `address.located`.
    """
    return located(os.environ.get("MVPOD_STORE") or _ROOT / "data" / "store").resolve()


def sample_store(home: Path) -> Path:
    """Where the sample company lies: beside the organisation's store, because its settings (stages, segments, money)
    are not those of the first real import."""
    return home.with_name(f"{home.name}-sample")


class _Build:
    """One process that builds, and how far it says it is (`share`, 0 to 1)."""

    def __init__(self, store: Path) -> None:
        self.share = 0.0
        self._process = subprocess.Popen([sys.executable, "-m", "data.demo", str(store)], cwd=_ROOT, text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                         env={**os.environ, **_ROOMY})
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with suppress(ValueError):
                self.share = float(line)
        self._process.wait()

    def wait(self, seconds: float) -> bool:
        """Wait a moment; is it over?"""
        self._reader.join(seconds)
        return not self._reader.is_alive()


def begin(store: Path) -> None:
    """Start building the sample company in an empty store, unless somebody has started already."""
    with _LOCK:
        if store not in _BUILDS:
            _BUILDS[store] = _Build(store)


def wait(store: Path) -> None:
    """Wait until the process that builds is over, if there is one."""
    with _LOCK:
        build = _BUILDS.get(store)
    while build and not build.wait(1.0):
        pass


def finish(store: Path, progress: Callable[[str, float], None]) -> None:
    """Wait until the sample company is there; every viewer who comes meanwhile waits for the same process.

    Raises MvpodError if it cannot be built: what the process could not do is tried here, so that its reason is told.
    """
    from data import demo
    from data.storage.store import Store

    begin(store)
    build = _BUILDS[store]
    while not build.wait(0.2):
        progress("", build.share)
    with _LOCK:
        _BUILDS.pop(store, None)
        if not store.exists() or Store.open(store).current() is None:
            demo.create(store, progress=progress)
