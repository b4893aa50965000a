"""The weekly closeness of accounts by plain loops: the twin of touch.sql, contact_week.sql and account_week.sql.

One account and one week at a time, in the words of METHOD B2 to B4. Rows are dictionaries with the columns of the
contracts. Slow and literal on purpose.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from math import log
from typing import Any
from zoneinfo import ZoneInfo

from data.settings import Closeness

Tables = dict[str, list[dict]]


def account_weeks(tables: Tables, rules: Closeness, zone: str, last_day: date) -> list[dict]:
    """Rows of mart `account_week`, without the dimensions."""
    acts = [
        {**a, "day": a["occurred_at"].astimezone(ZoneInfo(zone)).date()}
        for a in tables["activity"]
        if a["contact_id"] is not None and a["is_valid"] is not False
    ]
    acts = [a for a in acts if a["day"] <= last_day]
    if not acts or not tables["contact"]:
        return []
    begins = min(a["day"] for a in acts)
    rows = []
    for account in sorted({c["account_id"] for c in tables["contact"]}):
        week = _monday(min(c["snapshot_date"] for c in tables["contact"]))
        while week <= last_day:
            end = min(week + timedelta(days=6), last_day)
            if end >= begins:
                row = _account(account, end, tables, acts, begins, rules)
                rows += [{"account_id": account, "week": week, "as_of_on": end, **row}] if row else []
            week += timedelta(days=7)
    return rows


def _account(account: str, end: date, tables: Tables, acts: list[dict], begins: date, rules: Closeness) -> dict | None:
    people = _latest(tables["contact"], account, end)
    if not people:
        return None
    places = _latest(tables["department"], account, end)
    for person in people:
        _measure(
            person, end, tables, [a for a in acts if a["contact_id"] == person["contact_id"] and a["day"] <= end], rules
        )
    measured = any(p["status"] is not None for p in people)
    departments = _departments(people, places, rules)
    weight = sum(d["weight"] for d in departments)
    depth = breadth = trust = knowledge = transparency = closeness = None
    if measured and weight > 0:
        depth = (
            sum(
                d["weight"] * min(1, len(d["reached"]) / d["target"]) * _mean([p["c"] for p in d["reached"]])
                for d in departments
            )
            / weight
        )
        breadth = 100 * sum(d["weight"] for d in departments if d["covered"]) / weight
    key = [p for p in people if p["importance"] is not None and p["importance"] >= rules.key_importance]
    if key:
        total = sum(p["importance"] for p in key)
        knowledge = sum(p["importance"] * p["known"] / 7 for p in key) / total
        if measured:
            trust = sum(p["importance"] for p in key if (p["status"] or 0) >= 1) / total
            transparency = 100 * (rules.trust_weight * trust + (1 - rules.trust_weight) * knowledge)
    if places and depth is not None and breadth is not None:
        parts = [(rules.depth_weight, depth), (rules.breadth_weight, breadth)]
        parts += [(rules.transparency_weight, transparency)] if transparency is not None else []
        closeness = sum(w * v for w, v in parts) / sum(w for w, _ in parts)
    drop, who = _coolest(people, tables["contact"], end - timedelta(weeks=rules.drop_weeks), rules)
    dates = [p["last"] for p in people if p["last"]]
    return {
        "closeness": closeness,
        "depth": depth,
        "breadth": breadth,
        "transparency": transparency,
        "trust_share": trust,
        "knowledge_share": knowledge,
        **_dependence(people),
        "has_org_map": bool(places),
        "is_short_history": end < begins + timedelta(days=rules.reached_days),
        "n_departments": len(departments),
        "n_covered": sum(d["covered"] for d in departments),
        "n_contacts": len(people),
        "n_reached": sum(bool(p["recent"]) for p in people),
        "n_key": len(key),
        "n_key_trust": sum((p["status"] or 0) >= 1 for p in key),
        "n_unknown_status": sum(p["status"] is None for p in people),
        "n_opponents": sum(p["status"] == -2 for p in people),
        "contact_closeness": _mean([p["c"] for p in people]),
        "last_touch_on": max(dates, default=None),
        "n_touches": sum(len(p["recent"]) for p in people),
        "status_drop": drop,
        "status_drop_contact": who,
    }


def _latest(rows: list[dict], account: str, end: date) -> list[dict]:
    """Copies of an account's rows of its latest snapshot up to a day."""
    dates = [r["snapshot_date"] for r in rows if r["account_id"] == account and r["snapshot_date"] <= end]
    return [dict(r) for r in rows if r["account_id"] == account and dates and r["snapshot_date"] == max(dates)]


def _measure(person: dict, end: date, tables: Tables, acts: list[dict], rules: Closeness) -> None:
    """Adds to a contact: c (closeness), recent (touches), last (touch), holder, known (0 to 7)."""
    energy = 0.0
    last_greeting: date | None = None
    for day in sorted({a["day"] for a in acts}):
        greetings = []
        for a in (a for a in acts if a["day"] == day):
            weight = rules.activity_weights.get(a["kind"].lower(), rules.other_activity)
            if a["kind"].lower() in rules.capped:
                greetings.append(weight)
            else:
                energy += weight * 2 ** (-(end - day).days / rules.half_life_days)
        if greetings and (last_greeting is None or (day - last_greeting).days >= rules.capped_days):
            last_greeting = day
            energy += max(greetings) * 2 ** (-(end - day).days / rules.half_life_days)
    days = rules.cadence_days[person["importance"] - 1] if person["importance"] else rules.unknown_cadence_days
    interaction = min(1.0, energy / (rules.half_life_days / (days * log(2))))
    attitude = rules.unknown_attitude if person["status"] is None else (person["status"] + 2) / 4
    person["c"] = 100 * attitude * (0.5 + 0.5 * interaction)
    person["recent"] = [a for a in acts if (end - a["day"]).days < rules.reached_days]
    person["last"] = max((a["day"] for a in acts), default=None)
    names = Counter(a["owner_id"] for a in person["recent"] if a["owner_id"] is not None)
    person["holder"] = next((n for n, count in names.items() if 2 * count > len(person["recent"])), None)
    told = [
        r
        for r in tables["opportunity_contact"]
        if r["contact_id"] == person["contact_id"] and r["snapshot_date"] <= end
    ]
    facts: list[Any] = [
        person["orientation"] is not None,
        person["status"] is not None,
        person["importance"] is not None,
        acts,
        any(a["opportunity_id"] is not None for a in acts),
        any(r["status"] is not None for r in told),
        any(r["decision_role"] is not None for r in told),
    ]
    person["known"] = sum(bool(fact) for fact in facts)


def _departments(people: list[dict], places: list[dict], rules: Closeness) -> list[dict]:
    if not places:
        titles = {p["title"] for p in people if p["title"] is not None}
        found = [{"weight": 1.0, "target": max(1, len(titles)), "people": people}]
    else:
        names = [p["department"] for p in places]
        names += sorted({p["department"] for p in people if p["department"] is not None} - set(names))
        found = []
        for name in names:
            place = next((p for p in places if p["department"] == name), {"weight": None, "target_contacts": None})
            target = place["target_contacts"]
            found.append(
                {
                    "weight": 1.0 if place["weight"] is None else place["weight"],
                    "target": rules.target_contacts if target is None else max(1, target),
                    "people": [p for p in people if p["department"] == name],
                }
            )
    for d in found:
        d["reached"] = [p for p in d["people"] if p["recent"]]
        d["covered"] = any(p["status"] is not None and p["status"] >= 0 for p in d["reached"])
    return found


def _dependence(people: list[dict]) -> dict:
    whole = sum(p["c"] for p in people)
    held: Counter[str] = Counter()
    for p in people:
        if p["holder"]:
            held[p["holder"]] += p["c"]
    best = min(held, key=lambda name: (-round(held[name], 6), name)) if held else None
    is_known = any(a["owner_id"] is not None for p in people for a in p["recent"])
    return {
        "holder_id": best,
        "person_dependence": (held[best] if best else 0) / whole if whole > 0 and is_known else None,
    }


def _coolest(people: list[dict], contacts: list[dict], then: date, rules: Closeness) -> tuple[int | None, str | None]:
    drops = []
    for p in people:
        before = [c for c in contacts if c["snapshot_date"] <= then
                  and (c["account_id"], c["contact_id"]) == (p["account_id"], p["contact_id"])]
        if not before or p["status"] is None or p["importance"] is None or p["importance"] < rules.drop_importance:
            continue
        old = max(before, key=lambda c: c["snapshot_date"])["status"]
        if old is not None and old > p["status"]:
            drops.append((p["status"] - old, p["contact_id"]))
    return (-min(drops)[0], min(drops)[1]) if drops else (None, None)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
