"""Managed tasks: ops scripts run with their inputs checked, locked, timed, logged and recorded."""
