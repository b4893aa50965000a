"""Questions about what needs attention (METHOD B8, B10, B15, B19). A part of `analytics.ask.Ask`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from analytics import attention, attention_pack, chance_left
from analytics.metrics.frames import Context, added_up, ordered
from analytics.view import View
from data.errors import MvpodError
from data.queries import Slice
from data.queries.forecast import AGES
from data.scope import Filters
from data.settings import Settings

#: Metrics for which teams are held against each other.
LOOKED_AT = ("never_moved", "stalled", "idle", "past_due", "unconditioned", "single_threaded", "no_rival", "at_risk")


#: Warnings are judged so many times their days after creation, among what is still open then.
LANDMARK = 2
#: Columns of the chances left in `Ask.attention_limits`: at entry, and after so many days in the stage.
CHANCES = tuple(chance_left.columns(AGES))
#: What `attention_rules` gave; None: it is asked for.
Learned = dict[str, Any] | None


class AttentionQuestions:
    """What `Ask` can be asked about what needs attention."""

    if TYPE_CHECKING:
        settings: Settings

        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _as_asked(self, frame: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame: ...
        def _context(self, slice_: Slice) -> Context: ...
        def _groups(self, by: Sequence[str]) -> tuple[str, ...]: ...
        def _named(self, frame: pd.DataFrame, as_of: date) -> pd.DataFrame: ...
        def _now(self, view: View) -> View: ...
        def _told(self, view: View, part: str, opportunity_id: str) -> pd.DataFrame: ...
        def _seen(self, view: View, opportunity_id: str) -> tuple[pd.DataFrame, View]: ...
        def _snapshot(self, as_of: date) -> date | None: ...

    def attention_limits(self, view: View) -> pd.DataFrame:
        """The limits in force for each pipeline, stage and segment (columns: attention.limits), learned from all that
        the viewer may see, whatever the filters: a limit does not depend on what is looked at."""
        rules = self.settings.attention
        past = self._everything(view).with_(start=view.as_of - timedelta(days=rules.history_days))
        visits, outcomes = (self._asked(query, past, ["segment"]) for query in ("visit_days", "stage_outcomes"))
        return attention.limits(visits, outcomes, Context(self.settings, view.as_of), AGES)

    def attention(
        self,
        view: View,
        rules: Sequence[str] = attention.RULES,
        *,
        limit: int = 10,
        opportunity_id: str | None = None,
        learned: Learned = None,
    ) -> pd.DataFrame:
        """Per rule, the opportunities with most at stake (analytics/attention.py), those of the first rule first.

        Columns: those of an opportunity with names, rule, measure (days, for unconditioned hours) and rule_limit,
        days_over, excess, chance, chance_source, chance_week, stake, next_on (of the idle clock: when the
        next step is due; missing: all are), idle_since, happened (events of the comparison), is_kept (never
        recycled), total and total_amount (of the rule). `opportunity_id`: this one alone, whatever the filters.
        """
        view = self._now(view) if opportunity_id is None else self._everything(view)
        found = self._attended(view, "list", learned, rules=list(rules), only=opportunity_id, limit=limit)
        totals = found[["total", "total_amount"]]
        return self._named(found.drop(columns="total"), view.as_of).assign(
            total=totals["total"].to_numpy(), total_amount=totals["total_amount"].to_numpy()
        )

    def attention_rates(
        self, view: View, by: Sequence[str] = ("pipeline", "segment"), *, learned: Learned = None
    ) -> dict[str, pd.DataFrame]:
        """How many break which rule, from one count of what is open.

        "rules": per group of `by` (columns: attention.by_rule). "shifts": which teams break a rule more often than the
        others of their pipeline and segment (attention.SHIFTS); only what holds for all tests at once is_real.
        "owners": whose open opportunities break how many rules, most of them first (attention_pack.owners, with
        owner_name).
        """
        keys = self._groups(by)
        groups = list(dict.fromkeys([*keys, "pipeline", "segment", "team", "owner_id"]))
        counts = self._attended(self._now(view), "counts", learned, groups)
        teams = added_up(counts, ["pipeline", "segment", "team", "rule"])
        owners = attention_pack.owners(added_up(counts, ["owner_id", "team", "rule"]))
        rules = attention.by_rule(added_up(counts, [*keys, "rule"]), Context(self.settings, view.as_of), keys)
        return {
            "rules": self._as_asked(rules, by),
            "shifts": attention.shifts(teams, metrics=LOOKED_AT),
            "owners": self._with_owner_names(owners, view),
        }

    def attention_spend(self, view: View, *, learned: Learned = None) -> pd.DataFrame:
        """Presales hours on open opportunities without the necessary conditions (columns: attention.spend)."""
        found = attention.spend(self._attended(self._now(view), "spend", learned))
        return ordered(found, Context(self.settings, view.as_of), ["pipeline"])

    def attention_waiting(self, view: View, *, limit: int = 50) -> dict[str, pd.DataFrame]:
        """What is put off: "months" (pipeline, segment, wakes, is_due, waits_for, n, amount) and "list", the next to
        wake first; `attrs["total"]` of the list says how many there are."""
        view = self._now(view)
        return {
            "months": self._attention_part(view, "waiting"),
            "list": self._named(self._attention_part(view, "asleep", limit=limit), view.as_of),
        }

    def attention_pack(self, view: View, *, limit: int = 20, learned: Learned = None) -> pd.DataFrame:
        """The review pack of the week: what is important (grade S or A, an event, stalled, less certain), of each team
        the `pack_per_team` with most at stake, the first `limit` of them, each with a light for the 13 elements
        (columns added: attention_pack.ELEMENTS; METHOD B19). `attrs`: total (kept), important, open (all of them)."""
        view = self._now(view)
        found = self._attended(view, "pack", learned, limit=limit, per_team=self.settings.attention.pack_per_team)
        told = self._named(attention_pack.lights(found, self.settings, view.as_of), view.as_of)
        told.attrs |= {name: int(found[name].max()) if len(found) else 0 for name in ("important", "open")}
        return told.drop(columns=["important", "open"])

    def story_more(self, view: View, opportunity_id: str) -> dict[str, pd.DataFrame]:
        """What else is told of one opportunity beside `story`: "people" (of the decision chain, unnamed), "answers"
        (to the checklists), "requests" (for presales); columns: sql/story_*.sql. Nothing of what may not be seen."""
        try:
            _, view = self._seen(self._everything(view), opportunity_id)
        except MvpodError:
            return {}
        return {part: self._told(view, part, opportunity_id) for part in ("people", "answers", "requests")}

    def attention_points(self, view: View) -> dict[str, pd.DataFrame]:
        """Control points (METHOD B10): "stages" (answers per stage and item), "gaps" (per stage: how many have what is
        due by then), "lift" (win rate with a point against without, of all closed so far)."""
        view, rules = self._now(view), self.settings.attention
        early, late = list(rules.early_points), list(rules.late_points)
        return {
            "stages": attention_pack.answers(self._attention_part(view, "points"), [*early, *late]),
            "gaps": attention_pack.gaps(self._attention_part(view, "point_gaps", early=early, late=late), rules),
            "lift": attention_pack.lift(self._attention_part(view, "point_lift"), [*early, *late]),
        }

    def attention_outcomes(self, view: View) -> pd.DataFrame:
        """Do warnings mean anything? Win rate of what was warned of early (within LANDMARK times the days of a warning,
        among what was still open then) against the rest, of what was closed in the last `history_days` days
        (columns: attention.outcomes); no rows where no activities are recorded."""
        rules, known = self.settings.attention, self._attention_known(view)
        if known["activities_from"] is None:
            return pd.DataFrame()
        segments = [s for s in rules.idle_days if s != "other"]
        start = view.as_of - timedelta(days=rules.history_days)
        found = self._attention_part(
            self._now(view).with_(start=start),
            "outcomes",
            landmark=LANDMARK,
            zone=self._zone,
            activities_from=known["activities_from"],
            pace_segments=[*segments, ""],
            pace_warns=[rules.of("idle_days", s)[1] for s in [*segments, "other"]],
        )
        return attention.outcomes(found)

    def _attended(self, view: View, part: str, learned: Learned, by: Sequence[str] = (), **more: Any) -> pd.DataFrame:
        return self._attention_part(view, part, by, **(learned or self.attention_rules(view)), **more)

    def _attention_part(self, view: View, part: str, by: Sequence[str] = (), **more: Any) -> pd.DataFrame:
        return self._asked("attention", view, by, part=part, **more)

    def attention_rules(self, view: View | Slice) -> dict[str, Any]:
        """All that the rules need, as of the view's day, whatever its filters. The other questions learn it by
        themselves; whoever asks several of them hands it on as `learned`."""
        everything = View(view.as_of, scope=view.scope)
        limits, midnight = self.attention_limits(everything), self._midnight(everything)
        hours = self._attention_part(everything, "hours", **attention.watched(limits, self.settings), midnight=midnight)
        compared = self.settings.win_rate
        return (
            attention.params(limits, hours, self.settings, AGES)
            | self._attention_known(everything)
            | {
                "midnight": midnight,
                "zone": self._zone,
                "snapshot": self._snapshot(view.as_of),
                "silent_days": compared.silent_days,
                "event_points": compared.event_points,
                "doomed_below": compared.doomed_below,
                "doomed_from_stage": compared.doomed_from_stage,
            }
        )

    def _attention_known(self, view: View) -> dict[str, Any]:
        row = self._attention_part(
            self._everything(view), "known", midnight=self._midnight(view), zone=self._zone
        ).iloc[0]
        first = row["activities_from"]
        return {
            "activities_from": None if pd.isna(first) else first.date(),
            "has_support": bool(row["has_support"]),
            "has_rivals": bool(row["has_rivals"]),
            "stepped": list(row["stepped"]),
        }

    @property
    def _zone(self) -> str:
        return self.settings.organisation.timezone

    def _midnight(self, view: View) -> datetime:
        """The first instant after the as-of day, in the organisation's zone."""
        after = datetime.combine(view.as_of + timedelta(days=1), datetime.min.time(), ZoneInfo(self._zone))
        return after.astimezone(UTC)

    def _everything(self, view: View) -> View:
        """All that the viewer may see on the day, whatever the filters and the period."""
        return self._now(view).with_(filters=Filters(), days="calendar")

    def _with_owner_names(self, frame: pd.DataFrame, view: View) -> pd.DataFrame:
        names = self._names("owner", frame["owner_id"], view.as_of)  # type: ignore[attr-defined]
        return frame.assign(owner_name=frame["owner_id"].map(names).astype("str"))
