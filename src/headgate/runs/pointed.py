"""The data that the `.dvc` files of the working tree name, whoever wrote them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from headgate.errors import UsageError
from headgate.ledger import audit
from headgate.runs.claim_all import claim_all
from headgate.runs.imported import Origin, import_outs, names_of, tables
from headgate.runs.pull import Link, Pulled
from headgate.runs.tools import Tools
from headgate.schema.schema import Schema
from headgate.store import checkout, pointers, releases, transfer
from headgate.store.manifest import Part, Version
from headgate.store.pointers import Out
from headgate.store.remote import Remote
from headgate.store.transfer import Moved, Told


def pointed_here(tools: Tools) -> dict[str, int | None]:
    """The objects that the `.dvc` files name, of what is in the store as a whole."""
    wanted: dict[str, int | None] = {}
    for out in pointers.outs(tools.root, pointers.pointer_files(tools.root)):
        if not tools.objects.has(out.digest):
            continue
        found = _objects_of(tools, out)
        if not tools.objects.lacking(found):
            wanted |= found
    return wanted


def fetch_pointed(
    tools: Tools, environment: str, remote: Remote, told: Told = transfer.silent, *, link: Link
) -> Pulled:
    """Brings what the `.dvc` files name, puts it where they say, and releases the tables of it.

    Where the environment has a release already, that one stays. Raises UsageError where no file
    names anything, BusyError while a run in the environment is going on, StoreError for what is
    not in the remote.
    """
    outs = pointers.outs(tools.root, pointers.pointer_files(tools.root))
    if not outs:
        what = "no release was pushed there, and no .dvc file here names anything"
        raise UsageError(what, remote.name, "push to it: headgate data push")
    moved = _fetched(tools, remote, outs, told)
    with claim_all(tools.ledger, environment, run=secrets.token_hex(4)):
        for out in outs:
            checkout.link(tools.objects, _as_files(tools, out), tools.root / out.path)
        with tools.ledger.transaction() as tx:
            release = releases.current(tx, environment)
            if release is not None:
                act = audit.Act(tools.now(), tools.user, "pull", environment, remote.name)
                audit.record(tx, act)
        if release is not None:
            link(release)
            return Pulled(release, moved, 0)
    origin = Origin(f"imported from {remote.name}, where DVC pushed it", tools.code().commit)
    release = import_outs(tools, environment, names_of(tables(tools, outs)), origin)
    if release is None:
        what = "the data is here, and no table is among it that could be released"
        raise UsageError(what, remote.name, "run a pipeline that reads it: headgate run")
    with claim_all(tools.ledger, environment, run=release.run):
        link(release)
    return Pulled(release, moved, 1)


def _fetched(tools: Tools, remote: Remote, outs: Sequence[Out], told: Told) -> Moved:
    """Brings the lists of folders first, since only they say what is in them."""
    lists = {out.digest: None for out in outs if out.is_folder}
    first = transfer.fetch(tools.objects, remote, lists)
    wanted: dict[str, int | None] = {}
    for out in outs:
        wanted |= _objects_of(tools, out)
    rest = transfer.fetch(tools.objects, remote, wanted, told)
    return Moved(first.objects + rest.objects, first.size + rest.size, rest.skipped - first.objects)


def _objects_of(tools: Tools, out: Out) -> dict[str, int | None]:
    if not out.is_folder:
        return {out.digest: out.size}
    wanted: dict[str, int | None] = {digest: None for _, digest in _listed(tools, out)}
    return wanted | {out.digest: None}


def _listed(tools: Tools, out: Out) -> list[tuple[str, str]]:
    tools.objects.bring({out.digest: None})
    return pointers.listed_parts(tools.objects.path(out.digest).read_bytes(), out.where)


def _as_files(tools: Tools, out: Out) -> Version:
    """What a pointer names as files to be linked, whatever is in them."""
    listed = _listed(tools, out) if out.is_folder else [("", out.digest)]
    tools.objects.bring({digest: None for _, digest in listed})
    parts = tuple(
        Part(digest, tools.objects.path(digest).stat().st_size, 0, path=path)
        for path, digest in listed
    )
    return Version(out.digest, out.path, Schema(()), parts, tools.now(), "")
