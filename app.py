"""The browser's door: settings, identity, scope, navigation, filter bar, and then the page's `render(view)`.

`streamlit run app.py` starts it (`mvpod serve` does). A deep link that is the first request to a fresh server makes
Streamlit run the file in pages/ instead of this one; each page therefore ends by calling `main()`, so that everybody
comes in here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from analytics.i18n import t as text
from data.errors import LANGUAGES, MvpodError
from data.scope import Scope
from pages import PAGES, Page
from pages._parts import browser, cache, context, filter_bar, heading, states, view_state
from pages._parts.context import Context, t

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """One run of the script: everything that stands on the screen."""
    st.set_page_config(page_title="MVPOD", page_icon=str(ROOT / "pages" / "_parts" / "icon.svg"), layout="wide")
    view_state.take_url()
    store = store_path()
    try:
        load_id = published(store)
        company = cache.company(str(store), load_id)
    except MvpodError as error:
        st.error(error.text(language_before_settings()))
        st.stop()
    lang = filter_bar.choose_language(company.settings.organisation.language)
    context.enter(Context(str(store), load_id, lang, theme(), viewer_scope(), company.settings))
    page = navigation()
    asked = cache.ask()
    view = filter_bar.filter_bar((company.first_day, company.last_day), asked.options, cache.owner_names())
    wished = filter_bar.look_and_language()
    browser.frame(lang, wished, context.theme(), ["", *[p.key for p in PAGES]])
    heading.heading(page, view)
    with states.guard(page.key):
        page.render(view)
    view_state.give_url()


def store_path() -> Path:
    """Where the data lie: MVPOD_STORE, or data/store beside this file."""
    return Path(os.environ.get("MVPOD_STORE") or ROOT / "data" / "store").resolve()


def viewer_scope() -> Scope:
    """Whose rows may be seen. Without a login the dashboard listens on this machine only and its user sees all rows."""
    return Scope.everything()


def theme() -> str:
    """Light or dark, as the browser shows it (light where nobody says)."""
    found = st.context.theme.type
    return "dark" if found == "dark" else "light"


def published(store: Path) -> int:
    """Id of the load that is shown. An empty store is filled with the sample company first, in sight of the viewer."""
    load = cache.current_load(store)
    if load is None:
        lang = language_before_settings()
        with st.status(text("start.building", lang), expanded=True) as status:
            bar = st.progress(0.0)
            cache.build_sample(store, lambda done, _what="": bar.progress(min(max(float(done), 0.0), 1.0)))
            status.update(label=text("start.built", lang), state="complete")
        st.rerun()
    return int(load.load_id)


def language_before_settings() -> str:
    """The language as long as no settings are known: the URL's, else the browser's."""
    browser_language = "zh" if str(st.context.locale or "").startswith("zh") else "en"
    return view_state.one("lang", LANGUAGES, browser_language)


def navigation() -> Page:
    """Draw the navigation in the chosen language; gives the page that was asked for."""
    asked: list[Page] = []
    groups: dict[str, list[st.Page]] = {}
    links = {}
    for number, page in enumerate(PAGES):
        links[page.key] = st.Page(_opener(page, asked), title=t(f"page.{page.key}"),
                                  url_path="home" if number == 0 else page.key, default=number == 0)
        groups.setdefault("" if page.group == PAGES[0].group else t(f"group.{page.group}"), []).append(links[page.key])
    first = PAGES[0]  # it stands at the root of the site; its own name leads to it as well
    groups[""].append(st.Page(_opener(first, asked), title=t(f"page.{first.key}"), url_path=first.key, visibility="hidden"))
    st.session_state["nav_pages"] = links
    st.navigation(groups, position="top").run()
    return asked[0]


def _opener(page: Page, asked: list[Page]) -> Callable[[], None]:
    """What the navigation runs: it only notes which page was asked for, so that the view can be drawn before it."""
    def note() -> None:
        asked.append(page)
    note.__name__ = page.key
    return note


if __name__ == "__main__":
    main()
