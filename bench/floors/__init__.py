"""What the libraries alone cost: each file is one floor, with nothing of the product in it."""
