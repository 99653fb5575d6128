"""Shared edges: the terminal and the web."""
