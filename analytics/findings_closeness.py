"""Sentences about closeness, in both languages, that never say more than their numbers support.

As analytics/findings.py: each function takes figures and returns a `Finding`, "clear" only where it is not chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import Finding
from analytics.i18n import dimension_label, label, t
from analytics.statistics.estimate import CLAIM
from analytics.statistics.intervals import difference, wilson

#: fewest closed before and since for a word on win rates
MIN_CLOSED = 10
#: a group's row -> what it is called
Called = Callable[[dict[Any, Any]], str]


def called(row: dict[Any, Any], lang: str, settings: Any = None, *, alone: bool = False) -> str:
    """What a group of closeness_questions.closeness_shifts is called: whose accounts, or which team, region … `alone`:
    as it stands by itself, where it begins with a capital; names keep their own."""
    name, end = row.get("name") or row["value"], ".alone" if alone else ""
    if row["dimension"] in ("holder_id", "owner_id"):
        return t(f"closeness.group.{row['dimension']}{end}", lang, name=name)
    return t(
        f"closeness.group.other{end}",
        lang,
        dimension=dimension_label(row["dimension"], lang).lower(),
        name=label(row["dimension"], name, lang, settings),
    )


def who_loses(shifts: pd.DataFrame, lang: str, *, since: str, settings: Any = None) -> Finding:
    """Who is losing which relationships: the most certain loss; else the most certain gain; else that there is none.

    In: rows of Ask.closeness_shifts. A group that all others outdo in its own direction is no mover.
    """
    groups = shifts[shifts["dimension"] != ""] if len(shifts) else shifts
    if groups.empty:
        return Finding(t("closeness.shift.unknown", lang), "too_few")
    tests = show.number(groups["tests"].iloc[0])
    real = groups[groups["is_real"] & (groups["change"].abs() > groups["rest_change"].abs())]
    if real.empty:
        return Finding(t("closeness.shift.none", lang, tests=tests, since=since), "unclear")
    losses = real[real["change"] < 0]
    row = (losses if len(losses) else real).iloc[0].to_dict()
    fields = {
        "group": called(row, lang, settings),
        "since": since,
        "tests": tests,
        "n": show.number(row["n"]),
        "before": _points(row["closeness_before"]),
        "now": _points(row["closeness_now"]),
        "change": _points(row["change"], signed=True),
        "rest": _points(row["rest_change"], signed=True),
    }
    return Finding(t(f"closeness.shift.{'down' if row['change'] < 0 else 'up'}", lang, **fields), "clear")


def loss(story: Mapping[str, Any], lang: str) -> Finding | None:
    """With whom the relationships went, and what became of the win rate there (Ask.closeness_loss); None where nobody
    took any."""
    if not story:
        return None
    row, wins = story["group"], story["wins"]
    fields = {
        "name": row["name"],
        "gone": t("closeness.loss.gone", lang) if row["is_active"] is False else "",
        "accounts": show.number(row["n"]),
        "before": _points(row["closeness_before"]),
        "now": _points(row["closeness_now"]),
    }
    text = t(f"closeness.loss.{row['dimension']}", lang, **fields)
    if len(wins) == 2 and wins["n"].min() >= MIN_CLOSED:
        was, now = wins.to_dict("records")
        is_real = difference(now["won"], now["n"], was["won"], was["n"]).excludes(0)
        text = t(
            f"closeness.loss.{'wins' if is_real else 'wins_unclear'}",
            lang,
            sentence=text,
            before=show.rate(was["value"]),
            n_before=show.number(was["n"]),
            now=show.rate(now["value"]),
            n_now=show.number(now["n"]),
        )
    return Finding(text, "clear")


def loss_details(story: Mapping[str, Any], lang: str) -> list[str]:
    """How much of the relationships one person held, and when most of it was lost: what the title has no room for."""
    row, told = story["group"], []
    if row["dimension"] == "holder_id":
        told.append(t("closeness.loss.held", lang, held=show.rate(row["held"], digits=0)))
    if row["since"]:
        days = {name: show.day(row[name], lang) for name in ("since", "until")}
        told.append(t("closeness.loss.when", lang, **days))
    return told


def level(shifts: pd.DataFrame, lang: str, *, since: str) -> Finding:
    """Are we coming closer to all accounts together? (The row "" of Ask.closeness_shifts.)"""
    whole = shifts[shifts["dimension"] == ""] if len(shifts) else shifts
    if whole.empty:
        return Finding(t("closeness.level.unknown", lang), "too_few")
    row = whole.iloc[0].to_dict()
    fields = {
        "n": show.number(row["n"]),
        "since": since,
        "change": _points(row["change"], signed=True),
    }
    if not row["is_real"]:
        return Finding(t("closeness.level.none", lang, **fields), "unclear")
    return Finding(t(f"closeness.level.{'up' if row['change'] > 0 else 'down'}", lang, **fields), "clear")


def dependence(counts: dict[str, float], holders: pd.DataFrame, lang: str, *, currency: str) -> Finding:
    """How much hangs on one person: `counts` = closeness_accounts.totals; `holders`: rows of Ask.holders."""
    if not counts["dependence_known"]:
        return Finding(t("closeness.holders.unknown", lang), "nothing")
    if holders.empty:
        return Finding(t("closeness.holders.none", lang, known=show.number(counts["dependence_known"])), "clear")
    first = holders.iloc[0].to_dict()
    return Finding(
        t(
            "closeness.holders.found",
            lang,
            dependent=show.number(counts["dependent"]),
            known=show.number(counts["dependence_known"]),
            name=first["holder_name"],
            accounts=t("closeness.holders.accounts", lang, n=show.number(first["accounts"])),
            amount=show.amount(counts["amount_dependent"], lang, currency=currency),
        ),
        "clear",
    )


def chains(frame: pd.DataFrame, lang: str, *, name: Callable[[str], str] = str) -> Finding:
    """Which team knows least of its deciders: the one with the most deals that hang on a single contact, if it is
    more than half of them beyond chance (Wilson's limit at the level of a claim, for all teams together)."""
    known = frame[frame["named"] >= 5] if len(frame) else frame
    if known.empty:
        return Finding(t("closeness.chains.unknown", lang), "nothing")
    row = known.loc[known["single_share"].idxmax()].to_dict()
    fields = {
        "group": name(row["team"]),
        "single": show.number(row["single"]),
        "named": show.number(row["named"]),
        "share": show.rate(row["single_share"], digits=0),
        "people": show.number(row["people_per_deal"], digits=1),
    }
    low = wilson(row["single"], row["named"], level=1 - (1 - CLAIM) / len(known)).low
    is_single = low is not None and low > 0.5
    return Finding(t(f"closeness.chains.{'single' if is_single else 'fine'}", lang, **fields), "clear")


def of_account(row: dict[str, Any], change: float, lang: str, *, name: str) -> Finding:
    """Where one account stands: `row` of account_week with its band, `change` of the four-week mean over the weeks."""
    if not show.is_known(row["closeness"]):
        reason = "no_org_map" if not row["has_org_map"] else "no_attitude"
        return Finding(t(f"closeness.account.{reason}", lang, name=name), "nothing")
    fields = {
        "name": name,
        "now": _points(row["closeness"]),
        "band": t(f"closeness.band.{row['band']}", lang),
        "change": _points(change, signed=True),
    }
    return Finding(
        t("closeness.account.said" if show.is_known(change) else "closeness.account.new", lang, **fields), "clear"
    )


def _points(value: Any, *, signed: bool = False) -> str:
    return show.number(value, digits=1, signed=signed)
