"""The HTTP API: JSON in, JSON out, problems as RFC 9457 says.

Nothing is decided here. The gate (`gate.py`, ASGI) knows the credential before anything is read; a route loads what it is
about and asks core whether the caller may, only then reads the body (any content type) and hands a command to the desk or
a wish to an office of the administration. Refusals are raised in core and mapped in `problems.py`, nowhere else.
`routes/` is a collection: one file per resource, found by `app.py`. May import `bot.wire` and core, no Slack.
"""
