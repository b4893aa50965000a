"""What all commands share: how they are declared, the kinds of values their options take, the exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from analytics.i18n import t
from data.errors import LANGUAGES
from data.sample import store_path
from data.storage.address import located

if TYPE_CHECKING:
    from data.scope import Filters

DONE, FAILED, USAGE, DEFECT, STOPPED = 0, 1, 2, 3, 130


class Parser(argparse.ArgumentParser):
    """Says in the reader's language that a command was not understood, and with the usage."""

    lang = "en"

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {t('cli.usage', self.lang, message=message)}\n")


class Commands:
    """The commands of a parser while they are being declared."""

    def __init__(self, top: Parser) -> None:
        self.lang = top.lang
        self._added = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
        self.day = partial(_day, self.lang)

    def say(self, key: str) -> str:
        """A help text."""
        return t(f"cli.help.{key}", self.lang)

    def between(self, low: int, high: int) -> Callable[[str], int]:
        """The type of an option that is a whole number of a range."""
        return partial(_between, self.lang, low, high)

    def add(self, name: str, run: Callable[[argparse.Namespace], int], store: bool = True,
            languages: Sequence[str] = LANGUAGES) -> Parser:
        """A command with the options that all have; `store`: it reads or writes one."""
        sub = self._added.add_parser(name, help=self.say(name), description=self.say(name))
        sub.lang = self.lang
        sub.set_defaults(run=run)
        sub.add_argument("--lang", choices=languages, help=self.say("lang_report" if "both" in languages else "lang"))
        if store:
            sub.add_argument("--store", type=located, default=store_path(), metavar="DIR|URL", help=self.say("store"))
        return sub

    def add_where(self, sub: Parser) -> None:
        """`--where DIM=VALUE[,VALUE]`, as often as one likes."""
        sub.add_argument("--where", action="append", default=[], type=pair, metavar="DIM=VALUE[,VALUE]",
                         help=self.say("where"))

    def add_format(self, sub: Parser, *kinds: str, help: str = "format") -> None:
        """`--format`: a table for reading, unless another kind is asked for."""
        sub.add_argument("--format", choices=("table", *kinds), default="table", help=self.say(help))


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


def pair(text: str) -> tuple[str, list[str]]:
    """`DIM=VALUE,VALUE`; a comma inside a value is written twice.

    >>> pair("industry=Oil,, gas,Steel")
    ('industry', ['Oil, gas', 'Steel'])
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=VALUE")
    split = values.replace(",,", "\0").split(",")
    return name.strip(), [value.strip().replace("\0", ",") for value in split]


def filters(where: Iterable[tuple[str, list[str]]]) -> Filters:
    """What `--where` chose; the same dimension twice means either value."""
    from analytics.ask import ALIASES
    from data.scope import Filters

    chosen: dict[str, list[str]] = {}
    for name, values in where:
        chosen.setdefault(ALIASES.get(name, name), []).extend(values)
    return Filters.of(chosen)


def listed(text: str) -> list[str]:
    """The names of `NAME, NAME`."""
    return [name.strip() for name in text.split(",") if name.strip()]
