"""A watched folder: what is complete becomes a load once, what is refused harms nothing and says what to do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from data.errors import MvpodError
from data.intake import watch
from data.intake.importing import apply_settings, import_paths
from data.intake.watch import Outcome, look, name_date, record
from data.settings import parse_settings
from data.storage.store import Store

GOOD = "opportunity_id,pipeline,stage,amount,created_on\no1,ka,proposal,100,2026-01-05\n"
MORE = GOOD + "o2,ka,proposal,50,2026-01-06\n"
STRANGE = GOOD.replace("proposal", "haggling")
#: far enough in the past to be quiet
LONG_AGO = 600.0


class Inbox:
    """A folder into which exports are put, and the store that it feeds."""

    def __init__(self, root: Path) -> None:
        self.folder, self.store, self.told = root / "in", root / "store", list[Outcome]()
        self.folder.mkdir()

    def put(self, name: str, text: str = GOOD) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def look(self, settle: float = 0.0) -> dict[str, Outcome]:
        """The outcome of each drop by its name."""
        self.told.clear()
        return {o.name: o for o in look(
            self.folder, self.store, profile="canonical", settle=settle, tell=self.told.append)}

    def loads(self) -> list[tuple[int, str]]:
        return [(load.load_id, str(load.as_of)) for load in Store.open(self.store).loads()]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


def test_each_file_and_each_folder_is_a_load_in_the_order_of_the_days_in_their_names(inbox: Inbox) -> None:
    inbox.put("pipeline_20260331.csv", MORE)
    inbox.put("2026-01-31/opportunity.csv")
    inbox.put("2026-01-31/account.csv", "account_id,name\na1,Alpha\n")
    inbox.put("readme.txt", "not an export")
    found = inbox.look()
    assert {name: (o.state, o.load) for name, o in found.items()} == {
        "2026-01-31": ("done", 1), "pipeline_20260331.csv": ("done", 2)}
    assert inbox.loads() == [(1, "2026-01-31"), (2, "2026-03-31")]
    assert Store.open(inbox.store).rows("account") == 1


def test_the_next_look_does_nothing_and_inputs_stay_as_they_were(inbox: Inbox) -> None:
    path = inbox.put("2026-01-31.csv")
    before = path.stat()
    inbox.look()
    again = inbox.look()
    assert not inbox.told
    assert (again["2026-01-31.csv"].state, again["2026-01-31.csv"].is_news) == ("done", False)
    assert inbox.loads() == [(1, "2026-01-31")]
    assert (path.read_text(encoding="utf-8"), path.stat().st_mtime_ns) == (GOOD, before.st_mtime_ns)


def test_the_same_content_is_never_imported_twice_under_whatever_name(inbox: Inbox) -> None:
    first = inbox.put("2026-01-31.csv")
    inbox.look()
    inbox.put("2026-02-28.csv")
    os.utime(first)  # touched: looks new from outside
    found = inbox.look()
    assert {name: (o.state, o.load) for name, o in found.items()} == {
        "2026-01-31.csv": ("same", 1), "2026-02-28.csv": ("same", 1)}
    assert len(inbox.loads()) == 1


def test_what_was_imported_by_hand_is_known(inbox: Inbox) -> None:
    path = inbox.put("2026-01-31.csv")
    import_paths([path], inbox.store, profile="canonical", as_of=date(2026, 1, 31))
    assert inbox.look()["2026-01-31.csv"].state == "same"
    assert len(inbox.loads()) == 1


def test_a_file_of_the_same_name_with_other_content_is_a_load_of_its_own(inbox: Inbox) -> None:
    inbox.put("latest 2026-01-31.csv")
    inbox.look()
    inbox.put("latest 2026-01-31.csv", MORE)
    assert inbox.look()["latest 2026-01-31.csv"].load == 2


def test_a_file_that_changed_a_moment_ago_is_waited_for(inbox: Inbox) -> None:
    inbox.put("2026-01-31.csv")
    assert inbox.look(settle=LONG_AGO)["2026-01-31.csv"].state == "waiting"
    assert not inbox.loads()


def test_a_file_that_grows_between_two_looks_is_waited_for(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    path = inbox.put("2026-01-31.csv")

    def grow(seconds: float) -> None:
        path.write_text(MORE, encoding="utf-8")
    monkeypatch.setattr(time, "sleep", grow)
    assert inbox.look()["2026-01-31.csv"].state == "waiting"
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    assert inbox.look()["2026-01-31.csv"].state == "done"
    assert Store.open(inbox.store).rows("opportunity") == 2


def test_a_folder_with_an_unfinished_copy_in_it_is_waited_for(inbox: Inbox) -> None:
    inbox.put("2026-01-31/opportunity.csv")
    unfinished = inbox.put("2026-01-31/account.csv.part", "account_id")
    assert inbox.look()["2026-01-31"].state == "waiting"
    unfinished.rename(unfinished.with_suffix(""))
    assert inbox.look()["2026-01-31"].state == "done"


def test_a_refused_file_says_why_and_the_last_load_stays_in_force(inbox: Inbox) -> None:
    inbox.put("2026-01-31.csv")
    inbox.look()
    inbox.put("2026-02-28.csv", STRANGE)
    inbox.put("2026-03-31.csv", MORE)
    found = inbox.look()
    assert (found["2026-02-28.csv"].state, found["2026-02-28.csv"].code) == ("failed", "E_STAGE_UNKNOWN")
    assert "haggling" in found["2026-02-28.csv"].text("en")
    assert "haggling" in found["2026-02-28.csv"].text("zh")
    assert inbox.loads() == [(1, "2026-01-31"), (2, "2026-03-31")]
    noted = record(inbox.store)
    assert noted is not None
    failure = noted.last_failure()
    assert failure is not None
    assert (failure.name, failure.en) == ("2026-02-28.csv", found["2026-02-28.csv"].en)
    inbox.look()
    assert not inbox.told  # not tried again as long as nothing has changed


def test_a_refused_file_is_tried_again_when_the_settings_know_better(inbox: Inbox) -> None:
    inbox.put("2026-01-31.csv")
    inbox.look()
    inbox.put("2026-02-28.csv", STRANGE)
    inbox.look()
    text = Store.open(inbox.store).load(1).settings_text
    assert 'key = "proposal"\n' in text
    knowing = text.replace('key = "proposal"\n', 'key = "proposal"\naliases = ["haggling"]\n')
    apply_settings(inbox.store, parse_settings(knowing))
    assert inbox.look()["2026-02-28.csv"].state == "done"
    noted = record(inbox.store)
    assert noted is not None
    assert noted.last_failure() is None


def test_a_refused_file_that_somebody_imports_by_hand_is_no_failure_any_more(inbox: Inbox) -> None:
    inbox.put("2026-01-31.csv", "\n".join(GOOD.splitlines() + [f"x{i},ka,proposal,1,2026-01-05" for i in range(40)]))
    inbox.look()
    path = inbox.put("2026-02-28.csv")
    assert inbox.look()["2026-02-28.csv"].code == "E_SHRINK"
    import_paths([path], inbox.store, profile="canonical", as_of=date(2026, 2, 28), accept_shrink=True)
    assert inbox.look()["2026-02-28.csv"].state == "same"


def test_a_busy_store_is_tried_again_at_the_next_look(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("2026-01-31.csv")

    def busy(*args: object, **options: object) -> None:
        raise MvpodError("E_BUSY", store="store", seconds=30)
    with monkeypatch.context() as patched:
        patched.setattr(watch, "import_paths", busy)
        assert inbox.look()["2026-01-31.csv"].code == "E_BUSY"
    assert inbox.look()["2026-01-31.csv"].state == "done"


def test_a_defect_is_logged_and_the_others_are_still_loaded(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("2026-01-31.csv")
    inbox.put("2026-02-28.csv", MORE)
    real: Callable[..., object] = watch.import_paths

    def once(paths: list[Path], *args: object, **options: object) -> object:
        if "01-31" in str(paths[0]):
            raise ZeroDivisionError("of our own making")
        return real(paths, *args, **options)
    monkeypatch.setattr(watch, "import_paths", once)
    found = inbox.look()
    assert (found["2026-01-31.csv"].code, found["2026-02-28.csv"].state) == ("E_WATCH_DEFECT", "done")
    log, = inbox.store.glob("watch-*.log")
    assert "of our own making" in log.read_text(encoding="utf-8")


def test_a_note_that_cannot_be_read_is_begun_anew_and_nothing_is_imported_twice(inbox: Inbox) -> None:
    inbox.put("2026-01-31.csv")
    inbox.look()
    (inbox.store / watch.FILE).write_text("{", encoding="utf-8")
    assert record(inbox.store) is None
    assert inbox.look()["2026-01-31.csv"].state == "same"
    assert record(inbox.store) is not None


def test_a_second_watch_of_the_store_is_refused(inbox: Inbox) -> None:
    inbox.look()
    with FileLock(inbox.store / ".watch.lock"), pytest.raises(MvpodError) as refused:
        inbox.look()
    assert refused.value.code == "E_WATCH_BUSY"


def test_a_folder_that_is_not_there_is_named_and_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(MvpodError) as refused:
        look(tmp_path / "nowhere", tmp_path / "store")
    assert refused.value.code == "E_WATCH_FOLDER"
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(("folder", "store"), [("s", "s"), ("s/opportunity", "s"), ("in", "in/s")],
                         ids=["the store itself", "inside the store", "around the store"])
@pytest.mark.parametrize("once", [True, False])
def test_the_files_of_a_store_are_no_exports(tmp_path: Path, folder: str, store: str, once: bool) -> None:
    (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(MvpodError) as refused:
        watch.watch(tmp_path / folder, tmp_path / store, every=1, once=once, warn=lambda e: None)
    assert refused.value.code == "E_WATCH_STORE"
    assert not (tmp_path / store / "store.json").exists()


def test_a_folder_that_nobody_may_look_into_does_not_stop_the_others(
        inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("2026-01-31.csv")
    inbox.look()
    inbox.put("2026-02-28.csv", MORE)
    inbox.put("locked/opportunity.csv", MORE + "o3,ka,proposal,5,2026-01-07\n")
    listed = Path.iterdir

    def refused(path: Path) -> Iterator[Path]:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listed(path)
    monkeypatch.setattr(Path, "iterdir", refused)
    found = inbox.look()
    assert {name: (o.state, o.code) for name, o in found.items()} == {
        "2026-01-31.csv": ("done", ""), "2026-02-28.csv": ("done", ""), "locked": ("failed", "E_WATCH_READ")}
    assert not inbox.look()["locked"].is_news
    monkeypatch.undo()
    assert inbox.look()["locked"].state == "done"


def test_a_watch_goes_on_when_the_folder_is_away_for_a_while(inbox: Inbox) -> None:
    away = inbox.folder.with_name("elsewhere")
    inbox.put("2026-01-31.csv")
    inbox.folder.rename(away)
    warned: list[str] = []

    def back(seconds: float) -> None:
        if inbox.told:
            raise KeyboardInterrupt
        if away.exists():
            away.rename(inbox.folder)
    with pytest.raises(KeyboardInterrupt):
        watch.watch(inbox.folder, inbox.store, every=1, once=False, warn=lambda e: warned.append(e.code), sleep=back,
                    tell=inbox.told.append, settle=0, profile="canonical")
    assert warned == ["E_WATCH_FOLDER"]
    assert inbox.loads() == [(1, "2026-01-31")]


@pytest.mark.parametrize(("name", "day"), [
    ("2026-11-15", date(2026, 11, 15)), ("crm 20261115 final.csv", date(2026, 11, 15)), ("2026-13-01.csv", None),
    ("2026-01-01..2026-01-31.csv", None), ("export.csv", None), ("id 120261115.csv", None)])
def test_a_day_is_read_from_a_name_where_it_is_the_only_one(name: str, day: date | None) -> None:
    assert name_date(name) == day
