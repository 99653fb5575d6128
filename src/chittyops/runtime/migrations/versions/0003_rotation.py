"""Rotations of secrets, and who read which secrets."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE rotation (
    id               text PRIMARY KEY,
    sequence         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    fleet            text NOT NULL,
    environment      text NOT NULL,
    root             text NOT NULL,
    secret           text NOT NULL,
    -- Where its value stands: the file ("all" or an environment), and whom it is meant for in it.
    file             text NOT NULL,
    level            text NOT NULL,
    owner            text NOT NULL,
    rotator          text NOT NULL,
    -- The second variable that services accept too; empty where the authority itself knows two credentials.
    previous         text NOT NULL,
    hold             boolean NOT NULL,
    status           text NOT NULL,
    turned           boolean NOT NULL DEFAULT false,
    cancel_requested boolean NOT NULL DEFAULT false,
    generation       integer NOT NULL DEFAULT 1,
    error            text NOT NULL DEFAULT '',
    actor            text NOT NULL,
    created_at       timestamptz NOT NULL,
    started_at       timestamptz,
    ended_at         timestamptz
);
-- One rotation of one secret at a time; one that failed half-way is resumed or taken back first.
CREATE UNIQUE INDEX rotation_lock ON rotation (fleet, file, level, owner, secret)
    WHERE status IN ('queued', 'running', 'reverting', 'held', 'failed');

CREATE TABLE rotation_step (
    rotation   text NOT NULL REFERENCES rotation,
    step       text NOT NULL,
    position   integer NOT NULL,
    status     text NOT NULL,
    attempt    integer NOT NULL DEFAULT 0,
    executor   text NOT NULL DEFAULT '',
    detail     jsonb NOT NULL DEFAULT '{}',
    error      text NOT NULL DEFAULT '',
    started_at timestamptz,
    ended_at   timestamptz,
    PRIMARY KEY (rotation, step)
);

-- A reminder is given once for each age of a secret: since is when its value was set.
CREATE TABLE secret_reminder (
    fleet       text NOT NULL,
    environment text NOT NULL,
    secret      text NOT NULL,
    owner       text NOT NULL,
    kind        text NOT NULL,
    since       timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (fleet, environment, secret, owner, kind, since)
);

CREATE TABLE secret_access (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,
    through     text NOT NULL,
    fleet       text NOT NULL,
    environment text NOT NULL,
    service     text NOT NULL,
    names       text[] NOT NULL
);
CREATE INDEX secret_access_place ON secret_access (fleet, environment, id DESC);
CREATE TRIGGER secret_access_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON secret_access
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- How far the log that the processes of a home write has been taken in.
CREATE TABLE secret_access_source (
    path     text PRIMARY KEY,
    position bigint NOT NULL
);
"""


def upgrade() -> None:
    """Create everything, in the schema that the search path names first (``chittyops``)."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})
