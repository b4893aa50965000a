"""Bring files in: choose, preview (which changes nothing), then import. The same checks as `mvpod import`."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from analytics import format as fmt
from data.importing import import_paths
from data.profile import builtin_profiles
from data.report import ImportReport
from pages._parts import context, states, table
from pages._parts.context import t
from pages._parts.escape import md_escape

_AUTO = ""
_REPORT, _ASKED, _ROUND = "import_report", "import_asked", "import_round"


def draw() -> None:
    """Files, profile and day; the preview; the button that imports what was previewed."""
    here = context.now()
    st.header(t("data.import"), anchor=False)
    st.caption(t("data.import.lead"))
    if here.is_sample:
        if here.home == here.store:  # a store that somebody filled with the sample on purpose stays a sample
            st.warning(t("data.import.is_sample"), icon=":material/science:")
            return
        st.info(t("data.import.sample"), icon=":material/science:")
    _last_outcome()
    number = st.session_state.setdefault(_ROUND, 0)
    files = st.file_uploader(t("data.import.files"), accept_multiple_files=True, key=f"import_files_{number}",
                             type=["csv", "txt", "tsv", "xlsx", "parquet"])
    profile, as_of = _choices()
    asked = (tuple(file.file_id for file in files), profile, as_of, here.home)
    if st.button(t("data.import.preview"), disabled=not files, key="import_preview"):
        _run(files, profile, as_of, dry_run=True, asked=asked)
    report: ImportReport | None = st.session_state.get(_REPORT)
    if report is None or st.session_state.get(_ASKED) != asked:
        return
    outcome(report)
    if st.button(t("data.import.confirm"), type="primary", key="import_confirm"):
        _run(files, profile, as_of, dry_run=False, asked=asked)


def _choices() -> tuple[str, date | None]:
    left, right = st.columns(2)
    profile = left.selectbox(t("data.import.profile"), [_AUTO, *builtin_profiles()], key="import_profile",
                             format_func=lambda name: name or t("data.import.profile.auto"))
    as_of = right.date_input(t("data.import.as_of"), value=None, key="import_as_of", format="YYYY-MM-DD",
                             help=t("data.import.as_of.help"))
    return profile or _AUTO, as_of if isinstance(as_of, date) else None


def _run(files: list[Any], profile: str, as_of: date | None, *, dry_run: bool, asked: object) -> None:
    """Read and check, and publish unless `dry_run`; a refusal is shown as its sentence and changes nothing."""
    st.session_state.pop(_REPORT, None)
    folder = Path(tempfile.mkdtemp(prefix="mvpod-import-"))
    bar = st.progress(0.0, t("data.import.running"))
    try:
        with states.guard("data_import"):
            paths = [_saved(file, folder / str(number)) for number, file in enumerate(files)]
            report = import_paths(paths, Path(context.now().home), profile=profile or None, as_of=as_of,
                                  dry_run=dry_run, progress=partial(_tell, bar))
            st.session_state[_REPORT], st.session_state[_ASKED] = report, asked
            if not dry_run:
                st.session_state[_ROUND] += 1  # an empty form for the next import
                st.rerun()
    finally:
        bar.empty()
        shutil.rmtree(folder, ignore_errors=True)


def _tell(bar: Any, _step: str, share: float) -> None:
    bar.progress(min(max(share, 0.0), 1.0), t("data.import.running"))


def _saved(file: Any, folder: Path) -> Path:
    """The upload as a file in a folder of its own. Its name only serves to find the profile's table."""
    folder.mkdir()
    path = folder / plain_name(file.name)
    with path.open("wb") as target:
        file.seek(0)
        shutil.copyfileobj(file, target)
    return path


def plain_name(name: str) -> str:
    """The last part of an uploaded name with letters, digits, dots, dashes and blanks only.

    >>> plain_name("../../etc/pass wd.csv"), plain_name("..\\\\..\\\\x.csv"), plain_name("商机 2026.xlsx")
    ('pass wd.csv', 'x.csv', '商机 2026.xlsx')
    """
    last = re.split(r"[/\\:]", unicodedata.normalize("NFC", name))[-1]
    kept = re.sub(r"[^\w.\- ]", "_", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}" if stem else kept[:100] or "upload"


def _last_outcome() -> None:
    """After an import has been published, the page was drawn anew: say what came of it."""
    report: ImportReport | None = st.session_state.get(_REPORT)
    if report is None or report.is_dry_run:
        return
    if report.is_unchanged:
        st.info(t("data.import.same"), icon=":material/done_all:")
    else:
        st.success(t("data.import.done", load=report.load_id), icon=":material/check:")
    outcome(report)


def outcome(report: ImportReport) -> None:
    """What an import brought or would bring: rows by table, broken rules with examples, decisions and warnings."""
    lang = context.lang()
    as_of = t("view.as_of", day=fmt.day(report.as_of, lang))
    st.caption(md_escape(f"{t('data.import.profile')}: {report.profile} · {as_of}"))
    rows = [{"table": r.target, "file": ", ".join(r.files), "rows_in": r.rows_in, "rows_loaded": r.loaded,
             "rows_quarantined": r.quarantined, "rows_deduplicated": r.deduplicated} for r in report.tables]
    table.show(pd.DataFrame(rows), alt=t("data.import.tables"))
    if report.rules:
        st.markdown(f"**{t('data.import.rules')}**")
        table.show(pd.DataFrame([
            {"table": r.target, "column": r.column, "rule": r.text(lang), "count": r.count,
             "example": "; ".join(f"{e.file}:{e.row} {e.value}" for e in r.examples[:2])} for r in report.rules
        ]), alt=t("data.import.rules"))
    for note in report.warnings:
        st.warning(md_escape(note.text(lang)), icon=":material/warning:")
    if report.decisions:
        with st.expander(t("data.import.notes"), expanded=report.is_dry_run):
            for note in report.decisions:
                st.text(f"• {note.text(lang)}")
