"""A company of any size for measuring: opportunities that move through stages, week after week.

Not the sample company (`data.demo`): nothing is planted here and nothing is told; only the shape is right. All
opportunities stay in the snapshots after they close, as they do in a CRM, so `n` opportunities created evenly
over 156 weeks make about n x 78 snapshot rows: 100,000 make 8 million, 1,300,000 make 102 million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from data.contracts import TABLES
from data.settings import Settings

NEVER = np.int16(30_000)
LAST_DAY = date(2026, 9, 30)
WEEKS = 156

_TEXTS = {
    "ownership": ["state_owned", "private", "foreign"],
    "industry": [f"Industry {i:02d}" for i in range(12)],
    "region": [f"Region {i}" for i in range(7)],
    "team": [f"Team {i:02d}" for i in range(24)],
    "type": ["new", "renewal", "resale"],
    "sales_mode": ["direct", "channel", "mixed"],
    "product_line": [f"Line {i}" for i in range(8)],
    "lead_source": ["event", "referral", "web", "tender notice"],
    "grade": ["S", "A", "B", "C"],
    "main_competitor": [f"Rival {i}" for i in range(6)],
}


@dataclass(frozen=True)
class Company:
    """Opportunities as arrays; `entered[:, k]` is the day on which stage k was entered (NEVER if it was not)."""

    days: np.ndarray  # the snapshot days, counted from `first_day`
    first_day: date
    is_ka: np.ndarray
    entered: np.ndarray
    outcome: np.ndarray  # index into _OUTCOMES
    amount: np.ndarray
    amount_changed: np.ndarray
    push_days: np.ndarray
    texts: dict[str, np.ndarray]  # column -> index into its words
    words: dict[str, pa.Array]  # ids and names, made once: text is what costs time


_OUTCOMES = ["won", "lost", "no_decision"]
_STAGES = 7  # the KA pipeline; SMB uses the first five places


def make_company(n: int, settings: Settings, seed: int = 7) -> Company:
    """`n` opportunities in the pipelines `ka` and `smb` of `settings`."""
    rng = np.random.default_rng(seed)
    first_day = LAST_DAY - timedelta(days=7 * (WEEKS - 1))
    is_ka = rng.random(n) < 0.25
    created = rng.integers(0, 7 * WEEKS, n)
    dwell = np.where(is_ka[:, None], rng.gamma(1.5, 16, (n, _STAGES)), rng.gamma(1.5, 6, (n, _STAGES)))
    advance = rng.random((n, _STAGES)) < 0.78
    depth = np.argmin(np.c_[advance, np.zeros(n, bool)], axis=1)  # stages passed before leaving the pipeline
    last = np.where(is_ka, 7, 5)
    won = depth >= last
    depth = np.minimum(depth, last - 1)
    ends = np.cumsum(dwell, axis=1).astype(np.int32) + created[:, None]
    entered = np.full((n, _STAGES + 1), NEVER, np.int16)
    entered[:, 0] = created
    for k in range(1, _STAGES):
        entered[:, k] = np.where(depth >= k, np.minimum(ends[:, k - 1], NEVER), NEVER)
    entered[:, _STAGES] = np.minimum(ends[np.arange(n), depth], NEVER)  # the closing
    return Company(
        days=np.arange(WEEKS) * 7, first_day=first_day, is_ka=is_ka, entered=entered,
        outcome=np.where(won, 0, 1 + (rng.random(n) < 0.2)), amount=np.round(rng.lognormal(11, 1, n)),
        amount_changed=created + rng.integers(5, 90, n), push_days=rng.integers(0, 3, n) * 30,
        texts={name: rng.integers(0, len(values), n) for name, values in _TEXTS.items()},
        words={
            "opportunity_id": _numbered("O", np.arange(n)),
            "account_id": _numbered("A", np.arange(n) // 6),
            "name": _numbered("Opportunity ", np.arange(n)),
            "owner_id": _numbered("S", rng.integers(0, max(20, n // 400), n)),
        },
    )


def snapshots(company: Company, settings: Settings) -> Iterator[tuple[date, pa.Table]]:
    """Each snapshot date with its opportunity table, in the schema of the contract."""
    for day in company.days:
        yield company.first_day + timedelta(days=int(day)), snapshot(company, settings, int(day))


def snapshot(company: Company, settings: Settings, day: int) -> pa.Table:
    """What the CRM shows on one day (counted from `first_day`); a day after the last makes one more week."""
    rows = np.flatnonzero(company.entered[:, 0] <= day)
    entered, is_ka = company.entered[rows], company.is_ka[rows]
    closed = entered[:, _STAGES] <= day
    stage = (entered[:, :_STAGES] <= day).sum(axis=1) - 1
    keys = [s.key for key in ("ka", "smb") for s in settings.pipeline(key).open_stages]
    place = np.where(closed, 12 + company.outcome[rows], np.where(is_ka, stage, 7 + np.minimum(stage, 4)))
    since = np.where(closed, entered[:, _STAGES], entered[np.arange(len(rows)), stage])
    grown = np.where(company.amount_changed[rows] <= day, 1.1, 1.0)
    amount = pa.array(np.round(company.amount[rows] * grown)).cast(pa.decimal128(18, 2))
    values: dict[str, pa.Array] = {
        **{name: words.take(pa.array(rows)) for name, words in company.words.items()},
        "pipeline": _texts(["smb", "ka"], is_ka.astype(np.int64)),
        "stage": _texts([*keys, *_OUTCOMES], place),
        "status": _texts([*_OUTCOMES, "open"], np.where(closed, company.outcome[rows], 3)),
        "amount": amount, "amount_base": amount,
        "currency": _texts(["CNY"], np.zeros(len(rows), np.int64)),
        "created_on": _dates(company, entered[:, 0]),
        "closed_on": _dates(company, np.where(closed, entered[:, _STAGES], NEVER)),
        "stage_entered_on": _dates(company, since),
        "expected_close_on": _dates(
            company, entered[:, 0] + 120 + company.push_days[rows] * (day - entered[:, 0] > 100)),
        "segment": _texts(["SMB", "KA"], is_ka.astype(np.int64)),
        **{name: _texts(_TEXTS[name], codes[rows]) for name, codes in company.texts.items()},
    }
    schema = TABLES["opportunity"].schema()
    when = company.first_day + timedelta(days=day)
    values["snapshot_date"] = pa.array([when], pa.date32()).take(pa.array(np.zeros(len(rows), np.int64)))
    return pa.table([values.get(f.name, pa.nulls(len(rows), f.type)).cast(f.type) for f in schema], schema=schema)


def _texts(words: list[str], codes: np.ndarray) -> pa.Array:
    return pa.array(words).take(pa.array(codes))


def _numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.add(prefix, numbers.astype(np.int64).astype("U9")))


def _dates(company: Company, days: np.ndarray) -> pa.Array:
    epoch = (company.first_day - date(1970, 1, 1)).days
    return pa.array((days.astype(np.int32) + epoch), pa.int32(), mask=days >= NEVER).cast(pa.date32())
