"""The sample company through the export of each CRM and back: the same metrics, up to what that format cannot carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from data.demo import demo_settings
from data.engine import open_company
from data.importing import import_paths, import_tables
from tests.exports import salesforce
from tests.exports.company import DAYS, END, arrow, tables

SYSTEMS = {"salesforce": salesforce}
METRICS = ("conversion.reached", "conversion.strict", "stage_days.median", "stage_days.converted_mean",
           "cycle_days.won_median", "cycle_days.median", "win_rate.count", "win_rate.amount", "win_rate.by_stage",
           "pipeline.open", "pipeline.weighted", "regress.rate", "skip.rate")


def import_system(name: str, folder: Path) -> Path:
    """Writes the company's export, imports it without naming a profile, and returns the store."""
    config = folder / "mvpod.toml"
    config.write_text(demo_settings().text, encoding="utf-8")
    SYSTEMS[name].write(folder / "in")
    report = import_paths([folder / "in"], folder / "store", as_of=END, config=config)
    assert report.profile == name
    return folder / "store"


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_export_gives_the_metrics_of_the_company_that_it_came_from(name: str, tmp_path: Path) -> None:
    store = import_system(name, tmp_path)
    expected = tmp_path / "expected"
    import_tables(expected, arrow(SYSTEMS[name].carried()), settings=demo_settings(), sources=["test"],
                  profile="expected", as_of=END)
    mine, theirs = open_company(store), open_company(expected)
    try:
        for key in METRICS:
            for by in (("pipeline",), ("segment",)):
                found, wanted = (Ask(c).metric(key, View(END), by=by) for c in (mine, theirs))
                assert len(wanted), key
                pd.testing.assert_frame_equal(found, wanted, check_exact=True, obj=f"{key} by {by[0]}")
    finally:
        mine.close()
        theirs.close()
