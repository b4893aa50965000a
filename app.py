"""The browser's door: settings, identity, scope, navigation, filter bar, and then the page's `render(view)`.

`streamlit run app.py` starts it (`mvpod serve` does). A deep link that is the first request to a fresh server makes
Streamlit run the file in pages/ instead of this one; each page therefore ends by calling `main()`, so that everybody
comes in here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from analytics.charts.style import Theme
from analytics.i18n import t as text
from data.errors import LANGUAGES, MvpodError
from data.sample import finish, sample_store, store_path
from data.scope import Scope
from data.settings import Settings
from data.storage.store import Load
from pages import PAGES, Page
from pages._parts import browser, cache, context, filter_bar, heading, states, turns, view_state
from pages._parts.context import Context, t
from pages._parts.escape import md_escape

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """One run of the script: everything that stands on the screen."""
    st.set_page_config(page_title="MVPOD", page_icon=str(ROOT / "pages" / "_parts" / "icon.svg"), layout="wide")
    view_state.take_url()
    try:
        home = store_path()
        store, load = published(home)
        company = cache.company(str(store), load.load_id)
    except MvpodError as error:
        st.error(md_escape(error.text(language_before_settings())))
        st.stop()
    lang = filter_bar.choose_language(company.settings.organisation.language)
    context.enter(Context(str(home), str(store), cache.is_sample(load), load.load_id, lang, theme(),
                          viewer_scope(company.settings), company.settings))
    page = navigation()
    asked = cache.ask()
    view = filter_bar.filter_bar((company.first_day, company.last_day), asked.options, cache.owner_names())
    wished = filter_bar.look_and_language()
    browser.frame(lang, wished, context.theme(), ["", *[p.key for p in PAGES]])
    heading.heading(page, view)
    with states.guard(page.key), nullcontext() if page.is_workshop else turns.turn():
        page.render(view)
    view_state.give_url()


def shown(home: Path) -> tuple[Path, Load] | None:
    """The store that is shown and its published load: the organisation's own, else the sample company's, if any."""
    for store in (home, sample_store(home)):
        load = cache.current_load(store)
        if load is not None:
            return store, load
    return None


def published(home: Path) -> tuple[Path, Load]:
    """What is shown; if there is nothing yet, the sample company is built in sight of the viewer."""
    found = shown(home)
    if found:
        return found
    with st.status(text("start.building", language_before_settings()), expanded=True):
        finish(sample_store(home), progress_bar(st.progress(0.0)))
    return st.rerun()


def progress_bar(bar: DeltaGenerator) -> Callable[[str, float], None]:
    """What long work tells its progress to."""
    def tell(_step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0))
    return tell


def viewer_scope(settings: Settings) -> Scope:
    """What may be seen. Without a login the dashboard listens on this machine only and its user sees all rows; names of
    contacts only where the organisation says so."""
    return Scope(show_names=settings.access.show_contact_names)


def theme() -> Theme:
    """Light or dark, as the browser shows it (light where nobody says)."""
    found = st.context.theme.type
    return "dark" if found == "dark" else "light"


def language_before_settings() -> str:
    """The language as long as no settings are known: the URL's, else the browser's."""
    browser_language = "zh" if str(st.context.locale or "").startswith("zh") else "en"
    return view_state.one("lang", LANGUAGES, browser_language)


def navigation() -> Page:
    """Draw the navigation in the chosen language; gives the page that was asked for."""
    asked: list[Page] = []
    groups: dict[str, list[st.Page]] = {}
    links = {}
    for page in PAGES:
        links[page.key] = st.Page(_opener(page, asked), title=t(f"page.{page.key}"), url_path=page.key)
        groups.setdefault("" if page.group == PAGES[0].group else t(f"group.{page.group}"), []).append(links[page.key])
    first = PAGES[0]  # the root of the site shows it as well
    groups[""].append(st.Page(_opener(first, asked), title=t(f"page.{first.key}"), url_path="home", default=True,
                              visibility="hidden"))
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
