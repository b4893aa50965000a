"""`verify`: is the store what was recorded, and do the figures of an exported file hold?"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from analytics.i18n import t
from cli import files
from cli.grammar import DONE, FAILED, Commands
from data.errors import MvpodError
from data.storage.address import said

if TYPE_CHECKING:
    from data.engine import Company
    from data.storage.store import Store


def declare(commands: Commands) -> None:
    sub = commands.add("verify", verify)
    sub.add_argument("what", nargs="?", metavar="LOAD|FILE", help=commands.say("verify_what"))


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

    file = check.read(files.read(path), path.name)
    with ExitStack() as stack:
        now = open_company(store.path)
        stack.callback(now.close)
        then = _earlier(store, file.stamp.load, stack)
        try:
            verdict = check.verify(file, Ask(then) if then else None, Ask(now))
        except MvpodError as error:  # its day, its filters are none of this store's
            raise MvpodError("E_VERIFY_OTHER", file=path.name, organisation=file.stamp.organisation or "–",
                             load=file.stamp.load, as_of=file.stamp.as_of, store=said(store.path), now=now.load_id,
                             reason=error) from error
    for found in verdict.differences:
        print(check.words(found, lang))
    if verdict.differences and file.stamp.organisation != now.settings.organisation.name:
        print(t("cli.verify.other", lang, file=file.stamp.organisation or "–", load=file.stamp.load,
                as_of=file.stamp.as_of, store=now.settings.organisation.name or "–"), file=sys.stderr)
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
