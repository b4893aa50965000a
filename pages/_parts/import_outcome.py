"""What an import brought, or would bring: rows by table, broken rules with examples, decisions and warnings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pandas as pd
import streamlit as st

from analytics import format as fmt
from analytics.recognition import field_name, table_name
from data.errors import sentence
from data.intake.report import ImportReport, RuleReport
from data.notes import Note
from pages._parts import context, table
from pages._parts.context import t
from pages._parts.escape import md_escape

_HAN = "[\u4e00-\u9fff]"


def draw(report: ImportReport) -> None:
    """The report of an import or of its preview."""
    lang = context.lang()
    as_of = t("view.as_of", day=fmt.day(report.as_of, lang))
    profile = t("common.named", name=t("data.import.profile"), said=report.profile)
    st.caption(md_escape(f"{profile} · {as_of}"))
    rows = [{"table": table_name(r.target, lang), "rows_in": r.rows_in, "rows_loaded": r.loaded,
             "rows_quarantined": r.quarantined, "rows_deduplicated": r.deduplicated, "file": ", ".join(r.files)}
            for r in report.tables]
    table.show(pd.DataFrame(rows), alt=t("data.import.tables"))
    rules(report.rules)
    warnings(report.warnings)
    decisions(report.decisions, expanded=report.is_dry_run)


def rules(broken: Sequence[RuleReport]) -> None:
    """Which rules refused rows, with the first cells that broke them."""
    if not broken:
        return
    st.markdown(f"**{t('data.import.rules')}**")
    table.show(pd.DataFrame([
        {"count": r.count, "rule": rule_said(r.rule, r.column), "table": table_name(r.target, context.lang()),
         "column": r.column, "example": "; ".join(f"{e.file}:{e.row} {e.value}" for e in r.examples[:2])}
        for r in broken]), alt=t("data.import.rules"))


def rule_said(rule: str, column: str) -> str:
    """What a broken rule says, with the column as people call it."""
    lang = context.lang()
    try:
        said = sentence(f"R_{rule.upper()}", lang, column=field_name(column, lang))
    except KeyError:  # a load that another version has written
        return rule
    return re.sub(f"(?<={_HAN}) (?={_HAN})", "", said)  # the blank was meant for a name in Latin letters


def warnings(notes: Iterable[Note]) -> None:
    """What was loaded and yet looks wrong."""
    for note in notes:
        st.warning(md_escape(note.text(context.lang())), icon=":material/warning:")


def decisions(notes: Iterable[Note], *, expanded: bool = False) -> None:
    """What an import decided by itself, by kind, then what it merely tells."""
    notes = sorted(notes, key=lambda note: note.kind == "")
    if not notes:
        return
    with st.expander(t("data.import.notes"), expanded=expanded):
        for note in notes:
            text = note.text(context.lang())
            st.text(f"• {t('common.named', name=kind_name(note.kind), said=text) if note.kind else text}")


def kind_name(kind: str) -> str:
    """What a kind of decision is called."""
    return sentence(f"K_{kind.upper()}", context.lang())
