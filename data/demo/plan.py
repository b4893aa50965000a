"""How large the sample company is, from when to when, and where its random numbers come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)


def day(when: date) -> int:
    """The number of a calendar day (days since 1970-01-01): what the simulation counts in."""
    return (when - EPOCH).days


def workday(days: Ints) -> Ints:
    """The same day, or the Monday after it where it falls on a weekend."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday; Monday = 0
    return days + np.where(weekday >= 5, 7 - weekday, 0)


def quarter_end(days: Ints) -> Ints:
    """The last day of the calendar quarter in which each day lies."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    following = (months // 3 + 1) * 3
    return following.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1


def month_end(days: Ints) -> Ints:
    """The last day of the month in which each day lies."""
    following = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1
    return following.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - 1


@dataclass(frozen=True)
class Plan:
    """Size and span of the sample company. The same plan gives the same tables, in every process."""

    seed: int
    accounts: int
    opportunities: int
    weeks: int
    end: date

    @property
    def last(self) -> int:
        """The last day, which is also the last snapshot date."""
        return day(self.end)

    @property
    def first(self) -> int:
        """The first snapshot date."""
        return self.last - 7 * (self.weeks - 1)

    @cached_property
    def snapshots(self) -> Ints:
        """The weekly snapshot dates."""
        return np.arange(self.first, self.last + 1, 7, dtype=np.int64)

    @cached_property
    def monthly(self) -> Ints:
        """The first weekly snapshot date and the last one of every month."""
        months = self.snapshots.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        last = np.append(months[1:] != months[:-1], True)
        last[0] = True
        return self.snapshots[last]

    @cached_property
    def quarterly(self) -> Ints:
        """The first weekly snapshot date and the last one of every quarter."""
        quarters = quarter_end(self.snapshots)
        last = np.append(quarters[1:] != quarters[:-1], True)
        last[0] = True
        return self.snapshots[last]

    def rng(self, subject: str) -> np.random.Generator:
        """The random numbers of one subject. Each has a stream of its own, so that more of one changes no other."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, crc32(subject.encode())])))
