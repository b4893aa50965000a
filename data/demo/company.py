"""Who sells and who buys: sellers, their teams, accounts and the company codes by which these are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import truths as t
from data.demo import words as w
from data.demo.plan import Flags, Floats, Ints, Plan

KA, SMB = 0, 1
SEGMENTS = ("KA", "SMB")
KA_SHARE = 0.2
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = np.array([3**i % 31 for i in range(17)])
BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
INVALID_CODES, MISSING_CODES = 0.012, 0.05


@dataclass(frozen=True)
class Sellers:
    """One entry per seller, in the order of the teams; `start` is the first seller of each team."""

    team: Ints
    region: Ints
    start: Ints

    @property
    def count(self) -> int:
        return len(self.team)

    @property
    def leaver(self) -> int:
        """The seller who leaves (truth 3)."""
        return int(self.start[t.LEAVER_TEAM]) + t.LEAVER


@dataclass(frozen=True)
class Accounts:
    """One entry per account record. The last ones are second records (`twin` = index of the first, else -1)."""

    segment: Ints
    region: Ints
    ownership: Ints
    industry: Ints
    revenue: Floats
    owner: Ints
    strength: Floats
    promoted: Flags
    twin: Ints

    @property
    def count(self) -> int:
        return len(self.segment)

    def segment_at(self, accounts: Ints, days: Ints) -> Ints:
        """Segment of each account on each day (a promoted one is SMB before the date, KA from it on)."""
        early = self.promoted[accounts] & (days < t.PROMOTED_ON)
        return np.where(early, SMB, self.segment[accounts])


def hire() -> Sellers:
    """The sellers of all teams; the regions of an area are dealt out in turn."""
    team = np.repeat(np.arange(len(w.TEAMS)), [x.sellers for x in w.TEAMS])
    start = np.searchsorted(team, np.arange(len(w.TEAMS)))
    regions = {area: [r for r, a in enumerate(w.AREA_OF_REGION) if a == area] for area in set(w.AREA_OF_REGION)}
    place = np.arange(len(team)) - start[team]
    choice = [regions[area] if (area := w.TEAMS[k].area) is not None else list(range(7)) for k in team]
    region = np.array([options[p % len(options)] for options, p in zip(choice, place, strict=True)])
    return Sellers(team, region, start)


def found(plan: Plan, sellers: Sellers) -> Accounts:
    """The accounts of the plan, with their owners and their second records."""
    rng = plan.rng("accounts")
    twins = min(t.TWINS, plan.accounts // 10)
    n = plan.accounts - twins
    segment = np.where(np.arange(n) < round(n * KA_SHARE), KA, SMB)
    region = rng.choice(len(w.REGIONS), n, p=w.REGION_WEIGHTS)
    revenue = np.exp(rng.normal(np.where(segment == KA, 21.3, 17.6), 0.8))
    revenue = np.where(segment == KA, np.maximum(revenue, 5.2e8), np.minimum(revenue, 4.6e8)).round(-6)
    mix = np.where(segment[:, None] == KA, (0.5, 0.85, 1.0), (0.15, 0.85, 1.0))
    ownership = (rng.random(n)[:, None] > mix).sum(axis=1)
    promoted = np.zeros(n, bool)
    promoted[rng.choice(np.flatnonzero(segment == SMB), min(t.PROMOTED, n // 10), replace=False)] = True
    owner = _deal_out(rng, segment, region, promoted, sellers)
    first = rng.choice(np.flatnonzero(~promoted), twins, replace=False)
    keep = np.append(np.arange(n), first)
    channel = sellers.start[w.CHANNEL_TEAM] + np.arange(twins) % w.TEAMS[w.CHANNEL_TEAM].sellers
    return Accounts(
        np.where(promoted, KA, segment)[keep],
        region[keep],
        ownership[keep],
        rng.integers(0, len(w.INDUSTRIES), n)[keep],
        np.where(promoted, revenue + 5e8, revenue)[keep],
        np.append(owner, channel),
        rng.normal(0, 1, n)[keep],
        promoted[keep],
        np.append(np.full(n, -1), first),
    )


def _deal_out(rng: np.random.Generator, segment: Ints, region: Ints, promoted: Flags, sellers: Sellers) -> Ints:
    """An owner for each account: the teams of its area by turns, and the channel team for some."""
    area = np.array(w.AREA_OF_REGION)[region]
    team = np.where(segment == KA, area, 4 + area)
    by_channel = (rng.random(len(team)) < np.where(segment == KA, 0.06, 0.18)) & ~promoted
    team = np.where(by_channel, w.CHANNEL_TEAM, team)
    owner = np.zeros(len(team), np.int64)
    for number, details in enumerate(w.TEAMS):
        mine = np.flatnonzero(team == number)
        owner[mine] = sellers.start[number] + np.arange(len(mine)) % details.sellers
    return owner


def owner_table(plan: Plan, sellers: Sellers) -> pa.Table:
    """Table `owner`: sellers, one manager per team and one director; the leaver is inactive after the date."""
    n, teams = sellers.count, len(w.TEAMS)
    dates = _dates_with(plan, t.LEFT_ON + 1)
    person, snap = np.tile(np.arange(n + teams + 1), len(dates)), np.repeat(dates, n + teams + 1)
    team = np.append(np.append(sellers.team, np.arange(teams)), -1)
    area_region = [w.AREA_OF_REGION.index(x.area) if x.area is not None else -1 for x in w.TEAMS]
    region = np.append(np.append(sellers.region, area_region), -1)
    manager = np.append(np.append(n + sellers.team, np.full(teams, n + teams)), -1)
    roles = [w.TEAMS[k].role for k in sellers.team] + ["manager"] * teams + ["director"]
    names = [w.seller_name(i) for i in range(n + teams + 1)]
    ids = owner_ids(sellers)
    return c.table(
        "owner",
        {
            "owner_id": ids.take(pa.array(person)),
            "name": c.texts(names, person),
            "team": c.texts([x.name for x in w.TEAMS], team[person]),
            "manager_id": c.texts(ids, manager[person]),
            "region": c.texts(w.REGIONS, region[person]),
            "role": c.texts(roles, person),
            "is_active": c.flags((person != sellers.leaver) | (snap <= t.LEFT_ON)),
            "snapshot_date": c.dates(snap),
        },
    )


def owner_ids(sellers: Sellers) -> pa.Array:
    """Ids of sellers, managers and the director, in this order."""
    return c.ids("S", sellers.count + len(w.TEAMS) + 1, 3)


def account_table(plan: Plan, sellers: Sellers, accounts: Accounts, owner_after: Ints) -> pa.Table:
    """Table `account`; `owner_after` = the owner of each account after the leaver has gone."""
    n = accounts.count
    dates = _dates_with(plan, t.LEFT_ON + 1, t.PROMOTED_ON)
    row, snap = np.tile(np.arange(n), len(dates)), np.repeat(dates, n)
    rng = plan.rng("account details")
    early = accounts.promoted[row] & (snap < t.PROMOTED_ON)
    revenue = np.where(early, accounts.revenue[row] - 5e8, accounts.revenue[row])
    employees = np.maximum(20, accounts.revenue / 9e5 * np.exp(rng.normal(0, 0.4, n))).round()
    tier = np.searchsorted([5e7, 5e8, 2e9], accounts.revenue, side="right")
    target = rng.random(n) < np.where(accounts.segment == KA, 0.85, 0.25)
    parent = np.where(rng.random(n) < 0.04, rng.integers(0, max(1, int(n * KA_SHARE) // 4), n), -1)
    parent = np.where((parent == np.arange(n)) | (accounts.twin >= 0), -1, parent)
    ids = account_ids(accounts)
    return c.table(
        "account",
        {
            "account_id": ids.take(pa.array(row)),
            "name": c.texts(company_names(accounts), row),
            "uscc": c.texts(_codes(rng, accounts), row),
            "segment": c.texts(SEGMENTS, np.where(early, SMB, accounts.segment[row])),
            "ownership": c.texts(w.OWNERSHIPS, accounts.ownership[row]),
            "industry": c.texts(w.INDUSTRIES, accounts.industry[row]),
            "region": c.texts(w.REGIONS, accounts.region[row]),
            "parent_id": c.texts(ids, parent[row]),
            "tier": c.texts(("C", "B", "A", "S"), tier[row]),
            "owner_id": c.texts(owner_ids(sellers), np.where(snap > t.LEFT_ON, owner_after[row], accounts.owner[row])),
            "annual_revenue": c.numbers(revenue),
            "employees": c.numbers(employees[row]),
            "is_target": c.flags(target[row]),
            "snapshot_date": c.dates(snap),
        },
    )


def account_ids(accounts: Accounts) -> pa.Array:
    """Ids of the account records."""
    return c.ids("A", accounts.count, 5)


def company_names(accounts: Accounts) -> list[str]:
    """Invented names; a second record is spelt a little differently, as happens when two people type."""
    names = []
    for number, twin in enumerate(accounts.twin.tolist()):
        name = w.company_name(number if twin < 0 else twin, w.INDUSTRIES[accounts.industry[number]])
        names.append(name if twin < 0 else name.replace(" ", "  ", 1) + " Co.")
    return names


def _codes(rng: np.random.Generator, accounts: Accounts) -> list[str | None]:
    """Unified social credit codes with valid check characters, some wrong in the last one, some missing.

    The six digits of the place are 000000, which no place has: none of these codes can be a real company's.
    """
    n = accounts.count
    body = rng.integers(0, 10, (n, 8))
    rest = (11 - (body * BODY_WEIGHTS).sum(axis=1) % 11) % 11
    digits = np.column_stack(
        [
            np.full(n, 9),
            np.full(n, 1),
            np.zeros((n, 6), int),
            body,
            np.where(rest == 10, CODE_ALPHABET.index("X"), rest),
        ]
    )
    check = (31 - (digits * CODE_WEIGHTS).sum(axis=1) % 31) % 31
    luck = rng.random(n)
    wrong, missing = luck < INVALID_CODES, luck > 1 - MISSING_CODES
    check = np.where(wrong, (check + 1 + rng.integers(0, 29, n)) % 31, check)
    codes: list[str | None] = [
        None if gone else "".join(CODE_ALPHABET[d] for d in row) + CODE_ALPHABET[last]
        for row, last, gone in zip(digits.tolist(), check.tolist(), missing.tolist(), strict=True)
    ]
    for number, twin in enumerate(accounts.twin.tolist()):
        if twin >= 0:  # both records of a twin carry the same, valid code
            codes[twin] = codes[number] = _valid(digits[twin])
    return codes


def _valid(digits: Ints) -> str:
    check = (31 - int((digits * CODE_WEIGHTS).sum()) % 31) % 31
    return "".join(CODE_ALPHABET[d] for d in [*digits.tolist(), check])


def _dates_with(plan: Plan, *days: int) -> Ints:
    """The quarterly snapshot dates and the first weekly one on or after each of the given days."""
    extra = [plan.snapshots[np.searchsorted(plan.snapshots, d)] for d in days if plan.first <= d <= plan.last]
    return np.unique(np.append(plan.quarterly, np.array(extra, np.int64)))
