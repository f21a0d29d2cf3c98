"""An environment that was made on purpose, as the ledger remembers it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from headgate.errors import UsageError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction


class Environment(Struct, frozen=True):
    """Named pointers to versions, begun from a release of another environment."""

    name: str
    base: str
    number: int
    """The release of `base` that its data is of."""
    created_at: datetime
    user: str
    fixed: bool = True
    """Whether sources stay as they were in the base, and only code moves."""
    expires_at: datetime | None = None
    sampled: Mapping[str, Any] = {}
    """How the rows of a sandbox were chosen and redacted; empty where it has all of them as they are."""

    @property
    def origin(self) -> str:
        """The release that its data is of: `prod@3`."""
        return f"{self.base}@{self.number}"

    def require_whole(self, what: str) -> None:
        """Raises UsageError where it holds a sample alone, with which one cannot do `what`."""
        if self.sampled:
            raise UsageError(
                f"{self.name} is a sandbox, which cannot {what}",
                None,
                f"make another one: headgate env sandbox NAME --from {self.base}",
            )

    def is_alive(self, at: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or at < self.expires_at

    def require_alive(self, at: datetime) -> None:
        """Raises UsageError once it has expired."""
        if self.expires_at and not self.is_alive(at):
            raise UsageError(
                f"{self.name} expired on {self.expires_at:%Y-%m-%d %H:%M} UTC",
                None,
                f"headgate env drop {self.name}, and make a new one",
            )


def record(tx: Transaction, environment: Environment) -> None:
    """Remembers an environment; one of that name takes the place of an earlier one."""
    tx.execute(
        "insert into environment (name, base, number, fixed, created, author, expires, sampled)"
        " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (name) do update set base = excluded.base,"
        " number = excluded.number, fixed = excluded.fixed, created = excluded.created,"
        " author = excluded.author, expires = excluded.expires, sampled = excluded.sampled",
        (
            environment.name,
            environment.base,
            environment.number,
            int(environment.fixed),
            stamp(environment.created_at),
            environment.user,
            stamp(environment.expires_at) if environment.expires_at else None,
            json.dumps(dict(environment.sampled), ensure_ascii=False),
        ),
    )


def find(tx: Transaction, name: str) -> Environment | None:
    """The environment of that name, if it was made on purpose."""
    rows = tx.execute(f"{_SELECT} where name = ?", (name,))
    return _environment(rows[0]) if rows else None


def remove(tx: Transaction, name: str) -> None:
    """Forgets that an environment was made."""
    tx.execute("delete from environment where name = ?", (name,))


def environments(tx: Transaction) -> list[Environment]:
    """All environments that were made on purpose, by name."""
    return [_environment(row) for row in tx.execute(f"{_SELECT} order by name")]


_SELECT = "select name, base, number, fixed, created, author, expires, sampled from environment"


def _environment(row: Row) -> Environment:
    name, base, number, fixed, created, author, expires, sampled = row
    return Environment(
        name,
        base,
        number,
        moment(created),
        author,
        bool(fixed),
        moment(expires) if expires else None,
        json.loads(sampled),
    )
