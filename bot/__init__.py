"""The edges: Slack, HTTP, command line, sandbox. Everything here imports `core`; `core` imports nothing from here."""
