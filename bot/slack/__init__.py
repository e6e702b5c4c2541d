"""Slack as an edge: payloads become commands, requests become cards, refusals become private sentences.

One `AsyncApp` serves signed HTTP (through our own door) and Socket Mode alike. A handler is three moves: parse, ask the
desk, say what to show. It returns an answer; `app` carries the answer out, and whatever calls Slack is carried out after
the acknowledgement.

    door, socket    how payloads come in
    app             one Bolt listener per kind of payload; flows and commands are found in a dict
    actor           Slack user -> actor, from what is pinned; `directory` pins ahead of time
    payload         what came, typed
    flows/          one conversation per file; `commands/` one slash sub-command per file
    blocks, cards/  pure drawing

It may import `core`, slack_bolt and slack_sdk. It knows no HTTP framework, and neither the API nor the store's tables.
"""
