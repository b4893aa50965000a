"""Dates and instants out of text, over distinct values (a column has far fewer of them than rows).

Year-first dates (ISO 8601, 2026/1/5, 2026年1月5日, 20260105) and dates with the month as a word say themselves what
they mean. For the others the declared format decides; without one, the whole file must prove an order: one value
at least excludes every other order and no value contradicts it. What stays ambiguous is refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import MvpodError

FIRST_DAY = date(1990, 1, 1)
ORDERS = {"mdy": "MM/DD/YYYY", "dmy": "DD/MM/YYYY", "ymd": "YY/MM/DD"}
_NUMERIC = r"^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?:[T ,]\s*\d{1,2}:.*)?$"
_WORD_FORMATS = ["%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d/%b/%Y"]
_TIME_FORMATS = ["%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S.%f", "%I:%M%p", "%I:%M:%S%p"]
_ORDER_FORMATS = {"mdy": ("%m/%d/%Y", "%m/%d/%y"), "dmy": ("%d/%m/%Y", "%d/%m/%y"), "ymd": ("%Y/%m/%d", "%y/%m/%d")}
_WIDE = "０１２３４５６７８９／－：．　"
_ASCII = "0123456789/-:. "


@dataclass(frozen=True)
class DateFormat:
    """How the dates of one file are to be read. `order` is what the file proved, None where that was not needed."""

    declared: tuple[str, ...] = ()
    order: str | None = None
    #: zone of instants without offset, and the organisation's zone in which business dates are counted
    zone: str = "UTC"
    home: str = "UTC"
    excel_epoch: int | None = None
    last_day: date = date(2100, 1, 1)


def proven_order(values: Sequence[pa.Array], con: duckdb.DuckDBPyConnection, file: str, columns: Sequence[str],
                 ) -> str | None:
    """The day-month order that all numeric dates in `values` (distinct texts of a file's date columns) prove.

    None when there is no such date. E_DATE_AMBIGUOUS when several orders fit all, E_DATE_MIXED when none does.
    """
    texts = pa.concat_arrays([v.cast(pa.string()) for v in values]) if values else pa.array([], pa.string())
    found = _query(con, f"""
        WITH part AS (
            SELECT x, list_transform(regexp_extract_all(x, '\\d+')[1:3], lambda n: n::INTEGER) AS n
            FROM (SELECT translate(x, $wide, $plain) AS x FROM v) WHERE regexp_matches(x, '{_NUMERIC}')),
        fits AS (
            SELECT x, n[1] BETWEEN 1 AND 12 AND n[2] BETWEEN 1 AND 31 AS mdy,
                   n[2] BETWEEN 1 AND 12 AND n[1] BETWEEN 1 AND 31 AS dmy,
                   n[2] BETWEEN 1 AND 12 AND n[3] BETWEEN 1 AND 31
                       AND regexp_matches(x, '^\\d{{2}}[/.\\- ]\\d{{1,2}}[/.\\- ]\\d{{2}}\\b') AS ymd FROM part)
        SELECT bool_and(mdy) AS mdy, bool_and(dmy) AS dmy, bool_and(ymd) AS ymd, min(x) AS example,
               min(x) FILTER (WHERE NOT mdy) AS not_mdy, min(x) FILTER (WHERE NOT dmy) AS not_dmy
        FROM fits WHERE mdy OR dmy OR ymd""", texts, wide=_WIDE, plain=_ASCII).to_pylist()[0]
    if found["mdy"] is None:
        return None
    orders = [order for order in ORDERS if found[order]]
    if len(orders) == 1:
        return orders[0]
    if not orders:
        raise MvpodError("E_DATE_MIXED", file=file, columns=list(columns), one=found["not_mdy"], other=found["not_dmy"])
    raise MvpodError("E_DATE_AMBIGUOUS", file=file, columns=list(columns), example=found["example"],
                     readings=[ORDERS[o] for o in orders])


@dataclass(frozen=True)
class Moments:
    """Distinct texts as dates and instants; `rule` names what is wrong with a text, null where nothing is."""

    day: pa.Array
    instant: pa.Array
    is_date_only: pa.Array
    rule: pa.Array


def parse_moments(values: pa.Array, form: DateFormat, con: duckdb.DuckDBPyConnection, *, need_instant: bool) -> Moments:
    """Reads distinct texts. Rules: date, date_range, and for instants without offset time_gap (this local time never
    was: clocks went forward) and time_twice (it was twice: clocks went back)."""
    long, short = _ORDER_FORMATS[form.order or "ymd"]
    table = _query(con, _SQL, values, wide=_WIDE, plain=_ASCII, is_declared=bool(form.declared),
                   declared=list(form.declared) or ["%Y-%m-%d"], words=_WORD_FORMATS, times=_TIME_FORMATS,
                   ord=form.order or "", long=long, short=short, zone=form.zone, home=form.home,
                   epoch={1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}.get(form.excel_epoch or 0),
                   first=FIRST_DAY, last=form.last_day, need_instant=need_instant)
    columns = {name: table.column(name).combine_chunks() for name in table.column_names}
    instant = pc.cast(columns["instant"], pa.timestamp("us", tz="UTC"))
    return Moments(pc.cast(columns["day"], pa.date32()), instant, columns["is_date_only"], columns["rule"])


def _query(con: duckdb.DuckDBPyConnection, sql: str, values: pa.Array, **params: object) -> pa.Table:
    con.register("v", pa.table({"i": pa.array(range(len(values)), pa.int64()), "x": values.cast(pa.string())}))
    try:
        return con.sql(sql, params=params).to_arrow_table()
    finally:
        con.unregister("v")


_SQL = r"""
WITH text AS (
    SELECT i, trim(translate(x, $wide, $plain)) AS x FROM v),
tail AS (
    SELECT i, x, upper(regexp_extract(x, ':\d{2}(?:\.\d+)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$', 1)) AS z
    FROM text),
piece AS (
    SELECT i, x, z, trim(left(x, length(x) - length(z))) AS base FROM tail),
halves AS (
    SELECT i, x, z, base,
           trim(regexp_extract(base, '^(.*?)(?:(?:T|,|\s)\s*(\d{1,2}:\d{2}.*))?$', 1)) AS d,
           upper(regexp_replace(regexp_extract(base, '(?:T|,|\s)\s*(\d{1,2}:\d{2}.*)$', 1), '(\.\d{6})\d+', '\1')) AS t
    FROM piece),
read AS (
    SELECT i, x, z, t,
        CASE WHEN $is_declared THEN try_strptime(base, $declared) END AS whole,
        coalesce(
            CASE WHEN $is_declared THEN try_strptime(d, $declared) END,
            CASE WHEN regexp_full_match(d, '\d{4}[-/.]\d{1,2}[-/.]\d{1,2}')
                 THEN try_strptime(translate(d, '/.', '--'), '%Y-%m-%d')
                 WHEN regexp_full_match(d, '\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日')
                 THEN try_strptime(replace(d, ' ', ''), '%Y年%m月%d日')
                 WHEN regexp_full_match(d, '\d{8}') THEN try_strptime(d, '%Y%m%d')
                 WHEN regexp_matches(d, '[A-Za-z]{3}') THEN try_strptime(d, $words)
                 WHEN $ord <> '' AND regexp_full_match(d, '\d{1,2}[/.\- ]\d{1,2}[/.\- ](\d{4}|\d{2})')
                 THEN CASE WHEN regexp_matches(d, '\d{4}$') THEN try_strptime(translate(d, '.- ', '///'), $long)
                           ELSE try_strptime(translate(d, '.- ', '///'), $short) END
            END) AS date_part,
        CASE WHEN t <> '' THEN try_strptime(t, $times) END AS time_part,
        CASE WHEN $epoch::DATE IS NOT NULL AND regexp_full_match(x, '\d{4,6}(\.\d+)?')
             THEN $epoch::DATE::TIMESTAMP + to_seconds(round(86400 * x::DOUBLE)::BIGINT) END AS serial
    FROM halves),
local AS (
    SELECT i, x, z,
        CASE WHEN whole IS NOT NULL AND (t = '' OR whole::TIME <> TIME '00:00:00' OR date_part IS NULL) THEN whole
             WHEN date_part IS NOT NULL AND t = '' THEN date_part
             WHEN date_part IS NOT NULL THEN date_part::DATE + time_part::TIME
             ELSE serial END AS ts,
        CASE WHEN z = '' THEN NULL WHEN z IN ('Z', 'UTC', 'GMT') THEN 0
             ELSE (CASE left(z, 1) WHEN '-' THEN -1 ELSE 1 END)
                  * (z[2:3]::INTEGER * 60 + coalesce(nullif(regexp_extract(z[4:], '\d{2}'), '')::INTEGER, 0))
             END AS shift,
        z = '' AND (t = '' AND (whole IS NULL OR whole::TIME = TIME '00:00:00'))
            AND (serial IS NULL OR date_part IS NOT NULL OR serial::TIME = TIME '00:00:00') AS is_date_only
    FROM read),
placed AS (
    SELECT *, CASE WHEN ts IS NULL THEN NULL
                   WHEN shift IS NOT NULL THEN timezone('UTC', ts - to_minutes(shift))
                   WHEN is_date_only THEN timezone($home, ts)
                   ELSE timezone($zone, ts) END AS instant
    FROM local),
judged AS (
    SELECT i, x, is_date_only, instant, shift, ts,
        CASE WHEN ts IS NULL THEN NULL
             WHEN shift IS NULL AND (is_date_only OR $zone = $home OR ts::TIME = TIME '00:00:00') THEN ts::DATE
             ELSE timezone($home, instant)::DATE END AS day
    FROM placed)
SELECT i, day, instant, is_date_only,
    CASE WHEN x IS NULL THEN NULL
         WHEN day IS NULL THEN 'date'
         WHEN day < $first::DATE OR day > $last::DATE THEN 'date_range'
         WHEN NOT $need_instant OR is_date_only OR shift IS NOT NULL THEN NULL
         WHEN timezone($zone, instant) <> ts THEN 'time_gap'
         WHEN timezone($zone, instant + INTERVAL 1 HOUR) = ts OR timezone($zone, instant - INTERVAL 1 HOUR) = ts
         THEN 'time_twice' END AS rule
FROM judged ORDER BY i
"""
