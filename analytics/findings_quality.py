"""Sentences about the quality of the data, in both languages, that never say more than their numbers support."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from analytics import format as show
from analytics import i18n
from analytics.findings import Finding
from analytics.i18n import t
from analytics.statistics.estimate import CLAIM
from analytics.statistics.intervals import difference
from data.settings import Settings

#: value(number, metric): a headline as it is written
Written = Callable[[float, str], str]
#: so many groups of fields are named as the least known, and only below this share
_NAMED, _NEARLY_ALL = 3, 0.995


def worst_effect(effects: pd.DataFrame, lang: str, settings: Settings, written: Written) -> Finding:
    """The problem that could move its number furthest (rows: quality_effects.effects)."""
    if effects.empty:
        return Finding(t("quality.effect.none", lang), "clear")
    row = effects.iloc[0].to_dict()
    key = "most" if pd.notna(row["value"]) else "unknown"
    values = {name: written(row[name], row["metric"]) for name in ("value", "low", "high")}
    said = t(
        f"quality.effect.{key}",
        lang,
        n=show.number(row["rows"]),
        problem=t(f"quality.problem.{row['problem']}", lang),
        segment=i18n.label("segment", row["segment"], lang, settings),
        metric=t(f"quality.metric.{row['metric']}", lang),
        **values,
    )
    return Finding(said, "clear")


def least_filled(fields: pd.DataFrame, share: float | None, lang: str) -> Finding:
    """What is least known (rows: quality.fields); all open opportunities are counted, there is nothing to test."""
    asked = fields[fields["n"] > 0].sort_values("value", kind="stable")
    if share is None or asked.empty:
        return Finding(t("finding.nothing", lang, what=t("page.quality", lang)), "nothing")
    least = asked[asked["value"] < _NEARLY_ALL].head(_NAMED)
    if least.empty:
        return Finding(t("quality.fields.all", lang, value=show.rate(share)), "clear")
    names = [
        t(
            "quality.fields.one",
            lang,
            field=t(f"quality.field.{r['field']}", lang),
            value=show.rate(r["value"]),
        )
        for r in least.to_dict("records")
    ]
    return Finding(
        t("quality.fields.least", lang, value=show.rate(share), fields=t("view.and", lang).join(names)), "clear"
    )


def recorded_twice(groups: pd.DataFrame, lang: str, settings: Settings) -> Finding:
    """Where records are doubled: the group that stands out most, or none (rows: quality.twin_groups, the whole first).

    A group is named only if its share differs from that of all others after Bonferroni's correction for all groups.
    """
    whole = groups[groups["dimension"] == ""].iloc[0].to_dict()
    if not whole["twins"]:
        key = "suspects" if whole["suspect"] else "none"
        return Finding(t(f"quality.twins.{key}", lang, suspect=show.number(whole["suspect"])), "clear")
    fields = {"kinds": kinds(whole, lang, ("certain", "likely"))}
    standing_out = _standing_out(groups, whole)
    if not standing_out:
        return Finding(t("quality.twins.some", lang, n=show.number(whole["twins"]), **fields), "unclear")
    said = [_here(row, whole, lang, settings) for row in standing_out]
    return Finding(
        t("quality.twins.where", lang, n=show.number(whole["twins"]), where=t("view.and", lang).join(said), **fields),
        "clear",
    )


def kinds(counts: Mapping[Any, Any], lang: str, names: Sequence[str] = ("certain", "likely", "suspect")) -> str:
    """How sure it is that records are doubles: "certain 20, likely 3"; what there is none of is not named ("" if
    nothing is)."""
    found = [
        t("quality.kind", lang, kind=t(f"quality.certainty.{name}", lang), n=show.number(counts[name]))
        for name in names
        if show.is_known(counts.get(name)) and counts[name]
    ]
    return t("attention.list", lang).join(found)


def _standing_out(groups: pd.DataFrame, whole: dict[Any, Any]) -> list[dict[Any, Any]]:
    """Of each dimension the group with most of the doubled records, if its share is above that of all others; at most
    two, those that hold more of the doubled records first."""
    rest = groups[(groups["dimension"] != "") & (groups["n"] < whole["n"])]
    level = 1 - (1 - CLAIM) / max(1, len(rest))
    found: dict[str, dict[Any, Any]] = {}
    for row in rest.sort_values("twins", ascending=False, kind="stable").to_dict("records"):
        apart = difference(row["twins"], row["n"], whole["twins"] - row["twins"], whole["n"] - row["n"], level=level)
        if apart.low is not None and apart.low > 0:
            found.setdefault(row["dimension"], row)
    return sorted(found.values(), key=lambda row: -row["twins"])[:2]


def _here(row: dict[Any, Any], whole: dict[Any, Any], lang: str, settings: Settings) -> str:
    group = t(
        "quality.twins.group",
        lang,
        dimension=i18n.dimension_label(row["dimension"], lang),
        value=i18n.label(row["dimension"], row["value"], lang, settings),
    )
    others = (whole["twins"] - row["twins"]) / (whole["n"] - row["n"])
    return t(
        "quality.twins.all_here" if row["twins"] == whole["twins"] else "quality.twins.here",
        lang,
        here=show.number(row["twins"]),
        group=group,
        share=show.rate(row["twins"] / row["n"]),
        all=show.number(row["n"]),
        rest=show.rate(others),
    )
