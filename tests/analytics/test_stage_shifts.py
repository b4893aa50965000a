"""A stage that has become slower is named, with when and by how much; noise is not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics.stage_shifts import shifts

QUARTERS = ["2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2"]


def visits(seed: int, slower_since: str = "", factor: float = 1.0) -> pd.DataFrame:
    """60 visits a quarter to each of three stages, exponential with a mean of 20 days; one in ten is still there."""
    rng = np.random.default_rng(seed)
    parts = []
    for stage in ("lead", "quote", "signing"):
        for quarter in QUARTERS:
            mean = 20 * (factor if stage == "quote" and slower_since and quarter >= slower_since else 1)
            parts.append(pd.DataFrame({
                "stage": stage, "quarter": quarter, "days": rng.exponential(mean, 60).astype(int),
                "outcome": np.where(rng.random(60) < 0.1, None, "advance")}))
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(pipeline="smb", segment="SMB", n=1, is_entry_known=True)


def test_the_slower_stage_is_named_with_the_quarter_and_both_medians() -> None:
    found = shifts(visits(1, "2026Q1", 2.0), QUARTERS)
    first = found.iloc[0]
    assert (first["stage"], first["since"], first["is_real"], first["is_longer"]) == ("quote", "2026Q1", True, True)
    assert 10 <= first["before"] <= 18 <= first["after"]
    assert (first["n_before"], first["n_after"]) == (240, 120)
    assert not found.iloc[1:]["is_real"].any()
    assert first["tests"] == 3 * 5


def test_where_nothing_changed_nothing_is_claimed() -> None:
    claims = [seed for seed in range(30) if shifts(visits(seed), QUARTERS)["is_real"].any()]
    assert len(claims) <= 1


def test_too_few_visits_are_not_tested() -> None:
    assert shifts(visits(1), QUARTERS, minimum=1000).empty


def test_the_order_of_the_visits_does_not_matter() -> None:
    told = visits(1)
    others = told.sample(frac=1, random_state=3)
    assert (shifts(told, QUARTERS)["p_adjusted"] == 1).sum() > 1, "ties"
    pd.testing.assert_frame_equal(shifts(told, QUARTERS), shifts(others, QUARTERS))
