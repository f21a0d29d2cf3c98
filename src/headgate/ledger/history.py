"""Reading what happened: the runs, and the events of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from headgate.errors import StateError, UnknownNameError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import EVENTS, Event, from_json
from headgate.ledger.ledger import Row, Transaction

RUNNING = "running"
"""The status of a run that has not ended, or died before it could say how."""


class RunRecord(Struct, frozen=True):
    """One run. `status` is running, or how it ended."""

    id: str
    pipeline: str
    environment: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    owner: str


def start_run(
    tx: Transaction,
    *,
    run: str,
    pipeline: str,
    environment: str,
    at: datetime,
    owner: str = "",
) -> None:
    """A run of that id, from now on `running`."""
    tx.execute(
        "insert into run (id, pipeline, environment, status, started, owner)"
        " values (?, ?, ?, ?, ?, ?)",
        (run, pipeline, environment, RUNNING, stamp(at), owner),
    )


def end_run(tx: Transaction, run: str, status: str, at: datetime) -> None:
    """How a run ended. Raises StateError for a run that never started."""
    if not tx.changed(
        "update run set status = ?, ended = ? where id = ?", (status, stamp(at), run)
    ):
        raise StateError(f"run {run} never started")


def fail_run(tx: Transaction, run: str, status: str, at: datetime) -> str:
    """Ends a run that has not ended, and gives how it ended: what is published stays so."""
    tx.execute(
        "update run set status = ?, ended = ? where id = ? and status = ?",
        (status, stamp(at), run, RUNNING),
    )
    rows = tx.execute("select status from run where id = ?", (run,))
    if not rows:
        raise StateError(f"run {run} never started")
    return str(rows[0][0])


def interrupted(tx: Transaction, pipeline: str, environment: str) -> str | None:
    """The newest run that started and never ended.

    It died, where the caller holds the pipeline's claim; else it may be alive.
    """
    rows = tx.execute(
        "select id from run where pipeline = ? and environment = ? and status = ?"
        " order by started desc, id desc limit 1",
        (pipeline, environment, RUNNING),
    )
    return rows[0][0] if rows else None


def runs(
    tx: Transaction,
    *,
    pipeline: str | None = None,
    environment: str | None = None,
    limit: int = 20,
) -> list[RunRecord]:
    """Runs, newest first."""
    rows = tx.execute(
        f"{_SELECT} where (? is null or pipeline = ?) and (? is null or environment = ?)"
        " order by started desc, id desc limit ?",
        (pipeline, pipeline, environment, environment, limit),
    )
    return [_record(row) for row in rows]


def pipelines(tx: Transaction, environment: str) -> list[str]:
    """The pipelines that ever ran in an environment, by name."""
    rows = tx.execute(
        "select distinct pipeline from run where environment = ? order by pipeline", (environment,)
    )
    return [name for (name,) in rows]


def find_run(tx: Transaction, prefix: str) -> RunRecord:
    """The run whose id begins so.

    Raises UnknownNameError where there is none, or more than one.
    """
    rows = tx.execute(
        f"{_SELECT} where substr(id, 1, ?) = ? order by started desc limit 6",
        (len(prefix), prefix),
    )
    exact = [row for row in rows if row[0] == prefix]
    if len(rows) == 1 or exact:
        return _record((exact or rows)[0])
    if rows:
        among = ", ".join(row[0] for row in rows[:5])
        raise UnknownNameError(f"more than one run begins with {prefix!r}", None, f"say {among}")
    known = [row[0] for row in tx.execute("select id from run order by started desc limit 12")]
    raise UnknownNameError.of("run", prefix, known)


def is_known(tx: Transaction, run: str) -> bool:
    """Whether a run of that id ever started."""
    return bool(tx.execute("select 1 from run where id = ?", (run,)))


def last_place(tx: Transaction) -> int:
    """The place of the newest event in the record; 0 where there is none."""
    ((place,),) = tx.execute("select coalesce(max(id), 0) from event")
    return int(place)


def events(
    tx: Transaction,
    *,
    run: str | None = None,
    kinds: Sequence[str] = (),
    after: int = 0,
    limit: int | None = None,
) -> list[tuple[int, Event]]:
    """What happened, oldest first, each with its place in the record.

    `after` is the place of the last event that was read before. Kinds that this release does not
    know, written by a newer one, are left out.
    """
    wanted = f" and kind in ({', '.join('?' * len(kinds))})" if kinds else ""
    whose = " and run = ?" if run is not None else ""
    most = " limit ?" if limit is not None else ""
    rows = tx.execute(
        f"{_SELECT_EVENTS} where id > ?{whose}{wanted} order by id{most}",
        [part for part in (after, run, *kinds, limit) if part is not None],
    )
    return [(place, from_json(json.loads(body))) for place, kind, body in rows if kind in EVENTS]


_SELECT_EVENTS = "select id, kind, body from event"
_SELECT = "select id, pipeline, environment, status, started, ended, owner from run"


def _record(row: Row) -> RunRecord:
    run, pipeline, environment, status, started, ended, owner = row
    return RunRecord(
        run,
        pipeline,
        environment,
        status,
        moment(started),
        moment(ended) if ended else None,
        owner,
    )
