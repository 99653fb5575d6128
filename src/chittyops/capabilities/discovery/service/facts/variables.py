"""What the name of an environment variable says: an address, a database, a secret."""

from __future__ import annotations

import re
from typing import Final

URL_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:URL|URI|ENDPOINT|ORIGIN|API_BASE)")
DATABASE_VARIABLE: Final = re.compile(
    r"(?:[A-Z0-9]+_)*(?:DATABASE|POSTGRES|POSTGRESQL|NEON|PG|DB|MYSQL|MARIADB|MONGO|MONGODB|CLICKHOUSE)_UR[LI]"
)
BROKER_VARIABLE: Final = re.compile(r"(?:[A-Z0-9]+_)*(?:NATS|REDIS|AMQP|CLOUDAMQP|RABBITMQ|KAFKA|BROKER)_UR[LI]")
SECRET: Final = re.compile(
    r"(?:[A-Z0-9]+_)*(?:"
    r"SECRET|SECRETS|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|CREDENTIAL|CREDENTIALS|PAT|DSN|APIKEY|"
    r"(?:API|PRIVATE|SECRET|SIGNING|ENCRYPTION|ACCESS|AUTH|SERVICE|SERVICE_ROLE|MASTER|DEPLOY|LICENSE|WEBHOOK|"
    r"SSH|JWT|HMAC|ANON|SESSION|ADMIN|ROLE|ACCOUNT|INTEGRATION)_?KEY"
    r")(?:_(?:KEY|VALUE|BASE64|B64|[0-9]+|V[0-9]+|OLD|NEW|PROD|PRODUCTION|STAGING|DEV|TEST))*"
)
_NOT_SECRET: Final = re.compile(
    r"(?:NEXT_PUBLIC|VITE|PUBLIC|REACT_APP|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY)_.*|MAX_.*|.*_MAX_.*"
)


def is_secret(name: str) -> bool:
    """Return whether a variable of this name holds a secret; connection strings with a password in them do too."""
    secret = SECRET.fullmatch(name) is not None and _NOT_SECRET.fullmatch(name) is None
    return secret or is_database(name) or BROKER_VARIABLE.fullmatch(name) is not None


def is_url(name: str) -> bool:
    """Return whether a variable of this name holds the address of something that is no database and no broker."""
    return URL_VARIABLE.fullmatch(name) is not None and not is_database(name) and not BROKER_VARIABLE.fullmatch(name)


def is_database(name: str) -> bool:
    """Return whether a variable of this name holds a connection string."""
    return DATABASE_VARIABLE.fullmatch(name) is not None
