"""Where slices meet."""
