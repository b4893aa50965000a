"""A pack for key accounts holds nothing of the others: their names and amounts are searched in all bytes of all files.

The others' rows carry words and an amount that stand nowhere else. Files are opened all the way down: parts of a zip,
streams and attachments of a PDF, values, dictionaries and statistics of Parquet.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader
from pypdf.generic import StreamObject

from analytics.ask import Ask
from analytics.cards import CARDS
from analytics.export import csv, images, parquet, pdf, xlsx
from analytics.review.assemble import Assembled, assemble
from analytics.review.pack import Item, Pack
from data.errors import MvpodError
from data.scope import Filters, Scope
from tests.journeys import Journey, asked

#: what the others' rows are called by, and what they cost; each a word that no definition uses
NAMES = ("Kanarienvogel", "金丝雀", "canary-o", "canary-a", "canary-u", "canary-loss")
AMOUNT = 7_654_321.0
DRAWN = [pytest.mark.browser,
         pytest.mark.skipif(not images.has_browser(), reason="needs Chromium (apt package chromium)")]
#: charts that name opportunities, accounts, owners or amounts; all others are in the formats that need no browser
PICTURED = ("pipeline.bridge", "pipeline.stock", "pipeline.concentration", "funnel.rates", "attention.pack")


@pytest.fixture(scope="module")
def ask() -> Ask:
    """Ten key accounts and ten small ones with the same fates, a quarter of work."""
    fates = ([(0, "lead"), (9, "meeting"), (30, "proposal"), (60, "won")], [(3, "lead"), (20, "lost")],
             [(5, "lead"), (15, "proposal")], [(40, "lead")], [(8, "lead"), (20, "meeting")])
    ours = {"segment": "KA", "team": "East", "region": "East", "name": "Ordinary", "owner_id": "u1", "type": "new"}
    theirs = {"segment": "SMB", "team": "Kanarienvogel", "region": "金丝雀", "name": "Kanarienvogel 金丝雀",
              "owner_id": "canary-u", "type": "renewal", "loss_reason": "canary-loss", "product_line": "Kanarienvogel"}
    told = [Journey(steps, 100 + i, f"o{i}{n}", {**ours, "account_id": f"a{i}{n}"})
            for n in range(2) for i, steps in enumerate(fates)]
    told += [Journey(steps, AMOUNT, f"canary-o{i}{n}", {**theirs, "account_id": f"canary-a{i}{n}"})
             for n in range(2) for i, steps in enumerate(fates)]
    return asked(told, today=89, weekly=True)


@pytest.fixture(scope="module")
def packs(ask: Ask) -> dict[str, Assembled]:
    """All charts for key accounts, by filter and by what the viewer may see; a few charts of everybody."""
    return {"filter": pack_of(ask, tuple(CARDS), filters=Filters.of(segment=["KA"])),
            "scope": pack_of(ask, tuple(CARDS), scope=Scope.of(team=["East"])), "all": pack_of(ask, PICTURED[:3])}


def pack_of(ask: Ask, keys: tuple[str, ...], *, filters: Filters | None = None,
            scope: Scope | None = None) -> Assembled:
    return assemble(ask, Pack("2026Q1", title="Review", filters=filters or Filters(),
                              items=tuple(Item(key) for key in keys)), "en", scope=scope)


MADE: dict[str, Callable[[Assembled], bytes]] = {
    "xlsx": lambda a: xlsx.xlsx_bytes(a.slides, a.look, a.stamp),
    "csv": lambda a: csv.csv_zip(a.slides, a.stamp),
    "parquet": lambda a: parquet.parquet_zip(a.slides, a.stamp),
    "pdf": lambda a: pdf.pdf_bytes(a.slides, a.look, a.stamp),
    "svg": lambda a: images.picture_zip(a.slides, a.look, a.stamp, "svg"),
}
FORMATS = [*("xlsx", "csv", "parquet"), *(pytest.param(kind, marks=DRAWN) for kind in ("pdf", "svg"))]


@pytest.mark.parametrize(("narrowed", "kind"), [
    *((narrowed, kind) for narrowed in ("filter", "scope") for kind in ("xlsx", "csv", "parquet")),
    *(pytest.param("filter", kind, marks=DRAWN) for kind in ("pdf", "svg"))])
def test_a_pack_for_key_accounts_holds_nothing_of_the_others(packs: dict[str, Assembled], narrowed: str,
                                                             kind: str) -> None:
    pack = packs[narrowed]
    assert len(pack.cards) > 15, "there must be something to search in"
    if kind in ("pdf", "svg"):  # a browser draws for a while: charts that name somebody or show amounts
        pack = replace(pack, slides=tuple(s for s in pack.slides if s.item.card in PICTURED))
    assert [(where, told) for where, text in inside(MADE[kind](pack)) for told in canaries(text)] == []


@pytest.mark.parametrize("kind", FORMATS)
def test_the_search_finds_the_others_where_they_are(packs: dict[str, Assembled], kind: str) -> None:
    found = {told for _, text in inside(MADE[kind](packs["all"])) for told in canaries(text)}
    assert {"canary-a", "amount"} <= found


def canaries(text: str) -> list[str]:
    """Which of the others' words and amounts stand in a text."""
    amounts = ("7654321", "7,654,321", "7.65M", "7.7M", "15.3M", "15308642")
    return [name for name in NAMES if name in text] + (["amount"] if any(a in text for a in amounts) else [])


def inside(data: bytes, where: str = "") -> Iterator[tuple[str, str]]:
    """Everything that can be read in a file, with where it stands."""
    yield where, data.decode("utf-8", "replace")
    yield where, data.decode("utf-16-be", "replace")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from inside(archive.read(name), f"{where}/{name}")
    elif data.startswith(b"PAR1"):
        yield from ((where, text) for text in in_parquet(data))
    elif data.startswith(b"%PDF"):
        yield from ((where, text) for text in in_pdf(data))


def in_parquet(data: bytes) -> Iterator[str]:
    file = pq.ParquetFile(io.BytesIO(data), read_dictionary=[c.name for c in pq.read_schema(io.BytesIO(data))
                                                             if str(c.type) in ("string", "large_string")])
    yield str(file.schema_arrow.metadata)
    for column in file.read().itercolumns():
        for chunk in column.chunks:
            yield str(chunk.dictionary.to_pylist() if hasattr(chunk, "dictionary") else chunk.to_pylist())
    for group in range(file.metadata.num_row_groups):
        for column in range(file.metadata.num_columns):
            if statistics := file.metadata.row_group(group).column(column).statistics:
                yield f"{statistics.min} {statistics.max}" if statistics.has_min_max else ""


def in_pdf(data: bytes) -> Iterator[str]:
    reader = PdfReader(io.BytesIO(data))
    yield str(reader.metadata)
    yield from (page.extract_text() for page in reader.pages)
    yield from (content.decode() for contents in reader.attachments.values() for content in contents)
    for number in range(1, int(reader.trailer["/Size"])):
        if isinstance(found := reader.get_object(number), StreamObject):
            yield found.get_data().decode("utf-8", "replace")
        else:
            yield str(found)


def test_whoever_may_not_see_a_segment_gets_no_pack_of_it(ask: Ask) -> None:
    with pytest.raises(MvpodError) as refused:
        pack_of(ask, ("pipeline.stock",), filters=Filters.of(segment=["SMB"]), scope=Scope.of(team=["East"]))
    assert refused.value.code == "E_VALUE"
    assert not canaries(str(refused.value))
