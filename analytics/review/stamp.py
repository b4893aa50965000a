"""What every exported file carries, so that anybody can check it: the view, the load, the definitions, a hash.

The stamp names each card with the sha256 of its figures. `figures` writes a frame in one way only (column names, then
values, unknown as nothing), so that the same numbers always have the same hash. Nine digits count: sums that two
threads add up in another order differ in the sixteenth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from analytics.cards import Card
from analytics.metrics.metric import Metric
from analytics.metrics.registry import REGISTRY

#: Money and shares have no such digits: it is what rounding left.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Stamp:
    """Everything that is needed to make the same figures again, and to see whether they are the same.

    pack         the pack as text (analytics/review/pack.py), in one language, with its as-of day
    words, link  the view for people: in words, and as an address that opens it (without host where none is known)
    load, as_of  which load the figures come from, and as of which day
    metrics      metric -> fingerprint of its definition
    cards        per card: key, of (entry of the pack), title, rows, sha256 of its figures
    scope        the rows that its maker was allowed to see: dimension -> values; empty = all
    show_names   were contacts named?
    """

    pack: str
    organisation: str
    words: str
    link: str
    load: int
    as_of: str
    app: str
    metrics: Mapping[str, str]
    cards: tuple[Mapping[str, Any], ...]
    scope: Mapping[str, list[str]] = field(default_factory=dict)
    show_names: bool = False

    @property
    def sha256(self) -> str:
        """One hash over all figures."""
        return _sha("\n".join(str(card["sha256"]) for card in self.cards).encode())

    @property
    def rows(self) -> int:
        """Rows of figures in all cards."""
        return sum(int(card["rows"]) for card in self.cards)

    def to_text(self) -> str:
        """The stamp as JSON text in one line, ASCII only."""
        return json.dumps(asdict(self) | {"sha256": self.sha256}, sort_keys=True)


def from_text(text: str) -> Stamp:
    """The stamp of such a text; ValueError or KeyError for any other."""
    told = json.loads(text)
    if not isinstance(told, dict):
        raise ValueError("no stamp")
    fields: dict[str, Any] = {name: told[name] for name in Stamp.__dataclass_fields__}
    stamp = Stamp(**fields | {"cards": tuple(fields["cards"])})
    if stamp.sha256 != told["sha256"]:
        raise ValueError("the stamp was changed")
    return stamp


def app_version() -> str:
    """The version of this program."""
    return f"mvpod {version('mvpod')}"


def card_stamp(card: Card, place: int) -> dict[str, Any]:
    """What a stamp says of one card; `place` is its entry in the pack."""
    return {"key": card.key, "of": place, "title": card.title, "metric": card.definition_key or "",
            "rows": len(card.frame), "sha256": _sha(figures(card.frame))}


def definitions(cards: Iterable[Card]) -> dict[str, str]:
    """Fingerprints of the metrics that some cards show."""
    return {key: fingerprint(REGISTRY[key]) for key in sorted({c.definition_key for c in cards if c.definition_key})}


def fingerprint(metric: Metric) -> str:
    """Eight digits that change when a metric's definition changes: what it says, its formula, population, minimum."""
    said = [metric.definition["en"], metric.formula["en"], metric.unit, metric.population["en"], metric.minimum,
            sorted((name, list(values)) for name, values in metric.options.items()), metric.source]
    return _sha(json.dumps(said, sort_keys=True).encode())[:8]


def figures(frame: pd.DataFrame) -> bytes:
    """A frame written in one way only, numbers with nine digits."""
    lines = ["\t".join(frame.columns)]
    lines += ["\t".join(plain(_rounded(value)) for value in row) for row in frame.itertuples(index=False)]
    return "\n".join(lines).encode()


def plain(value: Any) -> str:
    """A cell as text: unknown is nothing, numbers keep all their digits, whole ones have no point, days are ISO."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return json.dumps([plain(v) for v in value], ensure_ascii=False)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:19].removesuffix("T00:00:00")  # a day has no hour
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    return str(value).translate({9: " ", 10: " ", 13: " "})


def _rounded(value: Any) -> Any:
    """Nine digits; of twelve, so that a value halfway between two of nine digits goes the same way whatever its
    sixteenth digit is. What is left of a difference that is none is zero."""
    if not isinstance(value, float):
        return value
    return 0.0 if abs(value) < _NOTHING else float(f"{float(f'{value:.11e}'):.8e}")


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
