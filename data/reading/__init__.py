"""Files into raw tables: CSV, XLSX, Parquet; nothing is interpreted."""
