"""Pipelines out of an export: in which order stages stand, what closes, and where new ones go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from data.engine import connect
from data.mapping.suggesting import in_words, pipeline_text, suggested
from data.mapping.table_spec import HELPERS
from data.settings import Settings, parse_settings

OURS = parse_settings('''
[[pipeline]]
key = "sales"
label = { en = "Sales", zh = "销售" }
segments = ["KA"]
[[pipeline.stage]]
key = "lead"
aliases = ["线索"]
[[pipeline.stage]]
key = "bid"
probability = 0.5
[[pipeline.stage]]
key = "won"
kind = "won"
''')


def suggestion(rows: list[dict[str, Any]], *, stages: list[dict[str, Any]] | None = None, settings: Settings = OURS,
               is_new: bool = True, moves: list[list[str]] | None = None) -> Settings:
    """The suggestion for opportunities, for the ways that some of them took, and for a list of stages."""
    texts = [(c, pa.string()) for c in ("opportunity_id", "pipeline", "stage", "status")]
    opportunity = pa.Table.from_pylist([{"opportunity_id": f"A{i}", **row} for i, row in enumerate(rows)],
                                       pa.schema([*texts, ("probability", pa.float64())]))
    events = [{"opportunity_id": f"A{i}", "changed_at": datetime(2026, 1, 1 + j, tzinfo=UTC), "to_stage": stage,
               "file_order": j} for i, way in enumerate(moves or []) for j, stage in enumerate(way)]
    kinds = {"number": pa.float64(), "flag": pa.bool_(), "text": pa.string()}
    listed = pa.Table.from_pylist(stages or [], pa.schema([(c.name, kinds[c.type]) for c in HELPERS["stage"].columns]))
    tables = {"opportunity": opportunity} | ({"stage_change": pa.Table.from_pylist(events)} if events else {})
    with connect() as con:
        return suggested(tables, [listed] if stages else [], settings, is_new=is_new, con=con)


def test_the_list_of_the_export_goes_before_everything_else() -> None:
    found = suggestion([{"stage": "7", "probability": 0.9}], stages=[
        {"stage": "Second", "alias": "7", "position": 2.0, "is_won": False, "is_closed": False},
        {"stage": "First", "alias": "8", "position": 1.0, "is_won": False, "is_closed": False},
        {"stage": "Deal!", "alias": "9", "position": 3.0, "is_won": True, "is_closed": True},
        {"stage": "Over", "alias": "10", "position": 4.0, "is_won": False, "is_closed": True}])
    assert in_words(found).text("en") == "Sales: First → Second → Deal! (won) → Over (lost)"
    assert in_words(found).text("zh") == "销售：First → Second → Deal!（赢单） → Over（输单）"
    assert found.pipelines[0].stages[1].aliases == ("7",)


@pytest.mark.parametrize(("rows", "moves", "order"), [
    pytest.param([{"stage": "10 - Sign"}, {"stage": "2 - Meet"}, {"stage": "1 - Call"}], None,
                 "1 - Call → 2 - Meet → 10 - Sign", id="numbers before the names"),
    pytest.param([{"stage": "Sign", "probability": 0.9}, {"stage": "Call", "probability": 0.1},
                  {"stage": "Meet", "probability": 0.5}], None, "Call → Meet → Sign", id="probabilities"),
    pytest.param([{"stage": "Sign"}, {"stage": "Sign"}], [["Call", "Meet", "Sign"], ["Call", "Sign"]],
                 "Call → Meet → Sign", id="the ways they took"),
])
def test_without_a_list_the_order_is_read_off(rows: list[dict[str, Any]], moves: list[list[str]] | None,
                                              order: str) -> None:
    assert in_words(suggestion(rows, moves=moves)).en.startswith(f"Sales: {order} → ")


@pytest.mark.parametrize(("rows", "kinds"), [
    pytest.param([{"stage": "签约", "status": "won", "probability": 1.0}, {"stage": "报价", "status": "open"}],
                 {"签约": "won", "报价": "open"}, id="words, where nothing in it is open"),
    pytest.param([{"stage": "谈判签约", "status": "open"}, {"stage": "谈判签约", "status": "won"}],
                 {"谈判签约": "open"}, id="open ones are stronger than words"),
    pytest.param([{"stage": "Finish", "status": "won", "probability": 1.0}, {"stage": "Talk", "status": "open"}],
                 {"Finish": "won", "Talk": "open"}, id="what became of all, with the probability"),
    pytest.param([{"stage": "Talk", "status": "lost", "probability": 0.0}, {"stage": "Meet", "status": "lost"},
                  {"stage": "Meet", "status": "open"}], {"Talk": "open", "Meet": "open"},
                 id="not where the status closes apart from the stage"),
    pytest.param([{"stage": "成交", "probability": 0.8}, {"stage": "输单", "status": "lost"}],
                 {"成交": "open", "输单": "lost"}, id="an empty status beside others is open"),
])
def test_what_closes(rows: list[dict[str, Any]], kinds: dict[str, str]) -> None:
    stages = suggestion(rows, settings=parse_settings("")).pipelines[0].stages
    assert {s.label["en"]: s.kind for s in stages if s.label["en"] in kinds} == kinds
    assert {"won", "lost"} <= {s.kind for s in stages}


def test_a_store_keeps_its_pipelines_and_gets_what_they_lack_where_it_belongs() -> None:
    found = suggestion([{"stage": "线索", "probability": 0.1}, {"stage": "Visit", "probability": 0.3},
                        {"stage": "bid", "probability": 0.5},
                        {"stage": "Dropped", "status": "lost", "probability": 0.0}], is_new=False)
    assert [s.key for s in found.pipelines[0].stages] == ["lead", "visit", "bid", "won", "dropped"]
    assert (found.pipelines[0].segments, found.pipelines[0].stages[2].probability) == (("KA",), 0.5)


def test_so_does_a_new_store_when_the_settings_know_half_of_the_export() -> None:
    found = suggestion([{"stage": "lead", "probability": 0.1}, {"stage": "Visit", "probability": 0.3}])
    assert [s.key for s in found.pipelines[0].stages] == ["lead", "visit", "bid", "won", "lost"]
    other = suggestion([{"stage": "lead", "probability": 0.1}, {"stage": "Visit", "probability": 0.3}, {"stage": "X"}])
    assert [s.key for s in other.pipelines[0].stages] == ["lead", "visit", "x", "won", "lost"]


def test_a_suggestion_is_settings_whatever_the_names_hold() -> None:
    found = suggestion([{"stage": 'He said "no"\\'}, {"stage": "]] x = 1\n[import]"}, {"stage": "\x07"}])
    text = "\n".join(map(pipeline_text, found.pipelines))
    assert parse_settings(text).pipelines == found.pipelines
    assert {s.label.get("en") for s in found.pipelines[0].stages} >= {'He said "no"\\', "]] x = 1\n[import]"}
