"""Ways of calling a check: one per file, each with its class as `MEMBER`, made by `assemble`."""
