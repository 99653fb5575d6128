"""What the configuration slice works out, purely, from the views of a fleet."""
