"""The value board: what a tile claims of a change, what the sentence of a line says, and what the baseline is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from analytics import findings_value as say
from analytics import format as fmt
from analytics import headline
from analytics.ask import Ask
from analytics.charts import mix as chart
from analytics.charts.names import Names
from analytics.metrics.registry import get
from analytics.statistics.intervals import difference, wilson
from data.errors import MvpodError
from data.settings import Value
from tests.journeys import SALES, Journey, asked, day, view

LANGS = pytest.mark.parametrize("lang", ["en", "zh"])


def tile(key: str, now: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """A tile from two rows."""
    return headline.tile(get(key), {"reason": "", **now}, {"reason": "", **before})


def share(x: int, n: int) -> dict[str, Any]:
    """A row of a win rate."""
    found = wilson(x, n)
    return {"n": n, "won": x, "value": found.value, "low": found.low, "high": found.high}


def test_a_share_of_counts_changes_within_newcombes_limits() -> None:
    found, expected = tile("win_rate.count", share(56, 70), share(48, 80)), difference(56, 70, 48, 80)
    assert (found["change"], found["change_low"], found["change_high"]) == pytest.approx(tuple(vars(expected).values()))
    assert (found["is_real"], found["is_good"]) == (True, True)
    assert found["is_claimed"] is False, "real at 95 %, not at the level of titles"


def test_limits_of_other_values_give_the_same_change_as_newcombe_from_wilson() -> None:
    """MOVER is Newcombe's way: a share without its count must come to the same limits."""
    rows = [{k: v for k, v in share(*of).items() if k != "won"} for of in ((56, 70), (48, 80))]
    found, expected = tile("value.repeat_share", *rows), difference(56, 70, 48, 80)
    assert (found["change_low"], found["change_high"]) == pytest.approx((expected.low, expected.high))


def test_a_change_without_limits_is_neither_real_nor_chance() -> None:
    found = tile("value.velocity", {"n": 5, "value": 120.0}, {"n": 5, "value": 100.0})
    assert (found["change"], found["is_real"], found["is_claimed"], found["is_good"]) == (20, None, None, True)
    unknown = tile("value.velocity", {"n": 5, "value": None, "reason": "few_won"}, {"n": 5, "value": 1.0})
    assert unknown["change"] is None


def test_more_conflict_is_worse_and_another_partner_share_is_neither() -> None:
    now, before = ({**share(x, 100), "events": x} for x in (60, 20))
    assert tile("value.channel_conflict", now, before)["is_good"] is False
    assert tile("value.partner_share", now, before)["is_good"] is None


def line(rows: list[dict[str, Any]], lang: str) -> say.Finding:
    """The sentence of the order line, numbers written as shares."""
    return say.line("order", rows, lang, name=lambda r: r["name"], value=lambda r, v: fmt.rate(v),
                    change=lambda r: fmt.points(r["change"], lang))


def row(name: str, now: tuple[int, int], before: tuple[int, int], **more: Any) -> dict[str, Any]:
    """A tile of a win rate under a name."""
    return {**tile("win_rate.count", share(*now), share(*before)), "name": name, **more}


@LANGS
def test_a_line_names_what_got_worse_first_and_what_chance_explains_not_at_all(lang: str) -> None:
    rows = [row("A", (90, 100), (50, 100)), row("B", (20, 100), (60, 100)), row("C", (52, 100), (50, 100))]
    said = line(rows, lang)
    assert said.strength == "clear"
    assert said.text.index("B 20.0%") < said.text.index("A 90.0%")
    assert "60.0%" in said.text
    assert "C " not in said.text


@LANGS
def test_a_line_without_a_clear_change_says_how_it_stands(lang: str) -> None:
    said = line([row("A", (52, 100), (50, 100))], lang)
    assert (said.strength, "A 52.0%" in said.text, "50.0%" in said.text) == ("unclear", True, False)
    alone = line([{**row("A", (52, 100), (50, 100)), "change": None, "is_claimed": None}], lang)
    assert alone.text.startswith("A 52.0%"), "nothing is said of changes where there is nothing to compare with"
    missing = line([{**row("A", (52, 100), (50, 100)), "value": None, "reason": "nothing_closed"}], lang)
    assert missing.strength == "nothing"


def test_what_a_tile_calls_beyond_chance_is_not_denied_above_it() -> None:
    small = {**row("A", (560, 1000), (500, 1000)), "is_real": True, "is_claimed": False}
    assert line([small], "en").text == "No change is large and certain enough to name here. A 56.0%."
    assert line([{**small, "is_real": False}], "en").text.startswith("No change beyond chance.")


@LANGS
def test_the_title_of_win_rates_says_since_when_it_was_looked(lang: str) -> None:
    def found(change: float, is_real: bool) -> say.Finding:
        whole = {"dimension": "", "since": "2026Q2", "rate_before": 0.4, "rate_after": 0.4 + change, "change": change,
                 "won_before": 40, "n_before": 100, "won_after": 30, "n_after": 100, "is_real": is_real}
        return say.wins(pd.DataFrame([whole]), lang, who="KA", first="2025Q3")
    assert [found(-0.1, True).strength, found(-0.1, False).strength] == ["clear", "unclear"]
    fell, rose, steady = (f.text for f in (found(-0.1, True), found(0.1, True), found(-0.1, False)))
    assert ("down from 40.0%" in fell, "up from 40.0%" in rose) == (lang == "en", lang == "en")
    assert ("降至 30.0%" in fell, "升至 50.0%" in rose) == (lang == "zh", lang == "zh")
    assert "35.0%" in steady
    assert ("since Q3 2025" in steady) if lang == "en" else ("自2025年第3季度起" in steady)
    assert say.wins(pd.DataFrame(), lang, who="KA", first="").strength == "too_few"


def test_a_large_change_that_cannot_be_tested_is_told_as_such_and_a_tiny_certain_one_is_not() -> None:
    untested = {**row("A", (30, 100), (60, 100)), "is_claimed": None}
    assert "Large changes, not tested against chance: A 30.0%, was 60.0%" in line([untested], "en").text
    tiny = {**row("B", (56, 100), (60, 100)), "is_claimed": True}
    assert "Worse" not in line([tiny], "en").text


def test_what_got_worse_is_not_told_again_as_a_missed_standard() -> None:
    both = {**row("A", (20, 100), (60, 100)), "is_missed": True, "target": 0.59}
    assert "standard" not in line([both], "en").text


def test_a_standard_is_missed_only_where_the_interval_does_not_hold_it() -> None:
    now = {"reason": "", **share(20, 100)}
    missed = headline.tile(get("win_rate.count"), now, standard={"target": 0.4, "status": "red", "is_clear": True})
    close = headline.tile(get("win_rate.count"), now, standard={"target": 0.25, "status": "amber", "is_clear": False})
    assert (missed["is_missed"], close["is_missed"]) == (True, False)
    assert "should be 40.0%" in line([{**missed, "name": "A"}], "en").text
    assert "should be" not in line([{**close, "name": "A"}], "en").text


@LANGS
def test_the_baseline_counts_only_what_chance_does_not_explain(lang: str) -> None:
    rows = pd.DataFrame([row("A", (90, 100), (50, 100)), row("B", (20, 100), (60, 100)), row("C", (52, 100), (50, 100)),
                         {**row("D", (52, 100), (50, 100)), "value": None, "change": None}]).assign(baseline="2024")
    said = say.baseline(rows, lang)
    expected = {"en": "Against 2024: 1 of 3 indicators are better and 1 worse", "zh": "3 个指标中 1 个改善、1 个变差"}
    assert (said.strength, expected[lang] in said.text) == ("clear", True)
    assert say.baseline(rows[:0], lang).strength == "nothing"


def _weekly(count: int) -> list[Journey]:
    """One opportunity a week, closed after ten days, every second won."""
    return [Journey([(7 * i, "lead"), (7 * i + 10, "won" if i % 2 else "lost")]) for i in range(count)]


def test_the_baseline_is_the_first_year_with_all_its_closings() -> None:
    ask = asked(_weekly(150), today=1065)  # from 2026-01-01 to the end of November 2028
    found = ask.baseline(view(1065, 900, 1065))
    assert found is not None
    assert found.name == "2027", "of 2026 the closings of what began in 2025 are missing"
    assert ask.baseline(view(1065, 400, 1065)) is None, "2027 is not over before the period begins"
    named = Ask(replace(ask.company, settings=replace(SALES, value=Value("2026Q3"))))
    rows = named.value_baseline(view(1065, 900, 1065)).set_index("key")
    assert rows["baseline"].unique().tolist() == ["2026Q3"]
    quarter = ask.metric("win_rate.count", view(1065, (day(0).replace(month=7) - day(0)).days, 272)).iloc[0]
    assert rows.loc["win_rate.count", ["other_value", "other_n"]].tolist() == [quarter["value"], quarter["n"]]


def test_a_baseline_that_nobody_can_read_is_refused() -> None:
    ask = asked(_weekly(5))
    with pytest.raises(MvpodError) as caught:
        Ask(replace(ask.company, settings=replace(SALES, value=Value("last year")))).baseline(view(300))
    assert caught.value.code == "E_PERIOD"


def test_every_tile_says_the_same_as_its_metric_asked_alone() -> None:
    ask = asked([*_weekly(60), *(Journey([(5 * i, "lead")], columns={"segment": "KA"}) for i in range(20))], today=430)
    shown = view(430, 250, 430, compare="previous")
    other = ask.compared(shown)
    assert other is not None
    tiles = ask.headline(shown).set_index("key")
    for key in headline.TILES:
        now, was = (ask.metric(key, of).iloc[0] for of in (shown, other))
        assert (tiles.loc[key, "reason"], tiles.loc[key, "n"]) == (now["reason"], now["n"]), key
        for found, wanted in ((tiles.loc[key, "value"], now["value"]), (tiles.loc[key, "other_value"], was["value"])):
            assert (pd.isna(found) and pd.isna(wanted)) or found == pytest.approx(wanted), key


def test_the_quarter_to_come_is_held_against_what_is_needed_whatever_the_period() -> None:
    """Twenty open ones are due on day 440; day 430 lies in 2027Q1."""
    due = {"segment": "KA", "expected_close_on": day(440)}
    ask = asked([*_weekly(60), *(Journey([(5 * i, "lead")], columns=due) for i in range(20))], today=430)
    for shown in (view(430, 250, 430, compare="previous"), view(430)):
        tiles = ask.headline_ahead(shown).set_index("key").loc[list(headline.AHEAD)]
        assert set(tiles["ahead"]) == {"2027Q1"}
        assert tiles["change"].isna().all()
        covered = ask.target_coverage(shown, (), quarters=1).iloc[0]
        assert (tiles.loc["pipeline.coverage", "n"], covered["n"]) == (20, 20)
        assert (tiles.loc["pipeline.coverage", "reason"], covered["reason"]) == ("no_target", "no_target")
        assert tiles.loc["pipeline.coverage", "target"] == pytest.approx(covered["needed"])
        foreseen = ask.metric("forecast.historical", shown).iloc[0]
        assert tiles.loc["forecast.historical", ["n", "reason"]].tolist() == foreseen[["n", "reason"]].tolist()
        assert pd.isna(tiles.loc["forecast.historical", "target"]), "no target is set"


def test_each_bar_of_the_mix_is_a_hundred_percent_and_an_unknown_one_is_no_bar() -> None:
    frame = pd.DataFrame([("North", "direct", 30, 40, 0.75, ""), ("North", "mixed", 0, 40, 0.0, ""),
                          ("North", "channel", 10, 40, 0.25, ""), ("South", "direct", 1, 1, None, "no_amounts"),
                          ("South", "mixed", 0, 1, None, "no_amounts"), ("South", "channel", 0, 1, None, "no_amounts")],
                         columns=["region", "sales_mode", "n", "n_all", "value", "reason"])
    figure = chart.bars_of_100(frame, Names("en", SALES), "light", by="region", part="sales_mode",
                               parts=("direct", "mixed", "channel"), title=str)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.x[0] for bar in bars] == [0.75, 0.0, 0.25]
    assert [bar.base[0] for bar in bars] == [0.0, 0.75, 0.75]
    assert [bar.x[1] for bar in bars] == [None, None, None]
    written = [note.text for note in figure.layout.annotations]
    assert {"n 40", "n 1", "75%", "25%"} <= set(written)
    few = chart.bars_of_100(frame.assign(n_all=3), Names("en", SALES), "light", by="region", part="sales_mode",
                            parts=("direct", "mixed", "channel"), title=str)
    assert few.data[0].width[0] < bars[0].width[0], "three cases are drawn thinner than forty"
    empty = chart.bars_of_100(frame[:0], Names("zh", SALES), "dark", by="region", part="sales_mode", parts=(),
                              title=str)
    assert len(empty.layout.annotations) == 1


@LANGS
def test_a_region_is_named_only_if_it_stands_apart_from_every_other(lang: str) -> None:
    mixed = pd.DataFrame({"sales_mode": ["direct", "channel"], "amount": [60.0, 40.0], "n": [60, 40]})
    shares = pd.DataFrame({"region": ["North", "South"], "n": [50, 50], "value": [0.8, 0.1], "low": [0.6, 0.05],
                           "high": [0.9, 0.2]})
    apart = say.mixed(mixed, shares, lang, what="KA", by="region")
    assert (apart.strength, "North" in apart.text, "South" in apart.text) == ("clear", True, False)
    touching = say.mixed(mixed, shares.assign(high=[0.9, 0.65]), lang, what="KA", by="region")
    assert touching.strength == "unclear"
    assert say.mixed(mixed, shares.assign(n=3), lang, what="KA", by="region").strength == "too_few"
    assert say.mixed(mixed[:0], shares[:0], lang, what="KA", by="region").strength == "nothing"
