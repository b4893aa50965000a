"""The forecast charts say what the figures say; what cannot be known is not drawn as zero."""

from __future__ import annotations

import pandas as pd
import pytest

from analytics.charts import forecast
from analytics.charts.names import Names
from tests.journeys import SALES

NAMES = Names("en", SALES)
NOT_KNOWN = float("nan")


def row(method: str, **changes: object) -> dict[str, object]:
    """A forecast: 10 won, 60 of the open, 30 to come."""
    return {"segment": "KA", "method": method, "won_amount": 10.0, "expected_amount": 60.0, "later_amount": 30.0,
            "value": 100.0, "low": 80.0, "high": 130.0, "won": 1, "expected": 6.0, "later": 3.0, "count": 10.0,
            "count_low": 8.0, "count_high": 13.0, "target": 150.0, **changes}  # fmt: skip


def traces(figure: object, name: str) -> list[dict[str, object]]:
    return [t for t in figure.to_dict()["data"] if t.get("name", "").startswith(name)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("measure", "parts"), [("amount", (10, 60, 30)), ("count", (1, 6, 3))])
def test_the_parts_stand_behind_each_other(measure: forecast.Measure, parts: tuple[int, ...]) -> None:
    figure = forecast.methods(pd.DataFrame([row("historical")]), NAMES, "light", measure=measure)
    names = ("Won so far", "From what is open", "Still to come")
    found = [traces(figure, name)[0] for name in names]
    assert tuple(t["x"][0] for t in found) == parts  # type: ignore[index]
    assert [t["base"][0] for t in found] == [0, parts[0], parts[0] + parts[1]]  # type: ignore[index]
    assert ["pattern" in t["marker"] for t in found] == [False, True, True]  # type: ignore[operator]


def test_a_method_that_knows_nothing_has_no_bar_and_says_so() -> None:
    unknown = dict.fromkeys(("expected_amount", "later_amount", "value", "low", "high"), NOT_KNOWN)
    figure = forecast.methods(pd.DataFrame([row("historical"), row("crm", **unknown)]), NAMES, "dark")
    assert all(t["x"][1] is None for t in traces(figure, "Won so far"))  # type: ignore[index]
    assert any("not known" in a["text"] for a in figure.to_dict()["layout"]["annotations"])


def test_the_target_stands_where_there_is_one() -> None:
    assert traces(forecast.methods(pd.DataFrame([row("historical")]), NAMES, "light"), "Target")
    without = pd.DataFrame([row("historical", target=NOT_KNOWN)])
    assert not traces(forecast.methods(without, NAMES, "light"), "Target")
    assert not traces(forecast.methods(pd.DataFrame([row("historical")]), NAMES, "light", measure="count"), "Target")


def test_the_replay_draws_the_interval_of_the_best_method_only() -> None:
    rows = [row(m, period=p, actual=11, actual_amount=110.0, error=-0.1, count_error=-0.1)
            for p in ("2026Q1", "2026Q2") for m in ("historical", "weighted")]  # fmt: skip
    figure = forecast.replay(pd.DataFrame(rows), NAMES, "light", best="historical")
    assert list(traces(figure, "Actual")[0]["y"]) == [110, 110]  # type: ignore[call-overload]
    assert traces(figure, "Own history")[0]["error_y"]["array"] == [30, 30]  # type: ignore[index]
    assert "error_y" not in traces(figure, "Stage probability")[0]
    assert "−10%" in traces(figure, "Own history")[0]["hovertext"][0]  # type: ignore[index]


def test_nothing_known_is_a_sentence_instead_of_an_empty_frame() -> None:
    nothing = pd.DataFrame()
    for figure in (forecast.methods(nothing, NAMES, "light"), forecast.replay(nothing, NAMES, "light", best="")):
        assert figure.layout.annotations[0].text == "Nothing to show for this choice"
