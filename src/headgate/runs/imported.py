"""Data that DVC keeps, as versions and a release: Parquet as it is, CSV and JSON lines read once.

A Parquet file or folder of them becomes a version under the hash that DVC gave it, and no row of it
is read. What is text is ingested as a delivery is, and says which file it came from.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from headgate.engines.engine import Format
from headgate.errors import DataError, DeclarationError, StoreError, UsageError
from headgate.ledger import audit
from headgate.ledger.events import ReleasePublished
from headgate.ledger.ledger import Transaction
from headgate.pipelines.source import form_by_name
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.runs.writing import Draft, write_version
from headgate.schema.schema import Schema
from headgate.schema.table import Table
from headgate.store import holdings, pointers, publishing, refs, versions
from headgate.store.manifest import Part, Release, Version
from headgate.store.objects import digest_of
from headgate.store.pointers import Out
from headgate.store.readers import Lease

PIPELINE = "dvc"
"""Whose the datasets are that no pipeline made."""


class File(Struct, frozen=True):
    """One file of what DVC keeps: where its bytes are, and its path inside a folder, or none."""

    source: Path
    path: str = ""


class Origin(Struct, frozen=True):
    """Where the files came from: a Git commit, and how people are told of it."""

    because: str
    commit: str | None = None


def tables(tools: Tools, outs: Sequence[Out]) -> list[Out]:
    """Those that are tables: files whose name says so, and folders that hold such files alone."""
    return [out for out in outs if len(forms := _forms(tools, out)) == 1 and None not in forms]


def names_of(outs: Sequence[Out], given: str | None = None) -> dict[str, Out]:
    """The dataset that each becomes: the name of its file, without the ending, or the one given.

    Raises UsageError where two would have one name.
    """
    if given is not None:
        if len(outs) != 1:
            raise UsageError(f"--as names one dataset, and {len(outs)} are meant", hint="say which")
        return {given: outs[0]}
    found: dict[str, Out] = {}
    for out in outs:
        name = PurePosixPath(out.path).name.partition(".")[0]
        if name in found:
            what = f"{found[name].path} and {out.path} would both be the dataset {name!r}"
            raise UsageError(what, out.where, "import one of them --as another name")
        found[name] = out
    return found


def import_outs(
    tools: Tools,
    environment: str,
    named: Mapping[str, Out],
    origin: Origin,
    *,
    beside: Mapping[str, str] | None = None,
) -> Release | None:
    """The release that serves them; None where it would serve what is served now.

    `beside` are versions that were imported before and stay. Raises UsageError for a dataset that
    a pipeline publishes, StoreError for data that is not here, DataError for rows that cannot be read.
    """
    run = secrets.token_hex(4)
    with (
        Lease(tools.objects) as lease,
        claim(tools.ledger, f"{PIPELINE}@{environment}", run=run),
    ):
        with tools.ledger.snapshot() as tx:
            _require_free(tx, environment, named)
        made = []
        for dataset, out in named.items():
            made.append(_version(tools, run, dataset, out))
            lease.require(made[-1:])
        with tools.ledger.transaction(durable=True) as tx:
            _require_free(tx, environment, named)
            for version in made:
                versions.record(tx, version)
                holdings.adopt(tx, environment, version)
            told = {**(beside or {}), **{version.dataset: version.id for version in made}}
            if told == imported(tx, environment):
                return None
            release = publishing.publish(tx, _draft(tools, environment, told, origin, run))
            body = {"datasets": dict(told), "commit": origin.commit}
            act = audit.Act(tools.now(), tools.user, "import", environment, release.name, body)
            audit.record(tx, act)
            tx.append(_published(release))
    return release


def imported(tx: Transaction, environment: str) -> dict[str, str]:
    """What an environment serves that was imported."""
    held = refs.held(tx, environment)
    return {name: held[name] for name in refs.shown(tx, environment, PIPELINE)}


# ------------------------------------------------------------------ inside


def _form(path: str) -> Format | None:
    try:
        return form_by_name(path)
    except (DeclarationError, UsageError):
        return None


def _require_free(tx: Transaction, environment: str, names: Mapping[str, Out]) -> None:
    rows = tx.execute("select dataset, pipeline from ref where environment = ?", (environment,))
    for dataset, pipeline in rows:
        if dataset in names and pipeline != PIPELINE:
            what = f"{dataset} is a dataset of the pipeline {pipeline} already"
            raise UsageError(what, names[dataset].where, "import it --as another name")


def _version(tools: Tools, run: str, dataset: str, out: Out) -> Version:
    forms = _forms(tools, out)
    if len(forms) != 1 or None in forms:
        what = f"{out.path} is no table: it is not Parquet, CSV or JSON lines alone"
        raise UsageError(what, out.where, "keep it with DVC alone, and name the others as PATHs")
    files = _files(tools, out)
    if forms == {"parquet"}:
        return _as_it_is(tools, run, dataset, files)
    return _ingested(tools, run, dataset, out, files)


def _forms(tools: Tools, out: Out) -> set[str | None]:
    """How the files are written, by their names."""
    paths = [out.path]
    if out.is_folder:
        paths = [path for path, _ in _listed(tools, out)]
    return {form.kind if (form := _form(path)) else None for path in paths}


def _listed(tools: Tools, out: Out) -> list[tuple[str, str]]:
    text = _found(tools, out.digest, None, out).read_bytes()
    return sorted(pointers.listed_parts(text, out.where))


def _files(tools: Tools, out: Out) -> list[File]:
    """The files of what DVC keeps, in the order of their paths."""
    if not out.is_folder:
        return [File(_found(tools, out.digest, tools.root / out.path, out))]
    return [
        File(_found(tools, digest, tools.root / out.path / path, out), path)
        for path, digest in _listed(tools, out)
    ]


def _found(tools: Tools, digest: str, there: Path | None, out: Out) -> Path:
    """Where the bytes of a digest are: in the store, in DVC's cache, or in the working tree."""
    if tools.objects.has(digest):
        tools.objects.bring({digest: None})
        return tools.objects.path(digest)
    if (file := pointers.cached(pointers.cache_folder(tools.root), digest)) is not None:
        return file
    if there is not None and there.is_file() and digest_of(there) == digest:
        return there
    what = f"the data of {out.path} is not here: {digest} is in no cache"
    raise StoreError(what, out.where, "fetch it first: dvc fetch, or headgate data pull")


def _as_it_is(tools: Tools, run: str, dataset: str, files: Sequence[File]) -> Version:
    parts = []
    schema: Schema | None = None
    for file in files:
        table = tools.engine.table(dataset, file.source)
        if schema is not None and table.schema != schema:
            what = f"{file.path} has other columns than {files[0].path}"
            raise DataError(what, str(file.source), "import the files one by one")
        schema = table.schema
        parts.append(_kept(tools, run, file, table))
    assert schema is not None  # a folder without files was refused before
    shared = set.intersection(*(set(part.statistics) for part in parts))
    known = tuple(
        replace(part, statistics={name: part.statistics[name] for name in sorted(shared)})
        for part in parts
    )
    id_ = versions.gather(tools.objects, run, known)
    return Version(id_, dataset, schema, known, tools.now(), run)


def _kept(tools: Tools, run: str, file: File, table: Table) -> Part:
    """The file as an object, under a second name of it where the file system allows that."""
    digest, size = digest_of(file.source), file.source.stat().st_size
    if not tools.objects.has(digest, size):
        temporary = tools.objects.temporary(run)
        shutil.copyfile(file.source, temporary)
        digest = tools.objects.keep(temporary).digest
    return Part(digest, size, table.rows, table.statistics, file.path)


def _ingested(tools: Tools, run: str, dataset: str, out: Out, files: Sequence[File]) -> Version:
    form = _form(files[0].path or out.path)
    assert form is not None  # it was asked before
    read = tools.engine.ingest([file.source for file in files], form, {})
    if read.malformed_rows:
        first = read.malformed[0]
        what = f"{read.malformed_rows} rows of {out.path} cannot be read, line {first.line} first"
        raise DataError(
            f"{what}: {first.reason}", out.where, "declare it as a source of a pipeline"
        )
    inputs = {
        os.path.join(out.path, file.path) if file.path else out.path: digest_of(file.source)  # noqa: PTH118
        for file in files
    }
    return write_version(tools, run, dataset, read.frame, Draft(inputs=inputs))[0]


def _draft(
    tools: Tools, environment: str, told: Mapping[str, str], origin: Origin, run: str
) -> Release:
    return Release(
        environment,
        0,
        dict(told),
        tools.now(),
        run,
        PIPELINE,
        because=origin.because,
        code=origin.commit,
    )


def _published(release: Release) -> ReleasePublished:
    return ReleasePublished(
        run=release.run,
        at=release.published_at,
        environment=release.environment,
        number=release.number,
        pipeline=release.pipeline,
        versions=dict(release.versions),
        because=release.because,
    )
