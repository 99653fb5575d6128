"""Where the configuration slice meets git, vendors' schemas and files."""
