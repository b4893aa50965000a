"""The sample company is built beside the server, in a process of its own, while the browser is still opening."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from data import demo
from data.store import Store

_ROOT = Path(__file__).resolve().parents[2]
_LOCK = Lock()
_BUILDS: dict[Path, _Build] = {}


class _Build:
    """One process that builds, and how far it says it is (`share`, 0 to 1)."""

    def __init__(self, store: Path) -> None:
        self.share = 0.0
        self._process = subprocess.Popen([sys.executable, "-m", "data.demo", str(store)], cwd=_ROOT, text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
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
    begin(store)
    build = _BUILDS[store]
    while not build.wait(0.2):
        progress("", build.share)
    with _LOCK:
        _BUILDS.pop(store, None)
        if not store.exists() or Store.open(store).current() is None:
            demo.create(store, progress=progress)
