"""Which commit runs in an environment, as people say it: recorded, and never changed.

A deployment moves no data and changes no run. It is what lead time and deployment frequency are read
from: each has the moments at which its commits were made.
"""

from __future__ import annotations

import json
from datetime import datetime

from msgspec import Struct

from headgate.ci import record
from headgate.ci.record import Recorded
from headgate.ci.verdict import Status
from headgate.errors import UnknownNameError, UsageError, VerdictError
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.clock import moment, stamp
from headgate.ledger.events import Deployed
from headgate.ledger.ledger import Row, Transaction
from headgate.project import git, git_history
from headgate.project.git_history import CommitMade
from headgate.runs.tools import Tools


class Deployment(Struct, frozen=True):
    """A commit that was deployed. `status` is that of its verdict, empty where it had none."""

    number: int
    environment: str
    commit: CommitMade
    came_from: str | None
    at: datetime
    user: str
    commits: tuple[CommitMade, ...]
    """Those that came with it, newest first, along the branch."""
    verdict: int | None
    status: str
    reason: str = ""


def deploy(tools: Tools, environment: str, revision: str, reason: str = "") -> Deployment:
    """Records that a commit now runs in an environment; with a reason, whatever its verdict.

    Raises VerdictError for a commit without a green verdict, and UnknownNameError for one that Git
    does not know.
    """
    commit = _commit(tools, revision)
    with tools.ledger.snapshot() as tx:
        verdict, before = record.newest(tx, commit.id), current(tx, environment)
    green = verdict is not None and verdict.is_green
    if not green and not reason:
        raise VerdictError(
            f"{commit.id[:8]} cannot be deployed: {_why(verdict)}",
            None,
            'headgate ci --head judges it; --override --reason "..." deploys it all the same',
        )
    came_from = before.commit.id if before else None
    found = Deployment(
        0,
        environment,
        commit,
        came_from,
        tools.now(),
        tools.user,
        tuple(git_history.between(tools.root, came_from, commit.id)),
        verdict.number if verdict else None,
        verdict.status.value if verdict else "",
        "" if green else reason,
    )
    with tools.ledger.transaction(durable=True) as tx:
        _insert(tx, found)
        tx.append(_event(found))
        audit.record(tx, _act(found))
    return found


def current(tx: Transaction, environment: str) -> Deployment | None:
    """What runs in an environment now, as far as somebody said it."""
    return next(iter(deployments(tx, environment, 1)), None)


def deployments(
    tx: Transaction, environment: str | None = None, limit: int = 20
) -> list[Deployment]:
    """The newest deployments, newest first; those of one environment, where it is given."""
    rows = tx.execute(
        "select number, environment, code, came_from, at, author, made, committed, commits, verdict,"
        " status, reason from deployment where (? is null or environment = ?)"
        " order by number desc limit ?",
        (environment, environment, limit),
    )
    return [_deployment(row) for row in rows]


# ------------------------------------------------------------------ inside


def _commit(tools: Tools, revision: str) -> CommitMade:
    if git.commit(tools.root) is None:
        raise UsageError("there is no commit to deploy", str(tools.root), "git init, and commit")
    commit = git.resolved(tools.root, revision)
    found = git_history.about(tools.root, commit) if commit else None
    if found is None:
        raise UnknownNameError(f"Git knows no commit {revision!r}", None, "git log --oneline")
    return found


def _why(verdict: Recorded | None) -> str:
    if verdict is None:
        return "headgate ci has given no verdict on it"
    if verdict.dirty:
        return "its only verdict is on files that are not in it as they are"
    at = f"{verdict.at:%Y-%m-%d %H:%M} UTC"
    if verdict.left_out and verdict.status is not Status.FAILED:
        return f"its verdict of {at} left out {' and '.join(verdict.left_out)}"
    return f"its verdict of {at} is {verdict.status}"


def _insert(tx: Transaction, found: Deployment) -> None:
    listed = [[each.id, stamp(each.written_at), stamp(each.committed_at)] for each in found.commits]
    tx.execute(
        "insert into deployment (environment, code, came_from, at, author, made, committed, commits,"
        " verdict, status, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            found.environment,
            found.commit.id,
            found.came_from,
            stamp(found.at),
            found.user,
            stamp(found.commit.written_at),
            stamp(found.commit.committed_at),
            json.dumps(listed),
            found.verdict,
            found.status,
            found.reason,
        ),
    )


def _event(found: Deployment) -> Deployed:
    return Deployed(
        run="",
        at=found.at,
        environment=found.environment,
        code=found.commit.id,
        came_from=found.came_from,
        commits=len(found.commits),
        verdict=found.status,
        reason=found.reason,
        user=found.user,
    )


def _act(found: Deployment) -> Act:
    action = "deploy against verdict" if found.reason else "deploy"
    body = {"from": found.came_from, "verdict": found.status, "reason": found.reason}
    return Act(found.at, found.user, action, found.environment, found.commit.id, body)


def _deployment(row: Row) -> Deployment:
    number, environment, code, came_from, at, user, made, committed, commits, *rest = row
    listed = (CommitMade(one, moment(old), moment(new)) for one, old, new in json.loads(commits))
    return Deployment(
        number,
        environment,
        CommitMade(code, moment(made), moment(committed)),
        came_from,
        moment(at),
        user,
        tuple(listed),
        *rest,
    )
