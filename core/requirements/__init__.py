"""One kind of requirement per file. A kind answers for itself; nobody else asks what kind it is."""
