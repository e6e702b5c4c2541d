"""The door for change, on both databases."""
