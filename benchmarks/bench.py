"""Measure how fast the dashboard is, in one run: `make bench SIZE=small|medium|large`.

Absolute times depend on the machine, so each question is asked beside the same question in plain SQL over all
snapshots and in pandas, in the same run; what counts are the ratios. Prints a table and writes
benchmarks/results/<size>.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analytics.ask import Ask
from analytics.view import View
from benchmarks import around, packs, pages, plain
from benchmarks.browser import ROOT, browser, chromium_path, running_app, wait_painted
from benchmarks.company import make_company, snapshot, snapshots
from data.engine import Company, connect, open_company
from data.scope import Filters
from data.settings import read_settings
from data.storage.store import Store

SIZES = {"small": 0, "medium": 100_000, "large": 1_300_000}
RESULTS = ROOT / "benchmarks" / "results"
#: pandas over more snapshot rows than this does not fit the machine
PANDAS_ROWS = 20_000_000
#: what a query of a page may take
MOST_MS = 50
FILTERS = (Filters(), Filters.of(segment=["KA"]), Filters.of(segment=["SMB"]), Filters.of(type=["new"]),
           Filters.of(sales_mode=["direct", "mixed"]))

#: question -> what the page asks
QUESTIONS: dict[str, Callable[[Ask, View], Any]] = {
    "conversion by stage and segment": lambda ask, view: ask.metric("conversion.reached", view, by=("segment",)),
    "median days by stage and segment": lambda ask, view: ask.metric("stage_days.median", view, by=("segment",)),
    "stage flow": lambda ask, view: ask.flow(view),
    "win rate by segment and quarter": lambda ask, view: ask.metric("win_rate.count", view, by=("segment", "quarter")),
    "open pipeline by stage": lambda ask, view: ask.metric("pipeline.open", view, by=("stage",)),
}
#: asked by pages, without a plain counterpart worth writing
MORE_QUESTIONS: dict[str, Callable[[Ask, View], Any]] = {
    "survival curves": lambda ask, view: ask.survival(view, by=("segment",)),
    "conversion, matured": lambda ask, view: ask.metric("conversion.matured", view, by=("segment",)),
    "options of the filter bar": lambda ask, view: ask.options(view),
}


def timed(call: Callable[[], Any]) -> float:
    """Milliseconds that one call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def in_process(step: Callable[..., Any], *args: Any) -> dict[str, float]:
    """Run a step in a process of its own; gives its seconds and its peak memory in MiB."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(sender, step, *args))
    process.start()
    sender.close()
    try:
        return dict(receiver.recv())
    except EOFError as error:
        raise RuntimeError(f"{step.__name__} failed") from error
    finally:
        process.join()


def _measured(sender: Any, step: Callable[..., Any], *args: Any) -> None:
    start = time.perf_counter()
    step(*args)
    seconds = time.perf_counter() - start
    sender.send({"seconds": seconds, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
    sender.close()


# --- steps, each run in a process of its own -------------------------------------------------------------------


def generate(path: Path, n: int) -> None:
    """A store with `n` opportunities x 156 weekly snapshots and what is known beside them, marts not built."""
    settings = read_settings(ROOT / "mvpod.toml")
    company = make_company(n, settings)
    store = Store.open(path, create=True)
    with store.writing() as writer:
        last = None
        for last, table in snapshots(company, settings):
            writer.replace_dates("opportunity", table, [last])
            chains = around.chains(company, (last - company.first_day).days)
            writer.replace_dates("opportunity_contact", chains, [last])
        for name, table in around.state_tables(company).items():
            writer.replace_dates(name, table, [company.first_day])
        for name, table in around.event_tables(company):
            writer.overwrite(name, table)
        writer.publish(kind="import", as_of=last, sources=[], profile="benchmark", counts={},
                       settings_text=settings.text)


def one_more_week(path: Path, n: int) -> Path:
    """The export of the week after the last snapshot, as a Parquet file in canonical columns."""
    settings = read_settings(ROOT / "mvpod.toml")
    company = make_company(n, settings)
    table = snapshot(company, settings, int(company.days[-1]) + 7)
    derived = ("amount_base", "segment", "ownership", "industry", "region", "team", "extra", "snapshot_date")
    file = path.parent / f"{path.name}-week" / "opportunity.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.drop_columns(list(derived)), file)
    return file


def import_week(path: Path, file: Path, as_of: date) -> None:
    """What `mvpod import` does with it."""
    from data.intake.importing import import_paths

    import_paths([file], path, profile="canonical", as_of=as_of)


def rebuild(path: Path) -> None:
    """What `mvpod rebuild` does."""
    from data.marts.history import rebuild_marts
    from data.settings import parse_settings

    store = Store.open(path)
    load = store.current()
    assert load is not None
    with store.writing() as writer:
        rebuild_marts(writer, parse_settings(load.settings_text))
        writer.publish(kind="rebuild", as_of=load.as_of, sources=[], profile="", counts={},
                       settings_text=load.settings_text)


def sample_company(path: Path) -> None:
    """What the first start does."""
    from data.demo import create

    create(path)


# --- what is measured ------------------------------------------------------------------------------------------


def query_times(company: Company, repeats: int) -> list[dict[str, Any]]:
    """Each page question: first answer, then p50 and p95 over filters and repeats; plain SQL and pandas beside it."""
    as_of, start = company.last_day, company.last_day - timedelta(days=364)
    ask = Ask(company)
    store = Store.open(company.path)  # type: ignore[arg-type]
    files = store.files("opportunity", company.load)
    total = company.cursor().execute("SELECT count(*) FROM opportunity").fetchall()[0][0]
    frame = plain.load_pandas(files) if total <= PANDAS_ROWS else None
    raw = connect([company.path])  # type: ignore[list-item]
    rows = []
    for question, answer in {**QUESTIONS, **MORE_QUESTIONS}.items():
        views = [View(as_of, start, as_of, filters=filters) for filters in FILTERS]
        first = timed(lambda answer=answer, views=views: answer(ask, views[0]))
        times = [timed(lambda answer=answer, view=view: answer(ask, view)) for view in views for _ in range(repeats)]
        row = {"question": question, "first_ms": first,
               "p50_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95)}
        if question in plain.SQL:
            row["sql_ms"] = statistics.median(timed(lambda question=question: plain.sql_question(
                raw.cursor(), files, question, as_of, start)) for _ in range(3))
            row["sql_ratio"] = row["sql_ms"] / row["p50_ms"]
        if question in plain.PANDAS and frame is not None:
            row["pandas_ms"] = timed(lambda question=question: plain.PANDAS[question](frame, as_of, start))
            row["pandas_ratio"] = row["pandas_ms"] / row["p50_ms"]
        rows.append(row)
        print(f"  {question}: p95 {row['p95_ms']:.0f} ms", file=sys.stderr)
    return rows


def click_times(path: Path, clicks: int = 20) -> dict[str, float]:
    """Segment switch on the page Funnel -> all charts painted, in a real browser; and the time to the first page."""
    with running_app(path) as url, browser() as chromium:
        tab = chromium.new_page(viewport={"width": 1280, "height": 1000})
        first = timed(lambda: (tab.goto(f"{url}/funnel?lang=en"), wait_painted(tab)))
        times = []
        for i in range(clicks):
            choice = tab.locator("[data-testid=stSidebar] [data-testid=stButtonGroup] button").nth(1 + i % 2)
            times.append(timed(lambda choice=choice: (choice.click(), tab.wait_for_timeout(30), wait_painted(tab))))
    return {"first_page_ms": first, "click_p50_ms": percentile(times, 0.5), "click_p95_ms": percentile(times, 0.95)}


def start_times() -> dict[str, float]:
    """Start of the server to the first page painted: with no store (the sample company is built), and again."""
    store = ROOT / "build" / "bench" / "first-start"
    shutil.rmtree(store, ignore_errors=True)
    seconds = {}
    for name in ("first_start_s", "later_start_s"):
        start = time.perf_counter()
        with running_app(store) as url, browser() as chromium:
            tab = chromium.new_page(viewport={"width": 1280, "height": 1000})
            tab.goto(url)
            wait_painted(tab)
            seconds[name] = time.perf_counter() - start
    return seconds


def measure(size: str, repeats: int, with_browser: bool) -> dict[str, Any]:
    """Everything for one size, as it goes into the JSON file."""
    n = SIZES[size]
    path = ROOT / "build" / "bench" / size
    result: dict[str, Any] = {"size": size, "opportunities": n}
    if not (path / "loads").exists():
        print("  making the company", file=sys.stderr)
        result["make"] = in_process(generate, path, n) if n else in_process(sample_company, path)
    print("  rebuilding the marts", file=sys.stderr)
    result["rebuild"] = in_process(rebuild, path)
    if n:
        print("  importing one more week", file=sys.stderr)
        before = Store.open(path).current()
        assert before is not None
        file = one_more_week(path, n)
        result["import_week"] = in_process(import_week, path, file, before.as_of + timedelta(days=7))
        Store.open(path).restore(before.load_id)  # leave the store as it was found, so that runs can be compared
    opened = time.perf_counter()
    company = open_company(path)
    result["open_s"] = time.perf_counter() - opened
    result["snapshot_rows"] = company.cursor().execute("SELECT count(*) FROM opportunity").fetchall()[0][0]
    result["visits"] = company.cursor().execute("SELECT count(*) FROM stage_visit").fetchall()[0][0]
    result["queries"] = query_times(company, repeats)
    print("  opening the pages", file=sys.stderr)
    result["page_queries"] = pages.times_of(company, pages.queries_of_pages(path), repeats)
    company.close()
    print("  writing the quarterly pack", file=sys.stderr)
    result["packs"] = packs.times_of(path)
    if with_browser and chromium_path():
        print("  clicking in the browser", file=sys.stderr)
        result["browser"] = click_times(path)
        if not n:
            result["start"] = start_times()
    return result


def report(result: dict[str, Any]) -> str:
    """The result as a table: what is measured, what it should reach, what it reached."""
    rows = [("what", "reach", "measured")]
    queries = result["queries"]
    asked = result["page_queries"]
    slow = [row for row in asked if row["p95_ms"] > MOST_MS]
    worst = max(asked, key=lambda row: row["p95_ms"])
    least = min((row for row in queries if "sql_ratio" in row and "open pipeline" not in row["question"]),
                key=lambda row: row["sql_ratio"])
    rows.append(("any query of a page, p95", f"≤ {MOST_MS} ms",
                 f"{worst['p95_ms']:.0f} ms ({worst['query']}); {len(slow)} of {len(asked)} take longer"))
    rows.append(("… times faster than plain SQL", "≥ 40 × at 102 M rows",
                 f"{least['sql_ratio']:.1f} × ({least['question']})"))
    if "import_week" in result:
        week = result["import_week"]
        rows.append(("import of one more week", "≤ 15 s, ≤ 3 GiB at 1.3 M", _cost(week)))
    rows.append(("full rebuild of the marts", "≤ 60 s, ≤ 6 GiB at 102 M", _cost(result["rebuild"])))
    if "browser" in result:
        rows.append(("filter click → all charts painted, p95", "≤ 600 ms, ≤ 900 ms at 102 M",
                     f"{result['browser']['click_p95_ms']:.0f} ms"))
    if "start" in result:
        rows.append(("first start → first page, sample company built", "≤ 15 s",
                     f"{result['start']['first_start_s']:.1f} s"))
        rows.append(("later start → first page", "≤ 4 s", f"{result['start']['later_start_s']:.1f} s"))
    slides = next(row for row in result["packs"] if row["kind"] == "pptx")
    rows.append((f"quarterly pack, {slides['slides']} slides, as PPTX", "≤ 5 s after the first",
                 f"{slides['second_s']:.1f} s (the first {slides['first_s']:.1f} s)"))
    head = (f"{result['size']}: {result['snapshot_rows']:,} snapshot rows, {result['visits']:,} stage visits, "
            f"opened in {result['open_s']:.1f} s")
    detail = [("question", "first", "p50", "p95", "plain SQL", "×", "pandas", "×")]
    for row in queries:
        detail.append((row["question"], *(f"{row[k]:.1f}" if k in row else "–" for k in (
            "first_ms", "p50_ms", "p95_ms", "sql_ms", "sql_ratio", "pandas_ms", "pandas_ratio"))))
    pages_ = [("query", "page", "p50", "p95", "CPU"), *(
        (row["query"], row["page"], *(f"{row[k]:.0f}" for k in ("p50_ms", "p95_ms", "cpu_ms"))) for row in asked)]
    exports = [("pack export", "first", "figures of it", "second", "CPU of the second"), *(
        (row["kind"], *(f"{row[k]:.1f} s" for k in ("first_s", "first_figures_s", "second_s", "second_cpu_s")))
        for row in result["packs"])]
    return "\n".join([head, "", _table(rows), "", _table(exports), "", "Milliseconds:", "", _table(detail), "",
                      "Every query that the pages ask when they are opened, in milliseconds:", "", _table(pages_)])


def _cost(step: dict[str, float]) -> str:
    return f"{step['seconds']:.1f} s, {step['peak_mib'] / 1024:.2f} GiB"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--repeats", type=int, default=6)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    result = measure(asked.size, asked.repeats, not asked.no_browser)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{asked.size}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(report(result))


if __name__ == "__main__":
    main()
