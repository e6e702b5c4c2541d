"""What needs an admin's care: one kind of it per file, each a bounded reading of the store that ends with what to do.

Members read and never write; a kind that is added here appears in App Home by itself. May import what administration may.
"""
