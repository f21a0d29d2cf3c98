"""`worker`: takes runs out of the queue, and helps with the runs of other workers."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import Struct, field
from msgspec.structs import replace

from headgate.cli.colours import painter
from headgate.cli.documents import EventLines
from headgate.cli.errors import error_lines
from headgate.cli.helper import Helper
from headgate.cli.output import Output
from headgate.cli.policies import note_misspelt
from headgate.cli.queue_lines import as_json
from headgate.cli.run import refreshed, watched
from headgate.cli.stopping import Stopping, listening
from headgate.cli.worker_lines import WorkerLines
from headgate.errors import BusyError, HeadgateError, StateError, UnknownNameError
from headgate.incidents.respond import respond
from headgate.ledger import history
from headgate.project import git
from headgate.project.access import Right, require
from headgate.runs import queue
from headgate.runs.claim import Claim, claim, renewed, sweep
from headgate.runs.execute import Ending, Result, run
from headgate.runs.queue import RunRequest, Taken
from headgate.runs.step_claims import WORKER
from headgate.runs.tools import Code
from headgate.workspace.channels import alert_channels
from headgate.workspace.known import chosen, require_environment
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace, opened


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
@click.option(
    "--poll",
    type=click.FloatRange(min=0.01),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look for work.",
)
@click.option("--any-commit", is_flag=True, help="Run what was asked at another commit too.")
@click.pass_obj
def command(
    output: Output, pipelines: tuple[str, ...], once: bool, poll: float, any_commit: bool
) -> int:
    """Run what is in the queue for PIPELINES, all of them without a name, until told to stop.

    Where nothing waits, it computes steps of a run that another worker leads. SIGTERM and Ctrl-C
    end it before the next step, and what it holds goes back into the queue; a second one ends it
    at once.
    """
    with listening() as stopping:
        worker = Worker(output, pipelines, any_commit, stopping)
        try:
            while worker.work(poll, once=once):
                stopping.sleep(poll)
        except KeyboardInterrupt:
            output.note("stopped at once")
            return 130
    output.note("stopped" if stopping.asked else "nothing is left to do")
    if output.json == "document":
        output.document("headgate.queue/1", {"requests": [as_json(each) for each in worker.done]})
    return 0


class Worker(Struct):
    """One process that works, what it may take, and what it has said and seen."""

    output: Output
    pipelines: tuple[str, ...]
    any_commit: bool
    stopping: Stopping
    name: str = field(default_factory=lambda: f"{os.getpid()} on {os.uname().nodename}")
    said: set[str] = set()
    done: list[RunRequest] = []
    """The requests whose end this worker noted."""
    trouble: str = ""
    """What is wrong with the state, as it was said last."""

    def work(self, poll: float, *, once: bool) -> bool:
        """Works while the state can be reached; whether there is reason to try again."""
        helper = Helper(self.name, self.pipelines, self._tell)
        try:
            with self._registered() as (workspace, registration, after):
                while not (self.stopping.asked or registration.lost):
                    if self._run_next(workspace) or helper.help(workspace, after):
                        continue
                    if once and not helper.seen:
                        return False
                    self.stopping.sleep(poll)
        except (BusyError, StateError) as error:
            if once:
                raise
            if str(error) != self.trouble:
                self._tell(error)
            self.trouble = str(error)
        return not self.stopping.asked

    @contextmanager
    def _registered(self) -> Iterator[tuple[Workspace, Claim, int]]:
        """The project, this worker known to all runs, and the last event before they knew."""
        with opened(Path(self.output.directory), self.output.environment) as workspace:
            ledger = workspace.tools.ledger
            require_environment(workspace)
            note_misspelt(self.output, workspace)
            require(workspace.settings, workspace.tools, Right.PUBLISH, workspace.environment)
            chosen(workspace.project, self.pipelines)
            events = self.output.json == "events"
            ledger.subscribe(EventLines(sys.stdout) if events else WorkerLines(self.output))
            own = secrets.token_hex(4)  # anew: where the state was away, the last one may stand
            with claim(ledger, f"{WORKER}{own}", run=own) as registration:
                with ledger.transaction() as tx:
                    sweep(tx)
                    after = history.last_place(tx)
                self.trouble = ""
                yield workspace, registration, after

    # -------------------------------------------------------------- the queue

    def _run_next(self, workspace: Workspace) -> bool:
        """Runs the next request, if there is one for this worker."""
        ledger, environment = workspace.tools.ledger, workspace.environment
        with ledger.snapshot() as tx:
            waiting = queue.unfinished(tx, environment)
        if not waiting:
            return False
        root = workspace.tools.root
        here = Code(git.commit(root), git.edited(root))
        with ledger.transaction() as tx:
            taken = queue.take_next(
                tx, environment, self.name, lambda request: self._may_run(request, here)
            )
        if taken is None:
            respond(ledger, alert_channels(workspace.project), workspace.tools.now())
            return False
        with renewed(ledger, taken.claim):
            try:
                self._run(workspace, taken)
            except BusyError as error:  # another worker has the request by now
                self._tell(error)
        with ledger.transaction() as tx:
            sweep(tx)
        return True

    def _may_run(self, request: RunRequest, code: Code) -> bool:
        if self.pipelines and request.pipeline not in self.pipelines:
            return False
        if self.any_commit or request.code is None:
            return True
        if request.code == code.commit and not code.dirty:
            return True
        here = code.commit[:7] if code.commit else "no commit"
        here += ", with files that differ from it" if code.dirty else ""
        asked = request.code[:7]
        self._say_once(
            f"request {request.number} is left alone: it was asked at commit {asked}, and here is"
            f" {here} (--any-commit runs it), and what was asked of the pipeline later waits for it"
        )
        return False

    def _run(self, workspace: Workspace, taken: Taken) -> None:
        """The run of a request, and how it ended in the record."""
        ledger = workspace.tools.ledger
        try:
            result = self._result(taken)
        except KeyboardInterrupt:
            queue.give_back(ledger, taken, "its worker was told to stop")
        except (BusyError, StateError) as error:
            self._tell(error)
            queue.give_back(ledger, taken, str(error.what), died=_began(workspace, taken))
        except HeadgateError as error:
            self._tell(error)
            self._finish(workspace, taken, Ending.FAILED, str(error.what))
        except Exception as error:
            self._finish(workspace, taken, Ending.FAILED, repr(error))
            raise
        else:
            self._finish(workspace, taken, result.ending)

    def _finish(
        self, workspace: Workspace, taken: Taken, ending: Ending, message: str = ""
    ) -> None:
        self.done.append(queue.finish(workspace.tools.ledger, taken, ending, message))

    def _result(self, taken: Taken) -> Result:
        """What came of the run. The project is read anew: its files may be others by now."""
        with opened(Path(self.output.directory), self.output.environment) as workspace:
            name = taken.request.pipeline
            if name not in workspace.project.pipelines:
                raise UnknownNameError.of("pipeline", name, workspace.project.pipelines)
            if taken.asks.refresh:
                asker = replace(workspace.tools, user=taken.request.user)
                self.output.note(refreshed(replace(workspace, tools=asker)))
            resolved = job(workspace, name)
            tools = replace(workspace.tools, stopping=self.stopping)
            with watched(self.output, workspace, [resolved]):
                asked = taken.request.user
                return run(resolved, tools, taken.asks, taken.claim, owner=asked)

    # -------------------------------------------------------------- what is said

    def _tell(self, error: HeadgateError) -> None:
        for line in error_lines(error, painter(sys.stderr, plain=self.output.plain)):
            click.echo(line, err=True, color=True)

    def _say_once(self, text: str) -> None:
        if text not in self.said:
            self.said.add(text)
            self.output.note(text)


def _began(workspace: Workspace, taken: Taken) -> bool:
    """Whether the run of an attempt came as far as its own record."""
    with workspace.tools.ledger.snapshot() as tx:
        return history.is_known(tx, taken.claim.run)
