"""A company of any size for measuring: opportunities that move through stages, week after week.

Not the sample company (`data.demo`): nothing is planted here and nothing is told; only the shape is right. All
opportunities stay in the snapshots after they close, as they do in a CRM, so `n` opportunities created evenly
over 156 weeks make about n x 78 snapshot rows: 100,000 make 8 million, 1,300,000 make 102 million. What is known
beside them (accounts, people, assessments, activities …) is made by `benchmarks.around`.
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

TEXTS = {
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
    outcome: np.ndarray  # index into OUTCOMES
    amount: np.ndarray
    amount_changed: np.ndarray
    push_days: np.ndarray
    texts: dict[str, np.ndarray]  # column -> index into its words
    account: np.ndarray  # whose it is, and who sells it, as numbers
    owner: np.ndarray
    words: dict[str, pa.Array]  # ids and names, made once: text is what costs time


OUTCOMES = ["won", "lost", "no_decision"]
STAGES = 7  # the KA pipeline; SMB uses the first five places


def make_company(n: int, settings: Settings, seed: int = 7, weeks: int = WEEKS, every: int = 7) -> Company:
    """`n` opportunities in the pipelines `ka` and `smb` of `settings`, created evenly over `weeks` weeks.

    They are the same however often a snapshot is taken: every `every` days, the last one on LAST_DAY.
    """
    rng = np.random.default_rng(seed)
    first_day = LAST_DAY - timedelta(days=7 * (weeks - 1))
    account, owner = np.arange(n) // 6, rng.integers(0, max(20, n // 400), n)
    is_ka = (rng.random(account[-1] + 1) < 0.25)[account]
    created = rng.integers(0, 7 * weeks, n)
    dwell = np.where(is_ka[:, None], rng.gamma(1.5, 16, (n, STAGES)), rng.gamma(1.5, 6, (n, STAGES)))
    advance = rng.random((n, STAGES)) < 0.78
    depth = np.argmin(np.c_[advance, np.zeros(n, bool)], axis=1)  # stages passed before leaving the pipeline
    last = np.where(is_ka, 7, 5)
    won = depth >= last
    depth = np.minimum(depth, last - 1)
    ends = np.cumsum(dwell, axis=1).astype(np.int32) + created[:, None]
    entered = np.full((n, STAGES + 1), NEVER, np.int16)
    entered[:, 0] = created
    for k in range(1, STAGES):
        entered[:, k] = np.where(depth >= k, np.minimum(ends[:, k - 1], NEVER), NEVER)
    entered[:, STAGES] = np.minimum(ends[np.arange(n), depth], NEVER)  # the closing
    return Company(
        days=np.arange(7 * (weeks - 1), -1, -every)[::-1], first_day=first_day, is_ka=is_ka, entered=entered,
        outcome=np.where(won, 0, 1 + (rng.random(n) < 0.2)), amount=np.round(rng.lognormal(11, 1, n)),
        amount_changed=created + rng.integers(5, 90, n), push_days=rng.integers(0, 3, n) * 30,
        texts={name: _texts_of(rng, name, len(values), account, owner) for name, values in TEXTS.items()},
        account=account, owner=owner,
        words={
            "opportunity_id": numbered("O", np.arange(n)),
            "account_id": numbered("A", account),
            "name": numbered("Opportunity ", np.arange(n)),
            "owner_id": numbered("S", owner),
        },
    )


def _texts_of(rng: np.random.Generator, name: str, count: int, account: np.ndarray,
              owner: np.ndarray) -> np.ndarray:
    """What comes with the account or the owner is the same for all their opportunities."""
    whose = {"team": owner, **dict.fromkeys(("ownership", "industry", "region"), account)}.get(
        name, np.arange(len(account)))
    return rng.integers(0, count, whose.max() + 1)[whose]


def snapshots(company: Company, settings: Settings) -> Iterator[tuple[date, pa.Table]]:
    """Each snapshot date with its opportunity table, in the schema of the contract."""
    for day in company.days:
        yield company.first_day + timedelta(days=int(day)), snapshot(company, settings, int(day))


def snapshot(company: Company, settings: Settings, day: int) -> pa.Table:
    """What the CRM shows on one day (counted from `first_day`); a day after the last makes one more week."""
    rows = np.flatnonzero(company.entered[:, 0] <= day)
    entered, is_ka = company.entered[rows], company.is_ka[rows]
    closed = entered[:, STAGES] <= day
    stage = (entered[:, :STAGES] <= day).sum(axis=1) - 1
    keys = [s.key for key in ("ka", "smb") for s in settings.pipeline(key).open_stages]
    place = np.where(closed, 12 + company.outcome[rows], np.where(is_ka, stage, 7 + np.minimum(stage, 4)))
    since = np.where(closed, entered[:, STAGES], entered[np.arange(len(rows)), stage])
    grown = np.where(company.amount_changed[rows] <= day, 1.1, 1.0)
    amount = pa.array(np.round(company.amount[rows] * grown)).cast(pa.decimal128(18, 2))
    values: dict[str, pa.Array] = {
        **{name: words.take(pa.array(rows)) for name, words in company.words.items()},
        "pipeline": texts_at(["smb", "ka"], is_ka.astype(np.int64)),
        "stage": texts_at([*keys, *OUTCOMES], place),
        "status": texts_at([*OUTCOMES, "open"], np.where(closed, company.outcome[rows], 3)),
        "amount": amount, "amount_base": amount,
        "currency": texts_at(["CNY"], np.zeros(len(rows), np.int64)),
        "created_on": dates_at(company, entered[:, 0]),
        "closed_on": dates_at(company, np.where(closed, entered[:, STAGES], NEVER)),
        "stage_entered_on": dates_at(company, since),
        "expected_close_on": dates_at(
            company, entered[:, 0] + 120 + company.push_days[rows] * (day - entered[:, 0] > 100)),
        "segment": texts_at(["SMB", "KA"], is_ka.astype(np.int64)),
        **{name: texts_at(TEXTS[name], codes[rows]) for name, codes in company.texts.items()},
    }
    schema = TABLES["opportunity"].schema()
    when = company.first_day + timedelta(days=day)
    values["snapshot_date"] = pa.array([when], pa.date32()).take(pa.array(np.zeros(len(rows), np.int64)))
    return pa.table([values.get(f.name, pa.nulls(len(rows), f.type)).cast(f.type) for f in schema], schema=schema)


def texts_at(words: list[str], codes: np.ndarray) -> pa.Array:
    return pa.array(words).take(pa.array(codes))


def numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.add(prefix, numbers.astype(np.int64).astype("U9")))


def dates_at(company: Company, days: np.ndarray) -> pa.Array:
    epoch = (company.first_day - date(1970, 1, 1)).days
    return pa.array((days.astype(np.int32) + epoch), pa.int32(), mask=days >= NEVER).cast(pa.date32())
