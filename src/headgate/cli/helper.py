"""A worker that finds nothing in the queue: it computes steps of runs that others lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from headgate.errors import HeadgateError
from headgate.project import git
from headgate.runs.helping import Opening, help_out, led_elsewhere, openings
from headgate.workspace.known import chosen
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace


class Helper(Struct):
    """What a worker knows of the runs of others. `tell` is told of what stands in its way."""

    worker: str
    pipelines: tuple[str, ...]
    tell: Callable[[HeadgateError], None]
    seen: set[str] = set()
    """The steps that were open at the last look."""
    failed: set[str] = set()
    """Those that failed here. Their run will compute them itself, fail too, and say so."""
    unread: str = ""
    """What was wrong with the project at the last look, said once."""

    def help(self, workspace: Workspace, after: int) -> bool:
        """Computes a step for the run of another worker, if one was open at the last look too.

        What has just opened is left to the run itself, which mostly takes it at once.
        """
        found = list(self._open(workspace, after))
        before, self.seen = self.seen, {opening.claim for opening in found}
        for opening in reversed(found):  # the run begins at the other end
            if opening.claim in before and opening.claim not in self.failed:
                return self._compute(workspace, opening)
        return False

    def _open(self, workspace: Workspace, after: int) -> Iterator[Opening]:
        """The steps that wait for somebody, of runs with the commit that is here."""
        with workspace.tools.ledger.snapshot() as tx:
            led = led_elsewhere(tx, workspace.environment)
        if not led:
            return
        anew = replace(workspace)  # the project's files may be others by now
        commit = git.commit(workspace.tools.root)
        try:
            for name in chosen(anew.project, self.pipelines):
                if name in led:
                    yield from openings(job(anew, name), anew.tools, after, commit)
        except HeadgateError as error:
            if str(error) != self.unread:
                self.unread = str(error)
                self.tell(error)

    def _compute(self, workspace: Workspace, opening: Opening) -> bool:
        try:
            return help_out(workspace.tools, opening, self.worker) is not None
        except HeadgateError as error:
            self.failed.add(opening.claim)
            self.tell(error)
            return False
