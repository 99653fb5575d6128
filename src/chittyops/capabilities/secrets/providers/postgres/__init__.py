"""Rotations, reads and reminders in the centre's database."""
