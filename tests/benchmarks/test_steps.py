"""Measuring leaves the measured store as it was, however much is imported for it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from benchmarks import steps, stores
from data.storage.store import Store


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> steps.Subject:
    """150 opportunities over ten weeks, with marts."""
    made = steps.Subject(tmp_path_factory.mktemp("steps") / "store", 150, repeats=1, weeks=10)
    assert steps.ensure(made)
    return made


def _contents(path: Path) -> dict[str, str]:
    return {file.relative_to(path).as_posix(): sha256(file.read_bytes()).hexdigest()
            for file in path.rglob("*") if file.is_file()}


def test_a_store_that_is_there_is_not_made_again(subject: steps.Subject) -> None:
    assert steps.ensure(subject) is None
    assert steps.shape(subject)["snapshots"] == 10
    assert steps.shape(subject)["visits"] > 150


def test_one_more_week_is_imported_into_links_of_the_store(subject: steps.Subject) -> None:
    before = _contents(subject.path)
    cost = steps.STEPS["import"](subject)
    assert cost["rows"] > Store.open(subject.path).parts("opportunity")[-1].rows  # a week later there are more
    assert cost["cpu_s"] > 0 < cost["peak_mib"]
    assert _contents(subject.path) == before
    assert [entry.name for entry in subject.path.parent.iterdir()] == ["store"]


def test_the_last_week_taken_out_comes_back_with_its_own_rows(subject: steps.Subject) -> None:
    with stores.linked_copy(subject.path) as copy:
        *_, last = Store.open(copy).parts("opportunity")
        file, day = stores.last_week(copy, "benchmark")
        assert day == last.day
        assert Store.open(copy).dates("opportunity")[-1] < day
        stores.import_week(copy, file, day)
        assert Store.open(copy).parts("opportunity")[-1].rows == last.rows
        assert Store.open(copy).rows("stage_visit") == Store.open(subject.path).rows("stage_visit")
