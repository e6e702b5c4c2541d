"""The tests, one folder per room of the house; nothing in the product imports them."""
