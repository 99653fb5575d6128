"""What Alembic runs: the migrations, on the connection and in the transaction of ``runtime.migrate``."""

from __future__ import annotations

from alembic import context

from chittyops.runtime.postgres import SCHEMA

context.configure(connection=context.config.attributes["connection"], version_table_schema=SCHEMA)
context.run_migrations()
