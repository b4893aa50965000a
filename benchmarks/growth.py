"""How cost grows with the size: `make bench-growth`.

Four series, each of which changes one thing: opportunities (at 156 weeks), weeks (at so many opportunities a week),
snapshots (the same opportunities, seen every 28 days to every day, with the same history told by events), and sessions
at once. CPU is the measure of work, the least of some repeats; the most memory that a process had, of memory. Writes
benchmarks/results/growth.json and .md and docs/images/growth-<series>.svg, and the table of docs/scale.md.

    python -m benchmarks.growth --only opportunities --scale 0.1 --results /tmp/growth    # a tenth, elsewhere
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import growth_report, pages, plain, sessions, stores
from benchmarks.bench import RESULTS
from benchmarks.browser import ROOT
from benchmarks.company import WEEKS
from benchmarks.measuring import QUIET, in_process, load, machine
from data.storage.store import Store

#: opportunities, weeks, days between snapshots; the size that a series changes comes first in its name
_OPPORTUNITIES = (5_000, 10_000, 20_000, 50_000, 100_000)
_WEEKS = (26, 52, 104, 156)
_A_WEEK = 128
_EVERY = (28, 14, 7, 3, 1)
_SEEN = 5_000
_SESSIONS = (1, 5, 10, 25, 50)

Shape = dict[str, Any]
SERIES: dict[str, list[Shape]] = {
    "opportunities": [{"n": n, "weeks": WEEKS} for n in _OPPORTUNITIES],
    "weeks": [{"n": _A_WEEK * weeks, "weeks": weeks} for weeks in _WEEKS],
    "snapshots": [{"n": _SEEN, "weeks": 52, "every": days, "events": True} for days in _EVERY],
}


def measured(shape: Shape, repeats: int) -> dict[str, float]:
    """A store of this shape, made and thrown away: its size and what it costs."""
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        path = Path(folder) / "store"
        in_process(stores.generate, path, *(shape.get(k, d) for k, d in (
            ("n", 0), ("weeks", WEEKS), ("every", 7), ("events", False))))
        rebuilds = [in_process(stores.rebuild, path) for _ in range(repeats)]
        imports = [_import(path, shape) for _ in range(repeats)]
        opened = in_process(pages.queries_of_pages, path, ("all",))
        timed = in_process(pages.times_of, path, opened["answer"], repeats)
        day = Store.open(path).dates("opportunity")[-1]
        sql = in_process(plain.times_of, path, "sql", day, day - timedelta(days=364))
        store = Store.open(path)
        return {
            "opportunities": shape["n"], "snapshots": len(store.dates("opportunity")),
            "snapshot_rows": store.rows("opportunity"), "visits": store.rows("stage_visit"),
            "states": store.rows("opportunity_state"),
            "rebuild_cpu_s": _least(rebuilds, "cpu_s"), "rebuild_peak_mib": _least(rebuilds, "peak_mib"),
            "import_cpu_s": _least(imports, "cpu_s"), "import_peak_mib": _least(imports, "peak_mib"),
            "pages_cpu_s": opened["cpu_s"], "pages_peak_mib": opened["peak_mib"],
            "queries_cpu_s": sum(row["cpu_ms"] for row in timed["answer"]) / 1000,
            "query_cpu_s": max(row["cpu_ms"] for row in timed["answer"]) / 1000,
            "sql_cpu_s": sum(row["cpu_ms"] for row in sql["answer"]["questions"].values()) / 1000,
        }


def _import(path: Path, shape: Shape) -> dict[str, Any]:
    with stores.linked_copy(path) as copy:
        file, day = stores.next_week(copy, shape["n"], shape["weeks"], shape.get("every", 7))
        return in_process(stores.import_week, copy, file, day)


def _least(found: Sequence[dict[str, Any]], what: str) -> float:
    return min(float(one[what]) for one in found)


def measured_sessions(seconds: float, counts: Sequence[int] = _SESSIONS) -> list[dict[str, Any]]:
    """So many sessions at once at the sample company."""
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        path = Path(folder) / "store"
        in_process(stores.sample_company, path)
        found = []
        for count in counts:
            found.append(sessions.crowd(path, count, seconds))
            print("  " + sessions.said(found[-1]), file=sys.stderr)
        return found


def _folder() -> Path:
    folder = ROOT / "build" / "bench" / "growth"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def measure(only: Sequence[str], scale: float, repeats: int, seconds: float) -> dict[str, Any]:
    """The series `only`: their points, and when and on what they were measured."""
    found: dict[str, Any] = {}
    for series in only:
        about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": load(), "is_quiet": load() <= QUIET}
        if series == "sessions":
            points: list[Any] = measured_sessions(seconds)
        else:
            points = []
            for shape in SERIES[series]:
                points.append(measured({**shape, "n": max(200, round(shape["n"] * scale))}, repeats))
                print(f"  {series}: {points[-1]}", file=sys.stderr)
        found[series] = {**about, "points": points}
    return {"machine": machine(), "series": found}


def main() -> None:
    """Measure, and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*SERIES, "sessions"]
    parser.add_argument("--only", type=lambda text: [name for name in names if name in text.split(",")], default=names,
                        metavar="SERIES[,SERIES]", help=f"of {', '.join(names)}")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the opportunities")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60, help="of each crowd of sessions")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    file = asked.results / "growth.json"
    result = measure(asked.only, asked.scale, asked.repeats, asked.seconds)
    if file.exists():
        last = json.loads(file.read_text(encoding="utf-8"))
        result["series"] = {**last["series"], **result["series"]}
    asked.results.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    is_recorded = asked.results == RESULTS
    growth_report.written(result, asked.results, ROOT / "docs" if is_recorded else None)
    print((asked.results / "growth.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
