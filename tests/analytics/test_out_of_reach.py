"""What a lack in the data costs in metrics."""

from __future__ import annotations

import pytest

from analytics.metrics.registry import REGISTRY, get
from analytics.out_of_reach import INSTEAD, full_name, out_of_reach
from data.contracts import TABLES

EVERYTHING = {table.name: table.names for table in TABLES.values()}


def is_known(need: str) -> bool:
    table, _, column = need.partition(".")
    return table in TABLES and (not column or column in TABLES[table].names)


def lost(fed: dict[str, list[str]]) -> dict[str, set[str]]:
    return {lack.what: {metric.key for metric in lack.metrics} for lack in out_of_reach(fed)}


@pytest.mark.parametrize("key", list(REGISTRY))
def test_every_need_of_a_metric_is_a_table_or_a_column_of_one(key: str) -> None:
    assert [need for need in get(key).needs if not is_known(full_name(need))] == []


def test_what_stands_in_for_a_column_exists() -> None:
    assert [n for need, others in INSTEAD.items() for n in (need, *others) if not is_known(n)] == []


def test_with_everything_nothing_is_lost() -> None:
    assert out_of_reach(EVERYTHING) == []


def test_a_missing_table_costs_every_metric_that_needs_it_or_a_column_of_it() -> None:
    without = {name: columns for name, columns in EVERYTHING.items() if name != "support_request"}
    needing = {m.key for m in REGISTRY.values() if any(n.startswith("support_request") for n in m.needs)}
    assert lost(without) == {"support_request": needing}


def test_a_missing_column_costs_only_its_own_metrics() -> None:
    without = {**EVERYTHING, "opportunity": [c for c in TABLES["opportunity"].names if c != "sales_mode"]}
    assert lost(without) == {"opportunity.sales_mode": {m.key for m in REGISTRY.values() if "sales_mode" in m.needs}}


def test_a_stage_tells_the_status_and_events_tell_stages_and_dates() -> None:
    assert "opportunity.status" not in lost({"opportunity": ["opportunity_id", "stage"]})
    by_events = lost({"stage_change": ["opportunity_id", "changed_at", "to_stage"]})
    assert not {"opportunity", "opportunity.stage", "opportunity.closed_on"} & set(by_events)
    assert by_events["opportunity.amount"] == {m.key for m in REGISTRY.values() if "amount" in m.needs}


def test_the_dearest_lack_comes_first() -> None:
    sizes = [len(lack.metrics) for lack in out_of_reach({"opportunity": ["opportunity_id", "stage"]})]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 5
