"""Which trials belong to a process that lives: each holds a claim for as long as it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from headgate.environments import environment
from headgate.runs.claim import claim, holder, is_gone
from headgate.runs.tools import Tools

PREFIX = "ci-"
"""How the names of environments of trials begin."""
_CLAIM = "trial:"


@contextmanager
def living(tools: Tools, name: str) -> Iterator[None]:
    """Says until the block ends that the environment of that name is in use."""
    try:
        with claim(tools.ledger, f"{_CLAIM}{name}", run=name):
            yield
    finally:
        forget(tools, name)


def forget(tools: Tools, name: str) -> None:
    """Takes out of the record who used the environment of that name."""
    with tools.ledger.transaction() as tx:
        tx.execute("delete from lease where name = ?", (f"{_CLAIM}{name}",))


def left(tools: Tools) -> list[str]:
    """The environments that killed trials left.

    A process of this machine is seen to be gone. What one of another machine left has expired.
    """
    at = tools.now()
    with tools.ledger.snapshot() as tx:
        trials = [one for one in environment.environments(tx) if one.name.startswith(PREFIX)]
        used = {one.name: holder(tx, f"{_CLAIM}{one.name}") for one in trials}
    found = []
    for one in trials:
        by, until = used[one.name], one.expires_at
        if (by and is_gone(by)) or (until and until <= at):
            found.append(one.name)
    return found
