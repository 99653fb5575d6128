"""Secrets pushed to where services run: which places there are, what would change there, and doing it."""
