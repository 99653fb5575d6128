"""The fleet file: read, checked, edited, and turned into what a deploy is made from."""
