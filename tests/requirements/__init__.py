"""Each kind of requirement answers for itself."""
