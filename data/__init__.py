"""Everything that touches a file or DuckDB: import, store, history, queries."""
