"""What several pages say of what needs attention: the sentences, a rule in words, one opportunity's own rules."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics import findings_attention
from analytics import format as fmt
from analytics.cards.attention import in_words
from analytics.findings import Finding
from analytics.view import View
from pages._parts import cache, context, states, table
from pages._parts.context import t
from pages._parts.escape import md_escape

KINDS = {"measure": "number", "rule_limit": "number", "days_over": "number", "excess": "points", "chance": "rate",
         "stake": "amount", "next_on": "date", "idle_since": "date", "need_score": "number",
         "presales_hours": "number", "threads": "number"}
#: rules with a clock or a measure of their own
_CLOCKS = ("never_moved", "moved_stalled", "recycle", "warn", "remind", "past_due", "unconditioned")


def sentences(view: View, shifts: pd.DataFrame, learned: dict[str, Any], *, spend: bool = True) -> list[Finding]:
    """Who stands out among everything that the view shows: teams against teams, and (`spend`) where presales hours
    go."""
    look = context.look()
    team, segment, pipeline = (partial(look.called, dimension) for dimension in ("team", "segment", "pipeline"))
    said = findings_attention.teams(shifts, look.lang, name=team, segment=segment)
    if spend:
        hours = cache.ask().attention_spend(view, learned=learned)
        said = [findings_attention.spend(hours, look.lang, pipeline=pipeline), *said]
    return sorted(said, key=lambda finding: finding.strength != "clear")


def kinds(rule: str) -> dict[str, str]:
    """How the columns of the list of one rule are shown: its measure is in hours where it is about spend, else days."""
    return KINDS if rule == "unconditioned" else KINDS | {"measure": "days", "rule_limit": "days"}


def says(rule: str) -> str:
    """What a rule means, with the settings in force."""
    settings = context.now().settings
    rules = settings.attention
    stage = settings.quality.field_stages["rivals"] if rule == "no_rival" else rules.unconditioned_from_stage
    return t(f"attention.rule.{rule}.says", times=fmt.number(rules.stage_times, digits=1), stage=stage,
             share=fmt.rate(rules.stage_share, digits=0),
             score=fmt.number(settings.support.weak_conditions))


def columns(rule: str) -> list[str]:
    """The columns of the list of one rule."""
    clock = ["days_over", "measure", "rule_limit"] if rule in _CLOCKS else []
    if rule == "unconditioned":
        clock = ["need_score", "measure", "rule_limit"]
    if rule == "past_due":
        clock = ["days_over", "expected_close_on"]
    happened = ["happened_words"] if rule == "at_risk" else []
    return ["name", "stake", "amount_base", "chance", *clock, *happened, "next_on", "chance_words", "account_name",
            "grade", "stage", "owner_name", "team", "segment", "idle_since"]


def order(rule: str, found: pd.DataFrame) -> str:
    """The key of the text that says in which order the list of one rule stands: by the first of these that is known."""
    if found["stake"].notna().any():
        return "attention.first"
    if found["amount_base"].notna().any():
        return "attention.first.no_chance"
    return "attention.first.no_amount" if rule in _CLOCKS else "attention.first.no_clock"


def of_one(view: View, opportunity_id: str, *, is_closed: bool = False) -> None:
    """What needs attention on one opportunity: the same rules, whatever the filters; nothing once it is closed."""
    with st.container(border=True, key="opportunity_attention", gap="xsmall"), states.guard("opportunity_attention"):
        st.header(t("attention.one"), anchor=False)
        learned = cache.ask().attention_rules(View(view.as_of))
        found = cache.ask().attention(view, opportunity_id=opportunity_id, learned=learned)
        if found.empty:
            st.text(t("attention.one.closed" if is_closed else "attention.one.nothing"))
            return
        for row in found.to_dict("records"):
            said = t("attention.one.rule", rule=md_escape(t(f"attention.rule.{row['rule']}")),
                     says=md_escape(says(row["rule"])))
            st.markdown(f"- {said}")
        rows = in_words(found, context.look())
        rows["happened_words"] = rows["happened_words"].where(rows["rule"] == "at_risk")
        for name in ("measure", "rule_limit"):
            words = [_with_unit(*row) for row in zip(rows["rule"], rows[name], strict=True)]
            rows[name] = pd.Series(words, index=rows.index, dtype="str")
        shown = ["measure", "rule_limit", "days_over", "happened_words", "next_on"]
        table.show(rows, alt=t("attention.one"), kinds=KINDS, key="opportunity_attention_table",
                   columns=["rule_name", *(name for name in shown if rows[name].notna().any())])


def _with_unit(rule: str, value: Any) -> str | None:
    if not fmt.is_known(value):
        return None
    return t("common.hours_unit", n=fmt.number(value)) if rule == "unconditioned" else fmt.days(value, context.lang())
