"""Secrets: kept in files of SOPS, seen by the services that declare them, pushed to where services run."""
