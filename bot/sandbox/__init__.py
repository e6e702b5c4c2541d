"""An honest small Slack: Web API, signed HTTP, Socket Mode and a page, with Slack's limits, clocks and refusals.

It imports neither `core` nor any other part of `bot`, so any Bolt app can be tried against it: `python -m bot.sandbox`,
or in tests `bot.sandbox.server.Sandbox` and its `as_user(name)`, a `bot.sandbox.hand.Hand`. State lives in memory.

    workspace, seed, faces      what there is, and how it looks in Slack's JSON
    messages, membership, views, scheduled, response_urls    what changes it; each tells `news`
    news                        tells open pages (streams) and the app (delivery)
    delivery, sockets           the ways to the app, acks, redelivery
    interactions, payloads      what people do; page_api and hand both go through it
    web_api, methods/           what the app calls; rates, faults, triggers judge each call
    validate, elements, limits  blocks and views against Slack's figures
    small_slack, server         the parts joined; the port they listen on

Where Slack's own word for a refusal is not published, the code says so beside ours.
"""
