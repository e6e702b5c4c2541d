"""The Model Context Protocol: an AI agent asks, waits, answers and claims by tools of its own; it can decide nothing.

`tools.py` is what the agent sees, written over the Python client, so that the API judges everything and nothing is checked
twice. Over stdio (`countersign mcp`) the client speaks to a server; over HTTP (`endpoint.py`, off unless switched on) it
speaks to the API of its own process (`inside.py`), with the credential the agent came with. The library `mcp` is an
extra, imported only where one of the two is used. May import `bot.api` and the client, no Slack and no core but errors.
"""
