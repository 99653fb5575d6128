"""Health: what each deployed service says of itself, and when that changed."""
