"""Fleets, plans and releases in PostgreSQL."""
