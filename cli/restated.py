"""`restated`: why a metric reads differently than at an earlier load."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rich.text import Text

from analytics.i18n import has, t
from cli.cells import cell
from cli.grammar import DONE, Commands, filters, listed
from cli.printing import bar, console, grid, say_frame, say_json

if TYPE_CHECKING:
    from analytics.metrics.registry import Metric
    from analytics.restatement import Restated
    from data.settings import Settings

#: So many opportunities of a ledger are printed; csv and json have all.
_MOST_OPPORTUNITIES = 20


def declare(commands: Commands) -> None:
    say = commands.say
    sub = commands.add("restated", restated)
    sub.add_argument("key", metavar="KEY", help=say("key"))
    sub.add_argument("--from", dest="then", type=int, required=True, metavar="LOAD", help=say("restated_from"))
    sub.add_argument("--to", dest="now", type=int, metavar="LOAD", help=say("restated_to"))
    sub.add_argument("--quarter", metavar="PERIOD", help=say("restated_period"))
    sub.add_argument("--as-of", type=commands.day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--by", default="segment", metavar="DIM[,DIM]", help=say("restated_by"))
    commands.add_where(sub)
    commands.add_format(sub, "json", "csv", help="restated_format")


def restated(args: argparse.Namespace) -> int:
    """Why a metric reads differently than at an earlier load: then, now, and what moved it by cause and opportunity."""
    from analytics.ask import Ask
    from analytics.metrics.registry import get
    from analytics.periods import parse
    from analytics.view import View
    from data.engine import open_company

    declared, chosen = get(args.key), filters(args.where)
    company = open_company(args.store, args.now)
    with ExitStack() as stack:
        stack.callback(company.close)
        view = View(args.as_of or company.last_day, filters=chosen)
        if args.quarter:
            period = parse(args.quarter, company.settings.organisation.fiscal_year_start)
            view = view.with_(start=period.start, end=period.end)
        ask = Ask(company)
        ask.check(view)
        with bar(args.lang) as progress:
            found = ask.restated(args.key, view, args.then, listed(args.by), progress)
        if args.format == "csv":
            say_frame(found.ledger, "csv", args.lang)
        elif args.format == "json":
            say_json({"metric": args.key, **found.plain()})
        else:
            _say_restated(declared, found, args.lang, company.settings)
    return DONE


def _say_restated(declared: Metric, found: Restated, lang: str, settings: Settings) -> None:
    """Three tables for reading: the number, its causes, the opportunities that moved it most."""
    out = console()
    out.print(Text(f"{declared.label[lang]} ({declared.key})", style="bold"))
    for side, day, load in (("then", found.day_then, found.load_then), ("now", found.day_now, found.load_now)):
        out.print(Text(t(f"restated.{side}", lang, day=day.isoformat(), load=load)))
    if found.is_redefined:
        out.print(Text(t("restated.redefined", lang)))
    for frame in (found.totals, found.causes, found.ledger.head(_MOST_OPPORTUNITIES)):
        shown = frame.drop(columns=[c for c in frame if c.startswith("reason_") and (frame[c] == "").all()])
        rows = [[_ledger_cell(declared.unit, name, row, lang, settings) for name in shown.columns]
                for row in shown.to_dict("records")]
        out.print()
        out.print(grid(lang, list(shown.columns), rows))


def _ledger_cell(unit: str, name: str, row: dict[Any, Any], lang: str, settings: Settings) -> str:
    """One value of a ledger in words."""
    from analytics import format as form
    from analytics.i18n import label

    value = row[name]
    if name in ("step", "cause") or name.startswith("reason_"):
        key = f"reason.{value}" if name.startswith("reason_") else f"restated.{name}.{value}"
        return t(key, lang) if value and has(key) else str(value or "")
    if name.endswith(("_then", "_now")) and isinstance(value, str):
        return label(name.rsplit("_", 1)[0], value, lang, settings)
    if name in ("then", "now", "change", "part_of_change"):
        return cell(unit, "value", {"value": value}, lang, settings) if unit != "share" or name in ("then", "now") \
            else form.points(value, lang)
    if isinstance(value, str) or hasattr(value, "isoformat") or form.is_known(value):
        return cell(unit, name, row, lang, settings)
    return ""
