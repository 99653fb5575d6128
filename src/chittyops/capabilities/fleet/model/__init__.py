"""The fleet file's format, its documents, and what a service is made from. Pure."""

from chittyops.capabilities.fleet.model.content import FileEntry, FileKind
from chittyops.capabilities.fleet.model.inputs import ServiceInputs

__all__ = ["FileEntry", "FileKind", "ServiceInputs"]
