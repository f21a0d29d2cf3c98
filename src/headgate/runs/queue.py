"""The queue: runs that people asked for, which workers take one after another.

A request is held by a claim of its own, `request:<number>`. Whoever dies with it loses it, and the
next worker takes it again; one that killed every worker that took it is given up.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from headgate.errors import UnknownNameError
from headgate.ledger import clock, history
from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import (
    ReleasePublished,
    RequestFinished,
    RequestGivenUp,
    RequestReturned,
    RequestTaken,
    RunFinished,
    RunRequested,
)
from headgate.ledger.ledger import Ledger, Row, Transaction
from headgate.runs.claim import Claim, is_free, take
from headgate.runs.claim_all import pipelines_in
from headgate.runs.execute import Ending, Request
from headgate.runs.gate import Waiver

ATTEMPTS = 3
"""How many workers may die of a request before it is given up."""

WAITING, TAKEN, DONE = "waiting", "taken", "done"


class RunRequest(Struct, frozen=True):
    """A run that was asked for. `ending` is empty until it is done."""

    number: int
    pipeline: str
    environment: str
    asked_at: datetime
    user: str
    code: str | None
    """The commit it was asked at, where the project is in Git."""
    request: Request
    status: str = WAITING
    attempts: int = 0
    run: str | None = None
    """The run of the newest attempt, or the one that published."""
    ending: str = ""
    message: str = ""

    @property
    def claim(self) -> str:
        """The name of the claim that whoever works on it holds."""
        return f"request:{self.number}"

    @property
    def work(self) -> str:
        """The name of the claim that its run will hold."""
        return f"{self.pipeline}@{self.environment}"


class Taken(Struct, frozen=True):
    """A request in the hands of this process. `published` says that an earlier attempt did."""

    request: RunRequest
    claim: Claim
    published: bool

    @property
    def asks(self) -> Request:
        """What its run is to do: only what is left to do, once an attempt published."""
        return Request() if self.published else self.request.request


def ask(
    tx: Transaction,
    pipeline: str,
    environment: str,
    request: Request,
    *,
    user: str,
    code: str | None,
) -> RunRequest:
    """A request at the end of the queue."""
    at = clock.now()
    ((number,),) = tx.execute(
        "insert into run_request (pipeline, environment, asked, author, code, body, status,"
        " attempts, message) values (?, ?, ?, ?, ?, ?, ?, 0, '') returning number",
        (pipeline, environment, stamp(at), user, code, _body(request), WAITING),
    )
    tx.append(
        RunRequested(
            run="",
            at=at,
            request=number,
            pipeline=pipeline,
            environment=environment,
            user=user,
            code=code,
        )
    )
    return find(tx, number)


def find(tx: Transaction, number: int) -> RunRequest:
    """The request of that number. Raises UnknownNameError where there is none."""
    rows = tx.execute(f"{_SELECT} where number = ?", (number,))
    if not rows:
        raise UnknownNameError(f"no request {number} in the queue", None, "headgate status")
    return _request(rows[0])


def unfinished(tx: Transaction, environment: str) -> list[RunRequest]:
    """The requests of an environment that are not done, oldest first."""
    rows = tx.execute(
        f"{_SELECT} where environment = ? and status in (?, ?) order by number",
        (environment, WAITING, TAKEN),
    )
    return [_request(row) for row in rows]


def take_next(
    tx: Transaction, environment: str, worker: str, mine: Callable[[RunRequest], bool]
) -> Taken | None:
    """The oldest request that nobody works on and whose pipeline nobody runs, now ours.

    `mine` says which this worker may run. Those that killed too many workers are given up. One that
    moves its environment waits until nothing runs there, and so does all that was asked later.
    """
    busy: set[str] = set()
    for request in unfinished(tx, environment):
        if request.work in busy:
            continue
        if not is_free(tx, request.claim) or not is_free(tx, request.work):
            busy.add(request.work)
        elif request.attempts >= ATTEMPTS:
            _give_up(tx, request)
        elif not mine(request):
            busy.add(request.work)  # what was asked later does not come before it
        elif request.request.refresh and _runs_there(tx, environment):
            return None  # what would start now would keep it waiting
        else:
            return _take(tx, request, worker)
    return None


def give_up_all(tx: Transaction, environment: str, because: str) -> None:
    """Ends all requests of an environment that are not done."""
    for request in unfinished(tx, environment):
        _end(tx, request, request.run or "", Ending.FAILED, f"given up: {because}")


def finish(ledger: Ledger, taken: Taken, ending: Ending, message: str = "") -> RunRequest:
    """The request, done. Raises BusyError where another worker has it by now.

    One whose run published has not failed, whatever failed after it: the message says both.
    """
    run = taken.claim.run
    with ledger.transaction() as tx:
        taken.claim.fence(tx)
        if (now := find(tx, taken.request.number)).status == DONE:
            return now  # it was given up meanwhile
        publisher = (taken.request.run or run) if taken.published else run
        if release := _released(tx, publisher):
            after = "" if ending is Ending.HELD else message or _said(tx, run)
            told = _beside(release, after)
            return _end(tx, taken.request, publisher, Ending.PUBLISHED, told)
        return _end(tx, taken.request, run, ending, message)


def give_back(ledger: Ledger, taken: Taken, because: str, *, died: bool = False) -> None:
    """Puts a request back at its place in the queue, for whoever comes next.

    One whose run `died` counts as an attempt. Raises BusyError where another worker has it by now.
    """
    request = taken.request
    with ledger.transaction() as tx:
        taken.claim.fence(tx)
        if find(tx, request.number).status == DONE:
            return  # it was given up meanwhile
        tx.execute(
            "update run_request set status = ?, attempts = attempts - ? where number = ?",
            (WAITING, int(not died), request.number),
        )
        tx.append(
            RequestReturned(
                run=taken.claim.run,
                at=clock.now(),
                request=request.number,
                pipeline=request.pipeline,
                environment=request.environment,
                because=because,
            )
        )


# ------------------------------------------------------------------ inside

_SELECT = (
    "select number, pipeline, environment, asked, author, code, body, status, attempts, run,"
    " ending, message from run_request"
)


def _take(tx: Transaction, request: RunRequest, worker: str) -> Taken:
    run = secrets.token_hex(4)
    claim = take(tx, request.claim, run)
    published = bool(_released(tx, request.run or ""))
    tx.execute(
        "update run_request set status = ?, attempts = attempts + 1, run = ? where number = ?",
        (TAKEN, request.run if published else run, request.number),
    )
    tx.append(
        RequestTaken(
            run=run,
            at=clock.now(),
            request=request.number,
            pipeline=request.pipeline,
            environment=request.environment,
            worker=worker,
            attempt=request.attempts + 1,
        )
    )
    return Taken(request, claim, published)


def _runs_there(tx: Transaction, environment: str) -> bool:
    """Whether anything is at work in an environment: a run, or a request that may begin one."""
    works = (f"{name}@{environment}" for name in pipelines_in(tx, environment))
    taken = (each.claim for each in unfinished(tx, environment) if each.status == TAKEN)
    return not all(is_free(tx, name) for name in (*works, *taken))


def _released(tx: Transaction, run: str) -> str:
    """The release that a run came as far as, however it ended; empty where it came to none."""
    for _, event in history.events(tx, run=run, kinds=(ReleasePublished.kind,)):
        if isinstance(event, ReleasePublished):
            return f"{event.environment}@{event.number}"
    return ""


def _said(tx: Transaction, run: str) -> str:
    """What a run that came to its end said of it, such as that a trigger failed."""
    ends = [event for _, event in history.events(tx, run=run, kinds=(RunFinished.kind,))]
    return next((event.message for event in ends if isinstance(event, RunFinished)), "")


def _beside(release: str, after: str) -> str:
    return f"{release} was published, and after that: {after}" if after else ""


def _give_up(tx: Transaction, request: RunRequest) -> None:
    if release := _released(tx, request.run or ""):
        after = f"{request.attempts} workers died of what was left to do, or lost touch"
        _end(tx, request, request.run or "", Ending.PUBLISHED, _beside(release, after))
        return
    message = f"given up: {request.attempts} workers died of it, or lost touch"
    tx.append(
        RequestGivenUp(
            run=request.run or "",
            at=clock.now(),
            request=request.number,
            pipeline=request.pipeline,
            environment=request.environment,
            attempts=request.attempts,
        )
    )
    _end(tx, request, request.run or "", Ending.FAILED, message)


def _end(
    tx: Transaction, request: RunRequest, run: str, ending: Ending, message: str
) -> RunRequest:
    at = clock.now()
    tx.execute(
        "update run_request set status = ?, run = ?, ended = ?, ending = ?, message = ?"
        " where number = ?",
        (DONE, run, stamp(at), ending.value, message, request.number),
    )
    tx.append(
        RequestFinished(
            run=run,
            at=at,
            request=request.number,
            pipeline=request.pipeline,
            environment=request.environment,
            status=ending.value,
            message=message,
        )
    )
    return find(tx, request.number)


def _body(request: Request) -> str:
    waiver = request.waiver
    body = {
        "force": request.force,
        "retry": request.retry,
        "refresh": request.refresh,
        "waiver": waiver
        and {"checks": waiver.checks, "reason": waiver.reason, "user": waiver.user},
    }
    return json.dumps(body, ensure_ascii=False)


def _asked(text: str) -> Request:
    body = json.loads(text)
    told = body["waiver"]
    waiver = told and Waiver(tuple(told["checks"]), told["reason"], told["user"])
    # what was asked before a refresh could be asked says nothing of it
    refresh = body.get("refresh", False)
    return Request(waiver, force=body["force"], retry=body["retry"], refresh=refresh)


def _request(row: Row) -> RunRequest:
    number, pipeline, environment, asked, user, code, body, status, attempts, run, *ended = row
    ending, message = ended
    return RunRequest(
        number,
        pipeline,
        environment,
        moment(asked),
        user,
        code,
        _asked(body),
        status,
        attempts,
        run,
        ending or "",
        message,
    )
