"""Why a number of the past reads differently today: the parts add up, and each has its right name."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analytics.ask import Ask
from analytics.cards import CARDS, Look
from analytics.export.plot import plot_of
from analytics.restatement import CAUSES, PARTS, Restated
from analytics.restatement_questions import between
from analytics.view import View
from data.engine import open_company
from data.errors import MvpodError
from data.intake.importing import apply_settings, import_paths
from data.scope import Scope
from data.settings import parse_settings
from data.storage.store import Store
from tests.journeys import CLOSINGS, Journey, asked, day, view
from tests.journeys import STEPS as LADDER

KA, SMB = {"segment": "KA"}, {"segment": "SMB"}


def told(then: Sequence[Journey], now: Sequence[Journey], key: str = "win_rate.count", *,
         scope: Scope | None = None) -> Restated:
    """The ledger of day 0 to 89 by segment, between an export of day 60 and one of day 100."""
    return between([asked(then, today=60), asked(now, today=100)], key, view(100, 0, 89, scope=scope))


def causes(found: Restated, segment: str = "KA") -> dict[tuple[str, str], tuple[float, float]]:
    """(step, cause) -> (top, bottom) of one segment."""
    rows = found.causes[found.causes["segment"] == segment].to_dict("records")
    return {(r["step"], r["cause"]): (r["top"], r["bottom"]) for r in rows}


DEAL = Journey([(0, "lead"), (40, "won")], id="d", columns=KA)
OPEN = Journey([(0, "lead")], id="d", columns=KA)
#: one opportunity as known on day 60 and on day 100, and what that is called
STORIES: Mapping[str, tuple[Sequence[Journey], Sequence[Journey], dict[tuple[str, str], tuple[float, float]]]] = {
    "closed late": ([OPEN], [DEAL], {("restated", "closed_late"): (1, 1)}),
    "closed since": ([OPEN], [replace(OPEN, steps=[(0, "lead"), (70, "lost")])], {("since", "closed"): (0, 1)}),
    "added late": ([], [DEAL], {("restated", "added"): (1, 1)}),
    "new since": ([], [replace(DEAL, steps=[(65, "lead"), (80, "lost")])], {("since", "new"): (0, 1)}),
    "deleted": ([DEAL], [], {("restated", "deleted"): (-1, -1)}),
    "reopened since": ([DEAL], [replace(DEAL, steps=[*DEAL.steps, (80, "lead")])], {("since", "reopened"): (-1, -1)}),
    "judged otherwise": ([DEAL], [replace(DEAL, steps=[(0, "lead"), (40, "lost")])],
                         {("restated", "outcome"): (-1, 0)}),
    "dated otherwise": ([replace(DEAL, steps=[(-40, "lead"), (-5, "won")])],
                        [replace(DEAL, steps=[(-40, "lead"), (5, "won")])], {("restated", "redated"): (1, 1)}),
    "another segment": ([DEAL], [replace(DEAL, columns=SMB)], {("restated", "dimension"): (-1, -1)}),
    "closed late and reopened": ([OPEN], [replace(DEAL, steps=[*DEAL.steps, (80, "lead")])],
                                 {("restated", "closed_late"): (1, 1), ("since", "reopened"): (-1, -1)}),
    "as it was": ([DEAL], [DEAL], {}),
}


@pytest.fixture(scope="module")
def all_told() -> Restated:
    """All stories in one company, each opportunity with the id of its story."""
    sides = ([replace(j, id=story) for story, both in STORIES.items() for j in both[side]] for side in (0, 1))
    return told(*sides)


@pytest.mark.parametrize("story", STORIES)
def test_what_became_of_an_opportunity_has_its_name(all_told: Restated, story: str) -> None:
    rows = all_told.ledger[(all_told.ledger["opportunity_id"] == story) & (all_told.ledger["segment"] == "KA")]
    assert {(r["step"], r["cause"]): (r["top"], r["bottom"]) for r in rows.to_dict("records")} == STORIES[story][2]


def test_who_changes_the_segment_leaves_one_and_comes_to_the_other(all_told: Restated) -> None:
    assert causes(all_told, "SMB") == {("restated", "dimension"): (1, 1)}


def test_a_changed_amount_is_told_apart_from_what_else_happened() -> None:
    # lost with 100, in truth won with 120: judged otherwise at 100, then 20 more on both sides
    found = told([replace(DEAL, steps=[(0, "lead"), (40, "lost")])], [replace(DEAL, amount=120)], "win_rate.amount")
    assert causes(found) == {("restated", "outcome"): (100, 0), ("restated", "amount"): (20, 20)}


def test_a_stock_falls_by_what_was_closed_and_is_told_in_money() -> None:
    found = told([OPEN], [DEAL], "pipeline.open")
    row = found.totals.iloc[0]
    assert (row["then"], row["now"], row["change"]) == (100, 0, -100)
    assert causes(found) == {("restated", "closed_late"): (-100, 0)}


def test_the_parts_of_a_rate_are_those_of_the_published_example() -> None:
    # 1 of 2 then, 2 of 4 now, one of them won: r = 1/2, b = 3; each by (top - r x bottom) / b
    base = [DEAL, Journey([(0, "lead"), (20, "lost")], id="x", columns=KA)]
    more = [replace(DEAL, id="y"), Journey([(0, "lead"), (30, "lost")], id="z", columns=KA)]
    found = told(base, [*base, *more])
    parts = dict(zip(found.ledger["opportunity_id"], found.ledger["part_of_change"], strict=True))
    assert parts == {"y": pytest.approx(1 / 6), "z": pytest.approx(-1 / 6)}
    assert found.totals["change"].iloc[0] == 0


def test_a_rate_that_was_unknown_has_no_parts_but_still_its_counts() -> None:
    found = told([OPEN], [DEAL])
    row = found.totals.iloc[0]
    assert math.isnan(row["then"])
    assert math.isnan(row["change"])
    assert row["reason_then"] == "nobody"
    assert found.ledger["part_of_change"].isna().all()
    assert found.ledger["top"].sum() == 1


def test_what_others_keep_from_the_viewer_stays_untold() -> None:
    mine, theirs = {"segment": "KA", "team": "East"}, {"segment": "SMB", "team": "West"}
    found = told([replace(DEAL, columns=mine)], [replace(DEAL, columns=theirs, amount=999)],
                 scope=Scope.of(team=["East"]))
    row = found.ledger.iloc[0]
    assert (row["cause"], row["top"], row["bottom"]) == ("dimension", -1, -1)
    assert row[["status_now", "stage_now", "segment_now", "amount_now"]].isna().all()
    assert set(found.totals["segment"]) == {"KA"}


def test_a_name_that_was_given_after_an_opportunity_went_to_others_is_not_told(tmp_path: Path) -> None:
    head = "opportunity_id,pipeline,stage,amount,created_on,closed_on,name,product_line\n"
    for name, line, when in (("Before", "mine", date(2026, 3, 31)), ("Secret", "theirs", date(2026, 4, 30))):
        row = f"o1,ka,won,100,2026-01-05,2026-03-02,{name},{line}\n"
        (tmp_path / "opportunity.csv").write_text(head + row, encoding="utf-8")
        import_paths([tmp_path / "opportunity.csv"], tmp_path / "store", profile="canonical", as_of=when)
    company = open_company(tmp_path / "store")
    seen = View(company.last_day, date(2026, 1, 1), date(2026, 3, 31), scope=Scope.of(product_line=["mine"]))
    found = Ask(company).restated("win_rate.count", seen, 1)
    company.close()
    assert list(found.ledger["name"]) == ["Before"]
    assert list(found.ledger["cause"]) == ["dimension"]
    assert "Secret" not in str(found)


def _history(dice: random.Random, number: int) -> Journey:
    steps = [(dice.randrange(60), "lead")]
    for _ in range(dice.randrange(5)):
        steps.append((steps[-1][0] + dice.randrange(1, 20), dice.choice([*LADDER, *CLOSINGS])))
    columns = {"segment": dice.choice(["KA", "SMB", None]), "type": dice.choice(["new", "renewal", None]),
               "sales_mode": dice.choice(["direct", "channel", None]), "expected_close_on": day(dice.randrange(120))}
    return Journey(steps, dice.choice([None, 10, 25.5, 400.25]), f"o{number}", columns)


def _corrected(dice: random.Random, journey: Journey) -> list[Journey]:
    """What a later export says of an opportunity: mostly the same, sometimes nothing or another story."""
    what = dice.randrange(8)
    if what == 0:
        return []
    if what == 1:
        return [replace(_history(dice, 0), id=journey.id)]
    if what == 2:
        return [replace(journey, amount=dice.choice([None, 99.99]), columns={**journey.columns, "segment": "KA"})]
    return [journey]


@pytest.mark.parametrize(("seed", "by"), [(0, ("segment",)), (1, ()), (2, ("month", "type"))])
def test_the_parts_always_add_up_to_the_change_of_the_metric_itself(seed: int, by: tuple[str, ...]) -> None:
    dice = random.Random(seed)
    then = [_history(dice, number) for number in range(60)]
    now = [late for journey in then for late in _corrected(dice, journey)] + [_history(dice, 100 + n) for n in range(8)]
    asks, seen = [asked(then, today=60), asked(now, today=100)], view(100, 10, 80)
    for key, parts in PARTS.items():
        found = between(asks, key, seen, by)
        keys = [c for c in found.totals.columns if c in (*by, "pipeline", "stage")]
        assert set(found.ledger["cause"]) <= set(CAUSES)
        for row in found.totals.to_dict("records"):
            _check(row, _of(found.ledger, keys, row), bool(parts.bottom), f"{key} by {by}: {row}")
            _check_causes(_of(found.causes, keys, row), _of(found.ledger, keys, row))
        _check_numbers(asks[-1].metric(key, seen, by), found.totals, keys, bool(parts.bottom))


def _of(frame: pd.DataFrame, keys: Sequence[str], row: Mapping[str, object]) -> pd.DataFrame:
    for name in keys:
        frame = frame[frame[name] == row[name]]
    return frame


def _check(row: Mapping[str, float], part: pd.DataFrame, is_rate: bool, said: str) -> None:
    for name in ("top", "bottom"):
        assert part[name].sum() == pytest.approx(row[f"{name}_now"] - row[f"{name}_then"], abs=1e-6), said
    if is_rate:
        for side in ("then", "now"):  # the number is what its parts make
            if not math.isnan(row[side]):
                assert row[side] == pytest.approx(row[f"top_{side}"] / row[f"bottom_{side}"], abs=1e-9), said
    if not math.isnan(row["change"]):
        assert part["part_of_change"].sum() == pytest.approx(row["change"], abs=1e-6), said


def _check_causes(causes: pd.DataFrame, ledger: pd.DataFrame) -> None:
    assert causes["top"].sum() == pytest.approx(ledger["top"].sum(), abs=1e-6)
    assert not causes.duplicated(["step", "cause"]).any()


def _check_numbers(metric: pd.DataFrame, totals: pd.DataFrame, keys: Sequence[str], is_rate: bool) -> None:
    both = metric.merge(totals, on=list(keys), how="left") if keys else pd.concat([metric, totals], axis="columns")
    is_nothing = both["value"].isna() & both["now"].eq(0)  # a sum of nobody
    assert not (is_rate and is_nothing.any())
    pd.testing.assert_series_equal(both["value"], both["now"].mask(is_nothing), check_names=False)


HEAD = "opportunity_id,account_id,pipeline,stage,amount,currency,owner_id,created_on,closed_on,name\n"
FIRST = HEAD + "o1,a1,ka,proposal,100,CNY,p1,2026-01-05,,Alpha\no2,a1,ka,proposal,50,CNY,p1,2026-01-06,,Beta\n"
SECOND = HEAD + "o1,a1,ka,won,100,CNY,p1,2026-01-05,2026-03-02,Alpha\no2,a1,ka,proposal,50,CNY,p1,2026-01-06,,Beta\n"
THIRD = SECOND.replace("proposal,50,CNY,p1,2026-01-06,", "lost,50,USD,p1,2026-01-06,2026-03-20")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three exports of two deals: the second was lost in March, and nobody told before April. Then the rate of the
    dollar is changed."""
    folder = tmp_path_factory.mktemp("restated")
    for text, as_of in ((FIRST, date(2026, 2, 20)), (SECOND, date(2026, 3, 31)), (THIRD, date(2026, 4, 30))):
        (folder / "opportunity.csv").write_text(text, encoding="utf-8")
        import_paths([folder / "opportunity.csv"], folder / "store", profile="canonical", as_of=as_of)
    text = Store.open(folder / "store").load(3).settings_text
    assert "USD = 7.1" in text
    apply_settings(folder / "store", parse_settings(text.replace("USD = 7.1", "USD = 8")))
    return folder / "store"


def asked_of(store: Path, load: int | None, earlier: int, key: str) -> Restated:
    company = open_company(store, load)
    try:
        seen = View(company.last_day, date(2026, 1, 1), date(2026, 3, 31))
        return Ask(company).restated(key, seen, earlier, ())
    finally:
        company.close()


def test_an_earlier_load_of_the_store_is_asked_and_names_are_told(store: Path) -> None:
    found = asked_of(store, 3, 2, "win_rate.count")
    assert (found.totals["then"].iloc[0], found.totals["now"].iloc[0]) == (1.0, 0.5)
    row = found.ledger.iloc[0]
    assert (row["name"], row["cause"], row["status_then"], row["status_now"]) == ("Beta", "closed_late", "open", "lost")
    assert (found.day_then, found.day_now) == (date(2026, 3, 31), date(2026, 4, 30))


def test_what_only_the_settings_changed_is_the_definition(store: Path) -> None:
    found = asked_of(store, 4, 3, "win_rate.amount")
    assert found.is_redefined
    assert set(found.ledger["cause"]) == {"definition"}
    assert found.ledger["bottom"].sum() == pytest.approx(50 * 0.9)
    assert found.ledger["part_of_change"].sum() == pytest.approx(found.totals["change"].iloc[0])


def test_data_and_definition_are_told_apart(store: Path) -> None:
    # under the new rate as under the old one load 2 knows of no dollars: all of it is the deal that was lost
    found = asked_of(store, 4, 2, "win_rate.amount")
    assert found.is_redefined
    assert set(found.ledger["cause"]) == {"closed_late"}
    assert found.ledger["bottom"].sum() == 400


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_card_goes_from_the_number_then_to_the_number_now(store: Path, lang: str) -> None:
    company = open_company(store, 3)
    ask, seen = Ask(company), View(company.last_day, date(2026, 1, 1), date(2026, 3, 31))
    look = Look(lang, company.settings)
    card, = CARDS["restatement.ledger"](ask, seen, look, load="2")
    plot = plot_of(card, look)
    assert plot is not None
    assert plot.lines[0].values == (1, -0.5, 0.5)
    assert "100.0%" in card.title
    assert {"en": "Closed late", "zh": "补录关闭"}[lang] in card.title
    assert ask.earlier_loads() == [(2, date(2026, 3, 31)), (1, date(2026, 2, 20))]
    unknown, = CARDS["restatement.ledger"](ask, seen, look, load="1")
    nothing, = CARDS["restatement.ledger"](ask, seen, look, metric="stage_days.median")
    assert unknown.missing
    assert nothing.missing
    company.close()


@pytest.mark.parametrize(("key", "earlier", "code"), [
    ("stage_days.median", 1, "E_RESTATED_METRIC"), ("win_rate.count", 5, "E_RESTATED_LOAD"),
    ("win_rate.count", 0, "E_STORE_LOAD"), ("nonsense", 1, "E_METRIC")])
def test_what_cannot_be_told_is_refused_by_name(store: Path, key: str, earlier: int, code: str) -> None:
    with pytest.raises(MvpodError) as refused:
        asked_of(store, None, earlier, key)
    assert refused.value.code == code
