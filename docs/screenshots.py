"""Pictures of every page: language x light/dark x 1280/390 px, and one contact sheet (`make screenshots`).

Each page is photographed in its full height; the contact sheet shows them small, side by side, so that one look
tells which page is broken. They go to screenshots/ (not kept in the repository).
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser

from benchmarks.browser import ROOT, browser, running_app, wait_painted
from pages import PAGES

OUT = ROOT / "screenshots"
LANGUAGES, THEMES, WIDTHS = ("en", "zh"), ("light", "dark"), (1280, 390)
THUMB = (320, 420)


def photograph(chromium: Browser, url: str, page: str, lang: str, theme: str, width: int, query: str = "") -> Path:
    """One page as a PNG of its full height; gives the file."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    tab = context.new_page()
    tab.goto(f"{url}/{page}?lang={lang}&theme={theme}{query}")
    wait_painted(tab)
    tab.wait_for_timeout(400)  # charts animate in
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": width, "height": min(int(height) + 40, 8000)})
    tab.wait_for_timeout(500)
    file = OUT / f"{page}-{lang}-{theme}-{width}.png"
    tab.screenshot(path=file)
    context.close()
    return file


def contact_sheet(files: list[Path], target: Path) -> None:
    """All pictures on one sheet, a page a row."""
    columns = len(LANGUAGES) * len(THEMES) * len(WIDTHS)
    rows = -(-len(files) // columns)
    sheet = Image.new("RGB", (columns * THUMB[0], rows * THUMB[1]), "white")
    draw = ImageDraw.Draw(sheet)
    for i, file in enumerate(files):
        with Image.open(file) as picture:
            picture.thumbnail((THUMB[0] - 10, THUMB[1] - 24))
            x, y = i % columns * THUMB[0], i // columns * THUMB[1]
            sheet.paste(picture, (x, y + 18))
            draw.text((x + 2, y + 2), file.stem, fill="black")
    sheet.save(target)


def main() -> None:
    """Photograph what was asked for (default: everything)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, default=ROOT / "data" / "store")
    parser.add_argument("--page", action="append", help="only this page (may be repeated)")
    parser.add_argument("--query", default="", help="more of the view, e.g. '&segment=KA'")
    asked = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    pages = asked.page or [page.key for page in PAGES]
    with running_app(asked.store) as url, browser() as chromium:
        files = [photograph(chromium, url, *what, query=asked.query)
                 for what in itertools.product(pages, LANGUAGES, THEMES, WIDTHS)]
    contact_sheet(files, OUT / "contact-sheet.png")
    print(f"{len(files)} pictures and contact-sheet.png in {OUT}")


if __name__ == "__main__":
    main()
