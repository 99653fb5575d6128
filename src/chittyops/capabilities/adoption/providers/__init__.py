"""The files that adoption changes, and what it remembers of them."""
