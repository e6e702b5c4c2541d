"""The courier against an outlet that can fail in every way, on a real SQLite store, with the clock turned by hand."""
