"""Charts of win rates: what does not count is hollow, the unknown is not drawn, bars add up to what they explain."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from analytics import apart, comparison, decomposition, win_comparison, win_groups
from analytics.charts import control, expected, movers, parties, reliability, shares, split, waterfall
from analytics.charts.names import Names
from data.settings import Pipeline, SegmentRule, Settings, Stage, WinRate

EVIL = '<a href="http://canary.invalid/">A</a><b>x</b>%{x}$z$'
SETTINGS = Settings(
    segments=(SegmentRule("KA"), SegmentRule(EVIL, {"en": EVIL})),
    pipelines=(Pipeline("p", stages=(Stage("lead"), Stage(EVIL, {"en": EVIL}), Stage("won", kind="won"))),),
)
NAMES = Names("en", SETTINGS)


def texts(figure) -> list[str]:
    return [a.text for a in figure.layout.annotations]


def over_time(**columns: list) -> pd.DataFrame:
    """Four quarters: the first is cut off, the last still running."""
    frame = {
        "period": ["2025Q1", "2025Q2", "2025Q3", "2025Q4"],
        "n": [20, 100, 0, 10],
        "value": [0.82, 0.3, math.nan, 0.5],
        "lower": [0.1, 0.2, math.nan, 0.1],
        "upper": [0.6, 0.5, math.nan, 0.7],
        "centre": [0.35] * 4,
        "signal": [""] * 4,
        "is_usable": [False, True, True, False],
        "is_truncated": [True, False, False, False],
        "is_complete": [True, True, True, False],
        "open_overdue": [1.0, 2.0, 3.0, 4.0],
        "with_overdue": [math.nan] * 4,
    }
    return pd.DataFrame(frame | columns)


def line_of(figure):
    return next(t for t in figure.data if t.mode == "lines+markers")


def test_a_period_that_does_not_count_is_hollow_and_an_empty_one_is_a_gap() -> None:
    figure = control.chart(over_time(), NAMES, "light")
    line = line_of(figure)
    assert list(line.y) == [0.82, 0.3, None, 0.5]
    assert line.connectgaps is False
    full, hollow = line.marker.line.color, "#FFFFFF"
    assert list(line.marker.color) == [hollow, full, full, hollow]
    assert "the data begin too late" in line.hovertext[0]
    assert "the period is not over" in line.hovertext[3]
    assert any(t.name == "Not judged" for t in figure.data)


def test_the_usual_range_is_broken_where_nothing_was_closed() -> None:
    figure = control.chart(over_time(), NAMES, "light")
    (area,) = [t for t in figure.data if t.type == "scatter" and t.fill == "toself"]
    assert list(area.x) == ["2025Q1", "2025Q2", "2025Q2", "2025Q1"]


def test_a_signal_has_a_form_of_its_own_and_none_is_drawn_where_there_is_none() -> None:
    quiet = control.chart(over_time(), NAMES, "light")
    assert not [t for t in quiet.data if getattr(t.marker, "symbol", None) == "diamond"]
    loud = control.chart(over_time(signal=["", "below", "", ""]), NAMES, "light")
    (mark,) = [t for t in loud.data if t.type == "scatter" and t.marker.symbol == "diamond"]
    assert (list(mark.x), list(mark.y)) == (["2025Q2"], [0.3])


def test_a_share_of_few_cases_is_pale_and_the_key_says_so() -> None:
    frame = pd.DataFrame({"region": ["East", "West"], "value": [0.5, 0.5], "low": [0.1, 0.4], "high": [0.9, 0.6],
                          "n": [3, 45]})
    drawn = shares.rows(frame, NAMES, "light", title=lambda row: row["region"], mark=("region",))
    few, many = drawn.data[0].marker.color
    assert (few.startswith("rgba"), many.startswith("#")) == (True, True)
    assert "n ≤ 9" in [trace.name for trace in drawn.data if trace.showlegend]


def test_the_rate_with_overdue_ones_is_drawn_only_where_it_is_known() -> None:
    def dashed(frame: pd.DataFrame) -> list:
        return [t for t in control.chart(frame, NAMES, "light").data if t.type == "scatter" and t.line.dash == "dash"]

    assert dashed(over_time()) == []
    assert list(dashed(over_time(with_overdue=[0.1, 0.2, 0.1, 0.1]))[0].y) == [0.1, 0.2, 0.1, 0.1]
    assert dashed(over_time(with_overdue=[math.nan, math.nan, math.nan, 0.1])) == [], "one point is no line"


#: the doctest of decomposition.split: both segments win more, the total falls
DEALS = pd.DataFrame(
    {"segment": ["KA", EVIL], "x_before": [20, 300], "n_before": [100, 600], "x": [84, 156], "n": [400, 300]}
)


def test_the_split_prints_both_parts_of_the_whole_with_their_signs() -> None:
    figure = split.effects(decomposition.split(DEALS, "segment"), NAMES, "light", by="segment", title=NAMES.segment)
    said = texts(figure)
    assert said[:4] == ["All", "45.7% → 34.3%", "rate +1.6 pp", "mix −13.1 pp"]
    bars = [t for t in figure.data if t.type == "bar" and not t.showlegend]
    drawn = [(t.base, list(t.x), str(t.marker.color).startswith("rgba")) for t in bars]
    rate = sum(x for _, xs, pale in drawn for x in xs[1:] if x is not None and not pale)
    mix = sum(x for _, xs, pale in drawn for x in xs[1:] if x is not None and pale)
    assert (rate, mix) == (pytest.approx(0.0164, abs=5e-5), pytest.approx(-0.1307, abs=5e-5))


def test_a_split_without_two_periods_says_so() -> None:
    assert texts(split.effects(decomposition.none("segment"), NAMES, "light", by="segment", title=str)) == [
        "Nothing to show for this choice"
    ]


def compared(us: tuple[float, float], *rivals: tuple[str, float, float], week: str = "2026-01-05") -> dict:
    """A row of the mart opportunity_week."""
    row: dict = {
        "week": pd.Timestamp(week),
        "need_us": us[0],
        "closeness_us": us[1],
        "g": None,
        "is_single_source": False,
        "is_phantom": not rivals,
        "is_stale": False,
    }
    for i, key in enumerate(("1", "2", "others")):
        name, need, near = rivals[i] if i < len(rivals) else (None, None, None)
        row |= {("others" if key == "others" else f"rival_{key}"): name, f"need_{key}": need, f"closeness_{key}": near}
    table = comparison.formula(row, WinRate())
    share = dict(zip(table["party"], table["share"], strict=True))
    row |= {
        "p_us": share["us"],
        "p": share["us"],
        "p_1": share.get("phantom", share.get(row["rival_1"])),
        "p_2": share.get(row["rival_2"]),
        "p_others": share.get(row["others"]),
    }
    return row


def test_the_waterfall_walks_from_the_old_rate_to_the_new_one() -> None:
    old, new = compared((80, 60), ("A", 70, 75)), compared((80, 72), ("A", 60, 75), (EVIL, 30, 30))
    terms = comparison.drivers(old, new, WinRate())
    figure = waterfall.drivers(
        terms,
        NAMES,
        "light",
        before=old["p"],
        after=new["p"],
        ends=("then", "now"),
        title=lambda row: NAMES.value("party", row["party"]),
    )
    bars = [t for t in figure.data if t.type == "bar"]
    assert bars[0].x[0] == pytest.approx(old["p"])
    steps = [t for t in bars if t.base is not None]
    assert len(steps) == len(terms)
    assert steps[-1].base[0] + steps[-1].x[0] == pytest.approx(new["p"])
    assert [t.x[0] for t in bars if t.base is None] == [pytest.approx(old["p"]), pytest.approx(new["p"])]


def test_an_arrow_points_the_way_the_rate_went() -> None:
    frame = pd.DataFrame(
        {
            "opportunity_id": ["o1", "o2", "o3"],
            "name": [EVIL, None, "x"],
            "rival": ["A", None, None],
            "p_before": [0.2, 0.6, math.nan],
            "p": [0.4, 0.5, 0.3],
            "delta": [0.2, -0.1, math.nan],
        }
    )
    figure = movers.chart(frame, NAMES, "dark", why=lambda row: EVIL)
    heads = {
        t.marker.symbol: list(t.x)
        for t in figure.data
        if t.type == "scatter" and str(t.marker.symbol).startswith("tri")
    }
    assert heads == {"triangle-right": [0.4], "triangle-left": [0.5]}
    assert "o2" in texts(figure)  # one without a name is called by its id


def bins(*rows: tuple[str, int, int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "source": s,
                "bin": b,
                "n": n,
                "predicted": p,
                "value": 0.5 if n else math.nan,
                "low": 0.3 if n else math.nan,
                "high": 0.7 if n else math.nan,
            }
            for s, b, n, p in rows
        ]
    )


def test_a_bin_without_cases_has_no_point_and_every_source_a_form_of_its_own() -> None:
    frame = bins(
        ("comparison", 0, 9, 0.1), ("comparison", 1, 0, math.nan), ("comparison", 2, 4, 0.5), ("crm", 4, 7, 0.9)
    )
    figure = reliability.chart(frame, NAMES, "light")
    drawn = {t.name: (list(t.x), t.marker.symbol) for t in figure.data if t.mode == "lines+markers"}
    assert drawn["Comparison with rivals"][0] == [0.1, 0.5]
    assert drawn["CRM probability"][0] == [0.9]
    assert len({form for _, form in drawn.values()}) == 2
    assert {"n 9", "n 4"} <= set(texts(figure))


def test_a_week_without_an_assessment_of_its_own_is_hollow_and_a_missing_week_a_gap() -> None:
    weeks = pd.DataFrame(
        [
            compared((80, 60), ("A", 70, 75)),
            compared((80, 60), ("A", 70, 75), week="2026-01-12"),
            compared((80, 72), (EVIL, 70, 75), week="2026-01-26"),
        ]
    )
    weeks.loc[1, "is_stale"] = True
    figure = parties.chart(win_comparison.curves(weeks), weeks, NAMES, "light")
    ours = next(t for t in figure.data if t.name == "We")
    assert [v is None for v in ours.y] == [False, False, True, False]
    assert list(ours.marker.color)[1] == "#FFFFFF"
    assert next(iter(ours.marker.color)) != "#FFFFFF"


def test_an_unassessed_rival_is_drawn_as_one_and_the_shares_add_up() -> None:
    weeks = pd.DataFrame([compared((80, 60))])
    curves = win_comparison.curves(weeks)
    assert curves["share"].tolist() == [0.5, 0.5]  # METHOD B6: knowing only ourselves gives one half at best
    assert "Unassessed rival" in [t.name for t in parties.chart(curves, weeks, NAMES, "light").data]


def test_a_group_without_a_rate_says_why_instead_of_zero() -> None:
    frame = pd.DataFrame(
        {
            "region": ["North", "South"],
            "n": [3, 40],
            "value": [math.nan, 0.5],
            "low": [math.nan, 0.3],
            "high": [math.nan, 0.7],
            "reason": ["few_closed", ""],
        }
    )
    figure = shares.rows(
        frame, NAMES, "light", title=lambda row: NAMES.value("region", row["region"]), mark=("region",)
    )
    bar = next(t for t in figure.data if t.type == "bar")
    assert list(bar.x) == [None, 0.5]
    assert "0.0%" not in texts(figure)
    assert [list(c) for c in bar.customdata] == [["North"], ["South"]]


def test_a_stage_in_which_nothing_is_compared_has_no_bar() -> None:
    row = {"pipeline": "p", "n": 9, "expected_low": 1.0, "expected_high": 3.0}
    frame = pd.DataFrame(
        [
            {**row, "stage": "lead", "compared": 4, "expected": 2.0, "promised": 1.5},
            {
                **row,
                "stage": EVIL,
                "compared": 0,
                "expected": math.nan,
                "promised": math.nan,
                "expected_low": math.nan,
                "expected_high": math.nan,
            },
        ]
    )
    figure = expected.stages(frame, NAMES, "light")
    assert [list(t.x) for t in figure.data if t.type == "bar"] == [[1.5, None], [2.0, None]]
    assert "0 of 9 compared" in texts(figure)


@pytest.mark.parametrize("theme", ["light", "dark", "export"])
def test_names_are_drawn_letter_by_letter(theme: str) -> None:
    deals = decomposition.split(DEALS, "segment")
    weeks = pd.DataFrame([compared((80, 60), (EVIL, 70, 75))])
    movers_of = pd.DataFrame(
        {"opportunity_id": ["o1"], "name": [EVIL], "rival": [EVIL], "p_before": [0.2], "p": [0.4], "delta": [0.2]}
    )
    for figure in (
        control.chart(over_time(period=[EVIL] * 4), NAMES, theme, segment=EVIL),
        split.effects(deals, NAMES, theme, by="segment", title=NAMES.segment),
        parties.chart(win_comparison.curves(weeks), weeks, NAMES, theme),
        movers.chart(movers_of, NAMES, theme, why=lambda row: EVIL),
    ):
        drawn = json.loads(figure.to_json())
        assert "<a href" not in json.dumps(
            [
                drawn["layout"].get("annotations", []),
                [{k: t.get(k) for k in ("x", "name", "text", "hovertext")} for t in drawn["data"]],
            ]
        )


# --- who differs from the others --------------------------------------------------------------------------------------


def groups(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame([{"region": r, "won": w, "n": n, "value": w / n} for r, w, n in rows])


def test_a_group_that_wins_less_than_all_others_is_named_with_both_rates() -> None:
    frame = win_groups.apart(
        groups(("North", 40, 100), ("South", 12, 100), ("East", 38, 100), ("West", 39, 100)), "region"
    )
    assert list(frame["is_apart"]) == [False, True, False, False]
    assert frame["rest"].iloc[1] == pytest.approx(0.39)
    said = win_groups.said(frame, "region", "en", what="Win rate by region")
    assert said.text == "Win rate by region differs beyond chance: South 12.0% (others 39.0%)"
    assert said.strength == "clear"


def test_a_group_is_judged_within_its_segment_and_both_of_its_segments() -> None:
    """Key accounts win less than small ones everywhere: that makes none of their teams worse. B is, among its small
    ones; who has no segment is judged with nobody."""
    rows = (("A", "KA", 20, 100), ("B", "KA", 20, 100), ("C", "KA", 20, 100), ("A", "SMB", 50, 100),
            ("B", "SMB", 20, 100), ("D", "SMB", 50, 100), ("D", "(unknown)", 90, 100))
    cells = pd.DataFrame(rows, columns=["team", "segment", "won", "n"])
    found = win_groups.apart(cells, "team")
    assert found[["team", "within"]][found["is_apart"]].values.tolist() == [["B", "SMB"]]
    said = win_groups.said(found, "team", "en", what="Win rate by team", segment={"SMB": "Small", "KA": "Key"}.get)
    assert said.text == "Win rate by team differs beyond chance: B in Small 20.0% (others there 50.0%)"
    alike = win_groups.said(win_groups.apart(cells[cells["segment"] == "KA"], "team"), "team", "en", what="Win rate")
    assert alike.text == "Win rate: none of the 3 groups differs from the others of the same segment beyond chance"
    whole = cells.groupby("team", as_index=False)[["won", "n"]].sum().assign(value=lambda f: f["won"] / f["n"])
    rest = apart.beside(whole, found, "team").set_index("team")["rest"]
    assert rest["A"] == pytest.approx((0.2 + 0.35) / 2), "what the others would have with the segments of A"
    assert rest["C"] == pytest.approx(0.2)
    assert pd.isna(rest["D"]), "of a part of it nobody knows who the others are"


def test_small_and_unknown_groups_are_not_judged() -> None:
    frame = win_groups.apart(
        groups(("North", 40, 100), ("Tiny", 0, 19), ("(unknown)", 0, 90), ("East", 42, 100)), "region"
    )
    assert not frame["is_apart"].iloc[1:3].any()
    assert frame["gap"].iloc[1:3].isna().all()
    assert win_groups.said(frame.head(1), "region", "en", what="x").strength == "too_few"


def test_where_groups_do_not_differ_seldom_one_is_said_to() -> None:
    """95 % for all groups together: in 200 companies without any difference about ten are mistaken for one with."""
    import numpy as np

    rng = np.random.default_rng(20260930)
    wrong = 0
    for _ in range(200):
        won = rng.binomial(60, 0.35, 12)
        frame = groups(*((f"r{i}", int(w), 60) for i, w in enumerate(won)))
        wrong += bool(win_groups.apart(frame, "region")["is_apart"].any())
    assert wrong <= 20
