"""Estimates with their uncertainty, from counts: pure functions of numpy and pandas, no data access."""
