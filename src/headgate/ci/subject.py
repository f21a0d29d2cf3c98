"""What a verdict is about: a project as a change leaves it, beside the commit that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from headgate.ci.changes import Changes, changes, consumers_of
from headgate.ci.compared import Compared, compared, without_values
from headgate.ci.delivered import deliver, fed_otherwise
from headgate.ci.finding import LeftOutError
from headgate.ci.trial import Trial, Wish, trial
from headgate.contracts.changes.consumer import Reader
from headgate.errors import DeclarationError, HeadgateError
from headgate.project import git, git_history
from headgate.project.access import Right, may
from headgate.project.consumers import read_consumers
from headgate.runs.job import Job
from headgate.runs.tools import Code
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace

OWN_BASE = (
    "the base is the commit itself, which compares nothing: say another, such as --base HEAD^1"
)


class Origin(Struct, frozen=True):
    """Where the change stands in Git. Outside of Git there is no commit, and so no base."""

    commit: str | None = None
    base: str | None = None
    beside: tuple[str, ...] = ()
    """Files that are judged and are not in the commit as they are."""
    folder: str = ""
    """The folder of the project in its repository, such as `shop/`; empty where it is the whole."""
    is_first: bool = False
    """Whether no commit came before it."""

    @property
    def is_own_base(self) -> bool:
        """Whether a commit would be compared with itself, though there are others to compare with."""
        is_same = self.base is not None and self.base == self.commit
        return is_same and not self.beside and not self.is_first


class Subject(Struct, frozen=True, dict=True):
    """A change. `base` is the project at the commit that it comes from; None where there is none."""

    head: Workspace
    base: Workspace | None
    origin: Origin
    wish: Wish
    closing: ExitStack
    """What is ended when the verdict is there, such as the throw-away environment."""

    @property
    def today(self) -> date:
        """The day of the verdict."""
        return self.head.tools.now().date()

    @property
    def base_root(self) -> Path | None:
        """The folder of the project at its base."""
        return self.base.tools.root if self.base else None

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """The pipelines. Raises LeftOutError where the project cannot be read: `lint` says why."""
        return _jobs(self.head, "the project cannot be read")

    @cached_property
    def base_jobs(self) -> Mapping[str, Job]:
        """The pipelines as they were at the base. Raises LeftOutError where it cannot be read."""
        if self.base is None:
            raise LeftOutError("there is no commit to compare with")
        return _jobs(self.base, "the project cannot be read at its base")

    @cached_property
    def changes(self) -> Changes:
        """What differs from the base, as far as data depends on it.

        Raises LeftOutError where that is the commit itself.
        """
        if self.origin.is_own_base:
            raise LeftOutError(OWN_BASE)
        jobs, before = self.jobs, self.base_jobs
        assert self.base_root is not None
        fed = fed_otherwise(self.head.tools.root, self.base_root, jobs, before)
        return changes(jobs, before, self.readers, fed)

    @cached_property
    def readers(self) -> tuple[Reader, ...]:
        """Who says of themselves that they read a dataset; nobody where that cannot be read."""
        with suppress(DeclarationError):  # `schemas` says what is wrong with it
            found = read_consumers(self.head.project)
            return tuple(reader for reader in found if not reader.is_step)
        return ()

    def consumers_of(self, dataset: str) -> tuple[str, ...]:
        """Who reads a dataset of the project, or what is made of it."""
        for declared in self.jobs.values():
            if dataset in declared.datasets:
                return consumers_of(declared, dataset, self.readers)
        return ()

    @cached_property
    def trial(self) -> Trial:
        """What the changed steps, and what depends on them, came to beside everything else."""
        assert self.base is not None  # what changed is known by now
        return trial(self.head, self.base, self.changes, self.wish, self.closing)

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        """How what was made differs from what the base makes."""
        found = compared(self.head.tools, self.trial, self.jobs)
        return found if self.is_readable else tuple(map(without_values, found))

    @cached_property
    def is_readable(self) -> bool:
        """Whether the person may see values of the data that the change was tried on."""
        head = self.head
        return may(head.settings, head.tools, Right.READ_RAW, head.environment)


@contextmanager
def opened_subject(
    workspace: Workspace, base: str, wish: Wish, *, committed: bool = False
) -> Iterator[Subject]:
    """The change that the working tree is, or with `committed` the commit that is checked out.

    Raises UsageError where Git knows no such base.
    """
    with ExitStack() as closing:
        origin = _origin(workspace.tools.root, base)
        head, before = workspace, None
        if origin.base:
            before = closing.enter_context(_at(workspace, origin.base))
        if committed and origin.commit:
            head = closing.enter_context(_at(workspace, origin.commit))
            origin = replace(origin, beside=())
        yield Subject(head, before, origin, wish, closing)


def _origin(root: Path, base: str) -> Origin:
    commit = git.commit(root)
    if commit is None:
        return Origin()
    found = git_history.base_of(root, base, commit)
    beside, folder = tuple(git_history.beside(root)), git_history.folder_of(root)
    return Origin(commit, found, beside, folder, git_history.is_first(root, commit))


@contextmanager
def _at(workspace: Workspace, commit: str) -> Iterator[Workspace]:
    """The project as a commit has it, with the same record, store and deliveries."""
    own = workspace.tools.root
    with TemporaryDirectory(prefix="headgate-") as folder:
        root = git_history.write_tree(own, commit, Path(folder).resolve())
        tools = replace(workspace.tools, root=root, code=lambda: Code(commit, False))
        found = Workspace(workspace.settings, workspace.environment, tools)
        with suppress(HeadgateError):  # what cannot be read there is told of where it is asked for
            deliver(found.project, own)
        yield found


def _jobs(workspace: Workspace, otherwise: str) -> dict[str, Job]:
    try:
        return {name: job(workspace, name) for name in workspace.project.pipelines}
    except DeclarationError as error:
        raise LeftOutError(f"{otherwise}: {error.what}") from error
