"""A part is remembered once, whoever shares it, and what is known of its values is read when asked."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate.errors import StateError
from headgate.ledger.clock import stamp
from headgate.ledger.ledger import Ledger
from headgate.ledger.migrate_sqlite import APPLICATION
from headgate.ledger.sqlite import open_ledger
from headgate.schema.schema import Column, Schema
from headgate.schema.statistics import ColumnStatistics, Encoded, encoded
from headgate.schema.types import LogicalType
from headgate.store import versions
from headgate.store.manifest import Part, Version
from tests.store.conftest import AT, SCHEMA

Make = Callable[..., Version]
KNOWN = {
    "Sales": ColumnStatistics(1, 0, -(2**62), 2**62),
    "Rate": ColumnStatistics(0, 3, 0.1, float("inf")),
    "Wörter": ColumnStatistics(0, 0, '"a\\', "ß\U0001f600"),
    "raw": ColumnStatistics(2, known=False),
    "Open": ColumnStatistics(0, 0, low=False, high=True),
}


def parts_of(ledger: Ledger) -> int:
    with ledger.snapshot() as tx:
        ((count,),) = tx.execute("select count(*) from part")
    assert isinstance(count, int)
    return count


def test_a_part_of_two_versions_is_kept_once(ledger: Ledger, version_of: Make) -> None:
    one = version_of({"a": b"one", "b": b"two"})
    two = version_of({"a": b"one", "b": b"three", "c": b"one"})
    with ledger.transaction() as tx:
        versions.record(tx, one)
        versions.record(tx, two)
        assert versions.find(tx, "sales", one.id) == one
        assert versions.find(tx, "sales", two.id) == two
    assert parts_of(ledger) == 3


def test_a_version_of_very_many_parts_is_read_back(ledger: Ledger) -> None:
    known = {"Sales": ColumnStatistics(0, 0, 1, 2)}
    parts = tuple(Part(f"{n:032x}", n, n, known, f"part-{n:06d}") for n in range(1201))
    version = Version("v", "sales", SCHEMA, parts, AT, "r1")
    with ledger.transaction() as tx:
        versions.record(tx, version)
        found = versions.find(tx, "sales", "v")
    assert found == version
    assert found.statistics == known


def test_statistics_are_decoded_when_they_are_asked_for(
    ledger: Ledger, version_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = version_of({"a": b"one", "b": b"two"})
    with ledger.transaction() as tx:
        versions.record(tx, version)
    decoded: list[object] = []
    real = ColumnStatistics.from_json

    def counted(row: list[object]) -> ColumnStatistics:
        decoded.append(row)
        return real(row)

    monkeypatch.setattr(ColumnStatistics, "from_json", counted)
    with ledger.snapshot() as tx:
        found = versions.find(tx, "sales", version.id)
    assert found is not None
    assert decoded == []
    assert found.statistics == version.statistics
    assert len(decoded) == 1, "the parts' own were not needed"
    assert found.parts[0].statistics["Sales"] == version.parts[0].statistics["Sales"]
    assert len(decoded) == 2


def test_statistics_are_the_same_after_json() -> None:
    assert Encoded(encoded(KNOWN)) == KNOWN
    assert list(Encoded(encoded(KNOWN))) == list(KNOWN)
    assert len(Encoded(encoded({}))) == 0


def test_statistics_of_a_version_are_those_of_its_parts_together(version_of: Make) -> None:
    version = version_of({"a": b"one", "b": b"two"})
    low, high = (replace(part, statistics={"Sales": each}) for part, each in zip(
        version.parts, (ColumnStatistics(1, 0, 5, 7), ColumnStatistics(2, 0, -5, 6)), strict=True
    ))  # fmt: skip
    both = dataclasses.replace(version, parts=(low, high))
    assert both.statistics == {"Sales": ColumnStatistics(3, 0, -5, 7)}
    assert dataclasses.replace(version, parts=(low, replace(high, statistics={}))).statistics == {}


def test_a_part_may_become_known_to_be_unique(ledger: Ledger, version_of: Make) -> None:
    version = version_of(b"rows")
    (part,) = version.parts
    keyed = dataclasses.replace(version, dataset="keyed", parts=(replace(part, unique=("Sales",)),))
    with ledger.transaction() as tx:
        versions.record(tx, version)
        versions.record(tx, keyed)
        versions.record(tx, dataclasses.replace(version, dataset="third"))
        for dataset in ("sales", "keyed", "third"):
            found = versions.find(tx, dataset, version.id)
            assert found is not None
            assert found.parts[0].unique == ("Sales",)


def test_a_part_that_the_state_lost_is_an_error(ledger: Ledger, version_of: Make) -> None:
    version = version_of(b"rows")
    with ledger.transaction() as tx:
        versions.record(tx, version)
        tx.execute("delete from part")
    with pytest.raises(StateError, match="names a part"), ledger.snapshot() as tx:
        versions.find(tx, "sales", version.id)


# ------------------------------------------------------------------ a database of the release before


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database as the first migration left it, with versions in the form of its time."""
    path = tmp_path / "old.db"
    script = files("headgate.ledger") / "migrations" / "sqlite" / "0001_start.sql"
    single = [_old_part("a" * 32, "")]
    several = [_old_part("b" * 32, "y=1/part"), _old_part("a" * 32, "y=2/part")]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
        for number, parts in enumerate((single, several, [])):
            connection.execute(
                "insert into version (dataset, id, run, created, columns, parts, fingerprint,"
                " inputs, code) values ('sales', ?, 'r1', ?, ?, ?, '', '{}', '{}')",
                (f"v{number}", stamp(AT), json.dumps(_columns().as_json()), json.dumps(parts)),
            )
        connection.execute("pragma user_version = 1")
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.commit()
    return path


def _columns() -> Schema:
    return Schema(tuple(Column(name, LogicalType.STRING, "VARCHAR") for name in KNOWN))


def _old_part(digest: str, path: str) -> dict[str, object]:
    statistics = {name: column.as_json() for name, column in KNOWN.items()}
    return {
        "digest": digest,
        "size": 7,
        "rows": 5,
        "path": path,
        "unique": ["Sales", "Rate"],
        "statistics": statistics,
    }


def test_a_database_of_the_first_release_keeps_all_it_knew(old: Path) -> None:
    with closing(open_ledger(old)) as ledger:
        with ledger.snapshot() as tx:
            single, several, empty = (versions.find(tx, "sales", f"v{n}") for n in range(3))
        assert parts_of(ledger) == 2
    one = Part("a" * 32, 7, 5, KNOWN, "", ("Sales", "Rate"))
    other = replace(one, digest="b" * 32, path="y=1/part")
    assert single == Version("v0", "sales", _columns(), (one,), AT, "r1")
    assert single.statistics == KNOWN
    both = (other, replace(one, path="y=2/part"))
    assert several == Version("v1", "sales", _columns(), both, AT, "r1")
    assert several.statistics["Sales"] == ColumnStatistics(2, 0, -(2**62), 2**62)
    assert empty == Version("v2", "sales", _columns(), (), AT, "r1")


def test_a_migrated_database_takes_new_versions(old: Path, version_of: Make) -> None:
    version = version_of({"a": b"one", "b": b"two"})
    with closing(open_ledger(old)) as ledger, ledger.transaction() as tx:
        versions.record(tx, version)
        assert versions.find(tx, "sales", version.id) == version
        known = [each.id for each in versions.every(tx) if each.dataset == "sales"]
        assert known == ["v0", "v1", "v2", version.id]
