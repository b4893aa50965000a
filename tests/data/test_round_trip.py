"""The sample company through the exports of each CRM and back: the same metrics, up to what a format cannot carry."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from data.demo import demo_settings
from data.engine import open_company
from data.errors import MvpodError
from data.intake.importing import import_paths, import_tables
from tests.exports import dynamics365, hubspot, odoo, pipedrive, salesforce
from tests.exports.company import DAYS, END, arrow

SYSTEMS = {"salesforce": salesforce, "hubspot": hubspot, "pipedrive": pipedrive, "dynamics365": dynamics365,
           "odoo": odoo}
#: A system that dates the present stage alone is exported week by week.
WEEKLY = {"dynamics365": DAYS}
METRICS = ("conversion.reached", "stage_days.median", "stage_days.converted_mean", "cycle_days.median",
           "win_rate.count", "win_rate.amount", "pipeline.open", "regress.rate", "skip.rate")


def exported(name: str, folder: Path) -> Path:
    """The store of the company's exports from one system, imported without naming a profile."""
    config = folder / "mvpod.toml"
    config.write_text(demo_settings().text, encoding="utf-8")
    for day in WEEKLY.get(name, [END]):
        SYSTEMS[name].write(folder / f"{day}", day)
        report = import_paths([folder / f"{day}"], folder / "store", as_of=day, config=config)
        assert report.profile == name
        assert report.quarantined == 0
        assert f"N_CANNOT_{name.upper()}" in [n.code for n in report.decisions]
    return folder / "store"


def carried(name: str, folder: Path) -> Path:
    """The store of what the exports of that system can carry, without any export."""
    rows: dict[str, list[dict]] = {}
    for day in WEEKLY.get(name, [END]):
        for table, found in SYSTEMS[name].carried(day).items():
            dated = found if table == "stage_change" else [{**row, "snapshot_date": day} for row in found]
            rows.setdefault(table, []).extend(dated)
    rows["stage_change"] = list({(e["opportunity_id"], e["changed_at"]): e for e in rows["stage_change"]}.values())
    import_tables(folder / "carried", arrow(rows), settings=demo_settings(), sources=["test"], profile="carried",
                  as_of=END)
    return folder / "carried"


@pytest.mark.parametrize("name", SYSTEMS)
def test_an_export_gives_the_metrics_of_the_company_that_it_came_from(name: str, tmp_path: Path) -> None:
    mine, theirs = open_company(exported(name, tmp_path)), open_company(carried(name, tmp_path))
    try:
        for key in METRICS:
            found, wanted = (Ask(c).metric(key, View(END), by=("pipeline", "segment")) for c in (mine, theirs))
            assert len(wanted) > 2, key
            pd.testing.assert_frame_equal(found, wanted, check_exact=True, obj=key)
    finally:
        mine.close()
        theirs.close()


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_pipelines_of_an_export_are_suggested_and_put_in_force_only_when_accepted(
        name: str, tmp_path: Path) -> None:
    SYSTEMS[name].write(tmp_path / "in")
    has_all_ends = name in ("salesforce", "hubspot")
    wanted = [f"{p.label['en']}: " + " → ".join(s.label["en"] + ("" if s.kind == "open" else f" ({s.kind})")
              for s in p.stages if s.kind in ("open", "won", "lost") or has_all_ends)
              for p in demo_settings().pipelines]
    with pytest.raises(MvpodError) as refused:
        import_paths([tmp_path / "in"], tmp_path / "store", as_of=END, dry_run=True)
    assert refused.value.code == "E_PIPELINE_UNKNOWN"
    assert "\n".join(wanted) in refused.value.text("en")
    report = import_paths([tmp_path / "in"], tmp_path / "store", as_of=END, dry_run=True, accept_stages=True)
    accepted = next(n for n in report.decisions if n.code == "N_STAGES_ACCEPTED")
    assert dict(accepted.fields)["order"].text("en") == "; ".join(wanted)
