"""What sellers judge: the weekly comparison with the rivals, necessary conditions, control points, questionnaire."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo import truths as t
from data.demo import words as w
from data.demo.changes import Changes
from data.demo.company import KA, Accounts, Sellers, owner_ids
from data.demo.deals import Deals
from data.demo.paths import NEVER, WON, Paths
from data.demo.plan import Floats, Ints, Plan
from data.demo.snapshots import deal_ids

FROM_STAGE = 2  # the third: an assessment makes sense once the need is known
SKIPPED_WEEKS, SECOND_RIVAL, LONGEST = 0.08, 0.45, 200
CONDITIONS = ("budget_approved", "deadline_with_consequence", "sponsor_named", "procurement_started", "pain_measured")
CONTROL_POINTS = (
    "pre_tender_time",
    "asked_when_budgeting",
    "asked_when_drafting",
    "award_mode_known",
    "scoring_known",
    "award_rule_known",
)
QUESTIONS = ("is_there_an_opportunity", "can_we_compete", "can_we_win", "is_it_worth_winning", "inside_source")
EVIDENCE = ("会议纪要 Meeting notes", "邮件 E-mail", "招标文件 Tender document", "口头 By word of mouth")


def first_day_in(paths: Paths, count: int, stage: int) -> Ints:
    """First day on which each deal stood in open stage number `stage` (from 0) or a later one; NEVER if it did not."""
    day = np.full(count, NEVER, np.int64)
    reached = (paths.stage >= stage) & (paths.stage < WON)
    np.minimum.at(day, paths.deal[reached], paths.day[reached])
    return day


def assessment_table(
    plan: Plan, deals: Deals, paths: Paths, rival: Changes, accounts: Accounts, sellers: Sellers
) -> pa.Table:
    """Table `assessment`: us and up to two rivals, on Mondays, from the third stage until the close."""
    rng = plan.rng("assessments")
    deal, week = _weeks(plan, rng, deals, paths)
    second = np.where(rng.random(deals.count) < SECOND_RIVAL, rng.integers(1, len(w.RIVALS), deals.count), -1)
    main = np.asarray(rival.at(deal, week), np.int64)
    other = np.where((second[deal] < 0) | (main < 0), -1, (main + second[deal]) % len(w.RIVALS))
    parts = [
        _us(plan, rng, deals, paths, accounts, sellers, deal, week),
        _rival(rng, deals, accounts, deal, week, main),
        _rival(rng, deals, accounts, deal, week, other),
    ]
    where, when, party, fit, near = (np.concatenate(x) for x in zip(*parts, strict=True))
    order = np.lexsort((party, where, when))
    where, when, party, fit, near = where[order], when[order], party[order], fit[order], near[order]
    return c.table(
        "assessment",
        {
            "opportunity_id": deal_ids(deals).take(pa.array(where)),
            "week": c.dates(when),
            "party": c.texts(("us", *w.RIVALS), party + 1),
            "need_fit": c.numbers(_score(fit)),
            "closeness": c.numbers(_score(near)),
            "assessor": c.texts(owner_ids(sellers), deals.owner[where]),
            "source_count": c.integers(1 + rng.poisson(1.2, len(where))),
        },
    )


def _weeks(plan: Plan, rng: np.random.Generator, deals: Deals, paths: Paths) -> tuple[Ints, Ints]:
    """Deal and Monday of every assessment; some weeks are forgotten, and old deals are no longer assessed."""
    start = np.maximum(first_day_in(paths, deals.count, FROM_STAGE), plan.first)
    end = np.minimum(np.minimum(paths.closed_on(), plan.last), start + LONGEST)
    monday = start + (-(start + 3)) % 7
    count = np.where(start < NEVER, np.maximum(0, (end - monday) // 7 + 1), 0)
    deal, place = c.expand(count)
    week = monday[deal] + 7 * place
    kept = rng.random(len(deal)) >= SKIPPED_WEEKS
    return deal[kept], week[kept]


def _us(
    plan: Plan,
    rng: np.random.Generator,
    deals: Deals,
    paths: Paths,
    accounts: Accounts,
    sellers: Sellers,
    deal: Ints,
    week: Ints,
) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Our closeness follows the deal's quality, and drifts towards the outcome in its last twelve weeks (truth 8)."""
    quality = deals.quality[deal]
    closed = paths.closed_on()[deal]
    drift = np.clip(1 - (closed - week) / t.CLOSENESS_DRIFT_DAYS, 0, 1)
    won = paths.final[deal] == WON
    near = 50 + t.CLOSENESS_PER_SIGMA * quality + drift * np.where(won, t.CLOSENESS_WON_DRIFT, t.CLOSENESS_LOST_DRIFT)
    gone = accounts.owner[deals.account[deal]] == sellers.leaver
    near = near - np.where(gone, 14 * np.clip((week - t.LEFT_ON) / 60, 0, 1), 0)
    near = near + rng.normal(0, 6, deals.count)[deal] + rng.normal(0, 2.5, len(deal))
    fit = 62 + 6 * quality + rng.normal(0, 5, deals.count)[deal] + rng.normal(0, 2, len(deal))
    return deal, week, np.full(len(deal), -1), fit, near


def _rival(
    rng: np.random.Generator, deals: Deals, accounts: Accounts, deal: Ints, week: Ints, rival: Ints
) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """A rival's figures as we estimate them; in the region of truth 2 one of them comes closer from its date on."""
    near = 47 - 3 * deals.quality[deal] + rng.normal(0, 8, deals.count)[deal] + rng.normal(0, 3, len(deal))
    region = accounts.region[deals.account[deal]]
    gains = (rival == t.RIVAL) & (region == t.RIVAL_REGION) & deals.taken[deal]
    near = near + np.where(gains, t.RIVAL_CLOSENESS_GAIN * np.clip((week - t.RIVAL_FROM + 30) / 30, 0, 1), 0)
    fit = 57 + rng.normal(0, 7, deals.count)[deal] + rng.normal(0, 2, len(deal))
    known = rival >= 0
    return deal[known], week[known], rival[known], fit[known], near[known]


def _score(values: Floats) -> Floats:
    return np.clip(np.round(values), 1, 100)


def checklist_table(plan: Plan, deals: Deals, paths: Paths) -> pa.Table:
    """Table `checklist`: conditions at stages two and four, questionnaire at three, control points at five.

    The control points and the fourth stage's check belong to the key accounts' process.
    """
    rng = plan.rng("checklists")
    large = np.flatnonzero(deals.pipeline == KA)
    everybody = np.arange(deals.count)
    base = np.where(deals.unconditioned, -1.5, 0.9) + 0.25 * deals.quality
    strong = 0.2 + 0.6 * deals.quality
    parts = [
        _answers(plan, rng, paths, everybody, 1, 0, base),
        _answers(plan, rng, paths, large, 3, 0, base + 0.2),
        _answers(plan, rng, paths, large, 4, 1, strong),
        _answers(plan, rng, paths, everybody, 2, 2, strong),
    ]
    deal, day, kind, item, value = (np.concatenate(x) for x in zip(*parts, strict=True))
    order = np.lexsort((item, kind, deal, day))
    deal, day, kind, item, value = deal[order], day[order], kind[order], item[order], value[order]
    items = (*CONDITIONS, *CONTROL_POINTS, *QUESTIONS)
    offset = np.array([0, len(CONDITIONS), len(CONDITIONS) + len(CONTROL_POINTS)])[kind]
    evidence = np.where((value > 0) & (rng.random(len(deal)) < 0.8), rng.integers(0, len(EVIDENCE), len(deal)), -1)
    return c.table(
        "checklist",
        {
            "opportunity_id": deal_ids(deals).take(pa.array(deal)),
            "assessed_on": c.dates(day),
            "kind": c.texts(("necessary_condition", "control_point", "questionnaire"), kind),
            "item": c.texts(items, offset + item),
            "value": c.numbers(value),
            "evidence": c.texts(EVIDENCE, evidence),
        },
    )


def _answers(
    plan: Plan, rng: np.random.Generator, paths: Paths, who: Ints, stage: int, kind: int, lean: Floats
) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """One answer (0, 0.5 or 1) per item for each deal that reached the stage since the first snapshot."""
    count = (len(CONDITIONS), len(CONTROL_POINTS), len(QUESTIONS))[kind]
    reached = first_day_in(paths, len(lean), stage)
    who = who[(reached[who] >= plan.first) & (reached[who] <= plan.last)]
    deal, item = np.repeat(who, count), np.tile(np.arange(count), len(who))
    score = lean[deal] + rng.logistic(0, 0.7, len(deal))
    value = np.where(score > 0.5, 1.0, np.where(score > -0.4, 0.5, 0.0))
    return deal, reached[deal], np.full(len(deal), kind), item, value
