"""The queue as it is shown: what waits, and who works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from headgate.cli.amounts import age
from headgate.ledger.ledger import Transaction
from headgate.runs import queue
from headgate.runs.claim import Holder, holders
from headgate.runs.queue import RunRequest
from headgate.runs.step_claims import WORKER


def queue_state(tx: Transaction, environment: str, now: datetime) -> dict[str, Any]:
    """The requests of an environment that are not done, and all workers that are alive."""
    steps = holders(tx, "step:")
    held = holders(tx, "request:")
    unfinished = queue.unfinished(tx, environment)
    requests = [
        {**as_json(each), "age": age((now - each.asked_at).total_seconds())} for each in unfinished
    ]
    busy = {
        _place(held[str(each.number)]): f"request {each.number}: {each.pipeline}"
        for each in unfinished
        if str(each.number) in held
    }
    busy = {_place(held): f"step {name.split(':')[0]}" for name, held in steps.items()} | busy
    workers = [
        {
            "worker": worker,
            "pid": each.pid,
            "host": each.host,
            "since": each.since.isoformat(),
            "age": age((now - each.since).total_seconds()),
            "works_on": busy.get(_place(each)),
        }
        for worker, each in holders(tx, WORKER).items()
    ]
    return {"requests": requests, "workers": workers}


def queue_lines(state: Mapping[str, Any]) -> Iterator[str]:
    """The lines of `status` for it."""
    for each in state["requests"]:
        doing = "runs" if each["status"] == queue.TAKEN else "waits"
        attempts = f", attempt {each['attempts']}" if each["attempts"] > 1 else ""
        yield (
            f"… request {each['request']}: {each['pipeline']} {doing}, asked for {each['age']} ago"
            f"{attempts}"
        )
    for each in state["workers"]:
        doing = each["works_on"] or "waits"
        yield f"  worker {each['pid']} on {each['host']}, for {each['age']}: {doing}"
    if state["requests"] and not state["workers"]:
        yield "! nobody works on the queue: headgate worker"


def as_json(request: RunRequest) -> dict[str, Any]:
    """A request in a document."""
    return {
        "request": request.number,
        "pipeline": request.pipeline,
        "environment": request.environment,
        "asked_at": request.asked_at.isoformat(),
        "user": request.user,
        "code": request.code,
        "status": request.status,
        "attempts": request.attempts,
        "run": request.run,
        "ending": request.ending or None,
        "message": request.message,
    }


def _place(holder: Holder) -> tuple[str, str, int]:
    return holder.host, holder.place, holder.pid
