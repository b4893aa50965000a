"""What cannot be measured with the tables and columns that an export brings, by what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from analytics.metrics.metric import Metric
from analytics.metrics.registry import REGISTRY
from data.contracts import TABLES

#: What tells a column besides an export's own: any of the tables or columns on the right. A stage says the status;
#: stage events say what an opportunity went through; snapshots alone date the stages of what moves after the first one.
INSTEAD = {
    "opportunity.stage": ("stage_change",),
    "opportunity.status": ("opportunity.stage", "stage_change"),
    "opportunity.closed_on": ("stage_change",),
    "opportunity.created_on": ("stage_change",),
    "opportunity.stage_entered_on": ("stage_change",),
}


@dataclass(frozen=True)
class Lack:
    """One table or column (`table.column`) that is missing, and the metrics that need it."""

    what: str
    metrics: tuple[Metric, ...]


def full_name(need: str) -> str:
    """A metric's need as a table or `table.column`: a bare column is one of the opportunity.

    >>> full_name("amount"), full_name("activity"), full_name("contact.status")
    ('opportunity.amount', 'activity', 'contact.status')
    """
    return need if "." in need or need in TABLES else f"opportunity.{need}"


def out_of_reach(fed: Mapping[str, Collection[str]], metrics: Iterable[Metric] | None = None) -> list[Lack]:
    """What is missing for some metric, that with most metrics first. `fed`: table -> the columns that files fill."""
    needing: dict[str, dict[str, Metric]] = {}
    for metric in REGISTRY.values() if metrics is None else metrics:
        for need in dict.fromkeys(full_name(n) for n in metric.needs):
            if not _is_there(need, fed):
                table = need.partition(".")[0]
                is_whole = table not in fed and not (table == "opportunity" and "stage_change" in fed)
                needing.setdefault(table if is_whole else need, {})[metric.key] = metric
    found = [Lack(what, tuple(lost.values())) for what, lost in needing.items()]
    return sorted(found, key=lambda lack: (-len(lack.metrics), lack.what))


def _is_there(need: str, fed: Mapping[str, Collection[str]]) -> bool:
    table, _, column = need.partition(".")
    if table in fed and (not column or column in fed[table]):
        return True
    return any(_is_there(other, fed) for other in INSTEAD.get(need, ()))
