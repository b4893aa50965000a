"""Builds the sample company in a process of its own: `python -m data.demo STORE` prints how far it is, 0 to 1."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from data import demo


def _tell(_step: str, share: float) -> None:
    print(f"{share:.3f}", flush=True)


if __name__ == "__main__":
    demo.create(Path(sys.argv[1]), progress=_tell)
    os._exit(0)  # all is published and told: nobody waits until a gigabyte is handed back piece by piece
