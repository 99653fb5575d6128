"""Thin typed clients of the vendors' APIs, all of which speak through ``vendors.http``."""
