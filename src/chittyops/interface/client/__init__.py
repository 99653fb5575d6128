"""A client of the operations centre for commands: typed errors, paging, streams that survive a restart."""

from __future__ import annotations

from chittyops.interface.client.address import Address
from chittyops.interface.client.connection import Client, Query
from chittyops.interface.client.events import StreamEvent
from chittyops.interface.client.replies import rows, table, text

__all__ = ["Address", "Client", "Query", "StreamEvent", "rows", "table", "text"]
