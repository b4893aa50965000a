"""Mistakes that other systems make, as they were found in their public sources, and their cases: none is ours.

Which mistake is tested where, and which cases are not ours to answer: docs/decisions/0070. The cases lie beside the
project (`../shared/data`); what needs them is skipped without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.view import View
from data.engine import Company, frame, open_company
from data.errors import MvpodError
from data.intake.importing import import_paths
from data.settings import Pipeline, Stage
from tests.journeys import CLOSINGS, SALES, Journey, asked, day, view

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_cases = pytest.mark.skipif(not SHARED.is_dir(), reason="the public cases are not at ../shared/data")
SEED = SHARED / "dbt_salesforce" / "sf_opportunity_data.csv"
HISTORY = SHARED / "dbt_salesforce" / "sf_opportunity_history_data.csv"
#: the seed's stages are hashed: which is which is told by is_closed and is_won
STAGES = {"9RN9J3tlxr89gDctReax5w==": "open", "GavUFuuf4DrnQAoiRGlWpQ==": "won", "tXi3M8u3iPxq0ggxTSxMKw==": "lost"}
CONFIG = '[import]\nreject_share = 0.2\n[organisation]\nbase_currency = "USD"\ntimezone = "UTC"\n' + (
    '[[pipeline]]\nkey = "sales"\n' + "".join(
        f'[[pipeline.stage]]\nkey = "{kind}"\nkind = "{kind}"\naliases = ["{name}"]\n'
        for name, kind in STAGES.items()))


def one(ask: Ask, metric: str, of: View | None = None) -> pd.Series:
    """The only row of a metric."""
    return ask.metric(metric, of or view(100)).iloc[0]


# --- fivetran/dbt_salesforce ------------------------------------------------------------------------------------


def test_days_from_creation_to_the_close_are_positive() -> None:
    """Theirs take the second date from the first: 1 January to 31 March gives -89."""
    row = one(asked([Journey([(0, "lead"), (89, "won")])]), "cycle_days.won_mean")
    assert (row["value"], row["invalid"]) == (89, 0)


def test_what_is_open_is_open_whatever_its_forecast_category() -> None:
    """Theirs leave MostLikely, a usual category, out of the pipeline."""
    names = ("Pipeline", "BestCase", "MostLikely", "Commit", "Omitted", None)
    row = one(asked([Journey([(0, "lead")], columns={"forecast_category": name}) for name in names]), "pipeline.open")
    assert (row["n"], row["amount"]) == (6, 600)


@pytest.mark.parametrize("metric", ["win_rate.count", "win_rate.amount"])
def test_where_nothing_closed_a_win_rate_is_unknown_and_never_zero(metric: str) -> None:
    row = one(asked([Journey([(0, "lead")])]), metric)
    assert (pd.isna(row["value"]), row["reason"]) == (True, "nothing_closed")


def test_by_amount_by_count_and_of_new_business_are_three_numbers_with_three_names() -> None:
    """Two of the open anchors call 99 % and 50 % of the same deals "win percent"."""
    ask = asked([Journey([(0, "lead"), (9, "won")], amount=990, columns={"type": "renewal"}),
                 Journey([(0, "lead"), (9, "lost")], amount=10, columns={"type": "new"})])
    assert (one(ask, "win_rate.count")["value"], one(ask, "win_rate.amount")["value"]) == (0.5, 0.99)
    assert one(ask, "win_rate.count", view(100, type=["new"]))["value"] == 0


def seed(rows: pd.DataFrame, folder: Path, as_of: date) -> Path:
    """An export of the peer's seed, in a store of its own beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "mvpod.toml").write_text(CONFIG, encoding="utf-8")
    files = folder / as_of.isoformat()
    files.mkdir()
    rows.to_csv(files / "sf_opportunity_data.csv", index=False)
    import_paths([files], folder / "store", profile="salesforce", as_of=as_of, config=folder / "mvpod.toml")
    return folder / "store"


def living(file: Path) -> pd.DataFrame:
    """The rows of a seed as if nobody had deleted them; a probability of 1000 % is none."""
    rows = pd.read_csv(file, dtype="str")
    return rows.assign(is_deleted="false", probability=rows["probability"].mask(rows["probability"] == "1000"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The seed with its deleted rows, imported with the profile for Salesforce."""
    company = open_company(seed(living(SEED), tmp_path_factory.mktemp("seed"), date(2019, 4, 5)))
    yield company
    company.close()


@needs_cases
def test_the_peers_seed_has_its_won_and_lost_and_both_rates(published: Company) -> None:
    case = json.loads((SHARED / "vectors" / "fivetran_salesforce.json").read_text(encoding="utf-8"))
    told, of = case["seed_ignoring_is_deleted"], View(date(2019, 4, 5))
    count, amount = (one(Ask(published), f"win_rate.{by}", of) for by in ("count", "amount"))
    assert (count["won"], count["lost"]) == (told["won"], told["lost"])
    assert round(count["value"], 6) == told["win_rate_by_count"]
    assert (amount["won_amount"], amount["lost_amount"]) == (told["won_amount"], told["lost_amount"])
    assert round(100 * amount["value"], 2) == told["win_percent_by_amount"]
    assert one(Ask(published), "pipeline.open", of)["n"] == told["other(forecast category is hashed)"]


@needs_cases
def test_closed_before_it_was_created_is_counted_and_gives_no_negative_days(published: Company) -> None:
    """Of the three that the case lists two closed on the day on which they were created, and one 12 days before: when
    that one was won is not known, and the day of the export is not the answer."""
    row = one(Ask(published), "cycle_days.won_mean", View(date(2019, 4, 5), date(2018, 1, 1), date(2019, 4, 5)))
    assert (row["invalid"], row["events"]) == (1, 4)
    assert row["value"] == (0 + 0 + 8 + 0) / 4


@needs_cases
def test_a_percent_of_the_crm_is_a_share_here(published: Company) -> None:
    """Theirs multiply the amount by 65, not by 0.65."""
    rows = frame(published.cursor(), "SELECT probability FROM opportunity WHERE status = 'open'")
    assert rows["probability"].tolist() == [0.65]


@needs_cases
def test_an_export_of_deleted_rows_only_is_refused_and_says_so(tmp_path: Path) -> None:
    """Their staging drops deleted rows and every model on the seed is empty."""
    with pytest.raises(MvpodError, match="E_NOTHING_LEFT"):
        seed(pd.read_csv(SEED, dtype="str"), tmp_path / "deleted", date(2019, 4, 5))


@needs_cases
def test_versions_of_a_history_as_exports_of_their_days(tmp_path: Path) -> None:
    """Ten versions with the days on which they hold; two end without a successor: deleted for good."""
    case = json.loads((SHARED / "vectors" / "fivetran_salesforce.json").read_text(encoding="utf-8"))
    days = {date.fromisoformat(d): n for d, n in case["history_as_of(valid from<=D 00:00<=to)"].items()}
    versions = living(HISTORY)
    store = None
    for on, expected in days.items():
        now = versions[(versions["_fivetran_start"] <= f"{on} 00:00:00") & (versions["_fivetran_end"] >= f"{on}")]
        assert len(now) == expected
        store = seed(now, tmp_path / "all", on) if expected else None
    assert store is not None
    company = open_company(store)
    seen = frame(company.cursor(), "SELECT snapshot_date AS day, count(*) AS n FROM opportunity GROUP BY 1 ORDER BY 1")
    assert seen["n"].tolist() == [n for n in days.values() if n]
    ask = Ask(company)
    opened = [int(one(ask, "pipeline.open", View(date(2019, 4, d)))["n"]) for d in (4, 5)]
    assert opened == [2, 0], "open ones that are purged are gone, neither open nor lost"
    closed = [one(ask, "win_rate.count", View(date(2019, 4, d)))[["won", "lost"]].tolist() for d in (4, 5)]
    assert closed == [[4, 4], [5, 4]], "told of their own days; the lost one that was purged stays lost"
    company.close()


# --- looker/app-sales -------------------------------------------------------------------------------------------


def test_a_second_visit_neither_overwrites_the_first_nor_adds_the_amount_again() -> None:
    steps = [(0, "lead"), (10, "meeting"), (20, "lead"), (25, "meeting")]
    ask = asked([Journey(steps)])
    days = ask.metric("stage_days.dwell_mean", view(40)).set_index("stage")["value"]
    assert (days["lead"], days["meeting"]) == (10 + 5, 10 + 15)
    assert one(ask, "pipeline.open", view(40))["amount"] == 100


def test_a_skipped_stage_counts_as_passed_in_one_reading_and_not_in_the_other() -> None:
    ask = asked([Journey([(0, "lead"), (10, "proposal")]), Journey([(0, "lead"), (10, "meeting")])])
    reached, strict = (ask.metric(f"conversion.{r}", view(40)).set_index("stage") for r in ("reached", "strict"))
    assert (reached.loc["lead", "reached"], strict.loc["lead", "reached"]) == (2, 1)
    assert reached.loc["meeting", "n"] == 2


def test_a_pipeline_may_have_more_than_seven_stages_and_names_in_any_language() -> None:
    """Theirs have seven at most, and know a closing by "Close" in its name."""
    names = [f"阶段{i}" for i in range(9)]
    stages = tuple(Stage(name, probability=0.5) for name in names) + tuple(Stage(f"结束-{k}", kind=k) for k in CLOSINGS)
    settings = replace(SALES, pipelines=(Pipeline("sales", stages=stages),))
    whole = [(i, name) for i, name in enumerate(names)]
    ask = asked([Journey([*whole, (9, "结束-won")], columns={"status": "won", "closed_on": day(9)}),
                 Journey([*whole[:3], (5, "结束-lost")], columns={"status": "lost", "closed_on": day(5)})],
                settings=settings)
    found = ask.metric("conversion.reached", view(40)).set_index("stage")
    assert found["n"].tolist() == [2, 2, 2, 1, 1, 1, 1, 1, 1]
    assert found.loc["阶段2", "value"] == 0.5
    assert one(ask, "win_rate.count")["value"] == 0.5


# --- frappe/crm and odoo ----------------------------------------------------------------------------------------


def test_a_funnel_counts_opportunities_not_rows_of_a_log_and_keeps_the_losers() -> None:
    back_and_forth = Journey([(0, "lead"), (5, "meeting"), (8, "lead"), (12, "meeting")])
    ask = asked([back_and_forth, Journey([(0, "lead"), (5, "lost")]), Journey([(0, "lead"), (5, "meeting")])])
    row = ask.metric("conversion.reached", view(40)).set_index("stage").loc["lead"]
    assert (row["n"], row["reached"], row["lost"]) == (3, 2, 1)


def test_what_is_lost_brings_nothing_to_a_forecast() -> None:
    due = {"expected_close_on": day(120)}
    ask = asked([Journey([(0, "meeting")], columns=due), Journey([(0, "meeting"), (95, "lost")], columns=due)],
                today=100)
    assert one(ask, "forecast.weighted")["value"] == 0.4 * 100


def test_a_reopened_opportunity_is_open_and_not_closed_as_well() -> None:
    ask = asked([Journey([(0, "lead"), (10, "lost"), (20, "meeting")])])
    before, after = (view(d) for d in (15, 25))
    assert [one(ask, "pipeline.open", v)["n"] for v in (before, after)] == [0, 1]
    assert [one(ask, "win_rate.count", v)["n"] for v in (before, after)] == [1, 0]


def test_archived_losers_that_an_export_leaves_out_later_stay_in_the_rate() -> None:
    """Theirs are missing until somebody switches archived ones on."""
    ask = asked([Journey([(0, "lead"), (10, "lost")], gone_on=21), Journey([(0, "lead"), (30, "won")])], today=42,
                weekly=True)
    assert one(ask, "win_rate.count", view(42))[["won", "lost"]].tolist() == [1, 1]


# --- erpnext ----------------------------------------------------------------------------------------------------


def test_the_same_month_of_two_years_is_two_months_and_past_ones_are_listed() -> None:
    rows = [Journey([(0, "lead")], columns={"expected_close_on": date(year, 8, 31)}) for year in (2025, 2026)]
    found = asked(rows).metric("pipeline.open", view(300), ["month"]).set_index("month")["n"]
    assert found.to_dict() == {"2025-08": 1, "2026-08": 1}


@needs_cases
def test_open_amounts_by_expected_close_owner_and_stage_are_the_peers() -> None:
    cases = json.loads((SHARED / "vectors" / "erpnext_reports.json").read_text(encoding="utf-8"))["vectors"]
    case: dict[str, Any] = next(c for c in cases if c["id"] == "pipeline_by_expected_close")
    (deal,), told = case["opportunities"], case["expected"]
    ask = asked([Journey([(0, "lead")], amount=deal["amount"], columns={
        "expected_close_on": date.fromisoformat(deal["expected_close"]), "lead_source": deal["source"]})])
    for by, name, peers in (("owner", "(unknown)", "Not Assigned"), ("stage", "lead", deal["stage"])):
        row = ask.metric("pipeline.open", view(100), [by, "month"]).iloc[0]
        assert (row[by], row["month"]) == (name, "2021-08")
        assert row["n"] == told[f"{by},month,count"][peers]["August"]
    assert row["amount"] == told["stage,quarter,amount"]["Prospecting"]["Q3"]
    assert one(ask, "pipeline.open", view(100, lead_source=[deal["source"]]))["n"] == 1


# --- Salesforce -------------------------------------------------------------------------------------------------


def test_never_moved_is_said_as_such_and_not_as_days_since_a_move() -> None:
    """Theirs silently give the age of the record."""
    ask = asked([Journey([(0, "lead")], columns={"segment": "KA"}),
                 Journey([(0, "lead"), (1, "meeting")], columns={"segment": "KA"})], today=300)
    stood = ask.attention(view(300), ["never_moved", "moved_stalled"], limit=9).set_index("opportunity_id")
    assert stood["rule"].to_dict() == {"o000": "never_moved", "o001": "moved_stalled"}
    assert stood["measure"].to_dict() == {"o000": 300, "o001": 299}
