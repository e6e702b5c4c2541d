"""The approval domain. Knows no Slack, no HTTP, no environment; `bot` imports it, never the other way."""
