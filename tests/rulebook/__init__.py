"""Judging a revision, and whether it can ever pass."""
