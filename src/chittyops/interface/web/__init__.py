"""The shared edges of everything that speaks HTTP: errors, access, paging, idempotency, live streams."""
