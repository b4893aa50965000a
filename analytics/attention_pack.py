"""The weekly review pack and its neighbours: lights of the 13 elements, owners, control points (METHOD B10, B19). Pure.

A light is "good", "look", "act" or "unknown"; what is not known is never good. The bounds stand in BOUNDS; those
that are settings elsewhere are taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analytics.attention import RULES
from analytics.statistics.estimate import CLAIM
from analytics.statistics.intervals import difference, with_wilson
from data.settings import Attention, Settings

Row = Mapping[Any, Any]
Light = Callable[[Row, Settings, date], str]
GOOD, LOOK, ACT, UNKNOWN = "good", "look", "act", "unknown"
_DOOMED = ("lead_lost", "doomed", "jump")
#: Bounds of the lights that are no settings: (good from, to be looked at from), all ours, because METHOD B19 asks for
#: lights and gives no figures. A light that is not here knows yes and no only, or takes its bounds from the settings.
BOUNDS: Mapping[str, tuple[float, float]] = {
    "stage": (-0.75, -1.0),  # days in the stage in parts of its limit (less is better); beyond it is stalled
    "conditions": (70, 40),  # score of the necessary conditions, METHOD B8; 40: the setting support.weak_conditions
    "questionnaire": (0.7, 0.4),  # share of the questionnaire, METHOD B9
    "map": (3, 2),  # people known in the decision chain, METHOD B5; one is a rule of its own (single-threaded)
    "probability": (-0.02, -1.0),  # change of the win rate in a week, METHOD B6: two points are within its usual unrest
    "proposition": (60, 40),  # solution acceptance, 0 to 100, METHOD B5
    "coaching": (-7, -14),  # days since the deal was assessed: weekly, METHOD B6; 14: the setting win_rate.silent_days
}


def lights(frame: pd.DataFrame, settings: Settings, as_of: date) -> pd.DataFrame:
    """The frame of data/sql/attention_pack.sql with a column per element (ELEMENTS) and `why`: what makes it important
    (grade, event, stalled, comma between)."""
    rows = frame.to_dict("records")
    found = {
        name: pd.Series([light(row, settings, as_of) for row in rows], index=frame.index, dtype="str")
        for name, light in ELEMENTS.items()
    }
    return frame.assign(why=pd.Series([_why(row) for row in rows], index=frame.index, dtype="str"), **found)


def _why(row: Row) -> str:
    flags = {
        "grade": row["is_graded"],
        "event": bool(row["happened"]) or bool(row["is_jump"]),
        "stalled": row["is_stalled"],
    }
    return ",".join(name for name, on in flags.items() if on)


def _known(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _bounded(name: str, value: Any, look: float | None = None) -> str:
    """By the BOUNDS of a light; `look`: the second of them, where it is a setting."""
    good, usual = BOUNDS[name]
    return _from(value, good, usual if look is None else look)


def _from(value: Any, good: float, look: float) -> str:
    """Good from `good` on, to be looked at from `look` on."""
    number = _known(value)
    return UNKNOWN if number is None else GOOD if number >= good else LOOK if number >= look else ACT


def _stage(row: Row, settings: Settings, as_of: date) -> str:
    days, limit = _known(row["stage_days"]), _known(row["stage_limit"])
    if days is None or not limit:
        return UNKNOWN
    return ACT if row["is_stalled"] else GOOD if -days / limit >= BOUNDS["stage"][0] else LOOK


def _grade(row: Row, settings: Settings, as_of: date) -> str:
    """Given by hand, by its amount alone, or not known."""
    if isinstance(row["grade_given"], str):
        return GOOD
    return LOOK if isinstance(row["importance"], str) else UNKNOWN


def _team(row: Row, settings: Settings, as_of: date) -> str:
    requests = _known(row["requests"])
    return UNKNOWN if not requests else ACT if row["unanswered"] else GOOD


def _process(row: Row, settings: Settings, as_of: date) -> str:
    if _known(row["skips"]) is None:
        return UNKNOWN
    return ACT if row["regresses"] else LOOK if row["skips"] else GOOD


def _conditions(row: Row, settings: Settings, as_of: date) -> str:
    return _bounded("conditions", row["need_score"], settings.support.weak_conditions)


def _competitors(row: Row, settings: Settings, as_of: date) -> str:
    if _known(row["lacks_rival"]) is None:
        return UNKNOWN
    is_assessed = _known(row["is_phantom"]) == 0
    return ACT if row["lacks_rival"] else GOOD if is_assessed else LOOK


def _questionnaire(row: Row, settings: Settings, as_of: date) -> str:
    if _known(row["inside_source"]) == 0:
        return ACT
    return _bounded("questionnaire", row["questionnaire"])


def _map(row: Row, settings: Settings, as_of: date) -> str:
    return _bounded("map", row["threads"])


def _probability(row: Row, settings: Settings, as_of: date) -> str:
    if _known(row["p"]) is None:
        return UNKNOWN
    if set(str(row["happened"]).split(",")) & set(_DOOMED):
        return ACT
    return _bounded("probability", _known(row["delta"]) or 0.0)


def _strategy(row: Row, settings: Settings, as_of: date) -> str:
    """By our strength over the top rival's, from the shares: r = (P us / P rival) ^ (1 / gamma)."""
    rules, us, rival = settings.win_rate, _known(row["p_us"]), _known(row["p_rival"])
    if us is None or not rival or row["is_phantom"]:
        return UNKNOWN
    return _from((us / rival) ** (1 / rules.gamma), rules.flanking_from, rules.fragment_from)


def _proposition(row: Row, settings: Settings, as_of: date) -> str:
    return _bounded("proposition", row["solution_accept"])


def _activities(row: Row, settings: Settings, as_of: date) -> str:
    if _known(row["idle_days"]) is None:
        return UNKNOWN
    return {"": GOOD, "remind": LOOK}.get(row["step"], ACT)


def _coaching(row: Row, settings: Settings, as_of: date) -> str:
    """When the deal was last assessed: this week, within silent_days, or not."""
    if pd.isna(row["assessed_week"]):
        return UNKNOWN
    days = (as_of - row["assessed_week"].date()).days
    return _bounded("coaching", -days, 1 - settings.win_rate.silent_days)


#: The 13 elements of TAS+ in the method's order: four inner, nine outer.
_LIGHTS: Mapping[str, Light] = {
    "stage": _stage,
    "grade": _grade,
    "team": _team,
    "process": _process,
    "conditions": _conditions,
    "competitors": _competitors,
    "questionnaire": _questionnaire,
    "map": _map,
    "probability": _probability,
    "strategy": _strategy,
    "proposition": _proposition,
    "activities": _activities,
    "coaching": _coaching,
}
#: column -> what lights it
ELEMENTS: Mapping[str, Light] = {f"light_{name}": light for name, light in _LIGHTS.items()}


def owners(counts: pd.DataFrame) -> pd.DataFrame:
    """Per owner and team (rows of attention_counts.sql): n open, `any` that break a rule, a column per rule, amount."""
    keys, rule = ["owner_id", "team"], counts["rule"].to_numpy()
    place = counts.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    is_open = rule == "open"

    def told(name: str, of: str) -> pd.Series:
        """A column of one rule beside the open ones: not known where nobody could break it."""
        values, is_it = np.full(len(counts), np.nan), rule == of
        values[place[is_it]] = counts[name][is_it]
        mine = values[place[is_open]]
        return pd.Series(mine if np.isnan(mine).any() else mine.astype(counts[name].dtype))

    rows = counts.loc[is_open, [*keys, "n"]].reset_index(drop=True).assign(
        any=told("events", "any"), amount=told("amount_events", "any"),
        **{of: told("events", of) for of in RULES})
    order = ["any", "amount", "owner_id", "team"]  # by name where all else is equal: no order of a table shows through
    return rows.sort_values(order, ascending=[False, False, True, True], kind="stable", ignore_index=True)


def answers(counts: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Mean answer per pipeline, stage and control point (rows of attention_points.sql): value 0 to 1, known, full."""
    frame = counts.assign(value=counts["total"] / counts["known"].where(counts["known"] > 0))
    place = frame["item"].map({item: i for i, item in enumerate(order)}).fillna(len(order))
    frame = frame.assign(place=place).sort_values(["pipeline", "stage_order", "place", "item"], kind="stable")
    return frame.drop(columns="place").reset_index(drop=True)


def gaps(counts: pd.DataFrame, rules: Attention) -> pd.DataFrame:
    """Per pipeline and stage (rows of attention_point_gaps.sql): how many of the answered have what is due by then.

    Columns added: due ("early" from early_from_stage, "late" from late_from_stage, "" = nothing yet), met, value, low,
    high (of known; the late points where both are due).
    """
    due = np.select(
        [counts["stage_order"] >= rules.late_from_stage, counts["stage_order"] >= rules.early_from_stage],
        ["late", "early"],
        "",
    )
    met = np.select([due == "late", due == "early"], [counts["late_met"], counts["early_met"]], 0)
    frame = counts.assign(due=pd.Series(due, index=counts.index, dtype="str"), met=met)
    frame = with_wilson(frame, "met", "known")
    frame.loc[frame["due"] == "", ["value", "low", "high"]] = np.nan
    return frame


def lift(counts: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Win rate with a control point (answer 1) less without (answer 0), per pipeline and item, in the points' order.

    Columns: pipeline, item, n_with, won_with, n_without, won_without, value, low, high (Newcombe's; all points of the
    pipeline at once), is_real. An association: what goes well is also known better.
    """
    rows = []
    for (pipeline, item), part in counts.groupby(["pipeline", "item"], sort=False):
        sides = {v: part[part["value"] == v][["n", "won"]].sum() for v in (1, 0)}
        tests = max(1, counts.loc[counts["pipeline"] == pipeline, "item"].nunique())
        found = difference(
            int(sides[1]["won"]),
            int(sides[1]["n"]),
            int(sides[0]["won"]),
            int(sides[0]["n"]),
            level=1 - (1 - CLAIM) / tests,
        )
        rows.append(
            {
                "pipeline": pipeline,
                "item": item,
                "n_with": int(sides[1]["n"]),
                "won_with": int(sides[1]["won"]),
                "n_without": int(sides[0]["n"]),
                "won_without": int(sides[0]["won"]),
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "is_real": found.low is not None and found.excludes(0),
            }
        )
    columns = ["pipeline", "item", "n_with", "won_with", "n_without", "won_without", "value", "low", "high", "is_real"]
    place = {item: i for i, item in enumerate(order)}
    rows.sort(key=lambda r: (r["pipeline"], place.get(r["item"], len(place)), r["item"]))
    return pd.DataFrame(rows, columns=columns)
