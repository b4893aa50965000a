"""What comes in: `import`, `recognise`, `watch`."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from rich.text import Text

from analytics.i18n import t
from cli.grammar import DONE, FAILED, Commands
from cli.printing import bar, console, grid, say_frame, say_json, say_notes, table_name
from data.errors import MvpodError
from data.storage.address import said

if TYPE_CHECKING:
    from data.intake.report import ImportReport
    from data.intake.watch import Outcome


def declare(commands: Commands) -> None:
    say = commands.say
    sub = commands.add("import", import_)
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=say("paths"))
    sub.add_argument("--profile", metavar="NAME|FILE", help=say("profile"))
    sub.add_argument("--as-of", type=commands.day, metavar="DATE", help=say("import_as_of"))
    sub.add_argument("--config", type=Path, metavar="FILE", help=say("config"))
    sub.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    sub.add_argument("--accept-shrink", action="store_true", help=say("accept_shrink"))
    sub.add_argument("--accept-stages", action="store_true", help=say("accept_stages"))
    sub.add_argument("--refuse", action="append", default=[], metavar="KIND[,KIND]", help=say("refuse"))

    sub = commands.add("recognise", recognise)
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=say("paths"))
    commands.add_format(sub, "json")

    sub = commands.add("watch", watch)
    sub.add_argument("folder", type=Path, metavar="DIR", help=say("watch_folder"))
    sub.add_argument("--once", action="store_true", help=say("watch_once"))
    sub.add_argument("--every", type=commands.between(1, 86_400), default=60, metavar="SECONDS",
                     help=say("watch_every"))
    sub.add_argument("--settle", type=commands.between(0, 86_400), default=30, metavar="SECONDS",
                     help=say("watch_settle"))
    sub.add_argument("--profile", metavar="NAME|FILE", help=say("profile"))


def import_(args: argparse.Namespace) -> int:
    """Imports files and prints what became of their rows."""
    from data.intake.importing import import_paths

    with bar(args.lang) as progress:
        report = import_paths(args.paths, args.store, profile=args.profile, as_of=args.as_of, config=args.config,
                              dry_run=args.dry_run, accept_shrink=args.accept_shrink,
                              accept_stages=args.accept_stages, progress=progress,
                              refuse=[kind.strip() for kinds in args.refuse for kind in kinds.split(",")])
    say_report(report, args.lang)
    if report.load_id == 1:
        print(t("cli.import.first", args.lang, store=quote(said(args.store))))
    return DONE


def say_report(report: ImportReport, lang: str) -> None:
    """What became of the rows of an import."""
    out = console()
    rows = [(table_name(r.target, lang), r.rows_in, r.loaded, r.quarantined, r.deduplicated, r.filtered,
             ", ".join(r.files)) for r in report.tables]
    out.print(grid(lang, ("table", "rows_in", "loaded", "quarantined", "deduplicated", "filtered", "files"), rows))
    if report.rules:
        out.print(grid(lang, ("table", "column", "rule", "rows", "example"), [
            (table_name(r.target, lang), r.column, r.text(lang), r.count,
             "; ".join(f"{e.file}:{e.row} {e.value or ''}".strip() for e in r.examples[:2])) for r in report.rules]))
    say_notes(report.decisions, report.warnings, lang)
    outcome = "dry_run" if report.is_dry_run else "unchanged" if report.is_unchanged else "published"
    out.print(Text(t(f"cli.import.{outcome}", lang, load=report.load_id, as_of=report.as_of.isoformat())))


def recognise(args: argparse.Namespace) -> int:
    """Says which system files come from, what they feed, and what cannot be measured with them; fails where an import
    would: no profile fits, or a file of the one that fits is of no use."""
    from analytics import recognition
    from data.intake.saved_profiles import listed
    from data.mapping.recognise import recognised

    found = recognised(args.paths, more=listed(args.store))
    outcome = DONE if found.is_ready else FAILED
    if args.format == "json":
        say_json(recognition.as_json(found))
        return outcome
    out = console()
    out.print(Text(recognition.verdict(found, args.lang), style="bold"))
    fit = found.best or found.fits[0]
    say_frame(recognition.files(found, fit, args.lang), "table", args.lang)
    if found.best:
        lacking = recognition.lacks(found.best, args.lang)
        costs = t("recognise.missing" if len(lacking) else "recognise.complete", args.lang)
        out.print(Text(f"\n{costs}", style="bold"))
        if len(lacking):
            say_frame(lacking, "table", args.lang)
    if outcome == DONE or found.certainty != "sure":  # else the verdict says what is to be mended
        out.print(Text("\n" + t(f"cli.recognise.{found.certainty}", args.lang,
                                paths=" ".join(quote(str(path)) for path in args.paths))))
    return outcome


def watch(args: argparse.Namespace) -> int:
    """Imports what is put into a folder; fails if anything that lies there is refused."""
    from data.intake import watch as watching

    def tell(outcome: Outcome) -> None:
        words = t(f"cli.watch.{outcome.state}", args.lang, name=outcome.name, load=outcome.load,
                  reason=outcome.text(args.lang))
        print(f"{_now()} {words}", file=sys.stderr if outcome.state == "failed" else sys.stdout, flush=True)

    def warn(error: MvpodError) -> None:
        print(f"{_now()} {error.text(args.lang)}", file=sys.stderr, flush=True)

    with bar(args.lang) as progress:
        found = watching.watch(args.folder, args.store, every=args.every, once=args.once, warn=warn, tell=tell,
                               settle=args.settle, profile=args.profile, progress=progress)
    for outcome in found:
        if outcome.state == "waiting" or (outcome.state == "failed" and not outcome.is_news):
            tell(outcome)
    return FAILED if any(outcome.state == "failed" for outcome in found) else DONE


def _now() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
