"""What can be said and done about secrets without touching a file."""
