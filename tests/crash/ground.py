"""A project for crashes: each delivery gives every row of a release one number, in two datasets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from headgate.ledger.clock import moment, stamp
from headgate.workspace.workspace import opened
from tests.crash.earlier import age_database, age_file
from tests.postgres import Server
from tests.projects.aging import TIMES
from tests.projects.shop import Shop, make
from tests.warm import Warm

STORES, DAYS = 3, 4
ROWS = STORES * DAYS
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: one
version: 1.0.0
schema:
  - name: stores
    properties:
      - {name: store, logicalType: integer, primaryKey: true}
  - name: sales
    properties:
      - {name: store, logicalType: integer, relationships: [{type: foreignKey, to: stores.store}]}
  - name: clean
    properties:
      - {name: store, logicalType: integer, relationships: [{type: foreignKey, to: stores.store}]}
  - name: totals
    properties:
      - {name: store, logicalType: integer, relationships: [{type: foreignKey, to: stores.store}]}
"""


@dataclass(frozen=True)
class Ground:
    """A prepared project. Its record is a file beside it, or in a database of a server."""

    shop: Shop
    server: Server | None = None
    url: str | None = None

    @property
    def root(self) -> Path:
        return self.shop.root

    def state(self) -> str:
        """Where the record is."""
        return self.url or str(self.root / ".headgate" / "state.db")

    @contextmanager
    def copied(self) -> Iterator[Ground]:
        """A copy of all of it, to be changed at will."""
        with folder() as home:
            subprocess.run(["cp", "-a", f"{self.root.parent}/.", home], check=True)
            root = home / self.root.name
            url = self.server.copy(self.url) if self.server and self.url else None
            yield _placed(Shop(root), self.server, url)
            if self.server and url:
                self.server.drop(url)


def _placed(shop: Shop, server: Server | None, url: str | None) -> Ground:
    settings = (shop.root / "headgate.yml").read_text().splitlines()
    kept = [line for line in settings if not line.startswith("state:")]
    state = [f"state: {json.dumps(url)}"] if url else []
    (shop.root / "headgate.yml").write_text("\n".join([*kept, *state, ""]))
    return Ground(shop, server, url)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: what kill -9 leaves does not depend on the disk."""
    memory = Path("/dev/shm")  # noqa: S108
    at = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="crash-", dir=at, ignore_cleanup_errors=True) as name:
        yield Path(name)


def deliver(shop: Shop, number: int) -> None:
    """A delivery that gives every row its number."""
    rows = [
        f"{store},2024-01-{day:02d},{number},0\n"
        for store in range(1, STORES + 1)
        for day in range(1, DAYS + 1)
    ]
    shop.deliver("store,day,amount,kind\n" + "".join(rows))


Prepare = Callable[[Ground, Warm], Ground]
"""A step on the way to what a scenario begins with; gives where it led."""


@contextmanager
def prepared(server: Server | None, warm: Warm, *steps: Prepare) -> Iterator[Ground]:
    """A project with its first release, after some steps more."""
    with folder() as home:
        shop = make(home / "shop")
        old = "path: data/out/clean.parquet\n"
        shop.edit("pipelines/shop.yml", old, f"{old}    partition_by: [day]\n")
        ground = _placed(shop, server, server.copy() if server else None)
        deliver(shop, 1)
        warm.headgate(shop.root, "run")
        for step in steps:
            ground = step(ground, warm)
        yield ground


def called(*words: str) -> Prepare:
    """The step that is a command."""

    def done(ground: Ground, warm: Warm) -> Ground:
        warm.headgate(ground.root, *words)
        return ground

    return done


def delivered(number: int) -> Prepare:
    """The step that delivers a number, and runs nothing."""

    def done(ground: Ground, _warm: Warm) -> Ground:
        deliver(ground.shop, number)
        return ground

    return done


def contracted(ground: Ground, _warm: Warm) -> Ground:
    """The step that says by which keys the tables hang together."""
    ground.shop.write("contracts/shop.yaml", CONTRACT)
    return ground


def changed(ground: Ground, _warm: Warm) -> Ground:
    """The step that changes code, so that every number is one more."""
    ground.shop.edit(
        "transformations/clean.py",
        "joined.with_columns(",
        "joined.with_columns(pl.col('amount') + 1, ",
    )
    return ground


def aged(ground: Ground, _warm: Warm) -> Ground:
    """The step that moves all that happened, and all objects, a hundred days into the past."""
    with opened(ground.root) as workspace, workspace.tools.ledger.transaction() as tx:
        for table, (key, column) in TIMES.items():
            for row, at in tx.execute(f"select {key}, {column} from {table}"):  # noqa: S608
                then = stamp(moment(at) - timedelta(days=100))
                tx.execute(f"update {table} set {column} = ? where {key} = ?", (then, row))  # noqa: S608
    for path in (ground.root / ".headgate" / "store" / "files").rglob("*"):
        if path.is_file():
            then_ = path.stat().st_mtime - 100 * 86_400
            os.utime(path, (then_, then_))
    return ground


def cloned(ground: Ground, _warm: Warm) -> Ground:
    """The step to a clone, which has no state, no store and nothing that was published."""
    shutil.rmtree(ground.root / ".headgate")
    shutil.rmtree(ground.root / "data" / "out")
    return _placed(ground.shop, ground.server, ground.server.copy() if ground.server else None)


def forgotten(ground: Ground, _warm: Warm) -> Ground:
    """The step back to a record in the form that an earlier release of Headgate wrote."""
    if ground.server is None:
        age_file(ground.root / ".headgate" / "state.db")
        return ground
    assert ground.url is not None
    old = ground.server.copy()
    age_database(ground.url, old)
    return _placed(ground.shop, ground.server, old)
