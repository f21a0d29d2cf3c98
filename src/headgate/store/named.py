"""The release that a person names: by its number, a tag, or a time."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.clock import end_of, told_moment
from headgate.ledger.ledger import Transaction
from headgate.store import marks, releases
from headgate.store.manifest import Release

At = int | str | datetime | date
"""A release number (`3`, `"3"`, `"prod@3"`), a tag, or a time."""


def release_at(tx: Transaction, environment: str, at: At | None) -> Release:
    """The release of an environment that `at` names; without it, the one that is served.

    Raises UnknownNameError where there is none, and UsageError for an `at` that names nothing, or a
    release of an environment that was dropped since.
    """
    number = number_in(environment, at)
    if at is None:
        told, release = "release yet", releases.current(tx, environment)
    elif number is not None:
        told, release = f"release {number}", releases.find(tx, environment, number)
    elif isinstance(at, str) and (tag := marks.find_tag(tx, at)):
        return _tagged(tx, environment, tag)
    else:
        time = _time(at, environment)
        told, release = f"release as of {time}", releases.as_of(tx, environment, time)
    if release is None:
        raise UnknownNameError(f"{environment} has no {told}", None, "headgate data log")
    return releases.require_there(tx, release)


def number_in(environment: str, at: object) -> int | None:
    """The number of a release of an environment where `at` names one: 3, "3" or "prod@3"."""
    if isinstance(at, str):
        where, _, number = at.rpartition("@")
        return number_of(number) if where in {"", environment} else None
    return at if isinstance(at, int) and not isinstance(at, bool) else None


def number_of(text: str) -> int | None:
    """The number that a text is, in digits from 0 to 9.

    Of more digits than any release has, the first are enough to find none.
    """
    return int(text[:20]) if text.isascii() and text.isdecimal() else None


def tagged(tx: Transaction, name: str) -> Release | None:
    """The release that a tag names, in any environment; None where it is no tag."""
    tag = marks.find_tag(tx, name)
    return releases.find(tx, tag.environment, tag.number) if tag else None


def _tagged(tx: Transaction, environment: str, tag: marks.Tag) -> Release:
    """Its release. Readers of one environment never get data of another by a tag."""
    if tag.environment != environment:
        what = f"{tag.name} is {tag.release}, and not of {environment}"
        raise UsageError(what, None, f"--env {tag.environment}, or environment={tag.environment!r}")
    release = releases.find(tx, tag.environment, tag.number)
    assert release is not None  # the record keeps every release that a tag names
    return releases.require_there(tx, release)


def _time(at: object, environment: str) -> datetime:
    match at:
        case datetime():
            return at
        case date():
            return end_of(at)
        case str():
            with suppress(ValueError):
                return told_moment(at)
    hint = f'say a release, 3 or "{environment}@3", a tag, or a time, "2026-11-20 09:44:57"'
    raise UsageError(f"at={at!r} is no release, no tag and no time", None, hint)
