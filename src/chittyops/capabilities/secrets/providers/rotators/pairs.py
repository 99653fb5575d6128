"""Two roles that take turns: NAME_a and NAME_b."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit, urlunsplit

from chittyops.kernel.errors import Misconfigured
from chittyops.kernel.secret import Secret

_LONGEST_ROLE = 63
_SUFFIXES = ("_a", "_b")


def user_of(url: Secret, title: str) -> str:
    """Return the role in a connection URL. Raises Misconfigured where it is none, without showing it."""
    try:
        parts = urlsplit(url.reveal())
        user = unquote(parts.username or "")
    except ValueError:
        user = ""
    if not user or parts.scheme not in ("postgres", "postgresql"):
        raise Misconfigured(
            f"the value of {title} is no connection URL of PostgreSQL",
            hint="it has to look like postgresql://ROLE:PASSWORD@HOST/DATABASE",
        )
    return user


def stem(role: str) -> str:
    """Return the name that both roles of a pair begin with."""
    return role[:-2] if role.endswith(_SUFFIXES) else role


def other(role: str) -> str:
    """Return the role whose turn it is after ``role``."""
    name = stem(role)[: _LONGEST_ROLE - 2]
    return f"{name}_b" if role == f"{name}_a" else f"{name}_a"


def with_login(url: Secret, role: str, password: Secret) -> Secret:
    """Return ``url`` for another role: host, database and options stay."""
    parts = urlsplit(url.reveal())
    _, _, place = parts.netloc.rpartition("@")
    login = f"{quote(role, safe='')}:{quote(password.reveal(), safe='')}"
    return Secret(urlunsplit(parts._replace(netloc=f"{login}@{place}")))


def password_of(url: Secret) -> Secret:
    """Return the password in ``url``."""
    return Secret(unquote(urlsplit(url.reveal()).password or ""))
