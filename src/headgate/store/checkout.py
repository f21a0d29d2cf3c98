"""Versions in the working tree: the files that people and other tools open.

A linked file is the object itself under a second name where the file system allows, else a clone
or a copy; it is read-only. What Headgate or DVC put at a path is replaced; a file that is in no
object is a person's own, and is moved aside, never lost.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headgate.errors import StoreError
from headgate.store.manifest import Part, Version
from headgate.store.objects import DIGEST, Objects, digest_of
from headgate.store.versions import is_inside

FICLONE = 0x40049409
"""The Linux request that gives a file the blocks of another, until one of them is changed."""


def link(objects: Objects, version: Version, path: Path) -> Path | None:
    """Puts the version at `path`; gives where a person's own file went that was there, if any.

    One file is replaced in one step. A version of several parts becomes a folder, which is absent
    for the moment between two renames. One process at a time may link a path: hold its claim.
    Raises StoreError for a missing or damaged object.
    """
    parts = {part.digest: part.size for part in version.parts}
    for digest in objects.lacking(parts):
        raise StoreError(
            f"object {digest} of {version.dataset} is missing or damaged",
            str(objects.path(digest)),
            "run again to compute it, or fetch it: headgate data pull, or dvc pull",
        )
    objects.bring(parts)
    with _spoken(path):
        if _is_at(objects, version, path):
            _remove(_replaced(path))
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = None if _is_ours(objects, path) else _move_aside(path)
        _place(objects, version, path)
        _note(objects, version, path)
        return aside


def linked(objects: Objects, version: Version, path: Path) -> bool:
    """Whether the version is at `path`, told without reading it where it was put there by `link`."""
    with _spoken(path):
        return _is_at(objects, version, path) and not _replaced(path).exists()


def sharing(objects: Objects, version: Version, path: Path, digest: str) -> list[Path]:
    """The files at `path` that are the object of a digest itself, under a second name."""
    found = []
    for part, file in _files(version, path):
        if part.digest == digest and file.is_file() and not file.is_symlink():
            found += [file] if _is_same(file.lstat(), objects.path(digest)) else []
    return found


def renew(objects: Objects, digest: str, file: Path) -> None:
    """Puts the object of a digest in the place of a file, in one step."""
    with _spoken(file):
        temporary = file.with_name(f".{file.name}.headgate")
        _remove(temporary)
        _put(objects.path(digest), temporary)
        temporary.replace(file)


# ------------------------------------------------------------------ inside


def _is_single(version: Version) -> bool:
    return len(version.parts) == 1 and not version.parts[0].path


def _files(version: Version, path: Path) -> list[tuple[Part, Path]]:
    if _is_single(version):
        return [(version.parts[0], path)]
    return [(part, path / part.path) for part in version.parts]


def _is_at(objects: Objects, version: Version, path: Path) -> bool:
    if path.is_symlink() or path.is_dir() is _is_single(version):
        return False
    if not _is_single(version) and len(_below(path)) != len(version.parts):
        return False
    known = _noted(objects, path)
    return all(_is_part(objects, part, file, known) for part, file in _files(version, path))


def _is_part(objects: Objects, part: Part, file: Path, known: dict[str, list[object]]) -> bool:
    """Whether the file holds the part: by its inode, else as noted, else by its content."""
    try:
        found = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if found.st_size != part.size:
        return False
    if _is_same(found, objects.path(part.digest)):
        return True
    if (digest := _put_there(objects, file, found, known)) is not None:
        return digest == part.digest
    return file.is_file() and digest_of(file) == part.digest


def _put_there(
    objects: Objects, file: Path, found: os.stat_result, known: dict[str, list[object]]
) -> str | None:
    """The digest of what was put at a path, if that is surely there still."""
    noted = known.get(str(file))
    if not noted:
        return None
    digest = str(noted[0])
    same = noted == _signature(found, digest) or _is_same(found, objects.path(digest))
    return digest if same else None


def _is_same(found: os.stat_result, other: Path) -> bool:
    try:
        return os.path.samestat(found, other.stat())
    except FileNotFoundError:
        return False


def _is_ours(objects: Objects, path: Path) -> bool:
    """Whether what is at `path` can be had again from the store, or nothing is there."""
    if path.is_symlink():
        return False
    known = _noted(objects, path)
    return all(_is_kept(objects, Path(file), known) for file in _below(path))


def _is_kept(objects: Objects, file: Path, known: dict[str, list[object]]) -> bool:
    found = file.lstat()
    digest = _put_there(objects, file, found, known)
    if digest is not None and objects.has(digest, found.st_size):
        return True
    if file.is_symlink() or not file.is_file():
        return False
    return objects.has(digest_of(file), found.st_size)


def _below(path: Path) -> list[str]:
    """The file at `path`, or all files and links below the folder there."""
    if not path.is_dir():
        return [str(path)] if path.exists() else []
    return [  # as text: a version may have thousands of parts, and paths are slow
        os.path.join(folder, name)  # noqa: PTH118
        for folder, folders, names in os.walk(path)
        for name in [*names, *(n for n in folders if os.path.islink(f"{folder}/{n}"))]  # noqa: PTH114
    ]


def _move_aside(path: Path) -> Path:
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.yours-{number}")):
        number += 1
    return path.rename(aside)


def _place(objects: Objects, version: Version, path: Path) -> None:
    # one fixed name, so that what a killed process left is found and removed by the next
    temporary = path.with_name(f".{path.name}.headgate")
    _remove(temporary)
    try:
        if _is_single(version):
            _put(objects.path(version.parts[0].digest), temporary)
        else:
            for part in version.parts:
                if not is_inside(part.path):
                    raise StoreError(f"{part.path!r} cannot be the path of a part")
                (temporary / part.path).parent.mkdir(parents=True, exist_ok=True)
                _put(objects.path(part.digest), temporary / part.path)
        if path.is_dir() or temporary.is_dir():
            _remove(_replaced(path))
            with suppress(FileNotFoundError):
                path.rename(_replaced(path))
        temporary.replace(path)
    finally:
        # renaming one name of a file to another of its names leaves both
        _remove(temporary)
        _remove(_replaced(path))


def _replaced(path: Path) -> Path:
    """Where a folder waits, between two renames, to be removed."""
    return path.with_name(f".{path.name}.old.headgate")


def _put(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in {
            errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES,
        }:  # fmt: skip
            raise
        import shutil

        with source.open("rb") as old, target.open("wb") as new:
            try:
                fcntl.ioctl(new.fileno(), FICLONE, old.fileno())
            except OSError:
                shutil.copyfileobj(old, new, 1 << 20)
        target.chmod(0o444)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# ------------------------------------------------------------------ what was put where


def _record(objects: Objects, path: Path) -> Path:
    name = hashlib.sha256(os.path.abspath(path).encode()).hexdigest()[:32]  # noqa: PTH100
    return objects.root / "links" / name


def _note(objects: Objects, version: Version, path: Path) -> None:
    """Remembers what was put at a path, so that a look at it need not read it.

    The record is a help, not a truth: when it is lost or wrong, contents are read.
    """
    files = {
        str(file): _signature(file.lstat(), part.digest) for part, file in _files(version, path)
    }
    record = _record(objects, path)
    record.parent.mkdir(parents=True, exist_ok=True)
    temporary = record.with_suffix(".new")
    temporary.write_text(json.dumps(files), encoding="utf-8")
    temporary.replace(record)


def _noted(objects: Objects, path: Path) -> dict[str, list[object]]:
    try:
        found = json.loads(_record(objects, path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        file: noted
        for file, noted in found.items()
        if isinstance(noted, list) and noted and DIGEST.fullmatch(str(noted[0]))
    }


def _signature(found: os.stat_result, digest: str) -> list[object]:
    return [digest, found.st_size, found.st_mtime_ns, found.st_ino]


@contextmanager
def _spoken(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the file cannot be put there: {error.strerror or error}",
            str(error.filename or path),
            "check the disk and the permissions; the release itself was made",
        ) from error
