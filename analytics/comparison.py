"""The win rate by comparison with the competitors, on one opportunity (METHOD B6, B8, B10). Pure.

data/sql/history/opportunity_week.sql is the same over all opportunities and weeks.

Every party, we too, is judged on two axes from 1 to 100: how well its offer fits the need, how close it is to the
deciders. Strength s = need_fit^wN x closeness^wR; share P = s^gamma / sum of s^gamma over us, the two strongest
rivals and the strongest of the others (Luce choice). P holds if the project goes ahead; g says how likely that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isnan, log
from typing import Any

import numpy as np
import pandas as pd

from data.settings import WinRate

#: Our own name among the parties.
US = "us"
#: Stands for rivals whom nobody has assessed: as strong as we are, so that we claim one half at best.
PHANTOM = "phantom"
#: What can be suggested, from the strongest position to the weakest (METHOD B10).
STRATEGIES = ("frontal", "defend", "flanking", "fragment", "develop")
#: Types of opportunities in which what the customer has is ours.
INCUMBENT = ("renewal", "resale")
#: Rivals that are compared by name or as "the others".
MAX_RIVALS = 3


@dataclass(frozen=True)
class Party:
    """Us or a competitor, as assessed: scores of 0 to 100."""

    name: str
    need_fit: float
    closeness: float


def strength(party: Party, rules: WinRate) -> float:
    """need_fit^wN x closeness^wR, scores kept within `floor` and 100.

    >>> round(strength(Party("us", 80, 60), WinRate()) ** 2)
    4800
    """
    return exp(sum(weight * log(score) for weight, score in zip(_weights(rules), _scores(party, rules), strict=True)))


def shares(us: Party, rivals: Iterable[Party], rules: WinRate, *, is_single_source: bool = False) -> dict[str, float]:
    """Name -> share of the chance to win, if the project goes ahead; they add up to 1.

    Without an assessed rival there is the phantom, except in a proven single-source tender.

    >>> shares(Party("us", 80, 60), [Party("A", 70, 75), Party("B", 50, 40)], WinRate())["us"].__round__(4)
    0.3983
    """
    parties = [us, *strongest(rivals, rules)]
    if len(parties) == 1 and not is_single_source:
        parties.append(Party(PHANTOM, us.need_fit, us.closeness))
    weights = [strength(party, rules) ** rules.gamma for party in parties]
    return {party.name: weight / sum(weights) for party, weight in zip(parties, weights, strict=True)}


def strongest(rivals: Iterable[Party], rules: WinRate) -> list[Party]:
    """The rivals that are compared: strongest first, by name among equals, at most three."""
    return sorted(rivals, key=lambda party: (-strength(party, rules), party.name))[:MAX_RIVALS]


def go_ahead(answers: Iterable[float | None], rules: WinRate) -> float | None:
    """g: how likely the project goes ahead at all, from the answers 0 to 1 to its necessary conditions; None if none is
    known (METHOD B8).

    >>> go_ahead([1, 1, 0.5, 0.5, None], WinRate())
    0.7625
    """
    known = [a for a in answers if a is not None and not isnan(a)]
    return rules.condition_base + rules.condition_span * sum(known) / len(known) if known else None


def reported(share: float, g: float | None) -> float:
    """P overall = g x share; the share itself where g is not known (then say so)."""
    return share if g is None else g * share


def volatility(changes: Sequence[float], rules: WinRate) -> float | None:
    """Standard deviation (n - 1) of the last weekly changes; None with fewer than `volatility_minimum` of them."""
    known = [c for c in changes if not isnan(c)][-rules.volatility_weeks :]
    return float(np.std(known, ddof=1)) if len(known) >= rules.volatility_minimum else None


def hint(
    us: Party, rivals: Sequence[Party], g: float | None, rules: WinRate, *, is_incumbent: bool = False
) -> str | None:
    """Which of the strategies the ratio to the strongest rival suggests (METHOD B10): one of STRATEGIES, None without a
    rival to compare with. A suggestion, never set by itself."""
    if not rivals:
        return None
    ratio = strength(us, rules) / strength(strongest(rivals, rules)[0], rules)
    band = sum(ratio >= edge for edge in ratio_edges(rules))
    return suggested(band, is_weak=g is not None and g < weak_below(rules), is_incumbent=is_incumbent)


def suggested(band: int, *, is_weak: bool, is_incumbent: bool) -> str:
    """The strategy for a band of the ratio (0 = below the lowest of `ratio_edges`). `is_weak`: too few of the necessary
    conditions are met. Who is installed defends, clearly stronger or attacked by an equal."""
    if band == 0 or is_weak:
        return "develop"
    if band == 1:
        return "fragment"
    return "defend" if is_incumbent else "flanking" if band == 2 else "frontal"


def ratio_edges(rules: WinRate) -> tuple[float, float, float]:
    """Where the bands of the ratio of our strength to the top rival's begin, from the second one on."""
    return rules.fragment_from, rules.flanking_from, rules.frontal_from


def weak_below(rules: WinRate) -> float:
    """Below this g a project is so uncertain that no strategy but developing it (or leaving it) is suggested."""
    return rules.condition_base + 0.4 * rules.condition_span


def parties_of(row: Mapping[str, Any]) -> tuple[Party, list[Party]]:
    """Us and the compared rivals of a row of mart `opportunity_week`."""
    us = Party(US, row["need_us"], row["closeness_us"])
    named = ((row["rival_1"], "1"), (row["rival_2"], "2"), (row["others"], "others"))
    return us, [
        Party(str(name), row[f"need_{key}"], row[f"closeness_{key}"]) for name, key in named if not _is_missing(name)
    ]


def formula(row: Mapping[str, Any], rules: WinRate) -> pd.DataFrame:
    """The comparison with its own numbers, one row per party of a row of mart `opportunity_week`.

    party ("us", the rivals by name, "phantom"), need_fit, closeness (NaN for the phantom), strength, weight
    (strength^gamma), share (adds up to 1), overall (g x share, us only).
    """
    us, rivals = parties_of(row)
    share = shares(us, rivals, rules, is_single_source=bool(row["is_single_source"]))
    known = {p.name: p for p in (us, *rivals)}
    g = None if _is_missing(row["g"]) else float(row["g"])
    rows = []
    for name, value in share.items():
        party = known.get(name)
        force = strength(party or us, rules)
        rows.append(
            {
                "party": name,
                "need_fit": party.need_fit if party else np.nan,
                "closeness": party.closeness if party else np.nan,
                "strength": force,
                "weight": force**rules.gamma,
                "share": value,
                "overall": reported(value, g) if name == US else np.nan,
            }
        )
    return pd.DataFrame(rows)


def drivers(before: Mapping[str, Any], now: Mapping[str, Any], rules: WinRate) -> pd.DataFrame:
    """Why P moved between two rows of mart `opportunity_week` of one opportunity: parts that add up to the change.

    Columns: party, axis (need_fit, closeness, entered, left, conditions), before, after (the scores), log_ratio (what
    the term does to ln(P_us / P_of the top rival of both weeks), NaN for other terms), points (change of P overall in
    percentage points; adds up exactly). Largest effect first, terms without effect left out.

    P = g x w_us / sum of w, w = s^gamma. Its change is split with logarithmic means, L(a, b) = (a - b) / (ln a - ln b):
    each factor's change of logarithm, times L of what it is a factor of (LMDI; Ang, Energy Policy 33, 2005). The
    phantom mirrors us: what we gain, it gains, so that such a change moves nothing.
    """
    return pd.DataFrame(terms(before, now, rules), columns=["party", "axis", "before", "after", "log_ratio", "points"])


def terms(before: Mapping[str, Any], now: Mapping[str, Any], rules: WinRate) -> list[dict[str, Any]]:
    """The rows of `drivers`."""
    old, new = _Side(before, rules), _Side(now, rules)
    top = old.top if old.top == new.top else None
    rows = [*_axis_terms(old, new, rules, top), *_changes_of_field(old, new), *_condition_term(old, new)]
    told = [row for row in rows if row["points"] != 0 or row["axis"] in ("entered", "left")]
    return sorted(told, key=lambda row: -abs(row["points"]))


class _Side:
    """One week of a comparison: parties and their weights."""

    def __init__(self, row: Mapping[str, Any], rules: WinRate) -> None:
        us, rivals = parties_of(row)
        self.parties = {p.name: p for p in (us, *rivals)}
        if not rivals and not row["is_single_source"]:
            self.parties[PHANTOM] = Party(PHANTOM, us.need_fit, us.closeness)
        self.weights = {name: strength(p, rules) ** rules.gamma for name, p in self.parties.items()}
        self.total = sum(self.weights.values())
        self.share = self.weights[US] / self.total
        self.g = None if _is_missing(row["g"]) else float(row["g"])
        self.p = reported(self.share, self.g)
        self.top = next((p.name for p in strongest(rivals, rules)), None)


def _axis_terms(old: _Side, new: _Side, rules: WinRate, top: str | None) -> list[dict[str, Any]]:
    """What each common party's need fit and closeness did to P."""
    rows = []
    whole, scale = _log_mean(new.total, old.total), _scale(old, new)
    for name in (n for n in old.parties if n in new.parties):
        a, b = old.parties[name], new.parties[name]
        pairs = zip(_weights(rules), _scores(a, rules), _scores(b, rules), strict=True)
        for axis, (weight, was, is_) in zip(("need_fit", "closeness"), pairs, strict=True):
            step = rules.gamma * weight * log(is_ / was)
            pull = -_log_mean(new.weights[name], old.weights[name]) * step / whole
            own = step if name == US else 0.0
            ratio = step if name == US and top else -step if name == top else np.nan
            shown = US if name == PHANTOM else name
            rows.append(
                {
                    "party": shown,
                    "axis": axis,
                    "before": getattr(a, axis),
                    "after": getattr(b, axis),
                    "log_ratio": np.nan if name == PHANTOM else ratio,
                    "points": 100 * scale * (own + pull),
                }
            )
    return _without_phantom(rows)


def _without_phantom(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The phantom's terms added to ours, whose image they are."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["party"], row["axis"])
        if key in merged:
            merged[key]["points"] += row["points"]
        else:
            merged[key] = row
    return list(merged.values())


def _changes_of_field(old: _Side, new: _Side) -> list[dict[str, Any]]:
    """What rivals did to P by coming into the comparison or leaving it."""
    whole, scale = _log_mean(new.total, old.total), _scale(old, new)
    left = [(name, "left", -weight) for name, weight in old.weights.items() if name not in new.weights]
    came = [(name, "entered", weight) for name, weight in new.weights.items() if name not in old.weights]
    return [
        {
            "party": name,
            "axis": axis,
            "before": np.nan,
            "after": np.nan,
            "log_ratio": np.nan,
            "points": -100 * scale * weight / whole,
        }
        for name, axis, weight in (*left, *came)
    ]


def _condition_term(old: _Side, new: _Side) -> list[dict[str, Any]]:
    """What the necessary conditions did to P: known for the first time, they bring it from the share to g x share."""
    was, is_ = (1.0 if side.g is None else side.g for side in (old, new))
    if was == is_:
        return []
    points = 100 * (_log_mean(new.p, old.p) * log(is_ / was) if was > 0 and is_ > 0 else new.p - old.p)
    shown = [np.nan if side.g is None else side.g for side in (old, new)]
    return [
        {
            "party": US,
            "axis": "conditions",
            "before": shown[0],
            "after": shown[1],
            "log_ratio": np.nan,
            "points": points,
        }
    ]


def _scale(old: _Side, new: _Side) -> float:
    """How many shares of P one unit of ln P_us is; 0 where a project without any chance made P 0."""
    return _log_mean(new.p, old.p) if old.p > 0 and new.p > 0 else 0.0


def _log_mean(a: float, b: float) -> float:
    """The logarithmic mean: (a - b) / (ln a - ln b), a where they are equal."""
    if abs(a - b) <= 1e-12 * max(a, b):
        return a
    return (a - b) / log(a / b)


def _weights(rules: WinRate) -> tuple[float, float]:
    return rules.need_weight, rules.closeness_weight


def _scores(party: Party, rules: WinRate) -> tuple[float, float]:
    return _kept(party.need_fit, rules), _kept(party.closeness, rules)


def _kept(score: float, rules: WinRate) -> float:
    return max(rules.floor, min(100.0, float(score)))


def _is_missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
