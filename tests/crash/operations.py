"""Everything that changes what readers see or what is kept, and the borders at which it may die."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.crash.ground import (
    Prepare,
    aged,
    called,
    changed,
    cloned,
    contracted,
    delivered,
    forgotten,
)

SQLITE, POSTGRES = "sqlite", "postgres"
BOTH = [SQLITE, pytest.param(POSTGRES, marks=pytest.mark.integration)]
"""Both databases for a test, of which the slower one is for the whole matrix."""


@dataclass(frozen=True)
class Operation:
    """A command, what it begins with, and what has come of it in the end.

    A border is `module:function`, and `#3` after it means the third call. Readers see the number
    `before`, then `after`, and nothing else.
    """

    name: str
    words: tuple[str, ...]
    prepare: Sequence[Prepare]
    borders: Sequence[str]
    before: int
    after: int
    release: int
    """The number of the release that is served in the end."""
    again: tuple[int, ...] = (0,)
    """How the command may end when it is called once more."""
    environments: tuple[str, ...] = ("prod",)
    """Where readers look."""
    only: str = ""
    """The one database that it is for."""
    is_first: bool = False
    """Whether it is the first to open the record: then readers come while it is stopped."""


def _publishing() -> list[str]:
    return [
        "headgate.runs.publish:pass_publish_gate",
        "headgate.runs.publish:_move",
        "headgate.runs.publish:require_unmoved",
        "headgate.store.publishing:publish",
        "headgate.store.releases:append",
        "headgate.store.holdings:adopt",
        "headgate.runs.publish:_published",
    ]


RUN = Operation(
    "run",
    ("run",),
    [delivered(2)],
    [
        "headgate.runs.execute:begin",
        "headgate.runs.execute:plan",
        "headgate.runs.execute:say_started",
        "headgate.runs.stages:_ingest",
        "headgate.runs.stages:_judge_delivery",
        "headgate.runs.stages:result",
        "headgate.store.objects:Objects.keep",
        "headgate.store.objects:Objects.keep#3",
        "headgate.store.objects:Objects._settle#2",
        "headgate.store.objects:Objects.keep_listing",
        "headgate.store.versions:record",
        "headgate.runs.going:Going.record",
        "headgate.runs.going:Going.record#2",
        "headgate.runs.judging:_record",
        "headgate.runs.outputs:refresh",
        "headgate.store.checkout:_place",
        "headgate.store.checkout:_put#2",
        "headgate.store.checkout:_note",
        "headgate.store.dvc:write_pointer",
        "headgate.runs.execute:pay_triggers",
        "headgate.runs.execute:close",
        "headgate.runs.claim:_give_back",
    ],
    before=1,
    after=2,
    release=2,
)
PUBLISH = Operation("publish", ("run",), [delivered(2)], _publishing(), 1, 2, 2)
PROMOTE = Operation(
    "promote",
    ("env", "promote", "dev", "prod"),
    [called("env", "create", "dev"), changed, called("run", "--env", "dev")],
    [
        "headgate.runs.execute:begin",
        "headgate.runs.transfer:planned",
        "headgate.runs.judging:_record",
        "headgate.runs.publish:require_unmoved",
        "headgate.runs.transfer:_move",
        "headgate.store.publishing:promote",
        "headgate.store.releases:append",
        "headgate.store.holdings:adopt",
        "headgate.environments.promotion:finish",
        "headgate.ledger.audit:record",
        "headgate.runs.outputs:refresh",
        "headgate.store.checkout:_note",
        "headgate.runs.execute:pay_triggers",
        "headgate.runs.execute:close",
    ],
    before=1,
    after=2,
    release=2,
    environments=("prod", "dev"),
)
CREATE = Operation(
    "env create",
    ("env", "create", "play"),
    [],
    [
        "headgate.store.branches:branch",
        "headgate.store.releases:append",
        "headgate.environments.environment:record",
        "headgate.ledger.audit:record",
    ],
    before=1,
    after=1,
    release=1,
    again=(0, 2),
    environments=("prod", "play"),
)
ROLLBACK = Operation(
    "rollback",
    ("data", "rollback", "--release", "1"),
    [delivered(2), called("run")],
    [
        "headgate.runs.claim_all:claim_all",
        "headgate.store.rollbacks:rollback",
        "headgate.store.releases:append",
        "headgate.store.readers:Lease.require",
        "headgate.ledger.audit:record",
        "headgate.workspace.links:link_outputs",
        "headgate.store.checkout:_place",
        "headgate.store.checkout:_note",
        "headgate.runs.claim:_give_back",
    ],
    before=2,
    after=1,
    release=3,
    again=(0, 2),
)
COLLECT = Operation(
    "gc",
    ("data", "gc", "--delete", "--keep-days", "0", "--keep-releases", "0"),
    [delivered(2), called("run"), delivered(3), called("run"), aged],
    [
        "headgate.environments.collect:find",
        "headgate.environments.collect:_forget",
        "headgate.environments.collect:_kept",
        "headgate.ledger.audit:record",
        "headgate.environments.collect:sweep",
        "headgate.store.sweep:_removed",
        "headgate.store.sweep:_removed#5",
        "headgate.store.readers:held",
    ],
    before=3,
    after=3,
    release=3,
)
PUSH = Operation(
    "push",
    ("data", "push"),
    [
        called("data", "remote", "add", "shelf", "../shelf"),
        called("data", "push"),
        delivered(2),
        called("run"),
    ],
    [
        "headgate.runs.push:newest",
        "headgate.store.transfer:send",
        "headgate.store.fsspec_remote:FsspecRemote.put",
        "headgate.store.fsspec_remote:FsspecRemote.put#3",
        "headgate.runs.push:_send_facts",
        "headgate.store.transfer:write",
        "headgate.store.transfer:write_once",
        "headgate.ledger.audit:record",
    ],
    before=2,
    after=2,
    release=2,
)
PULL = Operation(
    "pull",
    ("data", "pull"),
    [
        called("data", "remote", "add", "shelf", "../shelf"),
        delivered(2),
        called("run"),
        called("data", "push", "--all"),
        cloned,
        called("data", "pull", "--release", "1"),
    ],
    [
        "headgate.store.transfer:fetch",
        "headgate.store.fsspec_remote:FsspecRemote.get",
        "headgate.store.objects:Objects.receive",
        "headgate.store.objects:Objects.receive#2",
        "headgate.runs.claim_all:claim_all",
        "headgate.store.versions:record",
        "headgate.store.facts:record",
        "headgate.store.facts:serve",
        "headgate.ledger.audit:record",
        "headgate.store.checkout:_place",
        "headgate.store.checkout:_note",
    ],
    before=1,
    after=2,
    release=2,
)
SANDBOX = Operation(
    "sandbox",
    ("env", "sandbox", "play", "--sample", "60%", "--key", "stores", "store"),
    [contracted, called("run")],
    [
        "headgate.environments.sandbox:sample",
        "headgate.environments.sandbox:write_version",
        "headgate.environments.sandbox:write_version#3",
        "headgate.environments.sandbox:leaks",
        "headgate.store.versions:record#2",
        "headgate.store.sandboxes:begin",
        "headgate.environments.environment:record",
        "headgate.ledger.audit:record",
    ],
    before=1,
    after=1,
    release=1,
    again=(0, 2),
    environments=("prod", "play"),
)
MIGRATE_FILE = Operation(
    "migration",
    ("status",),
    [forgotten],
    [
        "headgate.ledger.sqlite:migrate",
        *(f"headgate.ledger.migrate_sqlite:_statements#{script}" for script in range(1, 5)),
    ],
    before=1,
    after=1,
    release=1,
    only=SQLITE,
    is_first=True,
)
MIGRATE_DATABASE = Operation(
    "migration",
    ("status",),
    [forgotten],
    [
        "headgate.ledger.postgres:migrate",
        # it looks, takes the lock, looks again, and does one script after the other
        *(f"psycopg:Connection.execute#{statement}" for statement in range(7, 13)),
        "headgate.ledger.sessions:Session.commit",
    ],
    before=1,
    after=1,
    release=1,
    only=POSTGRES,
    is_first=True,
)
OPERATIONS = (
    RUN, PUBLISH, PROMOTE, CREATE, ROLLBACK, COLLECT, PUSH, PULL, SANDBOX, MIGRATE_FILE,
    MIGRATE_DATABASE,
)  # fmt: skip


@dataclass(frozen=True)
class Kill:
    """One kill: of an operation at a border, with its record in a database."""

    operation: Operation
    database: str
    border: str

    def __str__(self) -> str:
        moment, place = self.border.split()
        name = self.operation.name.replace(" ", "_")
        return f"{name}-{self.database}-{moment}-{place.rpartition('headgate.')[2]}"


def some() -> list[Kill]:
    """One kill at every second border, before or after it in turn, and every third on Postgres."""
    places = [(operation, border) for operation in OPERATIONS for border in operation.borders]
    return [
        Kill(
            operation,
            operation.only or (POSTGRES if place % 3 == 2 else SQLITE),
            f"{'after' if place % 2 else 'before'} {border}",
        )
        for place, (operation, border) in enumerate(places[::2])
    ]


def rest() -> list[Kill]:
    """The others of the matrix: at both moments on SQLite, at one moment in four on Postgres."""
    known = some()
    found = []
    for operation in OPERATIONS:
        for place, border in enumerate(operation.borders):
            both = [f"before {border}", f"after {border}"]
            if operation.only != POSTGRES:
                found += [Kill(operation, SQLITE, each) for each in both]
            if operation.only == POSTGRES:
                found += [Kill(operation, POSTGRES, each) for each in both]
            elif operation.only != SQLITE and place % 2:
                found.append(Kill(operation, POSTGRES, both[place // 2 % 2]))
    return [kill for kill in found if kill not in known]
