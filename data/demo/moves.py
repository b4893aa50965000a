"""The CRM's stage history: every move of an opportunity from one stage to another, with the second it was made."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.demo import columns as c
from data.demo.company import Sellers, owner_ids
from data.demo.deals import Deals
from data.demo.paths import Paths
from data.demo.plan import Flags, Ints, Plan
from data.demo.snapshots import KEYS, Life, deal_ids, stage_words


def stage_change_table(plan: Plan, deals: Deals, life: Life, sellers: Sellers) -> pa.Table:
    """Table `stage_change`: every move of the opportunities created since the first snapshot, in time order.

    Of older ones only the dates in the snapshots are known: the CRM's history was switched on with the first export.
    """
    rng = plan.rng("stage changes")
    p = life.paths
    recorded = deals.created[p.deal] >= plan.first
    start = np.append(True, p.deal[1:] != p.deal[:-1])
    origin = np.append(-1, p.stage[:-1])
    seconds = _increasing(rng, p, start)
    order = np.lexsort((p.deal, seconds, p.day))
    order = order[recorded[order]]
    deal, offset = p.deal[order], deals.pipeline[p.deal[order]] * len(KEYS[0])
    words = stage_words()
    return c.table(
        "stage_change",
        {
            "opportunity_id": deal_ids(deals).take(pa.array(deal)),
            "changed_at": c.instants(p.day[order], seconds[order]),
            "to_stage": c.texts(words, offset + p.stage[order]),
            "from_stage": c.texts(words, np.where(start[order], -1, offset + origin[order])),
            "changed_by": c.texts(owner_ids(sellers), np.asarray(life.owner.at(deal, p.day[order]), np.int64)),
            "pipeline": c.texts(("ka", "smb"), deals.pipeline[deal]),
            "is_date_only": c.flags(np.zeros(len(deal), bool)),
            "file_order": c.integers(np.arange(len(deal))),
        },
    )


def _increasing(rng: np.random.Generator, paths: Paths, start: Flags) -> Ints:
    """Seconds within office hours; several moves of one deal on one day follow each other, three hours to each."""
    same = ~start & np.append(False, paths.day[1:] == paths.day[:-1])
    run = np.cumsum(~same)
    place = np.minimum(2, np.arange(len(run)) - np.searchsorted(run, run))
    return c.DAY_STARTS + place * 3 * 3600 + rng.integers(0, 3 * 3600, len(run))
