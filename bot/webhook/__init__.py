"""Telling endpoints what happens: what is said (letters), signed (signature), sent (teller), and how it goes on (courier).

Beside `outlets`, and not one of them: an outlet shows one request as it is now, so that many changes may become one
drawing; an endpoint is told each thing once it has happened, in order. May import the guard, the event feed, the wire's
shapes and core; nothing of Slack or of the API.
"""
