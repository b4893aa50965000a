"""Every public question of `Ask` with all arguments that matter, found by its signature: a new one is asked, too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

from analytics.ask import Ask
from analytics.bridge import PARTS
from analytics.closeness_questions import SORTS
from analytics.metrics.registry import REGISTRY
from analytics.quality_effects import PROBLEMS
from analytics.view import View
from analytics.win_comparison import EVENTS

_MARKS = [*({"question": key} for key in REGISTRY),
          *({"question": "pipeline.bridge", "outcome": part} for part in PARTS),
          *({"question": "flow", "outcome": how} for how in ("n", "open", "won", "lost", "advance", "regress"))]
#: Public, but hands on what it is given.
_NO_QUESTION = ("remembered",)
#: What may stand for an argument; what is not named here keeps its default.
_VALUES: dict[str, Sequence[Any]] = {
    "key": list(REGISTRY), "mark": _MARKS, "problem": PROBLEMS, "sort": SORTS, "only": ["moved", "events", *EVENTS],
    "stage": ["need_confirmed"], "days": [1], "grain": ["quarter", "month"], "limit": [1000], "words": [""],
    "earlier_load": [1],
}
#: Groups to ask by, several at once; few where each group costs a question of its own, or only adds columns.
_MANY: Sequence[Any] = [("team", "owner_id", "product_line", "region"),
                        ("main_competitor", "account_id", "industry", "lead_source")]
_FEW: dict[str, Sequence[Any]] = {"headline": [("team", "owner_id")], "value_baseline": [("team",)], "standards": [()]}
_ONE = ("team", "owner_id", "account_id", "product_line", "main_competitor")


def every(ask: Ask, view: View, deals: Sequence[str], accounts: Sequence[str], *,
          without: Sequence[str] = ()) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(what is asked, the question) for every question; those about one deal or account for each of the given."""
    values = _VALUES | {"view": [view], "opportunity_id": deals, "account_id": accounts}
    for name, method in inspect.getmembers(Ask, inspect.isfunction):
        if name.startswith("_") or name in _NO_QUESTION or name in without:
            continue
        names = [p for p in inspect.signature(method).parameters.values() if p.name != "self"]
        chosen = {p.name: values[p.name] for p in names if p.name in values}
        if name == "attention":
            chosen["opportunity_id"] = [None, *deals]
        if name == "restated":
            chosen["key"] = ["win_rate.count", "pipeline.open"]
        by = next((p for p in names if p.name == "by"), None)
        if by is not None:
            chosen["by"] = _groups(name, isinstance(by.default, str))
        needed = (p.name for p in names if p.default is p.empty and p.kind is not p.VAR_KEYWORD)
        missing = [name for name in needed if name not in chosen]
        assert not missing, f"{name} asks for {missing}: say in tests/safety/questions.py what to ask"
        for arguments in product(*chosen.values()):
            asked = dict(zip(chosen, arguments, strict=True))
            said = f"{name}({', '.join(f'{k}={v}' for k, v in asked.items() if k != 'view')})"
            yield said, partial(method, ask, **asked)


def _groups(question: str, is_one: bool) -> Sequence[Any]:
    return _ONE if is_one else _FEW.get(question, _MANY)
