"""The commands that the application itself gives: the centre's, and those in which slices meet."""
