"""What is meant, what goes on, and what comes next. Pure; ``wiring`` gives it what was read."""
