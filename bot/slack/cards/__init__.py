"""Cards: pure drawings of stored requests, one kind of message or view per file, each with its examples.

A card is drawn from the request as it now is and never patched. It may import blocks, parts, wording and target, and of
core what is pure. Buttons carry request, revision and stage; what may be done is judged when they are clicked.
"""
