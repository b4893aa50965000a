"""The examples in the docstrings of the pure calculations are executed: what the documentation says is what happens."""

from __future__ import annotations

import doctest

import pytest

from analytics import (
    calibration,
    decomposition,
    findings,
    findings_win,
    fluctuation,
    format,
    i18n,
    periods,
    standards,
    win_trend,
)
from analytics.statistics import competing, estimate, intervals, survival

WITH_EXAMPLES = (format, i18n, periods, standards, competing, intervals, survival, calibration, decomposition,
                 fluctuation, win_trend)


@pytest.mark.parametrize("module", WITH_EXAMPLES, ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("module", [*WITH_EXAMPLES, estimate, findings, findings_win],
                         ids=lambda module: module.__name__)
def test_every_public_function_is_documented(module):
    public = [value for name, value in vars(module).items()
              if not name.startswith("_") and callable(value) and getattr(value, "__module__", "") == module.__name__]
    assert public
    assert not [value.__name__ for value in public if not (value.__doc__ or "").strip()]
