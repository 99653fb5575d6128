"""Where values of secrets are kept, one module for each kind of place; each does one call for all it is asked."""
