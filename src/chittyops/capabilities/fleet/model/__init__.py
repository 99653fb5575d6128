"""The fleet file's format, its documents, and what a service is made from. Pure."""
