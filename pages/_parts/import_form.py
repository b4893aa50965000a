"""Bring files in: choose, see what they are, preview (which changes nothing), import. The same as `mvpod import`."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from data.errors import MvpodError
from data.intake import saved_profiles
from data.intake.importing import import_paths
from data.intake.report import ImportReport
from data.mapping.profile import builtin_profiles
from data.notes import DECISIONS
from pages._parts import context, import_outcome, mapping_form, recognised_files, states, uploads
from pages._parts.context import t
from pages._parts.escape import md_escape

_AUTO = ""
_FOUND, _ASKED, _ROUND, _STAGES = "import_found", "import_asked", "import_round", "import_stages_asked"
#: What stops a preview until the stages of the export are known.
_UNKNOWN_STAGES = ("E_STAGE_UNKNOWN", "E_PIPELINE_UNKNOWN")


class Asked(NamedTuple):
    """What an import is to do; a preview counts for exactly this."""

    files: tuple[str, ...]
    profile: str
    as_of: date | None
    refused: tuple[str, ...]
    accept_stages: bool
    home: str


def draw() -> None:
    """Files and what they are, profile and day; the preview; the button that imports what was previewed."""
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
    told_here = st.container()  # always there: what is being typed below must not be drawn anew when files are known
    if files:
        with told_here, states.guard("data_recognise"):
            recognised_files.draw(told := recognised_files.told(files))
            with st.expander(t("mapping.title"), expanded=told.certainty == "none", key="import_mapping",
                             on_change="rerun") as by_hand:
                if by_hand.open:
                    mapping_form.draw(files)
            mapping_form.tell_saved(files)
    asked = _choices(uploads.ids(files))
    if st.button(t("data.import.preview"), disabled=not files, key="import_preview"):
        _run(files, asked, dry_run=True)
    found: ImportReport | MvpodError | None = st.session_state.get(_FOUND)
    if found is None or st.session_state.get(_ASKED) != asked:
        return
    if isinstance(found, MvpodError):
        if found.code not in _UNKNOWN_STAGES:  # those the form asks about
            states.known_error(found)
        return
    import_outcome.draw(found)
    if st.button(t("data.import.confirm"), type="primary", key="import_confirm"):
        _run(files, asked, dry_run=False)


def _choices(files: tuple[str, ...]) -> Asked:
    left, right = st.columns(2)
    own = [path.stem for path in saved_profiles.listed(Path(context.now().home))]
    profiles = {_AUTO: t("data.import.profile.auto")} | {name: name for name in (*own, *builtin_profiles())}
    profile = left.selectbox(t("data.import.profile"), list(profiles), key="import_profile",
                             format_func=lambda name: profiles.get(name, name))
    as_of = right.date_input(t("data.import.as_of"), value=None, key="import_as_of", format="YYYY-MM-DD",
                             help=t("data.import.as_of.help"))
    with st.expander(t("data.import.decides")):
        st.caption(t("data.import.decides.lead"))
        names = {kind: import_outcome.kind_name(kind) for kind in DECISIONS}
        taken = st.pills(t("data.import.decides"), list(names), selection_mode="multi", default=list(names),
                         format_func=lambda kind: names.get(kind, kind), key="import_taken",
                         label_visibility="collapsed")
    is_accepted = _stages(files)
    refused = tuple(kind for kind in DECISIONS if kind not in taken)
    return Asked(files, profile or _AUTO, as_of if isinstance(as_of, date) else None, refused, is_accepted,
                 context.now().home)


def _run(files: list[Any], asked: Asked, *, dry_run: bool) -> None:
    """Read and check, and publish unless `dry_run`; what came of it, refused or not, stays until something else is
    asked."""
    st.session_state.pop(_FOUND, None)
    bar = st.progress(0.0, t("data.import.running"))
    try:
        with states.guard("data_import"), uploads.on_disk(files) as paths:
            try:
                st.session_state[_FOUND] = import_paths(
                    paths, Path(asked.home), profile=asked.profile or None, as_of=asked.as_of, dry_run=dry_run,
                    accept_stages=asked.accept_stages, refuse=asked.refused, progress=partial(_tell, bar))
            except MvpodError as error:
                st.session_state[_FOUND] = error
                if error.code in _UNKNOWN_STAGES:
                    st.session_state[_STAGES] = asked.files, error
            else:
                if not dry_run:
                    st.session_state[_ROUND] += 1  # an empty form for the next import
                    st.session_state.pop(_STAGES, None)
            st.session_state[_ASKED] = asked
            st.rerun()
    finally:
        bar.empty()


def _stages(files: tuple[str, ...]) -> bool:
    """Stages that nobody has named yet: the pipelines that the export suggests, and whether these are accepted."""
    asked_for, error = st.session_state.get(_STAGES) or ((), None)
    if error is None or asked_for != files:
        return False
    if not error.fields.get("how"):
        states.known_error(error)
        return False
    st.error(md_escape(t("data.import.stages", code=error.code, names=", ".join(error.fields["names"]))),
             icon=":material/account_tree:")
    st.text(dict(error.fields["how"].fields)["order"].text(context.lang()))
    return st.checkbox(t("data.import.accept_stages"), key="import_accept_stages")


def _tell(bar: Any, _step: str, share: float) -> None:
    bar.progress(min(max(share, 0.0), 1.0), t("data.import.running"))


def _last_outcome() -> None:
    """After an import has been published, the page was drawn anew: say what came of it."""
    report = st.session_state.get(_FOUND)
    if not isinstance(report, ImportReport) or report.is_dry_run:
        return
    if report.is_unchanged:
        st.info(t("data.import.same"), icon=":material/done_all:")
    else:
        st.success(t("data.import.done", load=report.load_id), icon=":material/check:")
    import_outcome.draw(report)
