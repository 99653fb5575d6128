"""File access of the fleet slice."""
