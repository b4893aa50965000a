"""A result as Markdown: what is to be reached first, then what became slower, then everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.compare import WORSE, Change
from benchmarks.reach import lines

#: Between these lines of README.md and docs/scale.md stands what the last runs measured.
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
_SIZES = {"small": "sample company", "medium": "100,000 opportunities", "large": "1,300,000 opportunities"}
_PLAIN = {"sql": "plain SQL", "polars": "polars", "pandas": "pandas"}

Row = tuple[str, ...]


def yardstick_of(result: Mapping[str, Any]) -> dict[str, float]:
    """Milliseconds that the plain SQL of a run took, all questions: by the clock, and of CPU."""
    asked = result["steps"]["sql"].get("questions", {}).values()
    return {"wall": sum(row["ms"] for row in asked), "cpu": sum(row["cpu_ms"] for row in asked)} if asked else {}


def table(rows: Sequence[Row]) -> str:
    """Markdown that reads well as plain text too; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    written = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([written[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *written[1:]])


def markdown(result: dict[str, Any], changes: Sequence[Change]) -> str:
    """The whole report."""
    parts = [f"# Measured: {_SIZES.get(result['size'], result['size'])}", _about(result),
             _section("To be reached", _reached(result)), _changed(changes), _steps(result)]
    made = {"questions": _questions, "packs": _packs, "browser": _browser, "sessions": _sessions, "pages": _pages}
    for step, section in made.items():
        if "reason" not in result["steps"].get(step, {"reason": ""}):
            parts.append(section(result))
    return "\n\n".join(parts) + "\n"


def in_readme(text: str, results: Mapping[str, dict[str, Any]]) -> str:
    """README.md with what the last runs measured; unchanged without results or marks."""
    if not results:
        return text
    by_size = {size: lines(result) for size, result in results.items()}
    rows: list[Row] = [("what", "reach", *(f"[{_SIZES[size]}](benchmarks/results/{size}.md)" for size in results))]
    for i, line in enumerate(next(iter(by_size.values()))):
        rows.append((line.what, line.reach, *(_cell(of[i].measured, of[i].verdict) for of in by_size.values())))
    days = " · ".join(f"{_SIZES[size]}: {_when(result)}" for size, result in results.items())
    return between(text, f"{table(rows)}\n\n{days}")


def between(text: str, written: str) -> str:
    """`text` with `written` between its marks; unchanged without marks. ValueError if the second is missing."""
    if BEGIN not in text:
        return text
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{written}\n{rest[rest.index(END):]}"


def _cell(measured: str, verdict: str) -> str:
    return measured if verdict in ("–", "reached") else f"{measured} — {verdict}"


def _when(result: Mapping[str, Any]) -> str:
    machine, quiet = result["machine"], "" if result["is_quiet"] else ", on a machine busy with other work"
    return f"{result['started'][:10]}, {machine['cores']} cores, {machine['memory_gib']:.0f} GiB{quiet}"


def _about(result: dict[str, Any]) -> str:
    shape, machine = result["shape"], result["machine"]
    said = [f"{shape['snapshot_rows']:,} snapshot rows in {shape['snapshots']} snapshots, {shape['visits']:,} stage "
            f"visits, {shape['bytes'] / 2**20:,.0f} MiB.",
            f"{result['started']} to {result['finished']}, {machine['cores']} cores ({machine['processor']}), "
            f"{machine['memory_gib']} GiB, commit {machine['commit']}, Python {machine['python']}, "
            + ", ".join(f"{name} {of}" for name, of in machine["versions"].items()) + ".",
            f"Load average {result['load_start']:.1f} at the start, {result['load_end']:.1f} at the end (with the "
            "measurement itself)."]
    if not result["is_quiet"]:
        said.append(
            "**The machine had other work: times by the clock are too long, CPU and ratios are what to go by.**")
    older = [f"{name} ({found['at']}{'' if found['is_quiet'] else ', busy'})" for name, found in result["steps"].items()
             if found["at"] != result["started"]]
    if older:
        said.append(f"From earlier runs: {', '.join(older)}.")
    return "\n".join(said)


def _section(title: str, rows: Sequence[Row], after: str = "") -> str:
    return f"## {title}\n\n{table(rows)}" + (f"\n\n{after}" if after else "")


def _reached(result: dict[str, Any]) -> list[Row]:
    return [("what", "reach", "measured", ""),
            *((line.what, line.reach, line.measured, line.verdict) for line in lines(result))]


def _changed(changes: Sequence[Change]) -> str:
    if not changes:
        return "## Against the last run\n\nNo earlier run is recorded."
    worse = [change for change in changes if change.is_worse]
    head = (f"{len(changes)} figures, of which {len(worse)} are more than {WORSE} × what they were (times: beside the "
            "plain SQL of both runs).")
    shown = worse or changes[:3]
    rows: list[Row] = [("figure", "then", "now", "×", "× beside plain SQL", "")]
    rows += [(change.name, _figure(change.then.value, change.now.unit), _figure(change.now.value, change.now.unit),
              f"{change.ratio:.2f}", f"{change.against_yardstick:.2f}", "worse" if change.is_worse else "")
             for change in shown]
    return _section("Against the last run", rows, head)


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {'MiB' if unit == 'memory' else 'ms'}"


def _questions(result: dict[str, Any]) -> str:
    found = result["steps"]["questions"]
    plain = {said: result["steps"].get(name, {}) for name, said in _PLAIN.items()}
    rows: list[Row] = [("question", "first", "p50", "p95", "CPU",
                        *(word for name in plain for word in (name, "×")))]
    for question, row in found["questions"].items():
        beside = [_beside(of.get("questions", {}).get(question), row["p50_ms"]) for of in plain.values()]
        rows.append((question, *(f"{row[k]:.0f}" for k in ("first_ms", "p50_ms", "p95_ms", "cpu_ms")),
                     *(cell for pair in beside for cell in pair)))
    memory: list[Row] = [("peak memory", "GiB")]
    for name, of in {"the dashboard": found, **plain}.items():
        memory.append((name, f"{of['peak_mib'] / 1024:.2f}" if "peak_mib" in of else of.get("reason", "not measured")))
    return _section("The same questions, in milliseconds", rows, (
        f"The store opened in {found['open_s']:.1f} s. × = how many times the dashboard's p50. The others read the "
        f"Parquet files of all snapshots (pandas: has them in memory already).\n\n{table(memory)}"))


def _beside(row: Mapping[str, float] | None, own: float) -> tuple[str, str]:
    return (f"{row['ms']:.0f}", f"{row['ms'] / own:.1f}") if row else ("–", "–")


def _steps(result: dict[str, Any]) -> str:
    named = {"make": "making the company", "rebuild": "full rebuild", "import": "import of one more week",
             "questions": "questions", "pages": "queries of the pages", "packs": "packs"}
    rows: list[Row] = [("step, in a process of its own", "seconds", "CPU s", "peak GiB")]
    rows += [(said, f"{found['seconds']:.1f}", f"{found['cpu_s']:.1f}", f"{found['peak_mib'] / 1024:.2f}")
             for name, said in named.items() if "seconds" in (found := result["steps"].get(name, {}))]
    opening = result["steps"].get("pages", {}).get("opening")
    if opening:
        rows.append(("all pages opened in three views", f"{opening['seconds']:.1f}", f"{opening['cpu_s']:.1f}",
                     f"{opening['peak_mib'] / 1024:.2f}"))
    served = result["steps"].get("browser", {})
    if "peak_mib" in served:
        rows.append(("the serving process, after the clicks", "", "", f"{served['peak_mib'] / 1024:.2f}"))
    return _section("Time and memory of the steps", rows)


def _packs(result: dict[str, Any]) -> str:
    rows: list[Row] = [("pack as", "first", "figures of it", "second", "CPU of the second")]
    rows += [(row["kind"], *(f"{row[k]:.1f} s" for k in ("first_s", "first_figures_s", "second_s", "second_cpu_s")))
             for row in result["steps"]["packs"]["kinds"]]
    return _section("Pack export", rows)


def _browser(result: dict[str, Any]) -> str:
    keys = ("first_ms", "new_p50_ms", "new_p95_ms", "again_p50_ms", "again_p95_ms")
    rows: list[Row] = [("page", "opened first", "new p50", "new p95", "again p50", "again p95")]
    rows += [(page, *(f"{row[k]:.0f}" for k in keys)) for page, row in result["steps"]["browser"]["pages"].items()]
    return _section("Segment switch → all charts painted in a browser, in milliseconds", rows,
                    "New: a view that nobody has asked for before; again: one that the server has answered before.")


def _sessions(result: dict[str, Any]) -> str:
    rows: list[Row] = [("sessions at once, controls", "changes", "errors", "p50", "p95", "slowest", "CPU a click",
                        "memory, MiB")]
    for crowd in result["steps"]["sessions"]["crowds"]:
        rows.append((crowd["kind"], str(crowd["changes"]), str(crowd["errors"]),
                     *(f"{crowd[k]:.2f} s" if crowd[k] is not None else "–"
                       for k in ("change_p50_s", "change_p95_s", "change_max_s")),
                     f"{1000 * crowd['cpu_per_click_s']:.0f} ms",
                     " → ".join(f"{crowd[f'memory_{at}_mib']:.0f}" for at in ("start", "half", "end"))))
    return _section("Sessions clicking filters", rows)


def _pages(result: dict[str, Any]) -> str:
    rows: list[Row] = [("query", "page", "cold", "p50", "p95", "CPU")]
    rows += [(row["query"], row["page"], *(f"{row[k]:.0f}" for k in ("cold_ms", "p50_ms", "p95_ms", "cpu_ms")))
             for row in result["steps"]["pages"]["queries"]]
    return _section("Every query that the pages ask when they are opened, in milliseconds", rows, (
        "Cold: asked for the first time since the store was opened, with the tables that come into memory for it. "
        "The files may lie in the system's cache."))
