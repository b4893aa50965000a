"""What is to be reached, and what a result reached of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

#: Answered from the latest snapshot alone by anybody: no measure of what history kept in marts is worth.
ONE_SNAPSHOT = "open pipeline by stage"
#: Sizes for which a line of the table is meant; the sample company is `small`.
_LARGE, _SMALL, _BOTH = ("large",), ("small",), ("small", "large")
#: A step and the whole result -> what was measured, and its share of what is allowed.
Judge = Callable[[dict[str, Any], dict[str, Any]], tuple[str, float]]


@dataclass(frozen=True)
class Line:
    """One line: what, how far it should reach, what was measured, and its share of what is allowed (1 = just reached;
    None: no figure, or not meant for this size)."""

    what: str
    reach: str
    measured: str
    share: float | None

    @property
    def verdict(self) -> str:
        """In words, with the distance."""
        if self.share is None:
            return "–"
        return "reached" if self.share <= 1 else "not reached" if self.share == inf else f"missed by {self.share:.2g} ×"


def lines(result: dict[str, Any]) -> list[Line]:
    """The whole table for one result; what was not measured says so."""
    return [_line(result, *entry) for entry in _TABLE]


def _line(result: dict[str, Any], what: str, reach: str, sizes: tuple[str, ...], step: str,
          judge: Judge) -> Line:
    found = result["steps"].get(step, {"reason": "not measured"})
    if "reason" in found:
        return Line(what, reach, found["reason"], None)
    measured, share = judge(found, result)
    return Line(what, reach, measured, share if result["size"] in sizes else None)


def _queries(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
    rows = step["queries"]
    worst = max(rows, key=lambda row: row["p95_ms"])
    slow = sum(row["p95_ms"] > 50 for row in rows)
    return (f"{worst['p95_ms']:.0f} ms ({worst['query']}); {slow} of {len(rows)} take longer than 50 ms",
            worst["p95_ms"] / 50)


def _faster(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
    plain = result["steps"]["sql"]["questions"]
    ratios = {question: plain[question]["ms"] / row["p50_ms"] for question, row in step["questions"].items()
              if question in plain and question != ONE_SNAPSHOT}
    least = min(ratios, key=lambda question: ratios[question])
    return f"{ratios[least]:.2g} × ({least})", 40 / ratios[least]


def _cost(seconds: float, gib: float) -> Judge:
    def judge(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
        peak = step["peak_mib"] / 1024
        return f"{step['seconds']:.1f} s, {peak:.2f} GiB", max(step["seconds"] / seconds, peak / gib)
    return judge


def _clicks(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
    worst = max(step["pages"], key=lambda page: step["pages"][page]["new_p95_ms"])
    again = max(found["again_p95_ms"] for found in step["pages"].values())
    new = step["pages"][worst]["new_p95_ms"]
    return (f"{new:.0f} ms on a view never asked for ({worst}), {again:.0f} ms on one asked for before",
            new / (600 if result["size"] == "small" else 900))


def _start(name: str, seconds: float) -> Judge:
    return lambda step, result: (f"{step[name]:.1f} s", step[name] / seconds)


def _pack(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
    slides = next(row for row in step["kinds"] if row["kind"] == "pptx")
    return (f"{slides['second_s']:.1f} s for {slides['slides']} slides; the first of a load {slides['first_s']:.1f} s",
            slides["second_s"] / 5)


def _crowd(kind: str) -> Judge:
    def judged(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
        crowd = next(found for found in step["crowds"] if found["kind"] == f"50, {kind}")
        p95 = crowd["change_p95_s"]
        said = f"{crowd['errors']} errors in {crowd['changes']} changes, p95 {p95 or 0:.2f} s"
        return said, inf if crowd["errors"] or p95 is None else p95 / 3
    return judged


def _soak(step: dict[str, Any], result: dict[str, Any]) -> tuple[str, float]:
    memory = [mib for _, mib in sorted(step["memory_mib"].items(), key=lambda item: int(item[0]))]
    slower, more = step["known_after_s"] / step["known_before_s"], memory[-1] / memory[len(memory) * 2 // 3 - 1]
    return (f"afterwards a click takes {slower:.2f} × the time of before; memory × {more:.2f}",
            inf if step["errors"] else max(slower / 1.2, more / 1.05))


#: what, how far, for which sizes, the step that measures it, its figure
_TABLE: tuple[tuple[str, str, tuple[str, ...], str, Judge], ...] = (
    ("any query of a page, p95", "≤ 50 ms at 102 M rows", _LARGE, "pages", _queries),
    ("… against the same question in one SQL over the snapshots", "≥ 40 × faster at 102 M rows", _LARGE, "questions",
     _faster),
    ("import of one more week, checks and marts included", "≤ 15 s, ≤ 3 GiB at 1.3 M opportunities", _LARGE, "import",
     _cost(15, 3)),
    ("full rebuild of the marts", "≤ 60 s, ≤ 6 GiB at 102 M rows", _LARGE, "rebuild", _cost(60, 6)),
    ("filter click → all charts painted, p95", "≤ 600 ms, at 102 M rows ≤ 900 ms", _BOTH, "browser", _clicks),
    ("first start → first page, sample company built", "≤ 15 s", _SMALL, "start", _start("first_start_s", 15)),
    ("later start → first page", "≤ 4 s", _SMALL, "start", _start("later_start_s", 4)),
    ("quarterly pack as PPTX", "≤ 5 s", _SMALL, "packs", _pack),
    ("50 sessions at once that change segment and team, p95 of a change", "no error, ≤ 3 s", _SMALL, "sessions",
     _crowd("segment and team")),
    ("50 sessions at once that change anything, each for itself", "no error, ≤ 3 s", _SMALL, "sessions",
     _crowd("anything")),
    ("50 sessions at two processes, segment and team", "no error, ≤ 3 s", _SMALL, "sessions",
     _crowd("segment and team, 2 processes")),
    ("50 sessions at two processes, anything", "no error, ≤ 3 s", _SMALL, "sessions",
     _crowd("anything, 2 processes")),
    ("500 filter changes in one session, after 1,000 that fill what is remembered", "no slower, memory flat", _SMALL,
     "soak", _soak),
)
