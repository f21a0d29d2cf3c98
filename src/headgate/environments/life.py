"""The life of an environment: it begins as a release of another one, moves on with it, and ends.

Nothing is copied on disk. Each act is one transaction, and stands in the audit log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from headgate.environments import environment
from headgate.environments.environment import Environment
from headgate.errors import StoreError, UnknownNameError, UsageError
from headgate.ledger import audit, history
from headgate.ledger.audit import Act
from headgate.ledger.ledger import Transaction
from headgate.runs import queue
from headgate.runs.claim import claim
from headgate.runs.tools import Tools
from headgate.store import branches, releases, versions
from headgate.store.manifest import Release

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def create(
    tools: Tools, name: str, base: str, number: int | None = None, *, fixed: bool = True
) -> Release:
    """The first release of a new environment, in which all stands as in a release of `base`.

    Without a number it is the one that is served. `fixed` says whether sources stay as they are.
    Raises UsageError for a name that cannot be one or is taken, and where the base has no release.
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an environment",
            hint="letters, digits, dots, dashes and underscores, and the first is no sign",
        )
    run, at = secrets.token_hex(4), tools.now()
    with tools.ledger.transaction(durable=True) as tx:
        if exists(tx, name):
            raise UsageError(
                f"there is an environment named {name}",
                hint=f"headgate run --env {name} --refresh moves it to the newest release of its"
                f" base; headgate env drop {name} ends it",
            )
        if (source := environment.find(tx, base)) is not None:
            source.require_whole("be the base of an environment, but of a sandbox")
        begun = _base(tx, base, number)
        if number is not None:
            _require_present(tx, tools, begun)
        because = f"begun from {begun.name}"
        draft = Release(name, 0, {}, at, run, "", because=because, user=tools.user)
        release = branches.branch(tx, begun, draft)
        made = Environment(name, begun.environment, begun.number, at, tools.user, fixed)
        environment.record(tx, made)
        body = {"release": release.name, "fixed": fixed}
        audit.record(tx, Act(at, tools.user, "create", name, begun.name, body))
    return release


def refresh(tools: Tools, name: str, sources: Collection[str]) -> Release | None:
    """Moves an environment to the newest release of its base; None where it is there already.

    `sources` go with it, and so does what the environment did not change itself. A source that the
    base does not have is let go of, so that the next run reads its files.
    Raises UsageError for an environment that was not begun from another one, and BusyError while a
    run in it is going on.
    """
    run = secrets.token_hex(4)
    with claimed(tools, name, run), tools.ledger.transaction(durable=True) as tx:
        made = environment.find(tx, name)
        if made is None:
            raise UsageError(
                f"{name} was not begun from another environment, so there is nothing to move it to",
                hint="headgate env list",
            )
        made.require_whole("move on: that would bring all rows as they are")
        old, base = releases.find(tx, made.base, made.number), releases.current(tx, made.base)
        if base is None or base.number == made.number:
            return None
        began = _state(old) if old else {}
        held = releases.held(tx, name)
        kept = [n for n, id_ in held.items() if n not in sources and began.get(n) != id_]
        at, because = tools.now(), f"moved from {made.origin} to {base.name}"
        draft = Release(name, 0, {}, at, run, "", because=because, user=tools.user)
        release = branches.refresh(tx, base, draft, kept)
        environment.record(tx, replace(made, number=base.number))
        body: dict[str, Any] = {"release": release.name, "from": made.origin, "kept": sorted(kept)}
        audit.record(tx, Act(at, tools.user, "refresh", name, base.name, body))
    return release


def drop(tools: Tools, name: str, default: str) -> None:
    """Ends an environment. Its releases stay in the log, and keep no data.

    Raises UsageError for the project's own environment, `default`, and for one that others began
    from; BusyError while a run in it is going on.
    """
    if name == default:
        raise UsageError(f"{name} is the project's own environment", hint="it cannot be dropped")
    with claimed(tools, name, secrets.token_hex(4)):
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
    at = tools.now()
    with tools.ledger.snapshot() as tx:
        made = sorted(environment.environments(tx), key=lambda one: one.created_at, reverse=True)
    expired = [one.name for one in made if one.expires_at and one.expires_at <= at]
    for name in expired:
        drop(tools, name, default)
    return expired


def exists(tx: Transaction, name: str) -> bool:
    """Whether an environment was made, or holds anything."""
    return environment.find(tx, name) is not None or bool(releases.held(tx, name))


def require_exists(tx: Transaction, name: str, default: str) -> None:
    """Raises UnknownNameError for an environment that is not there. `default` always is."""
    if name != default and not exists(tx, name):
        raise UnknownNameError(
            f"no environment named {name!r}", None, f"make it: headgate env create {name}"
        )


@contextmanager
def claimed(tools: Tools, name: str, run: str) -> Iterator[None]:
    """Holds every pipeline of an environment. Raises BusyError where a run has one."""
    with tools.ledger.snapshot() as tx:
        rows = tx.execute("select distinct pipeline from ref where environment = ?", (name,))
        pipelines = {pipeline for (pipeline,) in rows} | set(history.pipelines(tx, name))
    with ExitStack() as claims:
        for pipeline in sorted(pipelines):
            claims.enter_context(claim(tools.ledger, f"{pipeline}@{name}", run=run))
        yield


def _base(tx: Transaction, base: str, number: int | None) -> Release:
    found = releases.current(tx, base)
    if found is None:
        raise UsageError(f"{base} has no release to begin from", hint=f"headgate run --env {base}")
    if number is None or number == found.number:
        return found
    earlier = releases.find(tx, base, number)
    if earlier is None:
        raise UnknownNameError(
            f"{base} has no release {number}", None, f"headgate data log --env {base}"
        )
    return earlier


def _require_present(tx: Transaction, tools: Tools, release: Release) -> None:
    """Raises StoreError where data of an earlier release is no longer there."""
    for dataset, id_ in _state(release).items():
        version = versions.find(tx, dataset, id_)
        if version is None or not versions.present(tools.objects, version):
            raise StoreError(
                f"version {id_[:8]} of {dataset}, of {release.name}, is no longer in the store",
                None,
                "nothing was made; fetch it where it was pushed, or begin from a newer release",
            )


def _state(release: Release) -> dict[str, str]:
    return {**release.inputs, **release.versions}
