from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import StoreError
from headgate.store import objects as rooms
from headgate.store.objects import Objects


def written(objects: Objects, body: bytes, run: str = "r1") -> Path:
    temporary = objects.temporary(run)
    temporary.write_bytes(body)
    return temporary


def test_an_object_is_named_by_its_content_as_dvc_would(objects: Objects) -> None:
    temporary = written(objects, b"rows")
    kept = objects.keep(temporary)
    digest = hashlib.md5(b"rows").hexdigest()  # noqa: S324 - a name
    assert (kept.digest, kept.size, kept.new) == (digest, 4, True)
    path = objects.root / "files" / "md5" / digest[:2] / digest[2:]
    assert objects.path(digest) == path
    assert path.read_bytes() == b"rows"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert not temporary.exists()


def test_the_same_content_is_kept_once_and_marked_as_used(objects: Objects) -> None:
    first = objects.keep(written(objects, b"rows"))
    path = objects.path(first.digest)
    os.utime(path, (0, 0))
    inode = path.stat().st_ino
    temporary = written(objects, b"rows")
    again = objects.keep(temporary)
    assert (again.digest, again.new) == (first.digest, False)
    assert path.stat().st_ino == inode
    assert path.stat().st_mtime > 0
    assert not temporary.exists()


def test_a_damaged_object_is_found_out_and_replaced(objects: Objects) -> None:
    kept = objects.keep(written(objects, b"rows"))
    path = objects.path(kept.digest)
    path.chmod(0o644)
    path.write_bytes(b"ro")
    assert not objects.verify(kept.digest)
    assert not objects.has(kept.digest, kept.size)
    again = objects.keep(written(objects, b"rows"))
    assert again.new
    assert objects.verify(kept.digest)


def test_a_large_file_is_flushed_beside_its_hashing(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "LARGE", 10)
    body = b"0123456789" * 1000
    kept = objects.keep(written(objects, body))
    assert kept.digest == hashlib.md5(body).hexdigest()  # noqa: S324 - a name
    assert kept.size == len(body)


def test_a_missing_object_is_not_verified(objects: Objects) -> None:
    assert not objects.verify("0" * 32)
    assert not objects.has("0" * 32)


@given(st.text(max_size=40) | st.from_regex(r"[0-9a-f./]{30,38}", fullmatch=True))
def test_no_text_leads_out_of_the_store(text: str) -> None:
    root = Path("/somewhere/store")
    try:
        path = Objects(root).path(text)
    except StoreError:
        return
    assert path.parent.parent == root / "files" / "md5"
    assert os.path.normpath(path) == str(path)
    assert set(path.parent.name + path.name.removesuffix(".dir")) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    "digest",
    ["", "../../../etc/passwd", "AB" * 16, "ab" * 16 + "\n", "ab" * 16 + ".dir/..", "ab" * 15,
     "ab/" + "c" * 29, "ab" * 16 + ".dir.dir"],
)  # fmt: skip
def test_what_is_no_digest_is_refused(objects: Objects, digest: str) -> None:
    with pytest.raises(StoreError, match="not the digest"):
        objects.path(digest)


@pytest.mark.parametrize("run", ["", ".", "..", "a/b", "../x", ".hidden", "a\n"])
def test_a_run_cannot_name_a_folder_elsewhere(objects: Objects, run: str) -> None:
    with pytest.raises(StoreError, match="name of a folder"):
        objects.temporary(run)


def test_only_what_dead_runs_left_is_dropped(objects: Objects) -> None:
    living, dead = written(objects, b"a", "living"), written(objects, b"b", "dead")
    assert objects.drop_temporaries({"living"}) == 1
    assert living.exists()
    assert not dead.parent.exists()
    assert objects.drop_temporaries(()) == 1
    assert list((objects.root / "tmp").iterdir()) == []


def test_a_store_without_temporaries_has_none_to_drop(objects: Objects) -> None:
    assert objects.drop_temporaries(()) == 0


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be written") as refusal:
        Objects(tmp_path / "store").temporary("r1")
    assert "nothing was published" in (refusal.value.hint or "")
