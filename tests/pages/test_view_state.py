"""The URL carries the view: what it says is adopted, what it cannot mean leaves it, what is default is not in it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _script() -> None:
    import streamlit as st

    from pages._parts import view_state

    view_state.take_url()
    lang = view_state.choose("lang", "Language", ["en", "zh"], "", {"en": "English", "zh": "中文"})
    words = {"en": {"a": "Apple", "b": "Pear"}, "zh": {"a": "苹果", "b": "梨"}}[lang or "en"]
    fruit = view_state.choose("fruit", "Fruit", ["a", "b"], "a", words)
    many = view_state.choose_some("many", "Many", ["x", "y"], {"x": "X!", "y": "Y!"})
    text = view_state.write("q", "Search")
    view_state.give_url()
    st.text(f"{lang}|{fruit}|{','.join(many)}|{text}")


def _open(**params: str | list[str]) -> AppTest:
    app = AppTest.from_function(_script)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def _shown(app: AppTest) -> str:
    return str(app.text[0].value)


def test_a_link_is_adopted_by_keys() -> None:
    app = _open(lang="zh", fruit="b", many=["y", "x"], q="北方")
    assert _shown(app) == "zh|b|x,y|北方"
    assert app.selectbox(key="url_fruit").value == "b"


def test_what_the_url_cannot_mean_leaves_it_quietly() -> None:
    app = _open(lang="zh", fruit="zebra", many=["x", "' OR '1'='1"], nonsense="1", q="a")
    assert _shown(app) == "zh|a|x|a"
    assert app.query_params == {"lang": "zh", "many": "x", "q": "a"}


def test_a_default_is_not_written_into_the_url() -> None:
    app = _open(lang="en", fruit="b")
    app.selectbox(key="url_fruit").select("a").run()
    assert app.query_params == {"lang": "en"}


def test_a_choice_goes_into_the_url_as_its_key_not_as_its_label() -> None:
    app = _open(lang="zh")
    app.selectbox(key="url_fruit").select("b").run()
    app.multiselect(key="url_many").select("y").run()
    assert _shown(app) == "zh|b|y|"
    assert app.query_params == {"fruit": "b", "lang": "zh", "many": "y"}


def test_changing_the_language_keeps_every_other_choice() -> None:
    app = _open(lang="zh", fruit="b", many=["y"])
    app.selectbox(key="url_lang").select("en").run()
    assert _shown(app) == "en|b|y|"


def test_a_link_followed_in_a_running_session_wins_over_the_controls() -> None:
    app = _open(lang="zh", fruit="b")
    app.query_params.clear()
    app.query_params["lang"] = "en"
    app.run()
    assert _shown(app) == "en|a||"


def test_a_page_change_drops_the_parameters_but_not_the_view() -> None:
    # the navigation of the browser opens the bare path of a page
    app = _open(lang="zh", fruit="b", many=["x"])
    app.query_params.clear()
    app.run()
    assert _shown(app) == "zh|b|x|"
    assert app.query_params == {"fruit": "b", "lang": "zh", "many": "x"}


@pytest.mark.parametrize("value", ["", "x" * 10_000, "\x00", "../../etc/passwd", "<script>"])
def test_strange_values_do_no_harm(value: str) -> None:
    assert _shown(_open(lang="en", fruit=value, many=[value] * 600)) == "en|a||"
