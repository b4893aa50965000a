"""The view lives in the URL: names and keys, never labels, so that a link reads the same in both languages.

One dictionary per session holds the parameters (name -> values). Three things change it: a link or the browser's back
button (`take_url`), a widget (`choose`, through its callback) and the program (`go`). At the end of a run `give_url`
writes the parameters into the address, which the browser keeps as a step of its history. The names of people and
customers never stand in the URL, only keys.

Streamlit's own `bind="query-params"` is not used: it writes the labels that the viewer reads, and those change
with the language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

Params = dict[str, tuple[str, ...]]

_PARAMS, _WRITTEN, _TOUCHED, _SEEN = "url_params", "url_written", "url_touched", "url_seen"
_MAX_VALUES, _MAX_CHARS = 500, 200


def take_url() -> None:
    """Begin a run: adopt what a link or the back button asks for, keep what the session knows otherwise.

    An address without parameters in a session that has some is a change of page (the navigation drops them).
    """
    session = st.session_state
    incoming = _read()
    is_asked_from_outside = bool(incoming) and incoming != session.get(_WRITTEN) and not session.get(_TOUCHED)
    if _PARAMS not in session or is_asked_from_outside:
        session[_PARAMS] = incoming
    session[_TOUCHED] = False
    session[_SEEN] = set()


def give_url() -> None:
    """End a run: the address says what the screen shows."""
    known: Params = st.session_state[_PARAMS]
    params = {name: known[name] for name in sorted(known) if name in st.session_state[_SEEN]}
    st.session_state[_WRITTEN] = params
    if params != _read():
        st.query_params.from_dict({name: list(vals) for name, vals in params.items()})


def _read() -> Params:
    names = list(st.query_params)
    return {name: tuple(v[:_MAX_CHARS] for v in st.query_params.get_all(name)[:_MAX_VALUES]) for name in names}


def values(name: str) -> tuple[str, ...]:
    """What the URL says of `name`; () if nothing."""
    st.session_state[_SEEN].add(name)
    found: tuple[str, ...] = st.session_state[_PARAMS].get(name, ())
    return found


def keep(name: str, *chosen: str) -> None:
    """Set one parameter; without values it is removed."""
    params: Params = st.session_state[_PARAMS]
    params.pop(name, None)
    if chosen:
        params[name] = tuple(chosen)
    st.session_state.setdefault(_SEEN, set()).add(name)


def one(name: str, options: Iterable[str], default: str) -> str:
    """The chosen one of `options`; `default` when the URL says nothing or something unknown."""
    allowed = set(options)
    return next((v for v in values(name) if v in allowed), default)


def some(name: str, options: Iterable[str]) -> list[str]:
    """The chosen ones of `options`, unknown ones dropped."""
    asked = set(values(name))
    return [o for o in options if o in asked]


def choose(name: str, label: str, options: list[str], default: str, show: Callable[[str], str] | Mapping[str, str],
           *, kind: str = "select", where: Any = None, **widget: Any) -> str:
    """A control for one of `options`, kept in the URL as `name`. `kind`: "select", "segments" or "radio"."""
    now = one(name, options, default)
    keep(name, *([] if now == default else [now]))  # what is unknown leaves the URL quietly
    key = _prepare(name, now)
    place = where or st
    shared = {"key": key, "format_func": _labels(show), "on_change": _one_chosen,
              "args": (name, key, default, options), **widget}
    if kind == "segments":
        chosen = place.segmented_control(label, options, required=True, **shared)
    elif kind == "radio":
        chosen = place.radio(label, options, **shared)
    else:
        chosen = place.selectbox(label, options, **shared)
    return str(chosen if chosen in options else default)


def choose_some(name: str, label: str, options: list[str], show: Callable[[str], str] | Mapping[str, str],
                *, where: Any = None, **widget: Any) -> list[str]:
    """A control for any of `options`, kept in the URL as `name`."""
    now = some(name, options)
    keep(name, *now)
    key = _prepare(name, now)
    return list((where or st).multiselect(label, options, key=key, format_func=_labels(show), on_change=_some_chosen,
                                          args=(name, key, options), **widget))


def write(name: str, label: str, *, where: Any = None, **widget: Any) -> str:
    """A text field kept in the URL as `name`."""
    key = _prepare(name, (values(name) or ("",))[0])
    text = (where or st).text_input(label, key=key, on_change=_one_chosen, args=(name, key, "", None),
                                    max_chars=_MAX_CHARS, **widget)
    return str(text or "")


def _prepare(name: str, value: Any) -> str:
    key = f"url_{name}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _labels(show: Callable[[str], str] | Mapping[str, str]) -> Callable[[str], str]:
    return (lambda option: show.get(option, option)) if isinstance(show, Mapping) else show


def _one_chosen(name: str, key: str, default: str, options: list[str] | None) -> None:
    chosen = st.session_state[key]
    if options is not None and chosen is not None and chosen not in options:
        return  # a label of the other language, not a choice: the browser sends it after the language has changed
    keep(name, *([] if chosen is None or chosen == default else [str(chosen)]))
    touched()


def _some_chosen(name: str, key: str, options: list[str]) -> None:
    chosen = st.session_state[key]
    if all(value in options for value in chosen):
        keep(name, *chosen)
        touched()


def touched() -> None:
    """Say that this run was caused by a control: what the browser's address says is then older than the session."""
    st.session_state[_TOUCHED] = True


def go(page_key: str, **changes: str) -> None:
    """Open another page with the same view and some parameters changed (an empty text removes one)."""
    for name, value in changes.items():
        keep(name, *([value] if value else []))
    touched()
    st.switch_page(st.session_state["nav_pages"][page_key])
