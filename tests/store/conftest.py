from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics
from headgate.schema.types import LogicalType
from headgate.store import versions
from headgate.store.manifest import Part, Version
from headgate.store.objects import Objects

AT = datetime(2015, 7, 31, 12, tzinfo=UTC)
SCHEMA = Schema((Column("Sales", LogicalType.INTEGER, "BIGINT"),))


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / ".headgate" / "store")


@pytest.fixture
def version_of(objects: Objects) -> Callable[..., Version]:
    """Makes a version of `sales`: of one part from bytes, of several from bytes by path."""

    def make(content: bytes | dict[str, bytes], fingerprint: str = "") -> Version:
        named = {"": content} if isinstance(content, bytes) else content
        parts = tuple(_part(objects, path, body) for path, body in named.items())
        return Version(
            versions.gather(objects, "r1", parts), "sales", SCHEMA, parts, AT, "r1", fingerprint
        )

    return make


def _part(objects: Objects, path: str, body: bytes) -> Part:
    temporary = objects.temporary("r1")
    temporary.write_bytes(body)
    kept = objects.keep(temporary)
    statistics = {"Sales": ColumnStatistics(0, 0, 1, float("inf"))}
    return Part(kept.digest, kept.size, 1, statistics, path)
