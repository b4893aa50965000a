"""Mean scores of what stands on a day: closeness, trust, decision chains, win rate by comparison. Pure.

In: sums of data/sql/account_scores.sql, trust_scores.sql, chains.sql and comparison_scores.sql. Out: one row per group:
n = accounts, contacts or opportunities that are measured, unmeasured = those that are not (they are in no mean: what
is not known is not 0), value = the mean over n, low and high = Student's 95 % limits of that mean, reason. Per month
or quarter, a row says how things stood on its last day (accounts and contacts: at the end of its last judged week).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from analytics.metrics.frames import Context, added_up, ordered, ratio, steady
from analytics.statistics import intervals

Answers = Mapping[str, pd.DataFrame]
#: why a part of the closeness of accounts is not known, where that holds for all of them: count -> code
_WHY = {
    "closeness": {"short": "short_history", "unmapped": "no_org_map", "no_attitude": "no_attitude"},
    "depth": {"short": "short_history", "no_attitude": "no_attitude"},
    "breadth": {"short": "short_history", "no_attitude": "no_attitude"},
    "transparency": {"short": "short_history", "no_key": "no_key_contacts", "no_attitude": "no_attitude"},
    "person_dependence": {"short": "short_history", "untouched": "no_activities"},
}
_COLUMNS = ("n", "unmeasured", "dependent", "acquainted", "known", "trusted", "interdependent", "single", "opposed",
            "value", "low", "high", "if_it_goes_ahead", "leading", "phantom", "g_unknown", "stale",
            "reason")  # fmt: skip


def account(part: str, answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The mean of the closeness of accounts or of one of its parts (METHOD B4), 0 to 100; of person_dependence 0 to 1,
    with dependent = accounts at or above the limit of the settings."""
    counts = answers["account_scores"]
    frame = _last(counts[counts["part"] == part], by)
    if part != "person_dependence":
        frame = frame.drop(columns="dependent")
    frame = _means(frame, 1 if part == "person_dependence" else 100)
    return _finished(frame, context, by, "no_contacts", _WHY[part])


closeness, depth, breadth, transparency, person_dependence = (partial(account, part) for part in _WHY)


def trust(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The mean trust of contacts (METHOD B11), 0 to 100, and how many of them stand on each step of the ladder."""
    return _finished(_means(_last(answers["trust_scores"], by), 100), context, by, "no_contacts",
                     {"short": "short_history"})  # fmt: skip


def project(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The mean closeness to the deciders of open opportunities (METHOD B5), 0 to 100."""
    frame = _chains(answers, by, "project").drop(columns=["single", "opposed"])
    why = {"unnamed": "no_chain", "population": "no_attitude"}
    return _finished(_means(frame, 100), context, by, "nothing_open", why)


def chain_coverage(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Of the roles that a decision chain must have, by weight, the share that is named with a known attitude: the mean
    over open opportunities with anybody named. single: one person only; opposed: an approver opposes us (METHOD B5)."""
    frame = _chains(answers, by, "coverage")
    return _finished(_means(frame, 1), context, by, "nothing_open", {"unnamed": "no_chain"})


def comparison(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """The mean win rate by comparison with the rivals over open opportunities (METHOD B6).

    if_it_goes_ahead: the mean share without g; of n: leading (nobody is stronger), phantom (no rival is assessed),
    g_unknown (no necessary condition is known), stale (the assessment is of an earlier week)."""
    frame = _last(answers["comparison_scores"], by)
    frame = frame.assign(if_it_goes_ahead=steady(pd.Series(ratio(frame["p_us_sum"], frame["score_n"]), frame.index)))
    return _finished(_means(frame, 1), context, by, "nothing_open", {"population": "not_compared"})


def _chains(answers: Answers, by: Sequence[str], score: str) -> pd.DataFrame:
    frame = _last(answers["chains"], by)
    names = {f"{score}_{what}": f"score_{what}" for what in ("n", "sum", "squares")}
    return frame.assign(unnamed=frame["n"] - frame["named"]).rename(columns={"n": "population", **names})


def _last(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """One row per group, sums added up; of several days in a quarter the last one counts."""
    time = [name for name in ("quarter", "month") if name in by]
    if time and len(counts):
        counts = counts[counts["as_of_on"] == counts.groupby(time)["as_of_on"].transform("max")]
    frame = added_up(counts, by) if by else counts.select_dtypes("number").sum(min_count=1).to_frame().T
    whole = [c for c in frame.columns if c not in by and not c.endswith(("_sum", "_squares"))]
    return frame.assign(**{name: frame[name].fillna(0).astype("int64") for name in whole})


def _means(frame: pd.DataFrame, top: float) -> pd.DataFrame:
    """value, low and high of the scores, which lie between 0 and `top`."""
    sums = zip(frame["score_n"], steady(frame["score_sum"]), steady(frame["score_squares"]), strict=True)
    found = [intervals.mean(int(n), total, squares) for n, total, squares in sums]
    limits = {name: pd.Series([getattr(f, name) for f in found], frame.index, dtype="float64").clip(0, top)
              for name in ("value", "low", "high")}  # fmt: skip
    return frame.assign(n=frame["score_n"], unmeasured=frame["population"] - frame["score_n"], **limits)


def _finished(frame: pd.DataFrame, context: Context, by: Sequence[str], nobody: str,
              why: Mapping[str, str]) -> pd.DataFrame:
    """The documented columns in order, with the first reason that holds for everything that is not measured."""
    told = [frame["n"] > 0, frame["population"] == 0, *(frame[count] == frame["population"] for count in why)]
    reason = np.select(told, ["", nobody, *why.values()], "not_measured")
    frame = frame.assign(reason=pd.Series(reason, frame.index, dtype="str"))
    return ordered(frame, context, by)[[*by, *(c for c in _COLUMNS if c in frame.columns)]]
