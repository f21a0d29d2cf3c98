"""The data that belongs to a commit, in lines and for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headgate.cli.tables import table
from headgate.project.commits import SHORT, Commit, Pointer
from headgate.store.manifest import Release


def of_commit(commit: Commit, dataset: str | None) -> list[Release]:
    """The releases of a commit's code; those that have a dataset, where it is given."""
    return [
        release
        for release in commit.releases
        if dataset is None or dataset in {**release.versions, **release.inputs}
    ]


def commit_lines(commit: Commit, dataset: str | None) -> Iterator[str]:
    """What a commit names, for people; of one dataset, where it is given."""
    releases = len(of_commit(commit, dataset))
    told = f"{releases} of its code" if releases else "none of its code"
    yield f"commit {commit.id[:SHORT]} · releases: {told}"
    rows = [
        [each.path, ", ".join(each.datasets) or "not in the record", each.version[:SHORT]]
        for each in _pointers(commit, dataset)
    ]
    if rows:
        for line in table([".dvc file", "dataset", "version"], rows):
            yield f"  {line}"
    else:
        yield "  no .dvc file of it names data"


def commit_as_json(commit: Commit, dataset: str | None) -> dict[str, Any]:
    """What a commit names, for machines."""
    return {
        "commit": commit.id,
        "pointers": [
            {"path": each.path, "version": each.version, "datasets": list(each.datasets)}
            for each in _pointers(commit, dataset)
        ],
    }


def _pointers(commit: Commit, dataset: str | None) -> list[Pointer]:
    return [each for each in commit.pointers if dataset is None or dataset in each.datasets]
