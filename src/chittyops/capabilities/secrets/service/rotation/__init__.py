"""Rotation: a second credential made, brought to whoever uses the first, tried, and the first one ended."""
