"""The operations audit of a workspace: what is there, what is missing, what breaks with what, and what to do first."""
