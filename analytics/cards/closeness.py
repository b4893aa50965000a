"""Cards of closeness: who loses which relationships, what hangs on one person, one account, and does it predict."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analytics import closeness_accounts, findings_closeness, findings_facts, findings_win
from analytics import format as fmt
from analytics.ask import Ask
from analytics.cards.card import Card, Look, Native, alone, catalogued, unmeasured
from analytics.charts import board, network
from analytics.charts import coverage as coverage_chart
from analytics.charts.figure import Figure
from analytics.charts.style import label
from analytics.closeness import BANDS
from analytics.view import View

_GROUPS, _HOLDERS, _MOVERS = 8, 8, 6
_PARTS = ("closeness", "depth", "breadth", "transparency")
BOARD = ["account_name", "closeness", "course", "change", "change_period", "band_said", "alerts_said", "amount_base",
         "person_dependence", "holder_name", "depth", "breadth", "transparency", "n_reached", "n_contacts", "segment",
         "owner_name", "team"]
KINDS = (dict.fromkeys((*_PARTS, "mean", "closeness_before", "closeness_now"), "points")
         | dict.fromkeys(("change", "change_period", "rest_change"), "signed")
         | {"person_dependence": "rate", "as_of_on": "date"}
         | dict.fromkeys(("n_reached", "n_contacts", "accounts", "n_open"), "number"))
_SHIFTS = ["group_name", "n", "closeness_before", "closeness_now", "change", "rest_change", "p_adjusted"]
_ACCOUNT = ["as_of_on", *_PARTS, "person_dependence", "n_reached", "n_contacts"]
_MAP = ["contact_title", "department", "who", "importance", "attitude_name", "roles_said", "closeness", "touches",
        "last_touch_on"]
_PICTURE = Native("picture")


def _since(view: View, look: Look) -> str:
    return fmt.day(view.start, look.lang) if view.start else look.t("filter.period.all")


def _absent(name: str, ask: Ask, view: View, look: Look) -> list[Card]:
    """What to show where closeness is not measured at all; [] where it is, or where only the filters leave nothing."""
    if view.filters.chosen or not ask.closeness_summary(view).empty:
        return []
    title = look.t(f"review.card.closeness.{name}")
    return [unmeasured(f"closeness_{name}", title, view, look, "closeness.contacts")]


@catalogued
def shifts(ask: Ask, view: View, look: Look) -> list[Card]:
    """Who is losing which relationships since the start of the period."""
    if absent := _absent("shifts", ask, view, look):
        return absent
    found = ask.closeness_shifts(view)
    said = findings_closeness.who_loses(found, look.lang, since=_since(view, look), settings=look.settings)
    rows = found[found["dimension"] != ""].head(_GROUPS)
    names = {i: _called(row, look) for i, row in zip(rows.index, rows.to_dict("records"), strict=True)}
    figure = board.groups(rows, look.names, look.theme, title=lambda r: label(_called(r, look), 44))
    series = (*look.series("change"), *look.series("rest_change", role="comparison"))
    return [_card("shifts", said.text, look.t("closeness.shift.measured"), figure,
                  rows.assign(group_name=pd.Series(names, dtype="str")), view, columns=_SHIFTS, with_period=True,
                  native=Native("bar", "group_name", series, number="points"))]


def _called(row: dict[Any, Any], look: Look) -> str:
    return findings_closeness.called(row, look.lang, look.settings, alone=True)


@catalogued
def loss(ask: Ask, view: View, look: Look) -> list[Card]:
    """With whom the relationships went, if they went with one person; none where they did not."""
    story = ask.closeness_loss(view)
    said = findings_closeness.loss(story, look.lang)
    if said is None:
        return []
    weeks = story["weeks"]
    figure = board.parts(weeks, look.names, look.theme, bands=look.settings.closeness.bands)
    measured = " · ".join([look.t("closeness.loss.measured"), *findings_closeness.loss_details(story, look.lang)])
    return [_card("loss", said.text, measured, figure, weeks, view,
                  columns=["as_of_on", "accounts", *_PARTS, "person_dependence"], native=_course_of(look))]


@catalogued
def course(ask: Ask, view: View, look: Look) -> list[Card]:
    """Mean closeness of each segment over a long time."""
    if absent := _absent("course", ask, view, look):
        return absent
    frame = ask.closeness_weeks(view)
    said = findings_closeness.level(ask.closeness_shifts(view), look.lang, since=_since(view, look))
    figure = board.course(frame, look.names, look.theme, bands=look.settings.closeness.bands)
    return [_card("course", said.text, look.t("closeness.level.measured"), figure, frame, view,
                  columns=["segment", "as_of_on", "accounts", "n", *_PARTS],
                  native=Native("line", "as_of_on", look.series("mean"), split="segment", number="points"))]


@catalogued
def movers(ask: Ask, view: View, look: Look) -> list[Card]:
    """The accounts that lost and won most over the last weeks."""
    if absent := _absent("movers", ask, view, look):
        return absent
    frame = ask.closeness_movers(view, _MOVERS)

    def title(row: dict[Any, Any]) -> str:
        return label(row["account_name"] if isinstance(row["account_name"], str) else row["account_id"], 40)
    weeks = look.settings.closeness.drop_weeks
    named = frame.assign(called=frame["account_name"].where(frame["account_name"].notna(), frame["account_id"]))
    said = findings_facts.moved_most(named, look.lang, weeks=weeks, name="called", change="change")
    return [_card("movers", said or look.t("closeness.movers", weeks=weeks),
                  look.t("closeness.movers.measured"), board.movers(frame, look.names, look.theme, title=title),
                  board_in_words(frame, look).drop(columns=["course", "alerts"]), view,
                  columns=[c for c in BOARD if c != "course"],
                  native=Native("bar", "account_name", look.series("change"), number="points"))]


def board_in_words(found: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows of ask.closeness_board with the band, or why there is none, and the alerts in words."""
    rows = found.to_dict("records")
    return found.assign(
        band_said=[look.t(f"closeness.band.{r['band']}") if r["band"] in BANDS else
                   look.t(f"closeness.reason.{r['reason']}") for r in rows],
        alerts_said=[look.t("view.and").join(look.t(f"closeness.alert.{a}") for a in r["alerts"]) for r in rows])


@catalogued
def holders(ask: Ask, view: View, look: Look) -> list[Card]:
    """If one seller leaves, who goes with him?"""
    if absent := _absent("holders", ask, view, look):
        return absent
    frame, totals = ask.holders(view), closeness_accounts.totals(ask.closeness_summary(view))
    said = findings_closeness.dependence(totals, frame, look.lang, currency=look.currency)

    def title(row: dict[Any, Any]) -> str:
        is_gone = row["is_active"] is False or str(row["is_active"]) == "False"
        name = look.t("closeness.holders.gone", name=row["holder_name"]) if is_gone else row["holder_name"]
        return label(look.t("closeness.holders.row", name=name,
                            accounts=look.t("closeness.holders.accounts", n=fmt.number(row["accounts"])),
                            n_open=look.t("closeness.holders.open", n=fmt.number(row["n_open"]))))
    figure = board.holders(frame.head(_HOLDERS), look.names, look.theme, title=title, currency=look.currency)
    share = fmt.rate(look.settings.closeness.dependence_from, digits=0)
    return [_card("holders", said.text, look.t("closeness.holders.measured", share=share, currency=look.currency),
                  figure, frame, view, definition_key="closeness.person_dependence",
                  columns=["holder_name", "accounts", "n_open", "amount_base", "person_dependence", "closeness"],
                  native=Native("bar", "holder_name", look.series("amount_base"), number="amount", most=_HOLDERS))]


def chosen(ask: Ask, view: View, account: str = "") -> str:
    """The account asked for, else the one with the most open money of those that fall; "" if there is none."""
    sorts = () if account else ("alerts", "amount")
    found = (ask.closeness_board(view, sort, words="") for sort in sorts)  # as the board asks: it is known by then
    return account or next((str(rows.iloc[0]["account_id"]) for rows in found if len(rows)), "")


@catalogued
def account(ask: Ask, view: View, look: Look, account: str = "") -> list[Card]:
    """One account over time."""
    if not (one := chosen(ask, view, account)):
        return []
    story, rules = ask.account_story(view, one), look.settings.closeness
    row = story["account"]
    change = closeness_accounts.change_over(story["course"], rules.drop_weeks)
    return [_card("account", findings_closeness.of_account(row, change, look.lang, name=row["account_name"]).text,
                  " · ".join([look.t("closeness.account.measured"), *_facts(row, rules.reached_days, look)]),
                  board.parts(story["course"], look.names, look.theme, bands=rules.bands), story["course"], view,
                  columns=_ACCOUNT, native=_course_of(look))]


def _facts(row: dict[str, Any], days: int, look: Look) -> list[str]:
    """What is known of an account's contacts; what is none, or not known, is not said."""
    told = [look.t("closeness.account.contacts", n=fmt.number(row["n_contacts"]), reached=fmt.number(row["n_reached"]),
                   days=days)]
    if row["n_unknown_status"]:
        told.append(look.t("closeness.account.attitudes", n=fmt.number(row["n_unknown_status"])))
    if isinstance(row["holder_name"], str) and row["holder_name"] != "nan" and fmt.is_known(row["person_dependence"]):
        share = fmt.rate(row["person_dependence"], digits=0)
        told.append(look.t("closeness.account.holder", holder=row["holder_name"], share=share))
    return told


@catalogued
def coverage(ask: Ask, view: View, look: Look, account: str = "") -> list[Card]:
    """Which departments and levels of one account we know."""
    if not (one := chosen(ask, view, account)):
        return []
    story = ask.account_story(view, one)
    row, gaps = story["account"], gaps_in_words(story["gaps"], look)
    n, covered = fmt.number(row["n_departments"]), fmt.number(row["n_covered"])
    title = look.t("closeness.coverage.full", n=n)
    if len(gaps):
        title = look.t("closeness.coverage.gap", n=n, covered=covered, gap=gaps["gap_said"].iloc[0])
    return [_card("coverage", title, look.t("closeness.coverage.measured"),
                  coverage_chart.matrix(story["coverage"], look.names, look.theme), story["coverage"], view,
                  definition_key="closeness.breadth", columns=None)]


def gaps_in_words(gaps: pd.DataFrame, look: Look) -> pd.DataFrame:
    """Rows "gaps" of ask.account_story with a sentence each."""
    unknown = look.t("charts.closeness_no_department")
    said = [look.t(f"closeness.gap.{g['gap']}", where=g["department"] if isinstance(g["department"], str) else unknown)
            for g in gaps.to_dict("records")]
    return gaps.assign(gap_said=said)


@catalogued
def people(ask: Ask, view: View, look: Look, account: str = "") -> list[Card]:
    """Who stands how to us in one account, and who decides over whom."""
    if not (one := chosen(ask, view, account)):
        return []
    story = ask.account_story(view, one)
    shown = people_in_words(story["map"], look)
    return [_card("map", _attitudes(shown["status"], look),
                  look.t("closeness.map.measured", days=look.settings.closeness.reached_days),
                  network.account(story["map"], story["relations"], look.names, look.theme),
                  shown.drop(columns="roles"), view, definition_key=None, columns=_MAP,
                  kinds=KINDS | {"last_touch_on": "date"})]


def _attitudes(signs: pd.Series[Any], look: Look) -> str:
    """How the contacts of an account stand to us, those of no attitude left out: the numbers add up to all of them."""
    counts = {"supporting": signs >= 1, "neutral": signs == 0, "unsupportive": signs == -1, "opposing": signs <= -2,
              "unknown": signs.isna()}
    told = [look.t(f"closeness.map.{key}", n=int(those.sum())) for key, those in counts.items() if those.any()]
    said = look.t("view.and").join(told)
    return look.t("closeness.map", n=len(signs), said=said) if told else look.t("closeness.map.none")


def people_in_words(rows: pd.DataFrame, look: Look) -> pd.DataFrame:
    """People of ask.account_story with attitudes and roles in words."""
    roles = rows["roles"] if "roles" in rows else [()] * len(rows)
    return rows.rename(columns={"title": "contact_title"}).assign(
        attitude_name=[network.attitude(status, look.names) for status in rows["status"]],
        roles_said=[look.t("view.and").join(look.called("decision_role", role) for role in own) for own in roles])


@catalogued
def predicts(ask: Ask, view: View, look: Look) -> list[Card]:
    """Does closeness predict, of the account and of the deciders? Said plainly where it does not."""
    answer, cards = ask.backtest_closeness(view), []
    measured = look.t("closeness.backtest", days=int(answer["days"]["days"].iloc[0]))
    for source in ("account", "project"):
        said = findings_win.predicts(answer["bands"], answer["verdicts"], source, look.lang).text
        rows = answer["bands"][answer["bands"]["source"] == source].reset_index(drop=True)
        key, metric = f"predicts_{source}", f"closeness.{source}"
        if rows.empty:  # the sentence says that nobody knows how close we were
            title = look.t(f"win.predicts.{source}")
            cards.append(alone(f"closeness_{key}", title, view, said))
            continue
        rows = rows.assign(band_said=[_band(row, look) for row in rows.to_dict("records")])
        figure = board.bands(rows, look.names, look.theme, title=lambda row: label(row["band_said"]))
        cards.append(_card(key, said, measured, figure, rows, view, definition_key=metric, kinds={},
                           columns=["band_said", "n", "won", "value", "low", "high"],
                           native=Native("bar", "band_said", look.series("value"), number="rate")))
    return cards


def _band(row: dict[Any, Any], look: Look) -> str:
    number = int(row["band"])
    name = look.t(f"closeness.band.{BANDS[number]}") if number < len(BANDS) else str(number)
    low, high = fmt.number(row["from_points"]), fmt.number(row["to_points"])
    return look.t("closeness.band.row", name=name, low=low, high=high)


def _course_of(look: Look) -> Native:
    return Native("line", "as_of_on", look.series(*_PARTS), number="points")


def _card(name: str, title: str, measured: str, figure: Figure, frame: pd.DataFrame, view: View, *,
          definition_key: str | None = "closeness.account", with_period: bool = False, columns: list[str] | None = None,
          kinds: dict[str, str] | None = None, native: Native = _PICTURE) -> Card:
    """Accounts have no opportunities behind a mark, and most of their charts do not follow the period."""
    return Card(f"closeness_{name}", title, measured, figure, frame, view, definition_key=definition_key,
                columns=columns, kinds=KINDS if kinds is None else kinds, drill=False, with_period=with_period,
                native=native)
