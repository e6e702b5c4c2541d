"""Keeps who is who in line with Slack: pins, claims, mirrored user groups, absence, and what people are told of it."""
