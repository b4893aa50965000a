"""What a store holds and how it is kept: `loads`, `show`, `quarantine`, `restore`, `vacuum`, `rebuild`, `demo`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from analytics.i18n import t
from cli.grammar import DONE, Commands
from cli.intake import say_report
from cli.printing import bar, console, grid, say_frame, say_json, say_notes, table_name
from data.errors import MvpodError

if TYPE_CHECKING:
    from data.storage.store import Load


def declare(commands: Commands) -> None:
    say = commands.say
    commands.add_format(commands.add("loads", loads), "json")
    commands.add("show", show).add_argument("load", nargs="?", type=int, metavar="LOAD", help=say("load"))
    sub = commands.add("quarantine", quarantine)
    sub.add_argument("load", nargs="?", type=int, metavar="LOAD", help=say("load"))
    commands.add_format(sub, "json", "csv")
    commands.add("restore", restore).add_argument("load", type=int, metavar="LOAD", help=say("load"))
    sub = commands.add("vacuum", vacuum)
    sub.add_argument("--keep-days", type=commands.between(0, 36_500), default=90, metavar="DAYS",
                     help=say("keep_days"))
    sub.add_argument("--dry-run", action="store_true", help=say("dry_run"))
    sub = commands.add("rebuild", rebuild)
    sub.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb", help=say("engine"))
    sub.add_argument("--master", default="local[2]", metavar="URL", help=say("master"))
    commands.add("demo", demo)


def loads(args: argparse.Namespace) -> int:
    """Lists the loads, the newest first."""
    from data.storage.store import Store

    found = sorted(Store.open(args.store).loads(), key=lambda load: -load.load_id)
    if args.format == "json":
        say_json([_load_json(load) for load in found])
        return DONE
    rows = [(load.load_id, t(f"cli.kind.{load.kind}", args.lang), _moment(load), load.as_of or "", load.profile,
             *_row_counts(load), _sources(load)) for load in found]
    console().print(grid(args.lang, ("load", "kind", "loaded_at", "as_of", "profile", "rows_in", "loaded",
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
        raise MvpodError("E_NO_LOAD", store=store.name)
    out = console()
    facts = [("load", load.load_id), ("kind", t(f"cli.kind.{load.kind}", args.lang)), ("loaded_at", _moment(load)),
             ("as_of", load.as_of or ""), ("profile", load.profile), ("contract", load.contract_version),
             ("files", len(load.files)), ("digest", load.digest)]
    out.print(grid(args.lang, ("fact", "value"), [(t(f"cli.column.{k}", args.lang), v) for k, v in facts]))
    if load.sources:
        files = [(source.get("name", ""), source.get("sha256", "")) for source in load.sources]
        out.print(grid(args.lang, ("file", "sha256"), files))
    rows = []
    for table in load.versions:
        counts = load.counts.get(table, {})
        rows.append((table_name(table, args.lang), load.versions[table], store.rows(table, load),
                     *(counts.get(k, "") for k in ("in", "loaded", "quarantined"))))
    out.print(grid(args.lang, ("table", "version", "rows", "rows_in", "loaded", "quarantined"), rows))
    say_notes(load.decisions, load.warnings, args.lang)
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
    say_frame(frame, args.format, args.lang)
    return DONE


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
    from data.maintenance import rebuild_with_spark

    with bar(args.lang) as progress:
        if args.engine == "spark":
            load = rebuild_with_spark(args.store, args.master, progress)
        else:
            load = make(args.store, progress)
    print(t("cli.import.published", args.lang, load=load.load_id, as_of=load.as_of))
    return DONE


def demo(args: argparse.Namespace) -> int:
    """Builds the sample company in an empty store."""
    from data import demo as sample
    from data.storage.store import Store

    store = Store.open(args.store, create=True)
    present = store.current()
    if present is not None and present.profile != sample.PROFILE:
        raise MvpodError("E_DEMO_STORE", store=store.name, load=present.load_id)
    with bar(args.lang) as progress:
        report: Any = sample.create(args.store, progress=progress)
    say_report(report, args.lang)
    return DONE
