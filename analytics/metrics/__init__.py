"""The registry: every metric declared once, read by pages, exports, the command line, the documentation and tests."""
