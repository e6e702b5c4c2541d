"""An honest small Slack: Web API, signed HTTP, Socket Mode and a page, with Slack's limits, clocks and refusals.

It imports neither `core` nor any other part of `bot`, so any Bolt app can be tried against it. Start with
`bot.sandbox.server.Sandbox`; write tests with `bot.sandbox.hand.Hand`. State lives in memory and ends with the process.
"""
