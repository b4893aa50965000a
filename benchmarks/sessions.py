"""Many people at one dashboard: sessions that open pages and change filters, over Streamlit's own protocol.

A session does what a browser does with a click: it sends the changed control and the address, and waits until the run
of the script that this causes has said that it is finished. Nothing is drawn, so that fifty sessions fit beside the
server on one machine. Between two clicks a person reads; which control is clicked and for how long is read comes from a
seed. What is measured is the server: seconds from click to the end of the run, its CPU and its memory.

    python -m benchmarks.sessions --sessions 50 --seconds 120
    python -m benchmarks.sessions --soak 1500
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.browser import serving

PAGES = ("overview", "funnel", "conversion_days", "win_rate", "pipeline", "attention", "forecast", "closeness")
#: the controls that are clicked, by their names in the address
CONTROLS = ("segment", "period", "team", "region", "as_of")
#: which of them a crowd clicks. Segments and teams make some two dozen views of a page, which people soon share; all
#: controls together make ten thousand, so that nearly every click is for a view that nobody has asked for.
CROWDS = {"segment and team": ("segment", "team"), "anything": CONTROLS}
#: seconds that a page is read, on average
READING = 10.0
#: one click in so many opens another page
_PAGE_EVERY = 6
_PATIENCE = 120
_CLOCK = os.sysconf("SC_CLK_TCK")


@dataclass
class Session:
    """One viewer's connection: what stands on the screen, as far as a click needs it."""

    socket: ClientConnection
    query: str = ""
    page: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    controls: dict[str, Any] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    bytes: int = 0

    async def open(self, page: str) -> None:
        """The first request of a browser, or a click on another page in the navigation."""
        message = self._rerun()
        if page in self.pages:
            message.rerun_script.page_script_hash = self.pages[page]
            message.rerun_script.query_string = ""  # the navigation's links carry no parameters
        else:
            message.rerun_script.page_name = page
        await self._run(message)

    async def click(self, name: str, dice: random.Random) -> None:
        """Change the control `name`: half the time to nothing chosen, where something is."""
        kind, control = self.controls[name]
        state = WidgetState(id=control.id)
        if kind == "button_group":
            state.string_array_value.data.append(dice.choice([option.content for option in control.options]))
        elif kind == "selectbox":
            state.string_value = dice.choice(list(control.options))
        elif kind == "multiselect":
            before = self.states.get(control.id)
            is_chosen = before is not None and bool(before.string_array_value.data)
            chosen = [] if is_chosen and dice.random() < 0.5 else [dice.choice(list(control.options))]
            state.string_array_value.SetInParent()
            state.string_array_value.data.extend(chosen)
        else:
            last = date.fromisoformat(control.max.replace("/", "-"))
            ends = [last, last, last, *(last - timedelta(days=30 * back) for back in range(1, 7))]
            state.string_array_value.data.append(dice.choice(ends).isoformat())
        self.states[control.id] = state
        await self._run(self._rerun())

    def _rerun(self) -> BackMsg:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self.query, self.page
        asked.widget_states.widgets.extend(self.states.values())
        asked.context_info.locale, asked.context_info.color_scheme = "en-US", "light"
        return message

    async def _run(self, message: BackMsg) -> None:
        await self.socket.send(message.SerializeToString())
        seen: set[str] = set()
        async with asyncio.timeout(_PATIENCE):
            while True:
                data = await self.socket.recv()
                assert isinstance(data, bytes)
                self.bytes += len(data)
                said = ForwardMsg.FromString(data)
                kind = said.WhichOneof("type")
                if kind == "script_finished" and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    break
                self._hear(kind, said, seen)
        self.states = {of: state for of, state in self.states.items() if of in seen}  # what is gone is forgotten

    def _hear(self, kind: str | None, said: ForwardMsg, seen: set[str]) -> None:
        if kind == "new_session":
            self.page = said.new_session.page_script_hash
        elif kind == "navigation":
            self.page = said.navigation.page_script_hash
            self.pages = {p.url_pathname: p.page_script_hash for p in said.navigation.app_pages}
        elif kind == "page_info_changed":
            self.query = said.page_info_changed.query_string
        elif kind == "page_not_found" or (kind == "script_finished"
                                          and said.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR):
            self.errors.append(kind)
        elif kind == "delta" and said.delta.WhichOneof("type") == "new_element":
            self._see(said.delta.new_element, seen)

    def _see(self, element: Any, seen: set[str]) -> None:
        kind = element.WhichOneof("type")
        shown = getattr(element, kind)
        if kind == "exception" or (kind == "alert" and shown.format == shown.ERROR):
            self.errors.append(shown.message if kind == "exception" else shown.body)
        if kind not in ("button_group", "selectbox", "multiselect", "date_input"):
            return
        seen.add(shown.id)
        name = shown.id.rpartition("-url_")[2]
        if name in CONTROLS:
            self.controls[name] = kind, shown
        if shown.set_value:  # the program has set the control
            self.states[shown.id] = _as_set(kind, shown)


def _as_set(kind: str, control: Any) -> WidgetState:
    state = WidgetState(id=control.id)
    if kind == "selectbox":
        state.string_value = control.raw_value
    else:
        state.string_array_value.SetInParent()
        state.string_array_value.data.extend(control.value if kind == "date_input" else control.raw_values)
    return state


@dataclass
class Log:
    """What the sessions saw: seconds by kind of click, errors."""

    filters: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def visit(url: str, number: int, log: Log, *, seconds: float = 0, changes: int = 0, reading: float = READING,
                controls: Sequence[str] = CONTROLS, after: Callable[[int], None] = lambda done: None) -> None:
    """One person: opens a page, reads, clicks, reads, for `seconds` or until `changes` clicks are done."""
    dice = random.Random(number)
    begun = time.monotonic()
    async with connect(f"{url.replace('http', 'ws')}/_stcore/stream", max_size=None, ping_interval=None,
                       subprotocols=[Subprotocol("streamlit")]) as socket:
        session = Session(socket)
        await asyncio.sleep(min(dice.expovariate(1 / reading), 2 * reading) if reading else 0)
        await session.open(PAGES[number % len(PAGES)])
        done = 0
        while (time.monotonic() - begun < seconds) if seconds else done < changes:
            await asyncio.sleep(dice.expovariate(1 / reading) if reading else 0)
            is_page = dice.randrange(_PAGE_EVERY) == 0
            clicked = time.monotonic()
            if is_page:
                await session.open(dice.choice(PAGES))
            else:
                await session.click(dice.choice([name for name in controls if name in session.controls]), dice)
            (log.pages if is_page else log.filters).append(time.monotonic() - clicked)
            done += 1
            after(done)
        log.errors += session.errors


def memory(pid: int) -> float:
    """Resident MiB of a process."""
    line = next(row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK


def _all(measured: Callable[[int], float], pids: Sequence[int]) -> float:
    return sum(map(measured, pids))


def crowd(store: Path, sessions: int, seconds: float, reading: float = READING,
          controls: Sequence[str] = CONTROLS, processes: int = 1) -> dict[str, Any]:
    """So many sessions at a fresh server, for so long; memory after the first half, at the end. With several processes
    on the store each session stays with its own, as behind a balancer."""
    with ExitStack() as stack:
        urls, pids = zip(*(stack.enter_context(serving(store)) for _ in range(processes)), strict=True)
        time.sleep(8 * processes)  # what the server prepares before anybody looks is not the sessions' work
        log, before, start = Log(), _all(cpu, pids), _all(memory, pids)
        seen: dict[str, float] = {}

        async def all_of_them() -> None:
            async def look() -> None:
                await asyncio.sleep(seconds / 2)
                seen["half"] = _all(memory, pids)
            watching = asyncio.create_task(look())
            ended = await asyncio.gather(*(visit(urls[n % processes], n, log, seconds=seconds, reading=reading,
                                                 controls=controls) for n in range(sessions)), return_exceptions=True)
            log.errors.extend(repr(e) for e in ended if e is not None)
            await watching
        asyncio.run(all_of_them())
        clicks = len(log.filters) + len(log.pages)
        used = _all(cpu, pids) - before
        named = next((name for name, those in CROWDS.items() if those == tuple(controls)), ", ".join(controls))
        kind = f"{sessions}, {named}" + (f", {processes} processes" if processes > 1 else "")
        return {"kind": kind, "sessions": sessions, "processes": processes, "controls": list(controls),
                "seconds": seconds, "reading_s": reading, "changes": len(log.filters),
                "page_changes": len(log.pages), "errors": len(log.errors), "first_errors": log.errors[:3],
                **_quantiles("change", log.filters), **_quantiles("page", log.pages), "cpu_s": used,
                "cpu_per_click_s": used / max(clicks + sessions, 1), "memory_start_mib": start,
                "memory_half_mib": seen["half"], "memory_end_mib": _all(memory, pids), "load": os.getloadavg()[0]}


def soak(store: Path, changes: int = 1500) -> dict[str, Any]:
    """One session that clicks without reading: does memory grow, is a click dearer after it? What is remembered is full
    after the first two thirds."""
    with serving(store) as (url, pid):
        time.sleep(8)
        before = _known_click(url)
        log, step = Log(), max(changes // 15, 1)
        seen: list[tuple[int, float, float]] = []

        def after(done: int) -> None:
            if done % step == 0:
                seen.append((done, memory(pid), cpu(pid)))
        asyncio.run(visit(url, 0, log, changes=changes, reading=0, after=after))
        return {"changes": changes, "errors": len(log.errors), "first_errors": log.errors[:3],
                "known_before_s": before, "known_after_s": _known_click(url),
                "memory_mib": {str(done): mib for done, mib, _ in seen},  # as in JSON
                "cpu_per_click_s": [(later[2] - now[2]) / step for now, later in itertools.pairwise(seen)],
                "load": os.getloadavg()[0]}


def _known_click(url: str) -> float:
    """Seconds of a click on a view that was asked for before: the median of the same forty clicks of a new session,
    made for the second time."""
    for _ in range(2):
        log = Log()
        asyncio.run(visit(url, 1, log, changes=40, reading=0))
    return statistics.median(log.filters)


def _quantiles(name: str, values: list[float]) -> dict[str, float | None]:
    ordered = sorted(values)
    return {f"{name}_{said}_s": ordered[round(share * (len(ordered) - 1))] if ordered else None
            for said, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def times_of(store: Path, seconds: float = 120) -> dict[str, Any]:
    """What `make bench` reports: 1, 10 and 50 sessions for so long, 50 of each kind and at two processes."""
    asked = [(1, "anything", 1), (10, "anything", 1), *((50, kind, n) for n in (1, 2) for kind in reversed(CROWDS))]
    found: dict[str, Any] = {
        "crowds": [crowd(store, n, seconds, controls=CROWDS[kind], processes=many) for n, kind, many in asked]}
    for one in found["crowds"]:
        print("  " + said(one), file=sys.stderr)
    return found


def said(crowd: dict[str, Any]) -> str:
    """One crowd as a line for people."""
    def s(name: str) -> str:
        return "–" if crowd[name] is None else f"{crowd[name]:.2f}"
    return (f"{crowd['kind']}, {crowd['seconds']:.0f} s: {crowd['changes']} changes, "
            f"{crowd['errors']} errors, p50 {s('change_p50_s')} p95 {s('change_p95_s')} max {s('change_max_s')} s; "
            f"{crowd['page_changes']} pages, p95 {s('page_p95_s')} s; "
            f"CPU {1000 * crowd['cpu_per_click_s']:.0f} ms a click; "
            f"{crowd['memory_start_mib']:.0f} → {crowd['memory_half_mib']:.0f} → {crowd['memory_end_mib']:.0f} MiB; "
            f"load {crowd['load']:.1f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--reading", type=float, default=READING, help="seconds between two clicks, on average")
    parser.add_argument("--controls", nargs="+", default=CONTROLS, choices=CONTROLS,
                        help="which are clicked: the fewer, the oftener sessions meet each other's answers")
    parser.add_argument("--processes", type=int, default=1, help="that serve the store, each its share of the sessions")
    parser.add_argument("--soak", type=int, default=0, help="instead: one session, so many changes, no reading")
    parser.add_argument("--store", type=Path, help="default: the sample company, made for this")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        store = args.store
        if store is None:
            from data.demo import create
            store = Path(made) / "store"
            create(store)
        if args.soak:
            print(soak(store, args.soak))
        for n in [] if args.soak else args.sessions:
            found = crowd(store, n, args.seconds, args.reading, args.controls, args.processes)
            print(said(found), *found["first_errors"], sep="\n  ")


if __name__ == "__main__":
    main()
