"""What the chosen files are, before anything is read: the system, the tables, and what their lacks cost in metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from analytics import recognition
from data.intake.saved_profiles import listed
from data.mapping.recognise import Recognised, recognised
from pages._parts import context, table, uploads
from pages._parts.context import t
from pages._parts.escape import md_escape

_KEPT = "import_recognised"


def told(files: Sequence[Any]) -> Recognised:
    """What the profiles make of the uploads; worked out once for the same files."""
    own = listed(Path(context.now().home))
    asked = uploads.ids(files), tuple((path, path.stat().st_mtime_ns) for path in own)
    kept: tuple[Any, Recognised] | None = st.session_state.get(_KEPT)
    if kept is None or kept[0] != asked:
        with uploads.on_disk(files) as paths:
            kept = asked, recognised(paths, more=own)
        st.session_state[_KEPT] = kept
    return kept[1]


def draw(found: Recognised) -> None:
    """The verdict; which file feeds what; what is missing and which metrics that costs."""
    lang, fit = context.lang(), found.best or found.fits[0]
    show = st.success if found.is_ready else st.warning
    show(md_escape(recognition.verdict(found, lang)), icon=":material/manage_search:")
    if files := len(frame := recognition.files(found, fit, lang)):
        with st.expander(t("recognise.files"), expanded=not found.is_ready and files < 20):
            table.show(frame, alt=t("recognise.files"), key="import_recognised_files")
    if found.best is None:
        return
    lacks = recognition.lacks(found.best, lang)
    if lacks.empty:
        st.caption(t("recognise.complete"))
        return
    with st.expander(t("recognise.missing_n", n=len(lacks))):
        table.show(lacks, alt=t("recognise.missing"), key="import_recognised_lacks")
