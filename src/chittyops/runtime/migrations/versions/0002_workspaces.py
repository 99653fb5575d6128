"""Workspaces as discovery found them, and accepted problems."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE workspace (
    name         text PRIMARY KEY,
    document     jsonb NOT NULL,
    published_at timestamptz NOT NULL,
    actor        text NOT NULL
);

CREATE TABLE workspace_history (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace text NOT NULL REFERENCES workspace,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,
    stats     jsonb NOT NULL
);
CREATE INDEX workspace_history_by_time ON workspace_history (workspace, at);
CREATE TRIGGER workspace_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON workspace_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE acceptance (
    workspace   text NOT NULL REFERENCES workspace,
    fingerprint text NOT NULL,
    reason      text NOT NULL,
    until       date NOT NULL,
    actor       text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (workspace, fingerprint)
);
"""


def upgrade() -> None:
    """Create everything, in the schema that the search path names first (``chittyops``)."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})
