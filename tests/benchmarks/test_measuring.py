"""What a step costs is told of the step alone."""

from __future__ import annotations

import time

import pytest

from benchmarks import measuring


def _grows(mib: int) -> int:
    return len(bytearray(mib * 2**20))


def test_a_step_in_a_process_of_its_own_tells_its_own_peak_memory_and_answer() -> None:
    ballast = bytearray(300 * 2**20)  # of this process, and none of the step's business
    few, many = (measuring.in_process(_grows, mib) for mib in (1, 200))
    assert len(ballast) > many["answer"] == 200 * 2**20
    assert 150 < many["peak_mib"] - few["peak_mib"] < 250
    assert measuring.peak_mib() > 300


def _fails() -> None:
    raise SystemExit(3)


def test_a_step_that_ends_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="_fails ended with exit code 3"):
        measuring.in_process(_fails)


def test_the_percentile_is_a_value_that_was_measured() -> None:
    assert measuring.percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert measuring.percentile([*map(float, range(1, 101))], 0.95) == 95.0


def _takes_all(mib: int) -> None:
    held = bytearray(b"x" * (mib * 2**20))
    time.sleep(60)
    assert held


def test_a_step_that_takes_too_much_memory_is_ended_and_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"_takes_all needs more than 0\.1 GiB"):
        measuring.in_process(_takes_all, 400, most_mib=100)
    assert measuring.in_process(_grows, 1, most_mib=2000)["answer"] == 2**20
