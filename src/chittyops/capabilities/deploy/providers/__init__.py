"""Providers of the deploy slice: where services run, and where releases are kept."""
