"""The terminal's door: the command `mvpod` (also `python -m cli`).

Every command is a function `(args) -> exit code`: 0 done, 1 a known failure (its sentence goes to stderr),
2 wrong usage. Answers go to stdout, everything else to stderr, so that output can be piped. What the numbers
are is not decided here: the commands ask `analytics.ask` and `data`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from analytics.i18n import has, t
from data.errors import LANGUAGES, MvpodError
from data.sample import store_path

if TYPE_CHECKING:
    import pandas as pd

    from analytics.metrics.registry import Metric
    from analytics.restatement import Restated
    from analytics.review.pack import Language, Pack
    from data.engine import Company
    from data.intake.report import ImportReport
    from data.intake.watch import Outcome
    from data.notes import Note
    from data.settings import Settings
    from data.storage.store import Load, Store

ROOT = Path(__file__).resolve().parent
DONE, FAILED, USAGE, DEFECT, STOPPED = 0, 1, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang = language(words)
    args = parser(lang).parse_args(words)
    args.asked_lang, args.lang = args.lang, lang
    try:
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except MvpodError as error:
        print(error.text(lang), file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        print(t("cli.stopped", lang), file=sys.stderr)
        return STOPPED
    except Exception:
        with tempfile.NamedTemporaryFile("w", prefix="mvpod-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.write(traceback.format_exc())
        print(t("cli.defect", lang, file=file.name), file=sys.stderr)
        return DEFECT


def language(words: Sequence[str]) -> str:
    """--lang, else MVPOD_LANG, else the terminal's own language where it is one of ours, else English."""
    given = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "--lang"]
    given += [word.split("=", 1)[1] for word in words if word.startswith("--lang=")]
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    for choice in (*given, os.environ.get("MVPOD_LANG", ""), system[:2]):
        if choice in LANGUAGES:
            return choice
    return "en"


# The grammar


class _Parser(argparse.ArgumentParser):
    """Says in the reader's language that a command was not understood, and with the usage."""

    lang = "en"

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {t('cli.usage', self.lang, message=message)}\n")


def _day(lang: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(t("cli.bad_day", lang, found=text)) from error


def _between(lang: str, low: int, high: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(t("cli.bad_number", lang, found=text, low=low, high=high))
    return number


def parser(lang: str = "en") -> argparse.ArgumentParser:
    """All commands with their options; help texts in `lang`."""

    def say(key: str) -> str:
        return t(f"cli.help.{key}", lang)

    day = partial(_day, lang)
    top = _Parser(prog="mvpod", description=say("mvpod"))
    top.lang = lang
    top.add_argument("--lang", choices=LANGUAGES, help=say("lang"))
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable[[argparse.Namespace], int], store: bool = True,
                languages: Sequence[str] = LANGUAGES) -> _Parser:
        sub = commands.add_parser(name, help=say(name), description=say(name))
        sub.lang = lang
        sub.set_defaults(run=run)
        sub.add_argument("--lang", choices=languages, help=say("lang"))
        if store:
            sub.add_argument("--store", type=Path, default=store_path(), metavar="DIR", help=say("store"))
        return sub

    sub = command("import", import_)
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=say("paths"))
    sub.add_argument("--profile", metavar="NAME|FILE", help=say("profile"))
    sub.add_argument("--as-of", type=day, metavar="DATE", help=say("import_as_of"))
    sub.add_argument("--config", type=Path, metavar="FILE", help=say("config"))
    sub.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    sub.add_argument("--accept-shrink", action="store_true", help=say("accept_shrink"))
    sub.add_argument("--accept-stages", action="store_true", help=say("accept_stages"))
    sub.add_argument("--refuse", action="append", default=[], metavar="KIND[,KIND]", help=say("refuse"))

    sub = command("recognise", recognise)
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=say("paths"))
    sub.add_argument("--format", choices=("table", "json"), default="table", help=say("format"))

    sub = command("watch", watch)
    sub.add_argument("folder", type=Path, metavar="DIR", help=say("watch_folder"))
    sub.add_argument("--once", action="store_true", help=say("watch_once"))
    sub.add_argument("--every", type=partial(_between, lang, 1, 86_400), default=60, metavar="SECONDS",
                     help=say("watch_every"))
    sub.add_argument("--settle", type=partial(_between, lang, 0, 86_400), default=30, metavar="SECONDS",
                     help=say("watch_settle"))
    sub.add_argument("--profile", metavar="NAME|FILE", help=say("profile"))

    command("loads", loads).add_argument("--format", choices=("table", "json"), default="table", help=say("format"))
    command("show", show).add_argument("load", nargs="?", type=int, metavar="LOAD", help=say("load"))
    sub = command("quarantine", quarantine)
    sub.add_argument("load", nargs="?", type=int, metavar="LOAD", help=say("load"))
    sub.add_argument("--format", choices=("table", "json", "csv"), default="table", help=say("format"))
    command("verify", verify).add_argument("what", nargs="?", metavar="LOAD|FILE", help=say("verify_what"))
    command("restore", restore).add_argument("load", type=int, metavar="LOAD", help=say("load"))
    sub = command("vacuum", vacuum)
    sub.add_argument("--keep-days", type=partial(_between, lang, 0, 36_500), default=90, metavar="DAYS",
                     help=say("keep_days"))
    sub.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    command("rebuild", rebuild)
    command("demo", demo)

    sub = command("metrics", metrics, store=False)
    sub.add_argument("--format", choices=("table", "json"), default="table", help=say("format"))
    sub = command("metric", metric)
    sub.add_argument("key", metavar="KEY", help=say("key"))
    sub.add_argument("--config", type=Path, metavar="FILE", help=say("metric_config"))
    sub.add_argument("--as-of", type=day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--from", dest="start", type=day, metavar="DATE", help=say("from"))
    sub.add_argument("--to", dest="end", type=day, metavar="DATE", help=say("to"))
    sub.add_argument("--by", default="", metavar="DIM[,DIM]", help=say("by"))
    sub.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=VALUE[,VALUE]",
                     help=say("where"))
    sub.add_argument("--option", action="append", default=[], type=_pair, metavar="NAME=VALUE", help=say("option"))
    sub.add_argument("--days", choices=("calendar", "working"), default="calendar", help=say("days"))
    sub.add_argument("--load", type=int, metavar="LOAD", help=say("load"))
    sub.add_argument("--format", choices=("table", "json", "csv"), default="table", help=say("format"))

    sub = command("restated", restated)
    sub.add_argument("key", metavar="KEY", help=say("key"))
    sub.add_argument("--from", dest="then", type=int, required=True, metavar="LOAD", help=say("restated_from"))
    sub.add_argument("--to", dest="now", type=int, metavar="LOAD", help=say("restated_to"))
    sub.add_argument("--quarter", metavar="PERIOD", help=say("restated_period"))
    sub.add_argument("--as-of", type=day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--by", default="segment", metavar="DIM[,DIM]", help=say("restated_by"))
    sub.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=VALUE[,VALUE]",
                     help=say("where"))
    sub.add_argument("--format", choices=("table", "json", "csv"), default="table", help=say("restated_format"))

    sub = command("report", report, languages=(*LANGUAGES, "both"))
    sub.add_argument("--quarter", metavar="QUARTER", help=say("quarter"))
    sub.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=VALUE[,VALUE]",
                     help=say("where"))
    sub.add_argument("--compare", choices=("previous", "last_year", "none"), help=say("compare"))
    sub.add_argument("--as-of", type=day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--pack", metavar="NAME|FILE", help=say("pack"))
    sub.add_argument("--template", type=Path, metavar="FILE.pptx", help=say("template"))
    sub.add_argument("--format", default="", metavar="KIND[,KIND]", help=say("report_format"))
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("out"))
    sub.add_argument("--url", default="", metavar="ADDRESS", help=say("url"))

    sub = command("serve", serve)
    sub.add_argument("--port", type=partial(_between, lang, 1, 65_535), default=8501, help=say("port"))
    sub.add_argument("--address", default="127.0.0.1", help=say("address"))
    command("docs", docs, store=False)
    return top


def _pair(text: str) -> tuple[str, list[str]]:
    """`DIM=VALUE,VALUE`; a comma inside a value is written twice."""
    name, equals, values = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=VALUE")
    split = values.replace(",,", "\0").split(",")
    return name.strip(), [value.strip().replace("\0", ",") for value in split]


# The store


def import_(args: argparse.Namespace) -> int:
    """Imports files and prints what became of their rows."""
    from data.intake.importing import import_paths

    with _bar(args.lang) as progress:
        report = import_paths(args.paths, args.store, profile=args.profile, as_of=args.as_of, config=args.config,
                              dry_run=args.dry_run, accept_shrink=args.accept_shrink,
                              accept_stages=args.accept_stages, progress=progress,
                              refuse=[kind.strip() for kinds in args.refuse for kind in kinds.split(",")])
    _print_report(report, args.lang)
    return DONE


def watch(args: argparse.Namespace) -> int:
    """Imports what is put into a folder; fails if anything that lies there is refused."""
    from data.intake import watch as watching

    def tell(outcome: Outcome) -> None:
        words = t(f"cli.watch.{outcome.state}", args.lang, name=outcome.name, load=outcome.load,
                  reason=outcome.text(args.lang))
        print(f"{_now()} {words}", file=sys.stderr if outcome.state == "failed" else sys.stdout, flush=True)

    def warn(error: MvpodError) -> None:
        print(f"{_now()} {error.text(args.lang)}", file=sys.stderr, flush=True)

    with _bar(args.lang) as progress:
        found = watching.watch(args.folder, args.store, every=args.every, once=args.once, warn=warn, tell=tell,
                               settle=args.settle, profile=args.profile, progress=progress)
    for outcome in found:
        if outcome.state == "waiting" or (outcome.state == "failed" and not outcome.is_news):
            tell(outcome)
    return FAILED if any(outcome.state == "failed" for outcome in found) else DONE


def _now() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")


def _print_report(report: ImportReport, lang: str) -> None:
    out = _console()
    rows = [(_table_name(r.target, lang), r.rows_in, r.loaded, r.quarantined, r.deduplicated, r.filtered,
             ", ".join(r.files)) for r in report.tables]
    out.print(_grid(lang, ("table", "rows_in", "loaded", "quarantined", "deduplicated", "filtered", "files"), rows))
    if report.rules:
        out.print(_grid(lang, ("table", "column", "rule", "rows", "example"), [
            (_table_name(r.target, lang), r.column, r.text(lang), r.count,
             "; ".join(f"{e.file}:{e.row} {e.value or ''}".strip() for e in r.examples[:2])) for r in report.rules]))
    _print_notes(report.decisions, report.warnings, lang)
    outcome = "dry_run" if report.is_dry_run else "unchanged" if report.is_unchanged else "published"
    out.print(Text(t(f"cli.import.{outcome}", lang, load=report.load_id, as_of=report.as_of.isoformat())))


def _print_notes(decisions: Iterable[Note], warnings: Iterable[Note], lang: str) -> None:
    """Decisions with their kind, by which `--refuse` knows them, then what else was noticed."""
    out = _console()
    for note in decisions:
        out.print(Text(f"· {note.text(lang)}" + (f"  [{note.kind}]" if note.kind else "")))
    for note in warnings:
        out.print(Text(f"! {note.text(lang)}", style="bold yellow"))


def recognise(args: argparse.Namespace) -> int:
    """Says which system files come from, what they feed, and what cannot be measured with them; fails if none fits."""
    from analytics import recognition
    from data.intake.saved_profiles import listed
    from data.mapping.recognise import recognised

    found = recognised(args.paths, more=listed(args.store))
    outcome = DONE if found.certainty == "sure" else FAILED
    if args.format == "json":
        print(json.dumps(recognition.as_json(found), ensure_ascii=False, indent=1))
        return outcome
    out = _console()
    out.print(Text(recognition.verdict(found, args.lang), style="bold"))
    fit = found.best or found.fits[0]
    _print_frame(recognition.files(found, fit, args.lang), "table", args.lang)
    if found.best:
        lacking = recognition.lacks(found.best, args.lang)
        costs = t("recognise.missing" if len(lacking) else "recognise.complete", args.lang)
        out.print(Text(f"\n{costs}", style="bold"))
        if len(lacking):
            _print_frame(lacking, "table", args.lang)
    return outcome


def _table_name(table: str, lang: str) -> str:
    return t(f"cli.table.{table}", lang) if has(f"cli.table.{table}") else table


def loads(args: argparse.Namespace) -> int:
    """Lists the loads, the newest first."""
    from data.storage.store import Store

    found = sorted(Store.open(args.store).loads(), key=lambda load: -load.load_id)
    if args.format == "json":
        print(json.dumps([_load_json(load) for load in found], ensure_ascii=False, indent=1))
        return DONE
    rows = [(load.load_id, t(f"cli.kind.{load.kind}", args.lang), _moment(load), load.as_of or "", load.profile,
             *_row_counts(load), _sources(load)) for load in found]
    _console().print(_grid(args.lang, ("load", "kind", "loaded_at", "as_of", "profile", "rows_in", "loaded",
                                      "quarantined", "sources"), rows))
    return DONE


def _load_json(load: Load) -> dict[str, Any]:
    return {"load": load.load_id, "kind": load.kind, "loaded_at": load.loaded_at.isoformat(),
            "as_of": load.as_of.isoformat() if load.as_of else None, "profile": load.profile,
            "contract_version": load.contract_version, "sources": [dict(s) for s in load.sources],
            "counts": dict(load.counts), "versions": dict(load.versions), "digest": load.digest}


def _moment(load: Load) -> str:
    return load.loaded_at.strftime("%Y-%m-%d %H:%M:%SZ")


def _row_counts(load: Load) -> tuple[int | str, ...]:
    """Rows in, loaded and quarantined over all tables; blank where a load brought none."""
    tables = [c for c in load.counts.values() if isinstance(c, dict)]
    return tuple(sum(c.get(k, 0) for c in tables) if tables else "" for k in ("in", "loaded", "quarantined"))


def _sources(load: Load) -> str:
    return ", ".join(str(s.get("name", s.get("load", ""))) for s in load.sources)


def show(args: argparse.Namespace) -> int:
    """Everything that is recorded of one load (default: the current one)."""
    from data.storage.store import Store

    store = Store.open(args.store)
    load = store.load(args.load) if args.load is not None else store.current()
    if load is None:
        raise MvpodError("E_NO_LOAD", store=str(args.store))
    out = _console()
    facts = [("load", load.load_id), ("kind", t(f"cli.kind.{load.kind}", args.lang)), ("loaded_at", _moment(load)),
             ("as_of", load.as_of or ""), ("profile", load.profile), ("contract", load.contract_version),
             ("files", len(load.files)), ("digest", load.digest)]
    out.print(_grid(args.lang, ("fact", "value"), [(t(f"cli.column.{k}", args.lang), v) for k, v in facts]))
    if load.sources:
        files = [(source.get("name", ""), source.get("sha256", "")) for source in load.sources]
        out.print(_grid(args.lang, ("file", "sha256"), files))
    rows = []
    for table in load.versions:
        counts = load.counts.get(table, {})
        rows.append((_table_name(table, args.lang), load.versions[table], store.rows(table, load),
                     *(counts.get(k, "") for k in ("in", "loaded", "quarantined"))))
    out.print(_grid(args.lang, ("table", "version", "rows", "rows_in", "loaded", "quarantined"), rows))
    _print_notes(load.decisions, load.warnings, args.lang)
    return DONE


def quarantine(args: argparse.Namespace) -> int:
    """The rejected rows of one load, or of all."""
    from data.storage.store import Store

    store = Store.open(args.store)
    if args.load is not None:
        store.load(args.load)
    frame = store.table("quarantine").to_pandas()
    if args.load is not None:
        frame = frame[frame["load_id"] == args.load]
    _print_frame(frame, args.format, args.lang)
    return DONE


def verify(args: argparse.Namespace) -> int:
    """Compares the store with what was recorded, or an exported file with the data; fails if anything differs."""
    from data.storage.store import Store

    store = Store.open(args.store)
    if args.what and not args.what.isdecimal():
        return _verify_file(Path(args.what), store, args.lang)
    problems = store.verify(int(args.what) if args.what else None)
    for problem in problems:
        print(problem.text(args.lang))
    print(t("cli.verify.damaged" if problems else "cli.verify.sound", args.lang, n=len(problems)), file=sys.stderr)
    return FAILED if problems else DONE


def _verify_file(path: Path, store: Store, lang: str) -> int:
    """Makes the figures of an exported file anew: at the load that it names, and at the present one."""
    from analytics.ask import Ask
    from analytics.review import verify as check
    from data.engine import open_company

    file = check.read(_bytes(path), path.name)
    with ExitStack() as stack:
        now = open_company(store.path)
        stack.callback(now.close)
        then = _earlier(store, file.stamp.load, stack)
        verdict = check.verify(file, Ask(then) if then else None, Ask(now))
    for found in verdict.differences:
        print(check.words(found, lang))
    if verdict.was_gone:
        print(t("cli.verify.gone", lang, load=file.stamp.load), file=sys.stderr)
    outcome = "cli.verify.differs" if verdict.differences else "cli.verify.same"
    print(t(outcome, lang, n=len(verdict.differences), load=file.stamp.load, now=now.load_id, rows=file.stamp.rows),
          file=sys.stderr if verdict.differences else sys.stdout)
    return FAILED if verdict.differences else DONE


def _earlier(store: Store, load: int, stack: ExitStack) -> Company | None:
    """The company of an earlier load, None where its files are gone."""
    from data.engine import open_company

    try:
        found = open_company(store.path, load)
    except MvpodError as error:
        if error.code in ("E_STORE_LOAD", "E_STORE_GONE"):
            return None
        raise
    stack.callback(found.close)
    return found


def restore(args: argparse.Namespace) -> int:
    """Makes an earlier load the published one again."""
    from data.storage.store import Store

    load = Store.open(args.store).restore(args.load)
    print(t("cli.restored", args.lang, load=args.load, now=load.load_id))
    return DONE


def vacuum(args: argparse.Namespace) -> int:
    """Removes files that no kept load names."""
    from data.storage.store import Store

    gone = Store.open(args.store).vacuum(args.keep_days, args.dry_run)
    for file in gone.files:
        print(file)
    outcome = "cli.vacuum.dry_run" if args.dry_run else "cli.vacuum.done"
    size = f"{gone.bytes / 1e6:,.1f}"
    print(t(outcome, args.lang, n=len(gone.files), size=size, oldest=gone.oldest), file=sys.stderr)
    return DONE


def rebuild(args: argparse.Namespace) -> int:
    """Makes the marts anew."""
    from data.maintenance import rebuild as make

    with _bar(args.lang) as progress:
        load = make(args.store, progress)
    print(t("cli.import.published", args.lang, load=load.load_id, as_of=load.as_of))
    return DONE


def demo(args: argparse.Namespace) -> int:
    """Builds the sample company in an empty store."""
    from data import demo as sample
    from data.storage.store import Store

    present = Store.open(args.store, create=True).current()
    if present is not None and present.profile != sample.PROFILE:
        raise MvpodError("E_DEMO_STORE", store=str(args.store), load=present.load_id)
    with _bar(args.lang) as progress:
        report: Any = sample.create(args.store, progress=progress)
    _print_report(report, args.lang)
    return DONE


# The numbers


def metrics(args: argparse.Namespace) -> int:
    """Lists the registry."""
    from analytics.metrics.registry import REGISTRY

    if args.format == "json":
        print(json.dumps([_metric_json(m) for m in REGISTRY.values()], ensure_ascii=False, indent=1))
        return DONE
    rows = [(m.key, m.label[args.lang], t(f"cli.unit.{m.unit}", args.lang), m.definition[args.lang])
            for m in REGISTRY.values()]
    _console().print(_grid(args.lang, ("key", "label", "unit", "definition"), rows))
    return DONE


def _metric_json(m: Metric) -> dict[str, Any]:
    return {"key": m.key, "label": dict(m.label), "definition": dict(m.definition), "formula": m.formula["en"],
            "unit": m.unit, "direction": m.direction, "grain": list(m.grain), "population": dict(m.population),
            "minimum": m.minimum,
            "needs": list(m.needs), "source": m.source, "options": {k: list(v) for k, v in m.options.items()}}


def metric(args: argparse.Namespace) -> int:
    """Answers one metric as of a day, by groups, in the words of docs/metrics.md."""
    from analytics.ask import ALIASES, Ask, to_json
    from analytics.metrics.registry import get
    from analytics.periods import range_
    from analytics.view import View
    from data.engine import open_company
    from data.maintenance import under_settings
    from data.scope import Filters

    declared = get(args.key)
    if args.start and args.end:
        range_(args.start, args.end)  # refuses an end before the start
    chosen: dict[str, list[str]] = {}
    for name, values in args.where:
        chosen.setdefault(ALIASES.get(name, name), []).extend(values)
    filters = Filters.of(chosen)
    options = {name.replace("-", "_"): _whole(declared, name, values) for name, values in args.option}
    with ExitStack() as stack:
        store = stack.enter_context(under_settings(args.store, args.config)) if args.config else args.store
        company = open_company(store, args.load)
        stack.callback(company.close)
        view = View(args.as_of or company.last_day, args.start, args.end, days=args.days, filters=filters)
        by = [name.strip() for name in args.by.split(",") if name.strip()]
        ask = Ask(company)
        ask.check(view)
        frame = ask.metric(args.key, view, by=by, **options)
        if args.format == "json":
            answer = to_json(args.key, view, frame, company.load_id)
            print(json.dumps(answer, ensure_ascii=False, indent=1, allow_nan=False))
        elif args.format == "csv":
            _print_frame(frame, "csv", args.lang)
        else:
            _print_metric(declared, frame, args.lang, company.settings, view.as_of, company.load_id)
        if frame.empty:
            print(t("cli.metric.empty", args.lang, first=company.first_day, last=view.as_of), file=sys.stderr)
    return DONE


def restated(args: argparse.Namespace) -> int:
    """Why a metric reads differently than at an earlier load: then, now, and what moved it by cause and opportunity."""
    from analytics.ask import ALIASES, Ask
    from analytics.metrics.registry import get
    from analytics.periods import parse
    from analytics.view import View
    from data.engine import open_company
    from data.scope import Filters

    declared, chosen = get(args.key), {ALIASES.get(name, name): values for name, values in args.where}
    company = open_company(args.store, args.now)
    with ExitStack() as stack:
        stack.callback(company.close)
        view = View(args.as_of or company.last_day, filters=Filters.of(chosen))
        if args.quarter:
            period = parse(args.quarter, company.settings.organisation.fiscal_year_start)
            view = view.with_(start=period.start, end=period.end)
        ask, by = Ask(company), [name.strip() for name in args.by.split(",") if name.strip()]
        ask.check(view)
        found = ask.restated(args.key, view, args.then, by)
        if args.format == "csv":
            _print_frame(found.ledger, "csv", args.lang)
        elif args.format == "json":
            print(json.dumps({"metric": args.key, **found.plain()}, ensure_ascii=False, indent=1, allow_nan=False))
        else:
            _print_restated(declared, found, args.lang, company.settings)
    return DONE


def _print_restated(declared: Metric, found: Restated, lang: str, settings: Settings) -> None:
    """Three tables for reading: the number, its causes, the opportunities that moved it most."""
    out = _console()
    out.print(Text(f"{declared.label[lang]} ({declared.key})", style="bold"))
    for side, day, load in (("then", found.day_then, found.load_then), ("now", found.day_now, found.load_now)):
        out.print(Text(t(f"restated.{side}", lang, day=day.isoformat(), load=load)))
    if found.is_redefined:
        out.print(Text(t("restated.redefined", lang)))
    for frame in (found.totals, found.causes, found.ledger.head(_MOST_OPPORTUNITIES)):
        shown = frame.drop(columns=[c for c in frame if c.startswith("reason_") and (frame[c] == "").all()])
        rows = [[_restated_cell(declared.unit, name, row, lang, settings) for name in shown.columns]
                for row in shown.to_dict("records")]
        out.print()
        out.print(_grid(lang, list(shown.columns), rows))


#: So many opportunities of a ledger are printed; csv and json have all.
_MOST_OPPORTUNITIES = 20


def _restated_cell(unit: str, name: str, row: dict[Any, Any], lang: str, settings: Settings) -> str:
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
        return _cell(unit, "value", {"value": value}, lang, settings) if unit != "share" or name in ("then", "now") \
            else form.points(value, lang)
    if isinstance(value, str) or hasattr(value, "isoformat") or form.is_known(value):
        return _cell(unit, name, row, lang, settings)
    return ""


#: Columns that the printed table shows besides the groups; csv and json have all.
_CORE = ("next_stage", "n", "reached", "won", "lost", "open", "regressed", "events", "censored", "value", "low", "high",
         "amount", "reason")


def _whole(declared: Metric, name: str, values: list[str]) -> int:
    try:
        return int(values[0])
    except ValueError as error:
        raise MvpodError("E_METRIC_OPTION", metric=declared.key, option=name, found=values[0],
                         expected=declared.options.get(name) or "nothing") from error


def _print_metric(declared: Metric, frame: pd.DataFrame, lang: str, settings: Settings, as_of: date,
                  load: int) -> None:
    """For reading: names instead of keys, rounded numbers. For full precision there is --format json."""
    out = _console()
    out.print(Text(f"{declared.label[lang]} ({declared.key})", style="bold"))
    out.print(Text(t("cli.metric.stand", lang, as_of=as_of.isoformat(), load=load)))
    columns = [name for name in frame.columns if has(f"dimension.{_dimension(name)}") or name in _CORE]
    if "reason" in columns and frame["reason"].isna().all():
        columns.remove("reason")
    rows = [[_cell(declared.unit, name, row, lang, settings) for name in columns] for row in frame.to_dict("records")]
    out.print(_grid(lang, columns, rows))
    more = [name for name in frame.columns if name not in columns and name not in ("stage_order", "reason")]
    if more:
        out.print(Text(t("cli.metric.more", lang, columns=", ".join(more)), style="dim"))


def _dimension(name: str) -> str:
    """The dimension that a group's column shows, whatever short name it was asked by."""
    from analytics.ask import ALIASES

    return name if has(f"dimension.{name}") else ALIASES.get(name, name)


def _cell(unit: str, name: str, row: dict[Any, Any], lang: str, settings: Settings) -> str:
    """One value of an answer in words: names from the settings, numbers by their unit."""
    from analytics import format as form
    from analytics.i18n import label

    value = row[name]
    if name == "reason" and value and has(f"reason.{value}"):
        return t(f"reason.{value}", lang)
    dimension = _dimension(name)
    if isinstance(value, str) or (value is None and has(f"dimension.{dimension}")):
        if name in ("stage", "next_stage") and value and row.get("pipeline"):
            return settings.stage_label(row["pipeline"], value, lang)
        return label(dimension, value, lang, settings) if has(f"dimension.{dimension}") else value or ""
    if name in ("value", "low", "high"):
        if unit in ("share", "ratio"):
            return form.rate(value, lang)
        if unit in ("points", "number"):
            return form.number(value, lang, digits=1)
        return form.amount(value, lang) if unit == "money" else form.days(value, lang)
    if hasattr(value, "isoformat"):
        return form.day(value, lang)
    if name.endswith(("amount", "amount_value", "weighted")):
        return form.amount(value, lang)
    return form.number(value, lang) if value is None or float(value) != value or float(value).is_integer() \
        else form.number(value, lang, digits=3)


# The review


def report(args: argparse.Namespace) -> int:
    """Writes the review pack of a quarter: a file per kind, and per language where a file holds one only."""
    from analytics.ask import ALIASES, Ask
    from analytics.review.assemble import assemble
    from analytics.review.files import KINDS, made
    from data.engine import open_company
    from data.scope import Filters

    kinds = [name.strip().lower() for name in (args.format or args.out.suffix.lstrip(".")).split(",")]
    if unknown := [name for name in kinds if name not in KINDS]:
        raise MvpodError("E_REPORT_FORMAT", found=unknown[0] or args.out.name, known=list(KINDS))
    chosen: dict[str, list[str]] = {}
    for name, values in args.where:
        chosen.setdefault(ALIASES.get(name, name), []).extend(values)
    template, written = _bytes(args.template) if args.template else None, []
    with ExitStack() as stack:
        company = open_company(args.store)
        stack.callback(company.close)
        pack = _pack(args, company)
        pack = pack.with_(filters=pack.filters.with_(**dict(Filters.of(chosen).chosen)),
                          compare=args.compare or pack.compare, as_of=args.as_of or pack.as_of)
        languages, packs = pack.languages(args.lang), []
        progress = stack.enter_context(_bar(args.lang))
        for number, lang in enumerate(languages):
            packs.append(assemble(Ask(company), pack, lang, base=args.url,
                                  progress=partial(_share, progress, number, len(languages))))
        for kind in kinds:
            progress(kind, 1.0)
            for ending, data in made(kind, packs, template).items():
                written.append(args.out.with_name(args.out.stem + ending))
                _write(written[-1], data)
        missing = [f"{slide.item.card}: {slide.missing}" for pack in packs for slide in pack.slides if slide.missing]
    for line in missing:
        print(f"! {line}", file=sys.stderr)
    for path in written:
        print(path)
    return DONE


def _share(progress: Callable[[str, float], None], done: int, of: int, share: float) -> None:
    progress("slides", (done + share) / of)


def _pack(args: argparse.Namespace, company: Company) -> Pack:
    """The pack that is asked for, by the name of a saved one or its file, else the director's."""
    from analytics.review.default import default_pack, usual_quarter
    from analytics.review.pack import from_text
    from data.storage import packs

    organisation = company.settings.organisation
    quarter = args.quarter or usual_quarter(company.last_day, organisation.fiscal_year_start)
    lang = cast("Language", args.asked_lang or organisation.language)
    if not args.pack:
        return default_pack(quarter, lang)
    saved = from_text(packs.read(Path(args.pack)) if Path(args.pack).is_file() else packs.load(args.store, args.pack))
    return saved.with_(quarter=args.quarter or saved.quarter, lang=args.asked_lang or saved.lang)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MvpodError("E_OUTPUT", file=str(path), found=error.strerror) from error


def _write(path: Path, data: bytes) -> None:
    """A whole file or none: a scheduler must never send half of one."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise MvpodError("E_OUTPUT", file=str(path), found=error.strerror) from error


# The rest


def serve(args: argparse.Namespace) -> int:
    """Opens the dashboard on this machine; runs until it is stopped."""
    os.environ["MVPOD_STORE"] = str(args.store.absolute())
    os.chdir(ROOT)  # Streamlit reads its configuration from the current folder
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(ROOT / "server.py"),
                              "--server.address", args.address, "--server.port", str(args.port)])


def docs(args: argparse.Namespace) -> int:
    """Writes docs/metrics.md from the registry."""
    from analytics.metrics.document import document

    target = ROOT / "docs" / "metrics.md"
    target.write_text(document(), encoding="utf-8")
    print(target.relative_to(ROOT))
    return DONE


# Printing


def _console() -> Console:
    """Stdout, as wide as the terminal; as wide as it takes where it is a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=1000)


#: Columns that may run over several lines.
_LONG = ("definition", "files", "sources", "example", "rule", "reason", "value", "label", "state", "lost_metrics")


def _grid(lang: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table whose cells are shown literally; numbers to the right."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    content = [list(row) for row in rows]
    for i, name in enumerate(columns):
        numeric = bool(content) and all(isinstance(row[i], (int, float)) or _is_figure(row[i]) for row in content)
        grid.add_column(_heading(name, lang), justify="right" if numeric else "left", overflow="fold",
                        no_wrap=name not in _LONG)
    for row in content:
        grid.add_row(*(Text(f"{cell:,}" if type(cell) is int else str(cell)) for cell in row))
    return grid


def _is_figure(cell: object) -> bool:
    return str(cell).strip("–−+-%.,0123456789KMB万亿 ") == ""


def _heading(name: str, lang: str) -> str:
    for key in (f"cli.column.{name}", f"dimension.{_dimension(name)}", f"column.{name}"):
        if has(key):
            return t(key, lang)
    return name


def _print_frame(frame: pd.DataFrame, format_: str, lang: str) -> None:
    if format_ == "csv":
        from analytics.export.csv import csv_bytes

        sys.stdout.write(csv_bytes(frame).decode("utf-8-sig").replace("\r\n", "\n"))
    elif format_ == "json":
        print(json.dumps(json.loads(frame.to_json(orient="records")), ensure_ascii=False, indent=1))
    else:
        known = frame.astype(object).where(frame.notna(), "")
        _console().print(_grid(lang, list(frame.columns), list(known.itertuples(index=False))))


@contextmanager
def _bar(lang: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar on the terminal; silent where stderr is not one."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def progress(step: str, share: float) -> None:
            text = t(f"cli.step.{step}", lang) if has(f"cli.step.{step}") else step
            bar.update(task, description=text, completed=share)

        yield progress


if __name__ == "__main__":
    sys.exit(main())
