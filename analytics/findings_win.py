"""Sentences about win rates, in both languages, that never say more than their numbers support.

As analytics/findings.py: each function takes figures and returns a `Finding`, "clear" only where chance (and, over
time, the usual variation) does not explain what it says. Names come in as they are to be shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from analytics import format as show
from analytics.findings import Finding, Name
from analytics.i18n import dimension_label, t
from analytics.periods import parse

#: From this sigma_z on a reader is told, below the title, that the rate usually moves by more than chance.
NOTABLE = 1.2
#: So many further groups are named after the first.
ALSO = 2
#: So many groups that moved are told one by one above the charts.
TOLD = 4
#: name(dimension, value): how a group is called; name(pipeline, stage): how a stage is
Group = Callable[[str, str], str]


def above_the_charts(shifts: pd.DataFrame, losses: pd.DataFrame, splits: pd.DataFrame, trend: pd.DataFrame,
                     lang: str, *, what: str, counted: str, called: Group, stage: Group,
                     late: pd.DataFrame | None = None) -> list[Finding]:
    """Everything that the page Win rate says before its charts: who moved, where these lose, Simpson's case, what is
    overdue, what cannot be compared. What is certain comes first.

    In: answers of ask.win_shifts, .win_losses, .win_splits (by segment) and .win_trend (all together); `what` is the
    measure of the last two, `counted` that of shifts, which are judged by count; `called`: a group by its value alone;
    `late`: .win_trend by count, where `trend` is by something else: what is overdue is counted.
    """
    def group(dimension: str, value: str) -> str:
        return f"{dimension_label(dimension, lang)} {called(dimension, value)}"

    said: list[Finding | None] = [whole_shift(shifts, lang, what=counted)]
    taken = losses[(losses["kind"] == "rival") & losses["is_apart"]] if len(losses) else losses
    apart = set(zip(taken["dimension"], taken["value"], strict=True))
    own = pd.Series([pair in apart for pair in zip(shifts["dimension"], shifts["value"], strict=True)],
                    index=shifts.index, dtype=bool)
    real = shifts[(shifts["is_real"].astype(bool) | own) & (shifts["dimension"] != "")].head(TOLD).assign(is_real=True)
    for row in real.to_dict("records"):
        found = group_shift(pd.DataFrame([row]), lang, what=counted, group=group)
        mine = losses[(losses["dimension"] == row["dimension"]) & (losses["value"] == row["value"])]
        said.append(where_lost(found, mine, lang, stage=stage))
    if real.empty:
        said.append(group_shift(shifts, lang, what=counted, group=group))
    said += [simpson(splits, lang, what=what, by="segment", name=partial(called, "segment")),
             overdue(trend if late is None else late, lang)]
    cut = [i for i, is_cut in enumerate(trend["is_truncated"] & trend["value"].notna(), 1) if is_cut]
    if cut:  # the latest period that looks like a level and is none
        said.append(level(trend.head(cut[-1]), lang, what=what))
    return sorted((f for f in said if f is not None), key=lambda f: f.strength != "clear")


def where_lost(found: Finding, losses: pd.DataFrame, lang: str, *, stage: Group) -> Finding:
    """The sentence about a group that fell, and against whom and in which stage it loses more than before (rows of
    ask.win_losses of this group; the rival and the stage that grew most certainly, if by more than chance explains)."""
    text = found.text
    for kind in ("rival", "stage"):
        real = losses[(losses["kind"] == kind) & losses["is_real"]] if len(losses) else losses
        for row in real.head(1).to_dict("records"):
            name = row["name"] if kind == "rival" else stage(row["pipeline"], row["name"])
            text = t(f"win.losses.{kind}", lang, sentence=text, name=name, share=show.rate(row["share"]),
                     before=show.rate(row["share_before"]))
    return Finding(text, found.strength)


def level(trend: pd.DataFrame, lang: str, *, what: str) -> Finding:
    """Where the latest period stands in a control chart (rows of one group, columns: win_trend.COLUMNS)."""
    closed = trend[trend["n"] > 0]
    if closed.empty:
        return Finding(t("finding.nothing", lang, what=what), "nothing")
    row = closed.iloc[-1].to_dict()
    fields = {"what": what, "period": _period(row["period"], lang), "value": show.rate(row["value"]),
              "n": show.number(row["n"]), "centre": show.rate(row["centre"]), "lower": show.rate(row["lower"]),
              "upper": show.rate(row["upper"])}
    if pd.isna(row["value"]):
        return Finding(t("win.level.no_amounts", lang, **fields), "nothing")
    if row["is_truncated"]:
        return Finding(t("win.level.truncated", lang, **fields), "unclear")
    if not row["is_complete"]:
        return Finding(t("win.level.running", lang, **fields), "unclear")
    if row["is_small"]:
        return Finding(t("finding.too_few", lang, what=what, n=fields["n"]), "too_few")
    signal = row["signal"]
    if signal.startswith("run"):
        fields["count"] = show.number(_length_of_run(trend, signal))
    kind = signal or ("since" if row.get("since") else "within")
    if row.get("since"):
        fields["since"] = _period(row["since"], lang)
        before = trend.loc[trend["centre"] != row["centre"], "centre"].dropna()
        fields["before"] = show.rate(before.iloc[-1] if len(before) else None)
    return Finding(t(f"win.level.{kind}", lang, **fields), "clear" if signal else "unclear")


def widened(trend: pd.DataFrame) -> float | None:
    """How many times as much as by chance the rate usually varies, where that is NOTABLE; None where it is not."""
    closed = trend[trend["n"] > 0]
    times = closed["sigma_z"].iloc[-1] if len(closed) else float("nan")
    return float(times) if pd.notna(times) and times >= NOTABLE else None


def overdue(trend: pd.DataFrame, lang: str) -> Finding:
    """What a rate of closed ones hides: the open ones past their date at the end of the latest period (rows by count;
    columns: win_trend.COLUMNS)."""
    closed = trend[trend["n"] > 0]
    if closed.empty or pd.isna(closed["open_overdue"].iloc[-1]):
        return Finding(t("win.overdue.unknown", lang), "nothing")
    row = closed.iloc[-1]
    if row["open_overdue"] == 0:
        return Finding(t("win.overdue.none", lang), "clear")
    late = show.number(row["open_overdue"])
    if pd.isna(row["with_overdue"]):
        return Finding(t("win.overdue.young", lang, n=late), "clear")
    closed, rate = row["n_year"], row["with_overdue"]
    now = rate * (closed + row["open_overdue"]) / closed
    return Finding(t("win.overdue.some", lang, n=late, closed=show.number(closed), now=show.rate(now),
                     rate=show.rate(rate)), "clear")


def whole_shift(shifts: pd.DataFrame, lang: str, *, what: str) -> Finding:
    """Has the rate of everybody moved to another level, and since when? (Rows: fluctuation.shifts.)"""
    rows = shifts[shifts["dimension"] == ""] if len(shifts) else shifts
    if rows.empty:
        return Finding(t("win.shift.unknown", lang, what=what), "too_few")
    row = rows.iloc[0].to_dict()
    if not row["is_real"]:
        return Finding(t("win.shift.whole_none", lang, what=what, rate=show.rate(_rate(row))), "unclear")
    key = "up" if row["change"] > 0 else "down"
    return Finding(t(f"win.shift.whole_{key}", lang, what=what, **_moved(row, lang)), "clear")


def group_shift(shifts: pd.DataFrame, lang: str, *, what: str, group: Group = lambda _, value: value) -> Finding:
    """Whose rate has left that of the others, and since when: the group furthest apart and ALSO more, or none."""
    rows = shifts[shifts["dimension"] != ""] if len(shifts) else shifts
    if rows.empty:
        return Finding(t("win.shift.unknown", lang, what=what), "too_few")
    tests = show.number(rows["tests"].iloc[0])
    real = rows[rows["is_real"]].to_dict("records")
    if not real:
        return Finding(t("win.shift.group_none", lang, what=what, tests=tests), "unclear")
    row, others = real[0], real[1:1 + ALSO]
    key = "up" if row["change"] > 0 else "down"
    named = group(row["dimension"], row["value"])
    text = t(f"win.shift.group_{key}", lang, what=what, group=named, tests=tests,
             rest=show.points(row["rest_change"], lang), **_moved(row, lang))
    for other in others:
        text = t("win.shift.also", lang, sentence=text, group=group(other["dimension"], other["value"]),
                 **_moved(other, lang))
    return Finding(text, "clear")


def why(split: pd.DataFrame, lang: str, *, what: str, by: str, name: Name = str) -> Finding:
    """Why the rate changed from one period to the next: chance, mix or rate (rows of decomposition.split)."""
    if split.empty:
        return Finding(t("win.why.nothing_to_compare", lang, what=what), "nothing")
    total = split[split["is_total"]].iloc[0].to_dict()
    fields = {"what": what, "before": _period(total["before"], lang), "now": _period(total["now"], lang)}
    if total["reason"] == "no_amounts":
        return Finding(t("win.why.no_amounts", lang, **fields), "nothing")
    if total["reason"]:
        empty = [fields[name] for name, n in (("before", "n_before"), ("now", "n")) if not total[n]]
        return Finding(t("win.why.nothing_closed", lang, what=what, periods=t("view.and", lang).join(empty)), "nothing")
    if total.get("is_truncated"):
        return Finding(t("win.why.truncated", lang, **fields), "unclear")
    fields |= {"from": show.rate(total["rate_before"]), "to": show.rate(total["rate"]),
               "change": show.points(total["change"], lang), "mix": show.points(total["mix"], lang),
               "rate": show.points(total["rate_effect"], lang)}
    parts = split[~split["is_total"]]
    if total["is_simpson"] and total["is_mix_real"]:
        key = "simpson_down" if total["change"] < 0 else "simpson_up"
        shares = _shares(parts, by, lang, name)
        return Finding(t(f"win.why.{key}", lang, **fields, shares=shares), "clear",
                       t(f"win.why.{key}.title", lang, **fields), shares)
    if total["is_real"]:
        most = parts.loc[parts["contribution"].mul(1 if total["change"] > 0 else -1).idxmax()].to_dict()
        more = {"most": name(most[by]), "part": show.points(most["contribution"], lang)}
        return Finding(t("win.why.real", lang, **fields, **more), "clear")
    if total["is_mix_real"]:
        return Finding(t("win.why.mix_only", lang, **fields, shares=_shares(parts, by, lang, name)), "unclear")
    if total["is_rate_real"]:
        return Finding(t("win.why.rate_only", lang, **fields), "unclear")
    return Finding(t("win.why.chance", lang, **fields), "unclear")


def simpson(splits: pd.DataFrame, lang: str, *, what: str, by: str, name: Name = str) -> Finding | None:
    """The latest change of all (ask.win_splits) in which every group moved one way and the total the other because of
    the mix; None where there is none that chance does not explain."""
    found = splits[splits["is_total"] & splits["is_simpson"] & splits["is_mix_real"]]
    if found.empty:
        return None
    last = found.iloc[-1]
    pair = splits[(splits["before"] == last["before"]) & (splits["now"] == last["now"])]
    return why(pair, lang, what=what, by=by, name=name)


def calibrated(scores: pd.DataFrame, refit: pd.DataFrame, lang: str) -> Finding:
    """Does the comparison with the rivals tell the truth, and is it better than the CRM's probability?"""
    own = scores[scores["source"] == "comparison"].iloc[0].to_dict()
    if own["reason"]:
        return Finding(t(f"win.calibration.{own['reason']}", lang, n=show.number(own["n"])), "too_few")
    fields = {"n": show.number(own["n"]), "predicted": show.rate(own["predicted"]), "value": show.rate(own["value"])}
    if not own["tells"] or refit["verdict"].iloc[0] == "not_supported":
        return Finding(t("win.calibration.not_supported", lang, **fields), "clear")
    key = "good" if own["is_calibrated"] else "low" if own["predicted"] < own["value"] else "high"
    text = t(f"win.calibration.{key}", lang, **fields)
    if own["brier"] > own["reference"]:
        text = t("win.calibration.beaten", lang, sentence=text)
    crm = scores[scores["source"] == "crm"].iloc[0].to_dict()
    if crm["n_both"] and pd.notna(crm["worse_low"]) and (crm["worse_low"] > 0 or crm["worse_high"] < 0):
        key = "better" if crm["worse_low"] > 0 else "worse"
        text = t(f"win.calibration.crm_{key}", lang, sentence=text)
    return Finding(text, "clear")


def bias(scores: pd.DataFrame, lang: str) -> str:
    """How far the comparison's predictions were off so far (rows of calibration.scores): what must be known of a sum of
    them; "" where too few are closed to say."""
    own = scores[scores["source"] == "comparison"].iloc[0].to_dict()
    if own["reason"]:
        return ""
    key = "none" if own["is_calibrated"] else "low" if own["predicted"] < own["value"] else "high"
    return t(f"win.bias.{key}", lang, predicted=show.rate(own["predicted"]), value=show.rate(own["value"]),
             n=show.number(own["n"]))


def refitted(refit: pd.DataFrame, lang: str) -> Finding:
    """What the closed opportunities say of gamma (one row: calibration.Refit)."""
    row = refit.iloc[0].to_dict()
    fields = {name: show.number(row[name], digits=1) for name in ("gamma", "low", "high", "current")}
    strength = {"few_closed": "too_few", "not_supported": "clear", "change": "clear", "keep": "unclear"}[row["verdict"]]
    return Finding(t(f"win.refit.{row['verdict']}", lang, n=show.number(row["n"]), **fields), strength)  # type: ignore[arg-type]


def predicts(bands: pd.DataFrame, verdicts: pd.DataFrame, source: str, lang: str) -> Finding:
    """Does closeness (source: project or account) predict winning? (ask.backtest_closeness)"""
    row = verdicts[verdicts["source"] == source].iloc[0].to_dict()
    what = t(f"win.predicts.{source}", lang)
    if row["verdict"] in ("not_measured", "few_closed"):
        return Finding(t(f"win.predicts.{row['verdict']}", lang, what=what, n=show.number(row["n"])), "too_few")
    shown = bands[(bands["source"] == source) & (bands["n"] > 0)]
    first, last = shown.iloc[0], shown.iloc[-1]
    fields = {"what": what, "n": show.number(row["n"]), "low_band": _band(first), "low": show.rate(first["value"]),
              "high_band": _band(last), "high": show.rate(last["value"])}
    strength = "unclear" if row["verdict"] == "does_not_predict" else "clear"
    return Finding(t(f"win.predicts.{row['verdict']}_said", lang, **fields), strength)  # type: ignore[arg-type]


def _period(name: str, lang: str) -> str:
    return show.period(parse(name), lang)


def _length_of_run(trend: pd.DataFrame, signal: str) -> int:
    """How many judged periods in a row, up to the last one, lie on the side of `signal`."""
    judged = trend[trend["is_usable"] & ~trend["is_small"] & (trend["n"] > 0)]
    side = (judged["value"] > judged["centre"]) if signal == "run_above" else (judged["value"] < judged["centre"])
    return int(side.iloc[::-1].cummin().sum())


def _moved(row: dict[str, Any], lang: str) -> dict[str, str]:
    return {"since": _period(row["since"], lang), "before": show.rate(row["rate_before"]),
            "after": show.rate(row["rate_after"]), "n_before": show.number(row["n_before"]),
            "n_after": show.number(row["n_after"])}


def _rate(row: dict[str, Any]) -> float:
    return float((row["won_before"] + row["won_after"]) / (row["n_before"] + row["n_after"]))


def _shares(parts: pd.DataFrame, by: str, lang: str, name: Name) -> str:
    """The group whose part grew most, in words: "KA 24.8% → 48.9%"."""
    row = parts.loc[(parts["share"] - parts["share_before"]).abs().idxmax()]
    before, now = show.rate(row["share_before"]), show.rate(row["share"])
    return t("win.why.share", lang, name=name(row[by]), before=before, now=now)


def _band(row: pd.Series) -> str:
    return f"{int(row['from_points'])}–{int(row['to_points'])}"

