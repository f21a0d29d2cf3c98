"""What a run will do and why, as data, before it does it.

The plan is a prediction: a dataset whose input is computed again may turn out the same, and then
what follows is reused after all. `execute` decides by the same functions with the versions it has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from headgate.checks.check import Check
from headgate.errors import SourceError
from headgate.ledger.ledger import Ledger, Transaction
from headgate.pipelines.fingerprint import changes
from headgate.runs import verdicts
from headgate.runs.compared import Judged, Standing, judging_order, released
from headgate.runs.deliveries import Delivery, look
from headgate.runs.job import Job, StepJob, beside
from headgate.runs.left import predicted, sets_aside
from headgate.runs.tools import Tools
from headgate.store import holdings, refs, releases, rollbacks, versions
from headgate.store.manifest import Release, Version


class Ingest(Struct, frozen=True):
    """Files are read into a new version of a source."""

    dataset: str
    because: str
    delivery: Delivery


class Compute(Struct, frozen=True):
    """A step runs, unless its inputs turn out to be what they were."""

    dataset: str
    because: str


class Reuse(Struct, frozen=True):
    """A version that is there already serves again, or what its gate is known to leave of it."""

    dataset: str
    version: Version
    because: str
    left: Version | None = None

    @property
    def serves(self) -> str:
        """The id of the version that goes on, as far as it is known."""
        return (self.left or self.version).id


class Refuse(Struct, frozen=True):
    """A delivery cannot be read, so the first gate will stay closed."""

    dataset: str
    because: str
    hint: str | None = None


Action = Ingest | Compute | Reuse | Refuse


class Plan(Struct, frozen=True):
    """The actions of a run in their order, on top of the release `base`.

    `held` maps every dataset of the pipeline to the version that the environment holds, and
    `wholes` to the one that was read or computed before rows of it were set aside. `judge`
    maps datasets that need no computing, but whose checks are new, to the reason; `show` maps
    those that readers begin or cease to see, whatever becomes of their data, to which of both.
    `taken_back` says that all of it is what a rollback took back, and so stays unpublished.
    """

    job: Job
    base: Release | None
    held: Mapping[str, str]
    actions: tuple[Action, ...]
    judge: Mapping[str, str]
    show: Mapping[str, str]
    taken_back: bool = False
    wholes: Mapping[str, str] = {}

    @property
    def publishes(self) -> bool:
        """Whether a release may come of it, if the gates open."""
        refused = any(isinstance(action, Refuse) for action in self.actions)
        moved = any(
            not isinstance(action, Reuse) or self.held.get(action.dataset) != action.serves
            for action in self.actions
        )
        return not refused and not self.taken_back and (moved or bool(self.show))

    @property
    def changes_nothing(self) -> bool:
        """Whether every dataset is the one that is held, judged already, and seen or not as now."""
        return not (self.judge or self.show) and all(
            isinstance(action, Reuse) and self.held.get(action.dataset) == action.serves
            for action in self.actions
        )


def plan(
    job: Job, tools: Tools, *, force: bool = False, decided: Mapping[str, Action] | None = None
) -> Plan:
    """What a run of the job would do now. With `force`, every step is computed again.

    `decided` are the actions that are no question any more: those of a promotion.
    """
    with tools.ledger.snapshot() as tx:
        base = releases.current(tx, job.environment)
        pointers = refs.held(tx, job.environment)
        held = {name: pointers[name] for name in job.datasets if name in pointers}
        known = {
            name: holdings.find_whole(tx, job.environment, name, version)
            for name, version in held.items()
        }
        wholes = {name: whole.id for name, whole in known.items() if whole}
        standing = Standing(job, held, wholes)
        show = _shown(job, held, refs.shown(tx, job.environment, job.pipeline.name))
    actions = dict(decided or {})
    for name in job.sources:
        if name not in actions:
            actions[name] = _source_action(job, name, known.get(name), tools)
    keys: dict[str, tuple[str, ...]] = {}
    with tools.ledger.snapshot() as tx:
        # in the order of the gates: one that sets rows aside changes what later ones compare with
        for name in (*judging_order(job), *job.steps):
            if name not in actions:
                held_before = known.get(name)
                actions[name] = _step_action(
                    job.steps[name], actions, held_before, tx, tools, force=force
                )
            if isinstance(action := actions[name], Reuse):
                keys[name] = _own_keys(standing, action, actions, tx)
                actions[name] = _refined(job, action, keys[name], tx, tools)
        judge = dict(_unjudged(standing, actions, keys, tx))
        reused = {name: a.serves for name, a in actions.items() if isinstance(a, Reuse)}
        taken_back = not force and len(reused) == len(actions) and undone(job, reused, tx)
    return Plan(job, base, held, tuple(actions.values()), judge, show, taken_back, wholes)


def undone(job: Job, made: Mapping[str, str], tx: Transaction) -> bool:
    """Whether a rollback that is in force took these very versions back.

    The files that made them still lie there; publishing them again would undo the rollback.
    """
    published = {name: made[name] for name in job.published}
    taken = rollbacks.undone(tx, job.environment, job.pipeline.name)
    return any(published.items() <= dict(each).items() for each in taken)


def _shown(job: Job, held: Mapping[str, str], shown: Sequence[str]) -> dict[str, str]:
    begin = [name for name in job.published if name in held and name not in shown]
    cease = [name for name in shown if name not in job.published]
    return {
        **dict.fromkeys(begin, "published from now on"),
        **dict.fromkeys(cease, "not published any more"),
    }


def _source_action(job: Job, name: str, held: Version | None, tools: Tools) -> Action:
    source = job.sources[name]
    lost = held is not None and _is_lost(held, tools)
    if held is None and job.sealed:
        told = f"{job.environment} is a sandbox, and has no rows of {name}"
        return Refuse(name, told, "make another one: headgate env sandbox NAME")
    if held and job.fixed:
        gone = f"{job.environment} is fixed at {job.fixed}, and this is not in the store"
        hint = "fetch it where it was pushed, or move on: headgate run --refresh"
        return Refuse(name, gone, hint) if lost else Reuse(name, held, f"fixed at {job.fixed}")
    try:
        delivery = look(source, tools.root, held, tools.ledger, lost=lost)
    except SourceError as error:
        return Refuse(name, str(error.what), error.hint)
    if held and not delivery.fresh and not lost:
        return Reuse(name, held, "nothing new was delivered")
    if made := reusable(tools.ledger, tools, name, delivery.fingerprint):
        return Reuse(name, made, f"{delivery.because}, and was read before")
    return Ingest(name, delivery.because, delivery)


def _is_lost(held: Version, tools: Tools) -> bool:
    """Whether what was read of a source, or what of it could not be, is not in the store."""
    with tools.ledger.snapshot() as tx:
        unread = versions.quarantined(tx, held)
    known = [version for version in (held, unread) if version]
    return not all(versions.present(tools.objects, version) for version in known)


def _step_action(
    step: StepJob,
    actions: Mapping[str, Action],
    held: Version | None,
    tx: Transaction,
    tools: Tools,
    *,
    force: bool,
) -> Action:
    if force:
        return Compute(step.name, "it was asked for")
    inputs: dict[str, str] = {}
    for dataset in step.code.inputs.values():
        match actions[dataset]:
            case Reuse() as reuse:
                inputs[dataset] = reuse.serves
            case _:
                return Compute(step.name, f"{dataset} changed" if held else "first run")
    made = versions.by_fingerprint(tx, step.name, step_fingerprint(step, inputs))
    if made and versions.present(tools.objects, made):
        same = held is not None and held.id == made.id
        return Reuse(step.name, made, "unchanged" if same else "computed before")
    return Compute(step.name, why(step, inputs, held))


def why(step: StepJob, inputs: Mapping[str, str], held: Version | None) -> str:
    """Why a step has to run, in words: what is not as it was when its held version was made."""
    if held is None:
        return "first run"
    if told := changes(held.code, step.fingerprint.parts):
        return "; ".join(told[:3])
    if changed := [name for name, version in inputs.items() if held.inputs.get(name) != version]:
        return f"{changed[0]} changed"
    return "its result is not in the store"


def step_fingerprint(step: StepJob, inputs: Mapping[str, str]) -> str:
    """The name of a step's result before it is made: code, parameters and input versions."""
    body = ["step/1", step.name, step.fingerprint.digest, step.step.key, sorted(inputs.items())]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def reusable(ledger: Ledger, tools: Tools, dataset: str, fingerprint: str) -> Version | None:
    """A version made before under that fingerprint, if its objects are still in the store."""
    with ledger.snapshot() as tx:
        made = versions.by_fingerprint(tx, dataset, fingerprint)
    return made if made and versions.present(tools.objects, made) else None


def _refined(job: Job, action: Reuse, keys: Sequence[str], tx: Transaction, tools: Tools) -> Reuse:
    """The action, with what is left of a version whose gate is known to set rows of it aside."""
    checks = _own_checks(job, action.dataset)
    if not sets_aside(checks):
        return action
    left = predicted(tx, tools.objects, action.version, keys, checks)
    return replace(action, left=left)


def _unjudged(
    standing: Standing,
    actions: Mapping[str, Action],
    own_keys: Mapping[str, tuple[str, ...]],
    tx: Transaction,
) -> list[tuple[str, str]]:
    """Datasets that are reused under checks they were not judged by."""
    job, environment = standing.job, standing.job.environment
    found = []
    for name, action in actions.items():
        if not isinstance(action, Reuse):
            continue
        for gate, checks in gates(job, name):
            if own := gate == name:
                version, keys = action.version.id, own_keys[name]
            else:
                version = action.serves
                at_gate = standing.at_publish_gate(name, version)
                compared = _compared(at_gate, checks, actions, tx)
                key = verdicts.key(gate, checks, compared)
                keys = verdicts.keys(key, version, standing.held.get(name), environment)
            verdict = verdicts.standing(tx, name, version, keys, checks)
            if verdict is None or not verdict.lets_through:
                compares = bool(beside(checks))
                why = _why_judge(own=own, compares=compares, judged=verdict is not None)
                found.append((name, why))
            elif own and action.left is None and sets_aside(checks):
                found.append((name, "what its gate left of it is not in the store"))
    return found


def _own_keys(
    standing: Standing, action: Reuse, actions: Mapping[str, Action], tx: Transaction
) -> tuple[str, ...]:
    """The keys under which the verdict of a dataset's own gate may stand."""
    checks, whole = _own_checks(standing.job, action.dataset), action.version
    at_gate = standing.at_own_gate(action.dataset, whole.id)
    compared = _compared(at_gate, checks, actions, tx)
    held = standing.wholes.get(action.dataset)
    return verdicts.own_keys(whole, checks, compared, held, standing.job.environment)


def _compared(
    judged: Judged, checks: tuple[Check, ...], actions: Mapping[str, Action], tx: Transaction
) -> dict[str, str]:
    """The versions that checks compare with, of those that are not made anew."""
    names = beside(checks)
    there = {name: actions.get(name) for name in names}
    found = {name: each.serves for name, each in there.items() if isinstance(each, Reuse)}
    return found | released(tx, judged, names)


def _own_checks(job: Job, dataset: str) -> tuple[Check, ...]:
    own = job.sources.get(dataset) or job.steps.get(dataset)
    return own.checks if own else ()


def _why_judge(*, own: bool, compares: bool, judged: bool) -> str:
    if judged:
        return "its gate is closed"
    if compares:
        return "its checks are new, or what they compare with moved"
    return "its checks are new" if own else "the quality checks are new, or speak of time"


def gates(job: Job, dataset: str) -> list[tuple[str, tuple[Check, ...]]]:
    """The gates a dataset passes and their checks: its own, and the publish gate."""
    own = _own_checks(job, dataset)
    listed = [(dataset, own)] if own else []
    if quality := job.quality.get(dataset):
        listed.append(("publish", quality))
    return listed
