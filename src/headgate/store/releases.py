"""Releases: what readers of an environment see, moved for all datasets at once or for none.

A release is the full state of its environment. Publishing, promoting, rolling back and branching
append one; none is ever changed. The caller gives the transaction, so that its own records, its
fence and the release take effect together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from headgate.errors import BusyError, StoreError, UnknownNameError, UsageError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction
from headgate.ledger.pieces import pieces
from headgate.store.manifest import JOINED, Release

PUBLISH, ROLLBACK, PROMOTE = "publish", "rollback", "promote"
BRANCH, REFRESH = "branch", "refresh"
VISIBLE, HELD = "visible", "held"
NEWEST = 2**31 - 1
"""A number that no release reaches."""


def publish(tx: Transaction, draft: Release, *, expected: int | None = None) -> Release:
    """The release of a draft, which is its pipeline's part of it and has no number yet.

    Readers see the draft's `versions`; they and its `inputs` name everything the pipeline has: a
    dataset it published before and does not name now leaves the release. Other pipelines'
    datasets stay as they are, and one that readers see stays visible when it is only an input
    here. `expected` is the number of the release that the run began from, 0 where there was none;
    without it, whatever stands is built upon, which is right for a caller that compared the
    pointers in this transaction.

    Raises BusyError when another release came between, StoreError for an unrecorded version.
    """
    number = next_number(tx, draft.environment, expected)
    _point(tx, draft)
    return append(tx, replace(draft, number=number, kind=PUBLISH))


def promote(tx: Transaction, drafts: Sequence[Release]) -> Release:
    """One release of the drafts of several pipelines, whose versions another environment made.

    Raises StoreError for an unrecorded version.
    """
    first = drafts[0]
    for draft in drafts:
        _point(tx, draft)
    together = replace(
        first,
        number=next_number(tx, first.environment, None),
        kind=PROMOTE,
        pipeline=JOINED.join(draft.pipeline for draft in drafts),
        verdicts={gate: word for draft in drafts for gate, word in draft.verdicts.items()},
        metrics={name: value for draft in drafts for name, value in draft.metrics.items()},
    )
    return append(tx, together)


def _point(tx: Transaction, draft: Release) -> None:
    """Moves the pointers of the draft's pipeline to its versions."""
    environment, pipeline = draft.environment, draft.pipeline
    versions, inputs = draft.versions, draft.inputs
    _require_recorded(tx, [*versions.items(), *inputs.items()])
    let_go(
        tx, environment, [name for name in shown(tx, environment, pipeline) if name not in versions]
    )
    # a dataset that another pipeline shows to readers is not this one's to hide
    hidden = [
        (environment, dataset, version, HELD, pipeline)
        for dataset, version in inputs.items()
        if dataset not in versions
    ]
    for marks, values in pieces(hidden):
        tx.execute(f"{_MOVE.format(marks)} where ref.kind <> 'visible'", values)
    moved = [(environment, dataset, each, VISIBLE, pipeline) for dataset, each in versions.items()]
    for marks, values in pieces(moved):
        tx.execute(_MOVE.format(marks), values)


def let_go(tx: Transaction, environment: str, datasets: Sequence[str]) -> None:
    """Takes the pointers of these datasets away."""
    for marks, values in pieces([(dataset,) for dataset in datasets]):
        tx.execute(
            f"delete from ref where environment = ? and dataset in (values {marks})",  # noqa: S608 - marks alone
            (environment, *values),
        )


def rollback(
    tx: Transaction,
    *,
    environment: str,
    run: str,
    to: int | None,
    dataset: str | None,
    user: str,
    at: datetime,
    because: str,
) -> Release:
    """A new release in which everything, or one dataset, is again as in release `to`.

    Without `to`: the newest earlier state that differs from what is served; a second call goes
    one further back. The code, verdicts and metrics are those of the release brought back.

    Raises UsageError where there is nothing to go back to, or nothing would change, and
    UnknownNameError for a release or dataset that is not there.
    """
    serving = current(tx, environment)
    if serving is None:
        raise UsageError(f"{environment} has no release yet", None, "publish one: headgate run")
    if dataset is not None and dataset not in serving.state:
        raise UnknownNameError.of("dataset", dataset, serving.state, serving.name)
    target = _earlier(tx, serving, dataset) if to is None else _reachable(tx, environment, to)
    if dataset is not None and dataset not in target.state:
        raise UnknownNameError(f"{target.name} has no dataset named {dataset!r}")
    if _seen(target, dataset) == _seen(serving, dataset):
        raise UsageError(f"{serving.name} already serves what {target.name} did")
    tx.execute(
        "delete from ref where environment = ? and (? is null or dataset = ?)",
        (environment, dataset, dataset),
    )
    tx.execute(
        "insert into ref (environment, dataset, version, kind, pipeline) select environment,"
        " dataset, version, kind, pipeline from release_item where environment = ?"
        " and number = ? and (? is null or dataset = ?)",
        (environment, target.number, dataset, dataset),
    )
    release = Release(
        environment, serving.number + 1, {}, at, run, serving.pipeline, ROLLBACK, because,
        target.code, target.dirty, {}, target.verdicts, target.metrics, user, target.number,
        dataset,
    )  # fmt: skip
    return append(tx, release)


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


def held(tx: Transaction, environment: str) -> dict[str, str]:
    """The version of every dataset of an environment, those that readers do not see too."""
    rows = tx.execute("select dataset, version from ref where environment = ?", (environment,))
    return dict(rows)


def shown(tx: Transaction, environment: str, pipeline: str) -> list[str]:
    """The datasets of a pipeline that readers see now."""
    rows = tx.execute(
        "select dataset from ref where environment = ? and pipeline = ? and kind = ?"
        " order by dataset",
        (environment, pipeline, VISIBLE),
    )
    return [dataset for (dataset,) in rows]


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


def firsts(tx: Transaction, environment: str, dataset: str) -> list[int]:
    """The numbers of the releases that brought a version of a dataset for the first time.

    Newest first. Every version that the environment has held is in exactly one of them; what one of
    its name held that was dropped is in none.
    """
    rows = tx.execute(
        "select min(number) as first from release_item where environment = ? and dataset = ?"
        " and number >= ? group by version order by first desc",
        (environment, dataset, begun(tx, environment)),
    )
    return [number for (number,) in rows]


def holders(tx: Transaction, dataset: str, version: str) -> tuple[str, ...]:
    """The environments that are there and have held a version, by name."""
    rows = tx.execute(
        "select environment, max(number) from release_item where dataset = ? and version = ?"
        " and environment in (select environment from ref) group by environment"
        " order by environment",
        (dataset, version),
    )
    return tuple(name for name, number in rows if number >= begun(tx, name))


def having(tx: Transaction, dataset: str, version: str) -> list[tuple[str, int]]:
    """The releases that have a version, readers see it or not: environment and number of each."""
    rows = tx.execute(
        "select environment, number from release_item where dataset = ? and version = ?"
        " order by environment, number",
        (dataset, version),
    )
    return [(environment, number) for environment, number in rows]


def of_code(tx: Transaction, environment: str, start: str) -> list[Release]:
    """The environment's releases whose code is a commit that begins so, newest first."""
    rows = tx.execute(
        f"{_SELECT} where environment = ? and substr(code, 1, ?) = ? and number >= ?"
        " order by number desc",
        (environment, len(start), start, begun(tx, environment)),
    )
    return [_release(tx, row) for row in rows]


def before(tx: Transaction, environment: str, dataset: str, version: str) -> str | None:
    """The version that a published one took the place of; None where it was the first.

    A rollback brings a version back and publishes none, so it does not count. What came with a
    branch took its place in the environment that it is from.
    """
    rows = tx.execute(
        "select moves.before, release.kind, release.origin from (select number, version,"
        " lag(version) over (order by number) as before from release_item where environment = ?"
        " and dataset = ?) as moves"
        " join release on release.environment = ? and release.number = moves.number"
        " where moves.version = ? and release.kind <> ? and (moves.before is null"
        " or moves.before <> moves.version or release.kind = ?)"
        " order by moves.number desc limit 1",
        (environment, dataset, environment, version, ROLLBACK, BRANCH),
    )
    if not rows:
        return None
    earlier, kind, origin = rows[0]
    if kind in {BRANCH, REFRESH}:
        return before(tx, origin.rpartition("@")[0], dataset, version)
    return str(earlier) if earlier is not None else None


def undone(
    tx: Transaction, environment: str, pipeline: str | None = None
) -> list[Mapping[str, str]]:
    """What readers saw in releases that a rollback took back, while the rollback stands.

    A later publish or promotion ends it, and so does a refresh; with a pipeline, only one of that
    pipeline does, and only its own datasets are given.
    """
    taken: dict[int, Mapping[str, str]] = {}
    serving = release = current(tx, environment)
    while release is not None and (release.kind == ROLLBACK or pipeline is not None):
        if release.kind in {BRANCH, REFRESH}:
            break
        if release.kind in {PUBLISH, PROMOTE} and pipeline in release.pipelines:
            break
        if release.restores is not None:
            for number in range(release.restores + 1, release.number):
                other = exactly(tx, environment, number)
                if other.kind != ROLLBACK and number not in taken:
                    taken[number] = _own(tx, other, pipeline)
        whole = release.restores if release.only is None else None
        release = find(tx, environment, release.number - 1 if whole is None else whole)
    if serving is None or not taken:
        return []
    now = _own(tx, serving, pipeline)
    return [taken[number] for number in sorted(taken, reverse=True) if taken[number] != now]


# ------------------------------------------------------------------ inside

_MOVE = (
    "insert into ref (environment, dataset, version, kind, pipeline) values {}"
    " on conflict (environment, dataset) do update set version = excluded.version,"
    " kind = excluded.kind, pipeline = excluded.pipeline"
)

_SELECT = (
    "select environment, number, kind, pipeline, run, published, because, code, dirty, verdicts,"
    ' metrics, author, restores, "only", origin from release'
)


def next_number(tx: Transaction, environment: str, expected: int | None) -> int:
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


def _require_recorded(tx: Transaction, moves: Iterable[tuple[str, str]]) -> None:
    wanted, known = dict.fromkeys(moves), set()
    for marks, values in pieces(list(wanted)):
        known |= set(
            tx.execute(
                f"select dataset, id from version where (dataset, id) in (values {marks})",  # noqa: S608 - marks alone
                values,
            )
        )
    for dataset, version in wanted:
        if (dataset, version) not in known:
            raise StoreError(f"version {version} of {dataset} was never recorded")


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


def _reachable(tx: Transaction, environment: str, number: int) -> Release:
    """The release of that number, to go back to."""
    release, first = exactly(tx, environment, number), begun(tx, environment)
    if number < first:
        raise UsageError(
            f"{release.name} is of an environment that was dropped since",
            None,
            f"go back to {environment}@{first} or a later one: headgate data log",
        )
    return release


def _earlier(tx: Transaction, serving: Release, dataset: str | None) -> Release:
    """The newest state before the one that is served, through rollbacks to where they went."""
    release = serving
    while release.kind == ROLLBACK and release.only in (None, dataset):
        assert release.restores is not None
        release = exactly(tx, release.environment, release.restores)
    for number in range(release.number - 1, begun(tx, release.environment) - 1, -1):
        candidate = exactly(tx, serving.environment, number)
        if _seen(candidate, dataset) not in (_seen(serving, dataset), None):
            return candidate
    what = f"{serving.environment} has no earlier state to go back to"
    raise UsageError(what, None, "name a release of headgate data log: --release N")


def _seen(release: Release, dataset: str | None) -> Mapping[str, str] | str | None:
    """What a rollback would compare: all pointers, or that of one dataset."""
    return release.state if dataset is None else release.state.get(dataset)


def _own(tx: Transaction, release: Release, pipeline: str | None) -> Mapping[str, str]:
    """What readers saw in a release, of one pipeline or of all."""
    if pipeline is None:
        return release.versions
    rows = tx.execute(
        "select dataset, version from release_item where environment = ? and number = ?"
        " and pipeline = ? and kind = ?",
        (release.environment, release.number, pipeline, VISIBLE),
    )
    return dict(rows)


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
