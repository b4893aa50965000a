"""A company in which everything that one team may not see carries a mark, and a search for the mark in answers.

The sample company, seen by the team MINE. An opportunity is inside if it ever was theirs, an account if one of them
owns it or an inside opportunity is on it. All texts and ids of other rows begin with CANARY. A dozen of their
opportunities are handed to another team at last; from then on these carry the mark as well, and HANDED_AMOUNT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from data import demo
from data.engine import Company, open_company
from data.intake.importing import import_tables
from data.scope import Scope

CANARY = "CANARY"
MINE = "大客户东区 KA East"
SCOPE = Scope.of(team=[MINE])
HANDED_AMOUNT = 987654321

#: Which rows of a table are outside, and the texts that they hold; what is handed over is in `deal_outside`.
_OUTSIDE = {
    "opportunity": ("deal_outside", "name partner_id product_line lead_source loss_reason main_competitor next_step"
                                    " region industry ownership"),
    "account": ("account_outside", "name industry region ownership tier"),
    "owner": ("owner_id NOT IN (FROM near)", "name region"),
    "department": ("account_outside", "department"),
    "contact": ("account_outside", "department title name"),
    "activity": ("deal_outside AND account_outside", "activity_id kind"),
    "assessment": ("deal_outside AND party <> 'us'", "party"),
    "checklist": ("deal_outside", "item evidence"),
    "support_request": ("deal_outside", "request_id team kind"),
}
_DAY = {"opportunity": "snapshot_date", "activity": "occurred_at", "assessment": "week", "checklist": "assessed_on",
        "support_request": "requested_at"}
_IDS = {"opportunity_id": "deal", "account_id": "firm", "parent_id": "firm", "contact_id": "person",
        "from_contact": "person", "to_contact": "person", "owner_id": "near", "manager_id": "near", "assessor": "near",
        "changed_by": "near"}


def tables(*, handed: bool = False, only_inside: bool = False) -> dict[str, pa.Table]:
    """The tables of the company. `handed`: with the handing over; `only_inside`: what is outside was never there."""
    given = demo.build(accounts=80, opportunities=400, weeks=60)
    con = duckdb.connect()
    for name, table in given.items():
        con.register(name, table)
    con.execute(f"""
        CREATE TABLE team AS SELECT DISTINCT owner_id FROM owner WHERE team = '{MINE}';
        CREATE TABLE deal AS SELECT DISTINCT opportunity_id FROM opportunity WHERE team = '{MINE}';
        CREATE TABLE firm AS SELECT account_id FROM opportunity WHERE opportunity_id IN (FROM deal)
            AND account_id IS NOT NULL UNION SELECT account_id FROM account WHERE owner_id IN (FROM team);
        CREATE TABLE person AS SELECT DISTINCT contact_id FROM contact WHERE account_id IN (FROM firm);
        CREATE TABLE near AS FROM team UNION SELECT owner_id FROM account WHERE account_id IN (FROM firm)
            UNION SELECT owner_id FROM activity WHERE account_id IN (FROM firm) OR opportunity_id IN (FROM deal)
            UNION SELECT owner_id FROM opportunity WHERE opportunity_id IN (FROM deal)
            UNION SELECT assessor FROM assessment WHERE opportunity_id IN (FROM deal);
        DELETE FROM near WHERE owner_id IS NULL;
        CREATE TABLE handed AS SELECT opportunity_id,
            DATE '{demo.END}' - (7 * (1 + row_number() OVER (ORDER BY opportunity_id)))::INTEGER AS day
            FROM opportunity WHERE {handed} AND status = 'open' AND snapshot_date = DATE '{demo.END}'
            AND opportunity_id IN (FROM deal) ORDER BY opportunity_id LIMIT 12""")
    return {name: con.sql(_rewritten(name, table, only_inside)).to_arrow_table().cast(table.schema)
            for name, table in given.items()}


def _rewritten(name: str, table: pa.Table, only_inside: bool) -> str:
    columns = set(table.column_names)
    gone = f"EXISTS (FROM handed h WHERE h.opportunity_id = t.opportunity_id AND {_DAY[name]}::DATE >= day)" \
        if name in _DAY else "false"
    deal = f"(coalesce(opportunity_id NOT IN (FROM deal), true) OR {gone})" if "opportunity_id" in columns else "true"
    firm = "coalesce(account_id NOT IN (FROM firm), true)" if "account_id" in columns else "true"
    outside, texts = _OUTSIDE.get(name, ("false", ""))
    outside = outside.replace("deal_outside", deal).replace("account_outside", firm)
    new = {c: f"CASE WHEN {outside} THEN '{CANARY} ' || {c} ELSE {c} END" for c in texts.split()}
    for column, inside in _IDS.items():
        if column in columns:
            new[column] = f"CASE WHEN {column} NOT IN (FROM {inside}) THEN '{CANARY}-' || {column} ELSE {column} END"
    if "team" in columns and name != "support_request":
        new["team"] = f"CASE WHEN team <> '{MINE}' THEN '{CANARY} ' || team ELSE team END"
    if name == "opportunity":
        new["owner_id"] = f"CASE WHEN {gone} THEN '{CANARY}-H' ELSE {new['owner_id']} END"
        new["team"] = f"CASE WHEN {gone} THEN '{CANARY} H' ELSE {new['team']} END"
        new["amount"] = new["amount_base"] = f"CASE WHEN {gone} THEN {HANDED_AMOUNT} ELSE amount END"
        new["extra"] = f"CASE WHEN {outside} THEN '{{\"strategy\": \"{CANARY}\"}}' ELSE extra END"
    if only_inside and {"activity": 1, "relation": 1}.get(name):
        new["opportunity_id"] = "CASE WHEN opportunity_id IN (FROM deal) THEN opportunity_id END"
    replaced = ", ".join(f"{v} AS {k}" for k, v in new.items())
    sql = f"SELECT * REPLACE ({replaced}) FROM {name} t" if new else f"FROM {name} t"
    if name == "opportunity_contact":  # whom an outside deal knows at an inside account is known of the account
        sql += " WHERE opportunity_id IN (FROM deal) OR contact_id NOT IN (FROM person)"
    elif name == "owner":
        sql += f""" UNION ALL BY NAME SELECT '{CANARY}-H' AS owner_id, '{CANARY} H' AS name, '{CANARY} H' AS team,
            true AS is_active, snapshot_date FROM (SELECT DISTINCT snapshot_date FROM owner) WHERE {not only_inside}"""
    if not only_inside:
        return sql
    inside = {"opportunity": f"NOT {outside}", "account": f"NOT {firm}", "owner": "owner_id IN (FROM near)",
              "department": f"NOT {firm}", "contact": f"NOT {firm}", "activity": f"NOT ({outside})",
              "target": f"team = '{MINE}'", "cost": f"team = '{MINE}'", "standard": "true",
              "relation": "from_contact IN (FROM person) AND to_contact IN (FROM person)"}.get(name, f"NOT {deal}")
    return f"SELECT * FROM ({sql}) t WHERE {inside.replace('t.', '')}"


def company(path: Path, **how: bool) -> Company:
    """The company in a store at `path`, opened."""
    import_tables(path, tables(**how), settings=demo.demo_settings(), sources=["canary"], profile=demo.PROFILE,
                  as_of=demo.END)
    return open_company(path)


def words(value: Any) -> Iterator[str]:
    """Everything that can be read in an answer: cells, names of columns, keys, attributes."""
    if isinstance(value, pd.DataFrame):
        yield value.to_csv()
        yield from words(value.attrs)
        for column in value.columns:  # cells that are tables or lists themselves
            if value[column].dtype == object:
                yield from words(list(value[column]))
    elif is_dataclass(value):
        yield from words({part.name: getattr(value, part.name) for part in fields(value)})
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from words(key)
            yield from words(part)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for part in value:
            yield from words(part)
    else:
        yield repr(value)


def leaks(value: Any) -> list[str]:
    """Where the mark, or an amount of what was handed over, stands: the lines that hold it."""
    found = (CANARY, str(HANDED_AMOUNT))
    return [line[:200] for text in words(value) for line in text.splitlines() if any(f in line for f in found)]
