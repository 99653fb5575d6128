"""``chittyops run``: what a service declares, given to a command."""
