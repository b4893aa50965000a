"""The registry is complete, and documentation, columns and texts cannot drift from it."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from analytics.ask import Ask
from analytics.i18n import has
from analytics.metrics.columns import REASONS, meaning
from analytics.metrics.document import COLUMNS, document
from analytics.metrics.registry import REGISTRY, Metric, get
from data import queries
from data.errors import MvpodError
from tests.journeys import Journey, asked, view

ROOT = Path(__file__).resolve().parents[2]
#: keys that scripts rely on: none may vanish
STABLE = ("conversion.reached", "conversion.strict", "conversion.cohort", "conversion.stock", "conversion.matured",
          "stage_days.converted_mean", "stage_days.dwell_mean", "stage_days.median", "stage_days.p75", "stage_days.p90",
          "cycle_days.won_mean", "cycle_days.won_median", "win_rate.count", "win_rate.amount", "win_rate.decided",
          "win_rate.created_cohort", "pipeline.open")
every = pytest.mark.parametrize("metric", REGISTRY.values(), ids=list(REGISTRY))


@pytest.fixture(scope="module")
def company() -> Ask:
    """A few opportunities of every fate."""
    return asked([Journey([(0, "lead"), (5, "meeting"), (9, "won")], columns={"segment": "KA"}),
                  Journey([(0, "lead"), (7, "lost")]),
                  Journey([(0, "lead"), (3, "proposal")]), Journey([(50, "lead")])])


def test_stable_keys_are_there() -> None:
    assert set(STABLE) <= set(REGISTRY)


def test_an_unknown_metric_is_refused_with_the_nearest_key() -> None:
    with pytest.raises(MvpodError) as caught:
        get("conversion.reachd")
    assert (caught.value.code, caught.value.fields["hint"]) == ("E_METRIC", "conversion.reached")


@every
def test_every_metric_is_told_in_both_languages(metric: Metric) -> None:
    for text in (metric.label, metric.definition, metric.population):
        assert set(text) == {"en", "zh"}
        assert all(text.values())
        assert any("一" <= c <= "鿿" for c in text["zh"])


@every
def test_every_metric_names_queries_that_exist(metric: Metric) -> None:
    assert metric.queries
    for name in metric.queries:
        assert inspect.isfunction(getattr(queries, name))


@every
def test_every_column_of_every_metric_is_documented(metric: Metric, company: Ask) -> None:
    frame = company.metric(metric.key, view(100))
    assert set(frame.columns) <= set(COLUMNS[metric.family]), "docs/metrics.md lists all columns"
    assert {"n", "value", "reason"} <= set(frame.columns)
    assert [c for c in COLUMNS[metric.family] if c in frame.columns] == list(frame.columns), "in the documented order"
    assert all(meaning(metric.family, c) for c in frame.columns)


@every
def test_a_missing_value_has_a_reason_and_a_value_has_none(metric: Metric, company: Ask) -> None:
    for asked_for in (view(100), view(2), view(100, 200, 300)):
        frame = company.metric(metric.key, asked_for)
        assert (frame["value"].isna() == (frame["reason"] != "")).all()
        assert set(frame["reason"]) <= {"", *REASONS}


def test_every_reason_is_told_on_pages_in_both_languages() -> None:
    assert [code for code in REASONS if not has(f"reason.{code}")] == []


@every
def test_every_group_can_be_asked_for(metric: Metric, company: Ask) -> None:
    for by in (["segment"], ["month"], ["quarter", "segment"], ["stage"], ["owner"], ["product_line", "pipeline"]):
        frame = company.metric(metric.key, view(100), by)
        assert set(by) <= set(frame.columns), by


def test_an_unknown_group_is_refused_with_the_nearest_name(company: Ask) -> None:
    with pytest.raises(MvpodError) as caught:
        company.metric("win_rate.count", view(100), ["segmnt"])
    assert (caught.value.code, caught.value.fields["hint"]) == ("E_GROUP", "segment")


def test_an_option_outside_its_values_is_refused(company: Ask) -> None:
    with pytest.raises(MvpodError) as caught:
        company.metric("conversion.matured", view(100), horizon=45)
    assert caught.value.code == "E_METRIC_OPTION"


def test_the_documentation_is_what_the_registry_says() -> None:
    """`mvpod docs` writes it; this fails when somebody forgot to."""
    assert (ROOT / "docs/metrics.md").read_text(encoding="utf-8") == document()
