"""The child process of `read_parquet`: Parquet on standard input, an Arrow file of plain columns out.

`python -m data.reading.parquet_child TARGET rows|header MAX_COLUMNS`; exit code 3 = too many columns, 4 = not readable.
Nothing of the project is imported here, so that the process starts fast.
"""

from __future__ import annotations

import mmap
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def main(target: str, what: str, max_columns: int) -> int:
    """Reads, validates, writes; names of nested columns, which are left out, go to standard output."""
    try:
        # mapped, not read through a Python object: Arrow's own threads would call Python while the process ends
        mapped = mmap.mmap(sys.stdin.fileno(), 0, access=mmap.ACCESS_READ)
        file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(mapped)), page_checksum_verification=True)
        if len(file.schema_arrow) > max_columns:
            sys.stdout.write(str(len(file.schema_arrow)))
            return 3
        nested = [f.name for f in file.schema_arrow if pa.types.is_nested(f.type)]
        kept = [f.name for f in file.schema_arrow if not pa.types.is_nested(f.type)]
        if what == "header":
            table = file.schema_arrow.empty_table().select(kept)
        else:
            table = plain(file.read(columns=kept, use_threads=True))
        table.validate(full=True)
        with pa.OSFile(target, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    except (pa.ArrowException, OSError, ValueError, KeyError, UnicodeDecodeError):
        return 4
    sys.stdout.write("\x1f".join(nested))
    return 0


def plain(table: pa.Table) -> pa.Table:
    """Dictionaries, views and large types as their plain counterparts; metadata dropped."""
    for i, field in enumerate(table.schema):
        kind = plain_type(field.type)
        if kind != field.type:
            table = table.set_column(i, pa.field(field.name, kind), table.column(i).cast(kind))
    return table.replace_schema_metadata(None)


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type under which a column is handed on."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.string()
    return kind


if __name__ == "__main__":
    code = main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.flush()
    os._exit(code)  # the work is done; Arrow's threads are not waited for
