"""How opportunities move: a semi-Markov walk through the stages, all opportunities one step at a time.

In each step every opportunity that is still under way stays in its stage for a lognormal number of days and then
advances, skips a stage, goes back, or ends. Chances are logits: the stage's own, plus the opportunity's quality, plus
what is planted (truths 2, 3, 5, 7, 9). Times are medians per stage, changed by truths 1 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.demo import truths as t
from data.demo import words as w
from data.demo.company import KA, SMB, Accounts, Sellers
from data.demo.deals import STAGES, Deals
from data.demo.plan import Flags, Floats, Ints, Plan, quarter_end, workday

WON, LOST, NO_DECISION, VOID = 7, 8, 9, 10
CLOSING_KEYS = ("won", "lost", "no_decision", "void")
STEPS = 24
OPEN_STAGES = np.array([len(s) for s in STAGES])
NEVER = 1 << 18
SIGMA = 0.6
#: median days in each stage, and the logit of passing it, per pipeline
MEDIAN_DAYS = np.array([[10, 15, 25, 30, 28, 26, 20], [5, 7, t.QUOTE_DAYS_BEFORE, 8, 7, 0, 0]])
PASS_LOGIT = np.array([[1.60, 1.10, 0.95, 1.20, 1.20, 0.60, 0.90], [1.35, 0.80, 0.70, 0.90, 1.00, 0, 0]])
QUALITY_LOGIT = 0.85
#: chances that an end is lost or without decision (the rest is void): early, middle and late stages
ENDS = np.array([[0.50, 0.82], [0.66, 0.93], [0.86, 0.98]])
SKIP, RENEWAL_SKIP, REGRESS, REOPEN = 0.02, 0.55, 0.035, 0.03
PAUSED = 0.13
#: share of the losses that are recorded late, and the median days: not closing losers flatters a win rate
LATE_END, LATE_DAYS = 0.34, 210
QUARTER_PULL = 0.35
DEPARTED_AFTER = 14


@dataclass(frozen=True)
class Paths:
    """Visits in order of (deal, time), pauses, and where each deal stands at the end."""

    deal: Ints
    stage: Ints
    day: Ints
    pause_deal: Ints
    pause_start: Ints
    pause_end: Ints
    pause_is_future: Flags
    final: Ints  # stage of each deal on the last day
    final_since: Ints

    def closed_on(self) -> Ints:
        """Day on which each deal closed; NEVER for those still open."""
        return np.where(self.final >= WON, self.final_since, NEVER)


class _Walk:
    """The state of the simulation: where each deal is and since when."""

    def __init__(self, plan: Plan, deals: Deals, accounts: Accounts, sellers: Sellers) -> None:
        n = deals.count
        self.plan, self.deals, self.accounts, self.sellers = plan, deals, accounts, sellers
        self.rng = plan.rng("paths")
        self.stage, self.since = np.zeros(n, np.int64), deals.created.copy()
        self.active, self.regressed, self.reopened = np.ones(n, bool), np.zeros(n, bool), np.zeros(n, bool)
        self.before_loss = np.zeros(n, np.int64)
        self.margin, self.decided = np.zeros(n), np.zeros(n, bool)  # of the last exit from the last open stage
        self.pause_at = np.where(self.rng.random(n) < PAUSED, self.rng.integers(0, 4, n), -1)
        self.linger_at = np.where(deals.lingering, self.rng.integers(0, np.where(deals.pipeline == KA, 5, 2)), -1)
        self.visits = [(np.arange(n), self.stage.copy(), self.since.copy())]
        self.pauses: list[tuple[Ints, Ints, Ints, Flags]] = []

    def step(self) -> None:
        """One exit of every deal that is under way; those whose exit lies after the last day stay."""
        who = np.flatnonzero(self.active)
        leave = self._leave_on(who)
        self.active[who[leave > self.plan.last]] = False
        who, leave = who[leave <= self.plan.last], leave[leave <= self.plan.last]
        following = self._following(who, leave)
        leave = self._recorded_late(following, leave)
        self.active[who[leave > self.plan.last]] = False
        kept = leave <= self.plan.last
        who, leave, following = who[kept], leave[kept], following[kept]
        ended = (following >= WON) & ~self._will_reopen(who, following)
        self.stage[who], self.since[who] = following, leave
        self.active[who[ended]] = False
        self.visits.append((who, following, leave))

    def _leave_on(self, who: Ints) -> Ints:
        d, stage, since = self.deals, self.stage[who], self.since[who]
        closed = stage >= WON  # waiting to be reopened
        pipeline, place = d.pipeline[who], np.where(closed, 0, stage)
        median = MEDIAN_DAYS[pipeline, place]
        quote = (pipeline == SMB) & (stage == STAGES[SMB].index("quote")) & (since >= t.QUOTE_SLOW_FROM)
        median = np.where(quote, t.QUOTE_DAYS_AFTER, median)
        channel = (d.mode[who] == w.MODES.index("channel")) & (self.accounts.region[d.account[who]] == t.FAST_REGION)
        median = np.where(channel, median * t.FAST_FACTOR, median)
        median = np.where(self.linger_at[who] == stage, median * 9, median)
        days = np.round(median * np.exp(self.rng.normal(0, SIGMA, len(who)))).astype(np.int64)
        days = np.where(closed, self.rng.integers(30, 120, len(who)), days)
        days = days + self._pause(who, since, stage)
        leave = workday(since + days)
        leave = np.where(stage == OPEN_STAGES[pipeline] - 1, self._pulled(leave, since), leave)
        return np.where((d.stops_at[who] >= 0) & (stage >= d.stops_at[who]), NEVER, leave)

    def _pulled(self, leave: Ints, since: Ints) -> Ints:
        """Signatures gather in the last days of a quarter."""
        near = quarter_end(leave)
        early = near - self.rng.integers(0, 6, len(leave))
        early = early - np.where((early + 3) % 7 >= 5, 2, 0)
        pull = (self.rng.random(len(leave)) < QUARTER_PULL) & (near - leave < 25) & (early > since)
        return np.where(pull, early, leave)

    def _pause(self, who: Ints, since: Ints, stage: Ints) -> Ints:
        """Days added by a pause, once in the life of some deals; the pause is recorded."""
        hit = (self.pause_at[who] == stage) & (self.deals.stops_at[who] < 0)
        chosen = who[hit]
        future = self.rng.random(len(chosen)) < 0.5
        length = np.where(future, self.rng.integers(90, 241, len(chosen)), self.rng.integers(20, 81, len(chosen)))
        start = since[hit] + self.rng.integers(1, 6, len(chosen))
        self.pauses.append((chosen, start, start + length, future))
        self.pause_at[chosen] = -1
        added = np.zeros(len(who), np.int64)
        added[hit] = length + 6
        return added

    def _following(self, who: Ints, leave: Ints) -> Ints:
        d, rng, stage = self.deals, self.rng, self.stage[who]
        pipeline = d.pipeline[who]
        reopening = stage >= WON
        place = np.where(reopening, 0, stage)
        last = place == OPEN_STAGES[pipeline] - 1
        chance = PASS_LOGIT[pipeline, place] + self._effects(who, place, leave)
        luck = rng.random(len(who))
        margin = chance - np.log(luck / (1 - luck))
        margin = np.where(d.stops_at[who] >= 0, np.abs(margin), margin)  # it stops, it does not end
        self.margin[who], self.decided[who] = margin, last & ~reopening
        advance = np.where(last, WON, self._advance(who, place))
        back = (rng.random(len(who)) < REGRESS) & (place >= 2) & ~self.regressed[who] & ~reopening
        self.regressed[who[back]] = True
        following = np.where(margin > 0, advance, self._end(pipeline, place))
        following = np.where(back, place - 1, following)
        self.decided[who] &= ~back
        self.before_loss[who] = np.where(reopening, self.before_loss[who], place)
        return np.where(reopening, self.before_loss[who], following)

    def _advance(self, who: Ints, place: Ints) -> Ints:
        d, luck = self.deals, self.rng.random(len(who))
        before_need = place == np.where(d.pipeline[who] == KA, 1, 0)
        chance = np.where((d.type[who] == w.TYPES.index("renewal")) & before_need, RENEWAL_SKIP, SKIP)
        room = place + 2 < OPEN_STAGES[d.pipeline[who]]
        return place + np.where((luck < chance) & room, 2, 1)

    def _end(self, pipeline: Ints, place: Ints) -> Ints:
        phase = np.minimum(2, place * 3 // OPEN_STAGES[pipeline])
        luck = self.rng.random(len(place))
        return LOST + (luck[:, None] > ENDS[phase]).sum(axis=1)

    def _effects(self, who: Ints, place: Ints, leave: Ints) -> Floats:
        """Logits beyond the stage's own: quality, and what is planted."""
        d, since = self.deals, self.since[who]
        x = QUALITY_LOGIT * d.quality[who]
        region = self.accounts.region[d.account[who]]
        x = x + np.where(
            (region == t.RIVAL_REGION) & d.taken[who] & (leave >= t.RIVAL_FROM) & (place >= 1), t.RIVAL_LOGIT, 0
        )
        gone = (self.accounts.owner[d.account[who]] == self.sellers.leaver) & (leave > t.LEFT_ON + DEPARTED_AFTER)
        x = x + np.where(gone, t.AFTER_LEAVER_LOGIT, 0)
        tender = (d.pipeline[who] == KA) & (place == t.TENDER_STAGE) & (since >= t.TENDER_FROM)
        x = x + np.where(tender, t.TENDER_LOGIT, 0)
        x = x + np.where(d.unconditioned[who], t.UNCONDITIONED_LOGIT, 0.2)
        return x + np.where(self.sellers.team[d.owner[who]] == t.SINGLE_TEAM, t.SINGLE_LOGIT, 0)

    def _recorded_late(self, following: Ints, leave: Ints) -> Ints:
        late = (following > WON) & (self.rng.random(len(leave)) < LATE_END)
        delay = np.round(LATE_DAYS * np.exp(self.rng.normal(0, 0.7, len(leave)))).astype(np.int64)
        return np.where(late, workday(leave + delay), leave)

    def _will_reopen(self, who: Ints, following: Ints) -> Flags:
        again = (following == LOST) & ~self.reopened[who] & (self.rng.random(len(who)) < REOPEN)
        self.reopened[who[again]] = True
        return again


def walk(plan: Plan, deals: Deals, accounts: Accounts, sellers: Sellers) -> Paths:
    """All visits until the last day."""
    state = _Walk(plan, deals, accounts, sellers)
    for _ in range(STEPS):
        state.step()
    _plant_simpson(state)
    deal, stage, since = (np.concatenate(x) for x in zip(*state.visits, strict=True))
    order = np.argsort(deal, kind="stable")  # steps were appended in time order
    deal, stage, since = deal[order], stage[order], since[order]
    last = np.append(deal[1:] != deal[:-1], True)
    stage[last] = state.stage
    who, start, end, future = (np.concatenate(x) for x in zip(*state.pauses, strict=True))
    seen = start <= plan.last
    return Paths(deal, stage, since, who[seen], start[seen], end[seen], future[seen], state.stage, state.since)


def _plant_simpson(state: _Walk) -> None:
    """Truth 6: sets each segment's win rate of the two quarters a little below and above that of both together.

    Only outcomes of decisions in the last stage are turned, nearest to the threshold first: the same as a slightly
    lower or higher chance in that quarter.
    """
    first, second, third = t.SIMPSON
    segment = state.accounts.segment_at(state.deals.account, state.since)
    for number in (KA, SMB):
        mine = (segment == number) & ~state.active & (state.deals.stops_at < 0)
        quarters = [mine & (state.since >= a) & (state.since < b) for a, b in ((first, second), (second, third))]
        counts = [_won_lost(state, quarter) for quarter in quarters]
        if not all(sum(x) for x in counts):
            continue
        both = sum(won for won, _ in counts) / sum(won + lost for won, lost in counts)
        for quarter, (won, lost), gain in zip(quarters, counts, (-t.SIMPSON_GAIN / 2, t.SIMPSON_GAIN / 2), strict=True):
            _turn(state, quarter & state.decided, round((both + gain) * (won + lost)) - won)


def _won_lost(state: _Walk, mask: Flags) -> tuple[int, int]:
    return int((state.stage[mask] == WON).sum()), int((state.stage[mask] == LOST).sum())


def _turn(state: _Walk, mask: Flags, more_won: int) -> None:
    old, new = (LOST, WON) if more_won > 0 else (WON, LOST)
    candidates = np.flatnonzero(mask & (state.stage == old))
    nearest = candidates[np.argsort(np.abs(state.margin[candidates]), kind="stable")]
    state.stage[nearest[: abs(more_won)]] = new
