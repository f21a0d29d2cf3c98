"""Telling, without reading a project, that nothing in it moved since it had nothing to do.

A run that ends with nothing owed notes what its answer rested on: every file of the project's
tree with its size, times and inode, the libraries, the settings of the environment and the
release that is served. While all of that is the same, the next run costs the start of the process.

The note is a help, never a truth: a file younger than the note's own run is not trusted, and
whatever is missing, odd or too large makes the next run look for itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LARGEST_TREE = 2000  # files; a larger project is read by every run
CLOCK_GRAIN_NS = 2_000_000_000  # file times may be this coarse
NOTE = Path(".headgate", "quiet.json")
PERSONAL = {"HEADGATE_DIR", "HEADGATE_JSON", "HEADGATE_QUIET", "HEADGATE_USER", "HEADGATE_VERBOSE"}
"""Variables that change how a run is told, and not what it does."""

Tree = Mapping[str, list[int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run with nothing to do found: the release that is served, and where it lies."""

    state: str
    environment: str
    release: int
    pipelines: tuple[str, ...]
    objects: tuple[str, ...]
    """The files of the release in the store, which have to be there still."""


def survey(root: Path) -> Tree | None:
    """Every file of a project's tree; None when there are too many. Hidden files are left out."""
    found: dict[str, list[int]] = {}
    folders = [str(root)]
    try:
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name == "__pycache__":
                        continue
                    if entry.is_dir():
                        folders.append(entry.path)
                        continue
                    seen = entry.stat()
                    found[os.path.relpath(entry.path, root)] = [
                        seen.st_size,
                        seen.st_mtime_ns,
                        seen.st_ctime_ns,
                        seen.st_ino,
                    ]
            if len(found) + len(folders) > LARGEST_TREE:
                return None
    except OSError:
        return None  # a broken link, or a folder that may not be read: look closely instead
    return found


@dataclass(frozen=True, slots=True)
class Look:
    """The tree as it was before a run read any of it, and when that was."""

    tree: Tree | None
    at_ns: int


def look(root: Path) -> Look:
    """A look at the tree, now."""
    return Look(survey(root), time.time_ns())


def note(root: Path, asked: str, before: Look, own: Collection[str], standing: Standing) -> None:
    """Notes what an answer rested on: the tree as it was before the run read any of it.

    `own` are the files that the run itself put there. They alone may be new.
    """
    after = survey(root)
    if before.tree is None or after is None:
        return
    names = before.tree.keys() | after.keys()
    moved = {name for name in names if before.tree.get(name) != after.get(name)}
    rested = [entry for name, entry in after.items() if name not in own]
    young = any(max(entry[1:3]) > before.at_ns - CLOCK_GRAIN_NS for entry in rested)
    if young or not moved <= set(own):
        return
    body = {"asked": asked, "tree": after, "standing": asdict(standing)}
    path = root / NOTE
    temporary = path.with_suffix(".tmp")
    try:
        temporary.write_text(json.dumps(body))
        temporary.replace(path)
    except OSError:
        return  # without the note the next run looks for itself


def recall(root: Path, asked: str) -> Standing | None:
    """What the last run found, if nothing that it rested on has moved since."""
    try:
        body: dict[str, Any] = json.loads((root / NOTE).read_text())
        if body["asked"] != asked or survey(root) != body["tree"]:
            return None
        standing = Standing(**body["standing"])
        return standing if all(map(os.path.exists, standing.objects)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def question(environment: str | None, pipelines: Collection[str], library: Path) -> str:
    """What was asked, of which code: the note of another question says nothing.

    `library` is the folder that packages are installed in: it changes when one of them does.
    """
    settings = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith("HEADGATE_") and name not in PERSONAL
    }
    body = [environment, sorted(pipelines), settings, sys.version, library.stat().st_mtime_ns]
    return json.dumps(body)
