"""Where secrets are kept and pushed to, one module or package each."""
