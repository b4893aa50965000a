"""An import, from files to a published load: check, enrich, write, history, publish; all or nothing.

    import_paths   exports of a CRM under a profile      import_tables   tables that are canonical already
    apply_settings   another mvpod.toml, as a load of its own

Everything that can be refused is refused before the first table is written; nothing is visible before the last
step, and a failure at any moment leaves the last published load as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import TABLES
from data.engine import connect, parquet
from data.enrich import conform, differing, enrich
from data.errors import MvpodError
from data.intake import saved_profiles
from data.intake.checking import Checked, Progress, check_files
from data.intake.duplicates import key_of
from data.intake.placing import check_shrink, complete
from data.intake.report import ImportReport, TableReport
from data.mapping.matching import files_of
from data.mapping.profile import Profile, builtin_profiles, load_profile
from data.mapping.recognise import recognised
from data.mapping.stages import Stages, Unknown, resolve, with_status
from data.marts import history
from data.notes import DECIDED, WARNED, Note, kinds, refuse_decisions
from data.settings import Settings, parse_settings, read_settings
from data.storage.kept import here, keep
from data.storage.store import Load, Store

#: Settings of the project, in force where neither the store nor a profile brings any.
PROJECT_SETTINGS = Path(__file__).resolve().parents[2] / "mvpod.toml"
STORE_SETTINGS = "mvpod.toml"
#: Profiles of loads that hold the invented sample company begin so.
SAMPLE = "sample-company"

#: Where the steps of an import are by their own account, and what share of its time has passed by then: measured on
#: CSV files of 100,000 to 2,000,000 opportunities, as a first load and as one more week.
_PACE = ((0.0, 0.0), (0.6, 0.19), (0.75, 0.28), (0.89, 0.53), (0.936, 0.76), (0.957, 0.92), (0.98, 0.985), (1.0, 1.0))


def import_paths(paths: Sequence[Path | str], store_path: Path | str, *, profile: str | Path | None = None,
                 as_of: date | None = None, config: Path | str | None = None, dry_run: bool = False,
                 accept_shrink: bool = False, accept_stages: bool = False, refuse: Iterable[str] = (),
                 progress: Progress | None = None) -> ImportReport:
    """Imports files (or the files that lie in folders) under a profile, built in, saved with the store or a file;
    without one, the profile that fits.

    `as_of`: the snapshot date of rows that carry none; without it, the day on which the newest file was written, and
    the report says so. `config`: a mvpod.toml to put in force. `dry_run` checks everything and writes nothing.
    `progress(step, share)` is told where things stand. The same files under the same profile, date and settings
    again change nothing. `refuse`: kinds of decisions (`notes.DECISIONS`, or 'all') that are not to be taken: where one
    is called for, E_DECISION_REFUSED. Raises MvpodError; the codes are those of `data/messages/import.toml`,
    `decisions.toml` and of the store.
    """
    say, store_path, refused = _paced(progress), Path(store_path), kinds(refuse)
    say("import.start", 0.0)
    files = files_of(paths)
    chosen, recognised = _profile(profile, files, store_path)
    check_company(store_path, chosen.identity)
    settings, origin = settings_for(store_path, chosen, config)
    with connect([store_path] if store_path.exists() else []) as con:
        checked = check_files(files, chosen, settings, as_of, con, say, accept_stages=accept_stages,
                              is_new=config is None and _current(store_path) is None)
    settings = checked.settings or settings
    limits = [Note.of(chosen.cannot)] if chosen.cannot else []
    checked.decisions[:0] = [*recognised, origin, *limits]
    if dry_run:
        return _dry_run(store_path, checked, settings, accept_shrink, refused)
    return _publish(store_path, checked, chosen.identity, settings, accept_shrink, say, refused)


def import_tables(store_path: Path | str, tables: Mapping[str, pa.Table], *, settings: Settings,
                  sources: Sequence[str | Mapping[str, str]], profile: str, as_of: date,
                  progress: Progress | None = None) -> ImportReport:
    """Imports tables that are canonical already (columns of `contracts.TABLES`, any number of snapshot dates).

    Stages and pipelines may be keys, labels or aliases; derived columns are computed here. E_STAGE_UNKNOWN,
    E_TABLE_INVALID, E_SAMPLE_STORE, E_SAMPLE_OVER_REAL and the store's errors are raised.
    """
    if not settings.text:
        raise ValueError("settings need the text they were read from: the store keeps it")
    say = _paced(progress)
    check_company(Path(store_path), profile)
    checked = Checked(profile, as_of)
    checked.sources = [{"name": s, "sha256": ""} if isinstance(s, str) else dict(s) for s in sources]
    stages, unknown = Stages(settings), Unknown()
    for target, given in tables.items():
        table = _canonical(given, target, as_of)
        if target == "opportunity":
            table = resolve(table, "stage", stages, unknown)
            unknown.refuse()
            table, notes = with_status(table, stages)
            checked.decisions += notes
        checked.tables[target] = table
        checked.counts[target] = TableReport(target, (), table.num_rows, table.num_rows)
    return _publish(Path(store_path), checked, profile, settings, True, say)


def _canonical(table: pa.Table, target: str, as_of: date) -> pa.Table:
    """A given table in its schema; E_TABLE_INVALID for wrong columns, wrong types and empty required cells."""
    try:
        known = set(TABLES[target].schema().names)
        if strangers := [c for c in table.column_names if c not in known]:
            raise MvpodError("E_TABLE_INVALID", table=target, reason=f"unknown columns {', '.join(strangers)}")
        table = conform(table, target)
    except (pa.ArrowException, KeyError) as error:
        raise MvpodError("E_TABLE_INVALID", table=target, reason=str(error).split("\n")[0]) from error
    if TABLES[target].kind == "state":
        day = pc.fill_null(table.column("snapshot_date"), pa.scalar(as_of))
        table = table.set_column(table.column_names.index("snapshot_date"), "snapshot_date", day)
    key = list(key_of(target))
    if TABLES[target].kind == "state" and table.select(key).group_by(key).aggregate([]).num_rows != table.num_rows:
        raise MvpodError("E_TABLE_INVALID", table=target, reason=f"{' + '.join(key)} repeats")
    for column in TABLES[target].columns:
        if column.required and table.column(column.name).null_count:
            raise MvpodError("E_TABLE_INVALID", table=target, reason=f"{column.name} is empty in "
                             f"{table.column(column.name).null_count} rows")
    return table


def _profile(profile: str | Path | None, files: Sequence[Path], store_path: Path) -> tuple[Profile, list[Note]]:
    if profile is not None:
        saved = [file.stem for file in saved_profiles.listed(store_path)]
        return load_profile(saved_profiles.found(store_path, profile), saved), []
    found = recognised(files, more=saved_profiles.listed(store_path))
    if (best := found.best) is None:
        if len(found.unread) == len(files):  # nothing could be read: that, and not the profile, is what to mend
            raise found.unread[0][1]
        reasons = [f"{f.profile}: {'; '.join(f.reasons)}" for f in found.fits[:2] if f.reasons]
        nearest = Note.of("N_PROFILE_NEAREST", reasons=reasons) if reasons else ""
        raise MvpodError("E_PROFILE_NEEDED", files=[f.name for f in files], known=builtin_profiles(), nearest=nearest)
    if found.certainty == "several":
        fitting = [f"{f.profile} ({'; '.join(f.reasons)})" for f in found.fits if f.is_fit]
        raise MvpodError("E_PROFILE_SEVERAL", files=[f.name for f in files], fitting=fitting)
    return load_profile(best.source), [Note.of("N_PROFILE_RECOGNISED", profile=best.profile, reasons=best.reasons)]


def settings_for(store_path: Path, profile: Profile | None, config: Path | str | None) -> tuple[Settings, Note]:
    """The settings in force for an import, and where they come from: `config`, else the store's own, else (for a new
    store) what the profile brings, else the project's."""
    if config is not None:
        return read_settings(Path(config)), Note.of("N_SETTINGS_FILE", file=Path(config).name)
    own = here(store_path) / STORE_SETTINGS
    if own.exists():
        return read_settings(own), Note.of("N_SETTINGS_STORE")
    if load := _current(store_path):
        return parse_settings(load.settings_text), Note.of("N_SETTINGS_LOAD", load=load.load_id)
    base = PROJECT_SETTINGS.read_text(encoding="utf-8")
    if profile is not None and profile.settings_text:
        return profile.settings(base), Note.of("N_SETTINGS_PROFILE", profile=profile.name)
    return parse_settings(base), Note.of("N_SETTINGS_PROJECT")


def _current(store_path: Path) -> Load | None:
    if not store_path.exists():
        return None
    with suppress(MvpodError):
        return Store.open(store_path).current()
    return None


def check_company(store_path: Path, profile: str) -> None:
    """Invented and real rows never share a store: E_SAMPLE_STORE for real rows into the sample company's store,
    E_SAMPLE_OVER_REAL for the sample company into a store that holds anything else."""
    if not store_path.exists() or (current := _current(store_path)) is None:
        return
    kinds = {load.profile.startswith(SAMPLE) for load in [*Store.open(store_path).loads(), current] if load.profile}
    if True in kinds and not profile.startswith(SAMPLE):
        raise MvpodError("E_SAMPLE_STORE", store=store_path.name)
    if False in kinds and profile.startswith(SAMPLE):
        raise MvpodError("E_SAMPLE_OVER_REAL", store=store_path.name)


def _dry_run(store_path: Path, checked: Checked, settings: Settings, accept_shrink: bool,
             refused: Sequence[str]) -> ImportReport:
    refuse_decisions(checked.decisions, refused)
    load = _current(store_path)
    if load is not None:
        store = Store.open(store_path)
        with connect([store_path]) as con:
            check_shrink(checked, lambda t: store.files(t, load), settings, accept_shrink, con)
    return checked.report(is_dry_run=True)


def _publish(store_path: Path, checked: Checked, profile: str, settings: Settings, accept_shrink: bool,
             say: Progress, refused: Sequence[str] = ()) -> ImportReport:
    refuse_decisions(checked.decisions, refused)
    store = Store.open(store_path, create=True)
    if apply_settings(store_path, settings, lambda step, share: say(step, 0.6 + 0.05 * share)) is not None:
        checked.decisions.append(Note.of("N_SETTINGS_CHANGED"))
    with store.writing() as w:
        if same := _same_load(store, checked, profile):
            checked.decisions.append(Note.of("N_UNCHANGED", as_of=checked.as_of.isoformat(), load=same.load_id))
            return checked.report(is_unchanged=True)
        with connect([store_path]) as con:
            check_shrink(checked, w.files, settings, accept_shrink, con)
            say("import.enrich", 0.65)
            dates = complete(checked, w.files, settings, con)
        refuse_decisions([*checked.decisions, *checked.warnings], refused)
        say("import.store", 0.7)
        _write(w, checked, settings)
        _keep_settings(store_path, settings)
        events = checked.tables.get("stage_change")
        changed = pc.unique(events.column("opportunity_id")).to_pylist() if events is not None else None
        del events
        checked.release()
        history.update_marts(w, settings, new_dates=dates, changed_events=changed,
                             progress=lambda text, share: say("import.history", 0.75 + 0.23 * share))
        say("import.publish", 0.98)
        sources = [{**s, "dates": _days(checked)} for s in checked.sources]
        load = w.publish(kind="import", as_of=checked.as_of, sources=sources, profile=profile,
                         counts=_counts(checked), settings_text=settings.text)
    say("import.done", 1.0)
    return checked.report(load_id=load.load_id)


def _write(w: Any, checked: Checked, settings: Settings) -> None:
    for target, table in checked.tables.items():
        data = conform(table, target)
        if TABLES[target].kind == "state":
            w.replace_dates(target, data, pc.unique(data.column("snapshot_date")).to_pylist())
        else:
            w.merge(target, data)
    if checked.rejects.num_rows:
        w.quarantine(checked.rejects.rename_columns(["table", *checked.rejects.column_names[1:]]))


def _counts(checked: Checked) -> dict[str, Any]:
    """Rows by table, and what was decided and noticed, for the record of the load."""
    tables = {t.target: {"in": t.rows_in, "loaded": t.loaded, "quarantined": t.quarantined,
                         "deduplicated": t.deduplicated, "filtered": t.filtered} for t in checked.counts.values()}
    told = {DECIDED: checked.decisions, WARNED: checked.warnings}
    return {**tables, **{key: [note.row() for note in dict.fromkeys(notes)] for key, notes in told.items() if notes}}


def _keep_settings(store_path: Path, settings: Settings) -> None:
    """The store's own copy, replaced in one step."""
    own = store_path / STORE_SETTINGS
    if not own.exists() or own.read_text(encoding="utf-8") != settings.text:
        keep(store_path, STORE_SETTINGS, settings.text)


def _same_load(store: Store, checked: Checked, profile: str) -> Load | None:
    """The load that already brought these very files for this date, if nothing that came later may have changed it."""
    if not checked.sources or not all(s.get("sha256") for s in checked.sources):
        return None
    mine = sorted(s["sha256"] for s in checked.sources)
    days = set(_days(checked))
    for load in reversed(store.loads()):
        theirs = sorted(str(s.get("sha256", "")) for s in load.sources)
        if load.kind == "import" and theirs == mine and load.profile == profile and load.as_of == checked.as_of:
            return load
        touched = {day for s in load.sources for day in s.get("dates", ())} or {str(load.as_of)}
        if load.kind not in ("import", "rebuild", "vacuum") or touched & days:
            return None
    return None


def _days(checked: Checked) -> list[str]:
    return [d.isoformat() for d in checked.dates()] or [checked.as_of.isoformat()]


def apply_settings(store_path: Path | str, settings: Settings, progress: Progress | None = None) -> Load | None:
    """Puts other settings in force, as a load of its own: money, segments and marts are computed again.

    Returns None when they are in force already. E_STORE_EMPTY and the other errors of the store; E_STAGE_LOST when
    stored stages are missing in the new pipelines.
    """
    say, store_path = progress or _silent, Path(store_path)
    store = Store.open(store_path)
    with store.writing() as w:
        current = store.current()
        if current is None or current.settings_text == settings.text:
            return None
        return _put_in_force(w, settings, current, store_path, say)


def _put_in_force(w: Any, settings: Settings, current: Load, store_path: Path, say: Progress) -> Load:
    before = parse_settings(current.settings_text)
    if _inheritance(before) != _inheritance(settings):
        with connect([store_path]) as con:
            account, owner = (parquet(w.files(t), TABLES[t]) for t in ("account", "owner"))
            days = w.dates("opportunity")
            for i, day in enumerate(days):
                say("import.enrich", 0.5 * i / len(days))
                stored = parquet(w.files("opportunity"), TABLES["opportunity"])
                old = con.sql(f"FROM {stored} WHERE snapshot_date = $day", params={"day": day}).to_arrow_table()
                old = conform(old, "opportunity")
                fresh = enrich(old, account, owner, settings, con)
                if differing(old, fresh, con):
                    w.replace_dates("opportunity", fresh, [day])
    history.rebuild_marts(w, settings, lambda text, share: say("import.history", 0.5 + 0.5 * share))
    _keep_settings(store_path, settings)
    return w.publish(kind="settings", as_of=current.as_of, sources=[], profile="", counts={},
                     settings_text=settings.text)


def _inheritance(settings: Settings) -> tuple[Any, ...]:
    organisation = replace(settings.organisation, name="", language="en", notice={}, fiscal_year_start=1)
    return organisation, settings.segments, settings.pipelines


def _paced(progress: Progress | None) -> Progress:
    """Progress whose shares are shares of the time: a bar that runs evenly, and never back."""
    told, took, furthest = *zip(*_PACE, strict=True), [0.0]

    def say(step: str, share: float) -> None:
        furthest[0] = max(furthest[0], float(np.interp(share, told, took)))
        if progress is not None:
            progress(step, furthest[0])
    return say


def _silent(step: str, share: float) -> None:
    """Progress that nobody watches."""
