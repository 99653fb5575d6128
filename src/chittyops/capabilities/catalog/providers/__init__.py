"""What keeps the catalogue."""
