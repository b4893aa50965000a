"""What changes about an opportunity while it is open: amount, seller, main rival and expected close date.

Each kind of change is a `Changes`: rows in order of (deal, day), the value that holds from that day on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.demo import truths as t
from data.demo import words as w
from data.demo.columns import latest
from data.demo.company import KA, Accounts, Sellers
from data.demo.deals import Deals
from data.demo.paths import MEDIAN_DAYS, NEVER, OPEN_STAGES, WON, Paths
from data.demo.plan import Flags, Floats, Ints, Plan, month_end, quarter_end, workday

AMOUNT_CHANGES, AMOUNT_SIGMA = 0.3, 0.18
HANDED_OVER = 0.04
PUSHED, PULLED_IN = 0.6, 0.5
ROUNDS = 14
HANDOVER_DAYS = 14


@dataclass(frozen=True)
class Changes:
    """A value per deal that changes in time."""

    deal: Ints
    day: Ints
    value: Floats | Ints

    @classmethod
    def of(cls, deal: Ints, day: Ints, value: Floats | Ints) -> Changes:
        """In order of (deal, day); rows of one day keep their order."""
        order = np.lexsort((day, deal))
        return cls(deal[order], day[order], value[order])

    def at(self, deals: Ints, days: Ints) -> Floats | Ints:
        """The value of each deal on each day (its first one before that)."""
        index = latest(self.deal, self.day, deals, days)
        first = np.searchsorted(self.deal, deals)
        return self.value[np.where(index < 0, first, index)]


def account_owner_after(plan: Plan, sellers: Sellers, accounts: Accounts) -> Ints:
    """Owner of each account once the leaver has gone: his accounts are dealt out to his team."""
    mine = np.flatnonzero(accounts.owner == sellers.leaver)
    others = np.flatnonzero((sellers.team == t.LEAVER_TEAM) & (np.arange(sellers.count) != sellers.leaver))
    after = accounts.owner.copy()
    after[mine] = others[np.arange(len(mine)) % len(others)]
    return after


def amounts(plan: Plan, deals: Deals, paths: Paths) -> Changes:
    """The amount, in the deal's currency: some change when a stage is reached, most of all by the proposal."""
    rng = plan.rng("amounts")
    moved = np.flatnonzero((paths.stage > 0) & (paths.stage < WON) & (rng.random(len(paths.stage)) < AMOUNT_CHANGES))
    factor = rng.normal(-0.01, AMOUNT_SIGMA, len(moved))
    deal = np.append(np.arange(deals.count), paths.deal[moved])
    day = np.append(deals.created, paths.day[moved])
    step = Changes.of(deal, day, np.append(np.log(deals.amount), factor))
    total = np.cumsum(step.value)
    start = np.searchsorted(step.deal, step.deal)
    within = total - np.where(start > 0, total[start - 1], 0)
    return Changes(step.deal, step.day, np.maximum(1000, np.exp(within).round(-2)))


def owners(plan: Plan, deals: Deals, paths: Paths, sellers: Sellers, accounts: Accounts, after: Ints) -> Changes:
    """The seller: a few deals are handed over within the team; those of the leaver after he has gone."""
    rng = plan.rng("owners")
    closed = np.minimum(paths.closed_on(), plan.last)
    n = deals.count
    size = np.array([x.sellers for x in w.TEAMS])[sellers.team[deals.owner]]
    place = deals.owner - sellers.start[sellers.team[deals.owner]]
    colleague = sellers.start[sellers.team[deals.owner]] + (place + 1 + rng.integers(0, 99, n) % (size - 1)) % size
    handed = np.flatnonzero(
        (rng.random(n) < HANDED_OVER)
        & (closed - deals.created > 30)
        & (colleague != sellers.leaver)
        & (deals.owner != sellers.leaver)
    )
    day = workday(deals.created[handed] + ((closed - deals.created)[handed] * 0.5).astype(np.int64))
    left = np.flatnonzero(
        (deals.owner == sellers.leaver) & (closed > t.LEFT_ON + HANDOVER_DAYS) & (deals.created <= t.LEFT_ON)
    )
    heir = np.where(after[deals.account[left]] == sellers.leaver, sellers.leaver + 1, after[deals.account[left]])
    return Changes.of(
        np.concatenate([np.arange(n), handed, left]),
        np.concatenate([deals.created, day, np.full(len(left), t.LEFT_ON + HANDOVER_DAYS)]),
        np.concatenate([deals.owner, colleague[handed], heir]),
    )


def rivals(deals: Deals, paths: Paths) -> Changes:
    """The main rival: from its date on, the rival of truth 2 in the deals of its region that are still open."""
    is_open = (deals.created < t.RIVAL_FROM) & (paths.closed_on() > t.RIVAL_FROM)
    taken = np.flatnonzero(deals.taken & is_open)
    return Changes.of(
        np.append(np.arange(deals.count), taken),
        np.append(deals.created, np.full(len(taken), t.RIVAL_FROM)),
        np.append(deals.rival, np.full(len(taken), t.RIVAL)),
    )


def expected_closes(plan: Plan, deals: Deals, paths: Paths, team: Ints) -> Changes:
    """The expected close date: a first guess, pushed when it comes near, named again in the last stage.

    The team of truth 4 puts all of them on quarter ends and moves them on in the last fortnight of the quarter.
    """
    rng = plan.rng("expected closes")
    pushes_quarterly = team == t.PUSH_TEAM
    closed = np.minimum(paths.closed_on(), NEVER)
    usual = np.where(deals.pipeline == KA, *(MEDIAN_DAYS.sum(axis=1) * 1.15))
    guess = deals.created + np.round(usual * np.exp(rng.normal(0.1, 0.25, deals.count))).astype(np.int64)
    due = np.where(
        pushes_quarterly, quarter_end(guess), np.where(rng.random(deals.count) < 0.5, month_end(guess), guess)
    )
    rows = [(np.arange(deals.count), deals.created, due)]
    final = _final_stage_day(deals, paths)
    live = np.ones(deals.count, bool)
    for _ in range(ROUNDS):
        when, following, happens = _push(rng, due, pushes_quarterly, deals)
        named = (final < when) & (rng.random(deals.count) < PULLED_IN) & ~pushes_quarterly
        when, following = (
            np.where(named, final, when),
            np.where(named, final + rng.integers(12, 35, deals.count), following),
        )
        final = np.where(named, NEVER, final)
        live = live & (when < closed) & (when > deals.created) & (when <= plan.last) & (happens | named)
        who = np.flatnonzero(live)
        rows.append((who, when[who], following[who]))
        due = np.where(live, following, due)
    return Changes.of(*(np.concatenate(x) for x in zip(*rows, strict=True)))


def _push(rng: np.random.Generator, due: Ints, quarterly: Flags, deals: Deals) -> tuple[Ints, Ints, Flags]:
    """When each date would be moved, to when, and whether it is."""
    n = len(due)
    when = workday(np.where(quarterly, due - rng.integers(3, 13, n), due + rng.integers(-4, 45, n)))
    step = np.where(deals.pipeline == KA, rng.choice((30, 45, 60, 90), n), rng.choice((14, 21, 30), n))
    following = np.where(quarterly, quarter_end(due + t.PUSH_DAYS), np.maximum(due, when) + step)
    happens = (rng.random(n) < np.where(quarterly, t.PUSH_SHARE, PUSHED)) & ~deals.stalled
    return when, following, happens


def _final_stage_day(deals: Deals, paths: Paths) -> Ints:
    """Day on which each deal entered its last open stage; NEVER if it did not."""
    day = np.full(deals.count, NEVER, np.int64)
    last = paths.stage == OPEN_STAGES[deals.pipeline[paths.deal]] - 1
    np.minimum.at(day, paths.deal[last], paths.day[last])
    return day
