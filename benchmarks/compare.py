"""A result against the last recorded one: absolute, and as a ratio to the plain SQL of the same run.

Times of another day, or of a machine with other work, say little by themselves. The plain SQL over all snapshots is
asked in every run and does not change with the dashboard: what grew against it became slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: A figure that grew by more than this factor is marked.
WORSE = 1.3
#: … and by more than this, because the smallest times are noise (ms, ms of CPU, MiB).
_LEAST = {"wall": 5.0, "cpu": 5.0, "memory": 30.0}

Unit = Literal["wall", "cpu", "memory"]


@dataclass(frozen=True)
class Figure:
    """One figure of a result: milliseconds by the clock or of CPU, or MiB; and the yardstick of its run (MiB: None)."""

    value: float
    unit: Unit
    yardstick: float | None


@dataclass(frozen=True)
class Change:
    """One figure then and now. `ratio` is absolute; `against_yardstick` takes the machine's own change out (memory: the
    absolute one)."""

    name: str
    then: Figure
    now: Figure

    @property
    def ratio(self) -> float:
        """How many times as much."""
        return self.now.value / self.then.value if self.then.value else 1.0

    @property
    def against_yardstick(self) -> float:
        """The same, beside the plain SQL of both runs."""
        if not self.then.yardstick or not self.now.yardstick:
            return self.ratio
        return self.ratio * self.then.yardstick / self.now.yardstick

    @property
    def is_worse(self) -> bool:
        """More than `WORSE` times as much, and not by a trifle."""
        grown = self.then.value * (self.against_yardstick - 1)
        return self.against_yardstick > WORSE and grown > _LEAST[self.now.unit]


def compared(then: dict[str, Any] | None, now: dict[str, Any]) -> list[Change]:
    """The figures of those steps that were measured anew and were recorded before, worst first."""
    before, after = figures(then) if then else {}, figures(now)
    anew = {step for step, found in now["steps"].items()
            if not then or found["at"] != then["steps"].get(step, {}).get("at")}
    changes = [Change(name, before[name], figure) for name, figure in after.items()
               if name in before and name.split(":")[0] in anew]
    return sorted(changes, key=lambda change: -change.against_yardstick)


def figures(result: dict[str, Any]) -> dict[str, Figure]:
    """Every figure of a result that can be compared, as `step: what`."""
    found: dict[str, Figure] = {}
    for name, step in result["steps"].items():
        if name not in ("sql", "make"):
            _collect(found, f"{name}:", step, step.get("yardstick", {}))
    return found


def _collect(found: dict[str, Figure], name: str, value: Any, yard: dict[str, float]) -> None:
    """Walks down to the numbers; their names' endings tell the unit."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("yardstick", "load") and not key.startswith("cold"):
                _collect(found, f"{name} {key}", inner, yard)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                said = next((str(inner[key]) for key in ("query", "kind", "sessions") if key in inner), "")
                _collect(found, f"{name} {said}", inner, yard)
    elif isinstance(value, int | float) and not isinstance(value, bool) and (unit := _unit(name)):
        scale = 1000.0 if name.endswith(("_s", " seconds")) else 1.0
        found[name] = Figure(value * scale, unit, yard.get(unit))


def _unit(name: str) -> Unit | None:
    if name.endswith(("cpu_s", "cpu_ms", "cpu_per_click_s")):
        return "cpu"
    if name.endswith("_mib"):
        return "memory"
    if name.endswith(("_ms", "_s", " seconds")) and not name.endswith(("reading_s", "max_s", "first_ms")):
        return "wall"
    return None
