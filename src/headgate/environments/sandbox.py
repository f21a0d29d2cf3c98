"""Sandboxes: throw-away environments with a sample of a release, redacted where it has to be.

All of it is written aside and looked through before one transaction shows it. A sandbox in which a
raw value is left does not come to be.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct, field

from headgate.checks.conditions import columns_in
from headgate.environments import environment, life
from headgate.environments.changed import Pseudonyms, changed, pseudonyms
from headgate.environments.declared import Declared, followed
from headgate.environments.entity import Entity, entity_of
from headgate.environments.environment import Environment
from headgate.environments.lineage import LEFT, whose_rows
from headgate.environments.pseudonyms import Key
from headgate.environments.raw_values import leaks, require_none, unclassified
from headgate.environments.raw_values import told as leak_told
from headgate.environments.redact import Place, Redaction, redaction
from headgate.environments.rows import Rows
from headgate.environments.sample import Sample, Wanted, sample
from headgate.errors import DeclarationError, StoreError, UsageError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.observe.column import Personal
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, Layout, write_version
from headgate.schema.table import Table
from headgate.store import holdings, sandboxes, versions
from headgate.store.manifest import Release, Version
from headgate.store.readers import Lease


class Order(Struct, frozen=True):
    """What a person asks for. `entity` is what to sample by; without it, it is found.

    `demanded` says that the policy of the base asks for redaction, whatever the person says.
    """

    name: str
    wanted: Wanted = field(default_factory=Wanted)
    entity: Entity | None = None
    redact: bool = False
    demanded: bool = False
    lifetime: timedelta | None = None

    @property
    def redacts(self) -> bool:
        return self.redact or self.demanded


class Sandbox(Struct, frozen=True):
    """What came of it. `rows` are those of each dataset, before and after."""

    environment: Environment
    release: Release
    entity: Entity
    rows: Mapping[str, tuple[int, int]]
    gone: Mapping[str, int] = {}
    returned: Mapping[str, int] = {}
    warnings: tuple[str, ...] = ()


def sandbox(tools: Tools, known: Declared, base: Release, order: Order, key: Key | None) -> Sandbox:
    """A new environment with a sample of a release.

    Raises UsageError for a name that is taken, DeclarationError where contracts do not say what is
    needed, DataError where a raw value would be left, and then makes nothing.
    """
    with Lease(tools.objects) as lease:
        return _built(tools, known, base, order, key, lease)


def _built(
    tools: Tools, known: Declared, base: Release, order: Order, key: Key | None, lease: Lease
) -> Sandbox:
    """The sandbox. What it reads and writes stays in the store while it is not recorded yet."""
    with tools.ledger.snapshot() as tx:
        require_free(tx, order.name)
        held = dict(_held(tx, tools, base, known))
    lease.require(held.values())
    rows = Rows(tools.engine, {n: versions.table(tools.objects, v) for n, v in held.items()})
    columns = {name: table.schema.names for name, table in rows.tables.items()}
    keys = {name: known.key(name) for name in rows.tables}
    entity = order.entity or entity_of(rows.tables, followed(known, columns), keys)
    references = followed(known, columns, entity.itself)
    redacted = redaction(rows.tables, known, references) if order.redacts else Redaction()
    doubtful = _doubtful(tools, rows.tables, known, order, redacted)
    warnings = list(_warnings(rows.tables, known, order, doubtful))
    chosen = sample(rows, references, entity, order.wanted, keys)
    run = secrets.token_hex(4)
    with claim(tools.ledger, f"sandbox@{order.name}", run=run):
        made: dict[str, Version] = {}
        for name, version in _written(tools, run, rows, known, held, chosen, redacted, key):
            lease.require([version])
            made[name] = version
        after = {name: versions.table(tools.objects, version) for name, version in made.items()}
        found = list(leaks(tools.engine, rows.tables, after, redacted, known))
        require_none(leak for leak in found if leak.certain or order.demanded)
        warnings += [f"a copy, perhaps: {leak_told(leak)}" for leak in found]
        left = sorted({*doubtful, *(leak.at for leak in found)})
        told = {**_told(order, entity, chosen, redacted), LEFT: [".".join(each) for each in left]}
        begun = _begin(tools, run, base, order, made, told)
    counts = {name: (rows.tables[name].rows, version.rows) for name, version in made.items()}
    return Sandbox(*begun, entity, counts, chosen.gone, chosen.returned, tuple(warnings))


def require_free(tx: Transaction, name: str) -> None:
    """Raises UsageError for what cannot be the name of a new environment."""
    life.require_name(name)
    if life.exists(tx, name):
        own = environment.find(tx, name) is None
        hint = "take another name" if own else f"headgate env drop {name}, or take another name"
        raise UsageError(f"there is an environment named {name}", None, hint)
    life.require_apart(tx, name)


# ------------------------------------------------------------------ what is in it


def _held(
    tx: Transaction, tools: Tools, base: Release, known: Declared
) -> Iterator[tuple[str, Version]]:
    """The datasets that go in: what readers see, and the sources that a run needs."""
    for name, id_ in sorted(base.state.items()):
        if name not in base.versions and (name in known.inputs or name not in known.pipelines):
            continue  # a step whose result nobody sees: a run computes it
        version = holdings.find(tx, base.environment, name, id_)
        if version is None or not versions.present(tools.objects, version):
            raise StoreError(
                f"version {id_[:8]} of {name}, of {base.name}, is no longer in the store",
                None,
                "fetch it where it was pushed, or begin from a newer release",
            )
        yield name, version


def _doubtful(
    tools: Tools,
    tables: Mapping[str, Table],
    known: Declared,
    order: Order,
    redacted: Redaction,
) -> dict[Place, Personal]:
    """The columns that are likely personal, of which no contract says anything.

    Raises DeclarationError where the policy allows no doubt.
    """
    found = unclassified(tools.engine, tables, redacted, known) if order.redacts else {}
    if found and order.demanded:
        raise DeclarationError(
            f"columns are not classified that are likely personal: {'; '.join(_likely(found))}",
            None,
            "say classification: restricted of them in contracts/*.yaml, or public",
        )
    return found


def _warnings(
    tables: Mapping[str, Table],
    known: Declared,
    order: Order,
    doubtful: Mapping[Place, Personal],
) -> Iterator[str]:
    """What a person should know of."""
    for one in known.partial:
        yield f"{one} holds for some rows alone, and is not followed"
    if not order.redacts:
        open_ = redaction(tables, known, ()).rules if known.contracts else {}
        if open_:
            yield f"not redacted: {', '.join(map('.'.join, open_))}"
        return
    yield from (f"not classified, and not redacted: {one}" for one in _likely(doubtful))


def _likely(found: Mapping[Place, Personal]) -> list[str]:
    return [
        f"{'.'.join(place)}: likely {why.kind} ({why.evidence})" for place, why in found.items()
    ]


def _written(
    tools: Tools,
    run: str,
    rows: Rows,
    known: Declared,
    held: Mapping[str, Version],
    chosen: Sample,
    redacted: Redaction,
    key: Key | None,
) -> Iterator[tuple[str, Version]]:
    """The version of each dataset in the sandbox; that of the base where nothing is changed."""
    made = pseudonyms(rows, chosen.kept, redacted, key) if key else Pseudonyms()
    for name, version in held.items():
        rules, kept = redacted.of(name), chosen.kept[name]
        if not rules and kept is None:
            yield name, version
            continue
        frame = changed(rows, name, kept, rules, made)
        sort_by = tuple(column for column in known.key(name) if column in version.schema.names)
        # it names no files: a gate that looks for the lines of rows would read raw ones
        yield name, write_version(tools, run, name, frame, Draft(layout=Layout(sort_by)))[0]


# ------------------------------------------------------------------ in the record


def _told(order: Order, entity: Entity, chosen: Sample, redacted: Redaction) -> dict[str, Any]:
    """How it was made, without a value of the data: conditions are told by their columns."""
    wanted = order.wanted
    told: dict[str, Any] = {
        "entity": entity.dataset,
        "key": list(entity.columns),
        "share": round(chosen.share, 6),
        "seed": wanted.seed,
        "redacted": redacted.as_json(),
    }
    if wanted.rows is not None:
        told["rows"] = wanted.rows
    if wanted.where:
        told["where"] = {name: list(columns_in(one)) for name, one in wanted.where.items()}
    if wanted.stratify:
        told["stratify"] = wanted.stratify
    if wanted.keep_orphans:
        told["orphans"] = "kept"
    return told


def _begin(
    tools: Tools,
    run: str,
    base: Release,
    order: Order,
    made: Mapping[str, Version],
    told: Mapping[str, Any],
) -> tuple[Environment, Release]:
    at = tools.now()
    expires = at + order.lifetime if order.lifetime else None
    begun = Environment(
        order.name, base.environment, base.number, at, tools.user, True, expires, told
    )
    draft = Release(
        order.name,
        0,
        {},
        at,
        run,
        base.pipeline,
        because=f"a sample of {base.name}" + (", redacted" if told["redacted"] else ""),
        code=base.code,
        dirty=base.dirty,
        metrics={f"rows({name})": float(version.rows) for name, version in made.items()},
        user=tools.user,
        origin=base.name,
    )
    with tools.ledger.transaction(durable=True) as tx:
        require_free(tx, order.name)
        for version in made.values():
            versions.record(tx, version)
        ids = {name: version.id for name, version in made.items()}
        for version in made.values():
            holdings.adopt(tx, order.name, version)
        release = sandboxes.begin(tx, draft, ids, sandboxes.seen(tx, base))
        environment.record(tx, begun)
        body = {"release": release.name, **told, "expires": expires and expires.isoformat()}
        audit.record(tx, Act(at, tools.user, "sandbox", order.name, base.name, body))
    return begun, release


def is_demanded(tx: Transaction, base: Release, demanding: Mapping[str, bool]) -> bool:
    """Whether a sandbox of a release must be redacted: so says a policy of those whose rows it has.

    What was redacted already asks for nothing more.
    """
    return any(demanding.get(name) for name in (base.environment, *whose_rows(tx, base.name)))
