"""Files and a profile: the checked rows of every canonical table, before anything touches the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import TABLES
from data.errors import MvpodError
from data.intake import timing
from data.intake.duplicates import settle
from data.intake.gathering import Progress, gather
from data.intake.report import Example, ImportReport, RuleReport, TableReport, rules_of
from data.mapping.mapping import FILE, REJECTS, ROW, Mapped
from data.mapping.matching import assign
from data.mapping.profile import Profile
from data.mapping.stages import Stages, Unknown, resolve, with_status
from data.mapping.suggesting import in_words, suggested
from data.notes import Note, Said
from data.reading.readers import shown
from data.settings import Settings


@dataclass
class Checked:
    """What the files hold. `tables`: target -> rows with the importable columns of the contract, `extra`, and
    `snapshot_date` for state tables; stages of opportunities are keys already."""

    profile: str
    as_of: date
    tables: dict[str, pa.Table] = field(default_factory=dict)
    counts: dict[str, TableReport] = field(default_factory=dict)
    rejects: pa.Table = field(default_factory=REJECTS.empty_table)
    decisions: list[Note] = field(default_factory=list)
    warnings: list[Note] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    #: whether the files name the snapshot dates of their rows themselves
    has_own_dates: bool = False
    #: opportunities of which every row was refused
    refused: set[str] = field(default_factory=set)
    #: the stages of the pipelines, where a file lists them (columns of `table_spec.HELPERS["stage"]`)
    stage_list: list[pa.Table] = field(default_factory=list)
    #: the settings in force: those given, or with the stages that were accepted
    settings: Settings | None = None
    #: the dates of rows that are stored and forgotten
    stored_dates: list[date] | None = None

    def release(self) -> None:
        """Forgets the rows, which are stored by now: what follows needs the memory. Their dates are kept."""
        self.stored_dates, self.tables = self.dates(), {}
        pa.default_memory_pool().release_unused()

    def dates(self) -> list[date]:
        """The snapshot dates that the state tables hold."""
        if self.stored_dates is not None:
            return self.stored_dates
        found = {d for t in self.tables.values() if "snapshot_date" in t.column_names
                 for d in pc.unique(t.column("snapshot_date")).to_pylist()}
        return sorted(found)

    def report(self, **more: object) -> ImportReport:
        """The report so far."""
        return ImportReport(self.profile, self.as_of, tuple(self.counts.values()), rules_of(self.rejects),
                            tuple(dict.fromkeys(self.decisions)), tuple(dict.fromkeys(self.warnings)),
                            tuple(self.sources), tuple(self.dates()), **more)  # type: ignore[arg-type]


def check_files(files: Sequence[Path], profile: Profile, settings: Settings, as_of: date | None,
                con: duckdb.DuckDBPyConnection, say: Progress, *, is_new: bool = False,
                accept_stages: bool = False) -> Checked:
    """Reads, maps and checks. Raises the errors of `readers`, `mapping`, `stages` and `timing`, and E_REJECTS.

    `is_new`: nothing is stored yet under the pipelines of `settings`, so that those of the export may take their place.
    `accept_stages`: stages that the settings do not know are put in force as suggested, in `Checked.settings`.
    """
    pairs, told = assign(files, profile, settings.limits)
    used = list(dict.fromkeys(path for _, path in pairs))
    checked = Checked(profile.name, as_of or _modified(used, settings))
    if told:
        checked.decisions.append(Note.of("N_BY_COLUMNS", pairs=[f"{shown(p.name)} → {s.target}" for s, p in told]))
    if unused := [shown(p.name) for p in files if p not in used]:
        checked.warnings.append(Note.of("N_UNUSED", files=unused))
    gathered = gather(pairs, settings, checked.as_of, con, say, order=profile.tables)
    checked.decisions += gathered.decisions
    checked.warnings += gathered.warnings
    checked.sources, checked.stage_list = gathered.sources, gathered.stage_list
    for target, parts in gathered.mapped.items():
        policy = next(spec.duplicates for spec, _ in pairs if spec.target == target)
        _settle(target, parts, policy, settings, checked, con)
    _date(checked, is_given=as_of is not None)
    _check_rejects(checked, settings)
    settings = checked.settings = _resolve(checked, settings, con, is_new=is_new, accept=accept_stages)
    _refuse_later(checked, settings)
    _refuse_children(checked)
    _look_over(checked)
    return checked


def _modified(files: Sequence[Path], settings: Settings) -> date:
    """The day on which the newest file was written, in the organisation's zone."""
    newest = max((p.stat().st_mtime for p in files if p.exists()), default=0.0)
    return datetime.fromtimestamp(newest, ZoneInfo(settings.organisation.timezone)).date()


def _settle(target: str, parts: list[Mapped], policy: str, settings: Settings, checked: Checked,
            con: duckdb.DuckDBPyConnection) -> None:
    """One table out of the parts of several files: dates filled in, money known, keys unique; all counted."""
    table = pa.concat_tables([p.table for p in parts], promote_options="permissive").unify_dictionaries()
    if TABLES[target].kind == "state":
        checked.has_own_dates |= table.column("snapshot_date").null_count < table.num_rows
        day = pc.fill_null(table.column("snapshot_date"), pa.scalar(checked.as_of))
        table = table.set_column(table.column_names.index("snapshot_date"), "snapshot_date", day)
    if "file_order" in table.column_names and len(parts) > 1:
        order = pa.array(np.arange(table.num_rows, dtype=np.int64))
        table = table.set_column(table.column_names.index("file_order"), "file_order", order)
    given = table
    table, currency = _known_currency(table, target, settings)
    settled = settle(table, target, policy, con)
    rejects = [p.rejects for p in parts] + [currency, settled.rejects]
    checked.rejects = pa.concat_tables([checked.rejects, *rejects])
    loaded = settled.table.num_rows
    quarantined = sum(p.quarantined for p in parts) + currency.num_rows + settled.rejects.num_rows
    files = tuple(dict.fromkeys(f for p in parts for f in _files(p)))
    filtered = sum(p.filtered for p in parts)
    rows_in = sum(p.read for p in parts) - filtered
    checked.counts[target] = TableReport(target, files, rows_in, loaded, quarantined, settled.deduplicated, filtered)
    checked.tables[target] = settled.table
    if target == "opportunity":
        checked.refused = _gone([given, *(p.refused for p in parts)], settled.table) if quarantined else set()
    same = "N_COLLAPSED" if target == "stage_change" else "N_DUPLICATES"
    for code, dropped in ((same, settled.repeats), ("N_KEPT_ONE", settled.overruled)):
        if dropped.count:
            checked.decisions.append(Note.of(code, table=target, count=dropped.count, policy=policy,
                                             examples=dropped.examples))


def _reason(rule: RuleReport, example: Example) -> Note:
    """Where a rule was broken first, told in the reader's language."""
    code = "N_REASON" if example.value else "N_REASON_EMPTY"
    return Note.of(code, file=example.file, row=example.row, column=rule.column, value=example.value,
                   rule=Note.of(f"R_{rule.rule.upper()}", column=rule.column), count=rule.count)


def _gone(before: Sequence[pa.Table], after: pa.Table) -> set[str]:
    """The opportunities that tables name and another one does not."""
    named = pc.unique(pa.chunked_array([c for t in before for c in t.column("opportunity_id").chunks], pa.string()))
    left = pc.unique(after.column("opportunity_id"))
    return set(named.filter(pc.invert(pc.is_in(named, value_set=left))).drop_null().to_pylist())


def _files(part: Mapped) -> list[str]:
    return part.table.column(FILE).chunk(0).dictionary.to_pylist() if part.table.column(FILE).num_chunks else []


def _known_currency(table: pa.Table, target: str, settings: Settings) -> tuple[pa.Table, pa.Table]:
    """Currencies in capitals; rows in one that has no rate cannot be added to others and go to quarantine."""
    if "currency" not in table.column_names:
        return table, REJECTS.empty_table()
    currency = pc.utf8_upper(table.column("currency"))
    table = table.set_column(table.column_names.index("currency"), "currency", currency)
    known = pa.array([settings.organisation.base_currency, *settings.organisation.rates])
    bad = pc.and_(pc.is_valid(currency), pc.invert(pc.is_in(currency, value_set=known)))
    if not pc.any(bad).as_py():
        return table, REJECTS.empty_table()
    rows = table.filter(bad)
    size = rows.num_rows
    rejects = pa.table([pa.array([target] * size), rows.column(FILE).cast(pa.string()), rows.column(ROW),
                        pa.array(["currency"] * size), pa.array(["currency"] * size), rows.column("currency")],
                       schema=REJECTS)
    return table.filter(pc.invert(bad)), rejects


def _date(checked: Checked, *, is_given: bool) -> None:
    """The as-of date of the load: the newest snapshot; where it came from is told."""
    opportunity = checked.tables.get("opportunity")
    days = checked.dates()
    if days and (days != [checked.as_of]):
        checked.as_of = max(days) if opportunity is not None or len(days) > 1 else checked.as_of
        checked.decisions.append(Note.of("N_AS_OF_COLUMN", first=min(days).isoformat(), last=max(days).isoformat(),
                                         count=len(days)))
    elif not is_given:
        checked.decisions.append(Note.of("N_AS_OF_FILE", as_of=checked.as_of.isoformat()))


def _check_rejects(checked: Checked, settings: Settings) -> None:
    """E_REJECTS for a table of which more than the allowed share was refused, E_NOTHING_LEFT for opportunities that the
    profile leaves out altogether: an empty snapshot would say that all of them are gone."""
    for target, count in checked.counts.items():
        if target == "opportunity" and not count.rows_in:
            told = [n for n in checked.decisions if n.code == "N_LEFT_OUT" and dict(n.fields)["table"] == target]
            raise MvpodError("E_NOTHING_LEFT", files=list(count.files), count=count.filtered, reasons=told)
        share = count.quarantined / count.rows_in if count.rows_in else 0.0
        if count.quarantined and (share > settings.limits.reject_share or not count.loaded):
            rules = [r for r in rules_of(checked.rejects) if r.target == target][:5]
            reasons = [_reason(r, e) for r in rules for e in r.examples[:1]]
            raise MvpodError("E_REJECTS", table=target, count=count.quarantined, rows=count.rows_in,
                             share=f"{share:.1%}", limit=f"{settings.limits.reject_share:.1%}", reasons=reasons)


def _quarantine(checked: Checked, target: str, bad: pa.Array, column: str, rule: str, value: pa.Array) -> None:
    """Takes the rows of a mask out of a table that is checked already, and counts them as quarantined."""
    table = checked.tables[target]
    rows = table.filter(bad)
    size = rows.num_rows
    rejects = pa.table([pa.array([target] * size, pa.string()), rows.column(FILE).cast(pa.string()), rows.column(ROW),
                        pa.array([column] * size, pa.string()), pa.array([rule] * size, pa.string()),
                        value.filter(bad).cast(pa.string())], schema=REJECTS)
    checked.rejects = pa.concat_tables([checked.rejects, rejects])
    checked.tables[target] = table.filter(pc.invert(bad))
    count = checked.counts[target]
    checked.counts[target] = replace(count, loaded=count.loaded - size, quarantined=count.quarantined + size)


def _refuse_later(checked: Checked, settings: Settings) -> None:
    """What had not happened yet on the snapshot date cannot be in the snapshot: few such rows are slips and go to
    quarantine, many say that the date is wrong (E_AS_OF_EARLY, E_AS_OF_FAR)."""
    zone = settings.organisation.timezone
    newest = timing.newest(checked.tables, zone)
    for later in timing.later(checked.tables, checked.as_of, Stages(settings)):
        rows = checked.tables[later.target].num_rows
        if later.count > settings.limits.reject_share * rows:
            raise MvpodError("E_AS_OF_EARLY", table=later.target, column=later.column, count=later.count, rows=rows,
                             as_of=checked.as_of.isoformat(), example=later.example, newest=str(newest))
        checked.warnings.append(Note.of("N_LATER", table=later.target, column=later.column, count=later.count,
                                        as_of=checked.as_of.isoformat(), example=later.example))
        refused = checked.tables[later.target].filter(later.rows)
        _quarantine(checked, later.target, later.rows, later.column, "after_snapshot", later.days)
        if later.target == "opportunity":
            checked.refused |= _gone([refused], checked.tables["opportunity"])
    if note := timing.far(checked.as_of, newest, has_own_dates=checked.has_own_dates):
        checked.warnings.append(note)


def _refuse_children(checked: Checked) -> None:
    """The events of an opportunity whose rows were all refused wait with it: they would tell it without its end."""
    events = checked.tables.get("stage_change")
    if events is None or not checked.refused:
        return
    ids = events.column("opportunity_id")
    bad = pc.is_in(ids, value_set=pa.array(sorted(checked.refused), pa.string()))
    if pc.any(bad).as_py():
        _quarantine(checked, "stage_change", bad, "opportunity_id", "parent_rejected", ids)


def _resolve(checked: Checked, settings: Settings, con: duckdb.DuckDBPyConnection, *, is_new: bool,
             accept: bool) -> Settings:
    """Stage names as keys; of events only that they are known, because their pipeline is their opportunity's. Returns
    the settings in force: others than those given only where suggested stages are accepted."""
    unknown = Unknown()
    table = _with_keys(checked, Stages(settings), unknown)
    if unknown:
        try:
            proposed = suggested(checked.tables, checked.stage_list, settings, is_new=is_new, con=con)
        except MvpodError:  # names that contradict each other: what is unknown is told all the same
            unknown.refuse()
            raise
        if not accept:
            unknown.refuse(in_words(proposed))
        settings, unknown = proposed, Unknown()
        table = _with_keys(checked, Stages(settings), unknown)
        checked.decisions.append(Note.of("N_STAGES_ACCEPTED", order=in_words(settings, "; ")))
    unknown.refuse()
    if table is not None:
        checked.tables["opportunity"], notes = with_status(table, Stages(settings))
        checked.decisions += notes
    return settings


def _with_keys(checked: Checked, stages: Stages, unknown: Unknown) -> pa.Table | None:
    """The opportunities under the keys of their stages; what no pipeline knows, of events too, goes to `unknown`."""
    if (events := checked.tables.get("stage_change")) is not None:
        bare = events.append_column("pipeline", pa.nulls(events.num_rows, pa.string()))
        for column in ("to_stage", "from_stage"):
            _known_somewhere(bare, column, stages, unknown)
    table = checked.tables.get("opportunity")
    return None if table is None else resolve(table, "stage", stages, unknown)


def _known_somewhere(events: pa.Table, column: str, stages: Stages, unknown: Unknown) -> None:
    everywhere = {n.casefold() for p in stages.settings.pipelines for s in p.stages
                  for n in (s.key, *s.aliases, *s.label.values())}
    for found in pc.value_counts(events.column(column)).to_pylist():
        if found["values"] is not None and found["values"].casefold() not in everywhere:
            unknown.stages["", found["values"]] += found["counts"]


#: columns of an opportunity without which whole pages say little -> what a sentence calls them
_MATTERS = {"account_id": Said("The account (account_id)", "客户（account_id）"),
            "amount": Said("The amount (amount)", "金额（amount）"),
            "created_on": Said("The day of creation (created_on)", "创建日期（created_on）")}


def _look_over(checked: Checked) -> None:
    """What is loaded and yet looks wrong is told."""
    table = checked.tables.get("opportunity")
    if table is None:
        return
    early = pc.sum(pc.less(table.column("closed_on"), table.column("created_on"))).as_py() or 0
    if early:
        checked.warnings.append(Note.of("N_CLOSED_BEFORE_CREATED", count=early))
    for name, called in _MATTERS.items():
        missing = table.column(name).null_count
        if missing:
            checked.warnings.append(Note.of("N_UNKNOWN_VALUES", column=called, count=missing, rows=table.num_rows))
