"""`import dvc`: the data of an existing DVC repository, as versions and releases."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.data import as_json
from headgate.cli.output import Output
from headgate.errors import UnknownNameError, UsageError
from headgate.ledger.ledger import Transaction
from headgate.project import git
from headgate.project.access import Right, require
from headgate.runs.imported import PIPELINE, Origin, import_outs, imported, names_of, tables
from headgate.store import pointers, releases
from headgate.store.manifest import Release
from headgate.store.pointers import Out
from headgate.workspace.known import require_environment, require_whole
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--as", "name", metavar="NAME", help="What the dataset is called, where PATH is one.")
@click.option("--history", is_flag=True, help="One release for each Git commit that changed data.")
@click.pass_obj
def command(output: Output, paths: tuple[str, ...], name: str | None, history: bool) -> None:
    """Make versions of what DVC keeps: the tables that PATHs name, or all that have a `.dvc` file.

    A Parquet file, or a folder of them, is served as it is, under the hash that DVC gave it. CSV and
    JSON lines are read into Parquet. The dataset is called as its file, without the ending. The data
    comes from DVC's cache; what is not there is fetched by `dvc fetch` first.
    """
    with opened(Path(output.directory), output.environment) as workspace:
        require(workspace.settings, workspace.tools, Right.PUBLISH, workspace.environment)
        require_environment(workspace)
        require_whole(workspace, "take data from elsewhere")
        made = _history(workspace, paths, name) if history else _now(workspace, paths, name)
    if output.json:
        output.document("headgate.import/1", {"releases": [as_json(release) for release in made]})
    for release in made:
        output.echo(f"✓ {release.name} serves {', '.join(release.versions)}: {release.because}")
    if not made:
        output.echo("nothing is new: all of it is served already")


def _now(workspace: Workspace, paths: tuple[str, ...], name: str | None) -> list[Release]:
    """The release of what the working tree's pointer files name."""
    tools, environment = workspace.tools, workspace.environment
    outs = pointers.outs(tools.root, pointers.pointer_files(tools.root))
    if not outs:
        raise UsageError("no .dvc file is here", str(tools.root), "dvc add FILE, or another folder")
    named = names_of(_chosen(workspace, outs, paths), name)
    code = tools.code()
    at = f" at commit {code.commit[:8]}" if code.commit else ""
    with tools.ledger.snapshot() as tx:
        before = imported(tx, environment)
    origin = Origin(f"imported from DVC{at}", code.commit)
    release = import_outs(tools, environment, named, origin, beside=before)
    return [release] if release else []


def _history(workspace: Workspace, paths: tuple[str, ...], name: str | None) -> list[Release]:
    """A release of each commit that changed something, from where an earlier import ended."""
    tools, environment = workspace.tools, workspace.environment
    commits = git.commits_of(tools.root, "*.dvc")
    if not commits:
        raise UsageError("no commit has a .dvc file", str(tools.root), "leave --history out")
    with tools.ledger.snapshot() as tx:
        done = [commit for commit in commits if _is_imported(tx, environment, commit)]
    made = []
    for commit in commits[commits.index(done[-1]) + 1 :] if done else commits:
        outs = _at(workspace, commit)
        chosen = _chosen(workspace, outs, paths) if outs else []
        origin = _origin(commit)
        named = names_of(chosen, name if chosen else None)
        if named and (release := import_outs(tools, environment, named, origin)):
            made.append(release)
    return made


def _origin(commit: git.Commit) -> Origin:
    return Origin(f"imported from DVC at commit {commit.id[:8]} of {commit.day}", commit.id)


def _is_imported(tx: Transaction, environment: str, commit: git.Commit) -> bool:
    """Whether an import of the history released a commit; what was imported alone is no part of it."""
    first, because = releases.begun(tx, environment), _origin(commit).because
    return any(
        release.pipeline == PIPELINE and release.number >= first and release.because == because
        for release in releases.of_code(tx, environment, commit.id)
    )


def _at(workspace: Workspace, commit: git.Commit) -> list[Out]:
    texts = git.files_at(workspace.tools.root, commit.id, ".dvc")
    return [out for where, text in texts.items() for out in pointers.read_outs(text, where)]


def _chosen(workspace: Workspace, outs: list[Out], paths: tuple[str, ...]) -> list[Out]:
    """What PATHs name, as a file or as its pointer; all tables without one."""
    if not paths:
        return tables(workspace.tools, outs)
    by_name = {name: out for out in outs for name in (out.path, f"{out.path}.dvc", out.where)}
    chosen = []
    for path in paths:
        name = Path(path).as_posix()
        if name not in by_name:
            raise UnknownNameError.of("file of DVC", path, [out.path for out in outs])
        chosen.append(by_name[name])
    return list(dict.fromkeys(chosen))
