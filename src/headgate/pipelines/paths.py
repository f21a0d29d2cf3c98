"""Paths that a declaration names: relative to the project, and never out of it."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from glob import glob
from pathlib import Path, PurePosixPath

from headgate.errors import DeclarationError


def inside(root: Path, relative: str, where: str | None) -> Path:
    """The file of that name in the project, links followed: code and suites are part of it.

    Raises DeclarationError where it lies outside.
    """
    path = Path(os.path.realpath(_joined(root, relative, where)))
    if not path.is_relative_to(root):
        raise _outside(relative, where)
    return path


def within(root: Path, relative: str, where: str | None) -> Path:
    """The file or pattern of that name in the project; a link in it may lead out, to data.

    Raises DeclarationError where the name itself leads out.
    """
    path = Path(os.path.normpath(_joined(root, relative, where)))
    if not path.is_relative_to(root):
        raise _outside(relative, where)
    return path


def files(root: Path, pattern: str) -> list[str]:
    """The names of the files that a pattern matches, relative to the project and sorted."""
    # pathlib's glob does not follow linked folders on every version of Python
    found = glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
    return sorted(name for name in found if (root / name).is_file())


def matches(name: str, pattern: str) -> bool:
    """Whether `files` would give a file of that name, were it there.

    With `**` it may say so of a few more.

    >>> matches("data/a.csv", "data/*.csv"), matches("data/old/a.csv", "data/*.csv")
    (True, False)
    """
    path, parts = PurePosixPath(name), PurePosixPath(pattern).parts
    if "**" in parts:
        return fnmatchcase(name, pattern.replace("**/", "*"))
    return len(path.parts) == len(parts) and path.match(pattern)


def _joined(root: Path, relative: str, where: str | None) -> Path:
    if not relative.strip() or "\0" in relative:
        raise DeclarationError(f"{relative!r} is no path", where, "name a file of the project")
    return root / relative


def _outside(relative: str, where: str | None) -> DeclarationError:
    hint = "put it, or a link to its folder, inside the project"
    return DeclarationError(f"path {relative!r} leads out of the project", where, hint)
