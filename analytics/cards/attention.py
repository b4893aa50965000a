"""Cards of what needs somebody: how many break each rule, the most important ones in lights, what is put off."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import format as fmt
from analytics import i18n
from analytics.ask import Ask
from analytics.attention import RULES
from analytics.attention_pack import ELEMENTS
from analytics.cards.card import Card, Look, Native, alone, catalogued
from analytics.charts import calendar, facets, shares, strip
from analytics.charts.style import label
from analytics.view import View
from data.settings import Settings

_PACK, _REASONS = 12, 5
#: rows of the list below the calendar
ASLEEP = 25
_RULES = ["rule_name", "events", "n", "value", "low", "high", "amount_events", "amount_n", "amount_value",
          "amount_missing"]


def learned(ask: Ask, view: View) -> dict[str, Any]:
    """What all rules need, as of the day of the view."""
    return ask.attention_rules(View(view.as_of, scope=view.scope))


def by_rule(ask: Ask, view: View) -> pd.DataFrame:
    """How many break each rule, per pipeline and segment."""
    found: pd.DataFrame = ask.attention_rates(view, learned=learned(ask, view))["rules"]
    return found


def totals(rates: pd.DataFrame) -> pd.DataFrame:
    """Per rule (index): n that it could be asked of, events that break it, and their amount (unknown if of none)."""
    return rates.groupby("rule")[["n", "events", "amount_events"]].sum(min_count=1)


@catalogued
def rules(ask: Ask, view: View, look: Look) -> list[Card]:
    """How many break each rule, segment beside segment on one scale."""
    rates = by_rule(ask, view)
    extent = shares.widest(rates[rates["rule"] != "any"])
    cards = []
    for number, facet in enumerate(facets.facets(rates, look.settings)):
        part = facet.of(rates)
        rows, whole = part[part["rule"] != "any"], part[part["rule"] == "any"].iloc[0]
        rows = rows.assign(rule_name=[look.t(f"attention.rule.{rule}") for rule in rows["rule"]])
        asked = rows[rows["n"] > 0]  # the others are named above the charts, and stand in the table
        figure = shares.rows(asked if len(asked) else rows, look.names, look.theme,
                             title=lambda row: label(row["rule_name"]), mark=("rule",),
                             segment=facet.segment, extent=extent)
        said = _decisions(rows.set_index("rule")["n"], whole, look)
        cards.append(Card(
            f"attention_rules_{number}", f"{facet.name(look.lang, look.settings)} · {said}",
            look.t("attention.rules.measured"), figure, rows, view, definition_key="attention.any", columns=_RULES,
            kinds={"amount_events": "amount", "amount_missing": "number"}, drill=False, with_period=False,
            segment=facet.segment, native=Native("bar", "rule_name", look.series("value"), number="rate")))
    return cards


def _decisions(asked: pd.Series[Any], whole: pd.Series[Any], look: Look) -> str:
    """How many need a decision, and by which of the rules that could be asked (`asked`: rule -> of how many); where any
    rule could not be asked of all, it is at least so many, and where none could be asked of any, not measured."""
    n = {"stalled": max(asked["never_moved"], asked["moved_stalled"])} | {
        rule: asked[rule] for rule in ("at_risk", "unconditioned")}
    why = [look.t(f"attention.rules.{rule}") for rule in n if n[rule]]
    if not why:
        return look.t("attention.rules.unknown", of=fmt.number(whole["n"]))
    *first, last = why
    said = look.t("attention.rules.or").join([*([look.t("attention.list").join(first)] if first else []), last])
    key = "attention.rules.at_least" if min(n.values()) < whole["n"] else "attention.rules"
    return look.t(key, n=fmt.number(whole["events"]), of=fmt.number(whole["n"]), value=fmt.rate(whole["value"]),
                  why=said)


@catalogued
def pack(ask: Ask, view: View, look: Look) -> list[Card]:
    """The most important ones, most at stake first: a light for each of the 13 elements."""
    found = pack_rows(ask, view)
    title, measured = look.t("attention.pack.nothing"), look.t("attention.pack.measured")
    if len(found):
        kept, important, open_ = (found.attrs[name] for name in ("total", "important", "open"))
        key = ("attention.pack" if found["stake"].notna().any() else "attention.pack.no_chance"
               if found["amount_base"].notna().any() else "attention.pack.no_amount")
        title = look.t(key, shown=fmt.number(len(found)), n=fmt.number(kept),
                       per_team=fmt.number(look.settings.attention.pack_per_team), important=fmt.number(important))
        measured = look.t("attention.pack.share", measured=measured, of=fmt.number(open_),
                          value=fmt.rate(important / open_))
    elements = {name: look.t(f"attention.light.{name.removeprefix('light_')}") for name in ELEMENTS}
    figure = strip.lights(found, look.names, look.theme, elements=elements, lamps=_lamps(look))
    return [Card("attention_pack", title, measured, figure, pack_in_words(found, look), view,
                 columns=["name", *ELEMENTS], drill=False, with_period=False, native=Native("picture"))]


def pack_rows(ask: Ask, view: View) -> pd.DataFrame:
    """The rows that `pack` draws."""
    return ask.attention_pack(view, limit=_PACK, learned=learned(ask, view))


def pack_in_words(found: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows of ask.attention_pack with why they are important, and their lights, in words."""
    lamps = _lamps(look)
    why = [look.t("attention.list").join(look.t(f"attention.why.{w}") for w in codes.split(",") if w)
           for codes in found["why"]]
    return in_words(found, look).assign(why_words=why, **{name: found[name].map(lamps) for name in ELEMENTS})


def _lamps(look: Look) -> dict[str, str]:
    return {lamp: look.t(f"attention.lamp.{lamp}") for lamp in ("good", "look", "act", "unknown")}


def in_words(found: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows of ask.attention with their rule and what happened in words."""
    def events(codes: Any) -> str:
        known = [code for code in str(codes).split(",") if i18n.has(f"comparison.event.{code}")]
        return look.t("attention.list").join(look.t(f"comparison.event.{code}") for code in known)
    def chance(source: Any, week: Any) -> str:
        known = isinstance(source, str)
        return look.t(f"attention.chance.{source}", day=fmt.day(week, look.lang)) if known else fmt.UNKNOWN
    words = {"happened_words": [events(codes) for codes in found["happened"]],
             "chance_words": [chance(*of) for of in zip(found["chance_source"], found["chance_week"], strict=True)]}
    if "rule" in found:
        words["rule_name"] = [look.t(f"attention.rule.{rule}") for rule in found["rule"]]
    return found.assign(grade=found["importance"],
                        **{name: pd.Series(w, index=found.index, dtype="str") for name, w in words.items()})


@catalogued
def waiting(ask: Ask, view: View, look: Look) -> list[Card]:
    """What is put off, by the month in which it wakes, and why it waits."""
    months = ask.attention_waiting(view, limit=ASLEEP)["months"]
    if months.empty:
        return [alone("attention_calendar", look.t("attention.calendar.nothing"), view)]
    due = months.loc[months["is_due"].astype(bool), "n"].sum()
    amount = fmt.amount(months["amount"].sum(min_count=1), look.lang, currency=look.currency)
    title = look.t("attention.calendar", n=fmt.number(months["n"].sum()), amount=amount, due=fmt.number(due))
    return [Card("attention_calendar", title, look.t("attention.calendar.measured"),
                 calendar.wakeups(months, look.names, look.theme), months, view,
                 kinds={"wakes": "date", "amount_missing": "number"}, drill=False, with_period=False,
                 notes=(_reasons(months, look),), native=Native("picture"))]


def _reasons(months: pd.DataFrame, look: Look) -> str:
    """Why they wait, the most frequent first, as recorded."""
    counts = months.groupby("waits_for")["n"].sum().sort_values(ascending=False, kind="stable")
    if counts.empty:
        return look.t("attention.calendar.no_reason")
    said = [look.t("attention.calendar.reason", reason=reason, n=fmt.number(n))
            for reason, n in counts.head(_REASONS).items()]
    return look.t("attention.calendar.reasons", reasons=look.t("attention.list").join(said))


def unmeasured_rules(rates: pd.DataFrame, look: Look) -> list[str]:
    """The rules that nothing could be asked of, by name."""
    asked = totals(rates)["n"]
    return [look.t(f"attention.rule.{rule}") for rule in RULES if not asked.get(rule, 0)]


def meant_limits(found: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The limits that anybody can meet: of a segment that its pipeline is made for, or of which there was ever a
    visit (rows: ask.attention_limits)."""
    serves = {pipeline.key: pipeline.segments for pipeline in settings.pipelines}
    is_served = [s in serves.get(p, ()) for p, s in zip(found["pipeline"], found["segment"], strict=True)]
    visits = found.groupby(["pipeline", "segment"])["n"].transform("sum")
    return found[(found["segment"] != "") & (pd.Series(is_served, index=found.index, dtype=bool) | (visits > 0))]
