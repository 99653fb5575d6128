"""What a workspace holds: services, what they are made of, what they depend on, and what is wrong. Read-only."""
