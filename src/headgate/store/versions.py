"""The versions of each dataset, as the ledger remembers them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headgate.errors import StoreError, UnknownNameError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Row, Transaction
from headgate.ledger.pieces import pieces
from headgate.schema.schema import Schema
from headgate.schema.statistics import Encoded, encoded
from headgate.schema.table import Table, TablePart
from headgate.store import parts
from headgate.store.manifest import Part, Version
from headgate.store.objects import Objects


def record(tx: Transaction, version: Version) -> None:
    """Remembers a version, and that its fingerprint made it.

    A version that is known stays as it was first recorded; `holdings` tells how each environment
    knows it. Where other code gave the same bytes, `by_fingerprint` finds it by both.
    """
    parts.remember(tx, version.parts)
    inputs, code = json.dumps(dict(version.inputs)), json.dumps(dict(version.code))
    tx.execute(
        "insert into version (dataset, id, run, created, columns, parts, fingerprint, inputs, code,"
        " unique_key, statistics, whole, aside) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (dataset, id) do nothing",
        (
            version.dataset,
            version.id,
            version.run,
            stamp(version.created_at),
            json.dumps(version.schema.as_json()),
            json.dumps([(part.digest, part.path) for part in version.parts]),
            version.fingerprint,
            inputs,
            code,
            json.dumps(version.unique),
            encoded(version.statistics),
            version.whole,
            version.aside,
        ),
    )
    if version.fingerprint:
        tx.execute(
            "insert into making (dataset, fingerprint, version, inputs, code, aside)"
            " values (?, ?, ?, ?, ?, ?) on conflict (dataset, fingerprint) do update set"
            " version = excluded.version, inputs = excluded.inputs, code = excluded.code,"
            " aside = excluded.aside",
            (version.dataset, version.fingerprint, version.id, inputs, code, version.aside),
        )


def find(tx: Transaction, dataset: str, id: str) -> Version | None:  # noqa: A002 - its own name
    """The version of that id, if there is one."""
    found = _versions(tx, tx.execute(f"{_SELECT} where dataset = ? and id = ?", (dataset, id)))
    return found[0] if found else None


def find_each(tx: Transaction, state: Mapping[str, str]) -> dict[str, Version]:
    """The version of each dataset, by their ids, as far as they are known."""
    rows: list[Row] = []
    for marks, values in pieces(list(state.items())):
        rows += tx.execute(f"{_SELECT} where (dataset, id) in (values {marks})", values)
    return {version.dataset: version for version in _versions(tx, rows)}


def of_id(tx: Transaction, id: str) -> list[Version]:  # noqa: A002
    """The versions of that id: one of each dataset that ever was these bytes."""
    return _versions(tx, tx.execute(f"{_SELECT} where id = ?", (id,)))


def quarantined(tx: Transaction, version: Version) -> Version | None:
    """The rows that are set aside beside a version, if there are any."""
    return find(tx, quarantine_of(version.dataset), version.aside) if version.aside else None


def quarantine_of(dataset: str) -> str:
    """The name under which the rows are kept that broke a rule of a dataset."""
    return f"_quarantine/{dataset}"


def by_fingerprint(tx: Transaction, dataset: str, fingerprint: str) -> Version | None:
    """The newest version that a step of that fingerprint made, with the inputs it made it from.

    Its object may be gone: ask `present` before it is used again.
    """
    rows = tx.execute(
        "select version, inputs, code, aside from making where dataset = ? and fingerprint = ?",
        (dataset, fingerprint),
    )
    if not rows:
        return None
    made, inputs, code, aside = rows[0]
    version = find(tx, dataset, made)
    assert version is not None  # the ledger keeps every version that a making names
    return replace(
        version,
        fingerprint=fingerprint,
        inputs=json.loads(inputs),
        code=json.loads(code),
        whole="",
        aside=aside,
    )


def every(tx: Transaction) -> list[Version]:
    """All versions of all datasets, oldest first; quarantined rows are among them."""
    return _versions(tx, tx.execute(f"{_SELECT} order by number"))


def datasets(tx: Transaction) -> set[str]:
    """The datasets that have a version; quarantined rows are none."""
    rows = tx.execute("select distinct dataset from version")
    return {name for (name,) in rows if not name.startswith("_")}


def datasets_of(tx: Transaction, id: str) -> list[str]:  # noqa: A002 - its own name
    """The datasets that have a version of that id, by name; quarantined rows are none."""
    rows = tx.execute("select dataset from version where id = ? order by dataset", (id,))
    return [name for (name,) in rows if not name.startswith("_")]


def resolve(tx: Transaction, dataset: str, prefix: str) -> Version:
    """The version of a dataset whose id begins so.

    Raises UnknownNameError where there is none, or more than one.
    """
    rows = tx.execute(
        f"{_SELECT} where dataset = ? and substr(id, 1, ?) = ? order by number desc limit 6",
        (dataset, len(prefix), prefix),
    )
    if len(rows) == 1:
        return _versions(tx, rows)[0]
    if rows:
        among = ", ".join(row[1] for row in rows[:5])
        raise UnknownNameError(
            f"more than one version of {dataset} begins with {prefix!r}", None, f"say {among}"
        )
    known = tx.execute(
        "select id from version where dataset = ? order by number desc limit 12", (dataset,)
    )
    raise UnknownNameError.of(f"version of {dataset}", prefix, [row[0] for row in known])


def present(objects: Objects, version: Version) -> bool:
    """Whether every object of the version is in the store, at its full size."""
    return not objects.lacking(wanted(version))


def wanted_of(found: Sequence[Version]) -> dict[str, int | None]:
    """The objects of several versions."""
    objects: dict[str, int | None] = {}
    for version in found:
        objects |= wanted(version)
    return objects


def wanted(version: Version) -> dict[str, int | None]:
    """The objects of a version, each with its bytes where they are known."""
    found: dict[str, int | None] = {part.digest: part.size for part in version.parts}
    return found | ({version.id: None} if version.id.endswith(".dir") else {})


def table(objects: Objects, version: Version) -> Table:
    """The version as a table that engines read; what is not here of it is brought."""
    objects.bring({part.digest: part.size for part in version.parts})
    files = tuple(
        TablePart(part.digest, objects.path(part.digest), part.rows, part.statistics, part.unique)
        for part in version.parts
    )
    return Table(
        version.dataset,
        tuple(file.path for file in files),
        version.schema,
        version.rows,
        version.statistics,
        files[0].unique if len(files) == 1 else version.unique,
        files,
    )


def gather(objects: Objects, run: str, files: Sequence[Part]) -> str:
    """The id of the version that these parts make; several parts are listed in an object.

    Raises StoreError for a part whose path leads out of its folder.
    """
    if len(files) == 1 and not files[0].path:
        return files[0].digest
    listing = sorted(({"md5": p.digest, "relpath": p.path} for p in files), key=_relpath)
    paths = [entry["relpath"] for entry in listing]
    for path in paths:
        if not is_inside(path):
            raise StoreError(f"{path!r} cannot be the path of a part")
    if not files or len(set(paths)) < len(paths):
        raise StoreError("a version needs parts, each at a path of its own")
    return objects.keep_listing(json.dumps(listing, sort_keys=True).encode(), run).digest


def is_inside(path: str) -> bool:
    """Whether a relative path stays in the folder it starts from."""
    names = path.split("/")
    return path[:1] != "/" and ".." not in names and any(name not in {"", "."} for name in names)


_SELECT = (
    "select dataset, id, run, created, columns, parts, fingerprint, inputs, code, unique_key,"
    " statistics, whole, aside from version"
)


_PARTS = 5  # the place of the list of parts among these columns


def _relpath(entry: Mapping[str, str]) -> str:
    return entry["relpath"]


def _versions(tx: Transaction, rows: Sequence[Row]) -> list[Version]:
    listed = [json.loads(row[_PARTS]) for row in rows]
    both = zip(rows, parts.known(tx, listed), strict=True)
    return [_version(row, those) for row, those in both]


def _version(row: Row, listed: tuple[Part, ...]) -> Version:
    dataset, version, run, created, columns, _, fingerprint, inputs, code, *more = row
    unique, known, whole, aside = more
    return Version(
        id=version,
        dataset=dataset,
        schema=Schema.from_json(json.loads(columns)),
        parts=listed,
        created_at=moment(created),
        run=run,
        fingerprint=fingerprint,
        inputs=json.loads(inputs),
        code=json.loads(code),
        unique=tuple(json.loads(unique)),
        merged=None if known is None else Encoded(known),
        whole=whole,
        aside=aside,
    )
