"""The weekly comparison with the rivals by plain loops: the twin of data/sql/history/opportunity_week.sql.

One opportunity and one week at a time, in the words of METHOD B6 and B8. Rows are dictionaries with the columns of the
contracts. Slow and literal on purpose.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from data.contracts import DIMENSIONS
from data.settings import WinRate

WEEK = timedelta(days=7)


def opportunity_weeks(
    assessments: list[dict], answers: list[dict], states: list[dict], spells: list[dict], rules: WinRate, last_day: date
) -> list[dict]:
    """Rows of mart `opportunity_week`."""
    rows = []
    for who in sorted({a["opportunity_id"] for a in assessments}):
        mine = [[r for r in table if r["opportunity_id"] == who] for table in (assessments, answers, states, spells)]
        rows += _of_one(who, *mine, rules, last_day)
    return rows


def _of_one(
    who: str,
    said: list[dict],
    answers: list[dict],
    states: list[dict],
    spells: list[dict],
    rules: WinRate,
    last_day: date,
) -> list[dict]:
    said = [a for a in said if a["week"] <= last_day]
    if not said:
        return []
    week = min(_monday(a["week"]) for a in said)
    rows: list[dict] = []
    while week <= last_day:
        row = _week(week, said, answers, states, spells, rules, min(week + timedelta(days=6), last_day))
        if row:
            before = rows[-1] if rows and rows[-1]["week"] == week - WEEK else None
            rows.append({"opportunity_id": who, **row, **_change(before, row)})
        week += WEEK
    return rows


def _week(
    week: date, said: list[dict], answers: list[dict], states: list[dict], spells: list[dict], rules: WinRate, end: date
) -> dict | None:
    state = next((s for s in states if s["valid_from"] <= end and (s["valid_to"] is None or end < s["valid_to"])), None)
    if state is None or state["status"] not in ("open", "paused", "future"):
        return None
    now = {party: entry for party in {a["party"] for a in said} if (entry := _in_force(party, week, said, rules))}
    if "us" not in now:
        return None
    us = now.pop("us")
    rivals = sorted(now.items(), key=lambda item: (-_strength(item[1], rules), item[0]))
    compared = rivals[:3]
    single = _is_single_source(answers, spells, rules, end)
    weights = {"us": _strength(us, rules) ** rules.gamma}
    weights |= {name: _strength(entry, rules) ** rules.gamma for name, entry in compared}
    if not compared and not single:
        weights[""] = weights["us"]
    share = {name: weight / sum(weights.values()) for name, weight in weights.items()}
    known = _conditions(answers, end)
    g = rules.condition_base + rules.condition_span * sum(known) / len(known) if known else None
    oldest = min([_monday(us["week"]), *(_monday(entry["week"]) for _, entry in compared)])
    newcomers = [name for name, _ in compared if _first_named(name, said) == week]
    opened = min(_monday(a["week"]) for a in said)
    row: dict[str, Any] = {
        "week": week,
        "as_of_on": end,
        **{c: state.get(c) for c in ("status", "stage", "stage_order", "amount_base", "probability", *DIMENSIONS)},
        "assessed_week": _monday(us["week"]),
        "weeks_since": (week - _monday(us["week"])).days // 7,
        "is_stale": oldest < week,
        "assessor": us["assessor"],
        "source_count": us["source_count"],
        "rival_count": len(rivals),
        "need_us": us["need_fit"],
        "closeness_us": us["closeness"],
        "is_phantom": not compared and not single,
        "is_single_source": single,
        "conditions": len(known) or None,
        "g": g,
        "p_us": share["us"],
        "p": share["us"] * (1 if g is None else g),
        "is_leading": None if not compared and not single else share["us"] >= max(share.values()),
        "new_rival": newcomers[0] if newcomers and opened < week else None,
    }
    row["is_new_rival"] = row["new_rival"] is not None
    for i, (name, suffix) in enumerate((("rival_1", "1"), ("rival_2", "2"), ("others", "others"))):
        party, entry = compared[i] if i < len(compared) else (None, {"need_fit": None, "closeness": None})
        row |= {
            name: party,
            f"need_{suffix}": entry["need_fit"],
            f"closeness_{suffix}": entry["closeness"],
            f"p_{suffix}": share[party] if party else None,
        }
    if row["is_phantom"]:
        row["p_1"] = share[""]
    return row


def _in_force(party: str, week: date, said: list[dict], rules: WinRate) -> dict | None:
    """The last entry of the latest week with one, if it is no more than `carry_weeks` old."""
    known = [
        a
        for a in said
        if a["party"] == party
        and a["need_fit"] is not None
        and a["closeness"] is not None
        and _monday(a["week"]) <= week
    ]
    if not known:
        return None
    latest = max(known, key=lambda a: a["week"])
    return latest if (week - _monday(latest["week"])).days // 7 <= rules.carry_weeks else None


def _strength(entry: dict, rules: WinRate) -> float:
    need, near = (max(rules.floor, min(100.0, entry[axis])) for axis in ("need_fit", "closeness"))
    return need**rules.need_weight * near**rules.closeness_weight


def _is_single_source(answers: list[dict], spells: list[dict], rules: WinRate, end: date) -> bool:
    spells = sorted(spells, key=lambda s: s["seen_from"])
    shown = [s for s in spells if s["seen_from"] <= end] or spells[:1]
    if not shown or shown[-1]["tender_mode"] != "single_source":
        return False
    if rules.single_source_item == "":
        return True
    proofs = sorted(
        (
            a
            for a in answers
            if a["kind"] == "control_point" and a["item"] == rules.single_source_item and a["assessed_on"] <= end
        ),
        key=lambda a: a["assessed_on"],
    )
    return bool(proofs) and (proofs[-1]["value"] or 0) >= 1


def _conditions(answers: list[dict], end: date) -> list[float]:
    """The known values of the latest answers to the necessary conditions."""
    asked = [a for a in answers if a["kind"] == "necessary_condition" and a["assessed_on"] <= end]
    latest = {
        item: max((a for a in asked if a["item"] == item), key=lambda a: a["assessed_on"])
        for item in {a["item"] for a in asked}
    }
    return [a["value"] for a in latest.values() if a["value"] is not None]


def _first_named(party: str, said: list[dict]) -> date:
    return min(_monday(a["week"]) for a in said if a["party"] == party)


def _change(before: dict | None, row: dict) -> dict:
    if before is None:
        return {"delta_us": None, "delta": None}
    comparable = (before["g"] is None) == (row["g"] is None)
    return {"delta_us": row["p_us"] - before["p_us"], "delta": row["p"] - before["p"] if comparable else None}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
