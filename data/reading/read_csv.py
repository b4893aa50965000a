"""CSV: encoding first (BOM, strict UTF-8, UTF-16 by its mark, GB18030), then the delimiter, then Arrow's parser.

The order matters: GB18030 decodes nearly any UTF-8 file without complaint, into nonsense.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pcsv

from data.errors import MvpodError
from data.notes import Note
from data.reading.readers import RawTable, clean_header, with_header
from data.settings import Import

_CHUNK = 1 << 22
_SAMPLE = 1 << 18
#: A record longer than this (all cells of one row together) is refused.
_BLOCK = 1 << 24
#: The text of files from this size on waits on disk for being typed.
_LARGE = 1 << 26
DELIMITERS = (",", ";", "\t", "|")
#: Within so many bytes of the end a report has its closing lines, after an empty line (its cells quoted or not).
_CLOSING = 1 << 16
_GAP = re.compile(rb'\n[ ",;|\t]*\r?\n')
_CONTROL = bytes([*range(9), 11, 12, *range(14, 32), 127])
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FOREIGN_WORD = re.compile(r"[^\x00-\x7f]+")
#: A whole line that is valid UTF-8 and holds at least two characters of three bytes: no accident in a GB18030 file.
_UTF8_LINE = re.compile(rb"(?m)^[\x00-\x09\x0b-\x7f]*(?:[\xe3-\xe9][\x80-\xbf]{2}[\x00-\x09\x0b-\x7f]*){2,}$")


def read(file: BinaryIO, name: str, size: int, limits: Import) -> RawTable:
    """The CSV in `file` as text. Errors: see `readers.read_raw`."""
    encoding = detect_encoding(file, name)
    with _as_utf8(file, encoding, name) as text:
        sample = _sample(text)
        delimiter = sniff_delimiter(sample)
        header = clean_header(_first_record(sample, delimiter, name), name, limits)
        ending = _ending(text, delimiter, len(header))
        text.seek(0)
        body = text if ending is None else cast(BinaryIO, _Uncloseable(text, 0, ending[0]))
        table = _parse(body, delimiter, len(header), name, size)
        guessed = _guessed(text, name) if encoding == "gb18030" else []
    told = Note.of("N_CSV", file=name, encoding=encoding, delimiter=_delimiter_name(delimiter))
    if ending is not None:
        guessed.append(Note.of("N_REPORT", file=name, count=len(ending[1]), examples=ending[1][:3], groups=[]))
    return RawTable(name, "csv", with_header(table, header, name), "", size, encoding=encoding, delimiter=delimiter,
                    notes=(told, *guessed))


def _guessed(text: BinaryIO, name: str) -> list[Note]:
    """That only the text itself says GB18030, with the first words that show whether that is right."""
    text.seek(0)
    for row, line in enumerate(text, 1):
        if found := _FOREIGN_WORD.search(line.decode("utf-8")):
            return [Note.of("N_ENCODING", file=name, encoding="GB18030", row=row, example=found[0][:40])]
    return []


def header(file: BinaryIO, name: str, size: int, limits: Import) -> list[str]:
    """The first record. The encoding is taken from the first part of the file."""
    head = file.read(_SAMPLE)
    encoding = detect_encoding(io.BytesIO(head[: head.rfind(b"\n") + 1] or head), name)
    sample = head.decode(_codec(encoding), errors="ignore")
    return _first_record(sample, sniff_delimiter(sample), name)


def _delimiter_name(delimiter: str) -> str:
    return {"\t": "tab"}.get(delimiter, delimiter)


def detect_encoding(file: BinaryIO, name: str) -> str:
    """'utf-8', 'utf-8-sig', 'utf-16' or 'gb18030'; E_ENCODING with the byte offset for anything else or a mixture.

    E_CONTROL for NUL and other control characters (tab, line feed and carriage return excepted).
    """
    file.seek(0)
    mark = file.read(4)
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    offset = _first_invalid(file, "utf-8", name)
    if offset is None:
        return "utf-8-sig" if mark.startswith(codecs.BOM_UTF8) else "utf-8"
    if mark.startswith(codecs.BOM_UTF8) or _first_invalid(file, "gb18030", name) is not None or _has_utf8_lines(file):
        raise MvpodError("E_ENCODING", file=name, offset=offset)
    return "gb18030"


def _codec(encoding: str) -> str:
    return encoding if encoding != "utf-8" else "utf-8-sig"


def _first_invalid(file: BinaryIO, encoding: str, name: str) -> int | None:
    """Byte offset of the first byte that is not `encoding`, None if all is; E_CONTROL on a control character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    done = 0
    while True:
        chunk = file.read(_CHUNK)
        if encoding == "utf-8" and len(chunk.translate(None, _CONTROL)) != len(chunk):
            raise MvpodError("E_CONTROL", file=name, offset=done + _first_control(chunk))
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return done - pending + error.start
        if not chunk:
            return None
        done += len(chunk)


def _first_control(chunk: bytes) -> int:
    found = re.search(b"[" + re.escape(_CONTROL) + b"]", chunk)
    return found.start() if found else 0


def _has_utf8_lines(file: BinaryIO) -> bool:
    file.seek(0)
    rest = b""
    while chunk := file.read(_CHUNK):
        lines, _, rest = (rest + chunk).rpartition(b"\n")
        if _UTF8_LINE.search(lines):
            return True
    return bool(_UTF8_LINE.search(rest))


def _as_utf8(file: BinaryIO, encoding: str, name: str) -> BinaryIO:
    """The text as UTF-8 without a mark: a view of the file itself where possible, else a temporary copy."""
    if encoding in ("utf-8", "utf-8-sig"):
        file.seek(0)
        return cast(BinaryIO, _Uncloseable(file, 3 if encoding == "utf-8-sig" else 0))
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller's with
    try:
        for text in _decoded(file, encoding, name):
            copy.write(text.encode("utf-8"))
    except MvpodError:
        copy.close()
        raise
    copy.seek(0)
    return cast(BinaryIO, copy)


def _decoded(file: BinaryIO, encoding: str, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    done, chunk = 0, b"-"
    while chunk:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise MvpodError("E_ENCODING", file=name, offset=done + error.start) from error
        if control := _CONTROL_CHARACTER.search(text):
            raise MvpodError("E_CONTROL", file=name, offset=done + control.start())
        yield text
        done += len(chunk)


def _ending(text: BinaryIO, delimiter: str, columns: int) -> tuple[int, list[str]] | None:
    """Where the closing lines of a report begin, and what they say: after an empty line, nothing but lines of one cell.
    None for a table that simply ends."""
    size = text.seek(0, io.SEEK_END)
    start = max(0, size - _CLOSING)
    text.seek(start)
    tail = text.read(_CLOSING)
    found = None
    for gap in reversed(list(_GAP.finditer(tail))):
        lines = [line for line in tail[gap.end():].decode("utf-8", errors="replace").splitlines() if line.strip(' "')]
        if any(len(cells) != 1 for cells in csv.reader(lines, delimiter=delimiter)):
            break
        found = (start + gap.start() + 1, [next(csv.reader([line]))[0] for line in lines]) if lines else found
    if found is None or columns < 2 or _quotes(text, found[0]) % 2:  # an odd number: in the middle of a quoted cell
        return None
    return found


def _quotes(text: BinaryIO, end: int) -> int:
    """How many quotation marks stand before a position."""
    text.seek(0)
    count, left = 0, end
    while left > 0 and (chunk := text.read(min(_CHUNK, left))):
        count, left = count + chunk.count(b'"'), left - len(chunk)
    return count


class _Uncloseable(io.RawIOBase):
    """The open file from `start` (up to `stop`); closing this view leaves the file open, for the second hash."""

    def __init__(self, file: BinaryIO, start: int, stop: int | None = None) -> None:
        super().__init__()
        self._file, self._start, self._stop = file, start, stop
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        position = self._file.seek(offset + (self._start if whence == 0 else 0), whence)
        return position - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def read(self, size: int = -1) -> bytes:
        if self._stop is None:
            return self._file.read(size)
        left = max(0, self._stop - self.tell())
        return self._file.read(left if size < 0 else min(size, left))


def _sample(text: BinaryIO) -> str:
    text.seek(0)
    head = text.read(_SAMPLE)
    text.seek(0)
    return head.decode("utf-8", errors="ignore")


def sniff_delimiter(sample: str) -> str:
    """The delimiter by which the records of `sample` agree best with their header; a comma if none divides it."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = _field_counts(sample, delimiter)
        if counts and counts[0] > 1:
            agreeing = sum(c == counts[0] for c in counts) / len(counts)
            score = agreeing + min(counts[0], 100) / 1000  # the finer division wins among equals
            best, best_score = (delimiter, score) if score > best_score else (best, best_score)
    return best


def _field_counts(sample: str, delimiter: str) -> list[int]:
    complete = sample if len(sample) < _SAMPLE // 4 else sample[: sample.rfind("\n") + 1] or sample
    try:
        rows = [len(r) for r in csv.reader(io.StringIO(complete, newline=""), delimiter=delimiter) if r]
    except csv.Error:
        return []
    return rows[:-1] if len(rows) > 3 and len(sample) >= _SAMPLE // 4 else rows


def _first_record(sample: str, delimiter: str, name: str) -> list[str]:
    try:
        record = next((r for r in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if r), None)
    except csv.Error as error:
        raise MvpodError("E_CSV", file=name, reason=str(error)) from error
    if not record or not any(cell.strip() for cell in record):
        raise MvpodError("E_EMPTY", file=name)
    return record


def _parse(text: BinaryIO, delimiter: str, columns: int, name: str, size: int) -> pa.Table:
    names = [f"c{i}" for i in range(columns)]
    ragged: list[pcsv.InvalidRow] = []

    def refuse(row: pcsv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    options = {
        "parse_options": pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse),
        "convert_options": pcsv.ConvertOptions(
            column_types={n: pa.string() for n in names}, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=True, check_utf8=False),
    }
    try:
        # the header is read as a row like any other and dropped, because it may repeat names or span lines
        reading = {"read_options": pcsv.ReadOptions(column_names=names, block_size=_BLOCK), **options}
        table = _rows(text, reading, size)
    except pa.ArrowInvalid as error:
        raise _explained(error, ragged, text, names, options, name) from error
    return table.slice(1)


def _rows(text: BinaryIO, reading: dict, size: int) -> pa.Table:
    if size >= _LARGE:
        try:
            return _on_disk(pcsv.open_csv(text, **reading))
        except OSError:  # no room in the temporary folder: memory may have it
            text.seek(0)
    return pcsv.read_csv(text, **reading)


def _on_disk(batches: pcsv.CSVStreamingReader) -> pa.Table:
    """The rows in a temporary file that goes with them: what has been looked at need not stay in memory."""
    with tempfile.NamedTemporaryFile(prefix="mvpod-", suffix=".arrow") as file:
        with pa.ipc.new_file(file, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        file.flush()
        return pa.ipc.open_file(pa.memory_map(file.name)).read_all()


def _explained(error: Exception, ragged: list[pcsv.InvalidRow], text: BinaryIO, names: list[str],
               options: dict, name: str) -> MvpodError:
    """The parser's refusal in our words; a second, single-threaded pass finds the row number."""
    if not ragged:
        reason = str(error)
        if "straddl" in reason or "block size" in reason:
            return MvpodError("E_CELL", file=name, column="-", found=f"> {_BLOCK}", limit=_BLOCK)
        return MvpodError("E_CSV", file=name, reason=reason.split("\n")[0][:200])
    row = ragged[0]
    if row.number is None:
        ragged.clear()
        text.seek(0)
        try:
            pcsv.read_csv(text, read_options=pcsv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
                          **options)
        except pa.ArrowInvalid:
            row = ragged[0] if ragged else row
    return MvpodError("E_RAGGED", file=name, row=row.number, expected=row.expected_columns, found=row.actual_columns,
                      text=(row.text or "")[:80])


