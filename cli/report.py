"""`report`: the review pack of a quarter as files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from analytics.i18n import t
from cli import files
from cli.grammar import DONE, Commands, filters
from cli.printing import bar
from data.errors import LANGUAGES, MvpodError

if TYPE_CHECKING:
    from analytics.ask import Ask
    from analytics.review.assemble import Assembled
    from analytics.review.pack import Language, Pack
    from data.engine import Company


def declare(commands: Commands) -> None:
    say = commands.say
    sub = commands.add("report", report, languages=(*LANGUAGES, "both"))
    sub.add_argument("--quarter", metavar="QUARTER", help=say("quarter"))
    commands.add_where(sub)
    sub.add_argument("--compare", choices=("previous", "last_year", "none"), help=say("compare"))
    sub.add_argument("--as-of", type=commands.day, metavar="DATE", help=say("as_of"))
    sub.add_argument("--pack", metavar="NAME|FILE", help=say("pack"))
    sub.add_argument("--template", type=Path, metavar="FILE.pptx", help=say("template"))
    sub.add_argument("--format", default="", metavar="KIND[,KIND]", help=say("report_format"))
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("out"))
    sub.add_argument("--url", default="", metavar="ADDRESS", help=say("url"))


def report(args: argparse.Namespace) -> int:
    """Writes the review pack of a quarter: a file per kind, and per language where a file holds one only. The files are
    in the language of the organisation, or in --lang; what is said here is said in the terminal's."""
    from analytics.ask import Ask
    from analytics.review.assemble import assemble
    from analytics.review.files import KINDS, made
    from data.engine import open_company

    kinds = [name.strip().lower() for name in (args.format or args.out.suffix.lstrip(".")).split(",")]
    if unknown := [name for name in kinds if name not in KINDS]:
        raise MvpodError("E_REPORT_FORMAT", found=unknown[0] or args.out.name, known=list(KINDS))
    chosen = filters(args.where)
    template, written = files.read(args.template) if args.template else None, []
    with ExitStack() as stack:
        company = open_company(args.store)
        stack.callback(company.close)
        pack = _pack(args, company)
        pack = pack.with_(filters=pack.filters.with_(**dict(chosen.chosen)), compare=args.compare or pack.compare,
                          as_of=args.as_of or pack.as_of)
        said = _still_running(pack, company, args.lang)
        ask, languages, packs = Ask(company), pack.languages(args.lang), []
        progress = stack.enter_context(bar(args.lang))
        for number, lang in enumerate(languages):
            packs.append(assemble(ask, pack, lang, base=args.url,
                                  progress=partial(_share, progress, number, len(languages))))
        for kind in kinds:
            progress(kind, 1.0)
            for ending, data in made(kind, packs, template).items():
                written.append(args.out.with_name(args.out.stem + ending))
                files.write(written[-1], data)
        said += _left_out(ask, pack, packs, args.lang)
    for line in said:
        print(f"! {line}", file=sys.stderr)
    for path in written:
        print(path)
    return DONE


def _still_running(pack: Pack, company: Company, lang: str) -> list[str]:
    """That the quarter goes on after the last day that is known; MvpodError E_QUARTER_AHEAD if it has not begun."""
    from analytics import format as form
    from analytics.review.default import usual_quarter

    first_month = company.settings.organisation.fiscal_year_start
    view = pack.view(company.last_day, first_month)
    if view.start and view.start > view.as_of:
        raise MvpodError("E_QUARTER_AHEAD", found=pack.quarter, start=view.start.isoformat(),
                         as_of=view.as_of.isoformat(), usual=usual_quarter(view.as_of, first_month))
    if not view.end or view.end <= view.as_of:
        return []
    return [t("cli.report.running", lang, quarter=pack.quarter, end=form.day(view.end, lang),
              as_of=form.day(view.as_of, lang))]


def _left_out(ask: Ask, pack: Pack, packs: Sequence[Assembled], lang: str) -> list[str]:
    """The entries that have nothing to show, and why, in the terminal's language whatever that of the files."""
    from analytics.review.assemble import assemble
    from analytics.review.pack import called

    items = tuple(dict.fromkeys(slide.item for made in packs for slide in made.slides if slide.missing))
    if not items:
        return []
    made = next((p for p in packs if p.look.lang == lang), None) or assemble(ask, pack.with_(items=items), lang)
    return [f"{called(slide.item, lang, ask.settings)}: {slide.missing}" for slide in made.slides if slide.missing]


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
