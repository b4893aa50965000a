"""Clocks and memory: what one call costs, what a whole process costs, and what kind of machine it was."""

from __future__ import annotations

import multiprocessing
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any

#: A machine with more than this to do (load average) is not quiet: times measured on it say so.
QUIET = 1.0
#: The libraries whose versions decide how fast it is.
LIBRARIES = ("duckdb", "pyarrow", "pandas", "polars", "numpy", "deltalake", "streamlit", "plotly")


@dataclass(frozen=True)
class Took:
    """Milliseconds of one call: by the clock, and of CPU on all cores."""

    wall: float
    cpu: float


def timed(call: Callable[[], Any]) -> Took:
    """What one call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Took((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def peak_mib(pid: int | str = "self") -> float:
    """The most memory that a process has had. Not `ru_maxrss`: that begins with what the parent had at the start."""
    return _status(pid, "VmHWM")


def memory_mib(pid: int | str = "self") -> float:
    """The memory that a process has now."""
    return _status(pid, "VmRSS")


def _status(pid: int | str, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def free_mib() -> float:
    """Memory that programs can still have."""
    lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]) / 1024


def in_process(step: Callable[..., Any], *args: Any, most_mib: float = inf) -> dict[str, Any]:
    """Run a step in a process of its own: its `answer`, and what the process took (seconds, CPU, peak memory).

    RuntimeError if the process needs more than `most_mib` (it is ended before the system ends whatever it likes), was
    ended from outside, or the step raised.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measured, args=(sender, step, *args))
    process.start()
    sender.close()
    try:
        while most_mib < inf and not receiver.poll(0.2):
            with suppress(OSError, StopIteration):  # it has just ended
                if memory_mib(process.pid or 0) > most_mib:
                    process.kill()
                    raise RuntimeError(f"{step.__name__} needs more than {most_mib / 1024:.1f} GiB")
        return dict(receiver.recv())
    except EOFError as error:
        process.join()
        raise RuntimeError(f"{step.__name__} ended with exit code {process.exitcode}") from error
    finally:
        process.join()


def _measured(sender: Any, step: Callable[..., Any], *args: Any) -> None:
    answers: list[Any] = []
    took = timed(lambda: answers.append(step(*args)))
    sender.send({"answer": answers[0], "seconds": took.wall / 1000, "cpu_s": took.cpu / 1000, "peak_mib": peak_mib()})
    sender.close()


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def machine() -> dict[str, Any]:
    """What of the machine decides the figures; no names, no paths."""
    about = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in about if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": len(os.sched_getaffinity(0)), "processor": model, "memory_gib": round(memory, 1),
            "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version(),
            "versions": {name: version(name) for name in LIBRARIES}, "commit": _commit()}


def _commit() -> str | None:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, capture_output=True,
                          text=True, check=False)
    return said.stdout.strip() or None
