"""Releases: what readers of an environment see, moved for all datasets at once or for none.

A release is the full state of its environment. Publishing, promoting, rolling back and branching
append one; none is ever changed. The caller gives the transaction, so that its own records, its
fence and the release take effect together.
"""

from __future__ import annotations

import json
from datetime import datetime

from headgate.errors import BusyError, UnknownNameError, UsageError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction
from headgate.store.manifest import JOINED, Release
from headgate.store.refs import VISIBLE

PUBLISH, ROLLBACK, PROMOTE = "publish", "rollback", "promote"
BRANCH, REFRESH = "branch", "refresh"
NEWEST = 2**31 - 1
"""A number that no release reaches."""

_SELECT = (
    "select environment, number, kind, pipeline, run, published, because, code, dirty, verdicts,"
    ' metrics, author, restores, "only", origin from release'
)


# ------------------------------------------------------------------ reading


def current(tx: Transaction, environment: str) -> Release | None:
    """What readers see now; nothing where the environment was dropped."""
    where = (
        "environment = ? and exists (select 1 from ref where ref.environment = release.environment)"
        " order by number desc limit 1"
    )
    return _one(tx, where, environment)


def find(tx: Transaction, environment: str, number: int) -> Release | None:
    """The release of that number, if there is one."""
    if number > NEWEST:
        return None  # databases do not take every number that a person may write
    return _one(tx, "environment = ? and number = ?", environment, number)


def exactly(tx: Transaction, environment: str, number: int) -> Release:
    """The release of that number. Raises UnknownNameError where there is none."""
    release = find(tx, environment, number)
    if release is None:
        what = f"no release named {environment}@{number}"
        raise UnknownNameError(what, None, "headgate data log shows those that there are")
    return release


def require_there(tx: Transaction, release: Release) -> Release:
    """The release, of an environment that is there. Raises UsageError where that was dropped since.

    Another environment may have the name by now, and other people may read it.
    """
    if release.number >= begun(tx, release.environment) and current(tx, release.environment):
        return release
    raise UsageError(
        f"{release.name} is of an environment that was dropped",
        None,
        "its rows are read in the environment that they came from: headgate data log --json",
    )


def as_of(tx: Transaction, environment: str, at: datetime) -> Release | None:
    """What readers saw at a moment. Raises UsageError for a time without a time zone."""
    if at.tzinfo is None:
        hint = "for example datetime(2026, 1, 31, tzinfo=UTC)"
        raise UsageError(f"{at} has no time zone", None, hint)
    where = "environment = ? and published <= ? order by number desc limit 1"
    return _one(tx, where, environment, stamp(at))


def published_by(tx: Transaction, environment: str, pipeline: str) -> Release | None:
    """The newest release that a run of the pipeline published, or that a promotion of it made.

    What an environment began with is published elsewhere, so a dropped one of its name is no part
    of this one.
    """
    where = (
        "environment = ? and pipeline = ? and kind = ? and number >= ? order by number desc limit 1"
    )
    first = begun(tx, environment)
    found = _one(tx, where, environment, pipeline, PUBLISH, first)
    promoted = tx.execute(
        "select number, pipeline from release where environment = ? and kind = ? and number > ?"
        " order by number desc",
        (environment, PROMOTE, found.number if found else first),
    )
    own = [number for number, names in promoted if pipeline in names.split(JOINED)]
    return find(tx, environment, own[0]) if own else found


def log(
    tx: Transaction, environment: str, dataset: str | None = None, limit: int = 20
) -> list[Release]:
    """Releases, newest first; with a dataset, those that moved it."""
    if dataset is None:
        rows = tx.execute(
            f"{_SELECT} where environment = ? order by number desc limit ?", (environment, limit)
        )
        return [_release(tx, row) for row in rows]
    moved = tx.execute(
        "select number from (select number, version, lag(version) over (order by number) as before"
        " from release_item where environment = ? and dataset = ?) as moves"
        " where before is null or before <> version order by number desc limit ?",
        (environment, dataset, limit),
    )
    return [exactly(tx, environment, number) for (number,) in moved]


def begun(tx: Transaction, environment: str, by: int = NEWEST) -> int:
    """The number of the release that the environment began with; what is before it was dropped.

    `by` is the release whose environment is meant, where one of that name was dropped since.
    """
    ((number,),) = tx.execute(
        "select max(number) from release where environment = ? and kind = ? and number <= ?",
        (environment, BRANCH, by),
    )
    return int(number or 1)


def origins(tx: Transaction, environment: str, first: int, last: int) -> list[str]:
    """The releases of other environments whose versions came with releases `first` to `last`."""
    rows = tx.execute(
        "select distinct origin from release where environment = ? and number >= ? and number <= ?"
        " and origin <> '' order by origin",
        (environment, first, last),
    )
    return [origin for (origin,) in rows]


def of_code(tx: Transaction, environment: str, start: str) -> list[Release]:
    """The environment's releases whose code is a commit that begins so, newest first."""
    rows = tx.execute(
        f"{_SELECT} where environment = ? and substr(code, 1, ?) = ? and number >= ?"
        " order by number desc",
        (environment, len(start), start, begun(tx, environment)),
    )
    return [_release(tx, row) for row in rows]


# ------------------------------------------------------------------ writing


def next_number(tx: Transaction, environment: str, expected: int | None) -> int:
    """The number of the next release. Raises BusyError where `expected` is not the newest one."""
    ((newest,),) = tx.execute(
        "select max(number) from release where environment = ?", (environment,)
    )
    number = newest or 0
    if expected is not None and number != expected:
        began, stands = (f"{environment}@{n}" if n else "no release" for n in (expected, number))
        raise BusyError(
            f"{environment} moved from {began} to {stands} while this run was at work",
            None,
            "nothing was published; run again, from the new release",
        )
    return int(number) + 1


def insert(tx: Transaction, release: Release) -> None:
    """Writes what is said of a release; its pointers are the caller's."""
    tx.execute(
        "insert into release (environment, number, kind, pipeline, run, published, because, code,"
        ' dirty, verdicts, metrics, author, restores, "only", origin)'
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            release.environment,
            release.number,
            release.kind,
            release.pipeline,
            release.run,
            stamp(release.published_at),
            release.because,
            release.code,
            int(release.dirty),
            json.dumps(dict(release.verdicts)),
            json.dumps(dict(release.metrics)),
            release.user,
            release.restores,
            release.only,
            release.origin,
        ),
    )


def append(tx: Transaction, release: Release) -> Release:
    """Writes the release, with all pointers as they stand now, and gives it as it was written."""
    insert(tx, release)
    tx.execute(
        "insert into release_item (environment, number, dataset, version, kind, pipeline)"
        " select environment, ?, dataset, version, kind, pipeline from ref where environment = ?",
        (release.number, release.environment),
    )
    return exactly(tx, release.environment, release.number)


def _one(tx: Transaction, where: str, *parameters: object) -> Release | None:
    rows = tx.execute(f"{_SELECT} where {where}", parameters)
    return _release(tx, rows[0]) if rows else None


def _release(tx: Transaction, row: Row) -> Release:
    environment, number, kind, pipeline, run, published, because, code, dirty, *rest = row
    verdicts, metrics, author, restores, only, origin = rest
    versions: dict[str, str] = {}
    inputs: dict[str, str] = {}
    for dataset, version, seen in tx.execute(
        "select dataset, version, kind from release_item where environment = ? and number = ?"
        " order by dataset",
        (environment, number),
    ):
        (versions if seen == VISIBLE else inputs)[dataset] = version
    return Release(
        environment=environment,
        number=number,
        versions=versions,
        published_at=moment(published),
        run=run,
        pipeline=pipeline,
        kind=kind,
        because=because,
        code=code,
        dirty=bool(dirty),
        inputs=inputs,
        verdicts=json.loads(verdicts),
        metrics=json.loads(metrics),
        user=author,
        restores=restores,
        only=only,
        origin=origin,
    )
