"""The catalogue: what the centre knows of workspaces, as discovery found and published them."""
