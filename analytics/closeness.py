"""How close we are to people, accounts and deciders, on one account or one deal (METHOD B1 to B5, B11). Pure.

    activities ─▶ interaction of a contact (B2) ─▶ closeness of the contact (B3) ─▶ department ─▶ account (B4)
    decision chain ─▶ closeness of the project, its coverage (B5);  activities ─▶ trust (B11)

sql/history/touch.sql, contact_week.sql and account_week.sql are the same over all accounts and weeks. Tables are those
of the contracts; `as_of` is a date, activities carry `occurred_on`, a date in the organisation's zone. Scores are 0 to
100. What is not known stays unknown (NaN), except that an unknown attitude weighs as `unknown_attitude` in sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isnan, log, nan
from typing import Any

import pandas as pd

from data.settings import Closeness

#: Lowest and highest attitude: opposes, mentor.
OPPOSES, MENTOR = -2, 2
BANDS = ("weak", "contact", "trusted", "partner")
LADDER = ("acquainted", "known", "trusted", "interdependent")
#: What can be known of a person (METHOD B1).
PERSONA = (
    "orientation",
    "status",
    "interaction",
    "importance",
    "project_status",
    "project_interaction",
    "decision_role",
)
#: Role families that a decision chain must have, each with the roles that fill it (METHOD B5).
REQUIRED_ROLES = {
    "approver": ("approver", "decision_maker"),
    "evaluator": ("technical_evaluator",),
    "procurement": ("procurement",),
}


def expected_level(cadence_days: float, rules: Closeness) -> float:
    """E*: the mean level of interaction that one full touch every `cadence_days` days gives.

    >>> round(expected_level(30, Closeness()), 4)
    2.164
    """
    return rules.half_life_days / (cadence_days * log(2))


def cadence(importance: float | None, rules: Closeness) -> int:
    """Days between two touches that a contact's importance asks for."""
    return rules.unknown_cadence_days if _is_unknown(importance) else rules.cadence_days[int(importance or 1) - 1]


def counted(activities: pd.DataFrame, as_of: date, rules: Closeness) -> pd.DataFrame:
    """The valid activities up to `as_of`, oldest first, with what each adds: `age_days`, `weight`, `is_counted`.

    In: contact_id, kind, occurred_on, is_valid. Future ones are left out. Of the capped kinds (greetings) one per
    contact counts, the heaviest of its day, and the next `capped_days` days later; the others weigh 0.
    """
    kind = activities["kind"].astype("str").str.lower()
    frame = activities.assign(
        age_days=[(as_of - _day(d)).days for d in activities["occurred_on"]],
        weight=[rules.activity_weights.get(k, rules.other_activity) for k in kind],
        is_capped=kind.isin([k.lower() for k in rules.capped]),
    )
    valid = frame["is_valid"].map(lambda v: True if pd.isna(v) else bool(v))
    frame = frame[valid.astype(bool) & (frame["age_days"] >= 0)]
    frame = frame.sort_values(["age_days", "weight"], ascending=[False, False], kind="stable")
    is_counted = []
    last: dict[str, int] = {}  # contact -> age of its last greeting that counts
    for contact, age, capped in zip(frame["contact_id"], frame["age_days"], frame["is_capped"], strict=True):
        counts = not capped or contact not in last or last[contact] - age >= rules.capped_days
        if capped and counts:
            last[contact] = age
        is_counted.append(counts)
    frame = frame.assign(is_counted=pd.Series(is_counted, index=frame.index, dtype=bool))
    return frame.assign(weight=frame["weight"].where(frame["is_counted"], 0.0)).drop(columns="is_capped")


def by_contact(done: pd.DataFrame) -> dict[str, list[dict[Any, Any]]]:
    """The rows of `counted` of each contact, oldest first."""
    found: dict[str, list[dict[Any, Any]]] = {}
    for row in done.to_dict("records"):
        found.setdefault(row["contact_id"], []).append(row)
    return found


def energy(weights: Any, ages: Any, rules: Closeness) -> float:
    """E: sum of weight x 2^(-age / half-life).

    >>> round(energy([1.0, 0.5, 0.2], [10, 25, 40], Closeness()), 4)
    1.3054
    """
    return float(sum(w * 2 ** (-age / rules.half_life_days) for w, age in zip(weights, ages, strict=True)))


def _level(done: Sequence[Mapping[Any, Any]], rules: Closeness) -> float:
    return energy([row["weight"] for row in done], [row["age_days"] for row in done], rules)


def interaction(level: float, cadence_days: float, rules: Closeness) -> float:
    """I = min(1, E / E*), 0 to 1.

    >>> round(interaction(1.3054, 30, Closeness()), 4)
    0.6032
    """
    return min(1.0, level / expected_level(cadence_days, rules))


def attitude(status: float | None, rules: Closeness) -> float:
    """A = (status + 2) / 4, 0 (opposes) to 1 (mentor); `unknown_attitude` where it is not known."""
    return rules.unknown_attitude if _is_unknown(status) else (float(status or 0) - OPPOSES) / (MENTOR - OPPOSES)


def contact_closeness(status: float | None, interacts: float, rules: Closeness) -> float:
    """c = 100 x A x (0.5 + 0.5 x I): an opponent is at 0 whatever the traffic, no contact halves the value.

    >>> round(contact_closeness(1, 0.6032, Closeness()), 2)
    60.12
    """
    return 100 * attitude(status, rules) * (0.5 + 0.5 * interacts)


def people(
    contacts: pd.DataFrame, activities: pd.DataFrame, chain: pd.DataFrame, as_of: date, rules: Closeness
) -> pd.DataFrame:
    """The contacts of an account as they stand: one row each, by department, importance and id.

    In: contacts (contact_id, department, title, importance, orientation, status) as of the day; activities (contact_id,
    kind, occurred_on, is_valid, owner_id, opportunity_id); chain = opportunity_contact rows of these contacts up to the
    day (contact_id, status, decision_role). Out, besides the contacts' columns: energy, cadence_days, expected,
    interaction, attitude, closeness, touches (last `reached_days` days), is_reached, holder_id (who made more than half
    of them), last_touch_on, known (of the seven things of PERSONA), known_share, is_key.
    """
    return as_they_stand(contacts, by_contact(counted(activities, as_of, rules)), chain, as_of, rules)


def as_they_stand(contacts: pd.DataFrame, done: Mapping[str, Sequence[Mapping[Any, Any]]], chain: pd.DataFrame,
                  as_of: date, rules: Closeness) -> pd.DataFrame:
    """`people` from what was done with each of them (`by_contact`)."""
    told = chain.groupby("contact_id")[["status", "decision_role"]].count() if len(chain) else pd.DataFrame()
    rows = []
    for contact in contacts.to_dict("records"):
        mine = done.get(contact["contact_id"], [])
        recent = [row for row in mine if row["age_days"] < rules.reached_days]
        owners = [row["owner_id"] for row in recent if not _is_unknown(row["owner_id"])]
        days = cadence(contact["importance"], rules)
        level = _level(mine, rules)
        acts = interaction(level, days, rules)
        known = _known(contact, mine, told)
        rows.append(
            {
                **contact,
                "energy": level,
                "cadence_days": days,
                "expected": expected_level(days, rules),
                "interaction": acts,
                "attitude": nan if _is_unknown(contact["status"]) else attitude(contact["status"], rules),
                "closeness": contact_closeness(contact["status"], acts, rules),
                "touches": len(recent),
                "owned_touches": len(owners),
                "is_reached": len(recent) > 0,
                "holder_id": _holder(owners, len(recent)),
                "last_touch_on": as_of - timedelta(days=min(row["age_days"] for row in mine)) if mine else None,
                "known": known,
                "known_share": len(known) / len(PERSONA),
                "is_key": not _is_unknown(contact["importance"]) and contact["importance"] >= rules.key_importance,
            }
        )
    frame = pd.DataFrame(rows, columns=[*contacts.columns, *_PERSON_COLUMNS])
    return frame.sort_values(
        ["department", "importance", "contact_id"], ascending=[True, False, True], kind="stable"
    ).reset_index(drop=True)


_PERSON_COLUMNS = (
    "energy",
    "cadence_days",
    "expected",
    "interaction",
    "attitude",
    "closeness",
    "touches",
    "owned_touches",
    "is_reached",
    "holder_id",
    "last_touch_on",
    "known",
    "known_share",
    "is_key",
)


@dataclass(frozen=True)
class Account:
    """The closeness of an account with its parts; NaN = not measured.

    closeness (NaN without an org map), depth, breadth, transparency; trust_share and knowledge_share make
    transparency; person_dependence and holder_id: the share of the relationship that one person holds. `departments`:
    one row each with weight, target, contacts, n (of them reached), closeness (their mean), is_covered, depth (what it
    adds to the account's), breadth (likewise).
    """

    closeness: float
    depth: float
    breadth: float
    transparency: float
    trust_share: float
    knowledge_share: float
    person_dependence: float
    holder_id: str | None
    has_org_map: bool
    departments: pd.DataFrame


def account(persons: pd.DataFrame, departments: pd.DataFrame, rules: Closeness) -> Account:
    """The closeness of an account (METHOD B4) from `people` and its rows of table `department`."""
    has_map = len(departments) > 0
    table = _departments(persons, departments, rules)
    is_measured = bool(persons["status"].notna().any())
    depth = float(table["depth"].sum()) if is_measured and table["weight"].sum() > 0 else nan
    breadth = float(table["breadth"].sum()) if is_measured and table["weight"].sum() > 0 else nan
    trust, knowledge = _transparency(persons)
    trust = trust if is_measured else nan
    transparency = 100 * (rules.trust_weight * trust + (1 - rules.trust_weight) * knowledge)
    dependence, holder = _dependence(persons)
    score = combined(depth, breadth, transparency, rules) if has_map else nan
    return Account(score, depth, breadth, transparency, trust, knowledge, dependence, holder, has_map, table)


def combined(depth: float, breadth: float, transparency: float, rules: Closeness) -> float:
    """RCI = 0.4 D + 0.3 B + 0.3 T; without key contacts (T unknown) D and B share the whole weight.

    >>> round(combined(20.04, 66.67, 64.64, Closeness()), 2)
    47.41
    """
    parts = [(rules.depth_weight, depth), (rules.breadth_weight, breadth)]
    if not isnan(transparency):
        parts.append((rules.transparency_weight, transparency))
    return sum(w * v for w, v in parts) / sum(w for w, _ in parts)


def band(score: float, rules: Closeness) -> str | None:
    """weak, contact, trusted or partner; None for what is not measured.

    >>> [band(s, Closeness()) for s in (29.9, 30, 69, 70)]
    ['weak', 'contact', 'trusted', 'partner']
    """
    return None if _is_unknown(score) else BANDS[sum(score >= edge for edge in rules.bands)]


def role_weight(role: Any, rules: Closeness) -> float:
    """What a decision role weighs."""
    return rules.other_role if _is_unknown(role) else rules.role_weights.get(str(role).lower(), rules.other_role)


def project(chain: pd.DataFrame, rules: Closeness, interactions: dict[str, float] | None = None) -> float:
    """R: closeness to the people who decide, from rows of opportunity_contact (contact_id, decision_role, status).

    Attitude alone, so that it can stand beside an estimate of a rival; with `interactions` (contact_id -> 0 to 1, of
    this deal's activities) as for contacts. NaN without people, or where no attitude is known.
    """
    if chain.empty or chain["status"].isna().all():
        return nan
    total = whole = 0.0
    for row in chain.to_dict("records"):
        weight = role_weight(row["decision_role"], rules)
        acts = 1.0 if interactions is None else interactions.get(row["contact_id"], 0.0)
        total += weight * contact_closeness(row["status"], acts, rules)
        whole += weight
    return total / whole if whole else nan


def gauge(chain: pd.DataFrame, column: str, rules: Closeness) -> float:
    """Role-weighted mean of a gauge of 0 to 100 (solution_accept, price_accept) over those of whom it is known."""
    known = chain[chain[column].notna()]
    weights = [role_weight(role, rules) for role in known["decision_role"]]
    return (
        float(sum(w * v for w, v in zip(weights, known[column], strict=True)) / sum(weights)) if sum(weights) else nan
    )


@dataclass(frozen=True)
class Coverage:
    """Who of a decision chain is known: share 0 to 1, families of roles that nobody fills or whose stance is not known,
    and whether an approver or decision maker opposes us (a red flag whatever the closeness)."""

    share: float
    missing: tuple[str, ...]
    is_opposed: bool


def chain_coverage(chain: pd.DataFrame, rules: Closeness) -> Coverage:
    """Of the roles that a decision chain must have (an approver, an evaluator, procurement), by weight, the share that
    is named with a known attitude (METHOD B5)."""
    roles = chain["decision_role"].map(lambda r: "" if _is_unknown(r) else str(r).lower())
    named = set(roles[chain["status"].notna()])
    weights = {family: role_weight(names[0], rules) for family, names in REQUIRED_ROLES.items()}
    filled = {family for family, names in REQUIRED_ROLES.items() if named & set(names)}
    share = sum(weights[f] for f in filled) / sum(weights.values())
    opposed = roles.isin(REQUIRED_ROLES["approver"]) & (chain["status"] == OPPOSES).fillna(False)
    return Coverage(share, tuple(f for f in REQUIRED_ROLES if f not in filled), bool(opposed.any()))


@dataclass(frozen=True)
class Trust:
    """Trust in us by its four degrees, each 0 to 1 (METHOD B11); `score` = 25 x their sum, `step` on the ladder."""

    frequency: float
    expertise: float
    depth: float
    length: float
    score: float
    step: str


def trust(
    done: Sequence[Mapping[Any, Any]], importance: float | None, first_contact_on: date | None, as_of: date,
    rules: Closeness
) -> Trust:
    """How far a contact trusts us, from what was done with him (rows of `counted`, see `by_contact`).

    Frequency = interaction; expertise = sessions that show it, of `expert_full`; depth = meetings in person, of
    `personal_full` (only with key contacts); length = months since the first contact, of `length_months`, 0 where
    nobody was in touch within `trust_days`.
    """
    kinds = [str(row["kind"]).lower() for row in done if row["age_days"] < rules.trust_days]
    acts = interaction(_level(done, rules), cadence(importance, rules), rules)
    expert = min(1.0, sum(kind in rules.expert_kinds for kind in kinds) / rules.expert_full)
    is_key = not _is_unknown(importance) and float(importance or 0) >= rules.key_importance
    depth = min(1.0, sum(kind in rules.personal_kinds for kind in kinds) / rules.personal_full) if is_key else 0.0
    months = (as_of - _day(first_contact_on)).days / (365.25 / 12) if not _is_unknown(first_contact_on) else 0.0
    length = min(1.0, max(0.0, months / rules.length_months)) if kinds else 0.0
    score = 25 * (acts + expert + depth + length)
    return Trust(acts, expert, depth, length, score, LADDER[sum(score >= edge for edge in rules.ladder)])


def _departments(persons: pd.DataFrame, departments: pd.DataFrame, rules: Closeness) -> pd.DataFrame:
    """One row per department. One that only contacts name weighs 1; without any department row all contacts are one of
    as many seats as they have titles."""
    if len(departments):
        place = persons["department"]
        known = {d["department"]: (d["weight"], d["target_contacts"]) for d in departments.to_dict("records")}
        names = list(dict.fromkeys([*known, *sorted(place.dropna().unique())]))
    else:
        place = pd.Series([""] * len(persons), index=persons.index)
        known, names = {"": (1.0, max(1, persons["title"].nunique()))}, [""]
    people_of: dict[str, list[dict[Any, Any]]] = {name: [] for name in names}
    for where, person in zip(place, persons.to_dict("records"), strict=True):
        people_of.get(where, []).append(person)
    rows = []
    for name, mine in people_of.items():
        weight, target = known.get(name, (None, None))
        reached = [person for person in mine if person["is_reached"]]
        rows.append(
            {
                "department": name,
                "weight": 1.0 if _is_unknown(weight) else float(weight or 0),
                "target": rules.target_contacts if _is_unknown(target) else max(1, int(target or 0)),
                "contacts": len(mine),
                "n": len(reached),
                "closeness": sum(person["closeness"] for person in reached) / len(reached) if reached else nan,
                "is_covered": any(not _is_unknown(person["status"]) and person["status"] >= 0 for person in reached),
            }
        )
    frame = pd.DataFrame(rows)
    share = frame["weight"] / frame["weight"].sum() if frame["weight"].sum() > 0 else frame["weight"] * nan
    filled = (frame["n"] / frame["target"]).clip(upper=1)
    return frame.assign(depth=share * filled * frame["closeness"].fillna(0), breadth=100 * share * frame["is_covered"])


def _transparency(persons: pd.DataFrame) -> tuple[float, float]:
    """By importance: the share of key contacts that support us, and how much we know of them; NaN without any."""
    key = persons[persons["is_key"]]
    if key.empty:
        return nan, nan
    weight = key["importance"].astype(float)
    trusting = (key["status"] >= 1).fillna(False).astype(float)
    return float((weight * trusting).sum() / weight.sum()), float((weight * key["known_share"]).sum() / weight.sum())


def _dependence(persons: pd.DataFrame) -> tuple[float, str | None]:
    """The largest share of all contacts' closeness whose contacts one person holds, and who; NaN where no activity of
    the last days tells who made it."""
    whole = float(persons["closeness"].sum())
    if not len(persons) or whole <= 0 or persons["owned_touches"].sum() == 0:
        return nan, _first_holder(persons)[0]
    holder, held = _first_holder(persons)
    return min(1.0, held / whole), holder


def _first_holder(persons: pd.DataFrame) -> tuple[str | None, float]:
    held = persons[persons["holder_id"].notna()].groupby("holder_id")["closeness"].sum().round(6)
    if held.empty:
        return None, 0.0
    best = sorted(held.items(), key=lambda item: (-item[1], str(item[0])))[0]
    return str(best[0]), float(best[1])


def _holder(owners: Sequence[str], touches: int) -> str | None:
    """Who made more than half of some touches; `owners`: of those of which it is known."""
    owner, n = Counter(owners).most_common(1)[0] if owners else (None, 0)
    return str(owner) if 2 * n > touches else None


def _known(contact: dict[Any, Any], mine: Sequence[Mapping[Any, Any]], told: pd.DataFrame) -> tuple[str, ...]:
    """Which of the seven things of PERSONA are known of a contact."""
    who = contact["contact_id"]
    is_told = {c: bool(told.at[who, c]) if who in told.index else False for c in ("status", "decision_role")}
    facts = (
        not _is_unknown(contact["orientation"]),
        not _is_unknown(contact["status"]),
        len(mine) > 0,
        not _is_unknown(contact["importance"]),
        is_told["status"],
        any(not _is_unknown(row["opportunity_id"]) for row in mine),
        is_told["decision_role"],
    )
    return tuple(name for name, fact in zip(PERSONA, facts, strict=True) if fact)


def _day(value: Any) -> date:
    return value.date() if hasattr(value, "date") else value


def _is_unknown(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
