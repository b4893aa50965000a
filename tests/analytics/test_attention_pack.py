"""The review pack: what is important, and lights that never show green for what nobody knows; control points."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import attention_pack as pack
from analytics.ask import Ask
from analytics.attention_pack import ELEMENTS
from data.settings import Attention, Settings
from tests.analytics.test_attention import TODAY, answered, company, helped, opened, touched
from tests.journeys import SALES, Journey, day, view

NOTHING: dict[str, Any] = {
    "is_graded": True,
    "happened": "",
    "is_jump": False,
    "is_stalled": False,
    "stage_days": None,
    "stage_limit": None,
    "grade_given": None,
    "importance": None,
    "amount_base": None,
    "requests": None,
    "unanswered": None,
    "skips": None,
    "regresses": None,
    "need_score": None,
    "lacks_rival": None,
    "is_phantom": None,
    "inside_source": None,
    "questionnaire": None,
    "threads": None,
    "p": None,
    "delta": None,
    "p_us": None,
    "p_rival": None,
    "solution_accept": None,
    "idle_days": None,
    "step": "",
    "assessed_week": pd.NaT,
}


def lights(**facts: Any) -> dict[str, str]:
    row = pack.lights(pd.DataFrame([NOTHING | facts]), Settings(), day(TODAY)).iloc[0]
    return {name.removeprefix("light_"): row[name] for name in ELEMENTS}


def test_there_are_thirteen_elements_and_what_is_not_known_is_unknown() -> None:
    assert len(ELEMENTS) == 13
    assert set(lights().values()) == {"unknown"}


@pytest.mark.parametrize(
    ("element", "facts", "light"),
    [
        ("stage", {"stage_days": 40, "stage_limit": 80}, "good"),
        ("stage", {"stage_days": 70, "stage_limit": 80}, "look"),
        ("stage", {"stage_days": 81, "stage_limit": 80, "is_stalled": True}, "act"),
        ("grade", {"grade_given": "A", "importance": "A"}, "good"),
        ("grade", {"importance": "C"}, "look"),
        ("team", {"requests": 2, "unanswered": 0}, "good"),
        ("team", {"requests": 2, "unanswered": 1}, "act"),
        ("process", {"skips": 0, "regresses": 0}, "good"),
        ("process", {"skips": 1, "regresses": 0}, "look"),
        ("process", {"skips": 0, "regresses": 1}, "act"),
        ("conditions", {"need_score": 70}, "good"),
        ("conditions", {"need_score": 40}, "look"),
        ("conditions", {"need_score": 39}, "act"),
        ("competitors", {"lacks_rival": False, "is_phantom": False}, "good"),
        ("competitors", {"lacks_rival": False}, "look"),
        ("competitors", {"lacks_rival": True, "is_phantom": True}, "act"),
        ("questionnaire", {"questionnaire": 0.8, "inside_source": 0}, "act"),
        ("questionnaire", {"questionnaire": 0.8, "inside_source": 1}, "good"),
        ("map", {"threads": 1}, "act"),
        ("map", {"threads": 3}, "good"),
        ("probability", {"p": 0.5, "delta": 0.01}, "good"),
        ("probability", {"p": 0.5, "delta": -0.03}, "look"),
        ("probability", {"p": 0.5, "delta": 0.0, "happened": "silent,doomed"}, "act"),
        ("strategy", {"p_us": 0.5, "p_rival": 0.5, "is_phantom": False}, "good"),
        ("strategy", {"p_us": 0.2, "p_rival": 0.6, "is_phantom": False}, "look"),  # sqrt(1/3) = 0.58
        ("strategy", {"p_us": 0.1, "p_rival": 0.6, "is_phantom": False}, "act"),
        ("strategy", {"p_us": 0.5, "p_rival": 0.5, "is_phantom": True}, "unknown"),
        ("proposition", {"solution_accept": 50}, "look"),
        ("activities", {"idle_days": 3, "step": ""}, "good"),
        ("activities", {"idle_days": 30, "step": "warn"}, "act"),
        ("coaching", {"assessed_week": pd.Timestamp(day(TODAY - 7))}, "good"),
        ("coaching", {"assessed_week": pd.Timestamp(day(TODAY - 14))}, "act"),
    ],
)
def test_each_light(element: str, facts: dict[str, Any], light: str) -> None:
    assert lights(**facts)[element] == light


def test_important_is_grade_s_or_a_or_stalled_most_at_stake_first() -> None:
    journeys = [
        replace(opened(290), amount=4_000_000),
        replace(opened(100), amount=500),
        opened(290, grade="S"),
        opened(290),
    ]
    found = company(journeys).attention_pack(view(TODAY))
    assert found["opportunity_id"].tolist() == ["o0", "o1", "o2"]
    assert found["why"].tolist() == ["grade", "stalled", "grade"]
    assert found.attrs["total"] == 3
    shorter = company(journeys).attention_pack(view(TODAY), limit=1)
    assert (len(shorter), shorter.attrs["total"]) == (1, 3)


def test_the_pack_keeps_of_each_team_what_has_most_at_stake_and_says_of_how_many() -> None:
    journeys = [replace(opened(290, team=team), amount=amount)
                for team, amount in [("East", 9e6), ("East", 8e6), ("East", 7e6), ("West", 4e6), ("West", 100.0)]]
    settings = replace(SALES, attention=Attention(pack_per_team=2))
    found = company(journeys, settings=settings).attention_pack(view(TODAY))
    assert set(found["opportunity_id"]) == {"o0", "o1", "o3"}
    assert [found.attrs[name] for name in ("total", "important", "open")] == [3, 4, 5]


def test_the_facts_reach_the_lights() -> None:
    chain = [
        {"opportunity_id": "o0", "contact_id": c, "snapshot_date": day(295), "solution_accept": 80.0} for c in "abc"
    ]
    asked = company(
        [opened(290, grade="S")],
        opportunity_contact=chain,
        activity=touched("o0", 291, 299),
        checklist=answered("o0", 1, 1, 1),
        support_request=[helped("o0", 5)],
    )
    row = asked.attention_pack(view(TODAY)).iloc[0]
    assert [row[f"light_{n}"] for n in ("stage", "grade", "conditions", "map", "proposition", "activities")] == [
        "good"
    ] * 6
    assert row["light_team"] == "act"  # asked for on day 292, no response yet
    assert row["light_probability"] == row["light_coaching"] == "unknown"


def points(ask: Ask) -> dict[str, pd.DataFrame]:
    return ask.attention_points(view(TODAY))


def test_control_points_are_due_by_stage_and_their_lift_has_an_interval() -> None:
    rules = Attention(early_points=("a", "b"), late_points=("c",), early_from_stage=2, late_from_stage=3)
    settings = replace(SALES, attention=rules)
    journeys = [opened(290, "meeting"), opened(290, "meeting"), opened(290, "proposal"), opened(290, "lead")]
    closed = [Journey([(100, "lead"), (200, "won" if i < 18 else "lost")], id=f"x{i}") for i in range(40)]
    answers = [("o0", "a", 1.0), ("o0", "b", 1.0), ("o1", "a", 1.0), ("o2", "c", 0.5), ("o3", "a", 0.0)]
    answers += [(f"x{i}", "a", 1.0 if i < 18 or i == 39 else 0.0) for i in range(40)]
    rows = [
        {
            "opportunity_id": o,
            "kind": "control_point",
            "item": item,
            "value": v,
            "assessed_on": day(150 if o[0] == "x" else 295),
        }
        for o, item, v in answers
    ]
    late = [{"opportunity_id": "x39", "kind": "control_point", "item": "a", "value": 0.0, "assessed_on": day(250)}]
    found = points(company([*journeys, *closed], settings=settings, checklist=[*rows, *late]))
    gaps = found["gaps"].set_index("stage")
    assert gaps["due"].to_dict() == {"lead": "", "meeting": "early", "proposal": "late"}
    assert (gaps.loc["meeting", "known"], gaps.loc["meeting", "met"]) == (2, 1)
    assert (gaps.loc["proposal", "met"], gaps.loc["proposal", "value"]) == (0, 0)
    assert np.isnan(gaps.loc["lead", "value"])
    lift = found["lift"].iloc[0]
    assert (lift["n_with"], lift["won_with"], lift["n_without"], lift["won_without"]) == (19, 18, 21, 0)
    assert lift["value"] == pytest.approx(18 / 19)
    assert lift["is_real"]


def test_owners_add_up_to_what_is_open() -> None:
    journeys = [opened(100, owner_id="S1"), opened(290, owner_id="S1"), opened(100, owner_id="S2")]
    found = company(journeys).attention_rates(view(TODAY))["owners"].set_index("owner_id")
    assert found["n"].to_dict() == {"S1": 2, "S2": 1}
    assert found["any"].to_dict() == {"S1": 1, "S2": 1}
    assert found["never_moved"].sum() == 2
