"""On object storage too a writer can die at any moment, and two can write at once: what is published stays."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data.errors import MvpodError
from data.storage import lease, mirror
from data.storage.bucket import Bucket
from data.storage.store import Store
from tests.faults.support import assert_whole, day, one_load, opportunities, write
from tests.storage_s3.conftest import Cloud

ROOT = Path(__file__).resolve().parents[2]


class Dead(BaseException):
    """The process is no more: whatever it would still ask of the server fails, too."""


def dies_after(patch: pytest.MonkeyPatch, steps: int) -> list[int]:
    """From now on `steps` more changes of objects succeed, and then nothing; counts the changes."""
    count = [0]
    for method in ("put", "put_if", "remove"):
        def changed(*args: object, real: object = getattr(Bucket, method)) -> object:
            if count[0] >= steps:
                raise Dead
            count[0] += 1
            return real(*args)  # type: ignore[operator]
        patch.setattr(Bucket, method, changed)
    return count


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("loads_before", [0, 1], ids=["first load", "load that writes a checkpoint"])
def test_killed_at_every_step_of_an_upload_the_last_load_stays_and_a_writer_elsewhere_goes_on(
        cloud: Cloud, loads_before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.storage.delta.CHECKPOINT_EVERY", 1)
    monkeypatch.setattr(lease, "SECONDS", 0.5)
    monkeypatch.setattr(lease, "LOOK", 0.2)
    base = cloud.url
    for steps in range(100):
        cloud.url = f"{base}/{loads_before}/{steps}"
        store = cloud.at("here")
        for _ in range(loads_before):
            one_load(store)
        with monkeypatch.context() as patch:
            dies_after(patch, steps)
            try:
                one_load(store)
                is_whole = True
            except Dead:
                is_whole = False
        elsewhere = cloud.at("elsewhere")
        seen = elsewhere.current()
        published = seen.load_id if seen else 0
        assert published in (loads_before, loads_before + 1)
        if seen:
            assert_whole(elsewhere, seen)
        assert one_load(elsewhere).load_id == published + 1
        assert_whole(elsewhere, elsewhere.current())
        assert elsewhere.verify() == []
        if is_whole:
            assert steps > 10
            return
    raise AssertionError("the load never came to its end")


def test_a_killed_process_leaves_its_lease_to_the_next_one_of_its_machine_at_once_and_to_others_soon(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    one_load(cloud.at("here"))
    program = ("import sys; from data.storage.store import Store; from tests.faults.support import opportunities, day\n"
               "with Store.open(sys.argv[1]).writing() as w:\n"
               "    w.replace_dates('opportunity', opportunities(2), [day(2)])\n"
               "    print('writing', flush=True); sys.stdin.read()")

    def kill_a_writer() -> None:
        with subprocess.Popen([sys.executable, "-c", program, cloud.url], cwd=ROOT, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"writing\n"
            process.send_signal(signal.SIGKILL)

    kill_a_writer()
    begun = time.monotonic()
    assert one_load(cloud.at("here")).load_id == 2
    assert time.monotonic() - begun < 15
    kill_a_writer()
    monkeypatch.setattr(lease, "SECONDS", 2.0)
    there = cloud.at("there")
    with pytest.raises(MvpodError) as caught, there.writing(timeout=0.0):
        pass
    assert caught.value.code == "E_BUSY"
    assert one_load(there).load_id == 3
    assert_whole(there, there.current())


def test_a_second_writer_is_told_and_then_loses_nothing(cloud: Cloud) -> None:
    here, there = cloud.at("here"), cloud.at("there")
    with here.writing() as w:
        with pytest.raises(MvpodError) as caught, there.writing(timeout=1.0):
            pass
        assert (caught.value.code, caught.value.fields["store"]) == ("E_BUSY", cloud.url)
        write(w, 1)
    assert one_load(there).load_id == 2
    assert_whole(there, there.current())


@pytest.mark.slow
def test_writers_on_two_machines_at_once_all_come_to_their_end(cloud: Cloud) -> None:
    stores, failures = [cloud.at("here"), cloud.at("there")], []

    def work(store: Store) -> None:
        try:
            for _ in range(3):
                with store.writing(timeout=120) as w:
                    write(w, w.load_id)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    store = cloud.at("elsewhere")
    assert [load.load_id for load in store.loads()] == [1, 2, 3, 4, 5, 6]
    assert_whole(store, store.current())
    assert store.verify() == []


def test_who_writes_for_long_keeps_the_lease(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 3.0)
    monkeypatch.setattr(lease, "RENEW", 0.3)
    here, there = cloud.at("here"), cloud.at("there")
    with here.writing() as w:
        with pytest.raises(MvpodError) as caught, there.writing(timeout=6.0):
            pass
        assert caught.value.code == "E_BUSY"
        write(w, 1)
    assert one_load(there).load_id == 2


def test_a_writer_who_was_taken_for_dead_cannot_publish(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SECONDS", 0.5)
    here, there = cloud.at("here"), cloud.at("there")
    with here.writing() as slow:
        slow.replace_dates("opportunity", opportunities(9), [day(9)])
        one_load(there)  # the lease has not been renewed for long
        with pytest.raises(MvpodError) as caught:
            slow.publish(kind="import", as_of=day(9), profile="canonical")
    assert caught.value.code == "E_OVERTAKEN"
    store = cloud.at("elsewhere")
    assert_whole(store, store.current())
    assert one_load(store).load_id == 2
    assert store.verify() == []


def test_a_reader_beside_a_writer_elsewhere_always_sees_one_whole_load(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "FRESH", 0.1)
    writer = cloud.at("writer")
    one_load(writer)
    reader = cloud.at("reader")
    done, failures, seen = threading.Event(), [], set()

    def read() -> None:
        try:
            while not done.is_set():
                load = reader.current()
                assert_whole(reader, load)
                seen.add(load.load_id if load else 0)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(5):
        one_load(writer)
    done.set()
    thread.join()
    assert failures == []
    assert len(seen) >= 2


def test_an_answer_that_is_lost_on_the_way_is_not_taken_for_another_writers(
        cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    store = cloud.at()
    bucket = store._place.bucket  # type: ignore[attr-defined]
    tag = bucket.put_if("note", b"first", None)
    assert tag
    assert bucket.put_if("note", b"first", None) == tag, "the same content again: it was ours"
    assert bucket.put_if("note", b"second", None) is None
    second = bucket.put_if("note", b"second", tag)
    assert second not in (None, tag)
    assert bucket.put_if("note", b"third", tag) is None
    assert bucket.read("note")[0] == b"second"
