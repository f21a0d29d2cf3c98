"""Tags and pins: names that people give to releases, and what they want kept."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.clock import moment, stamp, told_moment
from headgate.ledger.ledger import Row, Transaction

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_HASH = re.compile(r"[0-9a-f]{1,64}(\.dir)?", re.IGNORECASE)
_OF_GIT = re.compile(r"([a-z]+_)?head", re.IGNORECASE)


class Tag(Struct, frozen=True):
    """A name for a release, which is kept as long as it has one."""

    name: str
    environment: str
    number: int
    created_at: datetime
    user: str
    message: str = ""

    @property
    def release(self) -> str:
        """The release that it names: `prod@3`."""
        return f"{self.environment}@{self.number}"


class Pin(Struct, frozen=True):
    """A release or a version that is kept until somebody takes the pin away."""

    subject: str
    """`prod@3`, or a dataset and the whole id of a version."""
    created_at: datetime
    user: str
    because: str
    environment: str | None = None
    number: int | None = None
    dataset: str | None = None
    version: str | None = None


def require_name(name: str) -> None:
    """Raises UsageError for what cannot be a tag, as it would be read as something else."""
    if not _NAME.fullmatch(name):
        what = f"a tag has letters, digits, '.', '_' and '-', and {name!r} has not"
        raise UsageError(what, None, "for example: q2-audit")
    if name.isdecimal():
        raise UsageError(f"{name} is the number of a release", None, f"for example: v{name}")
    if _HASH.fullmatch(name):
        what = f"{name} could be the hash of a commit or of a version"
        raise UsageError(what, None, f"for example: {name}-audit")
    if _OF_GIT.fullmatch(name):
        raise UsageError(f"{name} is what Git calls a commit", None, "for example: q2-audit")
    with suppress(ValueError):
        told_moment(name)
        raise UsageError(f"{name} is a time", None, f"for example: as-of-{name}")


def tag(tx: Transaction, tag: Tag) -> None:
    """Remembers a tag. Raises UsageError where the name names another release already."""
    require_name(tag.name)
    known = find_tag(tx, tag.name)
    if known is not None:
        hint = f"headgate data tag --delete {tag.name}"
        raise UsageError(f"{tag.name} is {known.release} already", None, hint)
    tx.execute(
        "insert into tag (name, environment, number, created, author, message)"
        " values (?, ?, ?, ?, ?, ?)",
        (tag.name, tag.environment, tag.number, stamp(tag.created_at), tag.user, tag.message),
    )


def untag(tx: Transaction, name: str) -> Tag:
    """The tag, which is no more. Raises UnknownNameError where there is none of that name."""
    found = find_tag(tx, name)
    if found is None:
        raise UnknownNameError.of("tag", name, [each.name for each in tags(tx)])
    tx.execute("delete from tag where name = ?", (name,))
    return found


def find_tag(tx: Transaction, name: str) -> Tag | None:
    """The tag of that name, if there is one."""
    rows = tx.execute(f"{_TAGS} where name = ?", (name,))
    return _tag(rows[0]) if rows else None


def tags(tx: Transaction) -> list[Tag]:
    """All tags, the newest first."""
    return [_tag(row) for row in tx.execute(f"{_TAGS} order by created desc, name")]


def pin(tx: Transaction, pin: Pin) -> None:
    """Remembers a pin; one of the same subject takes the place of an earlier one."""
    tx.execute(
        "insert into pin (subject, environment, number, dataset, version, created, author, because)"
        " values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (subject) do update set"
        " created = excluded.created, author = excluded.author, because = excluded.because",
        (
            pin.subject,
            pin.environment,
            pin.number,
            pin.dataset,
            pin.version,
            stamp(pin.created_at),
            pin.user,
            pin.because,
        ),
    )


def unpin(tx: Transaction, subject: str) -> None:
    """Takes a pin away. Raises UnknownNameError where there is none."""
    if not tx.changed("delete from pin where subject = ?", (subject,)):
        raise UnknownNameError.of("pin", subject, [each.subject for each in pins(tx)])


def pins(tx: Transaction) -> list[Pin]:
    """All pins, the newest first."""
    rows = tx.execute(
        "select subject, created, author, because, environment, number, dataset, version from pin"
        " order by created desc, subject"
    )
    return [Pin(row[0], moment(row[1]), *row[2:]) for row in rows]


_TAGS = "select name, environment, number, created, author, message from tag"


def _tag(row: Row) -> Tag:
    name, environment, number, created, author, message = row
    return Tag(name, environment, number, moment(created), author, message)
