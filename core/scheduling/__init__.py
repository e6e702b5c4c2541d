"""Deadlines are facts of a request, computed here without a clock; only `alarm` knows the alarm clock's library."""
