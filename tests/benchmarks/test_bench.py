"""What a measurement says: what was reached, what became slower than last time, what README shows."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from benchmarks import bench, reach, report
from benchmarks.compare import compared

CROWDS = [f"{kind}{at}" for at in ("", ", 2 processes") for kind in ("segment and team", "anything")]
MACHINE = {"cores": 2, "processor": "x", "memory_gib": 23.5, "python": "3.11", "versions": {"duckdb": "2"},
           "commit": "c"}


def _result(size: str = "large", *, query_ms: float = 40.0, peak_mib: float = 2000.0, sql_ms: float = 4000.0,
            at: str = "2026-01-01", quiet: bool = True) -> dict[str, Any]:
    """A run of four steps: SQL, one query of a page, an import, one question."""
    yard = {"wall": sql_ms, "cpu": 2 * sql_ms}
    common = {"at": at, "is_quiet": quiet, "yardstick": yard, "load": [0.1, 0.2]}
    return {
        "size": size, "started": at, "finished": at, "load_start": 0.1, "load_end": 2.0, "is_quiet": quiet,
        "machine": MACHINE, "shape": {"snapshot_rows": 10, "snapshots": 2, "visits": 3, "states": 4, "bytes": 2**20},
        "steps": {
            "sql": {"questions": {"stage flow": {"ms": sql_ms, "cpu_ms": 2 * sql_ms}}, **common},
            "pages": {"seconds": 9.0, "cpu_s": 9.0, "peak_mib": peak_mib, **common, "queries": [
                {"query": "flow", "page": "funnel", "cold_ms": 900.0, "cold_cpu_ms": 1500.0, "p50_ms": query_ms - 1,
                 "p95_ms": query_ms, "cpu_ms": 1.5 * query_ms}]},
            "import": {"seconds": 10.0, "cpu_s": 15.0, "peak_mib": peak_mib, "rows": 5, **common},
            "questions": {"seconds": 9.0, "cpu_s": 9.0, "peak_mib": peak_mib, "open_s": 1.0, **common, "questions": {
                "stage flow": {"first_ms": 200.0, "p50_ms": 50.0, "p95_ms": 60.0, "cpu_ms": 55.0}}},
        },
    }


def _line(result: dict[str, Any], what: str) -> reach.Line:
    return next(line for line in reach.lines(result) if line.what.startswith(what))


def test_a_query_of_80_ms_misses_50_ms_by_a_factor() -> None:
    assert _line(_result(query_ms=40), "any query").verdict == "reached"
    assert _line(_result(query_ms=80), "any query").verdict == "missed by 1.6 ×"


def test_forty_times_faster_is_counted_from_plain_sql() -> None:
    assert _line(_result(sql_ms=2000), "…").verdict == "reached"  # 2000 / 50 = 40
    assert _line(_result(sql_ms=1000), "…").verdict == "missed by 2 ×"


def test_the_worse_of_time_and_memory_decides() -> None:
    assert _line(_result(peak_mib=2 * 3 * 1024), "import").verdict == "missed by 2 ×"  # 10 of 15 s, 6 of 3 GiB


def test_what_is_meant_for_the_large_size_is_not_held_against_a_small_one() -> None:
    line = _line(_result("medium", query_ms=80), "any query")
    assert line.verdict == "–"
    assert line.measured.startswith("80 ms")


def test_what_was_not_measured_says_why() -> None:
    result = _result("small")
    result["steps"]["browser"] = {"reason": "not run: Chromium is not installed"}
    assert _line(result, "filter click").measured == "not run: Chromium is not installed"
    assert _line(result, "50 sessions").measured == "not measured"


def test_one_error_in_the_crowd_is_not_reached_however_fast_it_was() -> None:
    result = _result("small")
    result["steps"]["sessions"] = {
        "crowds": [{"kind": f"50, {kind}", "errors": errors, "changes": 500, "change_p95_s": 0.1}
                   for kind, errors in zip(CROWDS, (1, 0, 0, 0), strict=True)]}
    assert _line(result, "50 sessions at once that change segment").verdict == "not reached"
    assert _line(result, "50 sessions at once that change anything").verdict == "reached"
    assert _line(result, "50 sessions at two processes, segment").verdict == "reached"


@pytest.mark.parametrize(("after", "last", "errors", "verdict"), [
    (0.1, 500.0, 0, "reached"),
    (0.1, 630.0, 0, "missed by 1.2 ×"),  # 630 / 500, where 1.05 is allowed
    (0.24, 500.0, 0, "missed by 2 ×"),  # 2.4 times the time, where 1.2 is allowed
    (0.1, 500.0, 1, "not reached"),
])
def test_a_soak_is_reached_without_an_error_no_slower_and_flat_in_its_last_third(
        after: float, last: float, errors: int, verdict: str) -> None:
    result = _result("small")
    result["steps"]["soak"] = {"errors": errors, "known_before_s": 0.1, "known_after_s": after,
                               "memory_mib": {"100": 500.0, "50": 300.0, "150": last}}
    assert _line(result, "500 filter").verdict == verdict


def test_the_crowds_and_the_soak_are_compared_with_those_of_before() -> None:
    def run(p95: float, at: str) -> dict[str, Any]:
        result = _result("small", at=at)
        result["steps"]["sessions"] = {"at": at, "yardstick": {"wall": 4000.0, "cpu": 8000.0}, "crowds": [
            {"kind": kind, "sessions": 50, "change_p95_s": p95} for kind in CROWDS]}
        result["steps"]["soak"] = {"at": at, "yardstick": {"wall": 4000.0, "cpu": 8000.0}, "errors": 0,
                                   "memory_mib": {"100": 500.0}, "cpu_per_click_s": [0.3]}
        return result
    changes = {change.name: change for change in compared(run(2, "2026-01-01"), run(6, "2026-01-02"))}
    assert changes["sessions: crowds anything change_p95_s"].is_worse


def test_a_query_twice_as_slow_beside_the_same_sql_is_marked() -> None:
    changes = compared(_result(query_ms=40), _result(query_ms=80, at="2026-01-02"))
    worst = changes[0]
    assert "flow" in worst.name
    assert worst.ratio == pytest.approx(2, abs=0.1)
    assert worst.is_worse


def test_a_machine_twice_as_slow_is_no_slower_dashboard() -> None:
    then, now = _result(query_ms=40, sql_ms=4000), _result(query_ms=80, sql_ms=8000, at="2026-01-02")
    for step in ("import", "questions", "pages"):
        now["steps"][step] |= {"seconds": 2 * then["steps"][step]["seconds"], "cpu_s": 2 * then["steps"][step]["cpu_s"]}
    now["steps"]["questions"]["questions"]["stage flow"] |= {"p50_ms": 100.0, "p95_ms": 120.0, "cpu_ms": 110.0}
    changes = compared(then, now)
    assert any(change.ratio == 2 for change in changes)
    assert not [change for change in changes if change.is_worse]


def test_memory_is_compared_as_it_is() -> None:
    changes = compared(_result(), _result(peak_mib=3000, sql_ms=8000, at="2026-01-02"))
    assert {change.name for change in changes if change.is_worse} == {
        "import: peak_mib", "questions: peak_mib", "pages: peak_mib"}


def test_two_milliseconds_more_are_noise() -> None:
    changes = compared(_result(query_ms=4), _result(query_ms=6, at="2026-01-02"))
    assert not [change for change in changes if change.is_worse]


def test_steps_that_were_not_measured_anew_are_kept_and_not_compared() -> None:
    last, new = _result(query_ms=40), _result(query_ms=400, at="2026-01-02")
    del new["steps"]["import"]
    result = bench.merged(new, last)
    assert result["steps"]["import"] == last["steps"]["import"]
    changes = compared(last, result)
    assert changes
    assert not [change for change in changes if change.name.startswith("import")]
    assert "From earlier runs: import (2026-01-01)" in report.markdown(result, changes)


def test_the_report_begins_with_what_is_to_be_reached_and_names_what_became_worse() -> None:
    last, now = _result(), _result(query_ms=400, at="2026-01-02", quiet=False)
    text = report.markdown(now, compared(last, now))
    assert text.index("To be reached") < text.index("Against the last run") < text.index("Every query")
    assert "missed by 8 ×" in text
    assert "| worse |" in text
    assert "had other work" in text
    assert "had other work" not in report.markdown(last, [])


def test_every_step_that_was_measured_has_its_table() -> None:
    result = _result("small")
    common = {"at": "2026-01-01", "is_quiet": True, "seconds": 5.0, "cpu_s": 4.0, "peak_mib": 1024.0}
    result["steps"] |= {
        "packs": {**common, "kinds": [{"kind": "pptx", "slides": 15, "first_s": 6.0, "first_figures_s": 3.0,
                                       "second_s": 2.0, "second_cpu_s": 1.5}]},
        "browser": {**common, "memory_mib": 400.0, "peak_mib": 512.0, "pages": {
            "funnel": {"first_ms": 3000.0, "new_p50_ms": 400.0, "new_p95_ms": 900.0, "again_p50_ms": 200.0,
                       "again_p95_ms": 300.0}}},
        "soak": {**common, "errors": 0, "known_before_s": 0.1, "known_after_s": 0.1,
                 "memory_mib": {"50": 300.0, "100": 300.0, "150": 300.0}},
        "sessions": {**common,
                     "crowds": [{"kind": f"50, {kind}", "sessions": 50, "changes": 600, "errors": 0,
                                 "change_p50_s": 0.3, "change_p95_s": 1.2, "change_max_s": 2.0,
                                 "cpu_per_click_s": 0.15, "memory_start_mib": 300.0, "memory_half_mib": 420.0,
                                 "memory_end_mib": 421.0} for kind in CROWDS]},
        "polars": {"reason": "_measured ended with exit code -9", "at": "2026-01-01", "is_quiet": True}}
    text = report.markdown(result, [])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert ["pptx", "6.0 s", "3.0 s", "2.0 s", "1.5 s"] in rows
    assert ["funnel", "3000", "400", "900", "200", "300"] in rows
    assert ["50, anything", "600", "0", "0.30 s", "1.20 s", "2.00 s", "150 ms", "300 → 420 → 421"] in rows
    assert ["the serving process, after the clicks", "", "", "0.50"] in rows
    assert ["polars", "_measured ended with exit code -9"] in rows
    assert _line(result, "filter click").verdict == "missed by 1.5 ×"  # 900 of 600 ms
    assert _line(result, "quarterly pack").verdict == "reached"


def test_readme_gets_the_table_between_its_marks_and_nothing_else_changes() -> None:
    text = f"# Name\n\n{report.BEGIN}\nold\n{report.END}\n\nmore\n"
    written = report.in_readme(text, {"small": _result("small"), "large": _result(query_ms=80)})
    assert written.startswith("# Name\n\n")
    assert written.endswith(f"{report.END}\n\nmore\n")
    assert "old" not in written
    assert "80 ms" in written
    assert report.in_readme(written, {"large": _result()}).count(report.BEGIN) == 1


def test_nothing_measured_leaves_readme_as_it_is() -> None:
    text = f"{report.BEGIN}\nold\n{report.END}\n"
    assert report.in_readme(text, {}) == text
    assert report.in_readme("no marks", {"large": _result()}) == "no marks"


def test_a_result_of_an_older_form_is_no_comparison(tmp_path: Any) -> None:
    (tmp_path / "large.json").write_text('{"size": "large", "queries": []}', encoding="utf-8")
    assert bench.recorded(tmp_path, "large") is None
    assert bench.recorded(tmp_path, "small") is None
    assert compared(None, _result()) == []


def test_results_are_not_changed_by_looking_at_them() -> None:
    result = _result()
    before = copy.deepcopy(result)
    report.markdown(result, compared(_result(query_ms=20), result))
    assert result == before


def test_a_step_that_fails_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(subject: object) -> dict[str, Any]:
        raise RuntimeError("the browser is gone")
    for name, made in {"ensure": None, "shape": {}, "yardstick": _result()["steps"]["sql"]}.items():
        monkeypatch.setattr(bench.steps, name, lambda subject, made=made: copy.deepcopy(made))
    monkeypatch.setattr(bench.steps, "STEPS", {"first": failing, "second": lambda subject: {"seconds": 1.0}})
    found = bench.measure("tiny", ["first", "second"], 1)["steps"]
    assert found["first"]["reason"] == "failed: RuntimeError"
    assert found["second"]["seconds"] == 1.0
