"""Are our relationships getting closer or thinner: who loses which, what hangs on one person, one account from near."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from analytics import closeness_accounts, findings_closeness, findings_win, i18n
from analytics import closeness_questions as asked
from analytics import format as fmt
from analytics.charts import board, coverage, network
from analytics.charts.names import Names
from analytics.charts.style import label
from analytics.closeness import BANDS
from analytics.view import View
from data.scope import UNKNOWN
from pages._parts import cache, context, definition, states, table, view_state
from pages._parts.chart_card import chart_card
from pages._parts.context import t
from pages._parts.escape import md_escape
from pages._parts.side_by_side import table_card

_GROUPS, _HOLDERS, _MOVERS = 8, 8, 6
_BOARD = [
    "account_name",
    "closeness",
    "course",
    "change",
    "change_period",
    "band_said",
    "alerts_said",
    "amount_base",
    "person_dependence",
    "holder_name",
    "depth",
    "breadth",
    "transparency",
    "n_reached",
    "n_contacts",
    "segment",
    "owner_name",
    "team",
]
_KINDS = dict.fromkeys(("closeness", "change", "change_period", "depth", "breadth", "transparency"), "points") | {
    "person_dependence": "rate",
    "n_reached": "number",
    "n_contacts": "number",
}


def render(view: View) -> None:
    """Draw the page."""
    ignored = [i18n.dimension_label(d, context.lang()) for d in asked.not_of_accounts(view)]
    if ignored:
        st.caption(md_escape(t("closeness.ignored", names=t("view.and").join(ignored))))
    summary = cache.ask().closeness_summary(view)
    if summary.empty:
        if view.filters.chosen:
            states.empty()
        else:
            states.not_measured("closeness.contacts")
        _chains(view)
        return
    totals = closeness_accounts.totals(summary)
    shifts = cache.ask().closeness_shifts(view)
    _shifts(shifts, totals, view)
    _loss(view)
    _course(shifts, view)
    _board(view)
    _account(view)
    _movers(view)
    _holders(totals, view)
    _chains(view)
    _backtest(view)


def _names() -> Names:
    return Names(context.lang(), context.now().settings)


def _since(view: View) -> str:
    return fmt.day(view.start, context.lang()) if view.start else t("filter.period.all")


def _currency() -> str:
    return context.now().settings.organisation.base_currency


def _shifts(shifts: pd.DataFrame, totals: dict[str, float], view: View) -> None:
    """Who is losing which relationships, the finding first."""
    with states.guard("closeness_shifts"):
        here = context.now()
        said = findings_closeness.who_loses(shifts, here.lang, since=_since(view), settings=here.settings)
        st.caption(md_escape(t("closeness.counts", **_counts(totals))))
        groups = shifts[shifts["dimension"] != ""].head(_GROUPS)

        def title(row: dict[Any, Any]) -> str:
            return label(findings_closeness.called(row, here.lang, here.settings), 44)

        shown = groups.assign(
            group_name=[findings_closeness.called(r, here.lang, here.settings) for r in groups.to_dict("records")]
        )
        points = dict.fromkeys(("change", "rest_change", "closeness_before", "closeness_now"), "points")
        chart_card(
            said.text,
            board.groups(groups, _names(), here.theme, title=title),
            shown,
            key="closeness_shifts",
            definition_key="closeness.account",
            view=view,
            measured=t("closeness.shift.measured"),
            drill=False,
            kinds=points,
            columns=["group_name", "n", "closeness_before", "closeness_now", "change", "rest_change", "p_adjusted"],
        )


def _loss(view: View) -> None:
    """With whom the relationships went, if they went with one person."""
    with states.guard("closeness_loss"):
        story = cache.ask().closeness_loss(view)
        said = findings_closeness.loss(story, context.lang())
        if said is None:
            return
        chart_card(
            said.text,
            board.parts(story["weeks"], _names(), context.theme(), bands=context.now().settings.closeness.bands),
            story["weeks"],
            key="closeness_loss",
            definition_key="closeness.account",
            view=view,
            measured=t("closeness.loss.measured"),
            with_period=False,
            drill=False,
            kinds=_KINDS | {"as_of_on": "date", "accounts": "number"},
            columns=["as_of_on", "accounts", "closeness", "depth", "breadth", "transparency", "person_dependence"],
        )


def _counts(totals: dict[str, float]) -> dict[str, str]:
    found = {name: fmt.number(totals[name]) for name in ("n", "measured", "unmapped")}
    return found | {"unknown": fmt.number(totals["n"] - totals["measured"] - totals["unmapped"])}


def _course(shifts: pd.DataFrame, view: View) -> None:
    with states.guard("closeness_course"):
        frame = cache.ask().closeness_weeks(view)
        said = findings_closeness.level(shifts, context.lang(), since=_since(view))
        figure = board.course(frame, _names(), context.theme(), bands=context.now().settings.closeness.bands)
        points = dict.fromkeys(("closeness", "mean", "depth", "breadth", "transparency"), "points")
        chart_card(
            said.text,
            figure,
            frame,
            key="closeness_course",
            definition_key="closeness.account",
            view=view,
            measured=t("closeness.level.measured"),
            with_period=False,
            drill=False,
            kinds=points | {"accounts": "number", "as_of_on": "date"},
            columns=["segment", "as_of_on", "accounts", "n", "closeness", "depth", "breadth", "transparency"],
        )


def _board(view: View) -> None:
    """The accounts; a chosen row is the account shown below."""
    with st.container(border=True, key="closeness_board", gap="xsmall"), states.guard("closeness_board"):
        sorts = {s: t(f"closeness.sort.{s}") for s in asked.SORTS}
        place = st.container(gap="xsmall")
        with st.container(horizontal=True):
            sort = view_state.choose("sort", t("closeness.sort"), list(asked.SORTS), "alerts", sorts, width=260)
            words = view_state.write("account_q", t("closeness.board.search"), icon=":material/search:", width=260)
        found = cache.ask().closeness_board(view, "amount" if words and sort == "alerts" else sort, words=words)
        total = found.attrs.get("total", len(found))
        with place:
            title = t("closeness.board", n=fmt.number(total), sort=sorts[sort])
            if orphaned := found.attrs.get("orphaned", 0):
                title = t("closeness.board.orphaned", sentence=title, n=fmt.number(orphaned))
            st.header(md_escape(title), anchor=False)
        if found.empty:
            states.empty()
            return
        weeks = context.now().settings.closeness.drop_weeks
        day = fmt.day(found["as_of_on"].iloc[0], context.lang())
        place.caption(md_escape(t("closeness.board.measured", day=day, weeks=weeks)))
        with place:
            definition.button("closeness.account")
        chosen = (view_state.values("account") or ("",))[0]
        row = table.show(
            _readable(found),
            _BOARD,
            kinds=_KINDS,
            alt=t("closeness.board", n=total, sort=sorts[sort]),
            key=f"closeness_board_table_{chosen}_{sort}",
            select=True,
            height=320,
            lines={"course": (0, 100)},
        )
        if row is not None and str(found.iloc[row]["account_id"]) != chosen:
            view_state.go("closeness", account=str(found.iloc[row]["account_id"]))


def _readable(found: pd.DataFrame) -> pd.DataFrame:
    """Band or why there is none, and alerts, in words."""
    rows = found.to_dict("records")
    return found.assign(
        band_said=[
            t(f"closeness.band.{r['band']}") if r["band"] in BANDS else t(f"closeness.reason.{r['reason']}")
            for r in rows
        ],
        alerts_said=[t("view.and").join(t(f"closeness.alert.{a}") for a in r["alerts"]) for r in rows],
    )


def _movers(view: View) -> None:
    with states.guard("closeness_movers"):
        frame = cache.ask().closeness_movers(view, _MOVERS)
        weeks = context.now().settings.closeness.drop_weeks

        def title(row: dict[Any, Any]) -> str:
            return label(row["account_name"] if isinstance(row["account_name"], str) else row["account_id"], 40)

        shown = _readable(frame).drop(columns=["course", "alerts"])
        chart_card(
            t("closeness.movers", weeks=weeks),
            board.movers(frame, _names(), context.theme(), title=title),
            shown,
            key="closeness_movers",
            definition_key="closeness.account",
            view=view,
            measured=t("closeness.movers.measured"),
            with_period=False,
            drill=False,
            columns=[c for c in _BOARD if c != "course"],
            kinds=_KINDS,
        )


def _holders(totals: dict[str, float], view: View) -> None:
    """If one seller leaves, who goes with him?"""
    with states.guard("closeness_holders"):
        frame = cache.ask().holders(view)
        rules = context.now().settings.closeness
        said = findings_closeness.dependence(totals, frame, context.lang(), currency=_currency())

        def title(row: dict[Any, Any]) -> str:
            gone = row["is_active"] is False or str(row["is_active"]) == "False"
            key = "closeness.holders.gone" if gone else "closeness.holders.row"
            return label(
                t(key, name=row["holder_name"], accounts=fmt.number(row["accounts"]), n_open=fmt.number(row["n_open"]))
            )

        figure = board.holders(frame.head(_HOLDERS), _names(), context.theme(), title=title, currency=_currency())
        chart_card(
            said.text,
            figure,
            frame,
            key="closeness_holders",
            definition_key="closeness.person_dependence",
            view=view,
            with_period=False,
            drill=False,
            measured=t(
                "closeness.holders.measured", share=fmt.rate(rules.dependence_from, digits=0), currency=_currency()
            ),
            columns=["holder_name", "accounts", "n_open", "amount_base", "person_dependence", "closeness"],
            kinds={"person_dependence": "rate", "closeness": "points", "accounts": "number", "n_open": "number"},
        )


def _account(view: View) -> None:
    """One account from near: the chosen one, else the one with the most open money of those that fall."""
    with states.guard("closeness_account"):
        chosen = (view_state.values("account") or ("",))[0]
        if not chosen:
            found = cache.ask().closeness_board(view, "alerts", limit=1)
            found = found if len(found) else cache.ask().closeness_board(view, "amount", limit=1)
            if found.empty:
                return
            chosen = str(found.iloc[0]["account_id"])
        story = cache.ask().account_story(view, chosen)
        _account_course(story, view)
        left, right = st.columns(2)
        with left:
            _coverage(story, view)
        with right:
            _map(story, view)
        with left:
            _formula(story)
        with right:
            _people(story)


def _account_course(story: dict[str, Any], view: View) -> None:
    row, rules = story["account"], context.now().settings.closeness
    change = closeness_accounts.change_over(story["course"], rules.drop_weeks)
    said = findings_closeness.of_account(row, change, context.lang(), name=row["account_name"])
    holder = row["holder_name"] if isinstance(row["holder_name"], str) and row["holder_name"] != "nan" else fmt.UNKNOWN
    facts = t(
        "closeness.account.facts",
        n=fmt.number(row["n_contacts"]),
        reached=fmt.number(row["n_reached"]),
        days=rules.reached_days,
        unknown=fmt.number(row["n_unknown_status"]),
        holder=holder,
        share=fmt.rate(row["person_dependence"], digits=0),
    )
    chart_card(
        said.text,
        board.parts(story["course"], _names(), context.theme(), bands=rules.bands),
        story["course"],
        key="closeness_account",
        definition_key="closeness.account",
        view=view,
        measured=f"{t('closeness.account.measured')} · {facts}",
        with_period=False,
        drill=False,
        kinds=_KINDS | {"as_of_on": "date"},
        columns=[
            "as_of_on",
            "closeness",
            "depth",
            "breadth",
            "transparency",
            "person_dependence",
            "n_reached",
            "n_contacts",
        ],
    )


def _coverage(story: dict[str, Any], view: View) -> None:
    with states.guard("closeness_coverage"):
        row, gaps = story["account"], _gaps(story)
        n, covered = fmt.number(row["n_departments"]), fmt.number(row["n_covered"])
        title = (
            t("closeness.coverage.gap", n=n, covered=covered, gap=gaps["gap_said"].iloc[0])
            if len(gaps)
            else t("closeness.coverage.full", n=n)
        )
        chart_card(
            title,
            coverage.matrix(story["coverage"], _names(), context.theme()),
            story["coverage"],
            key="closeness_coverage",
            definition_key="closeness.breadth",
            view=view,
            measured=t("closeness.coverage.measured"),
            with_period=False,
            drill=False,
        )


def _gaps(story: dict[str, Any]) -> pd.DataFrame:
    unknown = i18n.t("charts.closeness_no_department", context.lang())
    gaps = story["gaps"]
    said = [
        t(f"closeness.gap.{g['gap']}", where=g["department"] if isinstance(g["department"], str) else unknown)
        for g in gaps.to_dict("records")
    ]
    return gaps.assign(gap_said=said)


def _map(story: dict[str, Any], view: View) -> None:
    """The network, and below it the same people as a list."""
    with states.guard("closeness_map"):
        people = _named_people(story["map"])
        signs = people["status"]
        title = t(
            "closeness.map",
            supporting=len(people[signs >= 1]),
            opposing=len(people[signs == -2]),
            unknown=len(people[signs.isna()]),
        )
        chart_card(
            title,
            network.account(story["map"], story["relations"], _names(), context.theme()),
            people.drop(columns="roles"),
            key="closeness_map",
            view=view,
            with_period=False,
            drill=False,
            measured=t("closeness.map.measured", days=context.now().settings.closeness.reached_days),
            columns=[
                "contact_title",
                "department",
                "who",
                "importance",
                "attitude_name",
                "roles_said",
                "closeness",
                "touches",
                "last_touch_on",
            ],
            kinds={"closeness": "points", "last_touch_on": "date"},
        )


def _named_people(people: pd.DataFrame) -> pd.DataFrame:
    """Attitudes and roles in words."""
    lang, names = context.lang(), _names()
    return people.rename(columns={"title": "contact_title"}).assign(
        attitude_name=[network.attitude(s, names) for s in people["status"]],
        roles_said=[
            t("view.and").join(i18n.label("decision_role", r, lang) for r in roles) for roles in people["roles"]
        ]
        if "roles" in people
        else "",
    )


def _formula(story: dict[str, Any]) -> None:
    """The formula with the account's own numbers, one click away."""
    fold = st.expander(t("closeness.formula"), key="closeness_formula", on_change="rerun")
    if not fold.open:
        return
    with fold, states.guard("closeness_formula"):
        st.caption(md_escape(t("closeness.formula.measured")))
        parts = story["formula"].rename(columns={"value": "value_points", "points": "points_added"})
        parts = parts.assign(part_name=[t(f"closeness.part.{p}") for p in parts["part"]])
        table.show(
            parts,
            ["part_name", "weight", "value_points", "points_added"],
            alt=t("closeness.formula"),
            kinds={"weight": "rate", "value_points": "points", "points_added": "points"},
            key="closeness_parts",
        )
        st.caption(md_escape(t("closeness.departments")))
        places = story["departments"].rename(columns={"target": "target_contacts", "n": "n_reached"})
        places = places.assign(covered_said=[t("closeness.yes" if c else "closeness.no") for c in places["is_covered"]])
        table.show(
            places,
            [
                "department",
                "weight",
                "target_contacts",
                "contacts",
                "n_reached",
                "closeness",
                "covered_said",
                "depth",
                "breadth",
            ],
            alt=t("closeness.departments"),
            key="closeness_departments",
            kinds={
                "weight": "points",
                "target_contacts": "number",
                "contacts": "number",
                "closeness": "points",
                "depth": "points",
                "breadth": "points",
            },
        )
        st.caption(md_escape(t("closeness.people.measured")))
        people = _named_people(story["people"])
        table.show(
            people,
            [
                "contact_title",
                "department",
                "who",
                "importance",
                "attitude_name",
                "interaction",
                "closeness",
                "touches",
                "holder_name",
            ],
            alt=t("closeness.people"),
            key="closeness_people",
            kinds={"interaction": "rate", "closeness": "points"},
        )


def _people(story: dict[str, Any]) -> None:
    """Gaps and the trust ladder."""
    fold = st.expander(t("closeness.trust"), key="closeness_trust", on_change="rerun")
    if not fold.open:
        return
    with fold, states.guard("closeness_trust"):
        st.caption(md_escape(t("closeness.trust.measured")))
        definition.button("trust")
        people = story["trust"].rename(columns={"title": "contact_title"})
        people = people.assign(step_name=[t(f"closeness.step.{s}") for s in people["step"]])
        table.show(
            people,
            ["contact_title", "department", "who", "score", "step_name", "frequency", "expertise", "depth", "length"],
            alt=t("closeness.trust"),
            key="closeness_trust_table",
            kinds={"score": "points", **dict.fromkeys(("frequency", "expertise", "depth", "length"), "rate")},
        )
        gaps = _gaps(story)
        if len(gaps):
            st.caption(md_escape(t("closeness.gaps")))
            table.show(gaps, ["gap_said"], alt=t("closeness.gaps"), key="closeness_gaps")


def _chains(view: View) -> None:
    """Who decides in what is open, by team."""
    with states.guard("closeness_chains"):
        frame = cache.ask().chains(view)
        if frame.empty or not frame["named"].any():
            return
        said = findings_closeness.chains(frame[frame["team"] != UNKNOWN], context.lang())
        kinds = {
            "named": "number",
            "single": "number",
            "opposed": "number",
            "people_per_deal": "points",
            "single_share": "rate",
            "coverage": "rate",
        }
        table_card(
            said.text,
            t("closeness.chains.measured"),
            frame,
            key="closeness_chains",
            definition_key="chain_coverage",
            kinds=kinds,
            columns=["team", "n", "single", "single_share", "people_per_deal", "coverage", "opposed"],
        )


def _backtest(view: View) -> None:
    """Does closeness predict? Said plainly where it does not."""
    with states.guard("closeness_backtest"):
        answer = cache.ask().backtest_closeness(view)
        for place, source in zip(st.columns(2), ("account", "project"), strict=True):
            with place:
                _predicts(answer, source, view)


def _predicts(answer: dict[str, pd.DataFrame], source: str, view: View) -> None:
    said = findings_win.predicts(answer["bands"], answer["verdicts"], source, context.lang())
    frame = answer["bands"]
    frame = frame[frame["source"] == source].reset_index(drop=True)
    if frame.empty:  # the sentence says that nobody knows how close we were
        st.info(md_escape(said.text), icon=":material/database_off:")
        return
    frame = frame.assign(band_said=[_band(row) for row in frame.to_dict("records")])
    figure = board.bands(frame, _names(), context.theme(), title=lambda row: label(row["band_said"]))
    chart_card(
        said.text,
        figure,
        frame,
        key=f"closeness_predicts_{source}",
        definition_key=f"closeness.{source}",
        view=view,
        with_period=False,
        drill=False,
        measured=t("closeness.backtest", days=int(answer["days"]["days"].iloc[0])),
        columns=["band_said", "n", "won", "value", "low", "high"],
    )


def _band(row: dict[Any, Any]) -> str:
    number = int(row["band"])
    name = t(f"closeness.band.{BANDS[number]}") if number < len(BANDS) else str(number)
    return t("closeness.band.row", name=name, low=fmt.number(row["from_points"]), high=fmt.number(row["to_points"]))


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
