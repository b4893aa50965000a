"""Where a group that fell loses more than before: shares are those of a naive count, chance names nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import findings_win as say
from analytics import win_losses
from analytics.findings import Finding
from analytics.metrics.frames import ladder
from tests.journeys import SALES, Journey, asked, view

STEPS = ladder(SALES)


def closed(*rows: tuple[bool, str, int, str, int]) -> pd.DataFrame:
    """Rows as data/sql/losses.sql gives them, from (is_after, rival, furthest stage, outcome, how many)."""
    frame = pd.DataFrame(rows, columns=["is_after", "main_competitor", "highest_order", "outcome", "n"])
    won, lost = (frame["n"].where(frame["outcome"] == kind, 0) for kind in ("won", "lost"))
    return frame.assign(pipeline="sales", won=won, lost=lost).drop(columns=["outcome", "n"])


def found(counts: pd.DataFrame, name: str) -> pd.Series:
    """The row of one rival or stage."""
    frame = win_losses.compare(counts, counts, STEPS)
    return frame[frame["name"] == name].iloc[0]


def test_the_rival_who_takes_over_is_found_with_his_share_of_the_losses() -> None:
    counts = closed((False, "Alpha", 2, "lost", 20), (False, "Beta", 2, "lost", 60), (False, "Alpha", 3, "won", 50),
                    (True, "Alpha", 2, "lost", 70), (True, "Beta", 2, "lost", 10), (True, "(unknown)", 2, "lost", 9))
    row = found(counts, "Alpha")
    assert (row["lost_before"], row["of_before"], row["lost"], row["of"]) == (20, 80, 70, 80)
    assert row["is_real"]
    assert not found(counts, "Beta")["is_real"]  # a smaller share than before is no place of losses


def test_the_stage_in_which_more_are_lost_is_found_among_those_that_came_there() -> None:
    """Of 200 that came to the meeting 20 were lost there, then 60; a won one passed every stage."""
    counts = closed((False, "A", 1, "lost", 100), (False, "A", 2, "lost", 20), (False, "A", 3, "won", 180),
                    (True, "A", 1, "lost", 100), (True, "A", 2, "lost", 60), (True, "A", 3, "won", 140))
    row = found(counts, "meeting")
    assert (row["lost_before"], row["of_before"], row["lost"], row["of"]) == (20, 200, 60, 200)
    assert row["is_real"]
    # the pooled score test: 0.2 / sqrt(0.2 · 0.8 · 2/200) = 5
    assert row["z"] == pytest.approx(0.2 / np.sqrt(0.2 * 0.8 * 2 / 200))
    assert (found(counts, "lead")["lost"], found(counts, "lead")["of"]) == (100, 300)


def test_a_rival_met_only_since_had_none_of_the_losses_before() -> None:
    counts = closed((False, "Beta", 1, "lost", 50), (True, "Beta", 1, "lost", 30), (True, "New", 1, "lost", 30))
    row = found(counts, "New")
    assert (row["share_before"], row["share"], row["is_real"]) == (0.0, 0.5, True)


def test_a_rival_who_takes_over_everybody_is_no_groups_own() -> None:
    """Alpha's share of the losses goes from a quarter to a half, here as elsewhere: real, but not apart."""
    group = closed((False, "Alpha", 2, "lost", 20), (False, "Beta", 2, "lost", 60),
                   (True, "Alpha", 2, "lost", 40), (True, "Beta", 2, "lost", 40))
    rest = [closed((is_after, rival, 2, "lost", n)) for is_after, rival, n in (
        (False, "Alpha", 200), (False, "Beta", 600), (True, "Alpha", 400), (True, "Beta", 400))]
    row = win_losses.compare(group, pd.concat([group, *rest]), STEPS).iloc[0]
    assert (row["name"], row["is_real"], row["is_apart"]) == ("Alpha", True, False)
    rest[2:] = [closed((True, "Alpha", 2, "lost", 200)), closed((True, "Beta", 2, "lost", 600))]
    row = win_losses.compare(group, pd.concat([group, *rest]), STEPS).iloc[0]
    assert (row["name"], row["is_apart"]) == ("Alpha", True)


def test_what_the_others_lost_to_rivals_whom_the_group_never_meets_counts_as_their_losses() -> None:
    """Of all that the others lose, one in a hundred goes to Alpha, then as now, and most to Gamma: the rise in the
    group is its own, although the others lose more to Alpha than to Beta just as it does."""
    group = closed((False, "Alpha", 2, "lost", 40), (False, "Beta", 2, "lost", 160),
                   (True, "Alpha", 2, "lost", 100), (True, "Beta", 2, "lost", 100))
    rest = closed((False, "Alpha", 2, "lost", 40), (False, "Beta", 2, "lost", 160), (False, "Gamma", 2, "lost", 3000),
                  (True, "Alpha", 2, "lost", 100), (True, "Beta", 2, "lost", 100), (True, "Gamma", 2, "lost", 9000))
    alpha = win_losses.compare(group, pd.concat([group, rest]), STEPS).iloc[0]
    assert (alpha["name"], alpha["is_real"], alpha["is_apart"]) == ("Alpha", True, True)
    few = rest[rest["main_competitor"] != "Gamma"]
    assert not win_losses.compare(group, pd.concat([group, few]), STEPS).iloc[0]["is_apart"], "they rose alike"


def test_losses_dealt_out_by_chance_are_nobodys() -> None:
    draw, wrong = np.random.default_rng(5), 0
    for _ in range(40):  # wanted: 5 %; more than five of forty has probability 1 %
        rows = [(bool(a), f"R{r}", int(s), "won" if w else "lost", 1)
                for a, r, s, w in zip(draw.integers(0, 2, 400), draw.integers(0, 5, 400), draw.integers(1, 4, 400),
                                      draw.random(400) < 0.3, strict=True)]
        wrong += bool(win_losses.compare(closed(*rows), closed(*rows), STEPS)["is_real"].any())
    assert wrong <= 5


def test_without_rivals_and_losses_nothing_is_tried() -> None:
    counts = closed((False, "(unknown)", 3, "won", 9), (True, "(unknown)", 3, "won", 9))
    frame = win_losses.compare(counts, counts, STEPS)
    assert list(frame["kind"].unique()) == ["stage"]
    assert frame["p_adjusted"].isna().all()
    assert not frame["is_real"].any()


def test_a_region_that_falls_is_asked_where_it_loses_and_its_neighbours_are_not() -> None:
    def deals(region: str, rival: str, first: int, won: int, lost: int) -> list[Journey]:
        kinds = ["won"] * won + ["lost"] * lost
        return [Journey([(first, "lead"), (first + 1, "meeting"), (first + 30 + i % 50, kind)],
                        id=f"{region}{first}{i}", columns={"region": region, "main_competitor": rival})
                for i, kind in enumerate(kinds)]

    company = asked([
        *(d for q in (0, 90) for d in deals("West", "Beta", q, 40, 40)), *deals("West", "Alpha", 181, 4, 76),
        *(d for q in (0, 90, 181) for d in deals("East", "Beta", q, 80, 80))])
    year = view(364)
    assert company.win_shifts(year, count=4).query("is_real and dimension == 'region'")["value"].tolist() == ["West"]
    lost = company.win_losses(year, count=4)
    west = lost[(lost["value"] == "West") & (lost["kind"] == "rival") & lost["is_real"]].iloc[0]
    assert (west["name"], west["lost"], west["of"], west["share_before"]) == ("Alpha", 76, 76, 0.0)
    assert "East" not in set(lost["value"])


@pytest.mark.parametrize(("lang", "words"), [
    ("en", "West wins less; Alpha was the main competitor in 87.5% of its losses since then, 25.0% before"),
    ("zh", "West wins less；此后输单中主要对手为“Alpha”的占 87.5%，此前 25.0%"),
])
def test_the_sentence_names_the_rival_only_where_chance_does_not_explain_it(lang: str, words: str) -> None:
    counts = closed((False, "Alpha", 2, "lost", 20), (False, "Beta", 2, "lost", 60),
                    (True, "Alpha", 2, "lost", 70), (True, "Beta", 2, "lost", 10))
    fell = Finding("West wins less", "clear")
    rows = win_losses.compare(counts, counts, STEPS)
    assert say.where_lost(fell, rows, lang, stage=lambda _, name: name).text == words
    assert say.where_lost(fell, rows.assign(is_real=False), lang, stage=lambda _, name: name) == fell
