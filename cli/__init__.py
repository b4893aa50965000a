"""The terminal's door: the command `mvpod` (also `python -m cli`).

Each file beside this one is a subject: `declare` adds its commands with their options, and a command is a function
`(args) -> exit code`: 0 done, 1 a known failure (its sentence goes to stderr), 2 wrong usage. Answers go to stdout,
everything else to stderr, so that output can be piped. What the numbers are is not decided here: the commands ask
`analytics.ask` and `data`, which they import when they run, so that `mvpod --help` is there at once.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from analytics.i18n import t
from cli import intake, metrics, report, restated, serve, store, verify
from cli.grammar import DEFECT, DONE, FAILED, STOPPED, Commands, Parser
from data.errors import LANGUAGES, MvpodError
from data.sample import sample_store

#: nothing was ever published there: whoever has seen the dashboard has seen the sample company, in a store beside it
_NOTHING_THERE = ("E_STORE_EMPTY", "E_NO_LOAD")
#: in the order in which `mvpod --help` lists them
SUBJECTS = (intake, store, verify, metrics, restated, report, serve)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    lang = language(words)
    try:
        args = parser(lang).parse_args(words)
        args.asked_lang, args.lang = args.lang, lang
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except MvpodError as error:
        print(error.text(lang), file=sys.stderr)
        if error.code in _NOTHING_THERE and (sample := _sample(args.store)):
            print(t("cli.sample", lang, command=f"mvpod {args.command} --store {shlex.quote(sample)}"), file=sys.stderr)
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


def _sample(store: Path) -> str:
    """Where the sample company lies that the dashboard has built beside an empty store, as it is typed here; "" if
    there is none."""
    from data.storage.store import MARKER

    lies = sample_store(store.absolute())
    if not (lies / MARKER).is_file():
        return ""
    return str(lies.relative_to(Path.cwd()) if lies.is_relative_to(Path.cwd()) else lies)


def language(words: Sequence[str]) -> str:
    """--lang, else MVPOD_LANG, else the terminal's own language where it is one of ours, else English."""
    given = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "--lang"]
    given += [word.split("=", 1)[1] for word in words if word.startswith("--lang=")]
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    for choice in (*given, os.environ.get("MVPOD_LANG", "")[:2], system[:2]):
        if choice in LANGUAGES:
            return choice
    return "en"


def parser(lang: str = "en") -> argparse.ArgumentParser:
    """All commands with their options; help texts in `lang`."""
    top = Parser(prog="mvpod", description=t("cli.help.mvpod", lang))
    top.lang = lang
    top.add_argument("--lang", choices=LANGUAGES, help=t("cli.help.lang", lang))
    commands = Commands(top)
    for subject in SUBJECTS:
        subject.declare(commands)
    return top
