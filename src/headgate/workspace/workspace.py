"""A project with its parts opened. It holds parts; the rooms hold the verbs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from headgate.engines.find import find
from headgate.environments import environment
from headgate.ledger.open import is_address, open_ledger
from headgate.project import git
from headgate.project.git_commit import commit_pointers
from headgate.project.project import Project, load
from headgate.project.remotes import is_url, opened_remote
from headgate.project.root import find_root
from headgate.project.settings import Settings, is_reference, override, read_settings, reveal
from headgate.runs.tools import Code, Tools
from headgate.store.objects import Objects

if TYPE_CHECKING:
    from headgate.contracts.contract import Contract


class Workspace(Struct, frozen=True, dict=True):
    """A project and the parts that serve it, in one environment."""

    settings: Settings
    environment: str
    tools: Tools

    @cached_property
    def project(self) -> Project:
        """What the repository declares, read when it is first asked for.

        What was released can be seen and rolled back without it, so that a slip in a pipeline
        never stands in the way. Raises DeclarationError where it cannot be understood.
        """
        return load(self.tools.root)

    @cached_property
    def contracts(self) -> Mapping[str, Contract]:
        """What datasets promise, by name. Raises DeclarationError for what cannot be understood."""
        from headgate.project.contracts import read_contracts

        return read_contracts(self.tools.root)


@contextmanager
def opened(start: Path, environment: str | None = None) -> Iterator[Workspace]:
    """The project around a folder, its parts open until the block ends.

    Raises DeclarationError where there is no project or its settings cannot be understood, and
    StateError where its state cannot be opened.
    """
    root = find_root(start)
    settings = read_settings(root)
    if environment:
        settings = override(settings, "--env", environment=environment)
    home = root / ".headgate"
    ledger = open_ledger(_state(root, settings.state) or home / "state.db", reveal)
    try:
        tools = Tools(
            root=root,
            ledger=ledger,
            engine=find("embedded", root),
            objects=store(root, settings),
            user=user(),
            dvc=settings.versioning.dvc,
            commit=commit_pointers if settings.versioning.git_commit else None,
            code=lambda: Code(git.commit(root), git.dirty(root)),
        )
        _require_alive(tools, settings.environment)
        yield Workspace(settings, settings.environment, tools)
    finally:
        ledger.close()


def _require_alive(tools: Tools, name: str) -> None:
    """Raises UsageError where the environment to work in has expired."""
    with tools.ledger.snapshot() as tx:
        made = environment.find(tx, name)
    if made:
        made.require_alive(tools.now())


def store(root: Path, settings: Settings) -> Objects:
    """Where a project's versions are: a folder, or a remote with a folder as its cache."""
    home, declared = root / ".headgate", settings.store
    if declared is None:
        return Objects(home / "store")
    if not is_url(declared.url):
        return Objects(root / declared.url.removeprefix("file://"))
    import hashlib

    # another remote has another cache: what is in one was never sent to the other
    name = hashlib.sha256(declared.url.encode()).hexdigest()[:12]
    return Objects(home / "cache" / name, opened_remote(declared, root, "store"))


def _place(root: Path, path: str | None) -> Path | None:
    return root / path if path else None


def _state(root: Path, state: str | None) -> str | Path | None:
    """The path of the state, or its address; `${NAME}` may stand for either as a whole."""
    told = reveal(state) if state and is_reference(state) else state
    return told if told and is_address(told) else _place(root, told)


def user() -> str:
    """Who is at work: `HEADGATE_USER`, or the login name."""
    import getpass

    try:
        return os.environ.get("HEADGATE_USER") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user without a name
