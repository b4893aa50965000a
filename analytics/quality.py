"""How good the data are: completeness, duplicates, unknowns, freshness (METHOD B16, B17). Pure.

All of it is about the opportunities that are open on the as-of date: a count of all of them, not a sample, so there
are no intervals. What no export ever brought (no checklists at all, say) is "not measured" and left out, not missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analytics import uscc
from analytics.metrics.frames import Context, added_up, ordered, ratio
from data import contracts
from data.settings import FIELD_WEIGHTS, Quality

Answers = Mapping[str, pd.DataFrame]
#: group of fields -> the table without which nobody can know it (amount and close date: the opportunity itself)
NEEDS = {
    "organisation": "department",
    "key_people": "contact",
    "conditions": "checklist",
    "questionnaire": "checklist",
    "chain": "opportunity_contact",
    "assessment": "assessment",
}
#: what should be known of every opportunity: each dimension but the pipeline, which the stage tells
DIMENSIONS = tuple(name for name in contracts.DIMENSIONS if name != "pipeline")
#: how sure it is that two records are one, surest first
CERTAINTIES = ("certain", "likely", "suspect")


def fields(counts: pd.DataFrame, rules: Quality, loaded: Iterable[str], by: Sequence[str] = ()) -> pd.DataFrame:
    """What is filled in, one row per group of `by` and group of fields that is asked for at the stages that are
    there; a field that no export ever brought (amount_kept, close_date_kept) is left out.

    Columns: the groups, field, n (opportunities of which it is asked), filled (half where partly known), missing
    (n - filled), weight, value (filled / n). `loaded` are the tables that hold anything.
    """
    rows = []
    for name in FIELD_WEIGHTS:
        if name in NEEDS and NEEDS[name] not in set(loaded):
            continue
        if f"{name}_kept" in counts and not counts[f"{name}_kept"].any():
            continue  # no export brings it
        asked = counts[counts["stage_order"] >= rules.field_stages[name]]
        part = asked[list(by)].assign(
            field=name,
            n=asked["n"],
            weight=rules.field_weights[name],
            filled=asked[f"{name}_full"] + asked[f"{name}_half"] / 2,
        )
        rows.append(part)
    frame = (
        pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=[*by, "field", "n", "weight", "filled"])
    )
    summed = (
        frame.groupby([*by, "field", "weight"], sort=False, dropna=False, observed=True)[["n", "filled"]]
        .sum()
        .reset_index()
    )
    return summed.assign(missing=summed["n"] - summed["filled"], value=ratio(summed["filled"], summed["n"]))[
        [*by, "field", "n", "filled", "missing", "weight", "value"]
    ]


def not_loaded(loaded: Iterable[str]) -> list[str]:
    """The groups of fields that are not measured, because their table holds nothing."""
    return [name for name, table in NEEDS.items() if table not in set(loaded)]


def completeness(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Weighted share of what should be known by now of the open opportunities, one row per group.

    Columns: the groups, n (open), asked and filled (weighted fields), value = filled / asked, reason.
    """
    counts, keys = answers["quality_fields"], list(by)
    loaded = sources(answers["quality_sources"], context.as_of, context.settings.quality)
    found = fields(counts, context.settings.quality, loaded.loc[loaded["is_loaded"], "source"], keys)
    weighted = found.assign(asked=found["n"] * found["weight"], filled=found["filled"] * found["weight"])
    frame = _totals(counts, ["n"], keys)
    frame = _joined(frame, weighted, ["asked", "filled"], keys)
    steps = [k for k in keys if k in ("pipeline", "stage")]
    if "stage" in keys:  # stages in their own order, not that of the alphabet
        frame = frame.merge(
            counts.groupby(steps, observed=True)["stage_order"].min().reset_index(), on=steps, how="left"
        )
    reason = np.select([frame["n"] == 0, frame["asked"] == 0], ["nothing_open", "nothing_asked"], "")
    frame = frame.assign(value=ratio(frame["filled"], frame["asked"]), reason=reason).astype({"reason": "str"})
    return ordered(frame, context, by)[[*by, "n", "asked", "filled", "value", "reason"]]


def unknown(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Share of the dimensions of the open opportunities that nobody knows, one row per group.

    Columns: the groups, n (open), cells (n x dimensions looked at), unknown (of cells), value, reason.
    """
    frame = _totals(answers["quality_unknown"], ["n", *(f"no_{d}" for d in DIMENSIONS)], list(by))
    gaps = frame[[f"no_{d}" for d in DIMENSIONS]].sum(axis="columns")
    frame = frame.assign(cells=frame["n"] * len(DIMENSIONS), unknown=gaps)
    return _share(frame, "unknown", "cells", context, by)


def unknowns(counts: pd.DataFrame) -> pd.DataFrame:
    """Per dimension: n (open opportunities), unknown, value (share), is_exported (anybody has a value), worst first."""
    frame = _totals(counts, ["n", *(f"no_{d}" for d in DIMENSIONS)], [])
    n = int(frame["n"].iloc[0])
    rows = [{"dimension": d, "n": n, "unknown": int(frame[f"no_{d}"].iloc[0])} for d in DIMENSIONS]
    table = pd.DataFrame(rows)
    table = table.assign(value=ratio(table["unknown"], table["n"]), is_exported=table["unknown"] < n)
    return table.sort_values("unknown", ascending=False, kind="stable", ignore_index=True)


def freshness(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Share of the open opportunities in which anything tracked changed lately, one row per group.

    Tracked are stage, status, amount, expected close, owner and all dimensions; lately = within quality.fresh_days.
    Columns: the groups, n (open), fresh (of n), value, reason.
    """
    frame = _totals(answers["quality_unknown"], ["n", "fresh"], list(by))
    return _share(frame, "fresh", "n", context, by)


def sources(days: pd.DataFrame, as_of: date, rules: Quality) -> pd.DataFrame:
    """Per source: source, kind, first_on, last_on, age_days (as-of date minus last day), is_loaded, is_stale; oldest
    first, what is not loaded last."""
    age = (pd.Timestamp(as_of) - days["last_on"]).dt.days.astype("float64")
    frame = days.assign(age_days=age, is_loaded=days["last_on"].notna(), is_stale=age > rules.stale_days)
    return frame.sort_values(["age_days", "source"], ascending=[False, True], na_position="last", ignore_index=True)


def duplicates(answers: Answers, context: Context, by: Sequence[str]) -> pd.DataFrame:
    """Open opportunities that are recorded once more than they should be, one row per group.

    Columns: the groups, n (open), certain, likely, suspect (further records, of n; each counted once, at its surest),
    value = (certain + likely) / n, reason. Records before the first of a group are not counted: two records of one
    are one too many.
    """
    keys = list(by)
    further = twins(answers["quality_twins"])
    frame = _totals(answers["quality_unknown"], ["n"], keys)
    counts = further.assign(**{c: (further["certainty"] == c).astype("int64") for c in CERTAINTIES})
    frame = _joined(frame, counts, list(CERTAINTIES), keys).astype(dict.fromkeys(CERTAINTIES, "int64"))
    codes = answers["quality_codes"]
    measured = bool((codes["code"].notna() | codes["is_named"]).any())
    value = ratio(frame["certain"] + frame["likely"], frame["n"] if measured else frame["n"] * 0)
    reason = np.where(frame["n"] == 0, "nothing_open", "" if measured else "no_company_names")
    frame = frame.assign(value=value, reason=reason).astype({"reason": "str"})
    return ordered(frame, context, by)[[*by, "n", *CERTAINTIES, "value", "reason"]]


def twins(edges: pd.DataFrame) -> pd.DataFrame:
    """One row per further record, surest evidence: the columns of sql/quality_twins.sql and certainty.

    certain = the same valid company code, product line and type; likely = the same name and no code that says
    otherwise; suspect = a similar name in the same region, an invalid code, or several deals of one account (which may
    be several projects).
    """
    known = edges["code"].isin(list(uscc.valid(edges["code"].dropna()))) & (edges["line"] != "")
    has_code = edges["own_code"].notna()
    likely = (edges["kind"] == "name") & ~has_code
    rank = np.select([(edges["kind"] == "code") & known, likely], [0, 1], 2)
    frame = edges.assign(certainty=pd.Categorical.from_codes(rank, CERTAINTIES))
    same_account = frame.loc[frame["kind"] == "account", "other_id"]
    mine = frame["other_id"].isin(same_account) & (frame["certainty"] == "likely")
    frame.loc[mine, "certainty"] = "suspect"  # the same record of the customer: the name says nothing more
    frame = frame.sort_values(["certainty", "first_id", "other_id"]).drop_duplicates("other_id", ignore_index=True)
    return frame.astype({"certainty": "str"})


def twin_groups(further: pd.DataFrame, counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How many records are doubled in each group: dimension, value, n (open), certain, likely, suspect, twins
    (certain and likely). The first row, dimension "", is the whole.

    `further`: rows of `twins` with a column per dimension; `counts`: dimension -> its values with n ("" -> the whole).
    """
    rows = []
    for dimension, part in counts.items():
        for row in part.to_dict("records"):
            mine = further if not dimension else further[further[dimension] == row[dimension]]
            found = {c: int((mine["certainty"] == c).sum()) for c in CERTAINTIES}
            rows.append(
                {
                    "dimension": dimension,
                    "value": row[dimension] if dimension else "",
                    "n": int(row["n"]),
                    **found,
                    "twins": found["certain"] + found["likely"],
                }
            )
    return pd.DataFrame(rows)


def codes(counts: pd.DataFrame) -> dict[str, int]:
    """Company codes of the accounts with open opportunities: accounts, missing (no code), invalid (form or check
    character), doubtful (valid, but the body's own check character does not fit)."""
    given = counts[counts["code"].notna()]
    fits = given["code"].map(uscc.is_valid).astype(bool)
    doubtful = given[fits & ~given["code"].map(lambda c: uscc.is_valid(c) and uscc.is_body_valid(c)).astype(bool)]
    return {
        "accounts": int(counts["n"].sum()),
        "missing": int(counts.loc[counts["code"].isna(), "n"].sum()),
        "invalid": int(given.loc[~fits, "n"].sum()),
        "doubtful": int(doubtful["n"].sum()),
    }


def _totals(counts: pd.DataFrame, names: Sequence[str], keys: list[str]) -> pd.DataFrame:
    """Counts added up per group; one row of zeros where nothing is there and no group is asked for."""
    if keys:
        return added_up(counts[[*keys, *names]], keys)
    return pd.DataFrame([{name: int(counts[name].sum()) for name in names}])


def _joined(frame: pd.DataFrame, parts: pd.DataFrame, names: list[str], keys: list[str]) -> pd.DataFrame:
    """The sums of some columns of `parts` beside each group of `frame`, 0 where it has none."""
    if not keys:
        return frame.assign(**{name: parts[name].sum() for name in names})
    summed = parts.groupby(keys, dropna=False, observed=True)[names].sum().reset_index()
    joined = frame.merge(summed, on=keys, how="left")
    return joined.assign(**{name: joined[name].fillna(0) for name in names})


def _share(frame: pd.DataFrame, part: str, whole: str, context: Context, by: Sequence[str]) -> pd.DataFrame:
    reason = pd.Series(np.where(frame["n"] == 0, "nothing_open", ""), index=frame.index, dtype="str")
    frame = frame.assign(value=ratio(frame[part], frame[whole]), reason=reason)
    columns: list[Any] = list(dict.fromkeys([*by, "n", whole, part, "value", "reason"]))
    return ordered(frame, context, by)[columns]
