"""What sellers do with customers: touches of the relationship, and work on the deals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import truths as t
from data.demo import words as w
from data.demo.changes import Changes
from data.demo.company import KA, Accounts, Sellers, account_ids, owner_ids
from data.demo.deals import Deals
from data.demo.paths import Paths
from data.demo.people import Buyers, People, contact_ids
from data.demo.plan import Flags, Ints, Plan, workday
from data.demo.snapshots import deal_ids

#: days between two touches by importance 1..5, times a factor per segment
CADENCE = np.array([0, 90, 65, 42, 30, 22])
SLOWER_SMB = 2.0
#: days between two activities on a deal, per pipeline; after so many days without progress only few follow
DEAL_EVERY = (13, 7)
BUSY_DAYS = (240, 75)
INVALID, INBOUND = 0.03, 0.25
KIND_SHARES = ((0.22, 0.08, 0.2, 0.3, 0.16, 0.04), (0.08, 0.03, 0.22, 0.42, 0.24, 0.01))
MINUTES = np.array([90, 180, 60, 20, 5, 240])


@dataclass(frozen=True)
class Activities:
    """In order of time. `deal` is -1 where the touch belongs to no deal."""

    day: Ints
    contact: Ints
    deal: Ints
    owner: Ints

    def of_deals(self) -> tuple[Ints, Ints]:
        """Deal and day of the activities that belong to a deal, in order of (deal, day)."""
        mine = np.flatnonzero(self.deal >= 0)
        order = mine[np.lexsort((self.day[mine], self.deal[mine]))]
        return self.deal[order], self.day[order]


def work(
    plan: Plan,
    deals: Deals,
    paths: Paths,
    owner: Changes,
    people: People,
    buyers: Buyers,
    accounts: Accounts,
    sellers: Sellers,
    after: Ints,
) -> Activities:
    """All activities between the first and the last snapshot."""
    rng = plan.rng("activities")
    parts = (_touches(plan, rng, people, accounts, sellers, after), _deal_work(plan, rng, deals, paths, owner, buyers))
    day, contact, deal, who = (np.concatenate(x) for x in zip(*parts, strict=True))
    keep = (day >= plan.first) & (day <= plan.last) & ~_silent(rng, people, sellers, day, contact)
    order = np.lexsort((contact, deal, day))
    order = order[keep[order]]
    return Activities(day[order], contact[order], deal[order], who[order])


def _touches(
    plan: Plan, rng: np.random.Generator, people: People, accounts: Accounts, sellers: Sellers, after: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Regular contact, more often with the more important; whoever took over calls after the leaver has gone."""
    span = plan.last - np.maximum(people.met, plan.first)
    cadence = CADENCE[people.importance] * np.where(accounts.segment[people.account] == KA, 1.0, SLOWER_SMB)
    cadence = cadence * np.exp(-0.35 * np.clip(accounts.strength[people.account], -2, 2))
    contact, _ = c.expand(rng.poisson(np.maximum(0, span) / cadence))
    day = workday(plan.last - (rng.random(len(contact)) * span[contact]).astype(np.int64))
    who = people.handler[contact]
    heir = after[people.account[contact]]
    heir = np.where(heir == sellers.leaver, sellers.leaver + 1, heir)
    who = np.where((who == sellers.leaver) & (day > t.LEFT_ON), heir, who)
    return day, contact, np.full(len(day), -1), who


def _deal_work(
    plan: Plan, rng: np.random.Generator, deals: Deals, paths: Paths, owner: Changes, buyers: Buyers
) -> tuple[Ints, Ints, Ints, Ints]:
    """Work on each deal from its creation until it closes, for as long as the seller still cares."""
    end = np.minimum(paths.closed_on(), plan.last)
    busy = np.minimum(end - deals.created, np.where(deals.pipeline == KA, *BUSY_DAYS))
    busy = np.where(deals.stalled, np.minimum(busy, t.STALLED_ACTIVE_DAYS), busy)
    deal, _ = c.expand(rng.poisson(busy / np.where(deals.pipeline == KA, *DEAL_EVERY)) + (busy > 3))
    day = workday(deals.created[deal] + (rng.random(len(deal)) * busy[deal]).astype(np.int64))
    day = np.minimum(day, end[deal])
    contact = buyers.contact[buyers.start[deal] + (rng.random(len(deal)) * buyers.size[deal]).astype(np.int64)]
    return day, contact, deal, np.asarray(owner.at(deal, day), np.int64)


def _silent(rng: np.random.Generator, people: People, sellers: Sellers, day: Ints, contact: Ints) -> Flags:
    """Truth 3: nobody calls on the leaver's people for a while, and few later."""
    known = people.handler[contact] == sellers.leaver
    since = day - t.LEFT_ON
    return known & (since > 0) & ((since <= t.SILENCE_DAYS) | (rng.random(len(day)) < 0.6))


def activity_table(
    plan: Plan, activities: Activities, deals: Deals, accounts: Accounts, sellers: Sellers, people: People
) -> pa.Table:
    """Table `activity`."""
    rng = plan.rng("activity details")
    n = len(activities.day)
    account = people.account[activities.contact]
    shares = np.cumsum(KIND_SHARES, axis=1)[np.where(accounts.segment[account] == KA, 0, 1)]
    kind = (rng.random(n)[:, None] > shares).sum(axis=1)
    kind = np.minimum(kind, len(w.ACTIVITY_KINDS) - 1)
    minutes = np.maximum(2, np.round(MINUTES[kind] * np.exp(rng.normal(0, 0.4, n))))
    return c.table(
        "activity",
        {
            "activity_id": c.ids("E", n, 7),
            "occurred_at": c.instants(activities.day, c.office_seconds(rng, n)),
            "kind": c.texts(w.ACTIVITY_KINDS, kind),
            "account_id": c.texts(account_ids(accounts), account),
            "opportunity_id": c.texts(deal_ids(deals), activities.deal),
            "contact_id": c.texts(contact_ids(people), activities.contact),
            "owner_id": c.texts(owner_ids(sellers), activities.owner),
            "minutes": c.numbers(minutes),
            "direction": c.texts(("outbound", "inbound"), (rng.random(n) < INBOUND).astype(np.int64)),
            "is_valid": c.flags(rng.random(n) >= INVALID),
        },
    )
