"""How long the director's quarterly pack takes: figures and file, the first time and again, by kind of file."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from analytics.ask import Ask
from analytics.export import browser
from analytics.export.images import has_browser
from analytics.review import files
from analytics.review.assemble import assemble
from analytics.review.default import default_pack, usual_quarter
from data.engine import open_company


def times_of(path: Path) -> list[dict[str, object]]:
    """Per kind of file the seconds until it is there: of a load that was just opened, and of one that has made a pack
    of this kind before (its figures are remembered, the browser that draws is open)."""
    rows: list[dict[str, object]] = []
    for kind, known in files.KINDS.items():
        if known.needs_browser and not has_browser():
            continue
        browser.close()
        company = open_company(path)
        pack = default_pack(usual_quarter(company.last_day, company.settings.organisation.fiscal_year_start))
        row: dict[str, object] = {"kind": kind}
        for time_ in ("first", "second"):
            wall, cpu = time.perf_counter(), time.process_time()
            made = assemble(Ask(company), pack, "en")
            row[f"{time_}_figures_s"] = time.perf_counter() - wall
            files.made(kind, [made])
            row[f"{time_}_s"], row[f"{time_}_cpu_s"] = time.perf_counter() - wall, time.process_time() - cpu
        company.close()
        row["slides"] = len(made.slides)
        rows.append(row)
        print(f"  pack as {kind}: first {row['first_s']:.1f} s, second {row['second_s']:.1f} s", file=sys.stderr)
    browser.close()
    return rows
