"""The one writer of a store on object storage: an object that says who writes, renewed while he does.

There is no lock that dies with its process. Whoever holds the lease renews it every few seconds; one that is not
renewed any more is taken over. It only keeps writers from working in vain: what decides is that the entries of the
logs can be created once (`Bucket.put_if`).
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import uuid4

from data.errors import MvpodError
from data.storage.bucket import Bucket

NAME = ".lease"
#: A lease that has not changed for so many seconds is nobody's; it is renewed so often.
SECONDS, RENEW = 20.0, 5.0
#: How often one who waits looks again.
LOOK = 0.5


class Lease:
    """Held from `held` on. `copy` is the local copy in which this writer works: two never work in one copy at a time,
    so that a lease of the same copy is that of a process that is no more."""

    def __init__(self, bucket: Bucket, copy: str) -> None:
        self._bucket, self._copy = bucket, copy
        self._holder = uuid4().hex
        self._tag: str | None = None
        self._is_lost = False

    @contextmanager
    def held(self, timeout: float) -> Iterator[Lease]:
        """Waits until nobody writes; MvpodError E_BUSY after `timeout` seconds."""
        self._acquire(timeout)
        done = Event()
        keeper = Thread(target=self._keep, args=(done,), daemon=True)
        keeper.start()
        try:
            yield self
        finally:
            done.set()
            keeper.join()
            self._let_go()

    def check(self) -> None:
        """MvpodError E_OVERTAKEN if another writer has taken over meanwhile."""
        if self._is_lost:
            raise MvpodError("E_OVERTAKEN", store=self._bucket.url)

    def _acquire(self, timeout: float) -> None:
        deadline = time.monotonic() + max(timeout, 0.0)
        seen: str | None = None
        since = time.monotonic()
        while True:
            try:
                content, tag = self._bucket.read(NAME)
            except FileNotFoundError:
                content, tag = b"", None
            if tag != seen:
                seen, since = tag, time.monotonic()
            if tag is None or self._is_free(content) or time.monotonic() - since >= SECONDS:
                self._tag = self._bucket.put_if(NAME, self._said(), tag)
                if self._tag:
                    return
            if time.monotonic() >= deadline:
                raise MvpodError("E_BUSY", store=self._bucket.url, seconds=timeout)
            time.sleep(LOOK)

    def _is_free(self, content: bytes) -> bool:
        """Given back, left by a process of this copy, or long past by the clocks of both machines."""
        try:
            told = json.loads(content)
            is_past = time.time() > told["renewed"] + 3 * SECONDS
            return bool(told["copy"] in ("", self._copy) or is_past)
        except (ValueError, KeyError, TypeError):
            return False

    def _said(self, is_free: bool = False) -> bytes:
        told = {"copy": "" if is_free else self._copy, "holder": self._holder, "host": socket.gethostname(),
                "pid": os.getpid(), "renewed": time.time(), "once": uuid4().hex}
        return json.dumps(told).encode()

    def _keep(self, done: Event) -> None:
        renewed = time.monotonic()
        while not done.wait(RENEW):
            try:
                self._tag = self._bucket.put_if(NAME, self._said(), self._tag) or self._still_ours()
            except (MvpodError, FileNotFoundError):  # the network is away for a moment
                self._is_lost = time.monotonic() - renewed >= SECONDS
            else:
                renewed = time.monotonic()
                self._is_lost = self._tag is None
            if self._is_lost:
                return

    def _still_ours(self) -> str | None:
        """The ETag of the lease if we wrote it: a renewal may have been written whose answer was lost."""
        content, tag = self._bucket.read(NAME)
        return tag if self._holder.encode() in content else None

    def _let_go(self) -> None:
        if self._is_lost or self._tag is None:
            return
        try:
            self._bucket.put_if(NAME, self._said(is_free=True), self._tag)
        except MvpodError:
            return  # it runs out by itself
