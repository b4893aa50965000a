"""What the support line is asked for, how soon it answers, and what that costs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import truths as t
from data.demo import words as w
from data.demo.assessments import first_day_in
from data.demo.company import KA, Accounts
from data.demo.deals import Deals
from data.demo.paths import NEVER, Paths
from data.demo.plan import Floats, Ints, Plan, workday
from data.demo.snapshots import deal_ids

FROM_STAGE = 2
REQUESTS = (2.2, 0.25)  # per deal that reaches the third stage
HOURS, COST_AN_HOUR = 9.0, 260.0
UNASSIGNED, UNANSWERED = 0.02, 0.03


def support_request_table(plan: Plan, deals: Deals, paths: Paths, accounts: Accounts) -> pa.Table:
    """Table `support_request`: from the third stage on; deals without necessary conditions ask for more (truth 7)."""
    rng = plan.rng("support")
    start = np.maximum(first_day_in(paths, deals.count, FROM_STAGE), plan.first)
    end = np.minimum(paths.closed_on(), np.minimum(plan.last, start + 120))
    rate = np.where(deals.pipeline == KA, *REQUESTS) * np.where(deals.unconditioned, t.UNCONDITIONED_REQUESTS, 1.0)
    deal, _ = c.expand(rng.poisson(np.where((start < NEVER) & (end > start), rate, 0)))
    day = workday(start[deal] + (rng.random(len(deal)) * (end - start)[deal]).astype(np.int64))
    order = np.lexsort((deal, day))
    order = order[day[order] <= plan.last]
    deal, day = deal[order], day[order]
    team = np.array(w.AREA_OF_REGION)[accounts.region[deals.account[deal]]]
    return _table(plan, rng, deals, deal, day, team)


def _table(plan: Plan, rng: np.random.Generator, deals: Deals, deal: Ints, day: Ints, team: Ints) -> pa.Table:
    n = len(deal)
    asked = day * 86_400 + c.office_seconds(rng, n)
    slow = (team == t.SUPPORT_TEAM) & (day >= t.SUPPORT_SLOW_FROM)
    assigned = asked + _hours(rng, n, np.full(n, 2.0))
    answered = asked + _hours(rng, n, np.where(slow, t.RESPONSE_HOURS_SLOW, t.RESPONSE_HOURS))
    assigned = np.minimum(assigned, answered)
    hours = np.maximum(
        1, np.round(HOURS * np.exp(rng.normal(0, 0.6, n)) * np.where(deals.pipeline[deal] == KA, 1.3, 0.6))
    )
    done = answered + _hours(rng, n, hours * 6)
    now = plan.last * 86_400 + c.MIDNIGHT_IN_CHINA
    unassigned = (rng.random(n) < UNASSIGNED) | (assigned >= now)
    unanswered = unassigned | (rng.random(n) < UNANSWERED) | (answered >= now)
    unfinished = unanswered | (done >= now)
    nothing = np.zeros(n, np.int64)
    return c.table(
        "support_request",
        {
            "request_id": c.ids("R", n, 6),
            "opportunity_id": deal_ids(deals).take(pa.array(deal)),
            "team": c.texts(w.SUPPORT_TEAMS, team),
            "kind": c.texts(w.SUPPORT_KINDS, rng.integers(0, len(w.SUPPORT_KINDS), n)),
            "requested_at": c.instants(nothing, asked),
            "assigned_at": c.instants(nothing, assigned, unassigned),
            "first_response_at": c.instants(nothing, answered, unanswered),
            "done_at": c.instants(nothing, done, unfinished),
            "hours": c.numbers(hours, unfinished),
            "cost": c.money(hours * COST_AN_HOUR, unfinished),
        },
    )


def _hours(rng: np.random.Generator, n: int, median: Floats) -> Ints:
    """Seconds that pass, lognormal around a median in hours."""
    return np.round(3600 * median * np.exp(rng.normal(0, 0.7, n))).astype(np.int64)
