"""Documents, facts and findings of discovery. Pure."""
