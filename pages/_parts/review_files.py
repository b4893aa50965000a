"""The files of a pack: made when they are asked for, in a thread beside the page, which says how far they are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from analytics.ask import Ask
from analytics.review import files
from analytics.review.assemble import Assembled, assemble
from analytics.review.files import KINDS
from analytics.review.pack import Pack
from data.engine import Company
from data.errors import MvpodError
from data.scope import Scope
from pages._parts import cache, context, review_template
from pages._parts.context import t
from pages._parts.escape import md_escape

_JOB = "review_job"
#: seconds between two looks at a file that is being made
_LOOK = 1.0


@dataclass
class Job:
    """A file in the making, written by its thread and read by the page."""

    kind: str = ""
    share: float = 1.0
    error: str = ""
    #: the figures of the pack that was asked for last: a second kind of file need not ask again
    known: dict[Hashable, Assembled] = field(default_factory=dict)


def draw(pack: Pack) -> None:
    """A button per kind of file."""
    here = context.now()
    opened = partial(cache.company, here.store, here.load_id)  # a waiting button must not keep an old load open
    job: Job = st.session_state.setdefault(_JOB, Job())
    from analytics.export.images import has_browser  # drawing charts takes a large library: only this page needs it

    is_able, template = has_browser(), review_template.chosen()
    with st.container(horizontal=True, gap="small"):
        for name, kind in KINDS.items():
            is_zip = pack.lang == "both" and not kind.holds_all
            st.download_button(
                t(f"review.file.{name}"), key=f"review_{name}", on_click="ignore", icon=":material/download:",
                file_name=f"mvpod-review-{pack.quarter.lower()}{f'-{name}.zip' if is_zip else kind.ending}",
                mime="application/zip" if is_zip else kind.mime,
                disabled=not pack.items or (kind.needs_browser and not is_able),
                data=partial(made, job, name, opened, pack, here.scope, context.address(), here.lang, template))
    if not is_able:
        st.caption(md_escape(MvpodError("E_NO_BROWSER").text(here.lang)))
    _progress()


def made(job: Job, kind: str, opened: Callable[[], Company], pack: Pack, scope: Scope, base: str, lang: str,
         template: bytes | None = None) -> bytes:
    """One file of the company that `opened` gives; a zip where both languages take two. Runs in a thread of its own
    and tells the page through `job`."""
    languages, company = pack.languages(lang), opened()
    job.kind, job.share, job.error = kind, 0.0, ""
    try:
        wanted = [(company.load_id, pack, code, scope, base) for code in languages]
        job.known = {key: job.known[key] for key in wanted if key in job.known}
        for number, key in enumerate(wanted):
            if key not in job.known:
                job.known[key] = assemble(Ask(company), pack, key[2], scope=scope, base=base,
                                          progress=_teller(job, number, len(languages)))
        found = files.made(kind, [job.known[key] for key in wanted], template)
        return _zipped(found) if len(found) > 1 else next(iter(found.values()))
    except MvpodError as error:
        job.error = error.text(lang)
        raise
    finally:
        job.share = 1.0


def _teller(job: Job, number: int, count: int) -> Callable[[float], None]:
    """Most of the time goes into the figures; the file itself is the rest."""
    def tell(share: float) -> None:
        job.share = min((number + 0.8 * share) / count, 0.99)
    return tell


def _zipped(found: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parts:
        for ending, data in found.items():
            parts.writestr(f"review{ending}", data)
    return stream.getvalue()


@st.fragment(run_every=_LOOK)
def _progress() -> None:
    """How far the file is that was asked for, or why there is none."""
    job: Job = st.session_state[_JOB]
    if job.error:
        st.error(md_escape(job.error), icon=":material/error:")
    elif job.share < 1.0:
        st.progress(job.share, text=t("review.making", file=t(f"review.file.{job.kind}")))
