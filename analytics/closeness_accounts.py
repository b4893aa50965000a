"""Closeness over many accounts: what the board shows, who loses which relationship, is that more than chance? Pure.

The numbers of an account are those of the mart account_week (METHOD B4); here they are judged and compared.
"""

from __future__ import annotations

import re
from datetime import date
from math import isnan, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics import closeness
from analytics.statistics.estimate import CLAIM
from analytics.statistics.intervals import t_two_sided_p
from data.settings import Closeness

#: Fewest accounts of a group, and of all others, for a statement.
MIN_ACCOUNTS = 5
ALERTS = ("is_orphaned", "is_falling", "is_contact_lost", "is_narrower", "is_dependent")
SHIFTS = (
    "dimension",
    "value",
    "n",
    "change",
    "closeness_before",
    "closeness_now",
    "rest_change",
    "t",
    "p",
    "p_adjusted",
    "tests",
    "is_real",
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def masked(name: object, *, show: bool = False) -> str:
    """A person's name as far as it may be seen: the first character of each word, or all of it with `show`.

    >>> masked("张小明"), masked("Jane Doe"), masked("张小明", show=True), masked(None)
    ('张**', 'J*** D***', '张小明', '')
    """
    if not isinstance(name, str) or not name.strip() or name == "nan":
        return ""
    if show:
        return name.strip()
    words = name.split()
    if _CHINESE.match(words[0]):
        return words[0][0] + "**"
    return " ".join(word[0] + "***" for word in words)


def board(found: pd.DataFrame, courses: pd.DataFrame, rules: Closeness) -> pd.DataFrame:
    """The rows of sql/closeness_board.sql with band (analytics.closeness.BANDS; None = no score), reason (why there is
    none: no_attitude | no_org_map), alerts (of ALERTS) and course: closeness of the last weeks, NaN where unknown.

    `courses`: rows of sql/closeness_course.sql.
    """
    lines: dict[str, list[float]] = {}
    for account_id, value in zip(courses["account_id"], courses["closeness"].tolist(), strict=True):
        lines.setdefault(account_id, []).append(float(value))
    flags = zip(*(found[alert] for alert in ALERTS), strict=True)
    told = {
        "band": [closeness.band(value, rules) for value in found["closeness"]],
        "reason": ["" if is_known else "no_attitude" if has_map else "no_org_map"
                   for is_known, has_map in zip(found["closeness"].notna(), found["has_org_map"], strict=True)],
        "alerts": [tuple(alert for alert, is_on in zip(ALERTS, row, strict=True) if is_on) for row in flags],
        "course": [lines.get(account_id, []) for account_id in found["account_id"]],
    }
    return found.assign(**{name: pd.Series(said, index=found.index, dtype=object) for name, said in told.items()})


def shifts(counts: pd.DataFrame) -> pd.DataFrame:
    """Which groups of accounts came closer or drifted off, against all others: the most certain first.

    In: rows of sql/closeness_shifts.sql. Out: SHIFTS; dimension "" is everybody, tested against no change.
    Welch's t-test (1947, Biometrika 34:28), p_adjusted by Bonferroni over all groups that were tried, so that looking
    at a hundred sellers does not find a loser in pure noise. Groups of fewer than MIN_ACCOUNTS are not tried.
    """
    whole = counts[counts["dimension"] == ""]
    if whole.empty:
        return pd.DataFrame(columns=list(SHIFTS))
    everybody = whole.iloc[0].to_dict()
    groups = counts[
        (counts["dimension"] != "") & (counts["n"] >= MIN_ACCOUNTS) & (everybody["n"] - counts["n"] >= MIN_ACCOUNTS)
    ]
    rows = [_compared(row, everybody, len(groups)) for row in groups.to_dict("records")]
    rows.append(_on_its_own(everybody))
    frame = pd.DataFrame(rows, columns=list(SHIFTS))
    # two groups that make up a whole have one p; its last digits must not decide which of them comes first
    order = ["p_adjusted", "p", "dimension", "value"]
    return frame.sort_values(order, kind="stable", key=lambda c: c.round(9) if c.dtype.kind == "f" else c,
                             ignore_index=True)


def lost_with(found: pd.DataFrame) -> dict[Any, Any] | None:
    """The row of `shifts` of the person with whom closeness was really lost, most certainly of all; held accounts come
    before owned ones. None where it was lost with nobody."""
    real = found[found["is_real"] & (found["change"] < 0) & (found["change"] < found["rest_change"])]
    for dimension in ("holder_id", "owner_id"):
        mine = real[real["dimension"] == dimension]
        if len(mine):
            return mine.iloc[0].to_dict()
    return None


#: What `weeks_of` keeps of an account's week.
_PARTS = ("closeness", "depth", "breadth", "transparency", "person_dependence")


def weeks_of(course: pd.DataFrame) -> pd.DataFrame:
    """Mean closeness, parts and person dependence of several accounts by week: as_of_on, accounts (n measured), parts.

    In: rows of sql/closeness_course.sql; weeks in which nobody can have been reached yet are left out.
    """
    judged = course[~course["is_short_history"].fillna(False).astype(bool)]
    grouped = judged.groupby("as_of_on", sort=True)
    return grouped[list(_PARTS)].mean().assign(accounts=grouped["closeness"].count()).reset_index()


def fall(weeks: pd.DataFrame, before: float, now: float, start: date | None = None) -> tuple[date, date] | None:
    """Between which days most of a fall from `before` to `now` points happened: from the last week of less than a tenth
    of it to the first of more than nine tenths, from `start` on. None where the weeks do not show it."""
    known = weeks[weeks["closeness"].notna() & (weeks["as_of_on"] >= pd.Timestamp(start or date.min))]
    part = (before - known["closeness"].to_numpy()) / (before - now)
    if before <= now or not (part > 0.9).any():
        return None
    last = int(np.argmax(part > 0.9))
    whole = np.flatnonzero(part[:last] < 0.1)
    days = known["as_of_on"].dt.date.to_list()
    return days[int(whole[-1]) if len(whole) else 0], days[last]


def _compared(row: dict[Any, Any], everybody: dict[Any, Any], tests: int) -> dict[str, Any]:
    n, rest = row["n"], everybody["n"] - row["n"]
    mean, spread = _moments(n, row["total"], row["squares"])
    other, other_spread = _moments(rest, everybody["total"] - row["total"], everybody["squares"] - row["squares"])
    a, b = spread / n, other_spread / rest
    rest_change = (everybody["change"] * everybody["n"] - row["change"] * n) / rest
    found = _kept(row) | {
        "rest_change": rest_change,
        "tests": tests,
        "t": nan,
        "p": nan,
        "p_adjusted": nan,
        "is_real": False,
    }
    if a + b <= 0:
        return found
    t = (mean - other) / sqrt(a + b)
    freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (rest - 1))
    p = t_two_sided_p(t, max(1, int(freedom)))
    adjusted = min(1.0, p * tests)
    return found | {"t": t, "p": p, "p_adjusted": adjusted, "is_real": adjusted < 1 - CLAIM}


def _on_its_own(row: dict[Any, Any]) -> dict[str, Any]:
    found = _kept(row) | {"rest_change": nan, "tests": 1, "t": nan, "p": nan, "p_adjusted": nan, "is_real": False}
    mean, spread = _moments(row["n"], row["total"], row["squares"])
    if row["n"] < MIN_ACCOUNTS or spread <= 0:
        return found
    t = mean / sqrt(spread / row["n"])
    p = t_two_sided_p(t, int(row["n"]) - 1)
    return found | {"t": t, "p": p, "p_adjusted": p, "is_real": p < 1 - CLAIM}


def _kept(row: dict[Any, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("dimension", "value", "n", "change", "closeness_before", "closeness_now")}


def _moments(n: float, total: float, squares: float) -> tuple[float, float]:
    """Mean and sample variance from sums."""
    return total / n, max(0.0, (squares - total**2 / n) / (n - 1)) if n > 1 else 0.0


def formula(result: closeness.Account, rules: Closeness) -> pd.DataFrame:
    """The account's score with its own numbers, one row a part: part (depth, breadth, transparency, closeness), weight,
    value, points = weight x value. Without key contacts the weight of transparency goes to the other two."""
    parts = [
        ("depth", rules.depth_weight, result.depth),
        ("breadth", rules.breadth_weight, result.breadth),
        ("transparency", rules.transparency_weight, result.transparency),
    ]
    whole = sum(w for _, w, v in parts if not isnan(v))
    rows = [
        {
            "part": name,
            "weight": nan if isnan(v) else w / whole,
            "value": v,
            "points": nan if isnan(v) else w / whole * v,
        }
        for name, w, v in parts
    ]
    total = {
        "part": "closeness",
        "weight": 1.0 if whole else nan,
        "value": result.closeness,
        "points": result.closeness,
    }
    return pd.DataFrame([*rows, total])


def coverage(people: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """The matrix department x level, one row a cell with anybody in it, one per department without anybody (level NaN).

    In: analytics.closeness.people; the departments of analytics.closeness.Account. Level = importance 5 to 1, NaN where
    it is not known. Out: department (None = not known), level, contacts, reached, supporting (attitude 1 or more),
    opposing, unknown (attitude), weight, target, n (reached of the department), is_covered.
    """
    cells = people.assign(
        level=people["importance"].astype("float64"),
        department=people["department"].astype(object),
        reached=people["is_reached"].astype(int),
        supporting=(people["status"] >= 1).fillna(False).astype(int),
        opposing=(people["status"] == closeness.OPPOSES).fillna(False).astype(int),
        unknown=people["status"].isna().astype(int),
        contacts=1,
    )
    sums = ["contacts", "reached", "supporting", "opposing", "unknown"]
    found = cells.groupby(["department", "level"], dropna=False, sort=False)[sums].sum().reset_index()
    empty = [d for d in departments["department"] if d and d not in set(found["department"])]
    found = pd.concat(
        [found, pd.DataFrame({"department": empty, "level": nan, **dict.fromkeys(sums, 0)})], ignore_index=True
    )
    known = departments[["department", "weight", "target", "n", "is_covered"]].assign(
        department=departments["department"].astype(object)
    )
    order = ["weight", "department", "level"]
    found = found.merge(known, on="department", how="left")
    found = found.sort_values(order, ascending=[False, True, False], kind="stable", na_position="last")
    return found.reset_index(drop=True)


def map_people(people: pd.DataFrame, roles: pd.DataFrame, *, show_names: bool) -> pd.DataFrame:
    """The contacts of a map: contact_id, who (masked name), title, department, importance, status, is_reached, touches,
    closeness, holder_id, last_touch_on, roles (decision roles in open chains, by name).

    In: analytics.closeness.people (with name), rows of sql/account_roles.sql.
    """
    latest = roles[roles["is_latest"] & roles["decision_role"].notna()]
    named = {c: tuple(sorted(set(part["decision_role"]))) for c, part in latest.groupby("contact_id", sort=False)}
    columns = [
        "contact_id",
        "title",
        "department",
        "importance",
        "status",
        "is_reached",
        "touches",
        "closeness",
        "holder_id",
        "last_touch_on",
        "known_share",
    ]
    return people[columns].assign(
        who=[masked(name, show=show_names) for name in people["name"]],
        roles=pd.Series([named.get(c, ()) for c in people["contact_id"]], index=people.index, dtype=object),
    )


def gaps(people: pd.DataFrame, departments: pd.DataFrame) -> pd.DataFrame:
    """What is missing on a map, the heaviest first: gap (empty_department | not_covered | key_unreached | key_opposed |
    attitude_unknown), department, contact_id (None for departments), weight."""
    rows: list[dict[str, Any]] = []
    for place in departments.to_dict("records"):
        if place["department"] and not place["is_covered"]:
            kind = "empty_department" if place["contacts"] == 0 else "not_covered"
            rows.append(
                {"gap": kind, "department": place["department"], "contact_id": None, "weight": 10 * place["weight"]}
            )
    for person in people[people["importance"].fillna(0) >= 4].to_dict("records"):
        kind = (
            "key_opposed"
            if person["status"] == closeness.OPPOSES
            else "key_unreached"
            if not person["is_reached"]
            else "attitude_unknown"
            if pd.isna(person["status"])
            else ""
        )
        if kind:
            rows.append(
                {
                    "gap": kind,
                    "department": person["department"],
                    "contact_id": person["contact_id"],
                    "weight": float(person["importance"]),
                }
            )
    frame = pd.DataFrame(rows, columns=["gap", "department", "contact_id", "weight"])
    return frame.sort_values("weight", ascending=False, kind="stable").reset_index(drop=True)


def chains(counts: pd.DataFrame) -> pd.DataFrame:
    """Shares of sql/chains.sql, all but the first of those with anybody named: named_share, single_share,
    people_per_deal, coverage (the metric chain_coverage)."""
    n, named = counts["n"].replace(0, np.nan), counts["named"].replace(0, np.nan)
    return counts.assign(
        named_share=counts["named"] / n,
        single_share=counts["single"] / named,
        people_per_deal=counts["people"] / named,
        coverage=counts["coverage_sum"] / named,
    )


def totals(summary: pd.DataFrame) -> dict[str, float]:
    """sql/closeness_summary.sql added up over segments, `mean` closeness of the measured accounts added."""
    numbers = [c for c in summary.columns if c != "segment"]
    found = {name: float(summary[name].sum()) for name in numbers}
    return found | {"mean": found["closeness"] / found["measured"] if found["measured"] else nan}


def change_over(course: pd.DataFrame, weeks: int) -> float:
    """By how much the four-week mean of one account changed over the last `weeks` weeks; NaN where it is not known."""
    means = course["mean"].to_numpy() if len(course) else []
    return float(means[-1] - means[-1 - weeks]) if len(means) > weeks else nan
