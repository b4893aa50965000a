"""The weekly exports: every opportunity as the CRM shows it on each snapshot date, closed ones included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.contracts import STATUSES
from data.demo import columns as c
from data.demo import words as w
from data.demo.changes import Changes
from data.demo.company import SEGMENTS, Accounts, Sellers, account_ids, company_names, owner_ids
from data.demo.deals import STAGES, Deals
from data.demo.paths import CLOSING_KEYS, LOST, NO_DECISION, OPEN_STAGES, VOID, WON, Paths
from data.demo.plan import Flags, Ints, Plan
from data.settings import Settings

NO_AMOUNT, NO_AMOUNT_YET, NO_ACCOUNT, NO_EXPECTED, NO_CLOSED, NO_NEXT_STEP = 0.02, 0.12, 0.012, 0.02, 0.004, 0.25
DELETED, AWAY = 0.002, 0.0005
GRADES = ("C", "B", "A", "S")
GRADE_FROM = (0.5e6, 3e6, 10e6)
GRADE_MISSING, GRADE_BY_HAND = 0.15, 0.08
FORECAST = ("pipeline", "best_case", "commit", "closed", "omitted")
KEYS = [[*stages, *[""] * (WON - len(stages)), *CLOSING_KEYS] for stages in STAGES]


@dataclass(frozen=True)
class Life:
    """Everything that changes about the deals, in time."""

    paths: Paths
    amount: Changes
    owner: Changes
    rival: Changes
    expected: Changes
    activity_deal: Ints
    activity_day: Ints


@dataclass(frozen=True)
class _Rows:
    """The rows of the table: which deal, on which snapshot date, and which visit it is in."""

    deal: Ints
    snap: Ints
    visit: Ints


def deal_ids(deals: Deals) -> pa.Array:
    """Ids of the opportunities."""
    return c.ids("O", deals.count, 6)


def stage_words() -> pa.Array:
    """Stage keys by pipeline * 11 + stage."""
    return pa.array([key for keys in KEYS for key in keys], pa.string())


def opportunity_table(
    plan: Plan, deals: Deals, life: Life, accounts: Accounts, sellers: Sellers, settings: Settings
) -> pa.Table:
    """Table `opportunity`, in order of (snapshot date, id)."""
    rng = plan.rng("snapshots")
    rows = _rows(plan, rng, deals, life.paths)
    blanks = {
        name: rng.random(deals.count) < share
        for name, share in (
            ("amount", NO_AMOUNT),
            ("amount_yet", NO_AMOUNT_YET),
            ("account", NO_ACCOUNT),
            ("expected", NO_EXPECTED),
            ("closed", NO_CLOSED),
            ("step", NO_NEXT_STEP),
        )
    }
    columns = _fixed(rng, deals, accounts, rows, blanks["account"])
    columns |= _stage(deals, life.paths, rows, blanks["closed"], settings)
    columns |= _money(
        rng, deals, life, rows, blanks["amount"], blanks["amount_yet"], settings.organisation.rates["USD"]
    )
    columns |= _people(rng, deals, life, accounts, sellers, rows, blanks["account"])
    columns |= _expectations(rng, deals, life, rows, blanks["expected"], blanks["step"])
    return c.table("opportunity", columns | {"snapshot_date": c.dates(rows.snap)})


def _rows(plan: Plan, rng: np.random.Generator, deals: Deals, paths: Paths) -> _Rows:
    first = np.searchsorted(plan.snapshots, deals.created)
    until = np.full(deals.count, len(plan.snapshots))
    gone = rng.random(deals.count) < DELETED
    until[gone] = np.minimum(until[gone], first[gone] + rng.integers(3, 30, int(gone.sum())))
    deal, place = c.expand(np.maximum(0, until - first))
    week = first[deal] + place
    away = (rng.random(deals.count) < AWAY)[deal] & (place >= 5) & (place < 9)  # missing from the export, and back
    order = np.lexsort((deal, week))
    order = order[~away[order]]
    deal, snap = deal[order], plan.snapshots[week[order]]
    return _Rows(deal, snap, c.latest(paths.deal, paths.day, deal, snap))


def _fixed(
    rng: np.random.Generator, deals: Deals, accounts: Accounts, rows: _Rows, no_account: Flags
) -> dict[str, pa.Array]:
    """What never changes: one value per deal, taken for each row."""
    n = deals.count
    account = np.where(no_account, -1, deals.account)
    companies = [name.split(" ", 1)[0] for name in company_names(accounts)]
    names = [
        f"{companies[who]} {w.PRODUCT_LINES[line]}"
        for who, line in zip(deals.account.tolist(), deals.product_line.tolist(), strict=True)
    ]
    partner = np.where(deals.mode == 0, -1, rng.integers(0, 20, n))
    known = np.where(no_account, 0, deals.account)

    def of_account(words: Sequence[str], codes: Ints) -> pa.Array:
        return c.texts(words, np.where(no_account, -1, codes[known]))

    per_deal = {
        "opportunity_id": deal_ids(deals),
        "account_id": c.texts(account_ids(accounts), account),
        "name": pa.array(names),
        "pipeline": c.texts(("ka", "smb"), deals.pipeline),
        "type": c.texts(w.TYPES, deals.type),
        "currency": c.texts(("CNY", "USD"), deals.is_usd.astype(np.int64)),
        "created_on": c.dates(deals.created),
        "sales_mode": c.texts(w.MODES, deals.mode),
        "partner_id": c.texts(c.ids("P", 20, 2), partner),
        "product_line": c.texts(w.PRODUCT_LINES, deals.product_line),
        "lead_source": c.texts(w.LEAD_SOURCES, deals.lead_source),
        "tender_mode": c.texts(w.TENDER_MODES, deals.tender),
        "ownership": of_account(w.OWNERSHIPS, accounts.ownership),
        "industry": of_account(w.INDUSTRIES, accounts.industry),
    }
    taken = pa.array(rows.deal)
    return {name: values.take(taken) for name, values in per_deal.items()}


def _stage(deals: Deals, paths: Paths, rows: _Rows, no_closed: Flags, settings: Settings) -> dict[str, pa.Array]:
    stage, since, pipeline = paths.stage[rows.visit], paths.day[rows.visit], deals.pipeline[rows.deal]
    code = pipeline * len(KEYS[0]) + stage
    probability = np.array(
        [_probability(settings, pipe, key) for pipe, keys in zip(("ka", "smb"), KEYS, strict=True) for key in keys]
    )
    status, wake = _status(paths, rows, stage)
    closed = stage >= WON
    category = np.where(stage == WON, 3, np.where(closed, 4, np.minimum(2, stage * 3 // OPEN_STAGES[pipeline])))
    return {
        "stage": c.texts(stage_words(), code),
        "status": c.texts(STATUSES, status),
        "stage_entered_on": c.dates(since),
        "closed_on": c.dates(since, ~closed | no_closed[rows.deal]),
        "wake_on": c.dates(wake, wake < 0),
        "probability": c.numbers(probability[code]),
        "forecast_category": c.texts(FORECAST, category),
        "loss_reason": _loss_reason(paths, rows, stage),
    }


def _probability(settings: Settings, pipeline: str, stage: str) -> float:
    found = [s.probability for s in settings.pipeline(pipeline).stages if s.key == stage]
    return float(found[0] or 0) if found else 0.0


def _status(paths: Paths, rows: _Rows, stage: Ints) -> tuple[Ints, Ints]:
    """Index into STATUSES, and the day on which a future deal is to be taken up again (-1: none)."""
    closing = {WON: "won", LOST: "lost", NO_DECISION: "no_decision", VOID: "void"}
    status = np.zeros(len(stage), np.int64)
    for code, name in closing.items():
        status[stage == code] = STATUSES.index(name)
    order = np.lexsort((paths.pause_start, paths.pause_deal))
    owner, start = paths.pause_deal[order], paths.pause_start[order]
    found = c.latest(owner, start, rows.deal, rows.snap)
    pause = order[np.maximum(found, 0)]
    resting = (found >= 0) & (rows.snap < paths.pause_end[pause]) & (stage < WON)
    future = resting & paths.pause_is_future[pause]
    status[resting] = STATUSES.index("paused")
    status[future] = STATUSES.index("future")
    return status, np.where(future, paths.pause_end[pause], -1)


def _loss_reason(paths: Paths, rows: _Rows, stage: Ints) -> pa.Array:
    """A reason per closed deal that fits how it ended."""
    mixed = (paths.deal[rows.visit] * 7919) % 10  # the same reason in every week, without another stream
    lost = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, 4])[mixed]
    undecided = np.array([3, 3, 3, 3, 3, 4, 4, 4, 4, -1])[mixed]
    return c.texts(
        w.LOSS_REASONS, np.select([stage == LOST, stage == NO_DECISION, stage == VOID], [lost, undecided, 5], -1)
    )


def _money(
    rng: np.random.Generator, deals: Deals, life: Life, rows: _Rows, never: Flags, not_yet: Flags, rate: float
) -> dict[str, pa.Array]:
    amount = life.amount.at(rows.deal, rows.snap)
    stage = life.paths.stage[rows.visit]
    missing = never[rows.deal] | (not_yet[rows.deal] & (stage < 2))
    base = np.where(deals.is_usd[rows.deal], amount * rate, amount)
    first = np.where(deals.is_usd, deals.amount * rate, deals.amount)
    by_hand = np.where(rng.random(deals.count) < GRADE_BY_HAND, rng.choice((-1, 1), deals.count), 0)
    grade = np.clip(np.searchsorted(GRADE_FROM, first, side="right") + by_hand, 0, len(GRADES) - 1)
    grade = np.where(rng.random(deals.count) < GRADE_MISSING, -1, grade)
    return {
        "amount": c.money(amount, missing),
        "amount_base": c.money(base, missing),
        "grade": c.texts(GRADES, grade[rows.deal]),
    }


def _people(
    rng: np.random.Generator,
    deals: Deals,
    life: Life,
    accounts: Accounts,
    sellers: Sellers,
    rows: _Rows,
    no_account: Flags,
) -> dict[str, pa.Array]:
    owner = np.asarray(life.owner.at(rows.deal, rows.snap), np.int64)
    account, unknown = deals.account[rows.deal], no_account[rows.deal]
    segment = np.where(unknown, -1, accounts.segment_at(account, rows.snap))
    region = np.where(unknown, sellers.region[owner], accounts.region[account])
    known_late = life.paths.day[rows.visit] - deals.created[rows.deal] < 10
    rival = np.where(known_late & (life.paths.stage[rows.visit] == 0), -1, life.rival.at(rows.deal, rows.snap))
    return {
        "owner_id": c.texts(owner_ids(sellers), owner),
        "team": c.texts([x.name for x in w.TEAMS], sellers.team[owner]),
        "segment": c.texts(SEGMENTS, segment),
        "region": c.texts(w.REGIONS, region),
        "main_competitor": c.texts(w.RIVALS, np.asarray(rival, np.int64)),
    }


def _expectations(
    rng: np.random.Generator, deals: Deals, life: Life, rows: _Rows, no_date: Flags, no_step: Flags
) -> dict[str, pa.Array]:
    expected = np.asarray(life.expected.at(rows.deal, rows.snap), np.int64)
    found = c.latest(life.activity_deal, life.activity_day, rows.deal, rows.snap)
    active = life.activity_day[np.maximum(found, 0)]
    closed = life.paths.stage[rows.visit] >= WON
    step = np.where(closed | no_step[rows.deal], -1, (rows.deal + life.paths.stage[rows.visit]) % len(w.NEXT_STEPS))
    return {
        "expected_close_on": c.dates(expected, no_date[rows.deal]),
        "last_activity_on": c.dates(active, found < 0),
        "next_step": c.texts(w.NEXT_STEPS, step),
    }
