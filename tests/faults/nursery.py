"""A process that makes writers and kills them. Run as a script: it reads commands from stdin and answers on stdout.

    kill STORE SECONDS    a writer loads again and again and is killed after so long
    step STORE N          a writer is killed at the N-th dangerous step of one load; answers "whole" if it has fewer
    import STORE SECONDS FOLDER DAY    an import of a folder of exports is killed after so long

It never writes itself, so that it can fork as often as it likes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data.intake import importing
from data.storage import delta, loads, place
from data.storage.store import Store
from tests.faults.support import one_load


def die_at(number: int) -> None:
    """From now on every write, sync, commit, rename and removal counts; the N-th one is the last thing done."""
    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            step()
            return result
        return call

    def step() -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    place._sync = counted(place._sync)
    delta.create_table_with_add_actions = counted(delta.create_table_with_add_actions)
    delta.DeltaTable.create_write_transaction = counted(delta.DeltaTable.create_write_transaction)
    delta.DeltaTable.create_checkpoint = counted(delta.DeltaTable.create_checkpoint)
    pq.write_table = counted(pq.write_table)
    Path.rename, Path.replace, Path.unlink = counted(Path.rename), counted(Path.replace), counted(Path.unlink)
    loads.Journal.append = counted(loads.Journal.append)


def child(task: Callable[[], None]) -> int:
    """A forked process that does `task` and ends; its number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        task()
        os._exit(0)
    except BaseException as error:
        print(f"the writer failed: {error!r}", file=sys.stderr, flush=True)
        os._exit(9)


def killed_after(seconds: float, task: Callable[[], None]) -> str:
    """What became of a task that was killed after so long: killed, whole (it was done before) or failed."""
    pid = child(task)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return ended(pid)


def ended(pid: int) -> str:
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        return "killed"
    return "whole" if os.WEXITSTATUS(status) == 0 else "failed"


def loop(path: Path) -> None:
    while True:
        one_load(Store.open(path, create=True))


def step(path: Path, number: int) -> None:
    store = Store.open(path, create=True)
    die_at(number)
    one_load(store)


def import_folder(path: Path, folder: str, day: str) -> None:
    importing.import_paths([folder], path, profile="canonical", as_of=date.fromisoformat(day))


def obey(name: str, path: Path, *words: str) -> str:
    if name == "kill":
        return killed_after(float(words[0]), lambda: loop(path))
    if name == "step":
        return ended(child(lambda: step(path, int(words[0]))))
    seconds, folder, day = words
    return killed_after(float(seconds), lambda: import_folder(path, folder, day))


if __name__ == "__main__":
    delta.CHECKPOINT_EVERY = 2  # so that a short history already writes checkpoints
    for line in sys.stdin:
        command, store, *rest = line.split()
        print(obey(command, Path(store), *rest), flush=True)
