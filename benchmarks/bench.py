"""Measure how fast the dashboard is, in one run: `make bench SIZE=small|medium|large`.

Absolute times depend on the machine, so the same questions are asked in plain SQL over all snapshots, in polars and in
pandas in the same run; what counts are the ratios. Prints what is to be reached and what was reached, then everything,
then what became slower than in the last recorded run; writes benchmarks/results/<size>.json and .md, and the table of
README.md.

    python -m benchmarks.bench --size large --only browser,packs    # these steps anew, the others as recorded
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import report, steps
from benchmarks.browser import ROOT
from benchmarks.compare import compared
from benchmarks.measuring import QUIET, load, machine

#: name -> opportunities; 0 = the sample company. `tiny` is for trying the measurement itself.
SIZES = {"tiny": 2_000, "small": 0, "medium": 100_000, "large": 1_300_000}
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "README.md"


def measure(size: str, only: Sequence[str], repeats: int) -> dict[str, Any]:
    """The steps `only` for one size. Each step remembers when and beside which yardstick it was measured."""
    subject = steps.Subject(ROOT / "build" / "bench" / size, SIZES[size], repeats)
    busy = load()
    result: dict[str, Any] = {
        "size": size, "opportunities": SIZES[size], "started": _now(), "load_start": busy, "is_quiet": busy <= QUIET,
        "machine": machine(), "steps": {}}
    made = steps.ensure(subject)
    if made:
        result["steps"]["make"] = made
    result["shape"] = steps.shape(subject)
    result["steps"]["sql"] = steps.yardstick(subject)
    yard = report.yardstick_of(result)
    for name in [name for name in steps.STEPS if name in only]:
        print(f"  {name}", file=sys.stderr)
        before = load()
        try:
            found = steps.STEPS[name](subject)
        except Exception as error:  # what the other steps have measured in hours is not lost by it
            traceback.print_exc()
            found = {"reason": f"failed: {type(error).__name__}"}
        result["steps"][name] = found
        found["load"] = [before, load()]
    for found in result["steps"].values():
        found |= {"at": result["started"], "is_quiet": result["is_quiet"], "yardstick": yard}
    return {**result, "finished": _now(), "load_end": load()}


def merged(new: dict[str, Any], last: dict[str, Any] | None) -> dict[str, Any]:
    """The new result with those steps of the last one that were not measured anew."""
    return {**new, "steps": {**(last or {}).get("steps", {}), **new["steps"]}}


def recorded(folder: Path, size: str) -> dict[str, Any] | None:
    """The last recorded result of a size."""
    file = folder / f"{size}.json"
    found: dict[str, Any] | None = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    return found if found and "steps" in found else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _steps(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(steps.STEPS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; known: {', '.join(steps.STEPS)}")
    return names


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--only", type=_steps, default=list(steps.STEPS), metavar="STEP[,STEP]",
                        help=f"of {', '.join(steps.STEPS)}")
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results lie and are written")
    asked = parser.parse_args()
    last = recorded(asked.results, asked.size)
    result = merged(measure(asked.size, asked.only, asked.repeats), last)
    asked.results.mkdir(parents=True, exist_ok=True)  # first of all: what took half an hour is not lost by what follows
    (asked.results / f"{asked.size}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    text = report.markdown(result, compared(last, result))
    (asked.results / f"{asked.size}.md").write_text(text, encoding="utf-8")
    if asked.results == RESULTS:
        known = {size: found for size in ("small", "medium", "large") if (found := recorded(RESULTS, size))}
        README.write_text(report.in_readme(README.read_text(encoding="utf-8"), known), encoding="utf-8")
    print(text)
    failed = [name for name in asked.only if result["steps"].get(name, {}).get("reason", "").startswith("failed")]
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
