"""Taking turns: one page at a time is made, on larger machines one for every two processors.

With fifty runs at once Python's lock goes round among them, each waits for all, and together they cost almost twice the
processor time that they cost one after another (docs/sessions.md). A query uses two processors by itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore

_TURNS = Semaphore(max(1, (os.cpu_count() or 1) // 2))


@contextmanager
def turn() -> Iterator[None]:
    """Waits until somebody else has finished, if there are too many."""
    with _TURNS:
        yield
