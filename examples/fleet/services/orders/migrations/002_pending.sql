-- The announcer looks for these several times a second.
CREATE INDEX customer_order_pending ON customer_order (placed_at) WHERE announced_at IS NULL;
