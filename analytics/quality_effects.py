"""What bad data do to the numbers: how far a headline could move if the doubtful rows went one way or the other. Pure.

No forecast and no interval: bounds. Each problem is looked at alone, all its rows on one side and then all on the
other, per segment (KA and SMB are never added up). The amounts that nobody wrote down are taken as the tenth and as the
nine-tenths point of the known ones of the segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from data.scope import UNKNOWN

#: metric (key of the registry), segment, pipeline (of conversion), problem, rows: how many records; value: the
#: headline now; low, high: as far as it could go; reach: the further of the two, in the metric's unit; relative:
#: reach / value; down, up: low and high as changes of the value, as shares of it
EFFECTS = (
    "metric",
    "segment",
    "pipeline",
    "problem",
    "rows",
    "value",
    "low",
    "high",
    "reach",
    "relative",
    "down",
    "up",
)
PROBLEMS = ("overdue", "deleted", "undated", "no_segment", "no_amount", "duplicates", "entry_unknown", "uncreated")


class Effect(NamedTuple):
    """One problem's hold on one headline."""

    metric: str
    segment: str
    pipeline: str
    problem: str
    rows: int
    value: float
    low: float
    high: float


def effects(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every problem with every headline that it can move, largest relative effect first (columns: EFFECTS).

    `answers`, each per segment: "win" (win_rate.count), "open" (pipeline.open), "first" (conversion.reached of first
    stages), "days" (sql/cycle_closed.sql), "gaps" (sql/quality_gaps.sql), "twins" (quality.twins: certain and likely).
    """
    gaps = {row["segment"]: row for row in answers["gaps"].to_dict("records")}
    segments = [s for s in gaps if s != UNKNOWN] or list(gaps)
    found: list[Effect] = []
    for segment in segments:
        gap = gaps[segment]
        found += _win_rate(segment, gap, answers["win"])
        found += _open(segment, gap, answers["open"], answers["twins"])
        found += _first_step(segment, answers["first"])
        found += _cycle(segment, gap, answers["days"])
    frame = pd.DataFrame([e for e in found if e.rows > 0], columns=list(EFFECTS[:8]))
    number = frame[["value", "low", "high"]].astype(float)
    reach = np.fmax(number["high"] - number["value"], number["value"] - number["low"])
    base = number["value"].where(number["value"] > 0)
    frame = frame.assign(
        reach=reach, relative=reach / base, down=number["low"] / base - 1, up=number["high"] / base - 1
    )
    order = frame.assign(by=frame["relative"].fillna(np.inf)).sort_values(
        ["by", "rows"], ascending=False, kind="stable"
    )
    return order[list(EFFECTS)].reset_index(drop=True)


def _win_rate(segment: str, gap: Mapping[Any, Any], win: pd.DataFrame) -> Iterator[Effect]:
    row, other = _row(win, segment), _row(win, UNKNOWN)
    if not row or not row["n"]:
        return
    won, n = row["won"], row["n"]
    either = {
        "overdue": (gap["open_overdue"],) * 2,
        "deleted": (gap["deleted"],) * 2,
        "undated": (gap["won_undated"], gap["lost_undated"]),
    }
    if other and segment != UNKNOWN:
        either["no_segment"] = (other["won"], other["lost"])
    for problem, (as_won, as_lost) in either.items():
        rows = as_won if as_won == as_lost and problem in ("overdue", "deleted") else as_won + as_lost
        yield Effect(
            "win_rate.count",
            segment,
            "",
            problem,
            int(rows),
            won / n,
            won / (n + as_lost),
            (won + as_won) / (n + as_won),
        )


def _open(segment: str, gap: Mapping[Any, Any], stock: pd.DataFrame, twins: pd.DataFrame) -> Iterator[Effect]:
    row, other = _row(stock, segment), _row(stock, UNKNOWN)
    if not row:
        return
    if pd.isna(row["amount"]):  # not one amount is known: there is no headline that could be bounded
        nothing = float("nan")
        yield Effect("pipeline.open", segment, "", "no_amount", int(gap["open_no_amount"]), nothing, nothing, nothing)
        return
    amount = float(row["amount"])
    mine = twins[twins["segment"] == segment]
    moves = [
        (
            "no_amount",
            gap["open_no_amount"],
            gap["open_no_amount"] * _or_zero(gap["small_amount"]),
            gap["open_no_amount"] * _or_zero(gap["large_amount"]),
        ),
        ("overdue", gap["open_overdue"], -float(gap["overdue_amount"]), 0.0),
        ("duplicates", len(mine), -float(mine["amount"].sum()), 0.0),
    ]
    if other and segment != UNKNOWN:
        moves.append(("no_segment", other["n"], 0.0, _or_zero(other["amount"])))
    for problem, rows, down, up in moves:
        yield Effect("pipeline.open", segment, "", problem, int(rows), amount, amount + down, amount + up)


def _first_step(segment: str, first: pd.DataFrame) -> Iterator[Effect]:
    for row in first[(first["segment"] == segment) & (first["n"] > 0)].to_dict("records"):
        reached, n = row["reached"], row["n"]
        for problem in ("entry_unknown", "deleted"):
            rows = row[problem]
            yield Effect(
                "conversion.reached",
                segment,
                row["pipeline"],
                problem,
                int(rows),
                reached / n,
                reached / (n + rows),
                (reached + rows) / (n + rows),
            )
        other = first[(first["segment"] == UNKNOWN) & (first["pipeline"] == row["pipeline"])].to_dict("records")
        if other and segment != UNKNOWN:
            went, stayed = other[0]["reached"], other[0]["n"] - other[0]["reached"]
            yield Effect(
                "conversion.reached",
                segment,
                row["pipeline"],
                "no_segment",
                int(went + stayed),
                reached / n,
                reached / (n + stayed),
                (reached + went) / (n + went),
            )


def _cycle(segment: str, gap: Mapping[Any, Any], days: pd.DataFrame) -> Iterator[Effect]:
    won = days[(days["outcome"] == "won") & days["days"].notna()]
    mine, other = (won[won["segment"] == s] for s in (segment, UNKNOWN))
    if mine.empty:
        return
    value = median_of(mine)
    missing = int(gap["won_uncreated"])
    short, long = (
        pd.concat([mine, pd.DataFrame({"days": [d], "n": [missing]})]) for d in (0.0, float(mine["days"].max()))
    )
    yield Effect("cycle_days.won_median", segment, "", "uncreated", missing, value, median_of(short), median_of(long))
    if len(other) and segment != UNKNOWN:
        low, high = (
            median_of(pd.concat([mine, part]))
            for part in (other[other["days"] <= value], other[other["days"] >= value])
        )
        yield Effect("cycle_days.won_median", segment, "", "no_segment", int(other["n"].sum()), value, low, high)


def median_of(counts: pd.DataFrame) -> float:
    """The median of durations given as days and n (the mean of the two middle ones)."""
    frame = counts[counts["n"] > 0].sort_values("days")
    days, ends = frame["days"].to_numpy(float), frame["n"].to_numpy(int).cumsum()
    total = int(ends[-1])
    return float(
        np.mean([days[np.searchsorted(ends, place, side="right")] for place in ((total - 1) // 2, total // 2)])
    )


def _row(frame: pd.DataFrame, segment: str) -> dict[Any, Any]:
    rows = frame[frame["segment"] == segment].to_dict("records")
    return rows[0] if rows else {}


def _or_zero(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)
