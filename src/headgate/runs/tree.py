"""The working tree as of another release or commit. What readers see does not move."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from headgate.errors import StoreError
from headgate.ledger.events import OutputLinked
from headgate.ledger.ledger import Transaction
from headgate.runs import outputs
from headgate.runs.claim import claim
from headgate.runs.job import Job
from headgate.runs.tools import Tools
from headgate.schema.schema import Schema
from headgate.store import pointers, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import Objects
from headgate.store.pointers import Out
from headgate.store.readers import Lease

_UNKNOWN = datetime.min.replace(tzinfo=UTC)
"""When a version was made that the record does not know."""


class Tree(Struct, frozen=True):
    """What is to be in the working tree: versions by path. `lacking` are paths of which none is known."""

    versions: Mapping[str, Version]
    lacking: tuple[str, ...] = ()


def tree_of(tx: Transaction, jobs: Sequence[Job], release: Release) -> Tree:
    """The published outputs as of a release."""
    found = {}
    for path, dataset in _paths(jobs).items():
        version = versions.find(tx, dataset, release.versions.get(dataset, ""))
        if version is not None:
            found[path] = version
    return Tree(found, tuple(sorted(_paths(jobs).keys() - found.keys())))


def tree_named(
    tx: Transaction, objects: Objects, jobs: Sequence[Job], texts: Mapping[str, str]
) -> Tree:
    """The published outputs as of the `.dvc` files of a commit, given by their paths.

    Raises StoreError where one names what neither the record nor the store knows.
    """
    named = {out.path: out.digest for out in _outs(texts)}
    declared = _paths(jobs)
    found = {
        path: _version(tx, objects, dataset, named[path])
        for path, dataset in declared.items()
        if path in named
    }
    return Tree(found, tuple(sorted(declared.keys() - found.keys())))


def _outs(texts: Mapping[str, str]) -> Iterator[Out]:
    """What pointers name; a file of another kind, which Headgate did not write, names nothing."""
    for where, text in texts.items():
        with suppress(StoreError):
            yield from pointers.read_outs(text, where)


def put(tools: Tools, jobs: Sequence[Job], environment: str, tree: Tree) -> list[OutputLinked]:
    """Links all of a tree, and gives what had to be changed.

    `environment` is the one whose runs link their outputs.
    Before the first file is replaced, all objects are known to be there. Raises StoreError where
    one is not, and BusyError while a run that would link them goes on.
    """
    run = secrets.token_hex(4)
    with ExitStack() as claims:
        claims.enter_context(Lease(tools.objects)).require(tree.versions.values())
        for job in jobs:
            name = f"{job.pipeline.name}@{environment}"
            claims.enter_context(claim(tools.ledger, name, run=run))
        put_there = [
            moved
            for path, version in tree.versions.items()
            if (moved := outputs.put(tools, version, path, run))
        ]
        tools.ledger.append(*put_there)
    return put_there


# ------------------------------------------------------------------ inside


def _paths(jobs: Sequence[Job]) -> dict[str, str]:
    """The published datasets by the paths where they are linked, whatever the environment."""
    return {
        path: name
        for job in jobs
        for name in job.published
        if (path := replace(job, linked=True).path(name))
    }


def _version(tx: Transaction, objects: Objects, dataset: str, id_: str) -> Version:
    """The version of that id, as the record knows it, or else as the store has it."""
    if known := versions.find(tx, dataset, id_) or next(iter(versions.of_id(tx, id_)), None):
        return dataclasses.replace(known, dataset=dataset)
    try:
        listed = objects.listing(id_) if id_.endswith(".dir") else [(id_, "")]
        parts = tuple(
            Part(digest, objects.path(digest).stat().st_size, 0, path=path)
            for digest, path in listed
        )
    except OSError as error:
        raise StoreError(
            f"version {id_[:8]} of {dataset} is not in the store",
            None,
            "nothing was changed; fetch it where it was pushed (headgate data pull)",
        ) from error
    return Version(id_, dataset, Schema(()), parts, _UNKNOWN, "")
