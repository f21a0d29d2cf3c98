"""Pointer files that DVC or Headgate wrote: which data a `.dvc` file names.

DVC 2 hashed text files with Unix line ends, and kept its cache without `files/md5`; such an entry
says no `hash: md5`. Its name is then no MD5 of the file's bytes, unless the file is binary.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from configparser import ConfigParser, Error
from pathlib import Path, PurePosixPath
from typing import Any

from msgspec import Struct

from headgate.errors import StoreError
from headgate.store.objects import DIGEST
from headgate.store.versions import is_inside

_PASSED_OVER = frozenset({".git", ".dvc", ".headgate", ".venv", "node_modules"})


class Out(Struct, frozen=True):
    """A file or folder that a pointer file names. `path` starts from the project's folder."""

    digest: str
    path: str
    size: int | None
    where: str
    """The pointer file."""
    legacy: bool = False
    """Whether DVC 2 wrote it."""

    @property
    def is_folder(self) -> bool:
        return self.digest.endswith(".dir")


def pointer_files(root: Path) -> list[Path]:
    """All `.dvc` files of a project, in order; those of other projects below it are left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - _PASSED_OVER)
        found += [Path(folder, name) for name in names if name.endswith(".dvc")]
    return sorted(path for path in found if path.is_file())


def outs(root: Path, files: Iterable[Path]) -> list[Out]:
    """What pointer files name, in their order. Raises StoreError for one that is no pointer file."""
    found: list[Out] = []
    for file in files:
        where = file.relative_to(root).as_posix()
        found += read_outs(_text(file, where), where)
    return found


def read_outs(text: str, where: str) -> Iterator[Out]:
    """What the text of a pointer file names; `where` is its path in the project.

    What is not in DVC's cache (`cache: false`) or has no MD5 is passed over.
    """
    import yaml

    try:
        body = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a time that is none is a ValueError
        raise StoreError("this is no pointer file of DVC", where, "dvc add it again") from error
    listed = body.get("outs") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise StoreError("this is no pointer file of DVC: it has no outs", where)
    inner = str(body.get("wdir") or ".")
    for entry in listed:
        if isinstance(entry, dict) and entry.get("md5") and entry.get("cache", True):
            yield _out(entry, inner, where)


def _out(entry: dict[str, Any], inner: str, where: str) -> Out:
    digest, name = str(entry["md5"]), str(entry.get("path", ""))
    joined = os.path.normpath(PurePosixPath(where).parent / inner / name)
    if not DIGEST.fullmatch(digest) or not name or not is_inside(joined):
        raise StoreError(f"it names {name!r}, which is nothing inside the project", where)
    size = entry.get("size")
    legacy = entry.get("hash") != "md5"
    return Out(digest, joined, size if isinstance(size, int) else None, where, legacy)


def listed_parts(text: bytes, where: str) -> list[tuple[str, str]]:
    """The path and the digest of each file of a folder. Raises StoreError for another text."""
    try:
        parts = [(str(entry["relpath"]), str(entry["md5"])) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError("this is no list of the files of a folder", where) from error
    for path, digest in parts:
        if not is_inside(path) or not DIGEST.fullmatch(digest):
            raise StoreError(f"it names {path!r}, which is nothing inside the folder", where)
    return parts


def cache_folder(root: Path) -> Path:
    """Where DVC keeps its objects in a project, by its settings or else `.dvc/cache`."""
    home = root / ".dvc"
    for name in ("config.local", "config"):
        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read(home / name, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            continue
        if told := parser.get("cache", "dir", fallback=""):
            return home / told
    return home / "cache"


def cached(cache: Path, digest: str) -> Path | None:
    """The file of a digest in a cache of DVC 3, or of DVC 2; None where it is in neither."""
    for folder in (cache / "files" / "md5", cache):
        if (file := folder / digest[:2] / digest[2:]).is_file():
            return file
    return None


def _text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"it cannot be read: {error}", where) from error
