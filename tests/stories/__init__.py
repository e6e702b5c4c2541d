"""User stories across all edges, one file each, told in the words of whoever lives them."""
