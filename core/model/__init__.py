"""The nouns: frozen and typed. Imports nothing of ours, so that everything may import it.

Only `canonical` and `digest` use a library (RFC 8785 canonical JSON); all else is standard library.
"""
