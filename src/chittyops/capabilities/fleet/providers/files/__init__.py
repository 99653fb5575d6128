"""The files of services: walked by the ignore rules, and hashed."""
