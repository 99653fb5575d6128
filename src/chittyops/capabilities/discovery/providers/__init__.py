"""Disk access of the discovery slice."""
