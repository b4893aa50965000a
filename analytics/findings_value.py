"""Sentences of the value board, in both languages, that never say more than their numbers support.

As analytics/findings.py. A change is named only where it holds at the level of titles (headline.COLUMNS, is_claimed);
how numbers and names are written comes in, because the same row is written in the same way on its tile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import Finding, Name
from analytics.i18n import t
from analytics.periods import parse

Row = Mapping[Any, Any]
#: So many moves and missed standards are named in the sentence of a line.
NAMED = 3
#: A change of less than this part of what it was is not told, however certain; one of at least LARGE is told also where
#: chance cannot be tested, and said so.
MATERIAL, LARGE = 0.1, 0.2
#: Fewest wins of a region that is held against others.
MIN_N = 20
PARTNERS = ("channel", "mixed")


def line(key: str, rows: Sequence[Row], lang: str, *, name: Callable[[Row], str], value: Callable[[Row, Any], str],
         change: Callable[[Row], str]) -> Finding:
    """What matters on one line: what changed by more than chance and enough to matter, worse before better; what
    changed much but cannot be tested; else how it stands; and which standard is clearly missed, if not told already.
    Rows: headline.COLUMNS."""
    known = [row for row in rows if show.is_known(row["value"])]
    if not known:
        return Finding(t(f"value.line.{key}.unmeasured", lang), "nothing")
    moved = sorted((row for row in known if row["is_claimed"] and _size(row) >= MATERIAL), key=_worst_first)[:NAMED]
    large = sorted((row for row in known if row["is_claimed"] is None and _size(row) >= LARGE), key=_size,
                   reverse=True)[:NAMED]
    told = {name(row) for row in moved}
    missed = [row for row in known if row["is_missed"] and name(row) not in told][:NAMED]
    parts = [_moved(judged, of, lang, name, value, change) for judged in (False, None, True)
             if (of := [row for row in moved if row["is_good"] is judged])]
    if large:
        said = _listed((_said(row, name, value, change, lang) for row in large), lang)
        parts.append(t("value.line.large", lang, said=said))
    if not parts:
        first = [row for row in known if row["key"] == known[0]["key"]]
        said = _listed((t("value.said.plain", lang, what=name(r), now=value(r, r["value"])) for r in first), lang)
        compared = [row for row in known if show.is_known(row["change"])]
        tested = any(row["is_claimed"] is not None for row in compared)
        key = "steady" if tested else "untested" if compared else "alone"
        if tested and any(row["is_real"] for row in known):  # a tile says "beyond chance" of it: too small to be told
            key = "small"
        parts.append(t(f"value.line.{key}", lang, said=said))
    if missed:
        said = _listed((t("value.said.missed", lang, what=name(r), now=value(r, r["value"]),
                          target=value(r, r["target"])) for r in missed), lang)
        parts.append(t("value.line.missed", lang, said=said))
    return Finding(t("value.joined", lang).join(parts), "clear" if moved or missed else "unclear")


def baseline(rows: pd.DataFrame, lang: str) -> Finding:
    """How many indicators are better or worse than in the baseline (rows of ask.value_baseline)."""
    if rows.empty:
        return Finding(t("value.baseline.none", lang), "nothing")
    period = show.period(parse(rows["baseline"].iloc[0]), lang)
    counted = [row for row in rows.to_dict("records") if show.is_known(row["change"])]
    if not counted:
        return Finding(t("value.baseline.unknown", lang, period=period), "nothing")
    claimed = [row for row in counted if row["is_claimed"]]
    good, bad = (sum(row["is_good"] is judged for row in claimed) for judged in (True, False))
    fields = {"period": period, "good": show.number(good), "bad": show.number(bad), "n": show.number(len(counted)),
              "tested": show.number(sum(row["is_claimed"] is not None for row in counted))}
    return Finding(t("value.baseline.said", lang, **fields), "clear" if claimed else "unclear")


def wins(shifts: pd.DataFrame, lang: str, *, who: str, first: str) -> Finding:
    """How one segment's win rate stands in a title that names several: left its level, or steady since `first`, the
    first period that was looked at. `shifts`: fluctuation.shifts, of which the row of the whole is read."""
    whole = shifts[shifts["dimension"] == ""].to_dict("records") if len(shifts) else []
    if not whole:
        return Finding(t("overview.wins.unknown", lang, who=who), "too_few")
    row = whole[0]
    if row["is_real"]:
        return Finding(t(f"overview.wins.{'up' if row['change'] > 0 else 'down'}", lang, who=who,
                         since=show.period(parse(row["since"]), lang), after=show.rate(row["rate_after"]),
                         before=show.rate(row["rate_before"])), "clear")
    rate = (row["won_before"] + row["won_after"]) / (row["n_before"] + row["n_after"])
    return Finding(t("overview.wins.steady", lang, who=who, rate=show.rate(rate),
                     first=show.period(parse(first), lang)), "unclear")


def mixed(mix: pd.DataFrame, shares: pd.DataFrame, lang: str, *, what: str, by: str, name: Name = str) -> Finding:
    """How much is won with partners, and where most. `mix`: value.mix; `shares`: rows of value.partner_share by `by`.

    A place is named only if its interval stays apart from that of every other one with enough wins.
    """
    total = mix["amount"].sum(min_count=1)
    if mix.empty or not show.is_known(total) or not total > 0:
        return Finding(t("value.mix.nothing", lang, what=what), "nothing")
    part = mix.loc[mix["sales_mode"].isin(PARTNERS), "amount"].sum() / total
    fields = {"what": what, "share": show.rate(part), "n": show.number(mix["n"].sum())}
    judged = shares[shares["value"].notna() & (shares["n"] >= MIN_N)].sort_values("value", kind="stable")
    if len(judged) < 2:
        return Finding(t("value.mix.few", lang, **fields), "too_few")
    first = judged.iloc[-1]
    fields |= {"most": name(first[by]), "most_share": show.rate(first["value"])}
    is_apart = bool((judged["high"].iloc[:-1] < first["low"]).all())
    key = "most" if is_apart else "alike"
    return Finding(t(f"value.mix.{key}", lang, **fields), "clear" if is_apart else "unclear")


def _worst_first(row: Row) -> int:
    return {False: 0, None: 1, True: 2}[row["is_good"]]


def _moved(judged: bool | None, rows: Sequence[Row], lang: str, name: Callable[[Row], str],
           value: Callable[[Row, Any], str], change: Callable[[Row], str]) -> str:
    said = _listed((_said(row, name, value, change, lang) for row in rows), lang)
    return t(f"value.line.{ {False: 'worse', None: 'changed', True: 'better'}[judged] }", lang, said=said)


def _said(row: Row, name: Callable[[Row], str], value: Callable[[Row, Any], str], change: Callable[[Row], str],
          lang: str) -> str:
    return t("value.said.moved", lang, what=name(row), now=value(row, row["value"]),
             before=value(row, row["other_value"]), change=change(row))


def _size(row: Row) -> float:
    """How large a change is, in parts of what it was; 0 where it is not known."""
    if not (show.is_known(row["change"]) and show.is_known(row["other_value"])) or not row["other_value"]:
        return 0.0
    return abs(float(row["change"]) / float(row["other_value"]))


def _listed(words: Any, lang: str) -> str:
    return t("value.listed", lang).join(words)
