"""The life of an environment: it begins as a release of another one, moves on with it, and ends.

Nothing is copied on disk. Each act is one transaction, and stands in the audit log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import UnknownNameError, UsageError, did_you_mean
from headgate.ledger import audit
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.runs import queue
from headgate.runs.claim_all import claim_all
from headgate.runs.tools import Tools
from headgate.store import branches, refs, releases, versions
from headgate.store.manifest import Release
from headgate.store.readers import Lease

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def create(
    tools: Tools, name: str, base: str, number: int | None = None, *, fixed: bool = True
) -> Release:
    """The first release of a new environment, in which all stands as in a release of `base`.

    Without a number it is the one that is served. `fixed` says whether sources stay as they are.
    Raises UsageError for a name that cannot be one or is taken, and where the base has no release.
    """
    require_name(name)
    run, at = secrets.token_hex(4), tools.now()
    with Lease(tools.objects) as lease, tools.ledger.transaction(durable=True) as tx:
        if exists(tx, name):
            moves = (
                f"headgate run --env {name} --refresh moves it to the newest release of its"
                f" base; headgate env drop {name} ends it"
            )
            own = environment.find(tx, name) is None  # the project's own is neither moved nor ended
            raise UsageError(
                f"there is an environment named {name}", hint="take another name" if own else moves
            )
        require_apart(tx, name)
        if (source := environment.find(tx, base)) is not None:
            source.require_whole("be the base of an environment, but of a sandbox")
        begun = _base(tx, base, number)
        wanted = versions.find_each(tx, begun.state).values()
        if number is None:
            lease.hold(wanted)  # what is served is there, or its base has the same trouble
        else:
            lease.require(wanted, "nothing was made; fetch it, or begin from a newer release")
        because = f"begun from {begun.name}"
        draft = Release(name, 0, {}, at, run, "", because=because, user=tools.user)
        release = branches.branch(tx, begun, draft)
        made = Environment(name, begun.environment, begun.number, at, tools.user, fixed)
        environment.record(tx, made)
        body = {"release": release.name, "fixed": fixed}
        audit.record(tx, Act(at, tools.user, "create", name, begun.name, body))
    return release


def refresh(
    tools: Tools, name: str, sources: Collection[str], wait_seconds: float = 0.0
) -> Release | None:
    """Moves an environment to the newest release of its base; None where it is there already.

    `sources` go with it, and so does what the environment did not change itself. A source that the
    base does not have is let go of, so that the next run reads its files.
    Raises UsageError for an environment that was not begun from another one, and BusyError while a
    run in it is going on, after waiting so long for its end.
    """
    run = secrets.token_hex(4)
    whole = claim_all(tools.ledger, name, run=run, wait_seconds=wait_seconds)
    with whole, tools.ledger.transaction(durable=True) as tx:
        made = movable(tx, name)
        old, base = releases.find(tx, made.base, made.number), releases.current(tx, made.base)
        if base is None or base.number == made.number:
            return None
        began = old.state if old else {}
        held = refs.held(tx, name)
        kept = [n for n, id_ in held.items() if n not in sources and began.get(n) != id_]
        at, because = tools.now(), f"moved from {made.origin} to {base.name}"
        draft = Release(name, 0, {}, at, run, "", because=because, user=tools.user)
        release = branches.refresh(tx, base, draft, kept)
        environment.record(tx, replace(made, number=base.number))
        body: dict[str, Any] = {"release": release.name, "from": made.origin, "kept": sorted(kept)}
        audit.record(tx, Act(at, tools.user, "refresh", name, base.name, body))
    return release


def movable(tx: Transaction, name: str) -> Environment:
    """The environment of that name. Raises UsageError where it cannot be moved with its base."""
    made = environment.find(tx, name)
    if made is None:
        raise UsageError(
            f"{name} was not begun from another environment, so there is nothing to move it to",
            hint="headgate env list",
        )
    made.require_whole("move on: that would bring all rows as they are")
    return made


def drop(tools: Tools, name: str, default: str) -> None:
    """Ends an environment. Its releases stay in the log, and keep no data.

    Raises UsageError for the project's own environment, `default`, and for one that others began
    from; BusyError while a run in it is going on.
    """
    if name == default:
        raise UsageError(f"{name} is the project's own environment", hint="it cannot be dropped")
    with claim_all(tools.ledger, name, run=secrets.token_hex(4)):
        at = tools.now()
        with tools.ledger.transaction(durable=True) as tx:
            require_exists(tx, name, default)
            if others := [each.name for each in environment.environments(tx) if each.base == name]:
                raise UsageError(
                    f"{', '.join(others)} began from {name}",
                    hint=f"headgate env drop {others[0]} first",
                )
            serving = releases.current(tx, name)
            branches.drop(tx, name)
            environment.remove(tx, name)
            queue.give_up_all(tx, name, f"{name} was dropped")
            subject = serving.name if serving else ""
            audit.record(tx, Act(at, tools.user, "drop", name, subject))


def drop_expired(tools: Tools, default: str) -> list[str]:
    """Ends all environments that have expired, the newest first, and gives their names."""
    names = expired(tools)
    for name in names:
        drop(tools, name, default)
    return names


def expired(tools: Tools) -> list[str]:
    """The environments that have expired, the newest first."""
    at = tools.now()
    with tools.ledger.snapshot() as tx:
        made = sorted(environment.environments(tx), key=lambda one: one.created_at, reverse=True)
    return [one.name for one in made if one.expires_at and one.expires_at <= at]


def require_name(name: str) -> None:
    """Raises UsageError for what cannot be the name of an environment."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an environment",
            hint="at most 100 letters, digits, dots, dashes and underscores, and the first is no sign",
        )


def require_apart(tx: Transaction, name: str) -> None:
    """Raises UsageError for the name of a dataset, of which `name@3` would be a version."""
    if name in versions.datasets(tx):
        hint = f"take another name, for example: {name}-env"
        raise UsageError(f"{name} is the name of a dataset", hint=hint)


def exists(tx: Transaction, name: str) -> bool:
    """Whether an environment was made, or holds anything."""
    return environment.find(tx, name) is not None or bool(refs.held(tx, name))


def require_exists(tx: Transaction, name: str, default: str) -> None:
    """Raises UnknownNameError for an environment that is not there. `default` always is."""
    if name != default and not exists(tx, name):
        raise unknown(tx, name)


def unknown(tx: Transaction, name: str) -> UnknownNameError:
    """What to say of an environment that is not there: the nearest that is, or how to make it."""
    rows = tx.execute("select name from environment union select environment from ref")
    near = did_you_mean(name, [each for (each,) in rows])
    listed = "headgate env list shows those that there are"
    make = f"make it: headgate env create {name}" if NAME.fullmatch(name) else listed
    meant = f"{near} Else {make}" if near and near.startswith("did") else make
    return UnknownNameError(f"no environment named {name!r}", None, meant)


def require_known(tx: Transaction, name: str, default: str) -> None:
    """Raises UnknownNameError for an environment that is not there and has no log of releases."""
    if not tx.execute("select 1 from release where environment = ? limit 1", (name,)):
        require_exists(tx, name, default)


def _base(tx: Transaction, base: str, number: int | None) -> Release:
    found = releases.current(tx, base)
    if found is None:
        if tx.execute("select 1 from ref where environment <> ? limit 1", (base,)):
            raise unknown(tx, base)
        raise UsageError(f"{base} has no release to begin from", hint="headgate run")
    if number is None or number == found.number:
        return found
    earlier = releases.find(tx, base, number)
    if earlier is None:
        raise UnknownNameError(
            f"{base} has no release {number}", None, f"headgate data log --env {base}"
        )
    return releases.require_there(tx, earlier)
