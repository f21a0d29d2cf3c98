"""The changed steps and what depends on them, run aside in an environment that is thrown away.

It begins as the release that is served, so that nothing is copied, and its sources stay as they are.
The code of the base runs in it first, which is nothing to do where the release was made by it; then
that of the change. So both saw the same data, and what differs is the change's own doing.
No trigger is started, no alert is raised, no pointer of another environment and no file moves.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from headgate.ci.aside import Aside
from headgate.ci.changes import Changes
from headgate.ci.finding import LeftOutError
from headgate.ci.living import PREFIX, forget, left, living
from headgate.environments import environment, life
from headgate.environments.environment import Environment
from headgate.errors import BusyError, DataError, HeadgateError, StepError, UnknownNameError
from headgate.ledger.events import DatasetReused, Event, SourceIngested, StepFinished
from headgate.ledger.ledger import Listener
from headgate.pipelines.source import deliveries
from headgate.runs.execute import Ending, run
from headgate.runs.job import Job
from headgate.runs.plan import plan
from headgate.runs.tools import Tools
from headgate.store import refs, releases
from headgate.store.manifest import Release
from headgate.workspace.resolve import job
from headgate.workspace.workspace import Workspace

LIFETIME = timedelta(days=1)
"""When an environment ends that a killed process of another machine left behind."""


class Wish(Struct, frozen=True):
    """What a person asks of the trial.

    `begin` makes the environment of that name from the release that is served, where that is to be
    a sample; without it, all of the release is in it. `keep` leaves the environment there.
    """

    keep: bool = False
    begin: Callable[[Workspace, str, Release], object] | None = None
    listen: Listener | None = None


class Ran(Struct, frozen=True):
    """A run of a pipeline in the trial."""

    pipeline: str
    ending: str
    computed: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    error: HeadgateError | None = None

    @property
    def is_well(self) -> bool:
        """Whether its gates let it through."""
        return self.ending in {Ending.PUBLISHED, Ending.UNCHANGED}


class Trial(Struct, frozen=True):
    """What came of it. `before` and `after` map each dataset to the version that was made."""

    environment: str
    began: str
    """The release that it began from; empty where there was none, and files were read."""
    kept: bool
    base: tuple[Ran, ...]
    head: tuple[Ran, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]
    left_out: Mapping[str, str] = {}
    """The pipelines that could not be run, and why."""
    seconds: float = 0.0


def trial(
    head: Workspace, base: Workspace, changed: Changes, wish: Wish, closing: ExitStack
) -> Trial:
    """The changed pipelines, run in a new environment that `closing` ends.

    Raises LeftOutError where there is no data for any of them.
    """
    started = time.perf_counter()
    _sweep(head)
    name = f"{PREFIX}{secrets.token_hex(4)}"
    names = [each for each in changed.pipelines if each in head.project.pipelines]
    with head.tools.ledger.snapshot() as tx:
        served = releases.current(tx, head.environment)
    missing = {each: why for each in names if (why := _no_data(head, each, served))}
    if missing and set(missing) == set(names):
        raise LeftOutError("; ".join(missing.values()))
    if not wish.keep:
        closing.enter_context(living(head.tools, name))
    _begin(head, name, served, wish)
    if not wish.keep:
        closing.callback(life.drop, head.tools, name, head.project.settings.environment)
    _expiring(head.tools, name, None if wish.keep else head.tools.now() + LIFETIME)
    able = [each for each in names if each not in missing]
    old = [each for each in able if each in base.project.pipelines]
    before = [_ran(base, each, name, wish.listen) for each in old]
    made_before = _held(head.tools, name)
    after = [_ran(head, each, name, wish.listen) for each in able]
    return Trial(
        name,
        served.name if served else "",
        wish.keep,
        tuple(before),
        tuple(after),
        made_before,
        _held(head.tools, name),
        missing,
        time.perf_counter() - started,
    )


# ------------------------------------------------------------------ the environment


def _begin(head: Workspace, name: str, served: Release | None, wish: Wish) -> None:
    if served is None:
        made = Environment(name, head.environment, 0, head.tools.now(), head.tools.user, False)
        with head.tools.ledger.transaction(durable=True) as tx:
            environment.record(tx, made)
    elif wish.begin:
        wish.begin(head, name, served)
    else:
        life.create(head.tools, name, head.environment)


def _expiring(tools: Tools, name: str, at: datetime | None) -> None:
    with tools.ledger.transaction() as tx:
        made = environment.find(tx, name)
        assert made is not None
        environment.record(tx, replace(made, expires_at=at))


def _sweep(head: Workspace) -> None:
    """Ends what processes left that were killed."""
    for name in left(head.tools):
        with suppress(BusyError, UnknownNameError):  # another one ends it now
            life.drop(head.tools, name, head.project.settings.environment)
            forget(head.tools, name)


def _held(tools: Tools, name: str) -> dict[str, str]:
    with tools.ledger.snapshot() as tx:
        return refs.held(tx, name)


def _no_data(head: Workspace, pipeline: str, served: Release | None) -> str:
    """Why a pipeline cannot be run; empty where all of its sources have data."""
    known = served.state if served else {}
    for name, source in job(head, pipeline).sources.items():
        if name not in known and not deliveries(head.tools.root, source.source):
            return f"no data of {name}: no release has it, and {source.source.path} matches no file"
    return ""


# ------------------------------------------------------------------ a run in it


def _ran(workspace: Workspace, pipeline: str, name: str, listen: Listener | None) -> Ran:
    aside = Aside(workspace.tools.ledger)
    if listen:
        aside.subscribe(listen)
    tools = replace(workspace.tools, ledger=aside, commit=None)
    found = _silent(job(replace(workspace, environment=name), pipeline))
    if plan(found, tools).changes_nothing:
        return Ran(pipeline, Ending.UNCHANGED, reused=found.datasets)
    try:
        ending, error = run(found, tools).ending.value, None
    except (StepError, DataError) as failed:
        ending, error = Ending.FAILED.value, failed
    computed = (e.dataset for e in aside.told if isinstance(e, StepFinished | SourceIngested))
    reused = (event.dataset for event in aside.told if isinstance(event, DatasetReused))
    return Ran(pipeline, ending, tuple(computed), tuple(reused), tuple(aside.told), error)


def _silent(found: Job) -> Job:
    """The pipeline without what it starts after a release."""
    return replace(found, pipeline=found.pipeline.model_copy(update={"on_publish": []}))
