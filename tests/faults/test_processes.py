"""Several dashboard processes on one store, and a writer beside them: nobody fails, nobody sees a mixture (P1, P6)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from data.intake.importing import import_paths
from data.storage.store import Store

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 31)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def export(folder: Path, number: int) -> Path:
    """The export of load `number`: so many open opportunities, each named after the load."""
    rows = [f"o{i},load {number},ka,need,1000,CNY,2026-01-05" for i in range(number)]
    file = folder / "opportunity.csv"
    file.write_text("\n".join(["opportunity_id,name,pipeline,stage,amount,currency,created_on", *rows]) + "\n",
                    encoding="utf-8")
    return file


def bring(store: Path, folder: Path, number: int) -> None:
    report = import_paths([export(folder, number)], store, profile="canonical", as_of=DAY, accept_shrink=True,
                          accept_stages=True)
    assert report.load_id == number


def wait_for_load(number: int, notes: list[Path]) -> None:
    """Until every reader has answered from that load; one that failed answers no more."""
    for _ in range(600):
        if all(f'"load": {number},' in note.read_text() for note in notes):
            return
        time.sleep(0.2)
    raise AssertionError(f"no answer from load {number}")


def test_two_processes_ask_while_a_third_imports_ten_times_and_vacuums(tmp_path: Path) -> None:
    store = tmp_path / "store"
    bring(store, tmp_path, 1)
    orphan = store / "opportunity" / "snapshot_date=2026-03-31" / "00000000-left-by-a-killed-writer.parquet"
    orphan.write_bytes(b"never named")
    os.utime(orphan, (time.time() - 7200,) * 2)
    with ExitStack() as stack:
        notes = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
        readers = [stack.enter_context(subprocess.Popen(
            [sys.executable, "-m", "tests.faults.watching", str(store)], cwd=ROOT, stdin=subprocess.PIPE,
            stdout=stack.enter_context(note.open("w")))) for note in notes]
        wait_for_load(1, notes)
        for number in range(2, 12):
            bring(store, tmp_path, number)
        gone = Store.open(store).vacuum(keep_days=90)
        wait_for_load(12, notes)
        for reader in readers:
            reader.communicate()
    told = [[json.loads(line) for line in note.read_text().splitlines()] for note in notes]
    assert [reader.returncode for reader in readers] == [0, 0]
    assert gone.files == (orphan.relative_to(store).as_posix(),)
    for answer in (answer for answers in told for answer in answers):
        n = min(answer["load"], 11)  # the vacuum is load 12 and says what load 11 says
        assert answer == {"load": answer["load"], "rows": n, "names": [f"load {n}"], "states": n, "visited": n,
                          "open": n}
    for answers in told:
        loads = [answer["load"] for answer in answers]
        assert loads == sorted(loads), "nobody goes back"
        assert (len(set(loads)) > 3, loads[-1]) == (True, 12)
