"""Questions about the comparison with the rivals. A part of `analytics.ask.Ask`; the data come through it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics import comparison, strategy, win_comparison
from analytics.metrics.frames import Context, ordered
from analytics.view import View
from data.settings import Settings

if TYPE_CHECKING:
    from data.queries import Slice

#: From how many weeks back a story explains the change of the win rate.
WEEKS_BACK = 4


class ComparisonQuestions:
    """What `Ask` can be asked about the comparison with the rivals (METHOD B6, B10)."""

    if TYPE_CHECKING:
        settings: Settings

        def _asked(self, query: str, view: View | Slice, by: Sequence[str] = (), **more: Any) -> pd.DataFrame: ...
        def _named(self, frame: pd.DataFrame, as_of: date) -> pd.DataFrame: ...
        def _told(self, view: View, part: str, opportunity_id: str) -> pd.DataFrame: ...
        def _seen(self, view: View, opportunity_id: str) -> tuple[pd.DataFrame, View]: ...
        def _snapshot(self, as_of: date) -> date | None: ...

    def win_movers(self, view: View, *, only: str = "moved", limit: int = 12) -> pd.DataFrame:
        """Open opportunities whose win rate moved in the last week ("moved": the largest moves first), or of which
        something must be looked at ("events", or one of win_comparison.EVENTS: the largest amounts first).

        Columns: opportunity_id and its names, pipeline, stage, status, amount_base, crm (the CRM's probability),
        win_comparison.MOVED. `attrs["total"]` says how many there are.
        """
        if only not in ("moved", "events", *win_comparison.EVENTS):
            raise ValueError(f"{only} is neither moved nor events nor one of them")
        found = self._asked("win_movers", self._now(view), only=only, limit=limit, **self._limits())
        return self._named(win_comparison.movers(found, self.settings.win_rate), view.as_of)

    def win_events(self, view: View) -> pd.DataFrame:
        """How many open opportunities need a look, by what happened and by segment (columns: win_comparison.events)."""
        counts = self._asked("win_events", self._now(view), ["segment"], **self._limits())
        return win_comparison.events(ordered(counts, Context(self.settings, view.as_of), ["segment"]))

    def win_portfolio(self, view: View) -> pd.DataFrame:
        """Everything that is open, by stage: how its win rates lie, and the wins that may be expected beside those that
        the stages and the CRM promise (columns: win_comparison.PORTFOLIO; the whole comes last)."""
        promised = [
            (p.key, s.key, s.probability)
            for p in self.settings.pipelines
            for s in p.stages
            if s.kind == "open" and s.probability is not None
        ]
        counts = self._asked("win_portfolio", self._now(view), promised=promised, **self._limits())
        return win_comparison.portfolio(counts, [(p.key, s.key) for p in self.settings.pipelines for s in p.stages])

    def win_strategies(self, view: View) -> pd.DataFrame:
        """What the comparison suggests to do with what is open, per segment (columns: strategy.mix; METHOD B10)."""
        now, rules = self._now(view), self.settings.win_rate
        counts = self._asked("strategies", now, ["segment"], weak_below=comparison.weak_below(rules),
                             incumbent=list(comparison.INCUMBENT), snapshot=self._snapshot(view.as_of),
                             **self._limits(), **self._ratios())  # fmt: skip
        return strategy.mix(counts, Context(self.settings, view.as_of))

    def win_by_ratio(self, view: View) -> pd.DataFrame:
        """Win rate by how strong we were against the top rival `judged_days_before` the close, per segment, of all that
        was closed up to the end of the period (columns: strategy.by_ratio)."""
        counts = self._asked("strategy_outcomes", view.with_(start=None), ["segment"], **self._ratios())
        return strategy.by_ratio(counts, Context(self.settings, view.as_of))

    def win_rivals(self, view: View) -> pd.DataFrame:
        """Whom we meet in what is open, by the strongest assessed rival (columns: win_comparison.rivals)."""
        return win_comparison.rivals(self._asked("rivals_met", self._now(view), **self._limits()))

    def win_story(self, view: View, opportunity_id: str, back: int = WEEKS_BACK) -> dict[str, Any]:
        """The comparison on one opportunity up to the as-of date, within the viewer's scope; filters do not hide it.

        "weeks": its rows of the mart; "curves": shares of all parties (win_comparison.curves); "events":
        (win_comparison.happened); "why": what moved P since `back` weeks before (win_comparison.why); "formula": the
        comparison with its own numbers (comparison.formula); "standing": win_comparison.standing. All empty where it
        was never compared. Raises MvpodError E_OPPORTUNITY if there is none that may be seen.
        """
        state, view = self._seen(self._now(view), opportunity_id)
        rules, weeks = self.settings.win_rate, self._told(view, "comparison", opportunity_id)
        closed = state["closed_on"].iloc[0]
        last = pd.Timestamp(view.as_of) if pd.isna(closed) else min(pd.Timestamp(closed), pd.Timestamp(view.as_of))
        formula = comparison.formula(weeks.iloc[-1].to_dict(), rules) if len(weeks) else pd.DataFrame()
        standing = win_comparison.standing(weeks, rules)
        if standing and pd.notna(closed):
            standing["hint"] = None  # nothing is left to decide
        return {
            "weeks": weeks,
            "curves": win_comparison.curves(weeks),
            "formula": formula,
            "events": win_comparison.happened(weeks, last, rules),
            "why": win_comparison.why(weeks, back, rules),
            "standing": standing,
        }

    def _limits(self) -> dict[str, Any]:
        rules = self.settings.win_rate
        return {
            "silent_days": rules.silent_days,
            "event_points": rules.event_points,
            "doomed_below": rules.doomed_below,
            "doomed_from_stage": rules.doomed_from_stage,
        }

    def _ratios(self) -> dict[str, float]:
        """What makes the ratio of two strengths and its bands."""
        names = ("floor", "need_weight", "closeness_weight", "fragment_from", "flanking_from", "frontal_from")
        return {name: getattr(self.settings.win_rate, name) for name in names}

    def _now(self, view: View) -> View:
        """A stock of the as-of date has no period."""
        return view.with_(start=None, end=None)
