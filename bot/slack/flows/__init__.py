"""One conversation per file: its button, its modal, its submission. Each exports one `Flow` as `MEMBER`.

A handler is three moves: parse, ask the desk, say what to show; it replies only when something was refused. It calls no
Slack and knows no database. It may import cards, payload, room and answer.
"""
