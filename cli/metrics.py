"""The numbers: `metrics` lists what there is, `metric` answers one."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from analytics.i18n import has, t
from cli.cells import cell
from cli.grammar import DONE, Commands, filters, listed, pair
from cli.printing import console, dimension, grid, say_frame, say_json
from data.errors import MvpodError

if TYPE_CHECKING:
    import pandas as pd

    from analytics.metrics.registry import Metric
    from data.settings import Settings

#: Columns that the printed table shows besides the groups; csv and json have all.
_CORE = ("next_stage", "n", "reached", "won", "lost", "open", "regressed", "events", "censored", "value", "low", "high",
         "amount", "reason")


def declare(commands: Commands) -> None:
    say = commands.say
    commands.add_format(commands.add("metrics", metrics, store=False), "json")
    sub = commands.add("metric", metric)
    sub.add_argument("key", metavar="KEY", help=say("key"))
    sub.add_argument("--config", type=Path, metavar="FILE", help=say("metric_config"))
    sub.add_argument("--as-of", type=commands.day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--from", dest="start", type=commands.day, metavar="DATE", help=say("from"))
    sub.add_argument("--to", dest="end", type=commands.day, metavar="DATE", help=say("to"))
    sub.add_argument("--by", default="", metavar="DIM[,DIM]", help=say("by"))
    commands.add_where(sub)
    sub.add_argument("--option", action="append", default=[], type=pair, metavar="NAME=VALUE", help=say("option"))
    sub.add_argument("--days", choices=("calendar", "working"), default="calendar", help=say("days"))
    sub.add_argument("--load", type=int, metavar="LOAD", help=say("load"))
    commands.add_format(sub, "json", "csv")


def metrics(args: argparse.Namespace) -> int:
    """Lists the registry."""
    from analytics.metrics.registry import REGISTRY

    if args.format == "json":
        say_json([_metric_json(m) for m in REGISTRY.values()])
        return DONE
    rows = [(m.key, m.label[args.lang], t(f"cli.unit.{m.unit}", args.lang), m.definition[args.lang])
            for m in REGISTRY.values()]
    console().print(grid(args.lang, ("key", "label", "unit", "definition"), rows))
    return DONE


def _metric_json(m: Metric) -> dict[str, Any]:
    return {"key": m.key, "label": dict(m.label), "definition": dict(m.definition), "formula": m.formula["en"],
            "unit": m.unit, "direction": m.direction, "grain": list(m.grain), "population": dict(m.population),
            "minimum": m.minimum,
            "needs": list(m.needs), "source": m.source, "options": {k: list(v) for k, v in m.options.items()}}


def metric(args: argparse.Namespace) -> int:
    """Answers one metric as of a day, by groups, in the words of docs/metrics.md."""
    from analytics.ask import Ask, to_json
    from analytics.metrics.registry import get
    from analytics.periods import range_
    from analytics.view import View
    from data.engine import open_company
    from data.maintenance import under_settings

    declared = get(args.key)
    if args.start and args.end:
        range_(args.start, args.end)  # refuses an end before the start
    chosen = filters(args.where)
    options = {name.replace("-", "_"): _whole(declared, name, values) for name, values in args.option}
    with ExitStack() as stack:
        store = stack.enter_context(under_settings(args.store, args.config)) if args.config else args.store
        company = open_company(store, args.load)
        stack.callback(company.close)
        view = View(args.as_of or company.last_day, args.start, args.end, days=args.days, filters=chosen)
        ask = Ask(company)
        ask.check(view)
        frame = ask.metric(args.key, view, by=listed(args.by), **options)
        if args.format == "json":
            say_json(to_json(args.key, view, frame, company.load_id))
        elif args.format == "csv":
            say_frame(frame, "csv", args.lang)
        else:
            _say_metric(declared, frame, args.lang, company.settings, view.as_of, company.load_id)
        if frame.empty:
            print(t("cli.metric.empty", args.lang, first=company.first_day, last=view.as_of), file=sys.stderr)
    return DONE


def _whole(declared: Metric, name: str, values: list[str]) -> int:
    try:
        return int(values[0])
    except ValueError as error:
        raise MvpodError("E_METRIC_OPTION", metric=declared.key, option=name, found=values[0],
                         expected=declared.options.get(name) or "nothing") from error


def _say_metric(declared: Metric, frame: pd.DataFrame, lang: str, settings: Settings, as_of: date, load: int) -> None:
    """For reading: names instead of keys, rounded numbers. For full precision there is --format json."""
    out = console()
    out.print(Text(f"{declared.label[lang]} ({declared.key})", style="bold"))
    out.print(Text(t("cli.metric.stand", lang, as_of=as_of.isoformat(), load=load)))
    columns = [name for name in frame.columns if has(f"dimension.{dimension(name)}") or name in _CORE]
    if "reason" in columns and frame["reason"].isna().all():
        columns.remove("reason")
    rows = [[cell(declared.unit, name, row, lang, settings) for name in columns] for row in frame.to_dict("records")]
    out.print(grid(lang, columns, rows))
    more = [name for name in frame.columns if name not in columns and name not in ("stage_order", "reason")]
    if more:
        out.print(Text(t("cli.metric.more", lang, columns=", ".join(more)), style="dim"))
