"""`headgate.read`: published data, of one release, for whoever may read it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from headgate.environments import lineage
from headgate.errors import DeclarationError, UnknownNameError, UsageError
from headgate.project import commits, git
from headgate.project.access import Right, require
from headgate.store import versions
from headgate.store.manifest import Version
from headgate.store.named import At, release_at
from headgate.store.readers import require_held
from headgate.workspace.known import known_dataset
from headgate.workspace.workspace import Workspace, opened

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from headgate.engines.forms import Form


@overload
def read(
    dataset: str,
    *,
    at: At | None = None,
    environment: str | None = None,
    project: str | Path = ".",
    form: Literal["polars"] = "polars",
) -> pl.LazyFrame: ...
@overload
def read(
    dataset: str,
    *,
    at: At | None = None,
    environment: str | None = None,
    project: str | Path = ".",
    form: Literal["duckdb"],
) -> duckdb.DuckDBPyRelation: ...
@overload
def read(
    dataset: str,
    *,
    at: At | None = None,
    environment: str | None = None,
    project: str | Path = ".",
    form: Literal["arrow", "arrow_reader", "pandas"],
) -> Any: ...
def read(
    dataset: str,
    *,
    at: int | str | datetime | date | None = None,
    environment: str | None = None,
    project: str | Path = ".",
    form: Form = "polars",
) -> Any:
    """A published dataset as a lazy Polars frame: of the release that is served, or of an earlier one.

    `form` asks for another: `"duckdb"`, a relation of the connection that `duckdb.sql` uses;
    `"arrow"`, a `pyarrow.Table`; `"arrow_reader"`, a `pyarrow.RecordBatchReader`, which never has
    all rows in memory; `"pandas"`, a `pandas.DataFrame`.

    `at` is a release number (`3`, `"3"` or `"prod@3"`), a tag, a time, and then the release is the
    one that was served at that time, or a Git commit (7 to 40 characters of its id), and then the
    data is what its `.dvc` files name, else what was released of its code. A time is a `datetime`
    with a time zone, or a text in ISO 8601 such as `"2026-11-20 09:44:57"`, which is in UTC where
    it names no zone. A day, a `date` or `"2026-11-20"`, means its end in UTC. All frames read with
    one `at` are of one release, so that readers never see a mix; without it each call asks anew.
    What is read stays in the store while this process lives.

    Raises UnknownNameError for a dataset, release or commit that is not there, UsageError for an
    `at` that is none of these or may be two, AccessError for a person who may not read rows of the
    environment, StoreError where the data is no longer kept, and MissingExtraError where the
    library of a form is not installed.
    """
    from headgate.engines.forms import given_as

    with opened(Path(project), environment) as workspace:
        require(workspace.settings, workspace.tools, Right.READ_RAW, workspace.environment)
        commit = _commit(workspace, at)
        version = (
            _of_release(workspace, dataset, at)
            if commit is None
            else _of_commit(workspace, dataset, commit)
        )
        require_held(workspace.tools.objects, version)
        table = versions.table(workspace.tools.objects, version)
    return given_as(table, form)


def _commit(workspace: Workspace, at: object) -> str | None:
    """The commit's id that `at` is, or begins; None where it is something else.

    Raises UsageError where it is one and a release number or a day as well.
    """
    if not isinstance(at, str) or not commits.LIKE.fullmatch(at):
        return None
    if not at.isdecimal():
        return at
    if found := git.resolved(workspace.tools.root, at):
        hint = f'for the commit say "{found}"; for a day, 2026-11-20; for a release, prod@{at}'
        raise UsageError(f"at={at!r} may be a release or a day, and begins a commit", None, hint)
    return None


def _of_commit(workspace: Workspace, dataset: str, commit: str) -> Version:
    tools, environment = workspace.tools, workspace.environment
    known_dataset(workspace, dataset)
    with tools.ledger.snapshot() as tx:
        found = commits.find(tx, tools.root, environment, commit)
        path = _linked_path(workspace, dataset)
        version = commits.version_of(tx, found, environment, dataset, path)
        places = lineage.through(tx, version, environment)
    require(workspace.settings, tools, Right.READ_RAW, *places)
    return version


def _linked_path(workspace: Workspace, dataset: str) -> str | None:
    """Where the project says that a dataset is linked; None too where it cannot be read."""
    with suppress(DeclarationError):
        for declared in workspace.project.pipelines.values():
            if step := declared.pipeline.steps.get(dataset):
                return step.path
    return None


def _of_release(workspace: Workspace, dataset: str, at: At | None) -> Version:
    with workspace.tools.ledger.snapshot() as tx:
        release = release_at(tx, workspace.environment, at)
        if dataset not in release.versions:
            raise UnknownNameError.of("dataset", dataset, release.versions, release.name)
        version = versions.find(tx, dataset, release.versions[dataset])
    assert version is not None  # the record keeps every version that a release names
    return version
