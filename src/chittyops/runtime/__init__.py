"""Drivers, one door each: PostgreSQL, NATS, durable workflows, processes, settings."""
