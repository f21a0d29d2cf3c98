"""A claim: one process at a time works on a pipeline, and one that lost its claim cannot publish.

A claim is a lease that is renewed while its process lives. Whoever comes next takes it over when
the process is gone, or has not been heard of for the length of the lease; the token then grows,
and the `fence` of the earlier owner, should it wake, refuses in the transaction that would
publish. Time is the database's, so that machines whose clocks differ agree on when a lease ends.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from msgspec import Struct

from headgate.errors import BusyError, HeadgateError
from headgate.ledger.clock import moment, stamp
from headgate.ledger.ledger import Ledger, Row, Transaction

Clock = Callable[[], datetime]

PATIENCE_SECONDS = 0.2
"""How often one that waits asks again."""

LEASE = timedelta(seconds=30)
"""How long a claim lasts that is not renewed."""

ONCE = ("step:", "request:", "worker:")
"""How names begin that nobody needs again. Their rows go, because each owner has an id of its own."""


class Holder(Struct, frozen=True):
    """Who holds a claim, and since when."""

    owner: str
    token: int
    pid: int
    host: str
    place: str
    process: str
    since: datetime
    expires: datetime


class Claim:
    """A claim that this process holds, or held: `fence` knows."""

    def __init__(self, name: str, run: str, token: int) -> None:
        self.name, self.run, self.token = name, run, token
        self.lost = False
        """True once a renewal found that another run took over."""

    def stands(self, tx: Transaction) -> bool:
        """Whether the claim is still ours."""
        query = "select 1 from lease where name = ? and owner = ? and token = ?"
        return bool(tx.execute(query, (self.name, self.run, self.token)))

    def fence(self, tx: Transaction) -> None:
        """Raises BusyError, inside a transaction, when the claim is no longer ours."""
        if not self.stands(tx):
            self.lost = True
            other = holder(tx, self.name)
            raise BusyError(
                f"this run was out of touch for too long and lost {self.name}"
                + (f" to run {other.owner}" if other else ""),
                None,
                "nothing was published; run again",
            )


@contextmanager
def claim(
    ledger: Ledger,
    name: str,
    *,
    run: str,
    lease_seconds: float = 30,
    now: Clock | None = None,
) -> Iterator[Claim]:
    """Holds `name` for a run until the block ends.

    Raises BusyError, naming who holds it, while another process does.
    """
    lease = timedelta(seconds=lease_seconds)
    with ledger.transaction() as tx:
        taken = take(tx, name, run, lease, now)
    with renewed(ledger, taken, lease, now):
        yield taken


@contextmanager
def claim_waiting(
    ledger: Ledger,
    name: str,
    *,
    run: str,
    wait_seconds: float,
    lease_seconds: float = 30,
    now: Clock | None = None,
) -> Iterator[Claim]:
    """Holds `name` for a run, after waiting for whoever holds it, but no longer than that.

    Raises the BusyError of the last attempt.
    """
    lease = timedelta(seconds=lease_seconds)
    until = time.monotonic() + wait_seconds
    while True:
        try:
            with ledger.transaction() as tx:
                taken = take(tx, name, run, lease, now)
        except BusyError:
            if (left := until - time.monotonic()) <= 0:
                raise
            time.sleep(min(left, PATIENCE_SECONDS))
        else:
            break
    with renewed(ledger, taken, lease, now):
        yield taken


def take(
    tx: Transaction, name: str, run: str, lease: timedelta = LEASE, now: Clock | None = None
) -> Claim:
    """A claim that is the run's from now on; what `renewed` keeps, others cannot take.

    Raises BusyError, naming who holds it, while another process does.
    """
    at = _moment(tx, now)
    held = holder(tx, name)
    if held is not None and not is_lost(held, at):
        raise BusyError(
            f"{name} is held by run {held.owner}: process {held.pid} on {held.host}, since "
            f"{held.since:%Y-%m-%d %H:%M:%S} UTC",
            None,
            "wait for it to end (`headgate run --wait 600` does), or stop that process",
        )
    tx.execute(
        "insert into lease (name, owner, token, pid, host, place, process, since, expires)"
        " values (?, ?, 1, ?, ?, ?, ?, ?, ?) on conflict (name) do update set"
        " owner = excluded.owner, token = lease.token + 1, pid = excluded.pid,"
        " host = excluded.host, place = excluded.place, process = excluded.process,"
        " since = excluded.since, expires = excluded.expires",
        (
            name,
            run,
            os.getpid(),
            os.uname().nodename,
            _here(),
            _process(os.getpid()),
            stamp(at),
            stamp(at + lease),
        ),
    )
    ((token,),) = tx.execute("select token from lease where name = ?", (name,))
    return Claim(name, run, int(token))


@contextmanager
def renewed(
    ledger: Ledger, taken: Claim, lease: timedelta = LEASE, now: Clock | None = None
) -> Iterator[None]:
    """Renews a claim until the block ends, then gives it back."""
    ended = threading.Event()

    def beat() -> None:
        while not taken.lost and not ended.wait(lease.total_seconds() / 3):
            # a database that is busy or full now may be better at the next beat
            with suppress(HeadgateError), ledger.transaction() as tx:
                still_ours = tx.changed(
                    "update lease set expires = ? where name = ? and owner = ? and token = ?",
                    (stamp(_moment(tx, now) + lease), taken.name, taken.run, taken.token),
                )
                taken.lost = not still_ours

    thread = threading.Thread(target=beat, name=f"claim of {taken.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        # a claim that cannot be given back is taken over as soon as this process is gone
        with suppress(HeadgateError), ledger.transaction() as tx:
            _give_back(tx, taken, _moment(tx, now))


def holder(tx: Transaction, name: str) -> Holder | None:
    """Who holds a claim, if anyone does; that process may be gone."""
    rows = tx.execute(f"{_SELECT} where name = ? and owner <> ''", (name,))
    return _holder(rows[0]) if rows else None


def alive(tx: Transaction) -> set[str]:
    """The runs that hold a claim and may still be at work.

    A process of this machine counts while it exists, even when it has not renewed its lease.
    """
    at = tx.now()
    held = [_holder(row) for row in tx.execute(f"{_SELECT} where owner <> ''")]
    return {
        one.owner for one in held if not is_gone(one) and (one.expires > at or one.place == _here())
    }


def holders(tx: Transaction, kind: str) -> dict[str, Holder]:
    """Who holds the claims whose names begin so, by what follows, and has not lost them."""
    at = tx.now()
    rows = tx.execute(f"{_SELECT} where substr(name, 1, ?) = ? order by name", (len(kind), kind))
    found = {row[0].removeprefix(kind): _holder(row) for row in rows}
    return {name: one for name, one in found.items() if not is_lost(one, at)}


def is_free(tx: Transaction, name: str) -> bool:
    """Whether a claim could be taken now."""
    held = holder(tx, name)
    return held is None or is_lost(held, tx.now())


def sweep(tx: Transaction) -> None:
    """Forgets claims that are needed once, of processes that died or were out of touch."""
    for kind in ONCE:
        held = holders(tx, kind)
        rows = tx.execute("select name from lease where substr(name, 1, ?) = ?", (len(kind), kind))
        for (name,) in rows:
            if name.removeprefix(kind) not in held:
                tx.execute("delete from lease where name = ?", (name,))


def is_lost(holder: Holder, at: datetime) -> bool:
    """Whether a claim may be taken over: its lease has passed, or its process is gone."""
    return holder.expires <= at or is_gone(holder)


def is_own(holder: Holder) -> bool:
    """Whether the holder is this very process."""
    return holder.pid == os.getpid() and holder.place == _here()


def is_gone(holder: Holder) -> bool:
    """Whether the holder was a process of this machine that does not run any more."""
    if holder.place != _here():
        return False
    return _process(holder.pid) != holder.process


# ------------------------------------------------------------------ inside

_SELECT = "select name, owner, token, pid, host, place, process, since, expires from lease"


def _holder(row: Row) -> Holder:
    _, owner, token, pid, host, place, process, since, expires = row
    return Holder(owner, token, pid, host, place, process, moment(since), moment(expires))


def _give_back(tx: Transaction, taken: Claim, at: datetime) -> None:
    ours = (taken.name, taken.run, taken.token)
    if taken.name.startswith(ONCE):
        tx.execute("delete from lease where name = ? and owner = ? and token = ?", ours)
    else:
        tx.execute(
            "update lease set owner = '', expires = ? where name = ? and owner = ? and token = ?",
            (stamp(at), *ours),
        )


def _moment(tx: Transaction, now: Clock | None) -> datetime:
    """The present moment: the database's, which all machines go by, unless a clock is given."""
    return tx.now() if now is None else now()


@cache
def _here() -> str:
    """Where process numbers mean the same: one boot of one machine, and one container on it."""
    parts = [os.uname().nodename]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _process(pid: int) -> str:
    """What tells a process from an earlier one of its number; empty when there is none.

    Where the system has no `/proc`, all that is known is that some process has the number.
    """
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return ""
        fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
        dead = fields[0] in "ZX"  # ended, and nobody has asked how
        return "" if dead else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"  # it runs, for somebody else
    return "alive"
