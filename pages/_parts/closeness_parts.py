"""What other pages say of closeness: the decision chain of one opportunity."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics import i18n
from analytics.charts import network
from analytics.view import View
from pages._parts import cache, context, states, table
from pages._parts.context import t
from pages._parts.escape import md_escape

_CHAIN = ["contact_title", "department", "who", "role_name", "attitude_name", "solution_accept", "price_accept"]
_KINDS = {"solution_accept": "number", "price_accept": "number"}


def decision_chain(view: View, opportunity_id: str) -> None:
    """Who decides on one opportunity, how they stand to us, and who is missing (METHOD B5)."""
    with st.container(border=True, key="opportunity_chain", gap="xsmall"), states.guard("opportunity_chain"):
        found = cache.ask().chain_coverage(view, opportunity_id)
        people, lang = found["people"], context.lang()
        if people.empty:
            st.header(t("closeness.chain.head"), anchor=False)
            states.not_measured("closeness.chain")
            return
        said = t("closeness.chain.facts", share=fmt.rate(found["share"], lang, digits=0),
                 closeness=fmt.number(found["closeness"], lang))
        st.header(md_escape(said), anchor=False)
        if found["missing"]:
            roles = t("view.and").join(t(f"closeness.family.{family}") for family in found["missing"])
            st.caption(md_escape(t("closeness.chain.missing", roles=roles)))
        if found["is_opposed"]:
            st.warning(t("closeness.chain.opposed"), icon=":material/flag:")
        table.show(_in_words(people, lang), _CHAIN, kinds=_KINDS, alt=said, key="opportunity_chain_table")


def _in_words(people: pd.DataFrame, lang: str) -> pd.DataFrame:
    names = context.look().names
    return people.rename(columns={"title": "contact_title"}).assign(
        role_name=[i18n.label("decision_role", role, lang) for role in people["decision_role"]],
        attitude_name=[network.attitude(status, names) for status in people["status"]],
    )
