"""Cards that only a review has: last quarter's opportunities beside this quarter's."""

from __future__ import annotations

import pandas as pd

from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, Series, alone, catalogued
from analytics.charts import then_now
from analytics.review_questions import last_evening
from analytics.view import View

_OPEN = ("open", "paused", "future")
_COLUMNS = ["name", "account_name", "owner_name", "from_stage", "to_stage", "status", "amount_then", "amount",
            "expected_then", "expected_close_on", "closed_on"]
_KINDS = {"amount_then": "amount", "expected_then": "date", "open_then": "number", "amount_kept": "amount"}


@catalogued
def then_and_now(ask: Ask, view: View, look: Look) -> list[Card]:
    """The largest open opportunities when the period began, and what has become of them: a card per segment."""
    frame = ask.then_and_now(view)
    keys = [key for key in (*look.settings.segment_keys, None) if key is None or key in set(frame["segment"])]
    cards: list[Card] = []
    for key in keys:
        mine = frame[frame["segment"] == key if key else ~frame["segment"].isin(keys)].reset_index(drop=True)
        if len(mine):
            cards.append(_card(len(cards), mine, view, look, key))
    return cards


def _card(number: int, frame: pd.DataFrame, view: View, look: Look, segment: str | None) -> Card:
    day = fmt.day(last_evening(view), look.lang)
    count = frame["status"].value_counts()
    won, still = int(count.get("won", 0)), int(count.reindex(_OPEN).fillna(0).sum())
    unnamed = not all(map(then_now.is_named, frame["name"]))
    titles = pd.Series([then_now.title(row) for row in frame.to_dict("records")])
    ids = frame["opportunity_id"].astype("str")
    frame = frame.assign(name=titles.where(~titles.duplicated(keep=False), titles + " · " + ids))
    told = [f"{look.called('status', status)} · {name}"
            for status, name in zip(frame["status"], frame["name"], strict=True)]
    frame = frame.assign(status_name=pd.Series(told, dtype="str"),  # what was lost has no amount now, as on the screen
                         amount_kept=frame["amount"].where(frame["status"].isin(("won", *_OPEN))))
    of, missing = int(frame["open_then"].iloc[0]), int(frame["amount_missing"].iloc[0])
    notes = [look.t("review.then.missing", n=fmt.number(missing, look.lang), of=fmt.number(of, look.lang))] \
        if missing else []
    who = look.called("segment", segment) if segment else look.t("review.then.unknown")
    if missing == of:
        return alone(f"review_then_{number}",
                     look.t("review.then.no_amounts", segment=who, day=day, of=fmt.number(of, look.lang)), view)
    return Card(
        f"review_then_{number}",
        look.t("review.then", segment=who, day=day, n=len(frame), of=fmt.number(of, look.lang), won=won, open=still,
               rest=len(frame) - won - still),
        look.t("review.then.measured", day=day, currency=look.settings.organisation.base_currency),
        then_now.chart(frame, look.names, look.theme, segment=segment), frame, view, columns=_COLUMNS, kinds=_KINDS,
        drill=False, with_period=False, notes=(*notes, *([look.t("review.then.unnamed")] if unnamed else [])),
        segment=segment,
        native=Native("bar", "status_name", (Series(look.t("review.now"), "amount_kept"),
                                             Series(day, "amount_then", "comparison")), number="amount"))
