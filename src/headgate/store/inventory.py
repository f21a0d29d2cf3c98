"""What the store has, held against what the record says of it: every object hashed again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from msgspec import Struct

from headgate.ledger.ledger import Transaction
from headgate.store import checkout, facts, marks, refs, versions
from headgate.store.facts import Pointer
from headgate.store.manifest import Version
from headgate.store.objects import Objects
from headgate.store.remote import Remote
from headgate.store.transfer import Wanted, bring_one


class Needed(Struct, frozen=True):
    """The objects of all recorded versions, and those of them that must be there.

    An environment points to these now, or a tag or a pin keeps them.
    """

    every: Wanted
    kept: Wanted


class Findings(Struct, frozen=True):
    """What became of each object. `whole` are as their names say; digests of all others."""

    whole: int
    size: int
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Those that an environment points to, or a tag or a pin keeps, and that are nowhere."""
    gone: tuple[str, ...] = ()
    """Those of earlier versions alone that are not kept."""
    unknown: tuple[str, ...] = ()
    """Files of the store that no version names."""

    @property
    def wrong(self) -> tuple[str, ...]:
        """What readers would stumble over."""
        return (*self.damaged, *self.missing)


def needed(tx: Transaction) -> Needed:
    """What the record says must be there."""
    kept = [
        version
        for environment, named in _kept(tx).items()
        for version in facts.behind(tx, environment, tuple(named))
    ]
    return Needed(versions.wanted_of(versions.every(tx)), versions.wanted_of(kept))


def inspect(objects: Objects, wanted: Needed) -> Findings:
    """Hashes every object in the folder; of a store with a remote, the rest is asked there."""
    here = dict(_files(objects.root))
    held = [digest for digest in wanted.every if digest in here]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        whole = dict(zip(held, pool.map(objects.verify, held), strict=True))
    away = objects.lacking({d: n for d, n in wanted.every.items() if d not in here})
    return Findings(
        whole=sum(whole.values()),
        size=sum(here[digest] for digest in held if whole[digest]),
        damaged=tuple(digest for digest in held if not whole[digest]),
        missing=tuple(digest for digest in away if digest in wanted.kept),
        gone=tuple(digest for digest in away if digest not in wanted.kept),
        unknown=tuple(sorted(set(here) - set(wanted.every))),
    )


def repair(
    objects: Objects, remote: Remote, wrong: tuple[str, ...], outputs: dict[Path, Version]
) -> list[Path]:
    """Brings objects anew, each in one step; gives the files of outputs that were mended with them.

    A file of the working tree may be a second name of the damaged object, and gets the new one.
    """
    cache = replace(objects, remote=None) if objects.remote is remote else objects
    mended = []
    for digest in wrong:
        shared = [
            file
            for path, version in outputs.items()
            for file in checkout.sharing(objects, version, path, digest)
        ]
        bring_one(cache, remote, digest)
        for file in shared:
            checkout.renew(objects, digest, file)
        mended += shared
    return mended


def _kept(tx: Transaction) -> dict[str, set[Pointer]]:
    """What each environment holds, and what a tag or a pin keeps of it, by the environment's name."""
    found: dict[str, set[Pointer]] = {}
    for (environment,) in tx.execute("select distinct environment from ref"):
        held = refs.held(tx, environment)
        found[environment] = {Pointer(*pair, "", "") for pair in held.items()}
    pins = marks.pins(tx)
    named = [(tag.environment, tag.number) for tag in marks.tags(tx)]
    named += [(p.environment, p.number) for p in pins if p.environment and p.number]
    for environment, number in named:
        pointers = facts.pointers(tx, environment, number)
        found.setdefault(environment, set()).update(pointers)
    for pin in pins:
        if pin.dataset and pin.version:
            found.setdefault("", set()).add(Pointer(pin.dataset, pin.version, "", ""))
    return found


def _files(root: Path) -> Iterator[tuple[str, int]]:
    """Every file in the layout of objects, with its bytes."""
    home = root / "files" / "md5"
    for folder in sorted(home.iterdir()) if home.is_dir() else ():
        if folder.is_dir():
            for file in sorted(folder.iterdir()):
                yield folder.name + file.name, file.stat().st_size
