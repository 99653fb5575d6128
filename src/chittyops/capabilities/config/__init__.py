"""Configuration: explained, edited, checked, rendered for platforms and taken over from them."""
