"""Cards of what has become of a number: as an earlier load knew it, as it is known now, and what moved it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, alone, catalogued
from analytics.charts import waterfall
from analytics.charts.style import label
from analytics.metrics.registry import get
from analytics.restatement import PARTS, Restated
from analytics.view import View
from data.scope import UNKNOWN

#: Most groups that have a card: those with the most opportunities that changed.
_MOST = 6
COLUMNS = ("step", "cause", "n", "top", "bottom", "part_of_change")
_BETTER = {"up": 1, "down": -1, "neutral": 0}


@catalogued
def ledger(ask: Ask, view: View, look: Look, metric: str = "win_rate.count", load: str = "") -> list[Card]:
    """What moved a metric since an earlier load (its number; "": the latest that is earlier), a card per segment."""
    if metric not in PARTS:
        return [_unsaid(no_ledger(look), metric, view, look)]
    loads = dict(ask.earlier_loads())
    if not loads:
        return [_unsaid(look.t("restated.one_load"), metric, view, look)]
    chosen = int(load) if load.isdecimal() else next(iter(loads))
    found = ask.restated(metric, view, chosen)
    rows = _changed(found)
    return [_card(number, found, row, metric, view, look)
            for number, row in enumerate(rows.to_dict("records"))]


def no_ledger(look: Look) -> str:
    """Why a metric has no ledger, and which ones have."""
    return look.t("restated.no_ledger", known=look.t("view.and").join(get(key).label[look.lang] for key in PARTS))


def _unsaid(why: str, metric: str, view: View, look: Look) -> Card:
    return alone("restated_0", f"{look.t('restated.head')}: {get(metric).label[look.lang]}", view, why)


def _keys(found: Restated) -> list[str]:
    return [name for name in ("segment", "pipeline", "stage") if name in found.totals.columns]


def _changed(found: Restated) -> pd.DataFrame:
    """The groups that have a card: those in which most changed, in their order; without any all that are known."""
    keys = _keys(found)
    counts = found.ledger.groupby(keys, dropna=False)["opportunity_id"].nunique().rename("n").reset_index()
    rows = found.totals.merge(counts, on=keys, how="left").fillna({"n": 0})
    shown = rows[rows["n"] > 0] if (rows["n"] > 0).any() else rows[rows["now"].notna()]
    shown = rows.head(1) if shown.empty else shown
    return shown.loc[sorted(shown["n"].sort_values(ascending=False, kind="stable").index[:_MOST])]


def of_group(frame: pd.DataFrame, row: dict[Any, Any], found: Restated) -> pd.DataFrame:
    """The rows of causes or ledger that belong to one group."""
    for name in _keys(found):
        frame = frame[frame[name].eq(row[name]).fillna(False).astype(bool)]
    return frame.reset_index(drop=True)


def _card(number: int, found: Restated, row: dict[Any, Any], metric: str, view: View, look: Look) -> Card:
    declared, segment = get(metric), str(row["segment"])
    frame = of_group(found.causes, row, found)
    value, step = partial(look.value, unit=declared.unit), partial(_difference, look, declared.unit)
    title = _title(row, frame, metric, found, look, value, step)
    measured = look.t("restated.measured", metric=declared.label[look.lang], load=found.load_then)
    notes = (look.t("restated.redefined"),) if found.is_redefined else ()
    if not (fmt.is_known(row["then"]) and fmt.is_known(row["now"])):
        return alone(f"restated_{number}", title, view, title)
    ends = [label(text) for text in _ends(found, look)]
    figure = waterfall.drivers(
        frame.assign(points=frame["part_of_change"].astype(float) * 100), look.names, look.theme,
        before=float(row["then"]), after=float(row["now"]), ends=(ends[0], ends[1]),
        title=lambda r: label(_words(r, look)), value=value, step=step, better=_BETTER[declared.direction])
    return Card(f"restated_{number}", title, measured, figure, _told(frame, row, found, look), view,
                definition_key=metric, columns=COLUMNS, kinds=kinds(metric), drill=False, notes=notes, segment=segment,
                native=Native("waterfall", "cause", (Series(look.t("column.part_of_change"), "part_of_change"),),
                              number={"share": "rate", "money": "amount"}.get(declared.unit, declared.unit)))


def _ends(found: Restated, look: Look) -> list[str]:
    return [look.t("restated.then", day=fmt.day(found.day_then, look.lang), load=found.load_then),
            look.t("restated.now", day=fmt.day(found.day_now, look.lang), load=found.load_now)]


def _told(causes: pd.DataFrame, row: dict[Any, Any], found: Restated, look: Look) -> pd.DataFrame:
    """The causes in words between the number then and the number now."""
    told = [{"step": look.t(f"restated.step.{r['step']}"), "cause": _words(r, look), **{c: r[c] for c in COLUMNS[2:]}}
            for r in causes.to_dict("records")]
    first, last = (
        {"cause": text, "top": row[f"top_{side}"], "bottom": row[f"bottom_{side}"], "part_of_change": row[side]}
        for side, text in zip(("then", "now"), _ends(found, look), strict=True))
    frame = pd.DataFrame([first, *told, last], columns=list(COLUMNS))
    return frame.astype({"step": "str", "cause": "str", "n": "float64"})


def _difference(look: Look, unit: str, part: float) -> str:
    return look.difference(part, 0.0, unit) if unit != "money" else fmt.amount(part, look.lang, signed=True)


def kinds(metric: str) -> dict[str, str]:
    """How the columns of causes and ledger are shown."""
    unit, counted = get(metric).unit, "amount" if PARTS[metric].is_money else "number"
    return {"top": counted, "bottom": counted, "part_of_change": {"share": "pp", "money": "amount"}.get(unit, unit)}


def _words(row: dict[Any, Any], look: Look) -> str:
    """A cause; what happened since says so, to be told from a correction of the same name."""
    cause = look.t(f"restated.cause.{row['cause']}")
    return look.t("restated.cause_since", cause=cause) if row["step"] == "since" and row["cause"] != "time" else cause


def _title(row: dict[Any, Any], causes: pd.DataFrame, metric: str, found: Restated, look: Look,
           value: Callable[[Any], str], step: Callable[[float], str]) -> str:
    """The finding: then, now, and the cause of most of it."""
    is_whole = set(found.totals["segment"]) == {UNKNOWN}  # nobody's segment is known: nothing to tell apart
    named = ["segment"] if "stage" in row else [name for name in ("segment", "pipeline") if name in row]
    parts = [look.called(name, row[name]) for name in named]
    parts[0] = look.t("pipeline.all") if is_whole else parts[0]
    parts += [look.stage(str(row["pipeline"]), str(row["stage"]))] if "stage" in row else []
    said = {"what": " · ".join(parts), "metric": get(metric).label[look.lang], "load": found.load_then}
    reason = row["reason_then"] or row["reason_now"]
    if not (fmt.is_known(row["then"]) and fmt.is_known(row["now"])):
        return look.t("restated.title.unknown", reason=look.t(f"reason.{reason}") if reason else "", **said)
    said |= {"now": value(row["now"])}
    if causes.empty:
        return look.t("restated.title.same", **said)
    if value(row["then"]) == said["now"]:
        return look.t("restated.title.even", n=int(row["n"]), **said)
    largest = causes.loc[causes["part_of_change"].abs().idxmax()].to_dict()
    return look.t("restated.title", then=value(row["then"]), change=step(row["change"]), cause=_words(largest, look),
                  effect=step(largest["part_of_change"]), **said)
