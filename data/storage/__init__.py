"""The store: tables, loads, lock, recovery, and what is kept beside the tables."""
