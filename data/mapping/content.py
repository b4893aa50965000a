"""What the cells of a source column hold, as far as a sample of them shows: for proposing what the column means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import Column
from data.mapping.parsing import as_text

Kind = Literal["empty", "date", "number", "flag", "text"]
#: Rows that are looked at, and the share of them that must agree.
SAMPLE, MOST = 500, 0.95
#: So many different values at most can be a list to choose from.
FEW_VALUES = 25

_DATE = re.compile(r"(19|20)\d{2}\s*[-/.年]\s*\d{1,2}(\s*[-/.月]\s*\d{1,2}.*)?"
                   r"|(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])"
                   r"|\d{1,2}[-/. ]\d{1,2}[-/. ](\d{4}|\d{2})([T ,].*)?"
                   r"|\d{1,2}[-/ ][A-Za-z]{3,9}[-/ ]\d{2,4}.*|[A-Za-z]{3,9} \d{1,2},? \d{4}.*")
_NUMBER = re.compile(r"[-+(]?\s*[¥￥$€£]?\s*[-+]?\d[\d .,'_]*\s*[%)]?(\s*[A-Z]{3})?")
_FLAGS = {"true", "false", "yes", "no", "y", "n", "0", "1", "是", "否"}


@dataclass(frozen=True)
class Content:
    """A column's `kind`, the different `values` of its sample in order of appearance, whether every row has its own
    (`is_key`), and whether the file itself typed it."""

    kind: Kind
    values: tuple[str, ...]
    is_key: bool
    is_typed: bool = False

    @property
    def is_name(self) -> bool:
        """Whether the values can be ids: words, or whole numbers without marks."""
        return self.kind == "text" or (self.kind == "number" and all(v.isdigit() for v in self.values))

    def fits(self, column: Column, excel_epoch: int | None = None) -> bool:
        """Whether a canonical column can be filled with it."""
        wanted = {"date": ("date",), "instant": ("date",), "money": ("number",), "number": ("number",),
                  "integer": ("number", "flag"), "flag": ("flag",)}.get(column.type)
        is_serial = self.kind == "number" and excel_epoch is not None and column.type in ("date", "instant")
        if wanted and self.kind not in (*wanted, "empty") and not is_serial:
            return self.kind == "flag" and column.type in ("money", "number")
        return not column.allowed or len(self.values) <= FEW_VALUES


def content_of(column: pa.ChunkedArray) -> Content:
    """What a column holds, by its first rows."""
    sample = column.slice(0, SAMPLE)
    text = pa.chunked_array([as_text(chunk) for chunk in sample.chunks], pa.string())
    filled = [v for v in pc.utf8_trim_whitespace(text).to_pylist() if v]
    values = tuple(dict.fromkeys(filled))
    is_key = len(values) == len(sample) > 0
    kind = _typed_kind(column.type)
    if not values:
        return Content("empty", (), False, kind is not None)
    return Content(kind or _text_kind(values), values, is_key, kind is not None)


def _typed_kind(kind: pa.DataType) -> Kind | None:
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    return None


def _text_kind(values: Iterable[str]) -> Kind:
    values = list(values)
    if {v.casefold() for v in values} <= _FLAGS:
        return "flag"
    if _share(values, _DATE) >= MOST:
        return "date"
    return "number" if _share(values, _NUMBER) >= MOST else "text"


def _share(values: list[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(v) is not None for v in values) / len(values)


def number_marks(values: Iterable[str]) -> tuple[str, str]:
    """(decimal mark, thousands mark) that the numbers show; ('.', '') where they show none.

    >>> number_marks(["1.234,50", "7"]), number_marks(["1,234.5"]), number_marks(["12,5"]), number_marks(["1,234,567"])
    ((',', '.'), ('.', ','), (',', ''), ('.', ','))
    """
    decimal, thousands = "", ""
    for value in values:
        digits = re.sub(r"[^\d.,' ]", "", value).strip()
        marks = re.findall(r"[.,' ](?=\d)", digits)
        if not marks:
            continue
        last, groups = marks[-1], re.fullmatch(r"\d{1,3}([.,' ])\d{3}(?:\1\d{3})*", digits)
        if len(set(marks)) > 1:
            return last, marks[0]
        if len(marks) > 1 or last in "' ":
            thousands = last
        elif groups and last == ",":  # one and a quarter where a comma is decimal: the user sees what is proposed
            thousands = thousands or last
        elif last == "," or not groups:
            decimal = last
    if thousands and thousands == decimal:
        thousands = ""
    return decimal or ("," if thousands == "." else "."), thousands
