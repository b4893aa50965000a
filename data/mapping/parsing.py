"""Distinct texts as typed values, each with the rule that it breaks (null where it breaks none).

Numbers are read in the one format that the profile declares; "1,234" without a declared thousands mark is not a
number, because in half of the world it is one and a quarter. A rule is a name of data/messages/import.toml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.contracts import ARROW, Column
from data.mapping.dates import DateFormat, parse_moments
from data.reading.readers import INVISIBLE

#: Free text, kept as it was written; in all other text invisible characters are removed.
FREE_TEXT = ("name", "next_step", "evidence", "definition", "title", "source_url")
_INVISIBLE = "[" + INVISIBLE + "]"

#: A number without marks, few enough digits to be exact as a float.
_PLAIN = r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$"
#: What a spreadsheet makes of a long number: digits are gone for good.
_LOSSY = r"^[+-]?\d+([.,]\d+)?[eE]\+\d+$"
_SALESFORCE_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_GUID = r"^\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$"
_TRUE = ("true", "t", "yes", "y", "1", "是", "on", "x", "✓")
_FALSE = ("false", "f", "no", "n", "0", "否", "off")


@dataclass(frozen=True)
class NumberFormat:
    """The marks of numbers: decimal and thousands ('' = none)."""

    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True)
class Parsed:
    """Distinct values, typed; `rule` is null for a sound value; `is_date_only` only for instants."""

    values: pa.Array
    rule: pa.Array
    is_date_only: pa.Array | None = None


def clean(texts: pa.Array, column: Column) -> pa.Array:
    """Texts without surrounding blanks, in keys and labels without invisible characters; blank texts as null."""
    texts = pc.utf8_trim_whitespace(texts)
    if column.name not in FREE_TEXT and pc.any(pc.match_substring_regex(texts, _INVISIBLE)).as_py():
        texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, _INVISIBLE, ""))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def parse(texts: pa.Array, column: Column, dates: DateFormat, numbers: NumberFormat, scale: float | None,
          con: duckdb.DuckDBPyConnection) -> Parsed:
    """Cleaned distinct texts in the type of a contract column.

    Rules: lossy_id, allowed, flag, number, not_finite, integer, range, and those of `dates.parse_moments`.
    """
    if column.type == "text":
        return _labels(texts, column)
    if column.type == "flag":
        return _flags(texts)
    if column.type in ("date", "instant"):
        moments = parse_moments(texts, dates, con, need_instant=column.type == "instant")
        if column.type == "date":
            return Parsed(moments.day, moments.rule)
        return Parsed(moments.instant, moments.rule, moments.is_date_only)
    return _numbers(texts, column, numbers, scale, con)


def is_id(column: Column) -> bool:
    """Whether a column holds identifiers, which a spreadsheet may have turned into rounded numbers."""
    return column.name.endswith("_id") or column.name in ("uscc", "from_contact", "to_contact")


def complete_salesforce_ids(texts: pa.Array) -> pa.Array:
    """15-character Salesforce ids with the 3 characters that make them safe where letter case is lost."""
    is_short = pc.fill_null(pc.match_substring_regex(texts, r"^[A-Za-z0-9]{15}$"), False)
    if not pc.any(is_short).as_py():
        return texts
    return pa.array([_completed(t) if short else t
                     for t, short in zip(texts.to_pylist(), is_short.to_pylist(), strict=True)], pa.string())


def normal_ids(texts: pa.ChunkedArray | pa.Array, kind: str) -> pa.ChunkedArray | pa.Array:
    """Ids in the one form in which a system's exports meet: Salesforce's with 18 characters, GUIDs in small letters
    without braces, Odoo's external ids (`__export__.crm_lead_12_8f3a`) as the number of the record."""
    if kind == "guid":
        return pc.if_else(pc.match_substring_regex(texts, _GUID), pc.utf8_lower(pc.utf8_trim(texts, "{}")), texts)
    if kind == "odoo":
        return pc.replace_substring_regex(texts, r"^__export__\.[a-z_]+?_(\d+)(_[0-9a-f]+)?$", r"\1")
    if kind == "salesforce" and isinstance(texts, pa.ChunkedArray):
        encoded = texts.combine_chunks().dictionary_encode()
        return pa.chunked_array([complete_salesforce_ids(encoded.dictionary).take(encoded.indices)])
    return complete_salesforce_ids(texts) if kind == "salesforce" else texts


def _completed(short: str) -> str:
    """Each block of five: which of its letters are capitals, as one of 32 signs."""
    blocks = (short[i:i + 5] for i in (0, 5, 10))
    return short + "".join(_SALESFORCE_SUFFIX[sum(1 << i for i, c in enumerate(b) if "A" <= c <= "Z")] for b in blocks)


def _nothing(size: int) -> pa.Array:
    return pa.nulls(size, pa.string())


def _broken(mask: pa.Array, rule: str) -> pa.Array:
    return pc.if_else(pc.fill_null(mask, False), pa.scalar(rule), pa.scalar(None, pa.string()))


def _labels(texts: pa.Array, column: Column) -> Parsed:
    if column.allowed:
        known = pa.array([a.lower() for a in column.allowed])
        index = pc.index_in(pc.utf8_lower(texts), value_set=known)
        values = pa.array(column.allowed).take(index)
        return Parsed(values, _broken(pc.and_(pc.is_valid(texts), pc.is_null(values)), "allowed"))
    rule = _broken(pc.match_substring_regex(texts, _LOSSY), "lossy_id") if is_id(column) else _nothing(len(texts))
    return Parsed(texts, rule)


def _flags(texts: pa.Array) -> Parsed:
    lower = pc.utf8_lower(texts)
    is_true, is_false = pc.is_in(lower, pa.array(_TRUE)), pc.is_in(lower, pa.array(_FALSE))
    values = pc.if_else(is_true, True, pc.if_else(is_false, False, pa.scalar(None, pa.bool_())))
    return Parsed(values, _broken(pc.and_(pc.is_valid(texts), pc.is_null(values)), "flag"))


def _numbers(texts: pa.Array, column: Column, numbers: NumberFormat, scale: float | None,
             con: duckdb.DuckDBPyConnection) -> Parsed:
    if numbers.decimal == "." and pc.all(pc.fill_null(pc.match_substring_regex(texts, _PLAIN), True)).as_py():
        return _typed_numbers(texts.cast(pa.float64()), column, scale)  # nothing to unravel: several times faster
    point, group = re.escape(numbers.decimal), re.escape(numbers.thousands)
    grouped = rf"|\d{{1,3}}(?:{group}\d{{3}})+" if numbers.thousands else ""
    con.register("v", pa.table({"i": pa.array(range(len(texts)), pa.int64()), "x": texts}))
    try:
        table = con.sql(_NUMBER_SQL[column.type], params={
            "pattern": rf"[+-]?(?:\d+{grouped}|)(?:{point}\d+)?", "decimal": numbers.decimal,
            "thousands": numbers.thousands, "scale": 1.0 if scale is None else float(scale),
            "is_scaled": scale is not None, "allows_percent": column.type == "number",
            "low": column.low, "high": column.high}).to_arrow_table()
    finally:
        con.unregister("v")
    values = table.column("value").combine_chunks().cast(ARROW[column.type])
    return Parsed(values, table.column("rule").combine_chunks())


_NUMBER = r"""
WITH plain AS (
    SELECT i, x, trim(translate(replace(replace(x, chr(160), ' '), chr(8239), ' '),
                 '０１２３４５６７８９．，－＋（）％￥', '0123456789.,-+()%¥')) AS p FROM v),
unmarked AS (
    SELECT i, x, trim(regexp_replace(p, '^([-+(]?)\s*(?:[¥$€£]|CNY|RMB|USD|EUR)\s*|\s*(?:元|%)$', '\1', 'g')) AS p,
           p LIKE '%\%' ESCAPE '\' AS is_percent FROM plain),
signed AS (
    SELECT i, x, is_percent, CASE WHEN regexp_full_match(p, '\(.*\)') THEN '-' || trim(p[2:-2]) ELSE p END AS p
    FROM unmarked),
read AS (
    SELECT i, x, is_percent,
        CASE WHEN p <> '' AND regexp_full_match(p, $pattern) AND ($allows_percent OR NOT is_percent)
             THEN replace(CASE WHEN $thousands = '' THEN p ELSE replace(p, $thousands, '') END, $decimal, '.') END AS n,
        regexp_full_match(lower(x), '[+-]?(inf(inity)?|nan)') AS is_special FROM signed),
scaled AS (
    SELECT i, x, n, is_special,
        CASE WHEN is_percent THEN try_cast(n AS DOUBLE) / 100
             WHEN $is_scaled THEN round(try_cast(n AS DOUBLE) * $scale, 9) ELSE try_cast(n AS DOUBLE) END AS f,
        NOT is_percent AND NOT $is_scaled AS is_exact FROM read),
typed AS (SELECT i, x, is_special, f, {value} AS value FROM scaled)
SELECT i, value,
    CASE WHEN x IS NULL THEN NULL WHEN is_special THEN 'not_finite' WHEN f IS NULL THEN 'number'
         WHEN f < $low OR f > $high THEN 'range' {rules} WHEN value IS NULL THEN 'range' END AS rule
FROM typed ORDER BY i
"""
_NUMBER_SQL = {
    "number": _NUMBER.format(value="f", rules=""),
    "money": _NUMBER.format(value="CASE WHEN is_exact THEN try_cast(try_cast(n AS DECIMAL(38, 10)) AS DECIMAL(18, 2)) "
                            "ELSE try_cast(f AS DECIMAL(18, 2)) END", rules=""),
    "integer": _NUMBER.format(value="CASE WHEN f = floor(f) AND abs(f) < 9e15 THEN f::BIGINT END",
                              rules="WHEN f <> floor(f) THEN 'integer'"),
}


def parse_typed(values: pa.Array, column: Column, dates: DateFormat, scale: float | None,
                con: duckdb.DuckDBPyConnection) -> Parsed | None:
    """A typed column of a Parquet file in the type of a contract column; None if it must be read as text."""
    kind = values.type
    if column.type == "flag" and pa.types.is_boolean(kind):
        return Parsed(values, _nothing(len(values)))
    if column.type in ("date", "instant") and (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return _typed_moments(values, column, dates, con)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if column.type in ("number", "money", "integer") and is_number:
        return _typed_numbers(values, column, scale)
    return None


def as_text(values: pa.Array) -> pa.Array:
    """Any plain column as text; whole numbers stored as floats lose their '.0'."""
    if pa.types.is_floating(values.type):
        whole = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), 1e15))
        if pc.all(pc.fill_null(whole, True)).as_py():
            return values.cast(pa.int64()).cast(pa.string())
    if pa.types.is_timestamp(values.type) and values.type.tz:
        return pc.strftime(values.cast(pa.timestamp("us", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    return values.cast(pa.string())


def _typed_numbers(values: pa.Array, column: Column, scale: float | None) -> Parsed:
    floats = values.cast(pa.float64(), safe=False)
    if pa.types.is_floating(values.type):  # pandas writes a missing number as NaN
        floats = pc.if_else(pc.is_nan(floats), pa.scalar(None, pa.float64()), floats)
    if scale is not None:
        floats = pc.round(pc.multiply(floats, scale), 9)
    rule = _broken(pc.is_inf(floats), "not_finite")
    floats = pc.if_else(pc.is_inf(floats), pa.scalar(None, pa.float64()), floats)
    if column.type == "number":
        return Parsed(floats, _out_of_bounds(floats, column, rule))
    if column.type == "integer":
        rule = pc.coalesce(rule, _broken(pc.not_equal(floats, pc.floor(floats)), "integer"))
        return Parsed(pc.floor(floats).cast(pa.int64(), safe=False), _out_of_bounds(floats, column, rule))
    rule = _out_of_bounds(floats, column, rule)
    rule = pc.coalesce(rule, _broken(pc.greater_equal(pc.abs(floats), 1e16), "range"))
    exact = values if scale is None and not pa.types.is_floating(values.type) else pc.round(floats, 2)
    sound = pc.if_else(pc.is_null(rule), exact, pa.scalar(None, exact.type))
    return Parsed(sound.cast(ARROW["money"], safe=False), rule)


def _out_of_bounds(floats: pa.Array, column: Column, rule: pa.Array) -> pa.Array:
    for bound, compare in ((column.low, pc.less), (column.high, pc.greater)):
        if bound is not None:
            rule = pc.coalesce(rule, _broken(compare(floats, bound), "range"))
    return rule


def _typed_moments(values: pa.Array, column: Column, dates: DateFormat, con: duckdb.DuckDBPyConnection) -> Parsed:
    """Dates and timestamps, by way of their distinct values as ISO text: one set of rules for all sources."""
    kind = values.type
    encoded = values.cast(pa.date32()).dictionary_encode() if pa.types.is_date(kind) else values.dictionary_encode()
    distinct = encoded.dictionary
    if pa.types.is_timestamp(kind):
        plain = distinct.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        text = pc.strftime(plain.cast(pa.timestamp("us", tz="UTC")) if kind.tz else plain,
                           format="%Y-%m-%dT%H:%M:%S" + ("Z" if kind.tz else ""))
    else:
        text = distinct.cast(pa.string())
    parsed = parse(text, column, dates, NumberFormat(), None, con)
    rule = parsed.rule.take(encoded.indices)
    if parsed.is_date_only is None:
        return Parsed(parsed.values.take(encoded.indices), rule)
    flags = parsed.is_date_only.take(encoded.indices)
    if pa.types.is_timestamp(kind):
        flags = pc.and_(flags, False)  # a timestamp has a time, even at midnight
    return Parsed(parsed.values.take(encoded.indices), rule, flags)
