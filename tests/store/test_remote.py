"""A remote keeps what it was given, whole; on a folder and on a server that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.errors import MissingExtraError, StoreError, UsageError
from headgate.store import transfer, versions
from headgate.store.fsspec_remote import FEW, FsspecRemote
from headgate.store.manifest import Version
from headgate.store.objects import Objects
from headgate.store.remote import object_key
from tests.object_store import Server, serving

Make = Callable[..., Version]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as found, pytest.MonkeyPatch.context() as patch:
        for name, value in found.environ.items():
            patch.setenv(name, value)
        yield found


@dataclass(frozen=True)
class Place:
    """A remote, and a way round it to change what lies there."""

    remote: FsspecRemote

    def write(self, key: str, content: bytes) -> None:
        self.remote.files.makedirs(f"{self.remote.root}/{key}".rpartition("/")[0], exist_ok=True)
        self.remote.files.pipe_file(f"{self.remote.root}/{key}", content)

    def content(self, key: str) -> bytes:
        return bytes(self.remote.files.cat_file(f"{self.remote.root}/{key}"))

    def keys(self) -> set[str]:
        found = self.remote.files.find(self.remote.root)
        start = len(self.remote.root.lstrip("/")) + 1
        return {path.lstrip("/")[start:] for path in found}


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place(FsspecRemote("../shelf", {}, tmp_path / "project"))
    server = request.getfixturevalue("server")
    return Place(FsspecRemote(f"{server.bucket()}/some/prefix", {}, tmp_path))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Objects:
    """The store of another machine."""
    return Objects(tmp_path / "elsewhere")


def test_a_file_is_kept_under_its_key_and_given_back(place: Place, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"x" * 100_000)
    place.remote.put(source, "a/b/c")
    assert place.remote.sizes(["a/b/c", "a/b", "a/b/d"]) == {"a/b/c": 100_000}
    assert place.remote.get("a/b/c", target)
    assert target.read_bytes() == source.read_bytes()
    assert not place.remote.get("a/b/d", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    source.write_bytes(b"y")
    place.remote.put(source, "a/b/c")
    assert place.content("a/b/c") == b"y"
    place.remote.remove("a/b/c")
    place.remote.remove("a/b/c")
    assert place.keys() == set(), "and nothing half written is left beside"


def test_what_is_created_is_not_replaced(place: Place, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"first")
    second.write_bytes(b"second")
    assert place.remote.create(first, "releases/1.json")
    assert not place.remote.create(second, "releases/1.json")
    assert place.content("releases/1.json") == b"first"


def test_of_many_who_create_a_file_in_a_folder_one_does(tmp_path: Path) -> None:
    remote = FsspecRemote("shelf", {}, tmp_path)
    sources = [tmp_path / str(number) for number in range(16)]
    for source in sources:
        source.write_bytes(source.name.encode() * 1000)
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda source: remote.create(source, "a/1.json"), sources))
    [winner] = [source for source, first in zip(sources, won, strict=True) if first]
    assert (tmp_path / "shelf/a/1.json").read_bytes() == winner.read_bytes()
    assert list((tmp_path / "shelf/tmp").iterdir()) == []


def test_many_files_are_found_as_few_are(place: Place) -> None:
    digests = [f"{n % 7:02x}{n:030x}" for n in range(FEW + 30)]
    for digest in digests[:-10]:
        place.write(object_key(digest), b"1234")
    keys = [object_key(digest) for digest in digests]
    expected = dict.fromkeys(keys[:-10], 4)
    assert place.remote.sizes(keys) == expected
    assert place.remote.sizes(keys[:5] + keys[-5:]) == dict.fromkeys(keys[:5], 4)


def test_what_was_sent_is_there_whole_and_is_not_sent_twice(
    place: Place, objects: Objects, elsewhere: Objects, version_of: Make
) -> None:
    version = version_of({"a.parquet": b"one", "b/c.parquet": b"three"})
    wanted = versions.wanted(version)
    assert transfer.send(objects, place.remote, wanted).objects == 3
    again = transfer.send(objects, place.remote, wanted)
    assert (again.objects, again.size, again.skipped) == (0, 0, 3)
    assert place.keys() == {object_key(digest) for digest in wanted}, "in the layout of DVC"

    moved = transfer.fetch(elsewhere, place.remote, wanted)
    assert (moved.objects, moved.skipped) == (3, 0)
    for digest in wanted:
        assert elsewhere.verify(digest)
        assert elsewhere.path(digest).read_bytes() == objects.path(digest).read_bytes()
    assert transfer.fetch(elsewhere, place.remote, wanted).objects == 0


def test_a_list_of_parts_is_never_there_without_its_parts(
    place: Place, objects: Objects, version_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = version_of({f"{n}.parquet": bytes([n]) for n in range(20)})
    listing = object_key(version.id)
    put = FsspecRemote.put
    seen: list[bool] = []

    def watched(self: FsspecRemote, path: Path, key: str) -> None:
        put(self, path, key)
        seen.append(listing in self.sizes([listing]))

    monkeypatch.setattr(FsspecRemote, "put", watched)
    transfer.send(objects, place.remote, versions.wanted(version))
    assert seen == [False] * 20 + [True]


def test_a_half_object_in_the_remote_is_sent_again(
    place: Place, objects: Objects, version_of: Make
) -> None:
    version = version_of(b"all of it")
    place.write(object_key(version.id), b"all")
    assert transfer.send(objects, place.remote, versions.wanted(version)).objects == 1
    assert place.content(object_key(version.id)) == b"all of it"


def test_a_damaged_object_is_not_sent(place: Place, objects: Objects, version_of: Make) -> None:
    version = version_of(b"rows")
    objects.path(version.id).chmod(0o644)
    objects.path(version.id).write_bytes(b"swor")
    with pytest.raises(StoreError, match="missing or damaged here"):
        transfer.send(objects, place.remote, versions.wanted(version))
    assert place.keys() == set()


def test_a_damaged_object_in_the_remote_is_refused(
    place: Place, elsewhere: Objects, version_of: Make
) -> None:
    version = version_of(b"rows")
    place.write(object_key(version.id), b"swor")
    with pytest.raises(StoreError, match="damaged there"):
        transfer.fetch(elsewhere, place.remote, versions.wanted(version))
    assert not elsewhere.has(version.id)
    assert [path for path in elsewhere.root.rglob("*") if path.is_file()] == []


def test_an_object_that_comes_damaged_once_is_asked_for_again(
    place: Place,
    objects: Objects,
    elsewhere: Objects,
    version_of: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = version_of(b"rows")
    transfer.send(objects, place.remote, versions.wanted(version))
    get = FsspecRemote.get
    asked: list[str] = []

    def flaky(self: FsspecRemote, key: str, path: Path) -> bool:
        found = get(self, key, path)
        asked.append(key)
        if len(asked) == 1:
            path.write_bytes(b"ro")
        return found

    monkeypatch.setattr(FsspecRemote, "get", flaky)
    transfer.fetch(elsewhere, place.remote, versions.wanted(version))
    assert elsewhere.verify(version.id)
    assert len(asked) == 2


def test_an_object_that_is_nowhere_is_said_to_be(place: Place, elsewhere: Objects) -> None:
    with pytest.raises(StoreError, match=f"object {'0' * 32} is not there") as caught:
        transfer.fetch(elsewhere, place.remote, {"0" * 32: 4})
    assert caught.value.where == place.remote.name


def test_a_store_with_a_remote_keeps_objects_there_and_brings_them(
    place: Place, tmp_path: Path
) -> None:
    one, other = (Objects(tmp_path / name, place.remote) for name in ("one", "other"))
    temporary = one.temporary("r1")
    temporary.write_bytes(b"rows")
    kept = one.keep(temporary)
    assert kept.new
    assert place.content(object_key(kept.digest)) == b"rows"
    assert other.has(kept.digest, 4)
    assert not other.has(kept.digest, 5)
    assert not other.path(kept.digest).exists(), "to ask brings nothing"
    other.bring({kept.digest: 4})
    assert other.verify(kept.digest)
    temporary = other.temporary("r2")
    temporary.write_bytes(b"rows")
    assert not other.keep(temporary).new


def test_an_object_is_in_the_remote_before_it_has_its_name_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(tmp_path / "cache", FsspecRemote("shelf", {}, tmp_path))

    def refuse(*_: object) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(FsspecRemote, "put", refuse)
    temporary = objects.temporary("r1")
    temporary.write_bytes(b"rows")
    with pytest.raises(StoreError, match="gone"):
        objects.keep(temporary)
    assert [path for path in (objects.root / "files").rglob("*") if path.is_file()] == []


def test_a_server_that_is_gone_is_said_to_be_and_no_secret_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as gone:
        for name, value in gone.environ.items():
            monkeypatch.setenv(name, value)
        options = {"secret": "open sesame", "key": "me", "endpoint_url": gone.endpoint}
        remote = FsspecRemote(gone.bucket(), options, tmp_path)
        gone.stop()
        with pytest.raises(StoreError, match="cannot be used") as caught:
            remote.sizes(["a"])
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(caught.value)
    assert caught.value.hint


@pytest.mark.usefixtures("server")
def test_a_bucket_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    remote = FsspecRemote("s3://no-such-bucket/x", {"key": "me", "secret": "open sesame"}, tmp_path)
    source = tmp_path / "source"
    source.write_bytes(b"rows")
    with pytest.raises(StoreError) as caught:
        remote.put(source, "a")
    assert "sesame" not in str(caught.value)


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"headgate\[azure\]"):
        FsspecRemote("abfs://container/prefix", {}, tmp_path).sizes(["a"])
    with pytest.raises(UsageError, match="no driver knows ftpx://") as caught:
        FsspecRemote("ftpx://me:sesame@host/x", {}, tmp_path).sizes(["a"])
    assert "sesame" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a file")
    remote = FsspecRemote("shelf", {}, tmp_path)
    with pytest.raises(StoreError, match="cannot be used"):
        remote.put(tmp_path / "shelf", "a/b")


def test_what_a_broken_transfer_left_goes_after_a_day(objects: Objects) -> None:
    old, new = objects.incoming(), objects.incoming()
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (0, 0))
    objects.drop_incoming()
    assert (old.exists(), new.exists()) == (False, True)


SECRETS = [
    "https://T0PSECRET@host/x",
    "sftp://me:T0PSECRET@host/x",
    "sftp://me:T0P/SECRET@host/x",
    "sftp://me:T0P@SECRET@host/x",
    "abfs://box@account/x?sv=1&sig=T0PSECRET",
]


@pytest.mark.parametrize("url", SECRETS)
def test_no_secret_of_a_url_is_in_the_name_of_a_remote(url: str, tmp_path: Path) -> None:
    remote = FsspecRemote(url, {}, tmp_path)
    assert "T0P" not in remote.name + repr(remote)
    assert "SECRET" not in remote.name + repr(remote)
    assert "***" in remote.name
