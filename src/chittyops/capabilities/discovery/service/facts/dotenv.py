"""Files of environment variables: examples tell what is expected; real ones should not be committed.

No value leaves this module.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chittyops.capabilities.discovery.model.facts import Facts, Reference, Secret
from chittyops.capabilities.discovery.service.facts.environment import here, is_store, outside, port
from chittyops.capabilities.discovery.service.facts.variables import is_database, is_secret, is_url
from chittyops.kernel.inventory import Finding

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "committed-env-file": ("error", "A file of environment variables that holds values is committed."),
}
_LINE: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")
_COMMENTED: Final = re.compile(r"[ \t]*#[ \t]?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=(.*)")
_NOTE: Final = re.compile(r"\s+#.*$")
_PUBLIC: Final = re.compile(r"(?:NEXT_PUBLIC|VITE|PUBLIC|REACT_APP|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY)_(?P<rest>.*)")
_SETTING: Final = re.compile(
    r"(?:.*_)?(?:PORT|HOST|HOSTNAME|ENV|ENVIRONMENT|LEVEL|REGION|MODE|DEBUG|TIMEOUT|TTL|LIMIT|MAX|MIN|NAME|VERSION|DOMAIN|"
    r"PATH|DIR|DIRECTORY|FILE|ENABLED|DISABLED|INTERVAL|COUNT|SIZE|MODEL|LOCALE|TZ|TIMEZONE|ORIGINS?|PREFIX|FORMAT|PROVIDER|"
    r"TYPE|EMAIL|FROM|TO|USER|USERNAME|BUCKET|CHANNEL|BRANCH|REPO|OWNER|ORG|PROJECT|SCHEMA|DATABASE|DB|PROFILE|STAGE|MS|"
    r"SECONDS|MINUTES|DAYS|HOURS|PERCENT|RATE|CONCURRENCY|WORKERS|RETRIES|ID|IDS|URLS?|URI|SCOPES?|FEATURES?|FLAGS?)"
)
_PLACEHOLDER: Final = re.compile(
    r"(?i)^(?:|<.*>|\[.*\]|\{.*\}|\$\{?\w+.*|x{3,}.*|\*+|\.{3,}|(?:sk|pk|re|ghp|whsec|sk_test|sk-ant)[-_](?:\.{3}|x{3,}|your|test).*|"
    r".*(?:your[-_ ]|change[-_]?(?:me|this|it)|replace|placeholder|example|todo|dummy|sample|redacted|secret[-_]?here|[-_]here$|op://).*|"
    r"(?:test|dev|local|password|(?:super-?)?secret|postgres|root|admin|null|none|undefined|true|false|\d{1,5}))$"
)
_LOCAL_ADDRESS: Final = re.compile(
    r"://(?:[^/@\s]*@)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|db|postgres|redis|host\.docker\.internal)\b"
)

_MASKED: Final = re.compile(r"x{8,}")
"""What is left of a credential that was found in the text before it came here."""

Setting = tuple[str, str, int]


def example(path: str, text: str) -> Facts:
    """Return what an example of a dotenv file asks for."""
    secrets, references, databases = [], [], []
    for name, value, line in _settings(text, commented=True):
        if is_store(name) or is_database(name):
            databases.append((name, line))
        elif name == "PORT" and port(value):
            references.append(Reference("own-port", value, line))
        elif is_url(name):
            references.append(Reference("variable-url", name, line))
            references += [Reference("literal-url", host, line) for host in here(value)]
        elif _is_expected(name, value):
            secrets.append(Secret(name, line, "example"))
    return Facts(path, kind="config", secrets=tuple(secrets), references=tuple(references), databases=tuple(databases))


def committed(path: str, text: str) -> Facts:
    """Return that a real dotenv file is committed, by the names of the secrets that it gives values to.

    Of values only the hosts of plain addresses are kept.
    """
    settings = tuple(_settings(text))
    references = [each for setting in settings for each in _addresses(*setting)]
    databases = tuple((name, line) for name, _, line in settings if is_store(name) or is_database(name))
    found = tuple(_told(path, settings))
    return Facts(path, kind="config", problems=found, references=tuple(references), databases=databases)


def _told(path: str, settings: Sequence[Setting]) -> Iterator[Finding]:
    public = [_PUBLIC.fullmatch(name) for name, _, _ in settings]
    file = posixpath.basename(path)
    if all(each and not is_secret(each["rest"]) for each in public) and not (settings and file.endswith(".local")):
        # What a build puts into pages for everyone to read is kept in a repository on purpose; one machine's own
        # settings never are.
        return
    real = [(name, line) for name, value, line in settings if _is_sensitive(name) and _is_real(value)]
    if real:
        names = ", ".join(name for name, _ in real[:5]) + (" ..." if len(real) > 5 else "")  # noqa: PLR2004 - enough to know it by
        message = f"{file} is committed with values for {names}"
        hint = "take it out of the repository, and replace every secret that it held"
        yield Finding("committed-env-file", "error", path, message, real[0][1], 1, hint)
    else:
        message = f"{file} is committed; it holds no secrets now"
        hint = "keep an example of it in the repository instead, and ignore the file itself"
        yield Finding("committed-env-file", "info", path, message, settings[0][2], 1, hint)


def _addresses(name: str, value: str, line: int) -> Iterator[Reference]:
    if is_store(name) or is_database(name):
        return
    if is_url(name):
        yield Reference("variable-url", name, line)
    if not is_secret(name):
        yield from (Reference("literal-url", host, line) for host in (*outside(value), *here(value)))


def _settings(text: str, *, commented: bool = False) -> Iterator[Setting]:
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.match(line) or (_COMMENTED.match(line) if commented else None)
        if found:
            yield found[1], _NOTE.sub("", found[2]).strip().strip("\"'"), number


def _is_expected(name: str, value: str) -> bool:
    """Return whether a variable is a secret: by its name, or because no example of its value is given."""
    if _PUBLIC.fullmatch(name) or not name.isupper():
        return False
    return is_secret(name) or (_is_placeholder(value) and not _SETTING.fullmatch(name))


def _is_sensitive(name: str) -> bool:
    return not _PUBLIC.fullmatch(name) and (is_secret(name) or is_store(name))


def _is_real(value: str) -> bool:
    return _MASKED.fullmatch(value) is not None or not _is_placeholder(value)


def _is_placeholder(value: str) -> bool:
    """Return whether nobody could use ``value``."""
    return _PLACEHOLDER.match(value) is not None or _LOCAL_ADDRESS.search(value) is not None
