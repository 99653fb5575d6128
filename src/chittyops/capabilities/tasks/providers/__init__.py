"""Where tasks run and where their runs are kept."""
