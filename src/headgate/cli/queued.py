"""`run --queue`: runs put into the queue for workers, and waited for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from headgate.cli.exit_codes import exit_code
from headgate.cli.output import Output
from headgate.cli.queue_lines import as_json
from headgate.errors import BusyError
from headgate.runs import queue
from headgate.runs.execute import Request
from headgate.runs.queue import DONE, RunRequest
from headgate.workspace.known import chosen
from headgate.workspace.workspace import Workspace

PATIENCE_SECONDS = 0.2
"""How often the end of a request is asked for."""


def leave_to_workers(
    output: Output, workspace: Workspace, pipelines: Sequence[str], request: Request
) -> int:
    """The exit code of runs that workers do; 0 at once where nobody waits for them."""
    seconds = request.wait_seconds
    asked = _ask(output, workspace, pipelines, request)
    found = _wait(output, workspace, asked, seconds) if seconds else asked
    if output.json:
        output.document("headgate.queue/1", {"requests": [as_json(each) for each in found]})
    return max(exit_code(each.ending) for each in found) if seconds else 0


def _ask(
    output: Output, workspace: Workspace, pipelines: Sequence[str], request: Request
) -> list[RunRequest]:
    """A request in the queue for each pipeline, after it was said."""
    tools, code = workspace.tools, workspace.tools.code()
    names = chosen(workspace.project, pipelines)
    with tools.ledger.transaction() as tx:
        asked = [
            queue.ask(tx, name, workspace.environment, request, user=tools.user, code=code.commit)
            for name in names
        ]
    for each in asked:
        output.echo(f"✓ {each.pipeline} waits in the queue: request {each.number}")
    if code.dirty and code.commit:
        output.note(f"note: workers run commit {code.commit[:7]}, without your changes beside it")
    return asked


def _wait(
    output: Output, workspace: Workspace, asked: Sequence[RunRequest], seconds: float
) -> list[RunRequest]:
    """The requests once all are done. Raises BusyError where that takes longer."""
    until = time.monotonic() + seconds
    left = {each.number: each for each in asked}
    done: list[RunRequest] = []
    while left:
        with workspace.tools.ledger.snapshot() as tx:
            found = [queue.find(tx, number) for number in left]
        for each in found:
            if each.status == DONE:
                del left[each.number]
                done.append(each)
                output.echo(_told(each))
        if left and time.monotonic() > until:
            first = min(left.values(), key=lambda each: each.number)
            raise BusyError(
                f"request {first.number} is not done after {seconds:g} seconds",
                None,
                "it stays in the queue; headgate status shows it, and who works",
            )
        if left:
            time.sleep(PATIENCE_SECONDS)
    return done


def _told(done: RunRequest) -> str:
    good = "!" if done.message else "✓"
    text = f"{good if exit_code(done.ending) == 0 else '✗'} {done.pipeline}: {done.ending}, request {done.number}"
    if done.run:
        text += f", run {done.run}"
    return f"{text}: {done.message}" if done.message else text
