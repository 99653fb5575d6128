"""Awareness: where one is, what goes on there, and what is likely to be wanted next."""
