"""Secrets as other tools write them, read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chittyops.capabilities.secrets.service.formats import dotenvx, exports
from chittyops.capabilities.secrets.service.formats.written import WRITERS
from chittyops.kernel.errors import Misconfigured

__all__ = ["FORMATS", "WRITERS", "read"]

FORMATS = ("dotenv", "dotenvx", "json", "1password", "doppler")


def read(text: str, path: str, form: str, environ: Mapping[str, str], keys: Callable[[], str]) -> dict[str, str]:
    """Return the variables in ``text``, written by the tool ``form``, or by the one it looks like where that is "".

    ``environ`` and ``keys`` (which returns the text of ``.env.keys``) are where dotenvx has its private keys. Raises
    Misconfigured, naming ``path``, for what that tool does not write.
    """
    try:
        # Doppler writes both.
        if (_looks_like(text) if form in ("", "doppler") else form) in ("json", "1password"):
            return exports.read(text, form)
        return dotenvx.read(text, path, environ, keys)
    except Misconfigured as error:
        raise Misconfigured(f"{path}: {error.message}", hint=error.hint) from None


def _looks_like(text: str) -> str:
    return "json" if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else "dotenv"
