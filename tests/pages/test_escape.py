"""Names of customers are shown letter by letter, whatever Markdown or a spreadsheet would make of them."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from analytics.export.csv import csv_bytes
from pages._parts.escape import md_escape

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![](http://evil.invalid/x)",
    ":red[urgent]", ":material/delete:", ":smile:", "$E=mc^2$", "**bold** _it_ `code` ~~gone~~", "# Title", "1. one",
    "- item", "> quote", "a | b", "&lt;b&gt;", "C:\\new\\table", "https://evil.invalid",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_every_character_that_markdown_knows_is_escaped(name: str) -> None:
    # CommonMark 0.31 §2.4: any ASCII punctuation character may be backslash-escaped and is then itself
    escaped = md_escape(name).replace("\u2060", "")
    plain = [c for i, c in enumerate(escaped) if not c.isalnum() and not c.isspace() and c != "\\"
             and (i == 0 or escaped[i - 1] != "\\")]
    assert plain == []
    assert escaped.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") == name


@pytest.mark.parametrize("name", ["https://evil.invalid", "WWW.evil.invalid", "mail a@evil.invalid"])
def test_an_address_in_a_name_does_not_become_a_link(name: str) -> None:
    # GitHub-flavoured Markdown links bare addresses after unescaping; a word joiner stops it and cannot be seen
    assert "\u2060" in md_escape(name)


def test_line_breaks_and_hidden_characters_become_spaces() -> None:
    assert md_escape("A\nB\u202eC") == "A B C"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠A",
                                  ' "=1+1', "\n=2"])
def test_no_text_cell_of_a_csv_starts_a_formula(cell: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_bytes(pd.DataFrame({"name": [cell]})).decode("utf-8-sig"), newline="")))
    assert rows[1][0] == "'" + cell


def test_a_negative_amount_stays_a_number_and_chinese_opens_in_a_spreadsheet() -> None:
    data = csv_bytes(pd.DataFrame({"客户": ["北方公司"], "amount": [-12.5], "days": [None]}))
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == "客户,amount,days\r\n北方公司,-12.5,\r\n"


def test_a_hostile_column_name_is_safe_too() -> None:
    assert csv_bytes(pd.DataFrame({"=cmd": [1]})).decode("utf-8-sig").startswith("'=cmd")


def test_a_number_of_cases_is_never_broken_over_two_lines() -> None:
    assert md_escape("lower (n = 3,130)").replace("\\", "") == "lower (n\u00a0=\u00a03,130)"
    assert md_escape("plan = 3") == "plan \\= 3"
