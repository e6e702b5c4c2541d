"""How Slack comes in: signed HTTP, Socket Mode, and what it sent as types."""
