"""Work on a whole store: marts made anew, and a copy of a store under other settings for one question."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from data.errors import MvpodError
from data.marts import history, spark
from data.marts.history import Progress
from data.settings import Settings, parse_settings, read_settings
from data.storage.address import ORIGIN
from data.storage.store import Load, Store, Writer

#: Makes all marts anew: (writer, settings, progress). One of `history.rebuild_marts`, `spark.rebuild_marts`.
Engine = Callable[[Writer, Settings, Progress | None], None]


def rebuild(store_path: Path | str, progress: Progress | None = None, engine: Engine = history.rebuild_marts) -> Load:
    """Makes all marts anew from the snapshots and events, as a load of kind "rebuild".

    MvpodError E_NO_LOAD for a store without a load, and the errors of the store and of the engine.
    """
    store = Store.open(store_path)
    with store.writing() as w:
        base = w.base
        if base is None:
            raise MvpodError("E_NO_LOAD", store=store.name)
        engine(w, parse_settings(base.settings_text), progress)
        return w.publish(kind="rebuild", as_of=base.as_of, profile=base.profile, settings_text=base.settings_text)


def rebuild_with_spark(store_path: Path | str, master: str, progress: Progress | None = None) -> Load:
    """The same with Spark, at the address `master`. MvpodError also as `spark.session`."""
    with spark.session(master) as session:
        return rebuild(store_path, progress, partial(spark.rebuild_marts, spark=session))


@contextmanager
def under_settings(store_path: Path, config: Path) -> Iterator[Path]:
    """A store as it would be under the settings of another mvpod.toml; the store itself stays as it is."""
    from data.intake.importing import apply_settings

    settings = read_settings(config)
    store = Store.open(store_path)
    load = store.current()
    if load is None or load.settings_text == settings.text:
        yield store_path
        return
    with copied(store, load) as copy:
        apply_settings(copy, settings)
        yield copy


@contextmanager
def copied(store: Store, load: Load) -> Iterator[Path]:
    """A copy of a store without its settings file, gone afterwards, with at least the files of `load` and of the
    present one. Data files are shared (hard links) where the disk allows it."""
    for needed in (load, store.current() or load):
        store.bring(needed)
    with tempfile.TemporaryDirectory(prefix="mvpod-") as folder:
        copy = Path(folder) / "store"
        left_out = shutil.ignore_patterns(".*", "mvpod.toml", ORIGIN)
        shutil.copytree(store.path, copy, copy_function=_linked, ignore=left_out)
        yield copy


def _linked(source: str, target: str) -> None:
    """Data files are never changed once written, so that a copy can share them; everything else is copied."""
    if source.endswith(".parquet"):
        try:
            os.link(source, target)
            return
        except OSError:
            pass
    shutil.copy2(source, target)
