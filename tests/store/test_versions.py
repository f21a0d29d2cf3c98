from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from headgate.errors import StoreError, UnknownNameError
from headgate.ledger.ledger import Ledger
from headgate.store import versions
from headgate.store.manifest import Part, Version
from headgate.store.objects import Objects

Make = Callable[..., Version]


def test_a_version_is_read_back_as_it_was_recorded(ledger: Ledger, version_of: Make) -> None:
    version = replace(version_of(b"rows", "code 1"), inputs={"raw": "v1"})
    with ledger.transaction() as tx:
        versions.record(tx, version)
        assert versions.find(tx, "sales", version.id) == version
        assert versions.find(tx, "sales", "0" * 32) is None
        assert versions.find(tx, "stores", version.id) is None


def test_the_first_record_of_a_version_stays(ledger: Ledger, version_of: Make) -> None:
    first = version_of(b"rows", "code 1")
    second = replace(first, run="r2", fingerprint="code 2", inputs={"raw": "v2"})
    with ledger.transaction() as tx:
        versions.record(tx, first)
        versions.record(tx, second)
        assert versions.find(tx, "sales", first.id) == first
        assert versions.every(tx) == [first]


def test_other_code_with_the_same_result_is_known_by_its_own_fingerprint(
    ledger: Ledger, version_of: Make
) -> None:
    first = version_of(b"rows", "code 1")
    second = replace(first, run="r2", fingerprint="code 2", inputs={"raw": "v2"})
    with ledger.transaction() as tx:
        versions.record(tx, first)
        versions.record(tx, second)
        assert versions.by_fingerprint(tx, "sales", "code 1") == first
        found = versions.by_fingerprint(tx, "sales", "code 2")
        assert found == replace(second, run="r1")
        assert versions.by_fingerprint(tx, "sales", "code 3") is None


def test_the_newest_version_of_a_fingerprint_is_found(ledger: Ledger, version_of: Make) -> None:
    one, two = version_of(b"one", "code"), version_of(b"two", "code")
    with ledger.transaction() as tx:
        versions.record(tx, one)
        versions.record(tx, two)
        assert versions.by_fingerprint(tx, "sales", "code") == two
        versions.record(tx, one)
        assert versions.by_fingerprint(tx, "sales", "code") == one
        assert versions.every(tx)[-1] == two


def test_a_version_is_resolved_by_the_start_of_its_id(ledger: Ledger, version_of: Make) -> None:
    # the digests of these two begin with the same letter
    bodies = (str(number).encode() for number in range(100))
    made = [version_of(body) for body in bodies]
    one = made[0]
    two = next(version for version in made[1:] if version.id[0] == one.id[0])
    with ledger.transaction() as tx:
        versions.record(tx, one)
        versions.record(tx, two)
        assert versions.resolve(tx, "sales", one.id[:8]) == one
        with pytest.raises(UnknownNameError, match="more than one version of sales"):
            versions.resolve(tx, "sales", one.id[0])
        with pytest.raises(UnknownNameError, match="no version of sales"):
            versions.resolve(tx, "sales", "%")


def test_a_version_is_present_while_all_of_it_is(objects: Objects, version_of: Make) -> None:
    version = version_of({"month=1/part-0.parquet": b"one", "month=2/part-0.parquet": b"two"})
    assert versions.present(objects, version)
    for digest in (version.id, version.parts[1].digest):
        path = objects.path(digest)
        moved = path.rename(path.with_name("elsewhere"))
        assert not versions.present(objects, version)
        moved.rename(path)
    path = objects.path(version.parts[0].digest)
    path.chmod(0o644)
    path.write_bytes(b"on")
    assert not versions.present(objects, version)


def test_a_version_is_a_table_of_its_objects(objects: Objects, version_of: Make) -> None:
    version = version_of({"a.parquet": b"one", "b.parquet": b"two"})
    table = versions.table(objects, version)
    assert table.name == "sales"
    assert [path.read_bytes() for path in table.paths] == [b"one", b"two"]
    assert (table.rows, table.schema) == (2, version.schema)
    assert table.statistics == version.statistics


def test_the_id_of_several_parts_does_not_depend_on_their_order(version_of: Make) -> None:
    one = version_of({"a.parquet": b"one", "b.parquet": b"two"})
    two = version_of({"b.parquet": b"two", "a.parquet": b"one"})
    assert one.id == two.id
    assert one.id.endswith(".dir")


@pytest.mark.parametrize("path", ["../a", "/a", "a/../../b", "", "."])
def test_a_part_cannot_lie_outside_its_version(objects: Objects, path: str) -> None:
    parts = [Part("0" * 32, 1, 1, {}, path), Part("1" * 32, 1, 1, {}, "b")]
    with pytest.raises(StoreError, match="path of a part"):
        versions.gather(objects, "r1", parts)


def test_two_parts_cannot_share_a_path(objects: Objects) -> None:
    parts = [Part("0" * 32, 1, 1, {}, "a"), Part("1" * 32, 1, 1, {}, "a")]
    with pytest.raises(StoreError, match="path of its own"):
        versions.gather(objects, "r1", parts)
