"""The company as an earlier load knew it, and as it would have known it under the settings of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from data.engine import Company, open_company
from data.errors import MvpodError
from data.maintenance import copied
from data.settings import Settings
from data.storage.store import Store
from data.storage.verify import kept_from

Progress = Callable[[str, float], None]


def earlier_loads(company: Company) -> list[tuple[int, date]]:
    """The loads before that of `company` that are still whole, each with its newest day; newest first. A vacuum says
    nothing else than the load before it and is left out."""
    if company.path is None:
        return []
    loads = [load for load in Store.open(company.path).loads() if load.load_id < company.load_id]
    return [(load.load_id, load.as_of) for load in reversed(loads)
            if load.as_of and load.kind != "vacuum" and load.load_id >= kept_from(loads)]


@contextmanager
def earlier(company: Company, load_id: int,
            progress: Progress | None = None) -> Iterator[tuple[Company, Company | None]]:
    """The company of an earlier load of the same store; and the same rows under the settings of `company`, None where
    these said the same then. The second needs a copy of the store whose history is made anew, gone afterwards: that is
    what takes long, and what `progress(step, share)` tells of.

    MvpodError E_RESTATED_SAME, E_RESTATED_LOAD (not an earlier load), E_STORE_LOAD, E_STORE_GONE (removed by vacuum),
    E_STAGE_LOST (the present settings have no place for a stage of then).
    """
    if load_id == company.load_id:
        raise MvpodError("E_RESTATED_SAME", found=load_id)
    if company.path is None or load_id > company.load_id:
        raise MvpodError("E_RESTATED_LOAD", found=load_id, last=company.load_id)
    with ExitStack() as stack:
        then = open_company(company.path, load_id)
        stack.callback(then.close)
        redefined = None
        if _meant(then.settings) != _meant(company.settings):
            redefined = stack.enter_context(_under(company, load_id, progress))
        yield then, redefined


def _meant(settings: Settings) -> tuple[Any, ...]:
    """What settings make of the rows of an export, apart from what things are called."""
    pipelines = [(p.key, p.segments, [(s.key, s.kind, s.probability) for s in p.stages]) for p in settings.pipelines]
    organisation = replace(settings.organisation, name="", language="en", notice={}, fiscal_year_start=1)
    return organisation, settings.segments, pipelines, settings.calendar, settings.attention.grade_amounts


@contextmanager
def _under(company: Company, load_id: int, progress: Progress | None) -> Iterator[Company]:
    """The rows of a load under the settings of `company`."""
    from data.intake.importing import apply_settings

    assert company.path is not None
    store = Store.open(company.path)
    with copied(store, store.load(load_id)) as copy:
        Store.open(copy).restore(load_id)
        apply_settings(copy, company.settings, progress)
        found = open_company(copy)
        try:
            yield found
        finally:
            found.close()
