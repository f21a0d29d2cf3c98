"""Where a Postgres database is, and how that is shown: never with a password."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from headgate.errors import StateError

_DEFAULTS = {
    "application_name": "headgate",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    # a server that vanished is noticed within a minute, and not after the system's two hours
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_SECRET = ("password", "sslpassword", "oauth_client_secret")
_PORTS = re.compile(r"[0-9]*(,[0-9]*)*")


@dataclass(frozen=True, slots=True)
class Address:
    """The parameters of a connection, and the text that stands for them."""

    parameters: Mapping[str, str] = field(repr=False)
    shown: str

    def told(self, text: str) -> str:
        """What a server or library said, without the secrets of this address."""
        for name in _SECRET:
            if secret := self.parameters.get(name):
                text = text.replace(secret, "***")
        return text


def read_address(url: str, reveal: Callable[[str], str] = str) -> Address:
    """The address in a `postgresql://` URL; `reveal` puts secrets into its parts.

    They are put in after the URL was taken apart, so that a password may hold any character.
    Raises StateError where it is no such URL.
    """
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except ProgrammingError:
        raise _unreadable() from None  # its words would repeat the URL, and the password in it
    parts = {name: reveal(value) for name, value in parts.items()}
    if not _PORTS.fullmatch(parts.get("port", "")) or "@" in parts.get("host", "")[1:]:
        raise _unreadable()
    return Address({**_DEFAULTS, **parts}, _shown(parts))


def _unreadable() -> StateError:
    return StateError(
        "the address of the state cannot be read",
        "state",
        "write postgresql://USER:${PASSWORD}@HOST:PORT/DATABASE; in a password that stands in the "
        "URL itself, write @ / : ? # % as %40 %2F %3A %3F %23 %25",
    )


def _shown(parts: Mapping[str, str]) -> str:
    host, port = parts.get("host", ""), parts.get("port", "")
    if host.startswith(("/", "@")):
        host = ""  # a socket of this machine
    place = f"{host}:{port}" if host and port else host
    return f"postgresql://{place}/{parts.get('dbname', '')}"
