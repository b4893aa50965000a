"""The canonical tables and the marts: columns, types, keys and allowed values.

State tables hold one row per key and snapshot date and are partitioned by `snapshot_date`; event tables hold
one row per id; marts are derived from both and can be rebuilt at any time. Column types:

text      string                      date     calendar date in the organisation's time zone
instant   timestamp, UTC              money    DECIMAL(18, 2), in the currency that stands beside it
number    double                      integer  64-bit integer
flag      boolean                     spans  list of date stretches {start, end}, end excluded
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

CONTRACT_VERSION = 1

Type = Literal["text", "date", "instant", "money", "number", "integer", "flag", "spans"]
Kind = Literal["state", "event", "mart"]

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "money": pa.decimal128(18, 2),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
    "spans": pa.list_(pa.struct([("start", pa.date32()), ("end", pa.date32())])),
}

STATUSES = ("open", "won", "lost", "no_decision", "void", "paused", "future")
#: What a stage can be; reaching a stage of a closing kind closes the opportunity on that day.
STAGE_KINDS = STATUSES
CLOSING_KINDS = ("won", "lost", "no_decision", "void")


@dataclass(frozen=True)
class Column:
    """One column of a table. `low` and `high` bound numbers (inclusive); `allowed` bounds texts."""

    name: str
    type: Type = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """A table: its key (with `snapshot_date` added for state tables) and its columns, in stored order."""

    name: str
    kind: Kind
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    #: columns that the import adds by itself (never mapped from a file)
    derived: tuple[Column, ...] = ()

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if there is none."""
        return next(c for c in (*self.columns, *self.derived) if c.name == name)

    @property
    def names(self) -> list[str]:
        """Names of the columns that an export can bring."""
        return [c.name for c in self.columns]

    def schema(self) -> pa.Schema:
        """The Arrow schema in which the table is stored, `extra` (JSON text of unmapped columns) included."""
        fields = [pa.field(c.name, ARROW[c.type]) for c in (*self.columns, *self.derived)]
        if self.kind != "mart":
            fields.append(pa.field("extra", pa.string()))
        if self.kind == "state":
            fields.append(pa.field("snapshot_date", pa.date32()))
        return pa.schema(fields)


def spelled_as(kind: pa.DataType, field: pa.Field) -> pa.Field:
    """`field` as a column of `kind` can be stored under it without a copy: text may come by number of its word."""
    by_number = pa.types.is_dictionary(kind) and kind.value_type == field.type
    return field.with_type(kind) if by_number else field


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from lines such as `amount money`, `status text * in open|won`, `need_fit number 0..100`."""
    return tuple(_column(line.split()) for line in text.strip().splitlines())


def _column(words: list[str]) -> Column:
    name, kind, *rest = words
    allowed: tuple[str, ...] = ()
    low = high = None
    for i, word in enumerate(rest):
        if word == "in":
            allowed = tuple(rest[i + 1].split("|"))
        elif ".." in word:
            low, high = (float(x) if x else None for x in word.split(".."))
    return Column(name, kind, "*" in rest, allowed, low, high)  # type: ignore[arg-type]


_STATUS = "|".join(STATUSES)

#: What is known of an opportunity besides its stage, and by which every number can be filtered and grouped.
DIMENSIONS = (
    "pipeline", "segment", "ownership", "industry", "region", "team", "owner_id", "type", "sales_mode",
    "product_line", "lead_source", "grade", "main_competitor", "account_id",
)
_DIMENSION_COLUMNS = tuple(Column(name) for name in DIMENSIONS)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("opportunity", "state", ("opportunity_id",), _columns(f"""
            opportunity_id text *
            account_id text
            name text
            pipeline text
            stage text *
            status text in {_STATUS}
            type text in new|renewal|resale
            amount money 0..
            currency text
            owner_id text
            created_on date
            expected_close_on date
            closed_on date
            stage_entered_on date
            sales_mode text in direct|channel|mixed
            partner_id text
            product_line text
            lead_source text
            loss_reason text
            main_competitor text
            grade text
            tender_mode text
            wake_on date
            next_step text
            last_activity_on date
            probability number 0..1
            forecast_category text"""), _columns("""
            amount_base money
            segment text
            ownership text
            industry text
            region text
            team text""")),
        Table("account", "state", ("account_id",), _columns("""
            account_id text *
            name text
            uscc text
            segment text
            ownership text
            industry text
            region text
            parent_id text
            tier text
            owner_id text
            annual_revenue number 0..
            employees number 0..
            is_target flag""")),
        Table("owner", "state", ("owner_id",), _columns("""
            owner_id text *
            name text
            team text
            manager_id text
            region text
            role text
            is_active flag""")),
        Table("department", "state", ("account_id", "department"), _columns("""
            account_id text *
            department text *
            weight number 0..
            target_contacts integer 0..""")),
        Table("contact", "state", ("contact_id",), _columns("""
            contact_id text *
            account_id text *
            department text
            title text
            importance integer 1..5
            orientation text
            status integer -2..2
            first_contact_on date
            name text""")),
        Table("opportunity_contact", "state", ("opportunity_id", "contact_id"), _columns("""
            opportunity_id text *
            contact_id text *
            decision_role text
            status integer -2..2
            solution_accept number 0..100
            price_accept number 0..100""")),
        Table("stage_change", "event", ("opportunity_id", "changed_at", "to_stage"), _columns("""
            opportunity_id text *
            changed_at instant *
            to_stage text *
            from_stage text
            changed_by text"""), _columns("""
            pipeline text
            is_date_only flag
            file_order integer""")),
        Table("activity", "event", ("activity_id",), _columns("""
            activity_id text *
            occurred_at instant *
            kind text *
            account_id text
            opportunity_id text
            contact_id text
            owner_id text
            minutes number 0..
            direction text
            is_valid flag""")),
        Table("assessment", "event", ("opportunity_id", "week", "party"), _columns("""
            opportunity_id text *
            week date *
            party text *
            need_fit number 0..100
            closeness number 0..100
            assessor text
            source_count integer 0..""")),
        Table("checklist", "event", ("opportunity_id", "assessed_on", "kind", "item"), _columns("""
            opportunity_id text *
            assessed_on date *
            kind text * in necessary_condition|control_point|questionnaire
            item text *
            value number 0..1
            evidence text""")),
        Table("support_request", "event", ("request_id",), _columns("""
            request_id text *
            opportunity_id text
            team text
            kind text
            requested_at instant *
            assigned_at instant
            first_response_at instant
            done_at instant
            hours number 0..
            cost money 0..""")),
        Table("target", "event", ("period", "owner_id", "team", "segment"), _columns("""
            period text *
            owner_id text
            team text
            segment text
            amount money *
            currency text""")),
        Table("cost", "event", ("period", "owner_id", "team", "segment", "kind"), _columns("""
            period text *
            owner_id text
            team text
            segment text
            kind text
            amount money *
            currency text""")),
        Table("standard", "event", ("metric", "segment", "stage", "year"), _columns("""
            metric text *
            segment text
            stage text
            value number *
            year integer
            source_url text
            definition text
            quality text in A|B|C""")),
        Table("relation", "event", ("from_contact", "to_contact", "kind", "opportunity_id", "valid_from"), _columns("""
            from_contact text *
            to_contact text *
            kind text * in report|influence|decision
            opportunity_id text
            strength number
            valid_from date
            valid_to date""")),
    )
}

EXIT_KINDS = ("advance", "skip", "regress", "won", "lost", "no_decision", "void", "deleted", "reopened")
TIME_SOURCES = ("history", "crm_field", "snapshot")

#: Marts: derived, rebuilt by `mvpod rebuild`. docs/architecture.md tells what each column means.
MARTS: dict[str, Table] = {
    table.name: table
    for table in (
        # What the snapshots say, without repetition: one row per opportunity and period in which nothing
        # that is tracked changed. `seen_until` is NULL for what stands in the latest snapshot.
        Table("snapshot_spell", "mart", ("opportunity_id", "seen_from"), _columns("""
            opportunity_id text *
            seen_before date
            seen_from date *
            seen_until date
            stage text
            status text
            stage_entered_on date
            created_on date
            closed_on date
            expected_close_on date
            amount money
            currency text
            amount_base money
            wake_on date
            loss_reason text
            probability number
            forecast_category text
            tender_mode text""") + _DIMENSION_COLUMNS),
        Table("stage_visit", "mart", ("opportunity_id", "visit_no"), _columns("""
            opportunity_id text *
            visit_no integer *
            stage_visit_no integer *
            stage text *
            stage_order integer *
            stage_kind text *
            entered_lo date
            entered_on date *
            entered_at instant
            is_entry_known flag *
            exited_lo date
            exited_on date
            exited_at instant
            exit_kind text
            next_stage text
            next_order integer
            passed_on date
            passed_at instant
            paused_days integer
            pauses spans
            time_source text *
            amount_base money""") + _DIMENSION_COLUMNS),
        Table("stage_reach", "mart", ("opportunity_id", "stage"), _columns("""
            opportunity_id text *
            stage text *
            stage_order integer *
            reached_on date *
            is_entry_known flag *
            is_skipped flag *
            is_in_order flag *
            passed_on date
            passed_in_order_on date
            regressed_on date
            closed_on date
            closed_kind text
            amount_base money""") + _DIMENSION_COLUMNS),
        Table("opportunity_state", "mart", ("opportunity_id", "valid_from"), _columns("""
            opportunity_id text *
            valid_from date *
            valid_to date
            status text *
            stage text *
            stage_order integer *
            stage_entered_on date
            last_open_stage text
            highest_order integer
            created_on date
            closed_on date
            expected_close_on date
            amount money
            currency text
            amount_base money
            wake_on date
            loss_reason text
            probability number
            forecast_category text""") + _DIMENSION_COLUMNS),
        Table("opportunity_change", "mart", ("opportunity_id", "changed_on", "field"), _columns("""
            opportunity_id text *
            field text *
            old_value text
            new_value text
            changed_lo date
            changed_on date *""") + _DIMENSION_COLUMNS),
        Table("opportunity_week", "mart", ("opportunity_id", "week"), _columns("""
            opportunity_id text *
            week date *
            as_of_on date *
            status text *
            stage text *
            stage_order integer *
            amount_base money
            probability number
            assessed_week date *
            weeks_since integer *
            is_stale flag *
            assessor text
            source_count integer
            rival_count integer *
            rival_1 text
            rival_2 text
            others text
            need_us number *
            closeness_us number *
            need_1 number
            closeness_1 number
            need_2 number
            closeness_2 number
            need_others number
            closeness_others number
            is_phantom flag *
            is_single_source flag *
            conditions integer
            g number
            p_us number *
            p number *
            p_1 number
            p_2 number
            p_others number
            delta_us number
            delta number
            is_leading flag
            is_new_rival flag *
            new_rival text""") + _DIMENSION_COLUMNS),
        Table("account_week", "mart", ("account_id", "week"), _columns("""
            week date *
            as_of_on date *
            closeness number
            depth number
            breadth number
            transparency number
            trust_share number
            knowledge_share number
            person_dependence number
            holder_id text
            has_org_map flag *
            is_short_history flag *
            n_departments integer *
            n_covered integer *
            n_contacts integer *
            n_reached integer *
            n_key integer *
            n_key_trust integer *
            n_unknown_status integer *
            n_opponents integer *
            contact_closeness number
            last_touch_on date
            n_touches integer *
            status_drop integer
            status_drop_contact text""") + _DIMENSION_COLUMNS),
    )
}
