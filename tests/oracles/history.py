"""The stories of opportunities by plain loops, one opportunity and one day at a time: the twin of data/sql/history.

Slow and literal on purpose. Rows are dictionaries with the column names of the contracts; `Stage` rows of the
settings are used as they are. Written from docs/history.md, not from the SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from data.contracts import CLOSING_KINDS, DIMENSIONS, MARTS
from data.settings import Settings

DAY = timedelta(days=1)
GONE = "gone"
HELD = ("paused", "future")
#: the marts that are told here
NAMES = ("snapshot_spell", "stage_visit", "stage_reach", "opportunity_state", "opportunity_change")
TRACKED = [c.name for c in MARTS["snapshot_spell"].columns
           if c.name not in ("opportunity_id", "seen_before", "seen_from", "seen_until")]


@dataclass
class Point:
    """The opportunity comes to a stage (or is gone) on `day`, in the interval (lo, day]."""

    pipeline: str | None
    stage: str | None
    kind: str
    day: date
    lo: date | None
    at: datetime | None
    known: bool
    source: str
    seen_on: date | None = None
    evidence: date | None = None


def stories(opportunity: list[dict], events: list[dict], settings: Settings) -> dict[str, list[dict]]:
    """All marts as lists of rows."""
    days = sorted({r["snapshot_date"] for r in opportunity})
    marts: dict[str, list[dict]] = {name: [] for name in NAMES}
    for who in sorted({r["opportunity_id"] for r in opportunity} | {e["opportunity_id"] for e in events}):
        story = Story(who, {r["snapshot_date"]: r for r in opportunity if r["opportunity_id"] == who},
                      [e for e in events if e["opportunity_id"] == who], days, settings)
        marts["snapshot_spell"] += story.spells
        marts["stage_visit"] += story.visits()
        marts["stage_reach"] += story.reaches()
        states = story.states()
        marts["opportunity_state"] += states
        marts["opportunity_change"] += story.changes(states)
    return marts


class Story:
    """One opportunity: its snapshots by date, its events, all snapshot dates of the store."""

    def __init__(
        self, who: str, seen: dict[date, dict], events: list[dict], days: list[date], settings: Settings
    ) -> None:
        self.who, self.seen, self.days, self.settings = who, seen, days, settings
        self.created = next(
            (seen[d]["created_on"] for d in sorted(seen, reverse=True) if seen[d].get("created_on")), None
        )
        self.spells = self._spells()
        self.events = self._events(events)
        self.raw = sorted_points(self._came_from(), self.events, self._from_snapshots())
        self.points = self._without_repetition()

    # -- settings ----------------------------------------------------------------------------------------------

    def _stage(self, pipeline: str | None, stage: str | None) -> tuple[str, int, str, int | None]:
        """pipeline, order, kind and rank of a stage: in its own pipeline, else in the first that has it."""
        for p in [q for q in self.settings.pipelines if q.key == pipeline] + list(self.settings.pipelines):
            names = [s.key for s in p.stages]
            kinds = [s.kind for s in p.stages]
            for kind in CLOSING_KINDS:
                if kind not in [s.kind for s in p.stages]:
                    names.append(kind)
                    kinds.append(kind)
            if stage in names:
                i = names.index(stage)
                rank = sum(k == "open" for k in kinds[:i + 1]) if kinds[i] == "open" else None
                return p.key, i + 1, kinds[i], rank
        raise KeyError(stage)

    def _top(self, pipeline: str) -> int:
        return sum(s.kind == "open" for s in self.settings.pipeline(pipeline).stages)

    def _name(self, pipeline: str, rank: int) -> str:
        return [s.key for s in self.settings.pipeline(pipeline).stages if s.kind == "open"][rank - 1]

    def _closing_stage(self, pipeline: str, kind: str) -> str:
        return next((s.key for s in self.settings.pipeline(pipeline).stages if s.kind == kind), kind)

    def _before(self, day: date) -> date | None:
        return max((d for d in self.days if d < day), default=None)

    def _after(self, day: date) -> date | None:
        return min((d for d in self.days if d > day), default=None)

    # -- what is known -----------------------------------------------------------------------------------------

    def _spells(self) -> list[dict]:
        rows: list[dict] = []
        for day in self.days:
            values = {c: self.seen[day].get(c) for c in TRACKED} if day in self.seen else None
            if rows and rows[-1]["seen_until"] is None:
                if values == {c: rows[-1][c] for c in TRACKED}:
                    continue
                rows[-1]["seen_until"] = day
            if values is not None:
                rows.append({"opportunity_id": self.who, "seen_before": self._before(day), "seen_from": day,
                             "seen_until": None, **values})
        return rows

    def _spell_at(self, day: date) -> dict | None:
        """The spell in force; the first one is carried back, the last one stays after the opportunity is gone."""
        found = [s for s in self.spells if s["seen_from"] <= day] or self.spells[:1]
        return found[-1] if found else None

    def _events(self, events: list[dict]) -> list[Point]:
        pipeline = self.spells[-1]["pipeline"] if self.spells else None
        zone = ZoneInfo(self.settings.organisation.timezone)
        rows = []
        for e in events:
            exact = e["changed_at"].astimezone(UTC)
            midnight = (exact.hour, exact.minute, exact.second) == (0, 0, 0)
            day = exact.date() if e["is_date_only"] and midnight else exact.astimezone(zone).date()
            key, order, kind, _ = self._stage(e.get("pipeline") or pipeline, e["to_stage"])
            at = None if e["is_date_only"] else exact
            sort = (day, at is not None, at or exact, e["file_order"], order, e["to_stage"])
            rows.append((sort, Point(key, e["to_stage"], kind, day, day, at, True, "history"), e.get("from_stage")))
        rows.sort(key=lambda r: r[0])
        self.from_stages = [r[2] for r in rows]
        return [r[1] for r in rows]

    def _came_from(self) -> Point | None:
        if not self.events or self.from_stages[0] in (None, self.events[0].stage):
            return None
        first = self.events[0]
        pipeline, _, kind, _ = self._stage(first.pipeline, self.from_stages[0])
        seen = [d for d in self.seen if d < first.day]
        if seen:
            return Point(
                pipeline, self.from_stages[0], kind, first.day, exact(max(seen), first.day), None, True, "history"
            )
        if self.created and self.created <= first.day:
            return Point(pipeline, self.from_stages[0], kind, self.created, self.created, None, True, "crm_field")
        return Point(pipeline, self.from_stages[0], kind, first.day, None, None, False, "history")

    def _shown(self, day: date) -> tuple:
        """(pipeline, stage, kind, closed by status alone, CRM dates) of a snapshot; kind GONE where it is absent."""
        row = self.seen.get(day)
        if row is None:
            return None, None, GONE, False, ()
        pipeline, _, kind, _ = self._stage(row.get("pipeline"), row["stage"])
        status = row.get("status")
        closed = (status if status in ("no_decision", "void") else kind if kind in CLOSING_KINDS
                  else status if status in ("won", "lost") else None)
        if closed is None:
            return pipeline, row["stage"], kind, False, (row.get("stage_entered_on"), None)
        stage = row["stage"] if closed == kind else self._closing_stage(pipeline, closed)
        entered = row.get("stage_entered_on") if kind in CLOSING_KINDS else None
        return pipeline, stage, closed, kind not in CLOSING_KINDS, (row.get("closed_on"), entered)

    def _segments(self) -> list[dict]:
        """Stretches of snapshots in the same stage; a new one begins at the first snapshot after the last event."""
        anew = self._after(self.events[-1].day) if self.events else None
        rows: list[dict] = []
        for day in self.days:
            pipeline, stage, kind, by_status, crm = self._shown(day)
            if not rows and kind == GONE:
                continue
            same = rows and (pipeline, stage, kind) == (rows[-1]["pipeline"], rows[-1]["stage"], rows[-1]["kind"])
            if not same or (day == anew and kind != GONE):
                rows.append(
                    {
                        "day": day,
                        "before": self._before(day),
                        "pipeline": pipeline,
                        "stage": stage,
                        "kind": kind,
                        "by_status": by_status,
                        "crm": [None, None],
                    }
                )
            rows[-1]["by_status"] |= by_status
            for i, value in enumerate(crm):
                rows[-1]["crm"][i] = rows[-1]["crm"][i] or value
        return rows

    def _from_snapshots(self) -> list[Point]:
        points, previous = [], None
        for s in self._segments():
            event_days = [e.day for e in self.events if e.day <= s["day"]]
            if self._believed(s, previous, event_days):
                points.append(self._snapshot_point(s, previous, event_days))
            previous = s
        return points

    def _believed(self, s: dict, previous: dict | None, event_days: list[date]) -> bool:
        if not self.events or s["kind"] == GONE or s["by_status"]:
            return True
        first, last = self.events[0].day, self.events[-1].day
        if s["day"] < first or s["day"] > last:
            return True
        if s["day"] == last and s["stage"] not in {e.stage for e in self.events} | set(self.from_stages):
            return True
        back = previous is not None and (previous["kind"] == GONE or previous["by_status"])
        return back and s["day"] not in event_days and all(d <= previous["day"] for d in event_days)

    def _snapshot_point(self, s: dict, previous: dict | None, event_days: list[date]) -> Point:
        day = s["day"]
        bounds = [previous["day"]] if previous else []
        bounds += event_days
        bounds += [self.created] if self.created and self.created <= day else []
        if s["kind"] != GONE:
            for told in s["crm"]:
                if told and told <= day and all(told >= b for b in bounds):
                    return Point(s["pipeline"], s["stage"], s["kind"], told, told, None, True, "crm_field", day)
        lows = [d for d in (s["before"], max(event_days) - DAY if event_days else None) if d]
        lo = exact(max(lows), day) if lows else None
        return Point(s["pipeline"], s["stage"], s["kind"], day, lo, None, True, "snapshot", day)

    # -- the story ---------------------------------------------------------------------------------------------

    def _without_repetition(self) -> list[Point]:
        kept: list[Point] = []
        last = None
        for p in self.raw:  # gone after a closing: the export leaves closed ones out
            if p.kind == GONE and last in CLOSING_KINDS:
                continue
            if p.kind != GONE:
                last = p.kind
            kept.append(p)
        points: list[Point] = []
        step = None
        for p in kept:
            if p.kind in HELD and step == "open":
                continue
            if p.kind not in HELD:
                step = p.kind
            if points and (p.kind, p.pipeline, p.stage) == (points[-1].kind, points[-1].pipeline, points[-1].stage):
                continue
            points.append(p)
        if points and points[0].source == "snapshot":
            self._open(points[0])
        for p in points:
            shown = min((d for d in self.days if d >= p.day), default=p.day)
            p.evidence = p.seen_on or (shown if p.kind in CLOSING_KINDS else p.day)
        return points

    def _open(self, first: Point) -> None:
        """The entry that only the first snapshot of an opportunity shows."""
        created = self.created if self.created and self.created <= first.day else None
        before = self._before(first.seen_on)
        if created and (self._rank(first) == 1 or created == first.day):
            source = "crm_field" if self._rank(first) == 1 else "snapshot"
            first.day, first.lo, first.known, first.source = created, created, True, source
        elif before is None or (created and created <= before):
            first.lo, first.known = None, False
        else:
            first.lo = exact(max([before] + ([created - DAY] if created else [])), first.day)

    def _rank(self, p: Point) -> int | None:
        return self._stage(p.pipeline, p.stage)[3] if p.kind != GONE else None

    def _dims(self, day: date) -> dict:
        spell = self._spell_at(day)
        return {c: spell[c] if spell else None for c in (*DIMENSIONS, "amount_base")}

    def _pause_on(self, day: date) -> str | None:
        """Status paused or future at the end of a day."""
        found = [s["status"] for s in self.spells if s["status"] in HELD and s["seen_from"] <= day
                 and (s["seen_until"] is None or day < s["seen_until"])]
        for i, p in enumerate(self.raw):
            end = self.raw[i + 1].day if i + 1 < len(self.raw) else None
            if p.kind in HELD and p.day <= day and (end is None or day < end):
                found.append(p.kind)
        return min(found, default=None)  # 'future' is the stronger word

    def _edges(self) -> list[date]:
        """Every day on which anything may change, and the day after each."""
        found = {p.day for p in self.raw} | {p.day for p in self.points} | set(self.days)
        found |= {self.created} if self.created else set()
        return sorted(found)

    def visits(self) -> list[dict]:
        rows: list[dict] = []
        for i, p in enumerate(self.points):
            if p.kind == GONE:
                continue
            after = self.points[i + 1] if i + 1 < len(self.points) else None
            rest = self._pauses(p.day, after.day if after else None) if p.kind not in CLOSING_KINDS else []
            passing = next((q for q in self.points[i + 1:] if p.kind == "open" and self._is_later(p, q)), None)
            rows.append({
                "opportunity_id": self.who, "visit_no": len(rows) + 1,
                "stage_visit_no": 1 + sum((r["pipeline"], r["stage"]) == (p.pipeline, p.stage) for r in rows),
                "stage": p.stage, "stage_order": self._stage(p.pipeline, p.stage)[1], "stage_kind": p.kind,
                "entered_lo": p.lo, "entered_on": p.day, "entered_at": p.at, "is_entry_known": p.known,
                "exited_lo": after.lo if after else None, "exited_on": after.day if after else None,
                "exited_at": after.at if after else None, "exit_kind": self._exit(p, after),
                "next_stage": after.stage if after else None,
                "next_order": self._stage(after.pipeline, after.stage)[1] if after and after.kind != GONE else None,
                "passed_on": passing.day if passing else None, "passed_at": passing.at if passing else None,
                "paused_days": sum((r["end"] - r["start"]).days for r in rest if r["end"]), "pauses": rest,
                "time_source": p.source, **self._dims(p.evidence), "pipeline": p.pipeline})
        return rows

    def _is_later(self, p: Point, q: Point) -> bool:
        if q.kind == "won":
            return True
        return q.kind == "open" and q.pipeline == p.pipeline and self._rank(q) > self._rank(p)

    def _exit(self, p: Point, q: Point | None) -> str | None:
        if q is None:
            return None
        if q.kind == GONE:
            return "deleted"
        if q.kind in CLOSING_KINDS:
            return q.kind
        if p.kind in CLOSING_KINDS:
            return "reopened"
        here, there = self._rank(p), self._rank(q)
        if here is None or there is None:
            return "advance"
        if there <= here:
            return "regress"
        return "advance" if there == here + 1 or p.pipeline != q.pipeline else "skip"

    def _pauses(self, start: date, end: date | None) -> list[dict]:
        """Stretches of one pausing status within [start, end)."""
        rows: list[dict] = []
        days = [d for d in sorted({start, *self._edges()}) if d >= start and (end is None or d < end)]
        for i, day in enumerate(days):
            if end is not None and start >= end:
                break
            status = self._pause_on(day)
            until = days[i + 1] if i + 1 < len(days) else end
            if status and rows and rows[-1]["end"] == day and rows[-1]["status"] == status:
                rows[-1]["end"] = until
            elif status:
                rows.append({"start": day, "end": until, "status": status})
        return [{"start": r["start"], "end": r["end"]} for r in rows]

    def reaches(self) -> list[dict]:
        first: dict[tuple[str, int], tuple[int, bool]] = {}
        for i, p in enumerate(self.points):
            if p.kind == "open":
                first.setdefault((p.pipeline, self._rank(p)), (i, False))
            q = self.points[i - 1] if i else None
            if q and q.kind == "open" and p.kind in ("open", "won") and p.pipeline == q.pipeline:
                top = self._top(p.pipeline) + 1 if p.kind == "won" else self._rank(p)
                for rank in range(self._rank(q) + 1, top):
                    first.setdefault((p.pipeline, rank), (i, True))
        return [self._reach(pipeline, rank, i, skipped) for (pipeline, rank), (i, skipped) in first.items()]

    def _reach(self, pipeline: str, rank: int, i: int, skipped: bool) -> dict:
        p = self.points[i]
        name = self._name(pipeline, rank)
        later = self.points[i if skipped else i + 1:]
        passing = next((q for q in later if q.kind == "won" or (q.kind == "open" and q.pipeline == pipeline
                                                                 and self._rank(q) > rank)), None)
        entered = self._entered_in_order(pipeline)
        backs = [self.points[j + 1].day for j, q in enumerate(self.points[:-1])
                 if q.kind == "open" and (q.pipeline, self._rank(q)) == (pipeline, rank)
                 and self.points[j + 1].kind == "open" and self._rank(self.points[j + 1]) <= rank]
        end = self._closing() if passing is None else None
        return {"opportunity_id": self.who, "stage": name, "stage_order": self._stage(pipeline, name)[1],
                "reached_on": p.day, "is_entry_known": True if skipped else p.known, "is_skipped": skipped,
                "is_in_order": rank in entered, "passed_on": passing.day if passing else None,
                "passed_in_order_on": entered.get(rank + 1) if rank in entered else None,
                "regressed_on": min(backs, default=None), "closed_on": end.day if end else None,
                "closed_kind": {GONE: "void"}.get(end.kind, end.kind) if end else None,
                **self._dims(p.evidence), "pipeline": pipeline}

    def _entered_in_order(self, pipeline: str) -> dict[int, date]:
        """rank -> day on which it was entered after all earlier ones; the rank after the last one is won."""
        found: dict[int, date] = {}
        for p in self.points:
            want = len(found) + 1
            if want <= self._top(pipeline):
                if p.kind == "open" and p.pipeline == pipeline and self._rank(p) == want:
                    found[want] = p.day
            elif p.kind == "won":
                found.setdefault(want, p.day)
                break
        return found

    def _closing(self) -> Point | None:
        found = None
        for p in self.points:
            if p.kind not in CLOSING_KINDS and p.kind != GONE:
                found = None
            elif found is None:
                found = p
        return found

    def states(self) -> list[dict]:
        if not self.points:
            return []
        first = self.points[0]
        created = min([d for d in (self.created, first.day if first.known else None) if d], default=None)
        rows: list[dict] = []
        was_gone = False
        for day in [d for d in self._edges() if d >= min(d for d in (created, first.day) if d)]:
            row = self._state_on(day, created)
            same = rows and not was_gone and row and {**row, "valid_from": 0, "valid_to": 0} == {
                **rows[-1], "valid_from": 0, "valid_to": 0}
            if same:
                continue
            if rows and not was_gone:
                rows[-1]["valid_to"] = day
            was_gone = row is None
            if row:
                rows.append(row)
        return rows

    def _state_on(self, day: date, created: date | None) -> dict | None:
        past = [p for p in self.points if p.day <= day]
        p = past[-1] if past else None
        if p and p.kind == GONE:
            return None
        spell = self._spell_at(max(day, p.evidence) if p else day) or {}
        opened = [q for q in past if q.kind not in CLOSING_KINDS and q.kind != GONE]
        is_closed = p is not None and p.kind in CLOSING_KINDS
        names = [c.name for c in MARTS["opportunity_state"].columns]
        return {
            **{c: spell.get(c) for c in names},
            "opportunity_id": self.who,
            "valid_from": day,
            "valid_to": None,
            "status": p.kind if is_closed else self._pause_on(day) or "open",
            "stage": p.stage if p else "(unknown)",
            "stage_order": self._stage(p.pipeline, p.stage)[1] if p else 0,
            "stage_entered_on": p.day if p and p.known else None,
            "last_open_stage": opened[-1].stage if opened else None,
            "highest_order": max(
                (self._stage(q.pipeline, q.stage)[1] for q in opened if q.kind == "open"), default=None
            ),
            "created_on": created,
            "closed_on": p.day if is_closed else None,
            "pipeline": p.pipeline if p else spell.get("pipeline"),
        }

    def changes(self, states: list[dict]) -> list[dict]:
        found: list[tuple] = []
        for old, new in pairwise(self.spells):
            for name in ("amount", "expected_close_on", "owner_id", "segment"):
                if old[name] != new[name]:
                    found.append((name, text(old[name]), text(new[name]), new["seen_before"], new["seen_from"]))
        for old, new in pairwise(states):
            here = [p for p in self.points if p.day == new["valid_from"]]
            lo = here[-1].lo if here else (self._before(new["valid_from"]) if new["valid_from"] in self.days
                                           else None) or new["valid_from"]
            for name in ("stage", "status"):
                if old[name] != new[name] and old[name] != "(unknown)":
                    found.append((name, old[name], new[name], lo, new["valid_from"]))
        for day in self.days[1:]:
            was, is_there = self._before(day) in self.seen, day in self.seen
            if was != is_there:
                words = ("present", "absent") if was else ("absent", "present")
                found.append(("existence", *words, self._before(day), day))
        return [
            {
                "opportunity_id": self.who,
                "field": f,
                "old_value": o,
                "new_value": n,
                "changed_lo": lo,
                "changed_on": on,
                **self._dims_of_change(f, on),
            }
            for f, o, n, lo, on in found
        ]

    def _dims_of_change(self, name: str, day: date) -> dict:
        """Those of the new state: at a closing, what the first snapshot that shows it says."""
        past = [p for p in self.points if p.day <= day]
        spell = self._spell_at(max(day, past[-1].evidence) if past and name in ("stage", "status") else day) or {}
        return {c: spell.get(c) for c in DIMENSIONS}


def exact(lo: date, day: date) -> date:
    """An interval of one day is a day."""
    return day if lo == day - DAY else lo


def text(value: object) -> str | None:
    """A value as opportunity_change holds it."""
    return None if value is None else str(value)


def sorted_points(came_from: Point | None, events: list[Point], snapshots: list[Point]) -> list[Point]:
    """By day; on one day what came before the events, then the events, then what snapshots add."""
    ranked = [(p.day, 0, i, p) for i, p in enumerate([came_from] if came_from else [])]
    ranked += [(p.day, 1, i, p) for i, p in enumerate(events)]
    ranked += [(p.day, 2, i, p) for i, p in enumerate(snapshots)]
    return [p for *_, p in sorted(ranked, key=lambda r: r[:3])]
