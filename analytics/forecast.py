"""What will be won in a quarter, as known on one day: won so far + of what is open + of what is not there yet. Pure.

What is open is judged by one of four methods (analytics/forecast_methods.py). Those that learn add what is not in the
pipeline yet, by what used to come later and still be won inside the period. How far all this may be off is simulated
(analytics/forecast_simulation.py). METHOD B18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics import forecast_simulation
from analytics.cells import Cells
from analytics.forecast_counts import Told, told
from analytics.forecast_methods import LEARNING, METHODS, chances, of_cells
from analytics.forecast_periods import LEAST, Moment, learned_from, moments
from analytics.forecast_simulation import Later
from analytics.metrics.frames import Context, ordered

#: Where more than this share of the open ones has no amount, no past or no segment, the others do not speak for them.
MISSING = 0.2

#: Columns besides the groups. n: open on the day; used: of n, those that the method says anything of; won, won_amount:
#: won in the period by then; expected, later: wins that come of what is open, and of what is not in the pipeline yet,
#: with their amounts; count: all three; count_low …: P10, P50, P90; value, low, mid, high: the same for the amount;
#: amount_missing: of n, without an amount; learned: quarters learned from; start, end: the period
COLUMNS = ("method", "period", "start", "end", "n", "used", "won", "won_amount", "expected", "expected_amount", "later",
           "later_amount", "count", "count_low", "count_mid", "count_high", "value", "low", "mid", "high",
           "amount_missing", "learned", "reason")

Answers = Mapping[str, pd.DataFrame]


def asked_for(context: Context) -> list[Moment]:
    """The moments of a metric's answer (option `ahead`)."""
    return moments(context.as_of, context.options.get("ahead", 0), context.settings.organisation.fiscal_year_start)


def historical(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The metric forecast.historical, one row per group (columns: the groups, COLUMNS)."""
    return _metric("historical", answers, context, by)


def comparison(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The metric forecast.comparison."""
    return _metric("comparison", answers, context, by)


def crm(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The metric forecast.crm."""
    return _metric("crm", answers, context, by)


def weighted(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The metric forecast.weighted."""
    return _metric("weighted", answers, context, by)


def _metric(method: str, answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    known, (now, *past) = told(answers, context, by), asked_for(context)
    return ordered(forecasts(known, now, past, [method]), context, by)[[*by, *COLUMNS]]


def forecasts(known: Told, now: Moment, past: Sequence[Moment], methods: Sequence[str] = METHODS, *,
              draws: int = forecast_simulation.DRAWS) -> pd.DataFrame:
    """The forecasts of one quarter, one row per method and group of which anything is or was there (columns: the
    groups, COLUMNS). Learned from those of `past` that were over on the day."""
    train = learned_from(now, past, known.reach)
    cells, before = known.at([now]), known.at(train)
    hidden = _hidden(known, now, train)
    shared, effects = _shared(known, now, train), _effects(before, known.shrinkage)
    groups, rows = known.groups.to_dict("index"), []
    for method in methods:
        said = of_cells(cells, before, method, known.shrinkage)
        for place, certain in shared.items():
            row = _row(_in(said, place), certain, method, effects, draws, hidden.get(place, ("", "")))
            rows.append({**groups.get(place, {}), "method": method, "period": now.name, **row})
    frame = pd.DataFrame(rows, columns=[*known.by, *COLUMNS])
    frame = frame.assign(start=pd.Timestamp(now.first), end=pd.Timestamp(now.last))
    return frame.astype(dict.fromkeys((*known.by, "method", "period", "reason"), "str"))


def _hidden(known: Told, now: Moment, train: Sequence[Moment]) -> dict[int, tuple[str, str]]:
    """Per group of known segments, why nothing can be said of it (of any method, of one that learns): too many of those
    that are open, or of those learned from, have no known segment. They may be its own; "" where they are few."""
    today = "no_segments" if known.unnamed([now]) > MISSING else ""
    learned = today or ("past_segments" if known.unnamed(train) > MISSING else "")
    return dict.fromkeys(known.parts, (today, learned))


def _shared(known: Told, now: Moment, train: Sequence[Moment]) -> dict[int, dict[str, Any]]:
    """Per group, what all methods have in common: won so far, what comes later, how many quarters there are to learn
    from."""
    before, won, arrived = known.at(train), known.won([now], "so_far"), known.won(train, "later")
    strata, _ = _by_quarter(before)
    quarters = dict(zip(*np.unique(strata, return_counts=True), strict=True))
    there = np.unique(np.concatenate([cells["at_group"] for cells in (known.at([now]), before, won, arrived)]))
    found = {}
    for place in there.tolist() if known.by else [0]:
        mine = _in(won, place)
        learned = max((quarters[s] for s in np.unique(_in(before, place)["at_stratum"])), default=0)
        found[place] = {"won": float(mine["n"].sum()), "won_amount": float(mine["amount"].sum()),
                        "later": _later(_in(arrived, place), quarters), "learned": int(learned)}
    return found


def _in(cells: Cells, place: int) -> Cells:
    return cells.where(cells["at_group"] == place)


def _by_quarter(cells: Cells, *values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Sums per pipeline and segment and quarter that has any cell: at_stratum of each such pair, the sums."""
    _, quarter = np.unique(cells["origin"], return_inverse=True)
    pairs, place = np.unique(np.stack([cells["at_stratum"], quarter]), axis=1, return_inverse=True)
    return pairs[0], [np.bincount(place.ravel(), value, pairs.shape[1]) for value in values]


def _row(cells: Cells, shared: Mapping[str, Any], method: str, effects: Mapping[int, float], draws: int,
         hidden: tuple[str, str]) -> dict[str, Any]:
    learns = method in LEARNING
    later: list[Later] = shared["later"] if learns else []
    won, booked = shared["won"], shared["won_amount"]
    wins, new = cells["trials"] * cells["p"], float(sum(x.mean for x in later))
    expected, amount = float(wins.sum()), float((wins * cells["per_win"]).sum())
    new_amount = float(sum(x.mean * x.per_win for x in later))
    outcome = forecast_simulation.simulate(cells, later, effects if learns else {}, draws=draws)
    row = {"n": int(cells["n"].sum()), "used": int(cells["trials"].sum()), "won": int(won), "won_amount": booked,
           "expected": expected, "expected_amount": amount, "later": new, "later_amount": new_amount,
           "count": won + expected + new, **{f"count_{k}": won + v for k, v in outcome.counts.items()},
           "value": booked + amount + new_amount, **{k: booked + v for k, v in outcome.amounts.items()},
           "amount_missing": int(cells["amount_missing"].sum()), "learned": shared["learned"]}
    reason = _unknown(cells, method, shared["learned"]) or hidden[learns]
    if reason:
        row |= dict.fromkeys(("expected", "later", "count", "count_low", "count_mid", "count_high"), np.nan)
    reason = reason or _amounts_unknown(cells)
    if reason:
        row |= dict.fromkeys(("expected_amount", "later_amount", "value", "low", "mid", "high"), np.nan)
    return row | {"reason": reason}


def _unknown(cells: Cells, method: str, learned: int) -> str:
    """Why the method can say nothing, "" where it can."""
    if method in LEARNING:
        if learned < LEAST:
            return "no_history"
        if cells["trials"].sum() < (1 - MISSING) * cells["n"].sum():
            return "no_wins"
        return "not_compared" if method == "comparison" and not cells["n_compared"].sum() else ""
    if not cells["n"].sum():
        return "nothing_open"
    if (cells["due"] == "unknown").all():
        return "no_due_dates"
    source = "crm" if method == "crm" else "default"
    return "" if cells[f"n_{source}"].sum() else "no_probability"


def _amounts_unknown(cells: Cells) -> str:
    n, missing = cells["n"].sum(), cells["amount_missing"].sum()
    return "no_amounts" if n and missing == n else "amounts_missing" if missing > MISSING * n else ""


def _effects(past: Cells, shrinkage: float) -> dict[int, float]:
    """Per pipeline and segment, how much whole quarters used to differ from what their cells let expect, beyond chance.

    The variance of actual / expected, by moments: (Σ(a − e)² k / (k − 1) − Σ var) / Σe², and (1 + 1/k) of it, because
    the mean is not known any better than k quarters tell."""
    p, n = np.nan_to_num(chances(past, past, shrinkage)), past["n"]
    strata, (won, expected, variance) = _by_quarter(past, past["won"], p * n, p * (1 - p) * n)
    found = {}
    for place in np.unique(strata):
        a, e, v = (each[strata == place] for each in (won, expected, variance))
        k, square = len(e), float((e**2).sum())
        over = (((a - e) ** 2).sum() * k / (k - 1) - v.sum()) / square * (1 + 1 / k) if k > 1 and square > 0 else 0.0
        found[int(place)] = round(max(float(over), 0.0), 12)
    return found


def _later(past: Cells, quarters: Mapping[int, int]) -> list[Later]:
    """What used to be won of opportunities that were not in the pipeline yet, per pipeline and segment; `quarters`: how
    many each was watched for (LEAST at least)."""
    strata, sums = _by_quarter(past, *(past[c] for c in ("n", "amount", "amount_square", "amount_missing")))
    found = []
    for place in np.unique(strata):
        k = quarters.get(place, 0)
        if k < LEAST:
            continue
        n, amount, squares, missing = (each[strata == place] for each in sums)
        mean = n.sum() / k
        variance = max((n**2).sum() / k - mean**2, 0.0) * k / (k - 1)
        priced = n.sum() - missing.sum()
        per_win = amount.sum() / priced if priced else 0.0
        spread = max(squares.sum() / priced - per_win**2, 0.0) if priced else 0.0
        over = max((variance - mean) / mean**2, 0.0) + 1 / (mean * k)
        found.append(Later(*(float(x) for x in (mean, per_win, spread, round(over, 12)))))
    return found
