"""Calendars that say who is on duty: one format per file, each with its `Format` as `MEMBER`.

What comes over the network may be anything, a calendar that repeats every second since the year 1 among it. So each format
is read by a process of its own (`python -m bot.rosters.ical`), with a bound on its time and memory, that holds no secret.
"""
