"""SOPS files (https://getsops.io), read and written natively, for age recipients.

The fast way to values: ``load(path.read_bytes(), name, identities).values``. It parses with libyaml alone; ``dump`` is
the only one that looks at the layout. A file written here carries a seal, a MAC of all its bytes, beside the MAC of
SOPS: see docs/adr/0019-sops-natively.md.
"""

from __future__ import annotations

from chittyops.capabilities.secrets.providers.sops.document import (
    Document,
    Outline,
    create,
    dump,
    load,
    outline,
    with_recipients,
)
from chittyops.capabilities.secrets.providers.sops.editing import with_values

__all__ = ["Document", "Outline", "create", "dump", "load", "outline", "with_recipients", "with_values"]
