"""The ledger: how rows are chained, sealed, verified and exported. Imports ports, model and errors; knows no database.

Every event is chained to the one before it of the same request, inside the command's own transaction. The sealer numbers
what was committed and signs it, link by link, for the whole organisation. Hashes cover a payload's digest, not the payload,
so that it may be erased and everything still verifies.
"""
