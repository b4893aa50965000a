"""Departments and contacts of the accounts, how they stand to us, who knows them, and who decides in which deal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import truths as t
from data.demo import words as w
from data.demo.company import KA, Accounts, Sellers, account_ids
from data.demo.deals import Deals
from data.demo.paths import WON, Paths
from data.demo.plan import Flags, Floats, Ints, Plan
from data.demo.snapshots import deal_ids

MOODS = 3  # changes of a contact's attitude in three years, at most
UNKNOWN_STATUS, UNKNOWN_ORIENTATION, UNKNOWN_ROLE = 0.10, 0.25, 0.08
KEPT_AFTER_CLOSE = 60


@dataclass(frozen=True)
class Departments:
    """One entry per department of an account, in order of account."""

    account: Ints
    kind: Ints


@dataclass(frozen=True)
class People:
    """One entry per contact, in order of account. `start` and `size` give the contacts of each account."""

    account: Ints
    department: Ints  # kind
    importance: Ints
    title: Ints
    met: Ints  # day of the first contact
    handler: Ints  # the seller who knows this person
    start: Ints
    size: Ints
    mood: Ints  # attitude at first, -2..2
    mood_days: Ints  # contact x MOODS: days of change
    mood_steps: Ints  # contact x MOODS: by how much

    @property
    def count(self) -> int:
        return len(self.account)

    def status(self, contacts: Ints, days: Ints) -> Ints:
        """Attitude of each contact on each day, -2..2."""
        value = self.mood[contacts]
        for k in range(self.mood_days.shape[1]):
            value = value + np.where(self.mood_days[contacts, k] <= days, self.mood_steps[contacts, k], 0)
        return np.clip(value, -2, 2)


@dataclass(frozen=True)
class Buyers:
    """Who takes part in which deal: one entry per deal and contact, in order of deal."""

    deal: Ints
    contact: Ints
    place: Ints  # position in the decision chain
    start: Ints
    size: Ints


def organise(plan: Plan, accounts: Accounts) -> Departments:
    """Three to five departments in a key account, one or two in a small one."""
    rng = plan.rng("departments")
    large = accounts.segment == KA
    count = np.where(large, rng.integers(3, 6, accounts.count), rng.integers(1, 3, accounts.count))
    account, place = c.expand(count)
    small_kinds = np.where(place == 0, 0, 2)  # management, then purchasing
    return Departments(account, np.where(large[account], place, small_kinds))


def meet(plan: Plan, accounts: Accounts, sellers: Sellers, departments: Departments) -> People:
    """The contacts of all departments."""
    rng = plan.rng("contacts")
    large = accounts.segment[departments.account] == KA
    size = np.where(large, rng.integers(1, 4, len(large)), rng.integers(1, 3, len(large)))
    row, place = c.expand(size)
    account, kind = departments.account[row], departments.kind[row]
    n = len(row)
    importance = np.clip(5 - place - np.where(kind == 0, 0, 1) - rng.integers(0, 2, n), 1, 5)
    met = np.where(rng.random(n) < 0.6, plan.first - rng.integers(30, 900, n), plan.first + rng.integers(0, 900, n))
    mood = np.clip(np.round(0.35 + 0.75 * accounts.strength[account] + rng.normal(0, 0.7, n)), -2, 2).astype(np.int64)
    days = rng.integers(plan.first, plan.last + 400, (n, MOODS))  # some changes lie beyond the end and never come
    steps = rng.choice((-1, 1), (n, MOODS), p=(0.48, 0.52))
    handler = _handlers(rng, accounts, sellers, account)
    days, steps = _disappointed(rng, sellers, handler, days, steps)
    start = np.searchsorted(account, np.arange(accounts.count))
    return People(
        account,
        kind,
        importance,
        np.minimum(place + np.where(kind == 0, 0, 1), 4),
        met,
        handler,
        start,
        np.bincount(account, minlength=accounts.count),
        mood,
        days,
        steps,
    )


def _handlers(rng: np.random.Generator, accounts: Accounts, sellers: Sellers, account: Ints) -> Ints:
    """The account's owner knows about half of the contacts himself, colleagues of his team the others (truth 3)."""
    owner = accounts.owner[account]
    share = np.where(owner == sellers.leaver, t.LEAVER_HOLDS, t.OTHERS_HOLD)
    team = sellers.team[owner]
    size = np.array([x.sellers for x in w.TEAMS])[team]
    place = owner - sellers.start[team]
    colleague = sellers.start[team] + (place + 1 + rng.integers(0, 99, len(owner)) % (size - 1)) % size
    colleague = np.where((colleague == sellers.leaver) & (owner != sellers.leaver), owner, colleague)
    return np.where(rng.random(len(owner)) < share, owner, colleague)


def _disappointed(
    rng: np.random.Generator, sellers: Sellers, handler: Ints, days: Ints, steps: Ints
) -> tuple[Ints, Ints]:
    """The people whom the leaver knew cool down after he has gone: one level soon, most of them another one later."""
    left = handler == sellers.leaver
    n = int(left.sum())
    days, steps = days.copy(), steps.copy()
    days[left, 0], steps[left, 0] = t.LEFT_ON + rng.integers(15, 60, n), -1
    days[left, 1], steps[left, 1] = t.LEFT_ON + rng.integers(70, 150, n), -(rng.random(n) < 0.7).astype(np.int64)
    return days, steps


def met_in_deals(people: People, deals: Deals, buyers: Buyers) -> People:
    """Nobody takes part in a deal before we have met: the first contact is then the deal's first day."""
    met = people.met.copy()
    np.minimum.at(met, buyers.contact, deals.created[buyers.deal])
    return replace(people, met=met)


def introduce(plan: Plan, deals: Deals, people: People, sellers: Sellers) -> Buyers:
    """The contacts of the account who take part in each deal; in the team of truth 9 only one."""
    rng = plan.rng("buyers")
    n = deals.count
    wanted = np.where(deals.pipeline == KA, rng.integers(3, 6, n), rng.integers(2, 4, n))
    wanted = np.where(sellers.team[deals.owner] == t.SINGLE_TEAM, 1, wanted)
    size = np.minimum(wanted, people.size[deals.account])
    deal, place = c.expand(size)
    offset = rng.integers(0, 99, n)[deal]
    contact = people.start[deals.account[deal]] + (offset + place) % people.size[deals.account[deal]]
    return Buyers(deal, contact, place, np.cumsum(size) - size, size)


def department_table(plan: Plan, accounts: Accounts, departments: Departments) -> pa.Table:
    """Table `department`: it does not change, so it stands in the first and in the quarterly snapshots."""
    n = len(departments.account)
    row, snap = np.tile(np.arange(n), len(plan.quarterly)), np.repeat(plan.quarterly, n)
    large = accounts.segment[departments.account] == KA
    target = np.where(large, np.where(departments.kind < 3, 3, 2), 1)
    return c.table(
        "department",
        {
            "account_id": c.texts(account_ids(accounts), departments.account[row]),
            "department": c.texts(w.DEPARTMENTS, departments.kind[row]),
            "weight": c.numbers(np.array(w.DEPARTMENT_WEIGHTS)[departments.kind[row]]),
            "target_contacts": c.integers(target[row]),
            "snapshot_date": c.dates(snap),
        },
    )


def contact_table(plan: Plan, accounts: Accounts, people: People) -> pa.Table:
    """Table `contact`, monthly: a contact appears when we have met, and its attitude changes in time."""
    rng = plan.rng("contact details")
    n = people.count
    snap, row = np.repeat(plan.monthly, n), np.tile(np.arange(n), len(plan.monthly))
    seen = people.met[row] <= snap
    snap, row = snap[seen], row[seen]
    unknown = rng.random(n) < UNKNOWN_STATUS
    status = people.status(row, snap)
    orientation = np.where(rng.random(n) < UNKNOWN_ORIENTATION, -1, rng.integers(0, len(w.ORIENTATIONS), n))
    names = [f"联系人 Contact {number:05d}" for number in range(1, n + 1)]
    return c.table(
        "contact",
        {
            "contact_id": contact_ids(people).take(pa.array(row)),
            "account_id": c.texts(account_ids(accounts), people.account[row]),
            "department": c.texts(w.DEPARTMENTS, people.department[row]),
            "title": c.texts(w.TITLES, people.title[row]),
            "importance": c.integers(people.importance[row]),
            "orientation": c.texts(w.ORIENTATIONS, orientation[row]),
            "status": c.integers(status, unknown[row]),
            "first_contact_on": c.dates(people.met[row]),
            "name": c.texts(names, row),
            "snapshot_date": c.dates(snap),
        },
    )


def contact_ids(people: People) -> pa.Array:
    """Ids of the contacts."""
    return c.ids("C", people.count, 5)


def opportunity_contact_table(plan: Plan, deals: Deals, paths: Paths, people: People, buyers: Buyers) -> pa.Table:
    """Table `opportunity_contact`, monthly, while a deal is open and for two months after it has closed."""
    rng = plan.rng("buyer details")
    n = len(buyers.deal)
    closed = paths.closed_on()
    snap, row = np.repeat(plan.monthly, n), np.tile(np.arange(n), len(plan.monthly))
    seen = (deals.created[buyers.deal[row]] <= snap) & (closed[buyers.deal[row]] + KEPT_AFTER_CLOSE >= snap)
    snap, row = snap[seen], row[seen]
    deal, contact = buyers.deal[row], buyers.contact[row]
    outcome = _outcome(paths)[deal]
    late = snap > (deals.created[deal] + np.minimum(closed[deal], plan.last)) // 2
    quality = deals.quality[deal]
    status = np.round(
        0.5 * people.status(contact, snap)
        + 0.5 * quality
        + np.where(late, 0.5 * outcome, 0)
        + rng.normal(0, 0.5, n)[row]
    )
    roles = np.where(rng.random(n) < UNKNOWN_ROLE, -1, buyers.place % len(w.DECISION_ROLES))
    solution = np.clip(np.round(58 + 10 * quality + np.where(late, 6 * outcome, 0) + rng.normal(0, 9, n)[row]), 0, 100)
    price = np.clip(np.round(52 + 6 * quality + np.where(late, 4 * outcome, 0) + rng.normal(0, 10, n)[row]), 0, 100)
    unknown = rng.random(n) < UNKNOWN_STATUS
    return c.table(
        "opportunity_contact",
        {
            "opportunity_id": deal_ids(deals).take(pa.array(deal)),
            "contact_id": contact_ids(people).take(pa.array(contact)),
            "decision_role": c.texts(w.DECISION_ROLES, roles[row]),
            "status": c.integers(np.clip(status, -2, 2).astype(np.int64), unknown[row]),
            "solution_accept": c.numbers(solution, unknown[row]),
            "price_accept": c.numbers(price, unknown[row]),
            "snapshot_date": c.dates(snap),
        },
    )


def _outcome(paths: Paths) -> Floats:
    """+1 won, -1 ended otherwise, 0 open."""
    return np.where(paths.final == WON, 1.0, np.where(paths.final > WON, -1.0, 0.0))


def relation_table(plan: Plan, deals: Deals, people: People, buyers: Buyers) -> pa.Table:
    """Table `relation`: reporting and influence inside the key accounts, decision chains of their deals."""
    rng = plan.rng("relations")
    report_from, report_to = _reporting(people)
    count = len(report_from)
    influence = rng.random(count) < 0.45
    chain = np.flatnonzero((buyers.place > 0) & (deals.pipeline[buyers.deal] == KA))
    source = np.concatenate([report_from, report_to[influence], buyers.contact[chain]])
    target = np.concatenate([report_to, report_from[influence], buyers.contact[chain - buyers.place[chain]]])
    kinds = np.repeat([0, 1, 2], [count, int(influence.sum()), len(chain)])
    deal = np.where(kinds == 2, np.append(np.full(count + int(influence.sum()), -1), buyers.deal[chain]), -1)
    since = np.where(deal >= 0, deals.created[np.maximum(deal, 0)], people.met[source])
    ids = contact_ids(people)
    return c.table(
        "relation",
        {
            "from_contact": ids.take(pa.array(source)),
            "to_contact": ids.take(pa.array(target)),
            "kind": c.texts(("report", "influence", "decision"), kinds),
            "opportunity_id": c.texts(deal_ids(deals), deal),
            "strength": c.numbers(rng.integers(1, 4, len(source)).astype(float)),
            "valid_from": c.dates(since),
        },
    )


def _reporting(people: People) -> tuple[Ints, Ints]:
    """Everybody reports to the first of the own department, and that one to the first of the account."""
    row = np.arange(people.count)
    head = people.start[people.account]
    group = people.account * len(w.DEPARTMENTS) + people.department
    own = np.searchsorted(group, group)
    boss = np.where(own == row, head, own)
    mine = (boss != row) & _in_key_account(people)
    return row[mine], boss[mine]


def _in_key_account(people: People) -> Flags:
    return people.size[people.account] >= 5
