"""What a company of `benchmarks.company` has beside its opportunities: accounts and sellers, and for its key accounts
people, decision chains, weekly assessments with rivals, necessary conditions, activities and presales support.

Only the size and the shape are right, as there: about fifteen assessments, three answers and four activities per key
account opportunity; activities are of the last year.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa

from benchmarks.company import OUTCOMES, STAGES, TEXTS, Company, dates_at, numbered, texts_at
from data.contracts import TABLES
from data.settings import Settings

_CONDITIONS = ("budget_approved", "project_started", "need_confirmed")
_DEPARTMENTS = ["purchasing", "it", "production", "management"]
_ROLES = ["approver", "evaluator", "user"]
_PEOPLE = 6  # per key account
_RIVALS = 2  # beside us, per assessed week
_YEAR = 364


def state_tables(company: Company) -> dict[str, pa.Table]:
    """account, owner, department and contact, as one snapshot of the first day shows them."""
    accounts, owners = int(company.account.max()) + 1, int(company.owner.max()) + 1
    whose = np.unique(company.account, return_index=True)[1]  # one opportunity of each account
    sold = np.full(owners, 0)
    sold[company.owner] = np.arange(len(company.owner))
    key = np.flatnonzero(company.is_ka[whose])
    rng, person = np.random.default_rng(1), np.repeat(key, _PEOPLE)
    at = np.tile(np.arange(_PEOPLE), len(key))
    of = {name: texts_at(TEXTS[name], company.texts[name][whose]) for name in ("ownership", "industry", "region")}
    return {
        "account": _table("account", company, account_id=numbered("A", np.arange(accounts)), **of,
                          name=numbered("Account ", np.arange(accounts)), owner_id=numbered("S", company.owner[whose]),
                          segment=texts_at(["SMB", "KA"], company.is_ka[whose].astype(np.int64))),
        "owner": _table("owner", company, owner_id=numbered("S", np.arange(owners)),
                        name=numbered("Seller ", np.arange(owners)),
                        team=texts_at(TEXTS["team"], company.texts["team"][sold]),
                        is_active=pa.array(rng.random(owners) < 0.9)),
        "department": _table("department", company, account_id=numbered("A", np.repeat(key, len(_DEPARTMENTS))),
                             department=texts_at(_DEPARTMENTS, np.tile(np.arange(len(_DEPARTMENTS)), len(key))),
                             weight=pa.array(np.ones(len(key) * len(_DEPARTMENTS)))),
        "contact": _table("contact", company, contact_id=_contact(person, at), account_id=numbered("A", person),
                          department=texts_at(_DEPARTMENTS, at % len(_DEPARTMENTS)),
                          importance=pa.array(rng.integers(1, 6, len(at))),
                          status=pa.array(rng.integers(-1, 3, len(at)))),
    }


def chains(company: Company, day: int) -> pa.Table:
    """opportunity_contact on one day: three people of each key account opportunity that is open then."""
    is_open = (company.entered[:, 0] <= day) & (company.entered[:, STAGES] > day)
    rows = np.repeat(np.flatnonzero(company.is_ka & is_open), 3)
    at = np.tile(np.arange(3), len(rows) // 3)
    return _table("opportunity_contact", company, day, opportunity_id=_opportunity(company, rows),
                  contact_id=_contact(company.account[rows], at), decision_role=texts_at(_ROLES, at),
                  status=pa.array((rows + at) % 4 - 1))


def event_tables(company: Company) -> Iterator[tuple[str, pa.Table]]:
    """assessment, checklist, activity and support_request, as far as they had happened on the last day."""
    yield from (("assessment", _assessments(company)), ("checklist", _answers(company)),
                ("activity", _activities(company)), ("support_request", _requests(company)))


def stage_changes(company: Company, settings: Settings) -> pa.Table:
    """Every move as an event, for a company whose snapshots are too far apart to show them."""
    rows, place = np.nonzero(company.entered <= int(company.days[-1]))
    keys = [s.key for key in ("ka", "smb") for s in settings.pipeline(key).open_stages]
    open_place = np.where(company.is_ka[rows], place, 7 + np.minimum(place, 4))
    day = company.entered[rows, place]
    return _table("stage_change", company, opportunity_id=_opportunity(company, rows),
                  changed_at=_instants(company, day), is_date_only=pa.array(np.ones(len(rows), bool)),
                  to_stage=texts_at([*keys, *OUTCOMES],
                                    np.where(place == STAGES, 12 + company.outcome[rows], open_place)),
                  pipeline=texts_at(["smb", "ka"], company.is_ka[rows].astype(np.int64)),
                  file_order=pa.array(np.arange(len(rows))))


def _assessments(company: Company) -> pa.Table:
    """Every second week of an open key account opportunity (an assessment is carried on)."""
    last = int(company.days[-1])
    rows = np.flatnonzero(company.is_ka)
    first = company.entered[rows, 0] // 14 * 14 + 14
    count = np.maximum(0, (np.minimum(company.entered[rows, STAGES], last) - first) // 14 + 1) * (1 + _RIVALS)
    rows, since, begin = (np.repeat(of, count) for of in (rows, first, np.cumsum(count) - count))
    place = np.arange(len(rows)) - begin
    party = place % (1 + _RIVALS)
    monday = since + 14 * (place // (1 + _RIVALS)) - company.first_day.weekday()
    rng = np.random.default_rng(2)
    return _table("assessment", company, opportunity_id=_opportunity(company, rows),
                  week=dates_at(company, monday),
                  party=texts_at(["us", *TEXTS["main_competitor"]], np.where(party == 0, 0, 1 + (rows + party) % 6)),
                  need_fit=pa.array(rng.integers(20, 100, len(rows)).astype(float)),
                  closeness=pa.array(rng.integers(10, 100, len(rows)).astype(float)))


def _answers(company: Company) -> pa.Table:
    rows = np.repeat(_key_rows(company), len(_CONDITIONS))
    at = np.tile(np.arange(len(_CONDITIONS)), len(rows) // len(_CONDITIONS))
    return _table("checklist", company, opportunity_id=_opportunity(company, rows),
                  assessed_on=dates_at(company, company.entered[rows, 0]), item=texts_at(list(_CONDITIONS), at),
                  kind=texts_at(["necessary_condition"], np.zeros(len(rows), np.int64)),
                  value=pa.array(((rows + at) % 3) / 2))


def _activities(company: Company) -> pa.Table:
    last = int(company.days[-1])
    rows = np.repeat(_key_rows(company), 4)
    day = company.entered[rows, 0] + np.random.default_rng(3).integers(0, 90, len(rows))
    kept = (day > last - _YEAR) & (day <= last)
    rows, day, at = rows[kept], day[kept], np.arange(len(rows))[kept] % 4
    return _table("activity", company, activity_id=numbered("T", np.arange(len(rows))),
                  occurred_at=_instants(company, day), kind=texts_at(["visit", "call", "email"], at % 3),
                  account_id=numbered("A", company.account[rows]), contact_id=_contact(company.account[rows], at),
                  opportunity_id=_opportunity(company, rows),
                  owner_id=numbered("S", company.owner[rows]), is_valid=pa.array(np.ones(len(rows), bool)))


def _requests(company: Company) -> pa.Table:
    rows = _key_rows(company)[::2]
    day = company.entered[rows, 0].astype(np.int64) + 10
    rows, day = rows[day < company.days[-1] - 4], day[day < company.days[-1] - 4]
    return _table("support_request", company, request_id=numbered("Q", np.arange(len(rows))),
                  opportunity_id=_opportunity(company, rows), team=texts_at(["presales"], rows * 0),
                  kind=texts_at(["solution", "demo"], rows % 2), requested_at=_instants(company, day),
                  assigned_at=_instants(company, day + 1), first_response_at=_instants(company, day + 2),
                  done_at=_instants(company, day + 4), hours=pa.array((rows % 30).astype(float)),
                  cost=pa.array((rows % 30 * 100).astype(np.float64)).cast(pa.decimal128(18, 2)))


def _key_rows(company: Company) -> np.ndarray:
    return np.flatnonzero(company.is_ka & (company.entered[:, 0] <= company.days[-1]))


def _opportunity(company: Company, rows: np.ndarray) -> pa.Array:
    return company.words["opportunity_id"].take(pa.array(rows))


def _contact(account: np.ndarray, at: np.ndarray) -> pa.Array:
    return numbered("C", account.astype(np.int64) * _PEOPLE + at)


def _instants(company: Company, day: np.ndarray) -> pa.Array:
    zero = datetime.combine(company.first_day, time(2), UTC).timestamp()
    return pa.array(((zero + day.astype(np.int64) * 86_400) * 1_000_000).astype(np.int64), pa.int64()).cast(
        pa.timestamp("us", tz="UTC"))


def _table(name: str, company: Company, day: int = 0, /, **columns: pa.Array) -> pa.Table:
    """The columns in the stored schema of a canonical table; the rest is not known."""
    rows = len(next(iter(columns.values())))
    when: date = company.first_day + timedelta(days=day)
    columns["snapshot_date"] = pa.array([when], pa.date32()).take(pa.array(np.zeros(rows, np.int64)))
    schema = TABLES[name].schema()
    return pa.table([columns.get(f.name, pa.nulls(rows, f.type)).cast(f.type) for f in schema], schema=schema)
