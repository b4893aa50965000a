"""Every page in both languages, on a small company: it draws, words are in its language, one failure is one card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics import ask, i18n
from data.errors import MvpodError
from pages import PAGES

Open = Callable[..., AppTest]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: the sample company's names are in both languages ("西南 Southwest"); they are data, whatever the language of the page
_NAME = re.compile(r"(?:[\u4e00-\u9fff]+\s)+(?=[A-Z])")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_every_page_draws_in_both_languages(open_page: Open, page: str, lang: str) -> None:
    app = open_page(page, lang=lang)
    assert [e.value for e in app.error] == []
    assert app.title[0].value == i18n.t(f"page.{page}", lang)
    assert app.caption[0].value == i18n.t(f"page.{page}.lead", lang)
    # headings and labels of controls are ours: none is left in the other language
    ours = [h.value for h in app.header] + [w.label for w in (*app.selectbox, *app.multiselect)]
    for words in ours:
        said = _NAME.sub("", words)  # names of the sample company are in both languages: 松甲 Pine A
        assert bool(_CHINESE.search(said)) == (lang == "zh"), words


@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_every_page_says_as_of_when_and_of_which_load(open_page: Open, page: str) -> None:
    view = open_page(page, lang="en").caption[1].value.replace("\\", "")
    assert "as of 30 Sep 2026" in view
    assert "1 Oct 2025 – 30 Sep 2026" in view
    assert "load 1" in view


@pytest.mark.parametrize("page", [p.key for p in PAGES])
def test_invented_data_say_so_on_every_page(open_page: Open, page: str) -> None:
    from data.demo import demo_settings

    notice = demo_settings().organisation.notice["en"].rstrip(".")
    assert any(notice in m.value.replace("\\", "") for m in open_page(page, lang="en").markdown)


def test_the_view_of_a_link_reaches_the_numbers(open_page: Open) -> None:
    whole = open_page("overview", lang="en", compare="none")
    part = open_page("overview", lang="en", compare="none", segment="KA", as_of="2026-03-31", period="2025Q4")
    assert whole.metric
    assert part.metric
    assert [m.value for m in whole.metric] != [m.value for m in part.metric]
    assert "31 Mar 2026" in part.caption[1].value
    assert "Key accounts" in part.caption[1].value


@pytest.mark.parametrize(("name", "value"), [
    ("segment", "KA' OR '1'='1"), ("team", "no such team"), ("owner", "S999"), ("as_of", "2026-02-30"),
    ("period", "2026Q9"), ("compare", "../.."), ("region", "<script>alert(1)</script>"), ("lang", "fr"),
])
def test_what_a_link_cannot_mean_is_dropped_and_changes_nothing(open_page: Open, name: str, value: str) -> None:
    plain = open_page("overview", lang="zh")
    odd = open_page("overview", **{"lang": "zh", name: value})
    assert [m.value for m in odd.metric] == [m.value for m in plain.metric]
    assert name == "lang" or name not in odd.query_params


def test_a_day_outside_the_data_becomes_the_nearest_one_inside(open_page: Open) -> None:
    assert "as of 30 Sep 2026" in open_page("overview", lang="en", as_of="2099-01-01").caption[1].value


def test_filters_offer_what_there_is_and_owners_by_name(open_page: Open) -> None:
    app = open_page("funnel", lang="en")
    owners = app.multiselect(key="url_owner")
    assert owners.options
    assert not any(re.fullmatch(r"S\d+", name) for name in owners.options)
    assert app.segmented_control(key="url_segment").options == ["All", "KA", "SMB"]


@pytest.fixture
def broken_days() -> Iterator[None]:
    """One question of the funnel page fails with an error that nobody foresaw."""
    kept = ask.Ask.flow

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret row value 4711")
    ask.Ask.flow = fail  # type: ignore[method-assign, assignment]
    yield
    ask.Ask.flow = kept  # type: ignore[method-assign]


@pytest.mark.usefixtures("broken_days")
def test_a_failed_card_shows_a_number_and_the_others_stand(open_page: Open) -> None:
    # code and id on the card, the rest renders, nothing of the error's text on the screen
    app = open_page("funnel", lang="en", segment="SMB")
    assert len(app.error) == 1
    assert re.search(r"Number for the log: [0-9a-f]{8}", app.error[0].value)
    assert "4711" not in str(app)
    assert len(app.get("plotly_chart")) >= 2


def test_a_known_error_is_its_sentence_in_the_language_of_the_viewer(open_page: Open) -> None:
    app = open_page("opportunity", lang="zh", id="no-such-opportunity")
    expected = MvpodError("E_OPPORTUNITY", found="no-such-opportunity", as_of="2026-09-30").text("zh")
    assert app.error[0].value.replace("\\", "") == expected


def test_an_empty_view_says_so_on_every_page(open_page: Open) -> None:
    app = open_page("opportunity", lang="en", q="zzzz no such name")
    assert i18n.t("state.empty", "en") in [i.value for i in app.info]


def test_an_opportunity_tells_its_story(open_page: Open) -> None:
    app = open_page("opportunity", lang="en", q="")
    chosen = str(app.dataframe[0].value["opportunity_id"].iloc[0])
    story = open_page("opportunity", lang="en", id=chosen)
    assert chosen in [c.value for c in story.caption]
    figure: Any = json.loads(story.get("plotly_chart")[0].proto.spec)
    assert figure["data"]


def test_a_chart_has_words_for_those_who_do_not_see_it(open_page: Open) -> None:
    for chart in open_page("overview", lang="en").get("plotly_chart"):
        assert chart.proto.alt


def test_the_theme_has_exactly_ten_colours_and_they_are_those_of_the_charts() -> None:
    # with fewer, Streamlit fills the rest with the word "undefined" and charts lose their colours
    import tomllib

    from analytics.charts.style import DARK, LIGHT

    config = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())
    for name, palette in (("light", LIGHT), ("dark", DARK)):
        assert config["theme"][name]["chartCategoricalColors"] == palette.colorway
        assert config["theme"][name]["backgroundColor"] == palette.background
        assert config["theme"][name]["textColor"] == palette.text


def test_own_standards_speak_by_name_in_their_unit_and_in_the_order_of_the_stages(open_page: Open) -> None:
    own = open_page("definitions", lang="zh").dataframe[-1].value
    ka = own[(own["metric"] == "转化率") & (own["segment"] == "大客户")]
    assert list(ka["stage"])[:3] == ["线索验证", "立项", "需求确定"]
    assert set(ka["figure"]) <= {"75.0%", "80.0%"}
    assert set(ka["quality"]) == {"自定目标"}, "an aim of one's own is no second-hand publication"


def test_the_configuration_lets_nothing_out_and_shows_no_traceback() -> None:
    import tomllib

    config = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableStaticServing"] is False
    assert config["server"].get("enableXsrfProtection", True)
    assert config["server"].get("enableCORS", True)
