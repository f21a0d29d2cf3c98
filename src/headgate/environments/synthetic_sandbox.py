"""A sandbox whose rows are made up from contracts, for where no data may leave."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from headgate.contracts.contract import Contract
from headgate.engines.engine import Engine, Frame
from headgate.engines.types import quoted
from headgate.environments import environment
from headgate.environments.declared import Declared
from headgate.environments.environment import Environment
from headgate.environments.made_up import physical
from headgate.environments.sandbox import require_free
from headgate.environments.synthetic import Columns, synthetic
from headgate.errors import DeclarationError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, Layout, write_version
from headgate.store import holdings, releases, sandboxes, versions
from headgate.store.manifest import Release, Version
from headgate.store.readers import Lease
from headgate.store.refs import HELD, VISIBLE
from headgate.store.sandboxes import Seen


class MadeUp(Struct, frozen=True):
    """What a person asks for: so many rows of each dataset that has a contract."""

    name: str
    base: str
    rows: int
    seed: str
    lifetime: timedelta | None = None


def synthetic_sandbox(
    tools: Tools, known: Declared, asked: MadeUp
) -> tuple[Environment, Release, dict[str, int]]:
    """The new environment, its first release, and how many rows each dataset has.

    Raises UsageError for a name that is taken, and DeclarationError for a source without a contract,
    and for a contract that no values can keep to.
    """
    with tools.ledger.snapshot() as tx:
        require_free(tx, asked.name)
        serving = releases.current(tx, asked.base)
    contracts = {n: one for n, one in known.contracts.items() if n in known.pipelines}
    _require_sources(known, contracts)
    made = synthetic(contracts, asked.rows, asked.seed)
    run, at = secrets.token_hex(4), tools.now()
    with Lease(tools.objects) as lease, claim(tools.ledger, f"sandbox@{asked.name}", run=run):
        kept: dict[str, Version] = {}
        for name, version in _written(tools, run, known, contracts, made):
            lease.require([version])
            kept[name] = version
        told = {"synthetic": True, "rows": asked.rows, "seed": asked.seed, "redacted": {}}
        expires = at + asked.lifetime if asked.lifetime else None
        number = serving.number if serving else 0
        begun = Environment(asked.name, asked.base, number, at, tools.user, True, expires, told)
        counts = {name: version.rows for name, version in kept.items()}
        draft = Release(
            asked.name, 0, {}, at, run, known.pipelines[next(iter(kept))],
            because="made up from contracts",
            metrics={f"rows({name})": float(count) for name, count in counts.items()},
            user=tools.user,
        )  # fmt: skip
        with tools.ledger.transaction(durable=True) as tx:
            require_free(tx, asked.name)
            for version in kept.values():
                versions.record(tx, version)
                holdings.adopt(tx, asked.name, version)
            ids = {name: version.id for name, version in kept.items()}
            release = sandboxes.begin(tx, draft, ids, _stands(known))
            environment.record(tx, begun)
            body: dict[str, Any] = {"release": release.name, **told}
            audit.record(tx, Act(at, tools.user, "sandbox", asked.name, begun.origin, body))
    return begun, release, counts


def _require_sources(known: Declared, contracts: Mapping[str, Contract]) -> None:
    sources = [name for name in known.pipelines if name not in known.inputs]
    if without := [name for name in sources if name not in contracts]:
        raise DeclarationError(
            f"{', '.join(without)} has no contract, so no row of it can be made up",
            None,
            f"write contracts/{without[0]}.yaml",
        )


def _stands(known: Declared) -> dict[str, Seen]:
    return {
        name: Seen(VISIBLE if name in known.published else HELD, pipeline)
        for name, pipeline in known.pipelines.items()
    }


def _written(
    tools: Tools,
    run: str,
    known: Declared,
    contracts: Mapping[str, Contract],
    made: Mapping[str, Columns],
) -> Iterator[tuple[str, Version]]:
    for name, columns in made.items():
        frame = as_frame(tools.engine, contracts[name], columns)
        sort_by = tuple(column for column in known.key(name) if column in columns)
        yield name, write_version(tools, run, name, frame, Draft(layout=Layout(sort_by)))[0]


def as_frame(engine: Engine, contract: Contract, columns: Columns) -> Frame:
    """Rows that were made up, as a frame of the types that their contract says."""
    told = ", ".join(
        f"cast(unnest(?) as {physical(contract.properties[name].type)}) as {quoted(name)}"
        for name in columns
    )
    start = engine.select("select 1 as one", {})
    return engine.gather(start, f"select {told} from data", list(columns.values()))  # noqa: S608 - names are quoted
