"""What must hold at every moment, whoever died: said once, asked after every kill."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl  # noqa: TID253

from headgate.ledger import audit, history
from headgate.store import releases, versions
from headgate.workspace.workspace import opened
from tests.crash.ground import DAYS, ROWS, Ground
from tests.warm import Warm


@dataclass
class Reader:
    """A process that reads in a loop, and what it saw."""

    report: Path
    seen: list[dict[str, Any]] = field(default_factory=list)

    def look(self, patience: float = 5.0) -> None:
        """Waits until it has read once more from the beginning on, or is kept waiting itself."""
        size, looks = self.report.stat().st_size, 0
        until = time.monotonic() + patience
        while looks < 2 and time.monotonic() < until:
            time.sleep(0.002)
            if (now := self.report.stat().st_size) > size:
                size, looks = now, looks + 1


@contextmanager
def reading(warm: Warm, root: Path, *environments: str) -> Iterator[Reader]:
    """A reader beside whatever happens; what it saw is known afterwards."""
    report = root.parent / "report"
    report.touch()
    child = warm.fork(root, ("read_on", str(report), *environments))
    reader = Reader(report)
    try:
        yield reader
    finally:
        kept = report.rename(report.with_name("read"))
        code = child.wait()
        reader.seen = [json.loads(line) for line in kept.read_text().splitlines()]
        kept.unlink()
    assert code == 0, child.said()


def require_whole_reads(reader: Reader, values: Collection[int], *, restarts: bool = False) -> int:
    """How often it read: each time one whole release, and never an earlier one again."""
    last: dict[str, int] = {}
    reads = 0
    for one in reader.seen:
        if one.get("release", 0) is None or (restarts and "state" in one):
            continue
        assert "values" in one, one
        assert len(one["values"]) == 1, one
        assert one["values"][0] in values, one
        rows, counted, stores = one["rows"]
        assert rows == counted == stores * DAYS, one
        assert one["environment"] == "play" or rows == ROWS, one
        assert one["release"] >= last.get(one["environment"], 0), one
        last[one["environment"]] = one["release"]
        reads += 1
    return reads


def served(ground: Ground, environment: str = "prod") -> tuple[int, int]:
    """The number of the release that is served, and that of its rows; 0 where there is none."""
    with opened(ground.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        release = releases.current(tx, environment)
        if release is None:
            return 0, 0
        version = versions.find(tx, "clean", release.versions["clean"])
        assert version is not None
        paths = versions.table(workspace.tools.objects, version).paths
    found = set(pl.concat([pl.read_parquet(path) for path in paths])["amount"].to_list())
    assert len(found) == 1
    return release.number, found.pop()


def require_whole(ground: Ground, *, collected: bool = False) -> None:
    """Releases have no gap, all their objects are whole, the log of acts is, and none was doubled.

    After a collection, those of the release that is served.
    """
    with opened(ground.root) as workspace, workspace.tools.ledger.snapshot() as tx:
        objects = workspace.tools.objects
        for (environment,) in tx.execute("select distinct environment from release"):
            log = releases.log(tx, environment, limit=1000)
            assert [each.number for each in log] == list(range(len(log), 0, -1))
            for release in log[:1] if collected else log:
                for dataset, id_ in {**release.inputs, **release.versions}.items():
                    version = versions.find(tx, dataset, id_)
                    assert version is not None, (release.name, dataset)
                    for digest in versions.wanted(version):
                        assert objects.verify(digest), (release.name, dataset, digest)
        audit.verify(tx)
        told = [
            (event.as_json()["environment"], event.as_json()["number"])
            for _, event in history.events(tx, kinds=("release_published", "promoted"))
        ]
        assert len(told) == len(set(told)), "published twice"


def require_settled(ground: Ground, warm: Warm, value: int, release: int) -> None:
    """Nothing is left to do, nothing lies about, and the files of the release are in place."""
    child = warm.fork(ground.root, ("command", "run"), ("command", "data", "verify"))
    assert child.wait() == 0, child.said()
    assert "nothing changed" in child.said()
    assert served(ground) == (release, value)
    file = pl.read_parquet(ground.root / "data" / "out" / "clean.parquet" / "**" / "*.parquet")
    assert (file.height, set(file["amount"].to_list())) == (ROWS, {value})
    assert strays(ground.root) == []


def strays(root: Path) -> list[Path]:
    """Temporary files that a dead process left behind."""
    store = root / ".headgate" / "store"
    left = [path for path in (store / "tmp").rglob("*") if path.is_file()]
    return left + list((root / "data").rglob("*.headgate"))
