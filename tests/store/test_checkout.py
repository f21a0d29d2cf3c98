from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.errors import StoreError
from headgate.store import checkout
from headgate.store.checkout import link, linked
from headgate.store.manifest import Version
from headgate.store.objects import Objects

Make = Callable[..., Version]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "data" / "processed" / "train.parquet"


@pytest.fixture
def no_hard_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project on one file system whose store is on another."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_version_is_put_where_its_output_belongs(
    objects: Objects, version_of: Make, output: Path
) -> None:
    version = version_of(b"rows")
    assert not linked(objects, version, output)
    assert link(objects, version, output) is None
    assert linked(objects, version, output)
    assert output.read_bytes() == b"rows"
    assert output.samefile(objects.path(version.id))
    assert stat.S_IMODE(output.stat().st_mode) == 0o444
    assert names(output.parent) == ["train.parquet"]


def test_the_next_version_takes_its_place(objects: Objects, version_of: Make, output: Path) -> None:
    one, two = version_of(b"one"), version_of(b"two")
    link(objects, one, output)
    assert not linked(objects, two, output)
    assert link(objects, two, output) is None
    assert output.read_bytes() == b"two"
    assert objects.verify(one.id)
    assert names(output.parent) == ["train.parquet"]


def test_linking_again_touches_nothing(objects: Objects, version_of: Make, output: Path) -> None:
    version = version_of(b"rows")
    link(objects, version, output)
    folder = output.parent.stat().st_mtime_ns
    assert link(objects, version, output) is None
    assert output.parent.stat().st_mtime_ns == folder


@pytest.mark.usefixtures("no_hard_links")
def test_without_hard_links_the_file_is_a_read_only_copy(
    objects: Objects, version_of: Make, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = version_of(b"one"), version_of(b"two")
    link(objects, one, output)
    assert not output.samefile(objects.path(one.id))
    assert stat.S_IMODE(output.stat().st_mode) == 0o444
    with monkeypatch.context() as patch:
        patch.setattr(checkout, "digest_of", _never)
        assert linked(objects, one, output)
        assert not linked(objects, two, output)
        assert link(objects, two, output) is None
    assert output.read_bytes() == b"two"


def _never(path: Path) -> str:
    raise AssertionError(f"{path} was read")


def test_a_file_of_a_person_is_moved_aside_and_told(
    objects: Objects, version_of: Make, output: Path
) -> None:
    output.parent.mkdir(parents=True)
    for number, text in enumerate(("mine", "mine again"), 1):
        output.unlink(missing_ok=True)
        output.write_text(text)
        aside = link(objects, version_of(b"rows"), output)
        assert aside == output.with_name(f"train.parquet.yours-{number}")
        assert aside.read_text() == text
        assert output.read_bytes() == b"rows"


def test_an_edited_output_is_moved_aside_and_the_object_stays_whole(
    objects: Objects, version_of: Make, output: Path
) -> None:
    version = version_of(b"rows")
    link(objects, version, output)
    output.unlink()
    output.write_bytes(b"rowz")
    assert not linked(objects, version, output)
    aside = link(objects, version, output)
    assert aside is not None
    assert aside.read_bytes() == b"rowz"
    assert output.read_bytes() == b"rows"
    assert objects.verify(version.id)


def test_a_file_that_dvc_put_there_is_replaced(
    objects: Objects, version_of: Make, output: Path
) -> None:
    older, newer = version_of(b"older"), version_of(b"newer")
    output.parent.mkdir(parents=True)
    shutil.copyfile(objects.path(older.id), output)
    assert linked(objects, older, output)
    assert link(objects, newer, output) is None
    assert names(output.parent) == ["train.parquet"]


def test_a_symbolic_link_of_a_person_is_moved_aside_and_not_followed(
    objects: Objects, version_of: Make, output: Path, tmp_path: Path
) -> None:
    target = tmp_path / "elsewhere.parquet"
    target.write_text("mine")
    output.parent.mkdir(parents=True)
    output.symlink_to(target)
    aside = link(objects, version_of(b"rows"), output)
    assert aside is not None
    assert aside.is_symlink()
    assert target.read_text() == "mine"
    assert not output.is_symlink()


def test_a_missing_or_damaged_object_is_told_and_the_output_stays(
    objects: Objects, version_of: Make, output: Path
) -> None:
    one, two = version_of(b"one"), version_of(b"two")
    link(objects, one, output)
    objects.path(two.id).unlink()
    with pytest.raises(StoreError, match="missing or damaged"):
        link(objects, two, output)
    assert output.read_bytes() == b"one"


def test_what_a_killed_process_left_is_removed(
    objects: Objects, version_of: Make, output: Path
) -> None:
    version = version_of(b"rows")
    output.parent.mkdir(parents=True)
    output.with_name(".train.parquet.headgate").write_text("half")
    link(objects, version, output)
    assert names(output.parent) == ["train.parquet"]
    output.with_name(".train.parquet.old.headgate").mkdir()
    assert not linked(objects, version, output)
    link(objects, version, output)
    assert names(output.parent) == ["train.parquet"]


@pytest.mark.parametrize("text", ["{ half a rec", "[]", '{"OUT": ["../../x"]}', '{"OUT": 1}'])
def test_a_lost_record_of_links_costs_a_read_and_nothing_else(
    objects: Objects, version_of: Make, output: Path, text: str
) -> None:
    one, two = version_of(b"one"), version_of(b"two")
    link(objects, one, output)
    (record,) = (objects.root / "links").iterdir()
    record.write_text(text.replace("OUT", str(output)))
    assert linked(objects, one, output)
    assert link(objects, two, output) is None
    assert output.read_bytes() == b"two"


def test_a_version_of_several_parts_is_a_folder(
    objects: Objects, version_of: Make, tmp_path: Path
) -> None:
    output = tmp_path / "data" / "sales"
    one = version_of({"month=1/part-0.parquet": b"january", "month=2/part-0.parquet": b"february"})
    two = version_of({"month=2/part-0.parquet": b"February", "month=3/part-0.parquet": b"march"})
    assert link(objects, one, output) is None
    assert linked(objects, one, output)
    assert link(objects, two, output) is None
    assert not linked(objects, one, output)
    assert linked(objects, two, output)
    assert names(output) == ["month=2", "month=3"]
    assert (output / "month=2" / "part-0.parquet").read_bytes() == b"February"
    assert names(output.parent) == ["sales"]


def test_a_person_s_file_in_a_folder_of_parts_is_never_lost(
    objects: Objects, version_of: Make, tmp_path: Path
) -> None:
    output = tmp_path / "sales"
    one = version_of({"a.parquet": b"one", "b.parquet": b"two"})
    two = version_of({"a.parquet": b"one", "b.parquet": b"three"})
    link(objects, one, output)
    (output / "notes.txt").write_text("mine")
    assert not linked(objects, one, output)
    aside = link(objects, two, output)
    assert aside is not None
    assert (aside / "notes.txt").read_text() == "mine"
    assert linked(objects, two, output)


def test_a_file_and_a_folder_take_each_other_s_place(
    objects: Objects, version_of: Make, tmp_path: Path
) -> None:
    output = tmp_path / "sales"
    single, several = version_of(b"one"), version_of({"a": b"two", "b": b"three"})
    for version in (single, several, single):
        assert link(objects, version, output) is None
        assert linked(objects, version, output)
    assert names(tmp_path) == [".headgate", "sales"]


def test_a_place_where_nothing_can_be_put_says_so(
    objects: Objects, version_of: Make, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be put there"):
        link(objects, version_of(b"rows"), tmp_path / "data" / "train.parquet")
