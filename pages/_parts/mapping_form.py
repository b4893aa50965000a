"""Columns told by hand: a proposal for every file, the first rows as they would be stored, and the profile saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import streamlit as st

from analytics import recognition
from data.contracts import TABLES, Column
from data.intake import saved_profiles
from data.intake.importing import settings_for
from data.intake.preview import preview
from data.mapping.profile import parse_profile
from data.mapping.proposing import Draft, Sample, importable, proposed, proposed_as, read_as
from data.reading.readers import read_raw
from data.settings import Settings
from pages._parts import context, import_outcome, states, uploads
from pages._parts.context import t
from pages._parts.escape import md_escape

_SAMPLES, _SAVED = "import_samples", "import_profile_saved"
_NOTHING = ""
#: How numbers are written -> (decimal mark, thousands mark); how dates are -> formats of a profile.
NUMBERS = {"1234.50": (".", ""), "1,234.50": (".", ","), "1.234,50": (",", "."), "1234,50": (",", ""),
           "1 234,50": (",", " "), "1 234.50": (".", " "), "1'234.50": (".", "'")}
DATES: dict[str, tuple[str, ...]] = {
    "": (), "DD/MM/YYYY": tuple(f"%d{m}%m{m}%Y" for m in "/.-"), "MM/DD/YYYY": tuple(f"%m{m}%d{m}%Y" for m in "/.-")}


def draw(files: Sequence[Any]) -> None:
    """The tables and columns of every file; preview; name and save. What is saved becomes the chosen profile."""
    st.caption(t("mapping.lead"))
    settings = settings_for(Path(context.now().home), None, None)[0]
    drafts = [draft for file, known in zip(files, _known(files, settings), strict=True) if known is not None
              and (draft := _file(file, *known, settings)) is not None]
    missing = [f"{d.file}: {recognition.fields(d.missing, context.lang())}" for d in drafts if d.missing]
    if missing:
        st.warning(md_escape(t("mapping.missing", columns="; ".join(missing))), icon=":material/rule:")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input(t("mapping.name"), key="mapping_name", max_chars=60)
    is_ready = bool(name and drafts and not missing)
    if right.button(t("mapping.save"), key="mapping_save", type="primary", disabled=not is_ready):
        with states.guard("data_mapping"):
            text = saved_profiles.profile_text(saved_profiles.name_of(name), drafts)
            st.session_state["import_profile"] = kept = saved_profiles.save(Path(context.now().home), name, text)
            st.session_state[_SAVED] = uploads.ids(files), kept
            st.rerun()


def tell_saved(files: Sequence[Any]) -> None:
    """That a profile was saved for these very files, and under which name."""
    asked, name = st.session_state.get(_SAVED) or ((), "")
    if name and asked == uploads.ids(files):
        st.success(md_escape(t("mapping.saved", name=name)), icon=":material/check:")


def _known(files: Sequence[Any], settings: Settings) -> list[tuple[Sample, Draft | None] | None]:
    """Of each file what its columns hold and what is proposed; None for one that cannot be read (which says why)."""
    asked = uploads.ids(files)
    kept: tuple[Any, list[tuple[Sample, Draft | None] | None]] | None = st.session_state.get(_SAMPLES)
    if kept is None or kept[0] != asked:
        known: list[tuple[Sample, Draft | None] | None] = []
        with uploads.on_disk(files) as paths:
            for path in paths:
                known.append(None)
                with states.guard("data_mapping"):
                    sample = Sample.of(read_raw(path))
                    known[-1] = sample, proposed(sample, settings)
        st.session_state[_SAMPLES] = kept = asked, known
    return kept[1]


def _file(file: Any, sample: Sample, first: Draft | None, settings: Settings) -> Draft | None:
    """One file: its table, its columns, how its cells are written, and its first rows; None where it is not used."""
    key, lang = f"mapping_{file.file_id}", context.lang()
    st.subheader(md_escape(sample.file), anchor=False, divider="gray")
    tables = {_NOTHING: t("mapping.not_used")} | {name: recognition.table_name(name, lang) for name in TABLES}
    target = st.selectbox(t("mapping.table"), list(tables), key=f"{key}_table", format_func=lambda n: tables.get(n, n),
                          index=list(tables).index(first.target) if first else 0)
    if not target:
        return None
    draft = first if first and target == first.target else proposed_as(sample, target, settings)
    draft = read_as(sample, replace(draft, columns=_columns(f"{key}_{target}", sample, draft)))
    draft = _written(f"{key}_{target}", draft)
    if not draft.missing and st.toggle(t("mapping.preview"), key=f"{key}_{target}_preview"):
        with states.guard("data_mapping"):
            _preview(file, draft, settings)
    return draft


def _columns(key: str, sample: Sample, draft: Draft) -> dict[str, str]:
    """Which source column feeds which of ours: what is proposed in front, the rest folded away."""
    sources = {_NOTHING: "–"} | {name: _example(name, sample) for name in sample.columns}
    proposed_first = sorted(importable(draft.target), key=lambda c: (not c.required, c.name not in draft.columns))
    shown = [c for c in proposed_first if c.required or c.name in draft.columns]
    found = _choices(key, shown, sources, draft)
    if rest := proposed_first[len(shown):]:
        with st.expander(t("mapping.more", n=len(rest))):
            found |= _choices(key, rest, sources, draft)
    return {c.name: found[c.name] for c in importable(draft.target) if found.get(c.name)}


def _choices(key: str, columns: Sequence[Column], sources: Mapping[str, str], draft: Draft) -> dict[str, str]:
    places, found = st.columns(3), {}
    for i, column in enumerate(columns):
        label = recognition.field_name(column.name, context.lang()) + (" *" if column.required else "")
        found[column.name] = places[i % 3].selectbox(
            label, list(sources), key=f"{key}_{column.name}", format_func=lambda n: sources.get(n, n),
            index=list(sources).index(draft.columns.get(column.name, _NOTHING)))
    return found


def _example(name: str, sample: Sample) -> str:
    values = ", ".join(sample.columns[name].values[:3])
    return f"{name}: {values[:40]}" if values else name


def _written(key: str, draft: Draft) -> Draft:
    """How numbers and dates are written, where the file does not say it itself."""
    left, right = st.columns(2)
    ours = next((shown for shown, marks in NUMBERS.items() if marks == (draft.decimal, draft.thousands)), "1234.50")
    numbers = left.selectbox(t("mapping.numbers"), list(NUMBERS), index=list(NUMBERS).index(ours), key=f"{key}_numbers")
    by_itself = t("mapping.dates.auto")
    dates = right.selectbox(t("mapping.dates"), list(DATES), key=f"{key}_dates", format_func=lambda n: n or by_itself)
    decimal, thousands = NUMBERS[numbers]
    return replace(draft, decimal=decimal, thousands=thousands, date_formats=DATES[dates])


def _preview(file: Any, draft: Draft, settings: Settings) -> None:
    profile = parse_profile(saved_profiles.profile_text("preview", [draft]), "preview")
    with uploads.on_disk([file]) as paths:
        found = preview(paths[0], profile, settings, datetime.now(UTC).date())
    st.caption(t("mapping.rows", n=found.rows.num_rows, read=found.read, refused=found.refused))
    lang = context.lang()
    labels = {name: st.column_config.Column(recognition.field_name(name, lang)) for name in found.rows.column_names}
    texts = pa.table({name: found.rows.column(name).cast(pa.string()) for name in found.rows.column_names})
    st.dataframe(texts.to_pandas(), hide_index=True, column_config=labels, key=f"mapping_rows_{file.file_id}")
    import_outcome.rules(found.rules)
    import_outcome.decisions(found.notes)
