"""The files that a pack can become. Each is made from bytes to bytes, beside any page, by a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from analytics.review.assemble import Assembled


@dataclass(frozen=True)
class Kind:
    """A kind of file: `ending` of its name, media type, and whether Chromium is needed to make it."""

    ending: str
    mime: str
    module: str
    function: str
    needs_browser: bool = False
    with_template: bool = False

    def make(self, pack: Assembled, template: bytes | None = None) -> bytes:
        """The file. Exporters are imported when they are first needed: they are large."""
        function: Callable[..., bytes] = getattr(import_module(f"analytics.export.{self.module}"), self.function)
        more = {"template": template} if self.with_template and template else {}
        return function(pack.slides, pack.look, pack.stamp, **more)


KINDS = {
    "pptx": Kind(".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx",
                 "pptx_bytes", with_template=True),
    "xlsx": Kind(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "xlsx_bytes"),
    "pdf": Kind(".pdf", "application/pdf", "pdf", "pdf_bytes", needs_browser=True),
}
