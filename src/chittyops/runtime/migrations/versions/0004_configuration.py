"""The configuration of fleets as their files have it, published: values and where they stand, never a secret's."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE configuration (
    fleet        text PRIMARY KEY,
    environments text[] NOT NULL,
    -- What there is of each service, in numbers.
    services     jsonb NOT NULL,
    matrix       jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    actor        text NOT NULL
);

CREATE TABLE configuration_service (
    fleet    text NOT NULL REFERENCES configuration ON DELETE CASCADE,
    service  text NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (fleet, service)
);
"""


def upgrade() -> None:
    """Create everything, in the schema that the search path names first (``chittyops``)."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})
