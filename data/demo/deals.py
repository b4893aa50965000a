"""What is fixed about an opportunity from the start: account, seller, product, mode, and how good its chances are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.demo import truths as t
from data.demo import words as w
from data.demo.company import KA, SMB, Accounts, Sellers
from data.demo.plan import Flags, Floats, Ints, Plan, workday

KA_DEALS = 0.45
#: created up to so many days before the first snapshot, so that the first one finds a pipeline that is in use
RUN_UP = (320, 120)
GROWTH_A_YEAR = 0.08
NO_RIVAL = 0.12
LINGERING = (0.24, 0.20)
STAGES = (
    ("lead_verified", "registered", "need_confirmed", "proposal", "tender_preparation", "bidding", "negotiation"),
    ("contact", "need", "quote", "negotiate", "signing"),
)


@dataclass(frozen=True)
class Deals:
    """One entry per opportunity, in order of creation. `pipeline` is KA or SMB, other codes index words."""

    created: Ints
    account: Ints
    pipeline: Ints
    owner: Ints  # at creation
    type: Ints
    mode: Ints
    product_line: Ints
    lead_source: Ints
    tender: Ints
    rival: Ints  # at creation
    taken: Flags  # the rival of truth 2 comes in, from its date on
    amount: Floats  # in its currency, at creation
    is_usd: Flags
    quality: Floats  # standard normal: how good the relationship and the fit are
    unconditioned: Flags
    lingering: Flags
    stops_at: Ints  # stage that the deal never leaves, -1 = none
    stalled: Flags

    @property
    def count(self) -> int:
        return len(self.created)


def draw(plan: Plan, sellers: Sellers, accounts: Accounts, owner_after: Ints) -> Deals:
    """The opportunities of the plan."""
    rng = plan.rng("deals")
    n = plan.opportunities
    created, account = _created_and_account(plan, rng, accounts, n)
    twins = _twin_deals(plan, rng, accounts, created, account)
    order = np.argsort(created, kind="stable")
    created, account, twins = created[order], account[order], twins[order]
    pipeline = accounts.segment_at(account, created)
    owner = _owner(rng, sellers, np.where(created > t.LEFT_ON, owner_after[account], accounts.owner[account]), twins)
    team = sellers.team[owner]
    stalled = np.zeros(n, bool)
    in_block = (team == t.STALLED_TEAM) & (pipeline == KA) & (created >= t.STALLED_FROM) & (created <= t.STALLED_UNTIL)
    stalled[np.flatnonzero(in_block & ~twins)[: t.STALLED_DEALS]] = True
    rank = _rank_within(account)
    kind = _type(rng, rank, twins)
    line = np.where(twins, t.TWIN_LINE, (account * 5 + rank) % len(w.PRODUCT_LINES))
    usd = (accounts.ownership[account] == w.OWNERSHIPS.index("foreign")) & (rng.random(n) < 0.3)
    amount = np.exp(rng.normal(np.where(pipeline == KA, 13.75, 11.7), np.where(pipeline == KA, 0.95, 0.75)))
    amount = np.where(kind == w.TYPES.index("renewal"), amount * 0.6, amount)
    rivals = rng.choice(len(w.RIVALS), n, p=(0.22, 0.24, 0.2, 0.18, 0.16))
    taken = (accounts.region[account] == t.RIVAL_REGION) & (rng.random(n) < t.RIVAL_SHARE)
    rival = np.where(rng.random(n) < NO_RIVAL, -1, rivals)
    return Deals(
        created=created,
        account=account,
        pipeline=pipeline,
        owner=owner,
        type=kind,
        mode=_mode(rng, team),
        product_line=line,
        lead_source=rng.choice(len(w.LEAD_SOURCES), n, p=(0.35, 0.15, 0.15, 0.2, 0.15)),
        tender=np.where(pipeline == KA, rng.choice(3, n, p=(0.5, 0.35, 0.15)), np.where(rng.random(n) < 0.3, 1, -1)),
        rival=np.where(taken & (created >= t.RIVAL_FROM), t.RIVAL, rival),
        taken=taken,
        amount=np.maximum(1000, np.where(usd, amount / 7.1, amount).round(-2)),
        is_usd=usd,
        quality=0.45 * accounts.strength[account] + 0.89 * rng.normal(0, 1, n),
        unconditioned=(pipeline == KA) & (rng.random(n) < t.UNCONDITIONED_SHARE),
        lingering=rng.random(n) < np.where(pipeline == KA, *LINGERING),
        stops_at=np.where(stalled, 0, np.where(twins, rng.integers(0, 3, n), -1)),
        stalled=stalled,
    )


def without_chance_duplicates(deals: Deals, is_open: Flags) -> Deals:
    """Open deals that look like duplicates by chance become other ones; only the planted ones stay (truth 14).

    A duplicate is the same account, product line and type; such a deal gets the next free line, else another type.
    """
    line, kind = deals.product_line.copy(), deals.type.copy()
    planted = is_open & (deals.stops_at >= 0) & ~deals.stalled
    taken = set(zip(deals.account[planted].tolist(), line[planted].tolist(), kind[planted].tolist(), strict=True))
    for i in np.flatnonzero(is_open & ~planted).tolist():
        account = int(deals.account[i])
        wishes = [
            (account, (int(line[i]) + k) % len(w.PRODUCT_LINES), (int(kind[i]) + j) % len(w.TYPES))
            for j in range(len(w.TYPES))
            for k in range(len(w.PRODUCT_LINES))
        ]
        chosen = next((wish for wish in wishes if wish not in taken), wishes[0])
        taken.add(chosen)
        line[i], kind[i] = chosen[1], chosen[2]
    return replace(deals, product_line=line, type=kind)


def _created_and_account(plan: Plan, rng: np.random.Generator, accounts: Accounts, n: int) -> tuple[Ints, Ints]:
    created, account = np.zeros(n, np.int64), np.zeros(n, np.int64)
    weight = rng.lognormal(0, 0.5, accounts.count) * (accounts.twin < 0)
    pipeline = np.where(np.arange(n) < round(n * KA_DEALS), KA, SMB)
    for number in (KA, SMB):
        mine = np.flatnonzero(pipeline == number)
        days = np.arange(plan.first - RUN_UP[number], plan.last + 1)
        created[mine] = rng.choice(days, len(mine), p=_arrivals(days, number))
        share = weight * (accounts.segment_at(np.arange(accounts.count), np.full(accounts.count, plan.first)) == number)
        account[mine] = rng.choice(accounts.count, len(mine), p=share / share.sum())
    return created, account


def _arrivals(days: Ints, pipeline: int) -> Floats:
    """Share of the opportunities created on each day: working days, slow growth, and the campaign of truth 6."""
    weight = (workday(days) == days) * (1 + GROWTH_A_YEAR) ** ((days - days[0]) / 365)
    flood, drought, over = t.CAMPAIGN
    if pipeline == SMB:
        weight = np.where((days >= flood) & (days < drought), weight * t.CAMPAIGN_FACTORS[0], weight)
        weight = np.where((days >= drought) & (days < over), weight * t.CAMPAIGN_FACTORS[1], weight)
    return weight / weight.sum()


def _twin_deals(plan: Plan, rng: np.random.Generator, accounts: Accounts, created: Ints, account: Ints) -> Flags:
    """Makes the last deals pairs: one company, one product line, recorded twice within days, both still open."""
    second = np.flatnonzero(accounts.twin >= 0)
    pairs = min(len(second), len(created) // 20)
    twins = np.zeros(len(created), bool)
    if pairs:
        twins[-2 * pairs :] = True
        first_day = workday(plan.last - rng.integers(30, 120, pairs))
        created[-2 * pairs :] = np.append(first_day, workday(first_day + rng.integers(1, 12, pairs)))
        account[-2 * pairs :] = np.append(accounts.twin[second[:pairs]], second[:pairs])
    return twins


def _owner(rng: np.random.Generator, sellers: Sellers, owner: Ints, twins: Flags) -> Ints:
    """Mostly the account's owner; sometimes a colleague of the same team."""
    colleague = (
        sellers.start[sellers.team[owner]]
        + rng.integers(0, 99, len(owner)) % np.array([x.sellers for x in w.TEAMS])[sellers.team[owner]]
    )
    colleague = np.where(colleague == sellers.leaver, owner, colleague)
    return np.where((rng.random(len(owner)) < 0.1) & ~twins, colleague, owner)


def _rank_within(group: Ints) -> Ints:
    """Position of each row among the rows of its group, from 0."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    start = np.searchsorted(ordered, ordered)
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - start
    return rank


def _type(rng: np.random.Generator, rank: Ints, twins: Flags) -> Ints:
    luck = rng.random(len(rank))
    later = np.searchsorted((0.45, 0.7), luck, side="right")  # new, renewal, resale
    return np.where(twins | ((rank == 0) & (luck < 0.85)), 0, np.where(rank == 0, 2, later))


def _mode(rng: np.random.Generator, team: Ints) -> Ints:
    luck = rng.random(len(team))
    direct, channel, mixed = range(3)
    by_channel = np.where(luck < 0.85, channel, mixed)
    others = np.where(luck < 0.82, direct, np.where(luck < 0.92, channel, mixed))
    return np.where(team == w.CHANNEL_TEAM, by_channel, others)
