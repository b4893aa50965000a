"""What stands where there is no number: empty, not measured, failed. One failed card never takes the page with it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException, StopException

from data.errors import MvpodError
from pages._parts import context
from pages._parts.context import t
from pages._parts.escape import md_escape

log = logging.getLogger("mvpod")


@contextmanager
def guard(card: str, place: Any = None) -> Iterator[None]:
    """Draw one card: a known error is shown as its sentence, any other as a number that stands in the log too.

    The log has the traceback and the card, never rows of the data; the screen has no traceback at all.
    """
    try:
        yield
    except (RerunException, StopException):
        raise
    except MvpodError as error:
        known_error(error, place)
    except Exception:
        unknown_error(card, place)


def known_error(error: MvpodError, place: Any = None) -> None:
    """The sentence of a failure that the viewer can act on."""
    (place or st).error(md_escape(error.text(context.lang())), icon=":material/error:")


def unknown_error(card: str, place: Any = None) -> str:
    """A failure that is a defect: its number on the screen, its traceback in the log. Gives the number."""
    number = secrets.token_hex(4)
    log.exception("card %s failed, id %s", card, number)
    (place or st).error(t("state.failed", id=number), icon=":material/error:")
    return number


def empty(place: Any = None) -> None:
    """The filters leave nothing over."""
    (place or st).info(t("state.empty"), icon=":material/filter_alt_off:")


def not_measured(what: str, place: Any = None) -> None:
    """The data for this are not loaded: say which table is missing instead of showing zero, and where it comes in.
    `what` is a text key."""
    said = t("state.not_measured", what=t(what))
    (place or st).info(t("state.import_it", said=said, page=t("page.data")), icon=":material/database_off:")


def nothing(title: str, why: str = "", *, key: str) -> None:
    """A card without anything to draw: its title says it all, or why it is not measured (plain texts)."""
    with st.container(border=True, key=key):
        st.header(md_escape(title), anchor=False)
        if why:
            st.info(md_escape(why), icon=":material/database_off:")
