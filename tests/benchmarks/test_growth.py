"""How cost grows: the fit, the table, and what holds without a clock: pages read one snapshot, not all of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import growth_report, pages, stores
from benchmarks.fit import growth_of
from data.engine import open_company
from data.storage.store import Store

SIZES = [1_000, 2_000, 4_000, 8_000]


def test_a_cost_that_doubles_with_the_size_has_exponent_one() -> None:
    found = growth_of(SIZES, [3 * size for size in SIZES])
    assert found.exponent == pytest.approx(1)
    assert found.low == pytest.approx(found.high)
    assert found.factor == pytest.approx(3)
    assert found.at(100) == pytest.approx(300)


def test_a_cost_that_stays_the_same_does_not_grow() -> None:
    found = growth_of(SIZES, [5.0, 5.1, 4.9, 5.0])
    assert found.exponent == pytest.approx(0, abs=0.02)
    assert found.does_not_grow
    assert not growth_of(SIZES, [5.0, 7.0, 10.1, 14.0]).does_not_grow


def test_the_interval_is_that_of_a_textbook_regression() -> None:
    # log10 of the sizes 0..4, of the costs 1, 2, 2, 4, 5: slope 1.0, residual sum 0.8, Sxx 10, t(0.975, 3) = 3.18245
    found = growth_of([10.0**x for x in range(5)], [10.0**y for y in (1, 2, 2, 4, 5)])
    assert found.exponent == pytest.approx(1.0)
    assert found.high - found.exponent == pytest.approx(3.18245 * (0.8 / 3 / 10) ** 0.5, rel=1e-4)
    assert found.last == pytest.approx(1.0)


def test_a_fixed_cost_shows_in_the_exponent_at_the_end() -> None:
    found = growth_of(SIZES, [1_000 + size for size in SIZES])
    assert found.exponent < found.last < 1


def test_the_order_of_points_is_irrelevant() -> None:
    costs = [2.0, 3.0, 7.0, 9.0]
    assert growth_of(SIZES[::-1], costs[::-1]) == growth_of(SIZES, costs)


@pytest.mark.parametrize(("sizes", "costs"), [([1, 2], [1.0, 2.0]), ([1, 1, 1], [1.0, 2.0, 3.0]),
                                              ([1, 2, 4], [1.0, 0.0, 2.0])])
def test_no_curve_is_drawn_through_too_little(sizes: list[float], costs: list[float]) -> None:
    with pytest.raises(ValueError, match="three points"):
        growth_of(sizes, costs)


POINTS = [{"snapshots": n, "snapshot_rows": 100 * n, "rebuild_cpu_s": 0.5 * n, "queries_cpu_s": 2.0,
           "rebuild_peak_mib": 300.0 + n} for n in (13, 52, 364)]


def test_the_table_shows_each_figure_at_its_sizes_and_its_exponent() -> None:
    rows = {row[0]: row for row in growth_report.rows_of("snapshots", POINTS)}
    assert rows["snapshots"][1:4] == ("13", "52", "364")
    assert rows["full rebuild, CPU s"][1:5] == ("6.50", "26.00", "182.00", "1.00")
    assert rows["all queries of the pages, CPU s"][4:6] == ("0.00", "0.00 … 0.00")
    assert rows["one more week, CPU s"][1:] == ("–",) * 6


def test_the_figure_draws_every_point_and_the_curve_through_them() -> None:
    figure = growth_report.figure("snapshots", POINTS)
    rebuild = next(trace for trace in figure.data if trace.mode == "markers" and trace.y[0] == 6.5)
    assert tuple(rebuild.y) == (6.5, 26.0, 182.0)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert len(lines) == 3  # CPU of two, memory of one
    said = [note.text for note in figure.layout.annotations]
    assert "full rebuild  <b>1.00</b>" in said


def test_labels_at_the_ends_of_lines_do_not_lie_on_each_other() -> None:
    assert growth_report.apart({"b": 1.0, "a": 1.05, "c": 3.0}, 0.2, 5.0) == {"b": 1.0, "a": 1.2, "c": 3.0}
    pressed = growth_report.apart({"b": 2.9, "a": 2.95, "c": 3.0}, 0.2, 3.0)
    assert pressed == pytest.approx({"b": 2.6, "a": 2.8, "c": 3.0})  # below the top, in the same order


# --- what holds whatever the machine ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen_rarely_and_often(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One company of 240 opportunities over 30 weeks, seen every 28 days and every day; events tell its moves."""
    root, made = tmp_path_factory.mktemp("growth"), []
    for every in (28, 1):
        made.append(root / f"every-{every}")
        stores.generate(made[-1], 240, weeks=30, every=every, events=True)
        stores.rebuild(made[-1])
    return made[0], made[1]


def test_what_pages_read_does_not_grow_with_the_number_of_snapshots(seen_rarely_and_often: tuple[Path, Path]) -> None:
    rarely, often = map(Store.open, seen_rarely_and_often)
    assert len(often.dates("opportunity")) > 20 * len(rarely.dates("opportunity"))
    for mart in ("stage_visit", "stage_reach", "opportunity_week", "account_week"):
        assert often.rows(mart) == rarely.rows(mart) > 0, mart
    assert rarely.rows("opportunity_state") <= often.rows("opportunity_state") < 1.5 * rarely.rows("opportunity_state")


@pytest.mark.slow
def test_all_pages_are_shown_where_only_the_latest_snapshot_can_be_read(
        seen_rarely_and_often: tuple[Path, Path]) -> None:
    """Every other file of the snapshots is rubbish, but the first, in which only the columns are left, without rows."""
    store = Store.open(seen_rarely_and_often[1])
    *others, last = store.parts("opportunity")
    assert last.day == store.dates("opportunity")[-1] != others[-1].day
    for part in others:
        (store.path / "opportunity" / part.path).write_bytes(b"not a Parquet file")
    first = store.path / "opportunity" / others[0].path
    schema = pq.read_schema(store.path / "opportunity" / last.path)
    pq.write_table(pa.Table.from_pylist([], schema=schema), first)
    everything = open_company(store.path).cursor()
    with pytest.raises(duckdb.Error, match="No magic bytes"):
        everything.execute("SELECT count(stage) FROM opportunity")
    asked = pages.queries_of_pages(store.path, ("all",))
    assert len({query.page for query in asked}) > 8
    (store.path / "opportunity" / last.path).write_bytes(b"not a Parquet file")
    with pytest.raises(RuntimeError):  # so a page that fails would be seen
        pages.queries_of_pages(seen_rarely_and_often[1].rename(store.path.with_name("moved")), ("all",))
