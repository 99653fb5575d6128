"""Adoption: what discovery found becomes the fleet file, and scattered scripts become configuration or tasks."""
