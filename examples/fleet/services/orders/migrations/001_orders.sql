CREATE TABLE customer_order (
    id           uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    sku          text        NOT NULL,
    quantity     integer     NOT NULL CHECK (quantity > 0),
    total_cents  integer     NOT NULL CHECK (total_cents >= 0),
    status       text        NOT NULL DEFAULT 'placed' CHECK (status IN ('placed', 'shipped')),
    placed_at    timestamptz NOT NULL DEFAULT now(),
    announced_at timestamptz
);

CREATE INDEX customer_order_recent ON customer_order (placed_at DESC);
