"""The comparison with the rivals over many opportunities, and its story on one (METHOD B6, B10). Pure.

The formulas are those of analytics/comparison.py; here rows of data/sql/win_movers.sql, win_portfolio.sql,
rivals_met.sql and of the mart `opportunity_week` become what a page shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from analytics import comparison
from analytics.cells import Cells
from analytics.statistics.estimate import LEVEL, z_of
from data.settings import WinRate

#: What needs a look, in the order in which it is said; each is a flag of win_movers.sql with "is_" before it.
EVENTS = ("lead_lost", "doomed", "jump", "less_certain", "new_rival", "silent")
#: Columns of `movers` after the ones that say which opportunity it is.
MOVED = (
    "week",
    "p_before",
    "p",
    "delta",
    "p_us",
    "g",
    "rival",
    "new_rival",
    "is_phantom",
    "is_stale",
    "assessed_week",
    "happened",
    "why_party",
    "why_axis",
    "why_before",
    "why_after",
    "why_points",
)
_DRIVERS = ("party", "axis", "before", "after", "log_ratio", "points")
BINS = 5


def movers(frame: pd.DataFrame, rules: WinRate) -> pd.DataFrame:
    """Opportunities with what happened (happened: names of EVENTS, comma between) and the term that moved P most.

    In: rows of win_movers.sql. why_*: the largest of comparison.drivers between the two weeks; empty where there is no
    week before, or nothing moved.
    """
    found = [_largest(now, before, rules) for now, before in zip(frame["now"], frame["before"], strict=True)]
    flags = zip(*(frame[f"is_{event}"].tolist() for event in EVENTS), strict=True)
    happened = [",".join(event for event, is_so in zip(EVENTS, row, strict=True) if _true(is_so)) for row in flags]
    words = {"happened": happened, **{f"why_{name}": [row.get(name) for row in found] for name in ("party", "axis")}}
    numbers = {f"why_{name}": [row.get(name) for row in found] for name in ("before", "after", "points")}
    frame = frame.drop(columns=["now", "before", *(f"is_{event}" for event in EVENTS)])
    return frame.assign(**{name: pd.Series(said, index=frame.index, dtype="str") for name, said in words.items()},
                        **{name: pd.Series(told, index=frame.index, dtype="float64") for name, told in numbers.items()})


def events(counts: pd.DataFrame) -> pd.DataFrame:
    """How many open opportunities need a look: event (of EVENTS in their order, the last row "" = anything at all),
    n, amount, and n of each segment in a column "n:" and its key. In: rows of win_events.sql by segment, in order."""
    found = {(event, segment): (n, amount) for event, segment, n, amount in zip(
        counts["event"], counts["segment"], counts["n"], counts["amount"], strict=True)}
    segments = list(dict.fromkeys(segment for _, segment in found))
    rows = []
    for event in (*EVENTS, ""):
        mine = {segment: found[event, segment] for segment in segments if (event, segment) in found}
        per_segment = {f"n:{segment}": int(mine[segment][0]) if segment in mine else 0 for segment in segments}
        known = [amount for _, amount in mine.values() if pd.notna(amount)]
        amount = sum(known) if known or not mine else np.nan
        rows.append({"event": event, "n": sum(per_segment.values()), "amount": float(amount), **per_segment})
    return pd.DataFrame(rows)


def _largest(now: Any, before: Any, rules: WinRate) -> dict[str, Any]:
    if not (_is_compared(now) and _is_compared(before)):
        return {}
    return next(iter(comparison.terms(before, now, rules)), {})


def _is_compared(row: Any) -> bool:
    return isinstance(row, Mapping) and pd.notna(row.get("p_us"))


#: Columns of `portfolio`; counts per stage and of all (stage ""). bin_0 … bin_4: compared ones by fifths of P.
PORTFOLIO = (
    "pipeline",
    "stage",
    "n",
    "amount",
    "compared",
    "never_assessed",
    "lapsed",
    "silent",
    "phantom",
    "g_unknown",
    "leading",
    "expected",
    "expected_low",
    "expected_high",
    "expected_if",
    "promised",
    "n_promised",
    "crm",
    "n_crm",
    "amount_expected",
    *(f"bin_{i}" for i in range(BINS)),
)


def portfolio(counts: pd.DataFrame, order: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Open opportunities by stage, with the wins that the comparison expects beside those that the stages promise.

    In: rows of win_portfolio.sql; `order`: (pipeline, stage) as they are to stand. The whole comes last (pipeline and
    stage ""). expected: sum of P over the compared; expected_low, expected_high: its 95 % range, if every P were true
    and all independent; expected_if: the same if all projects went ahead; promised, crm: sums of the stage's default
    and of the CRM's probability over the compared that have one (n_promised, n_crm); lapsed: assessed once, but so long
    ago that it does not count any more.
    """
    if counts.empty:
        return pd.DataFrame(columns=list(PORTFOLIO))
    numbers = counts.columns.difference(["pipeline", "stage"])
    cells = Cells({name: counts[name].to_numpy(float, na_value=np.nan) for name in numbers}, len(counts))
    stages = list(zip(counts["pipeline"], counts["stage"], strict=True))
    place = {pair: i for i, pair in enumerate(order)}
    rows = [_stage(cells.where(np.array([stage == pair for stage in stages])), *pair)
            for pair in sorted(dict.fromkeys(stages), key=lambda pair: place.get(pair, len(place)))]
    return pd.DataFrame([*rows, _stage(cells, "", "")])[list(PORTFOLIO)]


def _stage(part: Cells, pipeline: str, stage: str) -> dict[str, Any]:
    is_in = part["bin"] >= 0
    compared, n, ever = (int(c.sum()) for c in (part["n"][is_in], part["n"], part["ever_assessed"]))
    expected, variance, if_all = (float(np.nansum(part[name])) for name in ("p_sum", "variance_sum", "p_us_sum"))
    half = z_of(LEVEL) * sqrt(variance)
    row = {
        "pipeline": pipeline,
        "stage": stage,
        "n": n,
        "amount": _sum(part["amount"]),
        "compared": compared,
        "never_assessed": n - ever,
        "lapsed": ever - compared,
    }
    row |= {name: int(part[name].sum()) for name in ("silent", "phantom", "g_unknown", "leading", "n_default", "n_crm")}
    known = compared > 0
    row |= {
        "expected": expected if known else np.nan,
        "expected_low": max(0.0, expected - half) if known else np.nan,
        "expected_high": min(float(compared), expected + half) if known else np.nan,
        "expected_if": if_all if known else np.nan,
        "n_promised": row.pop("n_default"),
        "promised": _sum(part["default_sum"]),
        "crm": _sum(part["crm_sum"]),
        "amount_expected": _sum(part["amount_expected"]),
    }
    return row | {f"bin_{i}": int(part["n"][part["bin"] == i].sum()) for i in range(BINS)}


def _sum(values: np.ndarray) -> float:
    """A sum of what is known; of nothing known it is not known."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else np.nan


def rivals(met: pd.DataFrame) -> pd.DataFrame:
    """Open opportunities by strongest rival, most met first: rival, n, leading, amount, p_us and p_rival (mean shares
    if the projects go ahead), need_us, need_rival, closeness_us, closeness_rival (mean scores)."""
    frame = met.sort_values(["n", "rival"], ascending=[False, True], kind="stable").reset_index(drop=True)
    for name in ("p_us", "p_rival", "need_us", "need_rival", "closeness_us", "closeness_rival"):
        frame[name] = frame[f"{name}_sum"] / frame["n"]
    return frame.drop(columns=[c for c in frame.columns if c.endswith("_sum")])


def curves(weeks: pd.DataFrame) -> pd.DataFrame:
    """The share of every party week by week, if the project goes ahead: week, party ("us", names, "phantom"), share.

    In: rows of the mart of one opportunity in time order. Shares of a week add up to 1. A week in which a party is not
    compared has no row for it.
    """
    rows: list[dict[str, Any]] = []
    for row in weeks.to_dict("records"):
        rows.append({"week": row["week"], "party": comparison.US, "share": row["p_us"]})
        if row["is_phantom"]:
            rows.append({"week": row["week"], "party": comparison.PHANTOM, "share": row["p_1"]})
            continue
        for name, share in (("rival_1", "p_1"), ("rival_2", "p_2"), ("others", "p_others")):
            if isinstance(row[name], str) and pd.notna(row[share]):
                rows.append({"week": row["week"], "party": row[name], "share": row[share]})
    return pd.DataFrame(rows, columns=["week", "party", "share"]).astype({"party": "str", "share": "float64"})


def happened(weeks: pd.DataFrame, last_day: pd.Timestamp, rules: WinRate) -> pd.DataFrame:
    """What happened to one opportunity: week, event (of EVENTS), before, after (P, or g), detail (the new rival).

    In: rows of the mart in time order. Silence is told once, on the day from which it lasts.
    """
    rows: list[dict[str, Any]] = []
    previous: dict[Any, Any] | None = None
    was_doomed = False
    for row in weeks.to_dict("records"):
        is_next = previous is not None and (row["week"] - previous["week"]).days == 7
        if is_next and previous is not None:
            rows += _between(previous, row, rules)
        if row["is_new_rival"]:
            rows.append(_event(row["week"], "new_rival", detail=str(row["new_rival"])))
        is_doomed = row["p"] < rules.doomed_below and row["stage_order"] >= rules.doomed_from_stage
        if is_doomed and not was_doomed:
            rows.append(_event(row["week"], "doomed", after=row["p"]))
        was_doomed, previous = is_doomed, row
    rows += _silences(weeks["assessed_week"].drop_duplicates().tolist(), last_day, rules.silent_days)
    frame = pd.DataFrame(rows, columns=["week", "event", "before", "after", "detail"])
    frame = frame.astype({"event": "str", "before": "float64", "after": "float64", "detail": "str"})
    return frame.assign(week=pd.to_datetime(frame["week"])).sort_values("week", kind="stable").reset_index(drop=True)


def _between(old: Mapping[Any, Any], new: Mapping[Any, Any], rules: WinRate) -> list[dict[str, Any]]:
    rows = []
    if pd.notna(new["delta"]) and abs(new["delta"]) >= rules.event_points / 100:
        rows.append(_event(new["week"], "jump", old["p"], new["p"]))
    if _true(old["is_leading"]) and pd.notna(new["is_leading"]) and not _true(new["is_leading"]):
        rows.append(_event(new["week"], "lead_lost", old["p"], new["p"]))
    if pd.notna(old["g"]) and pd.notna(new["g"]) and new["g"] < old["g"]:
        rows.append(_event(new["week"], "less_certain", old["g"], new["g"]))
    return rows


def _silences(told: Sequence[pd.Timestamp], last_day: pd.Timestamp, days: int) -> list[dict[str, Any]]:
    """The day on which each gap between two assessments (and since the last one) had lasted `days`."""
    ends = [*told[1:], last_day] if told else []
    due = [(at + pd.Timedelta(days=days), end) for at, end in zip(told, ends, strict=True)]
    return [
        _event(day, "silent") for day, end in due if end >= day and (end - day).days >= (0 if end == last_day else 1)
    ]


def _event(week: Any, event: str, before: float = np.nan, after: float = np.nan, detail: str = "") -> dict[str, Any]:
    return {"week": week, "event": event, "before": before, "after": after, "detail": detail}


def _true(value: Any) -> bool:
    return bool(pd.notna(value) and value)


def why(weeks: pd.DataFrame, back: int, rules: WinRate) -> pd.DataFrame:
    """What moved P between the last week and the latest one at least `back` weeks earlier, or the first one there is
    (columns: comparison.drivers).

    The two rows are the frame's attrs["from"] and attrs["to"] (week, p), None where there are no two.
    """
    empty = pd.DataFrame(columns=list(_DRIVERS))
    if len(weeks) < 2:
        return _between_weeks(empty, None, None)
    last = weeks.iloc[-1]
    earlier = weeks[weeks["week"] <= last["week"] - pd.Timedelta(weeks=back)]
    first = earlier.iloc[-1] if len(earlier) else weeks.iloc[0]
    return _between_weeks(comparison.drivers(first.to_dict(), last.to_dict(), rules), first, last)


def _between_weeks(frame: pd.DataFrame, first: pd.Series | None, last: pd.Series | None) -> pd.DataFrame:
    for name, row in (("from", first), ("to", last)):
        frame.attrs[name] = None if row is None else {"week": row["week"].isoformat()[:10], "p": float(row["p"])}
    return frame


def standing(weeks: pd.DataFrame, rules: WinRate) -> dict[str, Any]:
    """The latest week in one row: week, p, p_us, g, assessor, source_count, assessed_week, is_stale, is_phantom, rival,
    volatility (percentage points), ratio (our strength to the top rival's) and hint (METHOD B10; None: no rival)."""
    if weeks.empty:
        return {}
    row = weeks.iloc[-1].to_dict()
    us, against = comparison.parties_of(row)
    g = None if pd.isna(row["g"]) else float(row["g"])
    ratio = (
        comparison.strength(us, rules) / comparison.strength(comparison.strongest(against, rules)[0], rules)
        if against
        else None
    )
    changes = comparison.volatility([100 * d for d in weeks["delta"].tolist()], rules)
    names = ("week", "p", "p_us", "g", "assessor", "source_count", "assessed_week", "is_stale", "is_phantom")
    return {name: row[name] for name in names} | {
        "rival": row["rival_1"] if isinstance(row["rival_1"], str) else None,
        "volatility": changes,
        "ratio": ratio,
        "hint": comparison.hint(us, against, g, rules, is_incumbent=row.get("type") in comparison.INCUMBENT),
    }


def named(codes: str) -> Iterable[str]:
    """The events that a cell of `movers` holds."""
    return [code for code in codes.split(",") if code]
