"""A publisher that is killed at any moment leaves whole releases and nothing else."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from headgate.ledger.ledger import Ledger
from headgate.ledger.open import open_ledger
from headgate.runs.claim import alive
from headgate.store import checkout, releases, versions
from headgate.store.objects import Objects

KILLS = 8

PUBLISH = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from headgate.ledger.open import open_ledger
from headgate.runs.claim import alive, claim_waiting
from headgate.schema.schema import Schema
from headgate.store import checkout, releases, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import Objects

root = Path(sys.argv[1])
ledger, objects, run = open_ledger(sys.argv[2]), Objects(root / "store"), f"r{os.getpid()}"

def make(dataset, number, size):
    temporary = objects.temporary(run)
    temporary.write_bytes(f"{number}\\n".encode() * size)
    kept = objects.keep(temporary)
    part = Part(kept.digest, kept.size, size)
    return Version(kept.digest, dataset, Schema(()), (part,), datetime.now(UTC), run)

with claim_waiting(ledger, "shop@prod", run=run, wait_seconds=5) as held:
    with ledger.snapshot() as tx:
        base = releases.current(tx, "prod")
    with ledger.transaction() as tx:
        objects.drop_temporaries(alive(tx))
    number = base.number if base else 0
    print("begun", flush=True)
    while True:
        number += 1
        made = [make("big", number, 200_000), make("small", number, 50)]
        with ledger.transaction(durable=True) as tx:
            held.fence(tx)
            for version in made:
                versions.record(tx, version)
            moves = {version.dataset: version.id for version in made}
            draft = Release("prod", 0, moves, datetime.now(UTC), run, "shop")
            releases.publish(tx, draft, expected=number - 1)
        for version in made:
            checkout.link(objects, version, root / "data" / version.dataset)
"""


def served(ledger: Ledger, objects: Objects) -> tuple[int, ...]:
    """The number that each dataset of the current release says it is; none before the first."""
    with ledger.snapshot() as tx:
        release = releases.current(tx, "prod")
        found = [
            versions.find(tx, dataset, version)
            for dataset, version in (release.versions if release else {}).items()
        ]
    numbers = []
    for version in found:
        assert version is not None
        (path,) = versions.table(objects, version).paths
        with path.open() as file:
            numbers.append(int(file.readline()))
    return tuple(numbers)


class Reader(threading.Thread):
    """Reads the current release over and over, and keeps what it saw."""

    def __init__(self, ledger: Ledger, objects: Objects) -> None:
        super().__init__()
        self._ledger, self._objects = ledger, objects
        self._ended = threading.Event()
        self.seen: list[tuple[int, ...]] = []

    def run(self) -> None:
        while not self._ended.wait(0.002):
            self.seen.append(served(self._ledger, self._objects))

    def end(self) -> None:
        self._ended.set()
        self.join()


def test_kill_9_leaves_whole_releases_and_nothing_else(state: str | Path, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    ledger, objects = open_ledger(state), Objects(tmp_path / "store")
    reader = Reader(ledger, objects)
    reader.start()
    numbers, patience = [0], 0.15
    try:
        for _ in range(KILLS):
            with subprocess.Popen(
                [sys.executable, "-c", PUBLISH, str(tmp_path), str(state)],
                stdout=subprocess.PIPE,
                text=True,
            ) as publisher:
                assert publisher.stdout is not None
                assert publisher.stdout.readline() == "begun\n", f"seed {seed}"
                time.sleep(chance.uniform(0, patience))
                publisher.kill()
            big, small = served(ledger, objects) or (numbers[-1], numbers[-1])
            assert big == small >= numbers[-1]
            numbers.append(big)
            if not big:  # on a busy machine a publisher needs longer
                patience *= 2
    finally:
        reader.end()
    assert numbers[-1] > 0, "no publisher came to publish anything"
    assert reader.seen == sorted(reader.seen)
    assert all(len(set(seen)) <= 1 for seen in reader.seen)
    _all_is_whole(ledger, objects)
    _all_is_clean_after_the_next_run(ledger, objects, tmp_path)
    ledger.close()


def _all_is_whole(ledger: Ledger, objects: Objects) -> None:
    with ledger.snapshot() as tx:
        log = releases.log(tx, "prod", limit=100_000)
    assert [release.number for release in log] == list(range(len(log), 0, -1))
    for release in log:
        assert set(release.versions) == {"big", "small"}
        assert all(objects.verify(digest) for digest in release.versions.values())


def _all_is_clean_after_the_next_run(ledger: Ledger, objects: Objects, root: Path) -> None:
    with ledger.snapshot() as tx:
        assert alive(tx) == set()
        release = releases.current(tx, "prod")
        assert release is not None
        shown = [versions.find(tx, name, version) for name, version in release.versions.items()]
    objects.drop_temporaries(())
    for version in shown:
        assert version is not None
        checkout.link(objects, version, root / "data" / version.dataset)
    assert list((root / "store" / "tmp").iterdir()) == []
    assert sorted(path.name for path in (root / "data").iterdir()) == ["big", "small"]
