"""Fleets, plans, releases, deployments, health, events, audit, access."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TABLE fleet (
    name         text PRIMARY KEY,
    root         text NOT NULL,
    document     jsonb NOT NULL,
    last_release integer NOT NULL DEFAULT 0,
    updated_at   timestamptz NOT NULL
);

CREATE TABLE plan (
    id          text PRIMARY KEY,
    fleet       text NOT NULL REFERENCES fleet,
    environment text NOT NULL,
    base        text NOT NULL,
    document    jsonb NOT NULL,
    actor       text NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE release (
    id               text PRIMARY KEY,
    sequence         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    fleet            text NOT NULL REFERENCES fleet,
    number           integer NOT NULL,
    environment      text NOT NULL,
    kind             text NOT NULL,
    status           text NOT NULL,
    on_failure       text NOT NULL,
    max_parallel     integer NOT NULL,
    actor            text NOT NULL,
    document         jsonb NOT NULL,
    cancel_requested boolean NOT NULL DEFAULT false,
    generation       integer NOT NULL DEFAULT 1,
    error            text NOT NULL DEFAULT '',
    created_at       timestamptz NOT NULL,
    started_at       timestamptz,
    ended_at         timestamptz,
    UNIQUE (fleet, number)
);
-- The lock of an environment: at most one release that has not ended.
CREATE UNIQUE INDEX release_lock ON release (fleet, environment)
    WHERE status IN ('queued', 'running', 'reverting');

CREATE TABLE release_service (
    release     text NOT NULL REFERENCES release,
    service     text NOT NULL,
    position    integer NOT NULL,
    action      text NOT NULL,
    status      text NOT NULL,
    phase       text NOT NULL DEFAULT '',
    attempt     integer NOT NULL DEFAULT 0,
    executor    text NOT NULL DEFAULT '',
    depends_on  text[] NOT NULL DEFAULT '{}',
    build_id    text NOT NULL DEFAULT '',
    digest      text NOT NULL DEFAULT '',
    provider    text NOT NULL DEFAULT '',
    handle      text NOT NULL DEFAULT '',
    address     text NOT NULL DEFAULT '',
    checked_by  text,
    note        text NOT NULL DEFAULT '',
    error       text NOT NULL DEFAULT '',
    undo        text NOT NULL DEFAULT '',
    desired     jsonb,
    -- The deployment this one replaced, to be put back when the release is reverted.
    previous    jsonb,
    started_at  timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (release, service)
);

-- What holds up others: few rows, asked for by every service of a release.
CREATE INDEX release_service_dead ON release_service (release)
    WHERE status IN ('failed', 'blocked', 'cancelled', 'reverted');

CREATE TABLE deployment (
    fleet       text NOT NULL REFERENCES fleet,
    environment text NOT NULL,
    service     text NOT NULL,
    build_id    text NOT NULL,
    digest      text NOT NULL,
    inputs      jsonb NOT NULL,
    spec        jsonb NOT NULL,
    release     text NOT NULL REFERENCES release,
    provider    text NOT NULL,
    handle      text NOT NULL,
    address     text NOT NULL,
    checked_by  text NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (fleet, environment, service)
);

-- What a release said and became, in order. A reader takes rows of transactions before which all have ended
-- (tx below a horizon), so that it never skips one that commits late.
CREATE TABLE release_event (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx      xid8 NOT NULL DEFAULT pg_current_xact_id(),
    release text NOT NULL REFERENCES release,
    service text NOT NULL,
    kind    text NOT NULL,
    data    jsonb NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX release_event_order ON release_event (release, tx, id);

CREATE TABLE health_state (
    fleet       text NOT NULL,
    environment text NOT NULL,
    service     text NOT NULL,
    status      text NOT NULL,
    detail      text NOT NULL DEFAULT '',
    build_id    text NOT NULL DEFAULT '',
    latency_ms  real,
    failures    integer NOT NULL DEFAULT 0,
    since       timestamptz NOT NULL,
    checked_at  timestamptz NOT NULL,
    PRIMARY KEY (fleet, environment, service)
);

CREATE TABLE health_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fleet       text NOT NULL,
    environment text NOT NULL,
    service     text NOT NULL,
    before      text NOT NULL,
    after       text NOT NULL,
    detail      text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX health_change_service ON health_change (fleet, environment, service, id DESC);

CREATE TABLE outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event   jsonb NOT NULL,
    channel text NOT NULL,
    sent_at timestamptz
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

CREATE TABLE audit (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    actor  text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb NOT NULL
);

CREATE TABLE api_token (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    role         text NOT NULL,
    hash         text NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

CREATE TABLE login_link (
    hash       text PRIMARY KEY,
    actor      text NOT NULL,
    role       text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);

CREATE TABLE session (
    hash       text PRIMARY KEY,
    actor      text NOT NULL,
    role       text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE idempotency (
    key        text NOT NULL,
    actor      text NOT NULL,
    request    text NOT NULL,
    status     integer,
    response   jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE TABLE ops_worker (
    executor_id text PRIMARY KEY,
    host        text NOT NULL,
    pid         integer NOT NULL,
    started     double precision NOT NULL,
    beat        timestamptz NOT NULL
);

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON release_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER health_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON health_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything, in the schema that the search path names first (``chittyops``)."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})
