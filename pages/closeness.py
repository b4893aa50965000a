"""Are our relationships getting closer or thinner: who loses which, what hangs on one person, one account from near."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analytics import cards, closeness_accounts, findings_closeness, i18n
from analytics import closeness_questions as asked
from analytics import format as fmt
from analytics.cards.closeness import BOARD, KINDS, board_in_words, chosen, gaps_in_words, people_in_words
from analytics.view import View
from data.scope import UNKNOWN, Filters
from pages._parts import cache, chart_card, context, definition, side_by_side, states, table, view_state
from pages._parts.context import t
from pages._parts.escape import md_escape

_PARTS = ["part_name", "weight", "value_points", "points_added"]
#: what is asked for stands before what only tells rows apart: a phone shows three columns
_DEPARTMENTS = ["department", "covered_said", "closeness", "n_reached", "contacts", "target_contacts", "weight",
                "depth", "breadth"]
_PEOPLE = ["contact_title", "closeness", "attitude_name", "importance", "interaction", "touches", "department", "who",
           "holder_name"]
_TRUST = ["contact_title", "score", "step_name", "department", "who", "frequency", "expertise", "depth", "length"]
_CHAINS = ["team", "n", "single", "single_share", "people_per_deal", "coverage", "opposed"]
_CHAINS_KINDS = {"named": "number", "single": "number", "opposed": "number", "people_per_deal": "points",
                 "single_share": "rate", "coverage": "rate"}


def render(view: View) -> None:
    """Draw the page."""
    ask, look, made = cache.ask(), context.look(), cards.closeness
    ignored = [i18n.dimension_label(d, look.lang) for d in asked.not_of_accounts(view)]
    if ignored:
        st.caption(md_escape(t("closeness.ignored", names=t("view.and").join(ignored))))
    summary = ask.closeness_summary(view)
    if summary.empty:
        if view.filters.chosen and not ask.closeness_summary(view.with_(filters=Filters())).empty:
            states.empty()
        else:
            states.not_measured("closeness.contacts")
        _chains(view)
        return
    st.caption(md_escape(_counts(closeness_accounts.totals(summary))))
    for make in (made.shifts, made.loss, made.course):
        with states.guard(f"closeness_{make.__name__}"):
            side_by_side.draw(make(ask, view, look))
    _board(view)
    _account(view)
    for make in (made.movers, made.holders):
        with states.guard(f"closeness_{make.__name__}"):
            side_by_side.draw(make(ask, view, look))
    _chains(view)
    with states.guard("closeness_predicts"):
        side_by_side.draw(made.predicts(ask, view, look))


def _counts(totals: dict[str, float]) -> str:
    """How many accounts are measured, and why the others are not; of what there is none nothing is said."""
    n, measured, unmapped = (totals[name] for name in ("n", "measured", "unmapped"))
    if n == measured:
        return t("closeness.counts.all", n=fmt.number(n))
    parts = {"measured": measured, "unmapped": unmapped, "unknown": n - measured - unmapped}
    said = t("view.and").join(t(f"closeness.counts.{key}", n=fmt.number(k)) for key, k in parts.items() if k)
    return t("closeness.counts", n=fmt.number(n), said=said)


def _board(view: View) -> None:
    """The accounts; a chosen row is the account shown below."""
    with st.container(border=True, key="closeness_board", gap="xsmall"), states.guard("closeness_board"):
        sorts = {s: t(f"closeness.sort.{s}") for s in asked.SORTS}
        place = st.container(gap="xsmall")
        with st.container(horizontal=True):
            sort = view_state.choose("sort", t("closeness.sort"), list(asked.SORTS), "alerts", sorts, width=260)
            words = view_state.write("account_q", t("closeness.board.search"), icon=":material/search:", width=260)
        found = cache.ask().closeness_board(view, "amount" if words and sort == "alerts" else sort, words=words)
        title = t("closeness.board", n=fmt.number(found.attrs.get("total", len(found))), sort=sorts[sort])
        with place:
            orphaned = found.attrs.get("orphaned", 0)
            said = t("closeness.board.orphaned", sentence=title, n=fmt.number(orphaned)) if orphaned else title
            st.header(md_escape(said), anchor=False)
        if found.empty:
            states.empty()
            return
        with place:
            day = fmt.day(found["as_of_on"].iloc[0], context.lang())
            weeks = context.now().settings.closeness.drop_weeks
            st.caption(md_escape(t("closeness.board.measured", day=day, weeks=weeks)))
            definition.button("closeness.account", "closeness_board")
        now = _asked_account()
        row = table.show(board_in_words(found, context.look()), BOARD, kinds=KINDS, alt=title, select=True, height=320,
                         key=f"closeness_board_table_{now}_{sort}", lines={"course": (0, 100)})
        if row is not None and str(found.iloc[row]["account_id"]) != now:
            view_state.go("closeness", account=str(found.iloc[row]["account_id"]))


def _asked_account() -> str:
    return (view_state.values("account") or ("",))[0]


def _account(view: View) -> None:
    """One account from near: the chosen one, else the one with the most open money of those that fall."""
    ask, look, made = cache.ask(), context.look(), cards.closeness
    with states.guard("closeness_account"):
        account = chosen(ask, view, _asked_account())
        if not account:
            return
        story = ask.account_story(view, account)
        side_by_side.draw(made.account(ask, view, look, account))
        left, right = st.columns(2)
        for place, make in ((left, made.coverage), (right, made.people)):
            with place, states.guard(f"closeness_{make.__name__}"):
                chart_card.draw(make(ask, view, look, account)[0])
        with left:
            _gaps(story)
            _formula(story)
        with right:
            _people(story)


def _gaps(story: dict[str, Any]) -> None:
    """What is missing: the most important gap stands in the title of the coverage, all of them here."""
    gaps = gaps_in_words(story["gaps"], context.look())
    if gaps.empty:
        return
    title = t("closeness.gaps", n=fmt.number(len(gaps)))
    with st.container(border=True, key="closeness_gaps_card", gap="xsmall"), states.guard("closeness_gaps"):
        st.header(md_escape(title), anchor=False)
        table.show(gaps, ["gap_said"], alt=title, key="closeness_gaps")


def _formula(story: dict[str, Any]) -> None:
    """The formula with the account's own numbers, one click away."""
    fold = st.expander(t("closeness.formula"), key="closeness_formula", on_change="rerun")
    if not fold.open:
        return
    with fold, states.guard("closeness_formula"):
        st.caption(md_escape(t("closeness.formula.measured")))
        parts = story["formula"].rename(columns={"value": "value_points", "points": "points_added"})
        parts = parts.assign(part_name=[t(f"closeness.part.{p}") for p in parts["part"]])
        table.show(parts, _PARTS, alt=t("closeness.formula"), key="closeness_parts",
                   kinds={"weight": "rate", "value_points": "points", "points_added": "points"})
        st.caption(md_escape(t("closeness.departments")))
        places = story["departments"].rename(columns={"target": "target_contacts", "n": "n_reached"})
        places = places.assign(covered_said=[t("closeness.yes" if c else "closeness.no") for c in places["is_covered"]])
        table.show(places, _DEPARTMENTS, alt=t("closeness.departments"), key="closeness_departments",
                   kinds={"target_contacts": "number", "contacts": "number"}
                   | dict.fromkeys(("weight", "closeness", "depth", "breadth"), "points"))
        st.caption(md_escape(t("closeness.people.measured")))
        table.show(people_in_words(story["people"], context.look()), _PEOPLE, alt=t("closeness.people"),
                   key="closeness_people", kinds={"interaction": "rate", "closeness": "points"})


def _people(story: dict[str, Any]) -> None:
    """The trust ladder, one click away."""
    fold = st.expander(t("closeness.trust"), key="closeness_trust", on_change="rerun")
    if not fold.open:
        return
    with fold, states.guard("closeness_trust"):
        st.caption(md_escape(t("closeness.trust.measured")))
        definition.button("trust", "closeness_trust")
        people = story["trust"].rename(columns={"title": "contact_title"})
        people = people.assign(step_name=[t(f"closeness.step.{s}") for s in people["step"]])
        table.show(people, _TRUST, alt=t("closeness.trust"), key="closeness_trust_table",
                   kinds={"score": "points", **dict.fromkeys(("frequency", "expertise", "depth", "length"), "rate")})


def _chains(view: View) -> None:
    """Who decides in what is open, by team."""
    with states.guard("closeness_chains"):
        frame = cache.ask().chains(view)
        if frame.empty or not frame["named"].any():
            return
        said = findings_closeness.chains(frame[frame["team"] != UNKNOWN], context.lang())
        side_by_side.table_card(said.text, t("closeness.chains.measured"), frame, key="closeness_chains",
                                definition_key="chain_coverage", kinds=_CHAINS_KINDS, columns=_CHAINS)


if __name__ == "__main__":  # a cold deep link on a fresh server starts here: enter by the front door
    from app import main

    main()
    st.rerun()
