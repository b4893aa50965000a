"""CSV for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

#: A cell is a formula for a spreadsheet when it begins with one of these, also after blanks, quotes or line ends,
#: and in full width. The apostrophe in front makes it text in Excel, LibreOffice and WPS.
_FORMULA = re.compile(r"^[\s\"'\x00-\x1f]*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]")


def safe_text(value: Any) -> Any:
    """`value` with an apostrophe in front if it is a text that a spreadsheet would take for a formula.

    >>> safe_text("=1+1"), safe_text("North"), safe_text(-5)
    ("'=1+1", 'North', -5)
    """
    if isinstance(value, str) and (_FORMULA.match(value) or value[:1] in ("\t", "\r", "\n")):
        return f"'{value}"
    return value


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV bytes. Numbers stay numbers (a negative amount is no formula); unknown is an empty cell."""
    safe = frame.rename(columns=safe_text)
    for name in safe.columns[~safe.dtypes.map(pd.api.types.is_numeric_dtype).to_numpy()]:
        safe[name] = safe[name].map(safe_text, na_action="ignore")
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")
