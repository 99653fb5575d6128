"""ChittyOps: the operations centre for a fleet of small services."""

__version__ = "0.1.0"
