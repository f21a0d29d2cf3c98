"""From a commit to the data that belongs to it.

A commit names data in two ways: by its `.dvc` files, and as the code of releases. The first is
asked first: what somebody committed is what they meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.ledger.ledger import Transaction
from headgate.project import git
from headgate.project.yaml import read_yaml
from headgate.store import appearances, releases, versions
from headgate.store.manifest import Release, Version

LIKE = re.compile(r"[0-9a-f]{7,40}")
"""A commit's id, or its start."""
SHORT = 8


class Pointer(Struct, frozen=True):
    """A `.dvc` file of a commit: the version that it names, and the datasets that have it."""

    path: str
    version: str
    datasets: tuple[str, ...]
    """Empty where the record knows no such version."""

    @property
    def output(self) -> str:
        """The file that it stands for."""
        return self.path.removesuffix(".dvc")


class Commit(Struct, frozen=True):
    """A commit with the data that its `.dvc` files name, and the releases of its code."""

    id: str
    pointers: tuple[Pointer, ...]
    releases: tuple[Release, ...]


def find(tx: Transaction, root: Path, environment: str, start: str) -> Commit:
    """The commit whose id begins so, as Git has it, or as releases of the environment name it.

    Raises UnknownNameError where neither knows one, and UsageError for what is no id, or where
    releases are of several commits.
    """
    if not LIKE.fullmatch(start):
        raise UsageError(f"{start!r} is no id of a commit", None, "give 7 to 40 of its characters")
    full = git.resolved(root, start)
    found = releases.of_code(tx, environment, full or start)
    if len(known := sorted({str(release.code) for release in found})) > 1:
        names = ", ".join(id_[:12] for id_ in known)
        raise UsageError(f"more than one commit begins with {start!r}", None, f"say {names}")
    if full is None and not known:
        hint = "git log shows the commits, headgate data log those of releases"
        raise UnknownNameError(f"no commit begins with {start!r}, or more than one", None, hint)
    id_ = full or known[0]
    named = _named(git.files_at(root, id_, ".dvc")) if full else {}
    found_pointers = tuple(
        Pointer(path, version, tuple(versions.datasets_of(tx, version)))
        for path, version in named.items()
    )
    return Commit(id_, found_pointers, tuple(found))


def _named(texts: Mapping[str, str]) -> dict[str, str]:
    """The version that each pointer names; one that is none, or names several files, is left out."""
    found = {}
    for path, text in texts.items():
        try:
            body = read_yaml(text, path).data
        except DeclarationError:
            continue
        match body:
            case {"outs": [{"md5": str(version)}]}:
                found[path] = version
    return found


def version_of(
    tx: Transaction, commit: Commit, environment: str, dataset: str, path: str | None
) -> Version:
    """The version of a dataset that belongs to a commit; `path` is where it is linked, if it is.

    It is the one that a `.dvc` file names, else that of the releases that have all that the `.dvc`
    files name, else that of the releases of its code. Raises UnknownNameError where there is none,
    and UsageError where there are several.
    """
    short = commit.id[:SHORT]
    at_path = [each for each in commit.pointers if each.output == path]
    if at_path and dataset not in at_path[0].datasets:
        raise UnknownNameError(
            f"{at_path[0].path} of commit {short} names version {at_path[0].version[:SHORT]} of"
            f" {dataset}, which the record does not know",
            None,
            "it was made elsewhere: git checkout the file and headgate data pull, or read it there",
        )
    named = {each.version for each in at_path or commit.pointers if dataset in each.datasets}
    if not named:
        of = _with_all(tx, commit, environment) or commit.releases
        clean = [release for release in of if not release.dirty] or of
        named = {release.versions[dataset] for release in clean if dataset in release.versions}
    if not named:
        hint = f"headgate data log --commit {short}"
        raise UnknownNameError(f"no {dataset} belongs to commit {short}", None, hint)
    if len(named) > 1:
        raise UsageError(
            f"{len(named)} versions of {dataset} belong to commit {short}",
            None,
            f"say which release: headgate data log --commit {short}",
        )
    [version] = named
    found = versions.find(tx, dataset, version)
    assert found is not None  # the record named it
    return found


def _with_all(tx: Transaction, commit: Commit, environment: str) -> Sequence[Release]:
    """The releases that have every version that the `.dvc` files of a commit name."""
    numbers: set[int] | None = None
    for pointer in commit.pointers:
        if not pointer.datasets:
            continue  # somebody else's file, or data that was made elsewhere
        having = {
            number
            for dataset in pointer.datasets
            for name, number in appearances.having(tx, dataset, pointer.version)
            if name == environment
        }
        numbers = having if numbers is None else numbers & having
    found = (releases.find(tx, environment, number) for number in sorted(numbers or ()))
    return [release for release in found if release]
