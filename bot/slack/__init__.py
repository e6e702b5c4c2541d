"""Slack as an edge: payloads become commands, requests become cards, refusals become private sentences.

One `AsyncApp` serves signed HTTP (through our own door) and Socket Mode alike. A handler is three moves: parse, ask the
desk, say what to show. It returns an answer; `app` carries the answer out, and whatever calls Slack is carried out after
the acknowledgement.

    entrance/       how payloads come in, and what came, typed
    app, dispatch   one listener per kind of payload, all of them behind Bolt; flows and commands are found in a dict
    people/         Slack user -> actor, from what is pinned; `roll/` keeps the pins, groups and absences in line with Slack
    flows/          one conversation per file; `commands/` one slash sub-command per file; `admin/` what both set up
    cards/          one view or message per file, pure, put together from `drawing/`
    installed/      a workspace and what the app may do there; `workspaces/` serves several of them

It may import `core`, slack_bolt and slack_sdk. It knows no HTTP framework, and neither the API nor the store's tables.
"""
