"""What a remote knows of releases, beside their objects: enough to have the same log elsewhere.

    headgate/environments/<environment>.json        the newest release that is there with its data,
                                                    0 while the first one is on its way; and what
                                                    the environment was made as, where it was
    headgate/releases/<environment>/<number>.json   a release and its pointers; never changed
    headgate/versions/ab/cdef....json               a version, named by the MD5 of these facts

Each file says its own digest, or is named by it; what does not fit is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from headgate.errors import StoreError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Transaction
from headgate.schema.schema import Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.store import holdings, releases, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import DIGEST

RELEASE, VERSION, NEWEST = (
    "headgate.pushed-release/1",
    "headgate.pushed-version/1",
    "headgate.pushed-newest/1",
)


class Pointer(Struct, frozen=True):
    """Where a release points for one dataset, and whose it is."""

    dataset: str
    version: str
    kind: str
    pipeline: str


class Pushed(Struct, frozen=True):
    """A release with its pointers. `facts` has the digest of what is said of each version."""

    release: Release
    pointers: tuple[Pointer, ...]
    facts: Mapping[str, str]
    """By `<dataset>@<version>`, the versions behind those that are pointed to included."""

    def is_same(self, other: Pushed) -> bool:
        """Whether both are one release; what is known of a version may have grown meanwhile.

        What was pushed before origins were says nothing of them, and differs from no origin.
        """
        told = self.release.origin and other.release.origin
        one, two = (each if told else _without_origin(each) for each in (self, other))
        return _text(_release_body(one)) == _text(_release_body(two))


class Newest(Struct, frozen=True):
    """The newest release of an environment that was pushed; 0 while the first push is not done."""

    number: int
    made: Mapping[str, Any] = {}
    """What is known of an environment that was made on purpose."""


def newest_key(environment: str) -> str:
    """Where the number of the newest release stands."""
    return f"headgate/environments/{environment}.json"


def release_key(environment: str, number: int) -> str:
    """Where the facts of a release are."""
    return f"headgate/releases/{environment}/{number}.json"


def version_key(digest: str) -> str:
    """Where the facts of a version are."""
    return f"headgate/versions/{digest[:2]}/{digest[2:]}.json"


# ------------------------------------------------------------------ out of the record


def pointers(tx: Transaction, environment: str, number: int) -> tuple[Pointer, ...]:
    """All pointers of a release."""
    rows = tx.execute(
        "select dataset, version, kind, pipeline from release_item where environment = ?"
        " and number = ? order by dataset",
        (environment, number),
    )
    return tuple(Pointer(*row) for row in rows)


def behind(tx: Transaction, environment: str, named: tuple[Pointer, ...]) -> list[Version]:
    """The versions that are pointed to, what they are left of, and the rows set aside of them."""
    waiting = [(pointer.dataset, pointer.version) for pointer in named]
    found: dict[tuple[str, str], Version] = {}
    while waiting:
        key = dataset, id_ = waiting.pop()
        if key in found or not id_:
            continue
        version = holdings.find(tx, environment, dataset, id_)
        if version is None:
            continue  # what once stood behind a version may be forgotten; the version itself is not
        found[key] = version
        waiting += [(dataset, version.whole), (versions.quarantine_of(dataset), version.aside)]
    return [found[key] for key in sorted(found)]


def pushed(tx: Transaction, environment: str, number: int) -> tuple[Pushed, list[Version]]:
    """A release of the record, with all versions behind it.

    Raises UnknownNameError where there is none of that number.
    """
    release = releases.exactly(tx, environment, number)
    named = pointers(tx, environment, number)
    found = behind(tx, environment, named)
    facts = {f"{v.dataset}@{v.id}": digest_of(version_text(v)) for v in found}
    return Pushed(release, named, facts), found


# ------------------------------------------------------------------ into the record


def record(tx: Transaction, told: Pushed) -> None:
    """The release in the record, as it was made elsewhere; its versions are recorded before."""
    release = told.release
    releases.insert(tx, release)
    for each in told.pointers:
        tx.execute(
            "insert into release_item (environment, number, dataset, version, kind, pipeline)"
            " values (?, ?, ?, ?, ?, ?)",
            (release.environment, release.number, *_row(each)),
        )


def serve(tx: Transaction, told: Pushed) -> None:
    """Moves all pointers of the environment to where the release has them."""
    environment = told.release.environment
    tx.execute("delete from ref where environment = ?", (environment,))
    for each in told.pointers:
        tx.execute(
            "insert into ref (environment, dataset, version, kind, pipeline)"
            " values (?, ?, ?, ?, ?)",
            (environment, *_row(each)),
        )


# ------------------------------------------------------------------ as JSON


def release_text(pushed: Pushed) -> bytes:
    """The facts of a release, with their own digest."""
    body = _release_body(pushed) | {"facts": dict(sorted(pushed.facts.items()))}
    return _text(body | {"digest": _seal(body)})


def release_of(text: bytes, where: str) -> Pushed:
    """The release in a text. Raises StoreError where the text is damaged."""
    body = _body(text, RELEASE, where)
    if body.pop("digest", None) != _seal(body):
        raise _damaged(where)
    try:
        facts = {str(key): str(value) for key, value in body["facts"].items()}
        named = tuple(Pointer(**pointer) for pointer in body["pointers"])
        release = _release(body["release"], named)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(where) from error
    return Pushed(release, named, facts)


def version_text(version: Version) -> bytes:
    """The facts of a version; `digest_of` gives their name."""
    return _text(
        {
            "schema": VERSION,
            "dataset": version.dataset,
            "id": version.id,
            "run": version.run,
            "created": stamp(version.created_at),
            "columns": version.schema.as_json(),
            "parts": [
                [p.digest, p.size, p.rows, p.path, list(p.unique), _statistics(p.statistics)]
                for p in version.parts
            ],
            "fingerprint": version.fingerprint,
            "inputs": dict(version.inputs),
            "code": dict(version.code),
            "unique": list(version.unique),
            "statistics": _statistics(version.statistics),
            "whole": version.whole,
            "aside": version.aside,
        }
    )


def version_of(text: bytes, digest: str, where: str) -> Version:
    """The version in a text of that digest. Raises StoreError where the text is damaged."""
    if digest_of(text) != digest:
        raise _damaged(where)
    body = _body(text, VERSION, where)
    try:
        version = Version(
            id=body["id"],
            dataset=body["dataset"],
            schema=Schema.from_json(body["columns"]),
            parts=tuple(_part(*part) for part in body["parts"]),
            created_at=moment(body["created"]),
            run=body["run"],
            fingerprint=body["fingerprint"],
            inputs=body["inputs"],
            code=body["code"],
            unique=tuple(body["unique"]),
            merged=_columns(body["statistics"]),
            whole=body["whole"],
            aside=body["aside"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(where) from error
    names = (version.id, *(part.digest for part in version.parts))
    inside = all(not part.path or versions.is_inside(part.path) for part in version.parts)
    if not inside or not all(DIGEST.fullmatch(str(name)) for name in names):
        raise _damaged(where)
    return version


def newest_text(newest: Newest) -> bytes:
    """That a release is the newest one."""
    made = {"made": dict(newest.made)} if newest.made else {}
    return _text({"schema": NEWEST, "number": newest.number, **made})


def newest_of(text: bytes, where: str) -> Newest:
    """The newest release. Raises StoreError where the text is damaged."""
    body = _body(text, NEWEST, where)
    number, made = body.get("number"), body.get("made", {})
    if not isinstance(number, int) or number < 0 or not isinstance(made, dict):
        raise _damaged(where)
    return Newest(number, made)


def digest_of(text: bytes) -> str:
    """The name of the facts of a version."""
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


# ------------------------------------------------------------------ inside


def _release_body(pushed: Pushed) -> dict[str, Any]:
    release = pushed.release
    return {
        "schema": RELEASE,
        "release": {
            "environment": release.environment,
            "number": release.number,
            "kind": release.kind,
            "pipeline": release.pipeline,
            "run": release.run,
            "published": stamp(release.published_at),
            "because": release.because,
            "code": release.code,
            "dirty": release.dirty,
            "verdicts": dict(release.verdicts),
            "metrics": dict(release.metrics),
            "user": release.user,
            "restores": release.restores,
            "only": release.only,
            # what an environment began from says whose rows it has
            **({"origin": release.origin} if release.origin else {}),
        },
        "pointers": [
            {"dataset": p.dataset, "version": p.version, "kind": p.kind, "pipeline": p.pipeline}
            for p in pushed.pointers
        ],
    }


def _without_origin(told: Pushed) -> Pushed:
    return replace(told, release=replace(told.release, origin=""))


def _row(pointer: Pointer) -> tuple[str, str, str, str]:
    return pointer.dataset, pointer.version, pointer.kind, pointer.pipeline


def _release(body: dict[str, Any], named: tuple[Pointer, ...]) -> Release:
    body["published_at"] = moment(body.pop("published"))
    release = Release(versions={}, **body)
    return replace(
        release,
        versions={p.dataset: p.version for p in named if p.kind == "visible"},
        inputs={p.dataset: p.version for p in named if p.kind != "visible"},
    )


def _part(
    digest: str, size: int, rows: int, path: str, unique: list[str], statistics: dict[str, Any]
) -> Part:
    return Part(digest, int(size), int(rows), _columns(statistics), path, tuple(unique))


def _statistics(statistics: Mapping[str, ColumnStatistics]) -> dict[str, Any]:
    return {name: column.as_json() for name, column in statistics.items()}


def _columns(body: Mapping[str, list[object]]) -> dict[str, ColumnStatistics]:
    return {name: ColumnStatistics.from_json(row) for name, row in body.items()}


def _text(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()


def _seal(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(body)).hexdigest()


def _body(text: bytes, schema: str, where: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise _damaged(where) from error
    if not isinstance(body, dict):
        raise _damaged(where)
    if (found := body.get("schema")) != schema:
        what = f"this was written by another Headgate: {found!r}, and not {schema!r}"
        raise StoreError(what, where, "upgrade Headgate here: pip install --upgrade headgate")
    return body


def _damaged(where: str) -> StoreError:
    hint = "push again from a machine that has the release; nothing was changed here"
    return StoreError("what the remote says of a release is damaged", where, hint)
