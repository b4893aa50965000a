"""Targets and costs name a period, an owner, a team or a segment: what is asked of anything else has none."""

from __future__ import annotations

import pytest

from data.contracts import DIMENSIONS
from data.scope import UNKNOWN, Filters
from tests.analytics.test_attention import company, opened
from tests.journeys import view

NAMED = {"owner_id": "S1", "team": "East", "segment": "KA"}
GIVEN = [{"period": "2026Q1", "amount": 100, "currency": "CNY", **NAMED}]
ASK = company([opened(290, **NAMED)], target=GIVEN, cost=GIVEN)


@pytest.mark.parametrize("query", ["targets", "value_cost"])
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_filter_on_what_a_target_does_not_name_leaves_nothing(query: str, dimension: str) -> None:
    chosen = Filters.of({dimension: [NAMED.get(dimension, "anything")]})
    assert len(ASK._asked(query, view(300).with_(filters=chosen))) == (dimension in NAMED)


@pytest.mark.parametrize("query", ["targets", "value_cost"])
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_by_any_dimension_it_stands_where_it_is_named_and_else_in_the_unknown_group(query: str, dimension: str) -> None:
    found = ASK._asked(query, view(300), [dimension])
    assert found[dimension].astype(str).tolist() == [NAMED.get(dimension, UNKNOWN)]
