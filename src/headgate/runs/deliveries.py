"""What has been delivered, and what of it is not held yet. Content decides, never a file's date."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from headgate.errors import SourceError
from headgate.ledger import seen
from headgate.ledger.ledger import Ledger
from headgate.pipelines.source import deliveries
from headgate.runs.job import SourceJob
from headgate.store.manifest import Version


class Delivery(Struct, frozen=True):
    """The files of a source as they lie there now.

    `digests` has every file's content hash by its path in the project. `fresh` are the files that
    the next version is made of, in the order they count, on top of what is held where `keeps` is
    true. `fingerprint` names that version before it is made.
    """

    digests: Mapping[str, str]
    fresh: Mapping[str, Path]
    keeps: bool
    fingerprint: str
    settings: str
    because: str
    seen: tuple[os.stat_result, ...] = ()

    def still(self) -> None:
        """Raises SourceError where a file is no longer the one whose content was hashed."""
        for path, before in zip(self.fresh.values(), self.seen, strict=True):
            if not _is_same(path, before):
                raise SourceError(
                    f"{path.name} changed while it was read",
                    None,
                    "write a delivery under another name and rename it when it is complete",
                )


def look(
    job: SourceJob, root: Path, held: Version | None, ledger: Ledger, *, lost: bool = False
) -> Delivery:
    """What is delivered for a source; `lost` says that the held data is no longer in the store.

    Raises SourceError where a file is missing.
    """
    files = deliveries(root, job.source)
    if not files and not (job.source.optional and held):
        raise SourceError(
            f"no file for source {job.name!r}: {job.source.path} matches nothing",
            job.where,
            f"put the delivery at {job.source.path}, or correct path:",
        )
    names = {shown(path, root): path for path in files}
    seen = {path: path.stat() for path in files if path.exists()}
    digests = {name: _digest(path, ledger) for name, path in names.items()}
    if job.source.arrives == "replace":
        found = _replaced(job, names, digests, None if lost else held)
    else:
        found = _added(job, names, digests, held, lost=lost)
    return replace(found, seen=tuple(seen[path] for path in found.fresh.values()))


def shown(path: Path, root: Path) -> str:
    """A path as people are shown it: relative to the project."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def behind(job: SourceJob, root: Path, version: Version, ledger: Ledger) -> list[Path]:
    """The files of a version in the order they arrived, as far as they lie there as they were."""
    there: dict[str, Path] = {}
    for path in deliveries(root, job.source):
        there.setdefault(_digest(path, ledger), path)
    found = dict.fromkeys(version.inputs.values())
    return [there[digest] for digest in found if digest in there]


def _replaced(
    job: SourceJob, names: Mapping[str, Path], digests: Mapping[str, str], held: Version | None
) -> Delivery:
    settings = _settings(job)
    because = _changed(digests, held) if held else "first delivery"
    if held and not because and held.code.get("settings") != settings:
        because = f"the declaration of {job.name} changed"
    fresh = names if because else {}
    fingerprint = _fingerprint(job, settings, None, digests.values())
    return Delivery(digests, fresh, False, fingerprint, settings, because)


def _added(
    job: SourceJob,
    names: Mapping[str, Path],
    digests: Mapping[str, str],
    held: Version | None,
    *,
    lost: bool,
) -> Delivery:
    settings = _settings(job)
    because = ""
    arrived = {digest: n for n, digest in enumerate(held.inputs.values())} if held else {}
    if held and held.code.get("settings") != settings:
        because = f"the declaration of {job.name} changed"
    elif held and lost:
        because = f"what was held of {job.name} is no longer in the store"
    if held and because:
        _need_all(job, held, digests, because)
        held = None
    unread: dict[str, str] = {}  # a content counts once, under however many names it lies there
    for name, digest in digests.items():
        if held is None or _is_new(job, held, name, digest):
            unread.setdefault(digest, name)
    fresh = [
        unread[digest] for digest in sorted(unread, key=lambda d: arrived.get(d, len(arrived)))
    ]
    if held and job.source.arrives == "append":
        _need_new_names(job, held, fresh)
    if fresh and not because:
        because = f"{', '.join(fresh[:3])} arrived" if held else "first delivery"
    fingerprint = _fingerprint(job, settings, held, [digests[name] for name in fresh])
    paths = {name: names[name] for name in fresh}
    return Delivery(digests, paths, held is not None, fingerprint, settings, because)


def _need_new_names(job: SourceJob, held: Version, fresh: Sequence[str]) -> None:
    """Raises SourceError for a file whose rows were appended before it was changed."""
    if again := [name for name in fresh if name in held.inputs]:
        raise SourceError(
            f"{again[0]} was appended before, with other content: its rows would count twice",
            job.where,
            "give every delivery a name of its own, or declare arrives: upsert with a key:",
        )


def _is_new(job: SourceJob, held: Version, name: str, digest: str) -> bool:
    """Whether a file's content is not in what is held.

    That holds too for a file with keyed rows that was corrected and has its first content again.
    """
    if digest not in held.inputs.values():
        return True
    returned = held.inputs.get(_former(name, digest)) == digest != held.inputs.get(name)
    return returned and job.source.arrives == "upsert"


def _former(name: str, digest: str) -> str:
    return f"{name}#{digest[:8]}"


def inputs(held: Version | None, delivery: Delivery) -> dict[str, str]:
    """The files behind a version by content hash, in the order they arrived, held ones first.

    A path that was delivered before with other content keeps its old entry under a longer name.
    """
    found = dict(held.inputs) if held else {}
    for name in delivery.fresh:
        digest = delivery.digests[name]
        if held:
            found = {
                (_former(name, other) if key == name else key): other
                for key, other in found.items()
                if other != digest
            }
        found[name] = digest
    return found


def _need_all(job: SourceJob, held: Version, digests: Mapping[str, str], because: str) -> None:
    gone = sorted(set(held.inputs.values()) - set(digests.values()))
    if gone:
        names = sorted(name for name, digest in held.inputs.items() if digest in gone)
        raise SourceError(
            f"{because}, and files that it was made of are gone: {', '.join(names[:5])}",
            job.where,
            "put them back so that the data can be read again",
        )


def _changed(digests: Mapping[str, str], held: Version) -> str:
    if list(digests.values()) == list(held.inputs.values()):
        return ""
    changed = [name for name, digest in digests.items() if held.inputs.get(name) != digest]
    gone = [name for name in held.inputs if name not in digests]
    if changed:
        return f"{changed[0]} changed"
    return f"{gone[0]} is gone" if gone else "the order of the files changed"


def _is_same(path: Path, before: os.stat_result) -> bool:
    try:
        after = path.stat()
    except OSError:
        return False
    return (after.st_ino, after.st_size, after.st_mtime_ns) == (
        before.st_ino, before.st_size, before.st_mtime_ns,
    )  # fmt: skip


def _digest(path: Path, ledger: Ledger) -> str:
    with ledger.snapshot() as tx:
        known = seen.digest_of(tx, path)
    if known:
        return known
    try:
        before = path.stat()
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", str(path), _advice(path)) from error
    with ledger.transaction() as tx:
        seen.note(tx, path, before, digest)
    return digest


def _advice(path: Path) -> str:
    if path.is_dir():
        return f"{path.name} is a directory; name its files, for example {path.name}/*.csv"
    return "check that the file is there and may be read"


def _settings(job: SourceJob) -> str:
    """What decides how the bytes of a source are read."""
    source = job.source
    body: list[object] = [
        source.arrives,
        source.key,
        job.form.kind,
        source.csv.model_dump() if job.form.kind == "csv" else None,
        {name: kind.value for name, kind in job.types.items()},
    ]
    if source.partition_by:  # only then: what was held before there was such a key stays known
        by = source.partition_by
        body.append(by if isinstance(by, list) else by.model_dump())
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def _fingerprint(
    job: SourceJob, settings: str, held: Version | None, digests: Iterable[str]
) -> str:
    on_top_of = f"{held.id}+{held.aside}" if held and held.aside else held and held.id
    body = ["source/1", job.name, settings, on_top_of, list(digests)]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()
