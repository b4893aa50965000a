"""What is added to a PDF behind its end, as the format allows (ISO 32000-1, 7.5.6): nothing of it is written anew.

A document of fifteen charts has ten thousand objects that tell a reader's voice what stands where. Copying all of them
to add a few takes longer than drawing the document.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import cast

from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    create_string_object,
)

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")


class Appended:
    """A document and the objects that follow it: new ones, and some in place of those of the same number."""

    def __init__(self, pdf: bytes, reader: PdfReader) -> None:
        self._pdf, self._reader = pdf, reader
        self._next = cast(int, reader.trailer["/Size"])
        self._objects: dict[int, PdfObject] = {}

    def add(self, added: PdfObject) -> IndirectObject:
        """One more object; gives what others call it."""
        self._objects[self._next] = added
        self._next += 1
        return IndirectObject(self._next - 1, 0, self._reader)

    def replace(self, number: int, by: PdfObject) -> None:
        """Another object under a number that is there."""
        self._objects[number] = by

    def attach(self, files: Mapping[str, bytes]) -> None:
        """Files that a viewer lists; their names are plain and sort in their order."""
        listed = ArrayObject()
        for name, data in sorted(files.items()):
            content = stream(data)
            content[NameObject("/Type")] = NameObject("/EmbeddedFile")
            content[NameObject("/Params")] = _named(Size=NumberObject(len(data)))
            title, place = create_string_object(name), self.add(content)
            file = _named(Type=NameObject("/Filespec"), F=title, UF=title, EF=_named(F=place, UF=place))
            listed += [title, self.add(file)]
        root = DictionaryObject(self._reader.root_object)
        names = DictionaryObject(root.get("/Names", {}))
        names[NameObject("/EmbeddedFiles")] = _named(Names=listed)
        root[NameObject("/Names")] = names
        self.replace(self._reader.trailer.raw_get("/Root").idnum, root)

    def document(self, properties: Mapping[str, str]) -> bytes:
        """The whole file, with these properties instead of its own."""
        info = self.add(DictionaryObject({NameObject(k): create_string_object(v) for k, v in properties.items()}))
        out = io.BytesIO()
        out.write(self._pdf.rstrip() + b"\n")
        places = {}
        for number, added in sorted(self._objects.items()):
            places[number] = out.tell()
            out.write(b"%d 0 obj\n" % number)
            added.write_to_stream(out)
            out.write(b"\nendobj\n")
        table = out.tell()
        out.write(b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % place for place in places.items()))
        trailer = _named(Size=NumberObject(self._next), Root=self._reader.trailer.raw_get("/Root"), Info=info,
                         Prev=NumberObject(_START.search(self._pdf)[1]))  # type: ignore[index]
        out.write(b"trailer\n")
        trailer.write_to_stream(out)
        out.write(b"\nstartxref\n%d\n%%%%EOF\n" % table)
        return out.getvalue()


def stream(data: bytes) -> DictionaryObject:
    """A compressed stream."""
    found = DecodedStreamObject()
    found.set_data(data)
    return found.flate_encode()


def _named(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in values.items()})
